// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

// Calls from places where a callback is not expected: a thread that Go has never
// seen, and the signal stack.

#include "ctest.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "ctest: %s failed\n", what);
    abort();
}

static void call_job(struct ct_job *j) {
    const word *a = j->arg;
    j->result = ((ct_fn6)(uintptr_t)j->fn)(a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void *thread_main(void *arg) {
    call_job(arg);
    return NULL;
}

int ct_job_on_thread(struct ct_job *j) {
    pthread_t t;
    must(pthread_create(&t, NULL, thread_main, j) == 0, "pthread_create");
    must(pthread_join(t, NULL) == 0, "pthread_join");
    return 0;
}

word ct_call_on_thread(uintptr_t fn, word a0, word a1, word a2, word a3, word a4, word a5) {
    struct ct_job j = {.fn = fn, .arg = {a0, a1, a2, a3, a4, a5}};
    ct_job_on_thread(&j);
    return j.result;
}

static __thread struct ct_job *pending;

static void handler(int sig) {
    (void)sig;
    struct ct_job *j = pending;
    if (j == NULL) return; // raised by somebody else
    pending = NULL;
    call_job(j);
}

// The handler of SIGUSR1 is ours until the call returns. The signal is raised on
// this very thread, so it is handled before pthread_kill returns. It is not
// deferred while its handler runs, so that such calls can nest.
int ct_job_on_sigstack(struct ct_job *j) {
    enum { OWN_STACK = 256 << 10 };
    stack_t have, own = {0}, off = {.ss_flags = SS_DISABLE};
    must(sigaltstack(NULL, &have) == 0, "sigaltstack");
    if (have.ss_flags & SS_DISABLE) {
        own.ss_size = OWN_STACK;
        own.ss_sp = malloc(OWN_STACK);
        must(own.ss_sp != NULL && sigaltstack(&own, NULL) == 0, "sigaltstack");
    }
    struct sigaction act, old_act;
    sigset_t set, old_set;
    memset(&act, 0, sizeof act);
    act.sa_handler = handler;
    act.sa_flags = SA_ONSTACK | SA_NODEFER;
    must(sigaction(SIGUSR1, &act, &old_act) == 0, "sigaction");
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    must(pthread_sigmask(SIG_UNBLOCK, &set, &old_set) == 0, "pthread_sigmask");
    pending = j;
    must(pthread_kill(pthread_self(), SIGUSR1) == 0, "pthread_kill");
    must(pending == NULL, "the delivery of SIGUSR1");
    must(pthread_sigmask(SIG_SETMASK, &old_set, NULL) == 0, "pthread_sigmask");
    must(sigaction(SIGUSR1, &old_act, NULL) == 0, "sigaction");
    if (own.ss_sp != NULL) {
        must(sigaltstack(&off, NULL) == 0, "sigaltstack");
        free(own.ss_sp);
    }
    return 0;
}

word ct_call_on_sigstack(uintptr_t fn, word a0, word a1, word a2, word a3, word a4, word a5) {
    struct ct_job j = {.fn = fn, .arg = {a0, a1, a2, a3, a4, a5}};
    ct_job_on_sigstack(&j);
    return j.result;
}

word ct_on_sigstack(void) {
    stack_t s;
    must(sigaltstack(NULL, &s) == 0, "sigaltstack");
    return (s.ss_flags & SS_ONSTACK) != 0;
}

// A forked child calls fn, and ends with the lower bits of what that returns: 7 of them. The result
// is the child's exit status, 256 and more for a child that was killed.
word ct_fork_and_call(uintptr_t fn, word a0, word a1, word a2, word a3, word a4) {
    int status;
    fflush(NULL);
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) _exit((int)(((ct_fn6)fn)(a0, a1, a2, a3, a4, 0) & 0x7f));
    while (waitpid(pid, &status, 0) < 0) must(errno == EINTR, "waitpid");
    return WIFEXITED(status) ? (word)WEXITSTATUS(status) : 256 + (word)WTERMSIG(status);
}

// The address of a thread's own variable is as good as an id, while it lives.
word ct_thread_id(void) { return (word)(uintptr_t)&pending; }
