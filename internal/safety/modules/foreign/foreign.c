// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// A C module that meets Go modules where a server would rarely do so: it calls their
// commands from events, from a stack of its own and from a thread that holds the
// server's lock, and it has a thread that nobody named.
//
//	f.sleep before|after|off COMMAND   calls COMMAND at each such event
//	f.clients on|off COMMAND           calls it whenever a client comes or goes
//	f.stack COMMAND                    calls it on a stack made by makecontext
//	f.lock N                           N threads that take the lock again and again
//	f.fork N                           N threads that fork children again and again
//	f.load PATH ARGUMENT               MODULE LOAD by a thread that holds the lock
//	f.unload NAME                      MODULE UNLOAD by such a thread
//	f.loaded                           what came of it: 0 goes on, 1 loaded, 2 not
//	f.worker                           the id of the thread that waits
//	f.counts                           calls that were right, and that were not
//
// A COMMAND has to reply OK. No header of the server is needed: functions come by
// GetApi.
//
//	gcc -O2 -fPIC -shared -pthread -Wall -Wextra -Werror -o foreign.so foreign.c

#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { STATUS_OK = 0, STATUS_ERR = 1, API_VERSION = 1 };
enum { EVENT_CLIENT_CHANGE = 4, EVENT_EVENT_LOOP = 15 };
enum { REPLY_UNKNOWN = -1, REPLY_STRING = 0 };

typedef struct ctx ctx;
typedef struct str str;
typedef struct reply reply;
typedef struct event {
    uint64_t id, version;
} event;
typedef int (*handler)(ctx *c, str **argv, int argc);
typedef void (*on_event)(ctx *c, event e, uint64_t sub, void *data);

static void (*set_module_attribs)(ctx *c, const char *name, int ver, int apiver);
static int (*create_command)(ctx *c, const char *name, handler h, const char *flags,
                             int first, int last, int step);
static int (*wrong_arity)(ctx *c);
static int (*reply_with_long_long)(ctx *c, long long v);
static int (*reply_with_array)(ctx *c, long len);
static int (*reply_with_error)(ctx *c, const char *msg);
static int (*reply_with_call_reply)(ctx *c, reply *r);
static int (*reply_with_simple_string)(ctx *c, const char *text);
static int (*string_to_long_long)(const str *s, long long *v);
static const char *(*string_ptr_len)(const str *s, size_t *len);
static reply *(*call)(ctx *c, const char *cmd, const char *fmt, ...);
static void (*free_call_reply)(reply *r);
static int (*call_reply_type)(reply *r);
static const char *(*call_reply_string_ptr)(reply *r, size_t *len);
static int (*subscribe)(ctx *c, event e, on_event f);
static ctx *(*get_context)(void *blocked);
static void (*lock)(ctx *c);
static void (*unlock)(ctx *c);

static const struct {
    const char *name;
    void *slot;
} wanted[] = {
    {"RedisModule_SetModuleAttribs", &set_module_attribs},
    {"RedisModule_CreateCommand", &create_command},
    {"RedisModule_WrongArity", &wrong_arity},
    {"RedisModule_ReplyWithLongLong", &reply_with_long_long},
    {"RedisModule_ReplyWithArray", &reply_with_array},
    {"RedisModule_ReplyWithError", &reply_with_error},
    {"RedisModule_ReplyWithCallReply", &reply_with_call_reply},
    {"RedisModule_ReplyWithSimpleString", &reply_with_simple_string},
    {"RedisModule_StringToLongLong", &string_to_long_long},
    {"RedisModule_StringPtrLen", &string_ptr_len},
    {"RedisModule_Call", &call},
    {"RedisModule_FreeCallReply", &free_call_reply},
    {"RedisModule_CallReplyType", &call_reply_type},
    {"RedisModule_CallReplyStringPtr", &call_reply_string_ptr},
    {"RedisModule_SubscribeToServerEvent", &subscribe},
    {"RedisModule_GetThreadSafeContext", &get_context},
    {"RedisModule_ThreadSafeContextLock", &lock},
    {"RedisModule_ThreadSafeContextUnlock", &unlock},
};

// Counted by the server's thread alone.
static long long right, wrong;

// call_and_count calls a command that has to reply OK.
static void call_and_count(ctx *c, const char *command) {
    size_t len = 0;
    reply *r = call(c, command, "");
    const char *p = r != NULL && call_reply_type(r) == REPLY_STRING ? call_reply_string_ptr(r, &len) : NULL;
    if (p != NULL && len == 2 && memcmp(p, "OK", 2) == 0)
        right++;
    else
        wrong++;
    if (r != NULL) free_call_reply(r);
}

