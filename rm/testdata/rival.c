// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// A module in C that takes part in races of blocked clients: a thread takes the server's lock again and again, tells of keys
// that are ready, and unblocks clients that the module has blocked on the same keys, or without keys.

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct ctx ctx;
typedef struct str str;
typedef struct blocked blocked;
typedef int (*handler)(ctx *, str **, int);

static int (*set_module_attribs)(ctx *c, const char *name, int ver, int apiver);
static int (*create_command)(ctx *c, const char *name, handler f, const char *flags, int, int, int);
static int (*reply_with_array)(ctx *c, long n);
static int (*reply_with_long_long)(ctx *c, long long n);
static int (*reply_with_simple_string)(ctx *c, const char *text);
static int (*reply_with_error)(ctx *c, const char *text);
static int (*string_to_long_long)(str *s, long long *n);
static const char *(*string_ptr_len)(str *s, size_t *n);
static str *(*create_string)(ctx *c, const char *text, size_t n);
static void (*free_string)(ctx *c, str *s);
static int (*get_context_flags)(ctx *c);
static blocked *(*block_client)(ctx *c, handler reply, handler timeout, void (*freed)(ctx *, void *), long long ms);
static blocked *(*block_client_on_keys)(ctx *c, handler reply, handler timeout, void (*freed)(ctx *, void *), long long ms, str **keys, int n, void *data);
static int (*unblock_client)(blocked *b, void *data);
static void *(*get_private_data)(ctx *c);
static void (*signal_key_as_ready)(ctx *c, str *key);
static ctx *(*get_thread_safe_context)(blocked *b);
static void (*free_thread_safe_context)(ctx *c);
static void (*lock)(ctx *c);
static void (*unlock)(ctx *c);

// The server's lock guards all of it.
typedef struct waiting {
    struct waiting *next, *prev;
    blocked *b;
    int turns;   // of the thread, until it unblocks the client
    int refuses; // how often a key that is ready does not serve
    int done;    // the server was told
} waiting;

static waiting list = {&list, &list, NULL, 0, 0, 0};
static long long blocks, frees, locks, served;
static str *keys[16];
static int key_count;

static int on_reply(ctx *c, str **argv, int argc) {
    waiting *w = get_private_data(c);
    (void)argv;
    (void)argc;
    if (w != NULL && !w->done && w->refuses-- > 0) return 1;
    served++;
    return reply_with_simple_string(c, "by C");
}

static int on_timeout(ctx *c, str **argv, int argc) {
    (void)argv;
    (void)argc;
    return reply_with_simple_string(c, "late");
}

static void on_free(ctx *c, void *data) {
    waiting *w = data;
    (void)c;
    w->prev->next = w->next;
    w->next->prev = w->prev;
    free(w);
    frees++;
}

// rival.block KEY SEED
static int cmd_block(ctx *c, str **argv, int argc) {
    enum { LUA = 1, MULTI = 2, DENY = 1 << 21 };
    long long seed;
    if (argc != 3 || string_to_long_long(argv[2], &seed) != 0) return reply_with_error(c, "ERR rival.block KEY SEED");
    if (get_context_flags(c) & (LUA | MULTI | DENY)) return reply_with_simple_string(c, "not here");
    waiting *w = calloc(1, sizeof *w);
    w->turns = (int)(seed >> 8 & 15);
    w->refuses = (int)(seed >> 12 & 3);
    w->next = &list;
    w->prev = list.prev;
    w->prev->next = w->next->prev = w;
    if (seed & 1) {
        w->b = block_client(c, on_reply, NULL, on_free, 0);
    } else {
        w->b = block_client_on_keys(c, on_reply, on_timeout, on_free, 0, argv + 1, 1, w);
    }
    blocks++;
    return 0;
}

static pthread_t thread;
static atomic_int running, over;

