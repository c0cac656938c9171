// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

// The host's keys (strings and values of modules), data types, RDB files over a buffer, and
// blocked clients.

#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakeserver.h"

enum { MODE_WRITE = 2, OPEN_MODES = 3 | 0x1f << 16 };

struct methods { // REDISMODULE_TYPE_METHOD_VERSION 5
    uint64_t version;
    void *(*rdb_load)(void *io, int encver);
    void (*rdb_save)(void *io, void *value);
    void *aof_rewrite, *mem_usage, *digest;
    void (*free)(void *value);
    void *more[16];
};
struct type {
    char name[10];
    int encver;
    struct methods m;
};
enum { MAX_TYPES = 8, MAX_ENTRIES = 1024 };
static struct type types[MAX_TYPES];
static int ntypes;

enum { NO_EXPIRE = -1 };
struct entry host_entries[MAX_ENTRIES];
int host_nentries;
const struct str *host_scanned;

static int same(const struct str *a, const struct str *b) { return a->len == b->len && memcmp(a->ptr, b->ptr, a->len) == 0; }

struct entry *host_find(const struct str *name, int db) {
    for (int i = 0; i < host_nentries; i++) {
        if (host_entries[i].db == db && same(host_entries[i].name, name)) return &host_entries[i];
    }
    return NULL;
}

static struct entry *find(const struct key *k) { return host_find(k->name, k->db); }

// in_scan finds what moves the keys of a scan while it is in the middle of them.
static void in_scan(const struct str *name) {
    if (host_scanned != NULL && !same(host_scanned, name)) host_fault("Scan: its function adds or deletes another key than its own");
}

static void clear_value(struct entry *e) {
    if (e->value != NULL) host_str_drop(e->value);
    for (size_t i = 0; i < e->n; i++) {
        host_str_drop(e->elements[i].name);
        if (e->elements[i].value != NULL) host_str_drop(e->elements[i].value);
    }
    free(e->elements);
    e->elements = NULL;
    e->n = 0;
    e->kind = 0;
    if (e->type != NULL) e->type->m.free(e->module_value);
    e->value = NULL;
    e->type = NULL;
}

static void delete_entry(struct entry *e) {
    if (e == NULL) return;
    struct entry gone = *e;
    in_scan(gone.name);
    *e = host_entries[--host_nentries];
    host_str_drop(gone.name);
    clear_value(&gone);
}

static struct entry *new_entry(const struct str *name, int db) {
    if (host_nentries == MAX_ENTRIES) return NULL;
    in_scan(name);
    struct entry *e = &host_entries[host_nentries++];
    *e = (struct entry){.db = db, .name = host_str(name->ptr, name->len), .expires = NO_EXPIRE};
    return e;
}

static struct entry *made(struct key *k) {
    struct entry *e = find(k);
    return e != NULL ? e : new_entry(k->name, k->db);
}

// What a test puts there itself: a hash, set or sorted set. The first of the texts is the key's name, then come its elements, those of a
// set alone, others with their values.
word ct_host_put(int db, int kind, const char *texts, word n) {
    struct str **list = host_texts(texts, (int)n);
    struct entry *e = host_find(list[0], db);
    if (e != NULL) delete_entry(e);
    if ((e = new_entry(list[0], db)) == NULL) abort();
    int step = kind == KEY_SET ? 1 : 2;
    if ((e->elements = calloc(n, sizeof *e->elements)) == NULL) abort();
    e->kind = kind;
    for (int i = 1; i + step <= (int)n; i += step) {
        list[i]->refs++;
        if (step == 2) list[i + 1]->refs++;
        e->elements[e->n++] = (struct element){list[i], step == 2 ? list[i + 1] : NULL};
    }
    host_drop_texts(list, (int)n);
    return 0;
}

// The host's clock stands still during a command, as a server's does, and goes on when it is told to.
static long long now;

void ct_host_time(long long ms) { now = ms; }

// look_up is what opening a key does: one whose time is over goes.
static struct entry *look_up(const struct str *name, int db) {
    struct entry *e = host_find(name, db);
    if (e == NULL || e->expires == NO_EXPIRE || e->expires >= now) return e;
    delete_entry(e);
    return NULL;
}

void host_data_clear(void) {
    while (host_nentries > 0) delete_entry(&host_entries[0]);
}

