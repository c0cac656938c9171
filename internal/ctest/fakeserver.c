// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

// A stand-in for the server's main thread: it loads and unloads the module, runs
// jobs one after another, and announces its sleep and its wake-up.

#define _GNU_SOURCE
#include "fakeserver.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// Defined by internal/cgate, which a test imports; weak, as this package alone
// must link too.
extern int RedisModule_OnLoad(void *ctx, void **argv, int argc) __attribute__((weak));
extern int RedisModule_OnUnload(void *ctx) __attribute__((weak));

enum { EVENT_LOOP = 15, LOADING_PROGRESS = 10, BEFORE_SLEEP = 0, AFTER_SLEEP = 1, STACK_SIZE = 8 << 20 };

// A batch of jobs is run without sleep in between; asleep: between the two
// events, as a signal or another thread finds the server.
struct batch {
    struct ct_job *jobs;
    int n, asleep, done, nobody; // nobody waits for it
    struct batch *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t posted = PTHREAD_COND_INITIALIZER;
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;
static struct batch *first, **last = &first;
static int started;
static word turns, lost_regs, thread_id;
static pid_t server_tid;
static ct_event_fn events[CT_MAX_EVENTS];

static void must(int ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "ctest: %s failed\n", what);
    abort();
}

static void fire(word id, word sub) {
    struct ct_event e = {id, 1};
    ct_event_fn fn = __atomic_load_n(&events[id % CT_MAX_EVENTS], __ATOMIC_ACQUIRE);
    if (fn == NULL) return;
    // Through the checked call, so that a register that an event's callback
    // loses is noticed as well.
    struct ct_job j = {.fn = (word)(uintptr_t)fn,
                       .arg = {(word)ct_context(), e.id, e.dataver, sub, 0, 0}};
    ct_job_checked(&j);
    if (ct_regs_checked()) lost_regs |= j.mask;
}

static void run(struct batch *b) {
    for (int i = 0; i < b->n; i++) {
        ct_job_checked(&b->jobs[i]);
        if (ct_regs_checked()) lost_regs |= b->jobs[i].mask;
    }
}

static struct batch *take(int asleep) {
    if (first == NULL || first->asleep != asleep) return NULL;
    struct batch *b = first;
    first = b->next;
    if (first == NULL) last = &first;
    return b;
}

static void finish(struct batch *b) {
    if (b->nobody) {
        free(b->jobs);
        free(b);
        return;
    }
    b->done = 1;
    pthread_cond_broadcast(&finished);
}

static void *main_thread(void *unused) {
    (void)unused;
    struct batch *b;
    pthread_mutex_lock(&mutex);
    thread_id = ct_thread_id();
    server_tid = (pid_t)syscall(SYS_gettid);
    for (;;) {
        turns++;
        pthread_mutex_unlock(&mutex);
        fire(EVENT_LOOP, BEFORE_SLEEP);
        pthread_mutex_lock(&mutex);
        while (first == NULL || first->asleep) {
            if ((b = take(1)) != NULL) {
                pthread_mutex_unlock(&mutex);
                run(b);
                pthread_mutex_lock(&mutex);
                finish(b);
            } else {
                pthread_cond_wait(&posted, &mutex);
            }
        }
        pthread_mutex_unlock(&mutex);
        fire(EVENT_LOOP, AFTER_SLEEP);
        pthread_mutex_lock(&mutex);
        while ((b = take(0)) != NULL) {
            pthread_mutex_unlock(&mutex);
            run(b);
            pthread_mutex_lock(&mutex);
            finish(b);
        }
    }
    return NULL;
}

// A signal stack at higher addresses than the thread's own stack: mapped before
// and after it, as the kernel hands out addresses in either direction.
enum { HIGH_STACK = 256 << 10 };
static char *high_stacks[2];

static char *map_high(void) {
    char *p = mmap(NULL, HIGH_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(p != MAP_FAILED, "mmap");
    return p;
}

word ct_call_on_high_stack(uintptr_t fn, word a0, word a1, word a2, word a3, word a4, word a5) {
    stack_t old, high = {.ss_size = HIGH_STACK};
    char here;
    for (int i = 0; i < 2; i++) {
        if ((uintptr_t)high_stacks[i] > (uintptr_t)&here) high.ss_sp = high_stacks[i];
    }
    must(high.ss_sp != NULL, "finding memory above the stack");
    must(sigaltstack(&high, &old) == 0, "sigaltstack");
    word r = ct_call_on_sigstack(fn, a0, a1, a2, a3, a4, a5);
    must(sigaltstack(&old, NULL) == 0, "sigaltstack");
    return r;
}

// The thread is started by the first batch and lives as long as the process,
// like a server's main thread.
static void start(void) {
    pthread_attr_t a;
    pthread_t t;
    if (started) return;
    started = 1;
    high_stacks[0] = map_high();
    must(pthread_attr_init(&a) == 0, "pthread_attr_init");
    must(pthread_attr_setstacksize(&a, STACK_SIZE) == 0, "pthread_attr_setstacksize");
    must(pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED) == 0,
         "pthread_attr_setdetachstate");
    must(pthread_create(&t, &a, main_thread, NULL) == 0, "pthread_create");
    pthread_attr_destroy(&a);
    high_stacks[1] = map_high();
}

