// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Go in a forked child. The server saves by forking, and calls data types and
// event callbacks in the child, where only the forking thread lives on. Go's half
// (root package, fork.go) brings the runtime to rest before the fork; this half
// hooks it in, waits for the last threads to sleep, and watches the child.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cgate.h"

typedef uintptr_t (*callback)(void);

static callback prepare_go, parent_go, child_go;
static void (*refuse_go)(void (*)(uintptr_t));
static int wanted;   // a callback of ours may run in a child
// This thread's fork was prepared. Threads fork beside each other: glibc runs handlers
// without a lock since 2.36.
static __thread int prepared;
static int hooked;
static int child_timeout = 30;
static int forking; // the module itself is forking
static int own_child; // this process is a child that the module itself has forked
static void (*server_log)(void *, const char *, const char *, ...);

volatile int rm_in_child;

struct thread {
	char comm[32];
	char state;
	unsigned long long cpu; // clock ticks
};

static int read_file(const char *path, char *buf, size_t size) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return -1;
	ssize_t n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0) return -1;
	buf[n] = 0;
	return (int)n;
}

static int read_thread(long tid, struct thread *t) {
	char path[64], buf[512];
	snprintf(path, sizeof path, "/proc/self/task/%ld/stat", tid);
	if (read_file(path, buf, sizeof buf) <= 0) return -1;
	char *open = strchr(buf, '('), *close = strrchr(buf, ')');
	if (open == NULL || close == NULL || close < open) return -1;
	*close = 0;
	snprintf(t->comm, sizeof t->comm, "%s", open + 1);
	unsigned long long user = 0, sys = 0;
	if (sscanf(close + 2, "%c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &t->state, &user, &sys) < 1)
		return -1;
	t->cpu = user + sys;
	return 0;
}

// others calls f for every thread of our Go runtime. It stops when f returns non-zero
// and returns that.
static int others(int (*f)(long tid, const struct thread *t, int arg), int arg) {
	struct thread self, t;
	long main_tid = (long)getpid();
	if (read_thread(main_tid, &self) != 0) return 0;
	DIR *d = opendir("/proc/self/task");
	if (d == NULL) return 0;
	int r = 0;
	for (struct dirent *e; r == 0 && (e = readdir(d)) != NULL;) {
		long tid = strtol(e->d_name, NULL, 10);
		if (tid <= 0 || tid == main_tid || read_thread(tid, &t) != 0) continue;
		if (rm_is_ours(t.comm, self.comm)) r = f(tid, &t, arg);
	}
	closedir(d);
	return r;
}

static int is_running(long tid, const struct thread *t, int arg) {
	(void)tid;
	(void)arg;
	return t->state == 'R' || t->state == 'D'; // D: a page fault, which a lock's holder can have too
}

#define SLEEP_WAIT 20000000 // nanoseconds

static long long now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

// A thread that the kernel descheduled inside a lock of the Go runtime would
// leave that lock held in the child for ever. Go's half has left nothing to run
// for them, so all fall asleep soon; the wait is bounded all the same.
static void wait_until_asleep(void) {
	const struct timespec pause = {0, 20000};
	for (long long end = now() + SLEEP_WAIT; others(is_running, 0) && now() < end;) nanosleep(&pause, NULL);
}

static int threads;

static int count(long tid, const struct thread *t, int arg) {
	(void)tid;
	(void)t;
	(void)arg;
	threads++;
	return 0;
}

// rm_count_threads returns how many threads our Go runtime has.
int rm_count_threads(void) {
	threads = 0;
	others(count, 0);
	return threads;
}

static int lower(long tid, const struct thread *t, int nice) {
	(void)t;
	setpriority(PRIO_PROCESS, (id_t)tid, nice);
	return 0;
}

// rm_lower_priority gives all Go threads a nice value so much above the server
// thread's own; threads inherit it from the one that starts them. The kernel caps it.
void rm_lower_priority(int nice) {
	errno = 0;
	int own = getpriority(PRIO_PROCESS, (id_t)getpid());
	if (errno == 0) others(lower, own + nice);
}

static void prepare(void) {
	prepared = 0;
	if ((wanted || forking) && prepare_go != NULL) prepared = (int)prepare_go();
	if (prepared) wait_until_asleep();
}

static void parent(void) {
	if (prepared) parent_go();
	prepared = 0;
}

// in_futex tells whether the main thread waits for a lock: 1 yes, 0 no, -1 when the
// kernel does not tell.
static int in_futex(void) {
	char buf[128];
	char path[64];
	snprintf(path, sizeof path, "/proc/self/task/%ld/wchan", (long)getpid());
	if (read_file(path, buf, sizeof buf) > 1) return strstr(buf, "futex") != NULL;
	snprintf(path, sizeof path, "/proc/self/task/%ld/syscall", (long)getpid());
#if defined(__x86_64__)
	const int futex = 202;
#else
	const int futex = 98;
#endif
	if (read_file(path, buf, sizeof buf) > 0) return atoi(buf) == futex;
	return -1;
}

// LOCK_TIMEOUT is for how many seconds a child's thread may wait for a lock that
// nobody can open.
#define LOCK_TIMEOUT 2

// The server has no time-out for a child. This one ends a child whose thread waits
// for a lock without using the CPU: that is a runtime that waits for a thread which
// does not exist here. A save that waits for a disk or a slow replica does not wait
// for a lock. Where the kernel does not tell the two apart, only a long time speaks.
static void *watch(void *arg) {
	(void)arg;
	struct thread t;
	unsigned long long last = ~0ull;
	int still = 0;
	for (;;) {
		int lock = 0;
		sleep(1);
		if (read_thread((long)getpid(), &t) != 0) continue;
		if (t.cpu != last || t.state != 'S' || (lock = in_futex()) == 0) {
			last = t.cpu;
			still = 0;
			continue;
		}
		if (++still < child_timeout && (lock < 0 || still < LOCK_TIMEOUT)) continue;
		if (server_log != NULL)
			server_log(NULL, "warning",
				"redismodule: the forked child makes no progress for %d s inside Go code: it is ended, and what it was for fails",
				still);
		kill(getpid(), SIGKILL);
	}
	return NULL;
}

// end_child ends a child by a signal. A server removes the temporary file of a save only then; of one that exits by itself
// each failed save would leave a file. A child of the module's own has no file, and tells of the end by its status.
static void end_child(int status) {
	if (!own_child) kill(getpid(), SIGKILL);
	_exit(status);
}

// rm_child_failed ends a child in which Go has ended itself.
void rm_child_failed(void) {
	if (server_log != NULL)
		server_log(NULL, "warning", "%s",
			"redismodule: the forked child is ended by Go's fatal error above, and what it was for fails: code in a child "
			"must not wait for a channel, a lock, a timer or another goroutine");
	end_child(254); // as a child whose function fails
}

static void child(void) {
	pthread_t id;
	sigset_t urgent;
	rm_in_child = prepared ? 1 : 2;
	own_child = forking;
	// A child that was not prepared must not enter Go. The C trampolines see to it
	// by themselves.
	if (!prepared) {
		if (refuse_go != NULL) refuse_go(rm_refuse_child);
		return;
	}
	// How Go is asked to give up a thread: nobody else is there to take it.
	sigemptyset(&urgent);
	sigaddset(&urgent, SIGURG);
	pthread_sigmask(SIG_BLOCK, &urgent, NULL);
	rm_signals_child();
	child_go();
	if (pthread_create(&id, NULL, watch, NULL) == 0) pthread_detach(id);
}

// rm_fork_hooks says what to call around a fork; without before, children are not
// prepared and must not enter Go.
void rm_fork_hooks(uintptr_t before, uintptr_t in_parent, uintptr_t in_child, uintptr_t refuse, uintptr_t log) {
	prepare_go = (callback)before;
	parent_go = (callback)in_parent;
	child_go = (callback)in_child;
	refuse_go = (void (*)(void (*)(uintptr_t)))refuse;
	server_log = (void (*)(void *, const char *, const char *, ...))log;
	if (!hooked) hooked = pthread_atfork(prepare, parent, child) == 0;
}

// rm_fork_wanted says that a callback of ours may run in a child from now on.
void rm_fork_wanted(int yes) { wanted = yes; }

void rm_child_timeout(int seconds) { child_timeout = seconds; }

static int (*server_fork)(void *done, void *data);

// A fork that the module asks for is prepared, whatever its callbacks are.
static int fork_server(void *done, void *data) {
	forking = 1;
	int pid = server_fork(done, data);
	forking = 0;
	return pid;
}

// rm_server_fork returns what to call in place of the server's function.
uintptr_t rm_server_fork(uintptr_t function) {
	server_fork = (int (*)(void *, void *))function;
	return (uintptr_t)fork_server;
}

// rm_end_child ends a child in which a callback failed: what it was to write is not
// whole.
void rm_end_child(void) {
	if (server_log != NULL)
		server_log(NULL, "warning", "%s", "redismodule: a callback panicked or called runtime.Goexit in a forked child: the child is ended");
	end_child(1);
}

// The names of callbacks that may come in a child, by their numbers, for rm_refuse_child.
static char *callback_names[RM_TRAMPOLINES + 1];

// rm_callback_name keeps the name of callback i; without one it forgets all.
void rm_callback_name(uintptr_t i, const char *name) {
	if (name == NULL) {
		for (size_t j = 0; j <= RM_TRAMPOLINES; j++) {
			free(callback_names[j]);
			callback_names[j] = NULL;
		}
	} else if (i <= RM_TRAMPOLINES) {
		free(callback_names[i]);
		// Not strdup: a server may load modules such that malloc and free are those of the C library, while the library's own
		// functions have the server's malloc.
		size_t len = strlen(name) + 1;
		if ((callback_names[i] = malloc(len)) != NULL) memcpy(callback_names[i], name, len);
	}
}

// rm_refuse_child ends a child that was about to enter Go, by callback i, without preparation.
void rm_refuse_child(uintptr_t i) {
	const char *name = i <= RM_TRAMPOLINES ? callback_names[i] : NULL;
	if (server_log != NULL)
		server_log(NULL, "warning",
			"redismodule: FATAL: a callback in Go was called in a forked child where Go cannot run (%s): the child is ended%s%s",
			prepare_go == NULL ? "that needs resident mode" :
			!wanted ? "no callback was registered as one that may" : "the fork was begun by a goroutine",
			name != NULL ? ": " : "", name != NULL ? name : "");
	end_child(1);
}
