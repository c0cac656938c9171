// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

/* The smallest module worth starting a server with. It needs no header: all it uses is
 * asked from the function that the first word of the load context points to. */

#include <stdlib.h>
#include <string.h>

typedef int (*get_api)(const char *name, void **target);
typedef int (*command)(void *ctx, void **argv, int argc);

static int (*create_command)(void *, const char *, command, const char *, int, int, int);
static void (*set_attribs)(void *, const char *, int, int);
static int (*reply_simple)(void *, const char *);
static int (*reply_number)(void *, long long);
static int (*reply_null)(void *);
static const char *(*text_of)(const void *, size_t *);
static void (*server_log)(void *, const char *, const char *, ...);

static int tiny_ping(void *ctx, void **argv, int argc) {
    (void)argv;
    (void)argc;
    return reply_simple(ctx, "tiny");
}

static int tiny_count(void *ctx, void **argv, int argc) {
    (void)argv;
    return reply_number(ctx, argc);
}

static int tiny_null(void *ctx, void **argv, int argc) {
    (void)argv;
    (void)argc;
    return reply_null(ctx);
}

static int tiny_abort(void *ctx, void **argv, int argc) {
    (void)ctx;
    (void)argv;
    (void)argc;
    abort();
}

/* tiny.atexit makes the server fail while it stops. */
static void fail_at_exit(void) { _Exit(3); }

static int tiny_atexit(void *ctx, void **argv, int argc) {
    (void)argv;
    (void)argc;
    atexit(fail_at_exit);
    return reply_simple(ctx, "OK");
}

static int is(const void *arg, const char *text) {
    size_t n;
    const char *p = text_of(arg, &n);
    return n == strlen(text) && memcmp(p, text, n) == 0;
}

int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
    get_api get = *(get_api *)ctx;
    if (get("RedisModule_CreateCommand", (void **)&create_command) ||
        get("RedisModule_SetModuleAttribs", (void **)&set_attribs) ||
        get("RedisModule_ReplyWithSimpleString", (void **)&reply_simple) ||
        get("RedisModule_ReplyWithLongLong", (void **)&reply_number) ||
        get("RedisModule_ReplyWithNull", (void **)&reply_null) ||
        get("RedisModule_StringPtrLen", (void **)&text_of) ||
        get("RedisModule_Log", (void **)&server_log))
        return 1;
    set_attribs(ctx, "tiny", 1, 1);
    const char *probe = getenv("RMTEST_PROBE");
    if (probe) server_log(ctx, "notice", "RMTEST_PROBE is %s", probe);
    for (int i = 0; i < argc; i++) {
        size_t n;
        const char *p = text_of(argv[i], &n);
        server_log(ctx, "notice", "argument %d: <%.*s>", i, (int)n, p);
        if (is(argv[i], "fail")) {
            server_log(ctx, "warning", "told to fail");
            return 1;
        }
    }
    if (create_command(ctx, "tiny.ping", tiny_ping, "fast", 0, 0, 0) ||
        create_command(ctx, "tiny.count", tiny_count, "fast", 0, 0, 0) ||
        create_command(ctx, "tiny.null", tiny_null, "fast", 0, 0, 0) ||
        create_command(ctx, "tiny.abort", tiny_abort, "", 0, 0, 0) ||
        create_command(ctx, "tiny.atexit", tiny_atexit, "", 0, 0, 0))
        return 1;
    return 0;
}