// Texts are kept in place: a module's malloc and free need not be of one library.
enum { ROOM = 4096 };

// set makes a C string of an argument; of none, or of one that is too long, an empty one.
static void set(char *text, str *s) {
    size_t len = 0;
    const char *p = s == NULL ? "" : string_ptr_len(s, &len);
    if (len >= ROOM) len = 0;
    memcpy(text, p, len);
    text[len] = 0;
}

static int is(str *s, const char *text) {
    size_t len = 0;
    const char *p = string_ptr_len(s, &len);
    return len == strlen(text) && memcmp(p, text, len) == 0;
}

// The commands that events call, by sub-event; an empty one is none. An event inside
// of such a call is left alone.
static char sleep_command[2][ROOM], client_command[ROOM];
static int in_event;

static void at_sleep(ctx *c, event e, uint64_t sub, void *data) {
    (void)e;
    (void)data;
    if (sub > 1 || sleep_command[sub][0] == 0 || in_event) return;
    in_event = 1;
    call_and_count(c, sleep_command[sub]);
    in_event = 0;
}

static void at_client(ctx *c, event e, uint64_t sub, void *data) {
    (void)e;
    (void)sub;
    (void)data;
    if (client_command[0] == 0 || in_event) return;
    in_event = 1;
    call_and_count(c, client_command);
    in_event = 0;
}

static int cmd_sleep(ctx *c, str **argv, int argc) {
    if (argc != 3) return wrong_arity(c);
    const event e = {EVENT_EVENT_LOOP, 1};
    if (subscribe(c, e, at_sleep) != STATUS_OK) return reply_with_error(c, "ERR no such event");
    set(sleep_command[0], is(argv[1], "before") ? argv[2] : NULL);
    set(sleep_command[1], is(argv[1], "after") ? argv[2] : NULL);
    return reply_with_simple_string(c, "OK");
}

static int cmd_clients(ctx *c, str **argv, int argc) {
    if (argc != 3) return wrong_arity(c);
    const event e = {EVENT_CLIENT_CHANGE, 1};
    if (subscribe(c, e, at_client) != STATUS_OK) return reply_with_error(c, "ERR no such event");
    set(client_command, is(argv[1], "on") ? argv[2] : NULL);
    return reply_with_simple_string(c, "OK");
}

// What runs on the other stack.
static struct {
    ucontext_t here, there;
    ctx *c;
    char command[ROOM];
    reply *r;
} odd;

static char odd_stack[1 << 20];

static void on_odd_stack(void) { odd.r = call(odd.c, odd.command, ""); }

static int cmd_stack(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    if (getcontext(&odd.there) != 0) return reply_with_error(c, "ERR no stack");
    odd.there.uc_stack.ss_sp = odd_stack;
    odd.there.uc_stack.ss_size = sizeof odd_stack;
    odd.there.uc_link = &odd.here;
    makecontext(&odd.there, on_odd_stack, 0);
    odd.c = c;
    set(odd.command, argv[1]);
    odd.r = NULL;
    swapcontext(&odd.here, &odd.there);
    int status;
    if (odd.r == NULL)
        status = reply_with_error(c, "ERR the call failed");
    else if (call_reply_type(odd.r) == REPLY_UNKNOWN)
        status = reply_with_error(c, "ERR the command replied nothing");
    else
        status = reply_with_call_reply(c, odd.r);
    if (odd.r != NULL) free_call_reply(odd.r);
    return status;
}

static atomic_int generation;
static ctx *own; // for the threads; it lives as long as the module

static void nap(long nanoseconds) {
    const struct timespec t = {0, nanoseconds};
    nanosleep(&t, NULL);
}

static void *lock_again(void *mine) {
    while (atomic_load(&generation) == (int)(size_t)mine) {
        lock(own);
        nap(20000);
        unlock(own);
        nap(20000);
    }
    return NULL;
}

static int cmd_lock(ctx *c, str **argv, int argc) {
    long long n = 0;
    if (argc != 2) return wrong_arity(c);
    if (string_to_long_long(argv[1], &n) != STATUS_OK || n < 0 || n > 64)
        return reply_with_error(c, "ERR a number from 0 to 64");
    int mine = atomic_fetch_add(&generation, 1) + 1;
    for (long long i = 0; i < n; i++) {
        pthread_t t;
        if (pthread_create(&t, NULL, lock_again, (void *)(size_t)mine) == 0) pthread_detach(t);
    }
    return reply_with_simple_string(c, "OK");
}