static struct key *open_key(struct ctx *ctx, struct str *name, int mode) {
    struct ctx *c = host_ctx(ctx, "OpenKey");
    if (!host_live(name, HOST_STR, "OpenKey")) return NULL;
    if ((mode & ~OPEN_MODES) != 0) host_fault("OpenKey: the mode %#x", (unsigned)mode);
    int db = c == NULL ? 0 : c->db;
    if (look_up(name, db) == NULL && (mode & MODE_WRITE) == 0) return NULL;
    struct key *k = host_new(HOST_KEY, sizeof *k);
    k->ctx = c;
    k->db = db;
    k->name = host_str(name->ptr, name->len);
    k->writable = (mode & MODE_WRITE) != 0;
    host_auto(c, HOST_KEY, k);
    return k;
}

void host_key_close(void *p) {
    struct key *k = p;
    host_str_drop(k->name);
    host_end(k);
}

static void close_key(struct key *k) {
    if (k == NULL || !host_live(k, HOST_KEY, "CloseKey")) return;
    if (k->lent) {
        host_fault("CloseKey: the key is a scan's");
        return;
    }
    host_unauto(k->ctx, HOST_KEY, k);
    host_key_close(k);
}

static struct entry *of(struct key *k, const char *who) { return k != NULL && host_live(k, HOST_KEY, who) ? find(k) : NULL; }

// to_write is for functions that change the key. A server refuses that of a key which is open for reading.
static int to_write(struct key *k, const char *who) { return k != NULL && host_live(k, HOST_KEY, who) && k->writable; }

static int key_type(struct key *k) {
    struct entry *e = of(k, "KeyType");
    return e == NULL ? KEY_EMPTY : e->type != NULL ? KEY_MODULE : e->kind != 0 ? e->kind : KEY_STRING;
}

static size_t value_length(struct key *k) {
    struct entry *e = of(k, "ValueLength");
    return e == NULL ? 0 : e->value != NULL ? e->value->len : e->n;
}

static int key_exists(struct ctx *c, struct str *name) {
    c = host_ctx(c, "KeyExists");
    return host_live(name, HOST_STR, "KeyExists") && look_up(name, c == NULL ? 0 : c->db) != NULL;
}

static int delete_key(struct key *k) {
    if (!to_write(k, "DeleteKey")) return HOST_ERR;
    delete_entry(find(k));
    return HOST_OK;
}

static int string_set(struct key *k, struct str *s) {
    if (!to_write(k, "StringSet") || !host_live(s, HOST_STR, "StringSet")) return HOST_ERR;
    struct entry *e = made(k);
    if (e == NULL) return HOST_ERR;
    clear_value(e);
    s->refs++;
    e->value = s;
    e->expires = NO_EXPIRE;
    return HOST_OK;
}

static char *string_dma(struct key *k, size_t *n, int mode) {
    static char nothing[] = "";
    struct entry *e = of(k, "StringDMA");
    *n = 0;
    if (e == NULL) return nothing;
    if (e->value == NULL) return NULL;
    if ((mode & MODE_WRITE) != 0) {
        if (!k->writable) return NULL;
        if (e->value->refs > 1) { // its own copy
            struct str *own = host_str(e->value->ptr, e->value->len);
            host_str_drop(e->value);
            e->value = own;
        }
    }
    *n = e->value->len;
    return e->value->ptr;
}

static int string_truncate(struct key *k, size_t n) {
    if (!to_write(k, "StringTruncate") || n > 512u << 20) return HOST_ERR;
    struct entry *e = find(k);
    if (e != NULL && e->value == NULL) return HOST_ERR;
    if (e == NULL && n == 0) return HOST_OK;
    if (e == NULL && (e = made(k)) == NULL) return HOST_ERR;
    char *p = calloc(1, n + 1);
    if (e->value != NULL) {
        memcpy(p, e->value->ptr, n < e->value->len ? n : e->value->len);
        host_str_drop(e->value);
    }
    e->value = host_str(p, n);
    free(p);
    return HOST_OK;
}

// Times to live.

static long long get_expire(struct key *k) {
    struct entry *e = of(k, "GetExpire");
    if (e == NULL || e->expires == NO_EXPIRE) return NO_EXPIRE;
    return e->expires > now ? e->expires - now : 0;
}

