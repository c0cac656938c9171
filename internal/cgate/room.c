// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// What Go dies of at its start, and the server with it, when there is too little of
// it: address space (ulimit -v) and threads (TasksMax, ulimit -u). To try is the
// only way to know, since many limits come together.

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "cgate.h"

// Measured: 1.3 GiB, of which the heap's tables are half, and stacks and malloc's
// memory of a dozen threads the rest.
#define ADDRESS_SPACE ((uint64_t)3 << 29)

enum { THREADS = 10 };

static int address_space(void) {
	if (sizeof(void *) < 8) return 1; // Go is content with less there
	void *p = mmap(NULL, (size_t)ADDRESS_SPACE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED) return 0;
	munmap(p, (size_t)ADDRESS_SPACE);
	return 1;
}

static void *wait_for(void *gate) {
	pthread_mutex_lock(gate);
	pthread_mutex_unlock(gate);
	return NULL;
}

static int threads(void) {
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	pthread_t id[THREADS];
	pthread_attr_t small;
	sigset_t all, before;
	int n = 0, error = 0;
	// The server's signals are for its own threads.
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 1 << 16);
	pthread_mutex_lock(&gate);
	while (n < THREADS && (error = pthread_create(&id[n], &small, wait_for, &gate)) == 0) n++;
	pthread_mutex_unlock(&gate);
	for (int i = 0; i < n; i++) pthread_join(id[i], NULL);
	pthread_attr_destroy(&small);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error != EAGAIN; // any other speaks of the small stack
}

// rm_no_room returns what there is too little of for Go, or 0.
const char *rm_no_room(void) {
	if (!address_space()) return "there is too little address space (ulimit -v): Go needs 1.5 GiB more than the server has";
	if (!threads()) return "there are too few threads left (TasksMax, ulimit -u): Go needs 10 at its start";
	return 0;
}
