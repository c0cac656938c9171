// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Which threads of the process are our Go runtime's: not the server's, not those of
// other modules, and not those of another Go runtime. A thread has the name of the
// one that started it. So our runtime's threads get a name of their own at the first
// load, when they can still be told by their age, and hand it on.

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgate.h"

#define NAME 16 // of a thread, with the 0 at its end

static long *strangers; // the threads from before our runtime
static size_t strangers_n;
static char ours[NAME];

static int comm_path(char *buf, size_t size, long tid) {
	return snprintf(buf, size, "/proc/self/task/%ld/comm", tid);
}

static int read_name(long tid, char *name) {
	char path[64];
	comm_path(path, sizeof path, tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return -1;
	ssize_t n = read(fd, name, NAME - 1);
	close(fd);
	if (n <= 0) return -1;
	name[n] = 0;
	name[strcspn(name, "\n")] = 0;
	return 0;
}

static int write_name(long tid, const char *name) {
	char path[64];
	comm_path(path, sizeof path, tid);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) return -1;
	ssize_t n = write(fd, name, strlen(name));
	close(fd);
	return n == (ssize_t)strlen(name) ? 0 : -1;
}

// each calls f for every thread of the process until one returns non-zero, which it
// returns.
static int each(int (*f)(long tid, const char *arg), const char *arg) {
	DIR *d = opendir("/proc/self/task");
	if (d == NULL) return -1;
	int r = 0;
	for (struct dirent *e; r == 0 && (e = readdir(d)) != NULL;) {
		long tid = strtol(e->d_name, NULL, 10);
		if (tid > 0) r = f(tid, arg);
	}
	closedir(d);
	return r;
}

static int note(long tid, const char *arg) {
	(void)arg;
	long *p = realloc(strangers, (strangers_n + 1) * sizeof *p);
	if (p == NULL) return -1;
	strangers = p;
	strangers[strangers_n++] = tid;
	return 0;
}

// rm_threads_before notes the threads from before our runtime.
void rm_threads_before(void) { each(note, NULL); }

static int has_name(long tid, const char *name) {
	char got[NAME];
	return read_name(tid, got) == 0 && strcmp(got, name) == 0;
}

// rename_one gives the name to a thread of ours that has the process's name as yet:
// 1 when it did.
static int rename_one(long tid, const char *name) {
	char main_name[NAME];
	for (size_t i = 0; i < strangers_n; i++)
		if (strangers[i] == tid) return 0;
	if (read_name((long)getpid(), main_name) != 0 || !has_name(tid, main_name)) return 0;
	return write_name(tid, name) == 0;
}

// rm_threads_name names our runtime's threads, once: after the module, and like no
// other thread. Whoever calls sees to it that the server's thread starts no more of
// them.
void rm_threads_name(const char *module) {
	char name[NAME];
	if (ours[0] != 0) return;
	snprintf(name, sizeof name, "go-%.12s", module);
	for (int i = 2; each(has_name, name) > 0 && i < 1000; i++) snprintf(name, sizeof name, "go-%.8s-%d", module, i);
	// Threads that were just being started had the old name of their starter.
	while (each(rename_one, name) > 0) {}
	if (each(has_name, name) > 0) memcpy(ours, name, sizeof ours);
}

// rm_threads_our_name is the module's name, shortened, "" where threads could not be named.
const char *rm_threads_our_name(void) { return ours[0] != 0 ? ours + sizeof "go-" - 1 : ours; }

// rm_is_ours tells by its name whether a thread is our runtime's; main_name is the
// name of the server's thread. Where threads could not be named, it says yes to all
// that the server did not name.
int rm_is_ours(const char *name, const char *main_name) { return strcmp(name, ours[0] != 0 ? ours : main_name) == 0; }