static int set_expires(struct key *k, long long at, const char *who) {
    struct entry *e;
    if (!to_write(k, who) || (e = find(k)) == NULL || (at < 0 && at != NO_EXPIRE)) return HOST_ERR;
    e->expires = at;
    return HOST_OK;
}

static int set_expire(struct key *k, long long ms) {
    long long at = ms;
    if (ms >= 0 && __builtin_add_overflow(ms, now, &at)) { // servers add them all the same
        host_fault("SetExpire: %lld ms, beyond the end of time", ms);
        return HOST_ERR;
    }
    return set_expires(k, at, "SetExpire");
}

static long long get_abs_expire(struct key *k) {
    struct entry *e = of(k, "GetAbsExpire");
    return e == NULL ? NO_EXPIRE : e->expires;
}

static int set_abs_expire(struct key *k, long long ms) { return set_expires(k, ms, "SetAbsExpire"); }

// Data types.

static struct type *create_type(void *c, const char *name, int encver, const struct methods *m) {
    if (host_ctx(c, "CreateDataType") == NULL) host_fault("CreateDataType: outside of a load");
    if (strlen(name) != 9 || encver < 0 || encver > 1023 || m->version < 1 || m->version > 5 || m->free == NULL) {
        host_fault("CreateDataType: %s", name);
        return NULL;
    }
    struct type *t = NULL;
    for (int i = 0; i < ntypes; i++) {
        if (strcmp(types[i].name, name) == 0) t = &types[i]; // of an earlier load
    }
    if (t == NULL && ntypes == MAX_TYPES) return NULL;
    if (t == NULL) t = &types[ntypes++];
    strcpy(t->name, name);
    t->encver = encver;
    memcpy(&t->m, m, m->version >= 5 ? 19 * 8 : 18 * 8);
    return t;
}

static int method_version(void) { return 5; }

static int type_set(struct key *k, struct type *t, void *value) {
    if (!to_write(k, "ModuleTypeSetValue")) return HOST_ERR;
    if (t < types || t >= types + ntypes || value == NULL) {
        host_fault("ModuleTypeSetValue: no type or value");
        return HOST_ERR;
    }
    delete_entry(find(k));
    struct entry *e = made(k);
    if (e == NULL) return HOST_ERR;
    e->type = t;
    e->module_value = value;
    return HOST_OK;
}

static int type_replace(struct key *k, struct type *t, void *value, void **old) {
    struct entry *e;
    if (!to_write(k, "ModuleTypeReplaceValue") || (e = find(k)) == NULL || e->type != t) return HOST_ERR;
    if (old != NULL) *old = e->module_value;
    e->module_value = value;
    return HOST_OK;
}

static struct type *type_of(struct key *k) {
    struct entry *e = of(k, "ModuleTypeGetType");
    return e == NULL ? NULL : e->type;
}

static void *value_of(struct key *k) {
    struct entry *e = of(k, "ModuleTypeGetValue");
    return e == NULL || e->type == NULL ? NULL : e->module_value;
}

// RDB files: each item is a byte that tells its kind, and its content.

struct rdb {
    struct obj o;
    struct ctx *ctx;
    struct ct_host_io *io;
};

static struct rdb *rdb_of(void *p, const char *who) { return host_live(p, HOST_IO, who) ? p : NULL; }

static void save(void *p, char kind, const void *data, size_t n, const char *who) {
    struct rdb *r = rdb_of(p, who);
    if (r == NULL || r->io->failed) return;
    ct_buf_add(&r->io->out, &kind, 1);
    ct_buf_add(&r->io->out, data, n);
}

// load reads n bytes of an item of a kind. Whatever is wrong makes the file damaged, for good.
static int load(void *p, char kind, void *to, size_t n, const char *who) {
    struct rdb *r = rdb_of(p, who);
    memset(to, 0, n);
    if (r == NULL || r->io->failed) return 0;
    struct ct_host_io *io = r->io;
    if (io->n - io->at < n + 1 || io->bytes[io->at] != kind) {
        io->failed = 1;
        return 0;
    }
    memcpy(to, io->bytes + io->at + 1, n);
    io->at += n + 1;
    return 1;
}