static atomic_int forkers;

static void *fork_again(void *mine) {
    while (atomic_load(&forkers) == (int)(size_t)mine) {
        pid_t child = fork();
        if (child == 0) _exit(0);
        if (child > 0) waitpid(child, NULL, 0);
        nap(200000);
    }
    return NULL;
}

static int cmd_fork(ctx *c, str **argv, int argc) {
    long long n = 0;
    if (argc != 2) return wrong_arity(c);
    if (string_to_long_long(argv[1], &n) != STATUS_OK || n < 0 || n > 64)
        return reply_with_error(c, "ERR a number from 0 to 64");
    int mine = atomic_fetch_add(&forkers, 1) + 1;
    for (long long i = 0; i < n; i++) {
        pthread_t t;
        if (pthread_create(&t, NULL, fork_again, (void *)(size_t)mine) == 0) pthread_detach(t);
    }
    return reply_with_simple_string(c, "OK");
}

static char load_path[ROOM], load_argument[ROOM];
static atomic_int loaded;

static void *load(void *unused) {
    (void)unused;
    lock(own);
    reply *r = call(own, "MODULE", "ccc", "LOAD", load_path, load_argument);
    int ok = r != NULL && call_reply_type(r) == REPLY_STRING;
    if (r != NULL) free_call_reply(r);
    unlock(own);
    atomic_store(&loaded, ok ? 1 : 2);
    return NULL;
}

static int cmd_load(ctx *c, str **argv, int argc) {
    if (argc != 3) return wrong_arity(c);
    pthread_t t;
    set(load_path, argv[1]);
    set(load_argument, argv[2]);
    atomic_store(&loaded, 0);
    if (pthread_create(&t, NULL, load, NULL) != 0) return reply_with_error(c, "ERR no thread");
    pthread_detach(t);
    return reply_with_simple_string(c, "OK");
}

static void *unload(void *unused) {
    (void)unused;
    lock(own);
    reply *r = call(own, "MODULE", "cc", "UNLOAD", load_path);
    int ok = r != NULL && call_reply_type(r) == REPLY_STRING;
    if (r != NULL) free_call_reply(r);
    unlock(own);
    atomic_store(&loaded, ok ? 1 : 2);
    return NULL;
}

static int cmd_unload(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    pthread_t t;
    set(load_path, argv[1]);
    atomic_store(&loaded, 0);
    if (pthread_create(&t, NULL, unload, NULL) != 0) return reply_with_error(c, "ERR no thread");
    pthread_detach(t);
    return reply_with_simple_string(c, "OK");
}

static int cmd_loaded(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    return reply_with_long_long(c, atomic_load(&loaded));
}

static atomic_long worker_id;

static void *worker(void *unused) {
    (void)unused;
    atomic_store(&worker_id, syscall(SYS_gettid));
    for (;;) pause();
    return NULL;
}

static int cmd_worker(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    if (atomic_load(&worker_id) == 0) {
        pthread_t t;
        if (pthread_create(&t, NULL, worker, NULL) != 0) return reply_with_error(c, "ERR no thread");
        pthread_detach(t);
        while (atomic_load(&worker_id) == 0) nap(100000);
    }
    return reply_with_long_long(c, atomic_load(&worker_id));
}

static int cmd_counts(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    reply_with_array(c, 2);
    reply_with_long_long(c, right);
    return reply_with_long_long(c, wrong);
}

static const struct {
    const char *name;
    handler h;
} commands[] = {
    {"f.sleep", cmd_sleep}, {"f.clients", cmd_clients}, {"f.stack", cmd_stack},
    {"f.lock", cmd_lock},   {"f.load", cmd_load},       {"f.loaded", cmd_loaded},
    {"f.worker", cmd_worker}, {"f.counts", cmd_counts},    {"f.fork", cmd_fork},
    {"f.unload", cmd_unload},
};

int RedisModule_OnLoad(ctx *c, void **argv, int argc);

int RedisModule_OnLoad(ctx *c, void **argv, int argc) {
    (void)argv;
    (void)argc;
    int (*get_api)(const char *, void **) = *(int (**)(const char *, void **))(void *)c;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (get_api(wanted[i].name, (void **)wanted[i].slot) != STATUS_OK) return STATUS_ERR;
    set_module_attribs(c, "foreign", 1, API_VERSION);
    own = get_context(NULL);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (create_command(c, commands[i].name, commands[i].h, "write", 0, 0, 0) != STATUS_OK) return STATUS_ERR;
    return STATUS_OK;
}
