// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The native twin of bench/module: the same commands in plain C. What a Go
// command costs is judged against it, so it does what the Go one does and no
// more, with the same flags and key positions.
//
// It needs no header of the server: api.h declares the few types and functions,
// which are looked up through GetApi. The commands are in files by what they are about; those here
// are what a command costs by itself.
//
//	gcc -O2 -fPIC -shared -Wall -Wextra -Werror -o ctwin.so twin.c
//
// PREFIX and NAME may be given with -D, so that two builds can live in one
// server; the ratio between two identical builds is the noise of a measurement.
// With -DONLY_OPS=1 the commands that are no operations are left out, so that both
// halves have the same ones in the same order.

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "api.h"
#include "data.h"
#include "events.h"
#include "filter.h"
#include "kinds.h"
#include "limit.h"
#include "lock.h"
#include "pool.h"
#include "slices.h"

#ifndef PREFIX
#define PREFIX "c."
#endif
#ifndef NAME
#define NAME "ctwin"
#endif
#ifndef ONLY_OPS
#define ONLY_OPS 0
#endif

#include "scale.h"
#include "values.h"

enum { ARRAY_LENGTH = 100 };

static int cmd_noop(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    return reply_with_long_long(c, 1);
}

static int cmd_echo(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    return reply_with_string(c, argv[1]);
}

static int cmd_get(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ);
    if (k == NULL) return reply_with_null(c);
    int status;
    if (key_type(k) != KEY_STRING) {
        status = reply_with_error(c, wrong_type);
    } else {
        size_t len = 0;
        const char *p = string_dma(k, &len, OPEN_READ);
        status = reply_with_string_buffer(c, p, len);
    }
    close_key(k);
    return status;
}

static int cmd_array(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    reply_with_array(c, ARRAY_LENGTH);
    for (long long i = 0; i < ARRAY_LENGTH; i++) reply_with_long_long(c, i);
    return STATUS_OK;
}

static int cmd_call(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    reply *r = call(c, "GET", "s", argv[1]);
    if (r == NULL) return reply_with_error(c, call_failed);
    int status = reply_with_call_reply(c, r);
    free_call_reply(r);
    return status;
}

// c.busy n: n threads that compute and allocate, instead of those before.
static atomic_int busy_generation;

static void *busy(void *generation) {
    unsigned long sum = 0;
    while (atomic_load(&busy_generation) == (int)(size_t)generation) {
        volatile char *p = malloc(1024);
        for (int i = 0; p != NULL && i < 1024; i += 64) p[i] = (char)(sum += (unsigned long)i);
        free((void *)p);
    }
    return NULL;
}

static int cmd_busy(ctx *c, str **argv, int argc) {
    long long n = 0;
    if (argc != 2) return wrong_arity(c);
    if (string_to_long_long(argv[1], &n) != STATUS_OK || n < 0 || n > 1000)
        return reply_with_error(c, "ERR a number from 0 to 1000");
    int generation = atomic_fetch_add(&busy_generation, 1) + 1;
    for (long long i = 0; i < n; i++) {
        pthread_t t;
        if (pthread_create(&t, NULL, busy, (void *)(size_t)generation) == 0) pthread_detach(t);
    }
    return reply_with_long_long(c, n);
}

struct command {
    const char *name;
    handler h;
    const char *flags;
    int first, last, step;
    const void *needs; // what the server may lack: then there is no such command
};