// The jobs are copied, so that the thread keeps no pointer to Go memory.
int ct_server_run(struct ct_job *jobs, int n, int asleep) {
    struct batch b = {.n = n, .asleep = asleep};
    b.jobs = malloc((size_t)n * sizeof *jobs);
    must(b.jobs != NULL, "malloc");
    memcpy(b.jobs, jobs, (size_t)n * sizeof *jobs);
    pthread_mutex_lock(&mutex);
    start();
    *last = &b;
    last = &b.next;
    pthread_cond_signal(&posted);
    while (!b.done) pthread_cond_wait(&finished, &mutex);
    pthread_mutex_unlock(&mutex);
    memcpy(jobs, b.jobs, (size_t)n * sizeof *jobs);
    free(b.jobs);
    return 0;
}

// The server's EventLoopAddOneShot: any thread may call it.
word ct_server_one_shot(uintptr_t fn, void *data) {
    struct batch *b = calloc(1, sizeof *b);
    must(b != NULL, "calloc");
    b->jobs = calloc(1, sizeof *b->jobs);
    must(b->jobs != NULL, "calloc");
    b->jobs->fn = fn;
    b->jobs->arg[0] = (word)(uintptr_t)data;
    b->n = b->nobody = 1;
    pthread_mutex_lock(&mutex);
    *last = b;
    last = &b->next;
    pthread_cond_signal(&posted);
    pthread_mutex_unlock(&mutex);
    return 0;
}

static volatile int paused;

void ct_set_paused(int yes) { paused = yes; }
word ct_paused(void) { return (word)paused; }

void ct_server_counts(word *t, word *lost) {
    pthread_mutex_lock(&mutex);
    *t = turns;
    *lost = lost_regs;
    pthread_mutex_unlock(&mutex);
}

word ct_server_thread_id(void) { return thread_id; }

// A storm of the signal that Go preempts by, at random moments.
static volatile int storming;
static pthread_t storm_thread;
static uint64_t storm_signals;

static void *storm(void *unused) {
    uint64_t x = 88172645463325252u;
    (void)unused;
    while (storming) {
        syscall(SYS_tgkill, getpid(), server_tid, SIGURG);
        storm_signals++;
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        for (volatile uint64_t i = x % 4096; i > 0; i--) {}
    }
    return NULL;
}

void ct_storm(int on) {
    if (on && !storming && server_tid != 0) {
        storming = 1;
        must(pthread_create(&storm_thread, NULL, storm, NULL) == 0, "pthread_create");
    } else if (!on && storming) {
        storming = 0;
        pthread_join(storm_thread, NULL);
    }
}

word ct_storm_signals(void) { return storm_signals; }

word ct_server_subscribe(void *ctx, struct ct_event e, ct_event_fn fn) {
    (void)ctx;
    if (e.id >= CT_MAX_EVENTS || e.dataver != 1) return 1;
    __atomic_store_n(&events[e.id], fn, __ATOMIC_RELEASE);
    return 0;
}

word ct_server_supports(struct ct_event e, uint64_t sub) {
    return (e.id == EVENT_LOOP || e.id == LOADING_PROGRESS) && e.dataver == 1 && sub <= 1;
}

word ct_server_fire(word id, word sub) {
    fire(id, sub);
    return 0;
}

uintptr_t ct_server_callback(word id) { return (uintptr_t)events[id % CT_MAX_EVENTS]; }

// A job of its own, so that OnLoad sees the registers and the stack that it
// would see in a server.
word ct_server_onload(void) {
    must(RedisModule_OnLoad != NULL, "finding RedisModule_OnLoad");
    return (word)(uint32_t)RedisModule_OnLoad((void *)ct_context(), NULL, 0);
}

word ct_server_onunload(void) {
    return (word)(uint32_t)RedisModule_OnUnload((void *)ct_context());
}
