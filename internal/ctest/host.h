// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

#ifndef RM_CTEST_HOST_H
#define RM_CTEST_HOST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ctest.h"

// The in-process host: a server's side of the module API, as far as the fuzz targets need it.
// Whatever a server would assert is a fault: it is noted, and the test asks for it.

enum { HOST_OK = 0, HOST_ERR = 1, HOST_POSTPONED = -1 };

// A buffer of bytes that grows.
struct ct_buf {
    char *p;
    size_t len, cap;
};
void ct_buf_add(struct ct_buf *b, const void *p, size_t n);
void ct_buf_printf(struct ct_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// What lives and dies: each object begins so. The dead ones are kept for a while, so that a
// second end and a use after it are seen.
enum host_kind { HOST_STR = 0x51, HOST_KEY, HOST_REPLY, HOST_CTX, HOST_MEM, HOST_IO, HOST_BLOCKED, HOST_DICT, HOST_ITER, HOST_CURSOR, HOST_KINDS };
struct obj {
    uint32_t magic;
    enum host_kind kind;
    struct obj *next, *prev;
};
void *host_new(enum host_kind kind, size_t size);
int host_live(const void *p, enum host_kind kind, const char *who); // 0 after a fault
void host_end(void *p);
void host_fault(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

struct str {
    struct obj o;
    int refs;
    size_t len;
    char *ptr;
};
struct str *host_str(const void *p, size_t len);
void host_str_drop(struct str *s);
struct str **host_texts(const char *p, int n); // what Go has packed
void host_drop_texts(struct str **list, int n);

// A client, and its reply so far.
struct client {
    struct ct_buf out;
    int resp, replies, postponed[256], depth;
    int over; // it was blocked, and is not any more
};

enum { FLAG_BLOCKED_REPLY = 1, FLAG_BLOCKED_TIMEOUT = 2, FLAG_LOADING = 4 };
struct ctx {
    int (*getapi)(const char *, void **); // where a server has it
    struct obj o;
    struct client *client; // NULL: nobody to reply to
    int automem, flags, nautos, thread_safe, db;
    struct auto_entry {
        enum host_kind kind;
        void *p;
    } *autos;
    void *privdata;
    struct blocked *blocked;
    struct pool {
        struct pool *next;
    } *pools;
};
struct ctx *host_ctx(const void *p, const char *who);
struct ctx *host_ctx_new(struct client *c);
void host_ctx_end(struct ctx *c);
void host_auto(struct ctx *c, enum host_kind kind, void *p);
int host_unauto(struct ctx *c, enum host_kind kind, void *p);

// Names and addresses of the functions of a file.
struct host_fn {
    const char *name;
    void *fn;
};
extern const struct host_fn host_core_fns[], host_reply_fns[], host_call_fns[], host_data_fns[], host_dict_fns[], host_scan_fns[];

// hostcall.c
void host_reply_free(void *r);
// hostdict.c
void host_dict_free(void *d);
// hostdata.c
enum { KEY_EMPTY = 0, KEY_STRING = 1, KEY_HASH = 3, KEY_SET = 4, KEY_ZSET = 5, KEY_MODULE = 6 };
struct element { // of a hash, set or sorted set
    struct str *name, *value; // the value of a set's is NULL
};
struct entry {
    int db;
    struct str *name, *value; // a string, or
    struct element *elements;
    size_t n;
    int kind; // of the elements, or
    struct type *type; // a module's value
    void *module_value;
    long long expires; // in ms of the host's clock, or NO_EXPIRE
};
struct key {
    struct obj o;
    struct ctx *ctx;
    int db;
    struct str *name;
    int writable, lent; // by a scan
};
extern struct entry host_entries[];
extern int host_nentries;
struct entry *host_find(const struct str *name, int db);
extern const struct str *host_scanned; // the key whose scan's callback runs
void host_key_close(void *k);
void host_data_clear(void);
// host.c
extern struct client *host_blocked_client; // of the last BlockClient
struct host_command {
    char *name, flags[512], categories[512];
    int keys[3], arity;
    struct ct_buf info; // its documentation as text
    word (*fn)(struct ctx *, struct str **, int);
};
struct host_command *host_find_command(const char *name);
void host_one_reply(const struct client *cl, const char *who); // a fault unless the client has got one whole reply
void host_run_command(struct host_command *cmd, struct client *cl, struct str **argv, int argc);

// The documentation of a command: RedisModuleCommandInfo and what it points to.
struct history {
    const char *since, *changes;
};
struct key_spec {
    const char *notes;
    uint64_t flags;
    int begin;
    union {
        int index;
        struct {
            const char *keyword;
            int from;
        } word;
    } b;
    int find;
    struct {
        int a, step, limit; // of a range, or the three of a number of keys: which it is, the first, the step
    } f;
};
struct arg {
    const char *name;
    int type, key_spec;
    const char *token, *summary, *since;
    int flags;
    const char *deprecated;
    const struct arg *sub;
    const char *display;
};
struct info {
    const struct {
        int version;
        size_t history, key_spec, arg;
    } *version;
    const char *summary, *complexity, *since;
    const struct history *history;
    const char *tips;
    int arity;
    const struct key_spec *key_specs;
    const struct arg *args;
};

// What Go calls.
uintptr_t ct_host_fn(int i, const char **name);
void ct_host_reset(void);
const char *ct_host_fault(void);
const char *ct_host_living(void);
const char *ct_host_log(void);
struct ct_host_run {
    const char *args; // one after the other, each with its length of 4 bytes before it
    int argc, resp;
    int blocked, status;
    struct ct_buf out;
};
word ct_host_run(struct ct_host_run *r);
word ct_host_onload(const char *args, word argc);
word ct_host_onunload(void);
void ct_host_answer(const char *p, size_t n, int err);
void ct_host_calls(struct ct_buf *to);
void ct_buf_free(struct ct_buf *b);
struct ct_host_io {
    const char *type;
    int encver, failed;
    char *bytes;
    size_t n, at;
    struct ct_buf out;
    word value;
};
word ct_host_type_load(struct ct_host_io *io);
word ct_host_type_save(struct ct_host_io *io);
word ct_host_type_free(struct ct_host_io *io);
word ct_host_unblocked(struct blocked *b);
word ct_host_time_out(void);
void ct_host_time(long long ms);
void ct_host_replies(int most);
word ct_host_put(int db, int kind, const char *args, word n);
const char *ct_host_wrong(int i, const char **fault);
word ct_host_run_wrong(word i);
int ct_host_wait(struct ct_host_run *r, int ms);
const char *ct_host_command(const char *name, int *keys);
const char *ct_host_info(const char *name);
const char *ct_host_categories(const char *name);
void ct_host_unknown_flags(const char *words);

#endif