static const struct command commands[] = {
    {PREFIX "ok", cmd_ok, "readonly fast", 0, 0, 0, NULL},
    {PREFIX "set", cmd_set, "write", 1, 1, 1, NULL},
    {PREFIX "incr", cmd_incr, "write", 1, 1, 1, NULL},
    {PREFIX "hget", cmd_hget, "readonly", 1, 1, 1, NULL},
    {PREFIX "hget10", cmd_hget10, "readonly", 1, 1, 1, NULL},
    {PREFIX "hset", cmd_hset, "write", 1, 1, 1, NULL},
    {PREFIX "hset10", cmd_hset10, "write", 1, 1, 1, NULL},
    {PREFIX "pushpop", cmd_pushpop, "write", 1, 1, 1, NULL},
    {PREFIX "lwalk", cmd_lwalk, "readonly", 1, 1, 1, &list_get},
    {PREFIX "zadd", cmd_zadd, "write", 1, 1, 1, NULL},
    {PREFIX "zrange", cmd_zrange, "readonly", 1, 1, 1, NULL},
    {PREFIX "zrangein", cmd_zrange, "readonly", 1, 1, 1, NULL},
    {PREFIX "scan", cmd_scan, "readonly", 0, 0, 0, &scan},
    {PREFIX "scanbytes", cmd_scan, "readonly", 0, 0, 0, &scan},
    {PREFIX "scanin", cmd_scan, "readonly", 0, 0, 0, &scan},
    {PREFIX "xadd", cmd_xadd, "write", 1, 1, 1, &stream_add},
    {PREFIX "xread", cmd_xread, "readonly", 1, 1, 1, &stream_add},
    {PREFIX "xreadbytes", cmd_xread, "readonly", 1, 1, 1, &stream_add},
    {PREFIX "dictget", cmd_dictget, "readonly", 0, 0, 0, NULL},
    {PREFIX "call0", cmd_call0, "readonly", 0, 0, 0, NULL},
    {PREFIX "call3", cmd_call3, "readonly", 1, 1, 1, NULL},
    {PREFIX "walk", cmd_walk, "readonly", 1, 1, 1, NULL},
    {PREFIX "walkbytes", cmd_walk, "readonly", 1, 1, 1, NULL},
    {PREFIX "reply", cmd_reply, "readonly", 0, 0, 0, NULL},
    // What a builder is measured against: the same calls.
    {PREFIX "build", cmd_reply, "readonly", 0, 0, 0, NULL},
    {PREFIX "ints", cmd_ints, "readonly", 0, 0, 0, NULL},
    {PREFIX "floats", cmd_floats, "readonly", 0, 0, 0, NULL},
    {PREFIX "texts", cmd_texts, "readonly", 0, 0, 0, NULL},
    {PREFIX "textmap", cmd_textmap, "readonly", 0, 0, 0, &reply_with_map},
    {PREFIX "strings", cmd_strings, "readonly", 0, 0, 0, NULL},
    {PREFIX "buildints", cmd_ints, "readonly", 0, 0, 0, NULL},
    {PREFIX "buildtexts", cmd_texts, "readonly", 0, 0, 0, NULL},
    {PREFIX "notify", cmd_notify, "readonly", 1, 1, 1, NULL},
    {PREFIX "timer", cmd_timer, "readonly", 0, 0, 0, NULL},
    {PREFIX "callstr", cmd_callstr, "readonly", 0, 0, 0, NULL},
    {PREFIX "calltext", cmd_calltext, "readonly", 0, 0, 0, NULL},
    {PREFIX "callbytes", cmd_callbytes, "readonly", 0, 0, 0, NULL},
    {PREFIX "callint", cmd_callint, "readonly", 0, 0, 0, NULL},
    {PREFIX "callvector", cmd_callvector, "readonly", 0, 0, 0, NULL},
    {PREFIX "callmixed", cmd_callmixed, "readonly", 1, 1, 1, NULL},
    // The same calls, against one that is prepared.
    {PREFIX "doargs", cmd_callmixed, "readonly", 1, 1, 1, NULL},
    {PREFIX "noop", cmd_noop, "readonly fast", 0, 0, 0, NULL},
    {PREFIX "echo", cmd_echo, "readonly fast", 0, 0, 0, NULL},
    {PREFIX "get", cmd_get, "readonly fast", 1, 1, 1, NULL},
    {PREFIX "array", cmd_array, "readonly", 0, 0, 0, NULL},
    {PREFIX "call", cmd_call, "readonly", 1, 1, 1, NULL},
    {PREFIX "filter", cmd_filter, "readonly", 0, 0, 0, &register_command_filter},
    {PREFIX "limit", cmd_limit, "write fast", 1, 1, 1, NULL},
    {PREFIX "vset", cmd_vset, "write", 1, 1, 1, NULL},
    {PREFIX "vget", cmd_vget, "readonly", 1, 1, 1, NULL},
    {PREFIX "sset", cmd_sset, "write", 1, 1, 1, NULL},
    {PREFIX "sget", cmd_sget, "readonly", 1, 1, 1, NULL},
};

// What other benchmarks need.
static const struct command more_commands[] = {
    {PREFIX "busy", cmd_busy, "readonly", 0, 0, 0, NULL},
    {PREFIX "lock", cmd_lock, "write", 0, 0, 0, NULL},
    {PREFIX "took", cmd_took, "readonly", 0, 0, 0, NULL},
    {PREFIX "pool", cmd_pool, "readonly", 0, 0, 0, NULL},
    {PREFIX "args", cmd_args, "readonly", 0, 0, 0, NULL},
    {PREFIX "keys", cmd_keys, "readonly", 1, -1, 1, NULL},
    {PREFIX "nest", cmd_nest, "readonly", 0, 0, 0, NULL},
    {PREFIX "filters", cmd_filters, "readonly", 0, 0, 0, &register_command_filter},
    {PREFIX "timers", cmd_timers, "readonly", 0, 0, 0, NULL},
    {PREFIX "parked", cmd_parked, "readonly", 0, 0, 0, NULL},
};

static int create_commands(ctx *c, const struct command *d, size_t n) {
    for (; n > 0; n--, d++) {
        if (d->needs != NULL && *(void *const *)d->needs == NULL) continue;
        if (create_command(c, d->name, d->h, d->flags, d->first, d->last, d->step) != STATUS_OK) return STATUS_ERR;
    }
    return STATUS_OK;
}

int RedisModule_OnLoad(ctx *c, void **argv, int argc);

int RedisModule_OnLoad(ctx *c, void **argv, int argc) {
    (void)argv;
    (void)argc;
    int (*get_api)(const char *, void **) = *(int (**)(const char *, void **))(void *)c;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (get_api(wanted[i].name, (void **)wanted[i].slot) != STATUS_OK && !wanted[i].optional)
            return STATUS_ERR;
    }
    if (is_module_name_busy(NAME)) return STATUS_ERR;
    set_module_attribs(c, NAME, 1, API_VERSION);
    if (create_commands(c, commands, sizeof commands / sizeof commands[0]) != STATUS_OK) return STATUS_ERR;
    if (!ONLY_OPS && create_commands(c, more_commands, sizeof more_commands / sizeof more_commands[0]) != STATUS_OK)
        return STATUS_ERR;
    if (create_values(c) != STATUS_OK || (!ONLY_OPS && start_pool() != STATUS_OK)) return STATUS_ERR;
    make_dict();
    make_slices();
    return listen_to_events(c);
}