static void *loop(void *unused) {
    ctx *c = get_thread_safe_context(NULL);
    for (unsigned i = 0; !over; i++) {
        lock(c);
        locks++;
        if (i % 8 == 0 && key_count > 0) signal_key_as_ready(c, keys[i / 8 % (unsigned)key_count]);
        for (waiting *w = list.next; w != &list; w = w->next) {
            if (w->done || w->turns-- > 0) continue;
            w->done = 1;
            unblock_client(w->b, w);
        }
        unlock(c);
        if (i % 4 == 3) usleep(200);
    }
    lock(c);
    free_thread_safe_context(c);
    unlock(c);
    running = 0;
    return unused;
}

// rival.start KEY ...
static int cmd_start(ctx *c, str **argv, int argc) {
    for (int i = 1; i < argc && i <= 16; i++) {
        size_t n;
        const char *key = string_ptr_len(argv[i], &n);
        keys[key_count++] = create_string(NULL, key, n);
    }
    over = 0;
    running = 1;
    if (pthread_create(&thread, NULL, loop, NULL) != 0) return reply_with_error(c, "ERR no thread");
    return reply_with_simple_string(c, "OK");
}

// rival.account: clients that were blocked, freed, served by a reply, how often the lock was taken, whether the thread runs still. It
// ends when no client waits.
static int cmd_account(ctx *c, str **argv, int argc) {
    (void)argv;
    (void)argc;
    if (blocks == frees) over = 1;
    reply_with_array(c, 5);
    reply_with_long_long(c, blocks);
    reply_with_long_long(c, frees);
    reply_with_long_long(c, served);
    reply_with_long_long(c, locks);
    return reply_with_long_long(c, running);
}

int RedisModule_OnUnload(ctx *c) {
    if (running) return 1;
    if (key_count > 0) pthread_join(thread, NULL); // which needs no lock any more
    while (key_count > 0) free_string(c, keys[--key_count]);
    return 0;
}

int RedisModule_OnLoad(ctx *c, void **argv, int argc) {
    int (*get_api)(const char *, void *) = *(int (**)(const char *, void *))c;
    (void)argv;
    (void)argc;
    get_api("RedisModule_SetModuleAttribs", (void *)&set_module_attribs);
    get_api("RedisModule_CreateCommand", (void *)&create_command);
    get_api("RedisModule_ReplyWithArray", (void *)&reply_with_array);
    get_api("RedisModule_ReplyWithLongLong", (void *)&reply_with_long_long);
    get_api("RedisModule_ReplyWithSimpleString", (void *)&reply_with_simple_string);
    get_api("RedisModule_ReplyWithError", (void *)&reply_with_error);
    get_api("RedisModule_StringToLongLong", (void *)&string_to_long_long);
    get_api("RedisModule_StringPtrLen", (void *)&string_ptr_len);
    get_api("RedisModule_CreateString", (void *)&create_string);
    get_api("RedisModule_FreeString", (void *)&free_string);
    get_api("RedisModule_GetContextFlags", (void *)&get_context_flags);
    get_api("RedisModule_BlockClient", (void *)&block_client);
    get_api("RedisModule_BlockClientOnKeys", (void *)&block_client_on_keys);
    get_api("RedisModule_UnblockClient", (void *)&unblock_client);
    get_api("RedisModule_GetBlockedClientPrivateData", (void *)&get_private_data);
    get_api("RedisModule_SignalKeyAsReady", (void *)&signal_key_as_ready);
    get_api("RedisModule_GetThreadSafeContext", (void *)&get_thread_safe_context);
    get_api("RedisModule_FreeThreadSafeContext", (void *)&free_thread_safe_context);
    get_api("RedisModule_ThreadSafeContextLock", (void *)&lock);
    get_api("RedisModule_ThreadSafeContextUnlock", (void *)&unlock);
    set_module_attribs(c, "rival", 1, 1);
    if (create_command(c, "rival.start", cmd_start, "", 0, 0, 0) != 0 || create_command(c, "rival.account", cmd_account, "", 0, 0, 0) != 0) return 1;
    return create_command(c, "rival.block", cmd_block, "write", 1, 1, 1);
}
