// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// A module in C that exports c.add, and by c.call calls what others export. c.fast calls
// sharer.deep, which may come back by c.deep. c.often calls one again and again, from where no
// command runs.

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct ctx ctx;
typedef struct str str;

static int (*set_module_attribs)(ctx *c, const char *name, int ver, int apiver);
static int (*create_command)(ctx *c, const char *name, int (*f)(ctx *, str **, int), const char *flags, int, int, int);
static int (*reply_with_long_long)(ctx *c, long long n);
static int (*reply_with_null)(ctx *c);
static const char *(*string_ptr_len)(str *s, size_t *n);
static int (*string_to_long_long)(str *s, long long *n);
static int (*export_shared_api)(ctx *c, const char *name, void *f);
static void *(*get_shared_api)(ctx *c, const char *name);
static int (*reply_with_array)(ctx *c, long n);
static uint64_t (*create_timer)(ctx *c, long long ms, void (*f)(ctx *, void *), void *data);
static ctx *(*get_thread_safe_context)(void *client);
static void (*free_thread_safe_context)(ctx *c);
static void (*lock)(ctx *c);
static void (*unlock)(ctx *c);

typedef struct {
    uint64_t id, version;
} event;

static int (*subscribe)(ctx *c, event e, void (*f)(ctx *, event, uint64_t, void *));

static long long add(long long a, long long b) { return a + b; }

static long long (*deep)(long long);

static long long c_deep(long long n) { return n <= 0 || !deep ? 0 : deep(n - 1) + 1; }

static int call(ctx *c, str **argv, int argc) {
    size_t n;
    long long w[6] = {0};
    void *f = get_shared_api(c, string_ptr_len(argv[1], &n));
    if (f == NULL) return reply_with_null(c);
    for (int i = 0; i < 6 && i + 2 < argc; i++) string_to_long_long(argv[i + 2], &w[i]);
    if (strcmp(string_ptr_len(argv[1], &n), "sharer.int") == 0) return reply_with_long_long(c, ((int (*)(int))f)((int)w[0]));
    if (strcmp(string_ptr_len(argv[1], &n), "sharer.fail") == 0) return reply_with_long_long(c, ((int (*)(int))f)((int)w[0]));
    if (strcmp(string_ptr_len(argv[1], &n), "sharer.deep") == 0) deep = (long long (*)(long long))f;
    return reply_with_long_long(
        c, ((long long (*)(long long, long long, long long, long long, long long, long long))f)(w[0], w[1], w[2], w[3], w[4], w[5]));
}

// What c.often calls, and how often it has been right, and wrong: in a timer, before the server
// sleeps, after it, in a thread.
enum { TIMER, BEFORE, AFTER, THREAD, PLACES };
static long long (*_Atomic often)(long long, long long);
static atomic_llong right[PLACES], wrong;

static void try(int place) {
    long long (*f)(long long, long long) = often;
    if (f == NULL) return;
    if (f(place, 40) == place + 40) {
        right[place]++;
    } else {
        wrong++;
    }
}

static void on_timer(ctx *c, void *data) {
    try(TIMER);
    if (often != NULL) create_timer(c, 1, on_timer, data);
}

static void on_loop(ctx *c, event e, uint64_t sub, void *data) {
    (void)c;
    (void)e;
    (void)data;
    try(sub == 0 ? BEFORE : AFTER);
}

static void *in_thread(void *data) {
    ctx *c = get_thread_safe_context(NULL);
    while (often != NULL) {
        lock(c);
        try(THREAD);
        unlock(c);
    }
    free_thread_safe_context(c);
    return data;
}

static pthread_t thread;

// c.often name: begins; without a name it replies with what there was so far
static int cmd_often(ctx *c, str **argv, int argc) {
    size_t n;
    if (argc == 2) {
        often = (long long (*)(long long, long long))get_shared_api(c, string_ptr_len(argv[1], &n));
        create_timer(c, 1, on_timer, NULL);
        return reply_with_long_long(c, pthread_create(&thread, NULL, in_thread, NULL));
    }
    reply_with_array(c, PLACES + 1);
    for (int i = 0; i < PLACES; i++) reply_with_long_long(c, right[i]);
    return reply_with_long_long(c, wrong);
}

// c.enough: ends it
static int cmd_enough(ctx *c, str **argv, int argc) {
    (void)argv;
    (void)argc;
    often = NULL;
    return reply_with_long_long(c, pthread_detach(thread));
}

int RedisModule_OnLoad(ctx *c, void **argv, int argc) {
    int (*get_api)(const char *, void *) = *(int (**)(const char *, void *))c;
    (void)argv;
    (void)argc;
    get_api("RedisModule_SetModuleAttribs", (void *)&set_module_attribs);
    get_api("RedisModule_CreateCommand", (void *)&create_command);
    get_api("RedisModule_ReplyWithLongLong", (void *)&reply_with_long_long);
    get_api("RedisModule_ReplyWithNull", (void *)&reply_with_null);
    get_api("RedisModule_StringPtrLen", (void *)&string_ptr_len);
    get_api("RedisModule_StringToLongLong", (void *)&string_to_long_long);
    get_api("RedisModule_ExportSharedAPI", (void *)&export_shared_api);
    get_api("RedisModule_GetSharedAPI", (void *)&get_shared_api);
    get_api("RedisModule_ReplyWithArray", (void *)&reply_with_array);
    get_api("RedisModule_CreateTimer", (void *)&create_timer);
    get_api("RedisModule_GetThreadSafeContext", (void *)&get_thread_safe_context);
    get_api("RedisModule_FreeThreadSafeContext", (void *)&free_thread_safe_context);
    get_api("RedisModule_ThreadSafeContextLock", (void *)&lock);
    get_api("RedisModule_ThreadSafeContextUnlock", (void *)&unlock);
    get_api("RedisModule_SubscribeToServerEvent", (void *)&subscribe);
    set_module_attribs(c, "cshared", 1, 1);
    subscribe(c, (event){15, 1}, on_loop); // where the server has that
    if (create_command(c, "c.often", cmd_often, "readonly", 0, 0, 0) != 0 || create_command(c, "c.enough", cmd_enough, "readonly", 0, 0, 0) != 0) return 1;
    if (export_shared_api(c, "c.add", (void *)add) != 0 || export_shared_api(c, "c.deep", (void *)c_deep) != 0) return 1;
    return create_command(c, "c.call", call, "readonly", 0, 0, 0);
}
