// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The native twin of bench/module: the same commands in plain C. What a Go
// command costs is judged against it, so it does what the Go one does and no
// more, with the same flags and key positions.
//
// It needs no header of the server: the few types and functions are declared
// here and looked up through GetApi.
//
//	gcc -O2 -fPIC -shared -Wall -Wextra -Werror -o ctwin.so twin.c
//
// PREFIX and NAME may be given with -D, so that two builds can live in one
// server; the ratio between two identical builds is the noise of a measurement.

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#ifndef PREFIX
#define PREFIX "c."
#endif
#ifndef NAME
#define NAME "ctwin"
#endif

enum { STATUS_OK = 0, STATUS_ERR = 1 };
enum { API_VERSION = 1, OPEN_READ = 1, KEY_STRING = 1, ARRAY_LENGTH = 100 };

static const char wrong_type[] =
    "WRONGTYPE Operation against a key holding the wrong kind of value";

typedef struct ctx ctx;
typedef struct str str;
typedef struct key key;
typedef struct reply reply;
typedef int (*handler)(ctx *c, str **argv, int argc);

static int (*is_module_name_busy)(const char *name);
static void (*set_module_attribs)(ctx *c, const char *name, int ver, int apiver);
static int (*create_command)(ctx *c, const char *name, handler h, const char *flags,
                             int first, int last, int step);
static int (*wrong_arity)(ctx *c);
static int (*reply_with_long_long)(ctx *c, long long v);
static int (*reply_with_array)(ctx *c, long len);
static int (*string_to_long_long)(const str *s, long long *v);
static int (*reply_with_string)(ctx *c, str *s);
static int (*reply_with_string_buffer)(ctx *c, const char *p, size_t len);
static int (*reply_with_null)(ctx *c);
static int (*reply_with_error)(ctx *c, const char *msg);
static int (*reply_with_call_reply)(ctx *c, reply *r);
static key *(*open_key)(ctx *c, str *name, int mode);
static void (*close_key)(key *k);
static int (*key_type)(key *k);
static char *(*string_dma)(key *k, size_t *len, int mode);
static reply *(*call)(ctx *c, const char *cmd, const char *fmt, ...);
static void (*free_call_reply)(reply *r);

// A function pointer may not be stored through a void ** by the letter of C;
// on every system that can load a module the two have one representation.
struct api {
    const char *name;
    void *slot;
};

static const struct api wanted[] = {
    {"RedisModule_IsModuleNameBusy", &is_module_name_busy},
    {"RedisModule_SetModuleAttribs", &set_module_attribs},
    {"RedisModule_CreateCommand", &create_command},
    {"RedisModule_WrongArity", &wrong_arity},
    {"RedisModule_ReplyWithLongLong", &reply_with_long_long},
    {"RedisModule_ReplyWithArray", &reply_with_array},
    {"RedisModule_StringToLongLong", &string_to_long_long},
    {"RedisModule_ReplyWithString", &reply_with_string},
    {"RedisModule_ReplyWithStringBuffer", &reply_with_string_buffer},
    {"RedisModule_ReplyWithNull", &reply_with_null},
    {"RedisModule_ReplyWithError", &reply_with_error},
    {"RedisModule_ReplyWithCallReply", &reply_with_call_reply},
    {"RedisModule_OpenKey", &open_key},
    {"RedisModule_CloseKey", &close_key},
    {"RedisModule_KeyType", &key_type},
    {"RedisModule_StringDMA", &string_dma},
    {"RedisModule_Call", &call},
    {"RedisModule_FreeCallReply", &free_call_reply},
};

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
    if (r == NULL) return reply_with_error(c, "ERR the call failed");
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
    if (string_to_long_long(argv[1], &n) != STATUS_OK || n < 0 || n > 64)
        return reply_with_error(c, "ERR a number from 0 to 64");
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
};

static const struct command commands[] = {
    {PREFIX "noop", cmd_noop, "readonly fast", 0, 0, 0},
    {PREFIX "echo", cmd_echo, "readonly fast", 0, 0, 0},
    {PREFIX "get", cmd_get, "readonly fast", 1, 1, 1},
    {PREFIX "array", cmd_array, "readonly", 0, 0, 0},
    {PREFIX "call", cmd_call, "readonly", 1, 1, 1},
    {PREFIX "busy", cmd_busy, "readonly", 0, 0, 0},
};

int RedisModule_OnLoad(ctx *c, void **argv, int argc);

int RedisModule_OnLoad(ctx *c, void **argv, int argc) {
    (void)argv;
    (void)argc;
    int (*get_api)(const char *, void **) = *(int (**)(const char *, void **))(void *)c;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (get_api(wanted[i].name, (void **)wanted[i].slot) != STATUS_OK) return STATUS_ERR;
    }
    if (is_module_name_busy(NAME)) return STATUS_ERR;
    set_module_attribs(c, NAME, 1, API_VERSION);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const struct command *d = &commands[i];
        if (create_command(c, d->name, d->h, d->flags, d->first, d->last, d->step) != STATUS_OK)
            return STATUS_ERR;
    }
    return STATUS_OK;
}
