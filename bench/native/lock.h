// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Threads that take the server's lock again and again, and INCR a key each time: what
// goroutines in Do are measured against.

#ifndef LOCK_H
#define LOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api.h"

enum { MOST_ROUNDS = 1 << 20 };

static atomic_int lock_threads;
static atomic_long lock_rounds;
static uint32_t lock_took[MOST_ROUNDS]; // nanoseconds of each round
static long lock_limit;

static uint64_t lock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *lock_loop(void *unused) {
    (void)unused;
    ctx *c = get_thread_safe_context(NULL);
    for (long i; (i = atomic_fetch_add(&lock_rounds, 1)) < lock_limit;) {
        uint64_t start = lock_now();
        thread_safe_context_lock(c);
        free_call_reply(call(c, "INCR", "c", "done"));
        thread_safe_context_unlock(c);
        uint64_t took = lock_now() - start;
        lock_took[i] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
    }
    thread_safe_context_lock(c);
    free_thread_safe_context(c);
    thread_safe_context_unlock(c);
    atomic_fetch_sub(&lock_threads, 1);
    return NULL;
}

// c.lock THREADS ROUNDS begins; c.took answers when all have ended: mean, median, p99.9
// and worst time of a round.
static int cmd_lock(ctx *c, str **argv, int argc) {
    long long n = 0, rounds = 0;
    if (argc != 3) return wrong_arity(c);
    if (string_to_long_long(argv[1], &n) != STATUS_OK || string_to_long_long(argv[2], &rounds) != STATUS_OK || n < 1 ||
        n > 2000 || rounds < 1 || rounds > MOST_ROUNDS || atomic_load(&lock_threads) != 0)
        return reply_with_error(c, "ERR 1 to 2000 threads, 1 to 1048576 rounds, one run at a time");
    lock_limit = (long)rounds;
    atomic_store(&lock_rounds, 0);
    for (long long i = 0; i < n; i++) {
        pthread_t t;
        atomic_fetch_add(&lock_threads, 1);
        if (pthread_create(&t, NULL, lock_loop, NULL) == 0) pthread_detach(t);
        else atomic_fetch_sub(&lock_threads, 1);
    }
    return reply_with_long_long(c, n);
}

static int lock_less(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int cmd_took(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    if (atomic_load(&lock_threads) != 0) return reply_with_null(c);
    qsort(lock_took, (size_t)lock_limit, sizeof lock_took[0], lock_less);
    uint64_t sum = 0;
    for (long i = 0; i < lock_limit; i++) sum += lock_took[i];
    char text[128];
    int n = snprintf(text, sizeof text, "%llu %u %u %u", (unsigned long long)(sum / (uint64_t)lock_limit),
        lock_took[lock_limit / 2], lock_took[(long)((double)lock_limit * 0.999)], lock_took[lock_limit - 1]);
    return reply_with_string_buffer(c, text, (size_t)n);
}

#endif
