// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Commands whose cost grows with something. PREFIX is defined by twin.c.

#ifndef SCALE_H
#define SCALE_H

#include <pthread.h>
#include <stdlib.h>

#include "api.h"
#include "events.h"
#include "filter.h"

enum { MOST_FILTERS = 1000, MOST_TIMERS = 100000, MOST_PARKED = 1000, PARKED_STACK = 64 << 10 };

static const char no_number[] = "ERR not a number, or too large";

// args x ...: the length of all arguments
static int cmd_args(ctx *c, str **argv, int argc) {
    size_t sum = 0, len = 0;
    for (int i = 1; i < argc; i++) {
        string_ptr_len(argv[i], &len);
        sum += len;
    }
    return reply_with_long_long(c, (long long)sum);
}

// keys k ...: opens all keys, and replies with the length of their strings
static int cmd_keys(ctx *c, str **argv, int argc) {
    if (argc < 2) return wrong_arity(c);
    key **open = malloc((size_t)argc * sizeof *open);
    size_t sum = 0;
    for (int i = 1; i < argc; i++) {
        size_t len = 0;
        open[i] = open_key(c, argv[i], OPEN_READ);
        if (open[i] != NULL && string_dma(open[i], &len, OPEN_READ) != NULL) sum += len;
    }
    for (int i = 1; i < argc; i++) close_key(open[i]);
    free(open);
    return reply_with_long_long(c, (long long)sum);
}

// nest depth: calls itself, depth times in all
static int cmd_nest(ctx *c, str **argv, int argc) {
    long long n = 0;
    if (argc != 2) return wrong_arity(c);
    if (string_to_long_long(argv[1], &n) != STATUS_OK) return reply_with_error(c, no_number);
    if (n <= 1) return reply_with_long_long(c, 1);
    reply *r = call(c, PREFIX "nest", "l", n - 1);
    if (r == NULL) return reply_with_error(c, call_failed);
    int status = reply_with_call_reply(c, r);
    free_call_reply(r);
    return status;
}

// filters n: n command filters that count the commands KEYS
static int cmd_filters(ctx *c, str **argv, int argc) {
    static filter *all[MOST_FILTERS];
    static int count;
    long long n = 0;
    if (argc != 2) return wrong_arity(c);
    if (string_to_long_long(argv[1], &n) != STATUS_OK || n < 0 || n > MOST_FILTERS) return reply_with_error(c, no_number);
    while (count > 0) unregister_command_filter(c, all[--count]);
    while (count < n) all[count++] = register_command_filter(c, see_command, 0);
    return reply_with_long_long(c, n);
}

// timers n: n timers that wait
static int cmd_timers(ctx *c, str **argv, int argc) {
    static uint64_t all[MOST_TIMERS];
    static int count;
    long long n = 0;
    if (argc != 2) return wrong_arity(c);
    if (string_to_long_long(argv[1], &n) != STATUS_OK || n < 0 || n > MOST_TIMERS) return reply_with_error(c, no_number);
    while (count > 0) stop_timer(c, all[--count], NULL);
    while (count < n) all[count++] = create_timer(c, HOUR, on_timer, NULL);
    return reply_with_long_long(c, n);
}

static pthread_mutex_t parked_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t parked_changed = PTHREAD_COND_INITIALIZER;
static int parked_generation;

static void *parked_loop(void *generation) {
    pthread_mutex_lock(&parked_lock);
    while (parked_generation == (int)(size_t)generation) pthread_cond_wait(&parked_changed, &parked_lock);
    pthread_mutex_unlock(&parked_lock);
    return NULL;
}

// parked n: n threads that wait, instead of those before
static int cmd_parked(ctx *c, str **argv, int argc) {
    long long n = 0;
    if (argc != 2) return wrong_arity(c);
    if (string_to_long_long(argv[1], &n) != STATUS_OK || n < 0 || n > MOST_PARKED) return reply_with_error(c, no_number);
    pthread_mutex_lock(&parked_lock);
    int generation = ++parked_generation;
    pthread_cond_broadcast(&parked_changed);
    pthread_mutex_unlock(&parked_lock);
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, PARKED_STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (long long i = 0; i < n; i++) {
        pthread_t t;
        if (pthread_create(&t, &attr, parked_loop, (void *)(size_t)generation) != 0)
            return reply_with_error(c, "ERR no more threads");
    }
    pthread_attr_destroy(&attr);
    return reply_with_long_long(c, n);
}

#endif