static void save_unsigned(void *p, uint64_t n) { save(p, 'u', &n, sizeof n, "SaveUnsigned"); }
static uint64_t load_unsigned(void *p) {
    uint64_t n;
    load(p, 'u', &n, sizeof n, "LoadUnsigned");
    return n;
}
static void save_signed(void *p, int64_t n) { save(p, 'u', &n, sizeof n, "SaveSigned"); }
static int64_t load_signed(void *p) { return (int64_t)load_unsigned(p); }
static void save_double(void *p, double f) { save(p, 'd', &f, sizeof f, "SaveDouble"); }
static double load_double(void *p) {
    double f;
    load(p, 'd', &f, sizeof f, "LoadDouble");
    return f;
}
static void save_float(void *p, float f) { save(p, 'f', &f, sizeof f, "SaveFloat"); }
static float load_float(void *p) {
    float f;
    load(p, 'f', &f, sizeof f, "LoadFloat");
    return f;
}
static void save_buffer(void *p, const char *s, size_t n) {
    struct rdb *r = rdb_of(p, "SaveStringBuffer");
    uint32_t len = (uint32_t)n;
    if (r == NULL || r->io->failed) return;
    save(p, 's', &len, sizeof len, "SaveStringBuffer");
    ct_buf_add(&r->io->out, s, n);
}
static void save_string(void *p, struct str *s) {
    if (host_live(s, HOST_STR, "SaveString")) save_buffer(p, s->ptr, s->len);
}
static void save_long_double(void *p, long double f) {
    char text[64];
    int n = snprintf(text, sizeof text, "%La", f);
    save_buffer(p, text, (size_t)n);
}

static const char *load_bytes(void *p, size_t *n, const char *who) {
    struct rdb *r = p;
    uint32_t len;
    if (!load(p, 's', &len, sizeof len, who)) return NULL;
    if (r->io->n - r->io->at < len) {
        r->io->failed = 1;
        return NULL;
    }
    *n = len;
    r->io->at += len;
    return r->io->bytes + r->io->at - len;
}
static struct str *load_string(void *p) {
    size_t n;
    const char *s = load_bytes(p, &n, "LoadString");
    return s == NULL ? NULL : host_str(s, n);
}
static char *load_buffer(void *p, size_t *n) {
    const char *s = load_bytes(p, n, "LoadStringBuffer");
    if (s == NULL) return NULL;
    void *(*alloc)(size_t) = NULL;
    for (const struct host_fn *f = host_core_fns; f->name != NULL; f++) {
        if (strcmp(f->name, "Alloc") == 0) memcpy(&alloc, &f->fn, sizeof alloc);
    }
    char *copy = alloc(*n);
    memcpy(copy, s, *n);
    return copy;
}
static long double load_long_double(void *p) {
    char text[64] = "";
    size_t n = 0;
    const char *s = load_bytes(p, &n, "LoadLongDouble");
    if (s == NULL || n >= sizeof text) return 0;
    memcpy(text, s, n);
    return strtold(text, NULL);
}

static int is_error(void *p) {
    struct rdb *r = rdb_of(p, "IsIOError");
    return r == NULL || r->io->failed;
}
static void log_error(void *p, const char *level, const char *fmt, ...) {
    (void)level;
    (void)fmt;
    rdb_of(p, "LogIOError");
}
static struct ctx *io_context(void *p) {
    struct rdb *r = rdb_of(p, "GetContextFromIO");
    if (r == NULL) return NULL;
    if (r->ctx == NULL) r->ctx = host_ctx_new(NULL);
    return r->ctx;
}
static const struct str *io_key(void *p) {
    rdb_of(p, "GetKeyNameFromIO");
    return NULL;
}
static int io_db(void *p) {
    rdb_of(p, "GetDbIdFromIO");
    return 0;
}

static struct rdb *rdb_new(struct ct_host_io *io) {
    struct rdb *r = host_new(HOST_IO, sizeof *r);
    r->io = io;
    return r;
}
static void rdb_end(struct rdb *r) {
    if (r->ctx != NULL) host_ctx_end(r->ctx);
    host_end(r);
}

static struct type *named(const char *name) {
    for (int i = 0; i < ntypes; i++) {
        if (strcmp(types[i].name, name) == 0) return &types[i];
    }
    host_fault("no data type %s", name);
    return NULL;
}

