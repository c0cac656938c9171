// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// A blocked command: threads of a pool answer it. What goroutines that answer are measured
// against.

#ifndef POOL_H
#define POOL_H

#include <pthread.h>
#include <stdlib.h>

#include "api.h"

enum { POOL_THREADS = 4 };

struct pool_job {
    blocked *client;
    long long n, sum;
    struct pool_job *next;
};

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pool_filled = PTHREAD_COND_INITIALIZER;
static struct pool_job *pool_first, **pool_last = &pool_first;

static void *pool_loop(void *unused) {
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&pool_lock);
        while (pool_first == NULL) pthread_cond_wait(&pool_filled, &pool_lock);
        struct pool_job *j = pool_first;
        pool_first = j->next;
        if (pool_first == NULL) pool_last = &pool_first;
        pthread_mutex_unlock(&pool_lock);
        for (long long i = 0; i < j->n; i++) j->sum += i ^ (j->sum << 1);
        unblock_client(j->client, j);
    }
    return NULL;
}

static int start_pool(void) {
    for (int i = 0; i < POOL_THREADS; i++) {
        pthread_t t;
        if (pthread_create(&t, NULL, pool_loop, NULL) != 0) return STATUS_ERR;
        pthread_detach(t);
    }
    return STATUS_OK;
}

static int pool_reply(ctx *c, str **argv, int argc) {
    (void)argv;
    (void)argc;
    struct pool_job *j = blocked_client_private_data(c);
    return reply_with_long_long(c, j->sum & 1023);
}

static void pool_free(ctx *c, void *data) {
    (void)c;
    free(data);
}

// pool rounds: so many rounds of arithmetic on a thread of the pool, which answers
static int cmd_pool(ctx *c, str **argv, int argc) {
    long long n = 0;
    if (argc != 2) return wrong_arity(c);
    if (string_to_long_long(argv[1], &n) != STATUS_OK || n < 0) return reply_with_error(c, "ERR a number of rounds");
    struct pool_job *j = malloc(sizeof *j);
    *j = (struct pool_job){.client = block_client(c, pool_reply, NULL, pool_free, 0), .n = n};
    pthread_mutex_lock(&pool_lock);
    *pool_last = j;
    pool_last = &j->next;
    pthread_mutex_unlock(&pool_lock);
    pthread_cond_signal(&pool_filled); // now, so that who is woken finds the lock free
    return STATUS_OK;
}

#endif