word ct_host_type_load(struct ct_host_io *io) {
    struct type *t = named(io->type);
    if (t == NULL) return 1;
    struct rdb *r = rdb_new(io);
    io->value = (word)(uintptr_t)t->m.rdb_load(r, io->encver);
    rdb_end(r);
    // As the server, which ends the load then: it does not look at the value.
    if (io->failed && io->value != 0) host_fault("a load that failed has a value");
    return 0;
}

word ct_host_type_save(struct ct_host_io *io) {
    struct type *t = named(io->type);
    if (t == NULL) return 1;
    struct rdb *r = rdb_new(io);
    t->m.rdb_save(r, (void *)(uintptr_t)io->value);
    rdb_end(r);
    return 0;
}

word ct_host_type_free(struct ct_host_io *io) {
    struct type *t = named(io->type);
    if (t != NULL) t->m.free((void *)(uintptr_t)io->value);
    return 0;
}

// Blocked clients. UnblockClient may come from any thread; the reply is made on the server's.

typedef int (*block_fn)(struct ctx *, struct str **, int);
struct blocked {
    struct obj o;
    struct client *client, *waits; // client is NULL when it was aborted
    block_fn reply, timeout;
    void (*free_data)(struct ctx *, void *);
    void *data;
    int over;
};
struct client *host_blocked_client;
static struct blocked *last_blocked; // of the server's thread

static struct blocked *block_client(struct ctx *ctx, block_fn reply, block_fn timeout, void (*free_data)(struct ctx *, void *), long long ms) {
    struct ctx *c = host_ctx(ctx, "BlockClient");
    if (c == NULL || c->client == NULL) {
        host_fault("BlockClient: no client");
        return NULL;
    }
    if (ms < 0) host_fault("BlockClient: %lld ms", ms);
    struct blocked *b = host_new(HOST_BLOCKED, sizeof *b);
    *b = (struct blocked){.o = b->o, .client = c->client, .waits = c->client, .reply = reply, .timeout = timeout, .free_data = free_data};
    c->blocked = b;
    host_blocked_client = c->client;
    last_blocked = b;
    return b;
}

static int abort_block(struct blocked *b) {
    if (!host_live(b, HOST_BLOCKED, "AbortBlock")) return HOST_ERR;
    if (b->over) {
        host_fault("AbortBlock: the client is not blocked any more");
        return HOST_ERR;
    }
    b->client = NULL; // its command replies by itself
    b->over = 1;
    ct_server_one_shot((uintptr_t)ct_host_unblocked, b);
    return HOST_OK;
}

static int unblock_client(struct blocked *b, void *data) {
    if (!host_live(b, HOST_BLOCKED, "UnblockClient")) return HOST_ERR;
    if (b->over) {
        host_fault("UnblockClient: a second time");
        return HOST_ERR;
    }
    b->over = 1;
    b->data = data;
    ct_server_one_shot((uintptr_t)ct_host_unblocked, b);
    return HOST_OK;
}

word ct_host_unblocked(struct blocked *b) {
    if (b->client != NULL && b->reply != NULL) {
        struct ctx *c = host_ctx_new(b->client);
        c->flags = FLAG_BLOCKED_REPLY;
        c->privdata = b->data;
        c->blocked = b;
        struct str *name = host_str("blocked", 7);
        b->reply(c, &name, 1);
        host_str_drop(name);
        host_ctx_end(c);
    }
    if (b->free_data != NULL) {
        struct ctx *c = host_ctx_new(NULL);
        b->free_data(c, b->data);
        host_ctx_end(c);
    }
    struct client *cl = b->waits;
    if (b->client == NULL || b->reply != NULL) host_one_reply(cl, "a blocked client");
    if (last_blocked == b) last_blocked = NULL;
    host_end(b);
    __atomic_store_n(&cl->over, 1, __ATOMIC_RELEASE);
    return 0;
}

// The time of the client that was blocked last has passed: it gets a reply from the module, which ends the blocking later.
word ct_host_time_out(void) {
    struct blocked *b = last_blocked;
    if (b == NULL || b->client == NULL || b->timeout == NULL) return 1;
    struct ctx *c = host_ctx_new(b->client);
    c->flags = FLAG_BLOCKED_TIMEOUT;
    c->blocked = b;
    struct str *name = host_str("blocked", 7);
    b->timeout(c, &name, 1);
    host_str_drop(name);
    host_ctx_end(c);
    b->client = NULL;
    return 0;
}

static int is_reply(void *p) {
    struct ctx *c = host_ctx(p, "IsBlockedReplyRequest");
    return c != NULL && (c->flags & FLAG_BLOCKED_REPLY) != 0;
}
static int is_timeout(void *p) {
    struct ctx *c = host_ctx(p, "IsBlockedTimeoutRequest");
    return c != NULL && (c->flags & FLAG_BLOCKED_TIMEOUT) != 0;
}
static void *private_data(void *p) {
    struct ctx *c = host_ctx(p, "GetBlockedClientPrivateData");
    return c == NULL ? NULL : c->privdata;
}
static struct blocked *blocked_handle(void *p) {
    struct ctx *c = host_ctx(p, "GetBlockedClientHandle");
    return c == NULL ? NULL : c->blocked;
}
static void on_disconnect(struct blocked *b, void *fn) {
    (void)fn;
    host_live(b, HOST_BLOCKED, "SetDisconnectCallback");
}
static int disconnected(void *p) {
    host_ctx(p, "BlockedClientDisconnected");
    return 0;
}
static int measure(struct blocked *b) {
    host_live(b, HOST_BLOCKED, "BlockedClientMeasureTime");
    return HOST_OK;
}
static struct ctx *thread_safe(void) {
    struct ctx *c = host_ctx_new(NULL);
    c->thread_safe = 1;
    return c;
}
static struct ctx *thread_context(struct blocked *b) {
    if (b != NULL) host_live(b, HOST_BLOCKED, "GetThreadSafeContext");
    return thread_safe();
}
static struct ctx *detached_context(void *c) {
    host_ctx(c, "GetDetachedThreadSafeContext");
    return thread_safe();
}
static void free_thread_context(struct ctx *c) {
    if ((c = host_ctx(c, "FreeThreadSafeContext")) == NULL) return;
    if (c->thread_safe) host_ctx_end(c);
    else host_fault("FreeThreadSafeContext: the context is a callback's");
}

const struct host_fn host_data_fns[] = {
    {"OpenKey", open_key}, {"CloseKey", close_key}, {"KeyType", key_type}, {"ValueLength", value_length},
    {"KeyExists", key_exists}, {"DeleteKey", delete_key}, {"UnlinkKey", delete_key}, {"StringSet", string_set},
    {"StringDMA", string_dma}, {"StringTruncate", string_truncate},
    {"GetExpire", get_expire}, {"SetExpire", set_expire}, {"GetAbsExpire", get_abs_expire}, {"SetAbsExpire", set_abs_expire},
    {"CreateDataType", create_type}, {"GetTypeMethodVersion", method_version}, {"ModuleTypeSetValue", type_set},
    {"ModuleTypeReplaceValue", type_replace}, {"ModuleTypeGetType", type_of}, {"ModuleTypeGetValue", value_of},
    {"SaveUnsigned", save_unsigned}, {"LoadUnsigned", load_unsigned}, {"SaveSigned", save_signed}, {"LoadSigned", load_signed},
    {"SaveDouble", save_double}, {"LoadDouble", load_double}, {"SaveFloat", save_float}, {"LoadFloat", load_float},
    {"SaveStringBuffer", save_buffer}, {"SaveString", save_string}, {"SaveLongDouble", save_long_double},
    {"LoadString", load_string}, {"LoadStringBuffer", load_buffer}, {"LoadLongDouble", load_long_double},
    {"IsIOError", is_error}, {"LogIOError", log_error}, {"GetContextFromIO", io_context}, {"GetKeyNameFromIO", io_key},
    {"GetDbIdFromIO", io_db},
    {"BlockClient", block_client}, {"AbortBlock", abort_block}, {"UnblockClient", unblock_client},
    {"IsBlockedReplyRequest", is_reply}, {"IsBlockedTimeoutRequest", is_timeout},
    {"GetBlockedClientPrivateData", private_data}, {"GetBlockedClientHandle", blocked_handle},
    {"SetDisconnectCallback", on_disconnect}, {"BlockedClientDisconnected", disconnected},
    {"BlockedClientMeasureTimeStart", measure}, {"BlockedClientMeasureTimeEnd", measure},
    {"GetThreadSafeContext", thread_context}, {"GetDetachedThreadSafeContext", detached_context},
    {"FreeThreadSafeContext", free_thread_context},
    {NULL, NULL},
};
