// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

// The host's core: faults, what lives, contexts, memory, strings, commands, the log.

#define _GNU_SOURCE
#include "host.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fakeserver.h"

extern int RedisModule_OnLoad(void *ctx, void **argv, int argc) __attribute__((weak));
extern int RedisModule_OnUnload(void *ctx) __attribute__((weak));

// Any thread may make and end strings and memory.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static char fault[1024];

void host_fault(const char *fmt, ...) {
    va_list a;
    va_start(a, fmt);
    pthread_mutex_lock(&lock);
    if (fault[0] == 0) vsnprintf(fault, sizeof fault, fmt, a);
    pthread_mutex_unlock(&lock);
    va_end(a);
}

static void must(int ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "ctest: %s failed\n", what);
    abort();
}

void ct_buf_add(struct ct_buf *b, const void *p, size_t n) {
    if (b->len + n + 1 > b->cap) {
        b->cap = 2 * (b->len + n) + 64;
        b->p = realloc(b->p, b->cap);
        must(b->p != NULL, "realloc");
    }
    if (n > 0) memcpy(b->p + b->len, p, n);
    b->len += n;
    b->p[b->len] = 0;
}

void ct_buf_printf(struct ct_buf *b, const char *fmt, ...) {
    va_list a;
    char *s;
    va_start(a, fmt);
    int n = vasprintf(&s, fmt, a);
    va_end(a);
    must(n >= 0, "vasprintf");
    ct_buf_add(b, s, (size_t)n);
    free(s);
}

void ct_buf_free(struct ct_buf *b) {
    free(b->p);
    *b = (struct ct_buf){0};
}

enum { ALIVE = 0x11fe11fe, DEAD = 0xdeadbeef, QUARANTINE = 512 };
static struct obj *living[HOST_KINDS];
static struct obj *dead[QUARANTINE];
static unsigned next_dead;
static int counts[HOST_KINDS];

// A context begins with a word that a server has there, all others with their obj.
static struct obj *obj_of(const void *p, enum host_kind kind) {
    return kind == HOST_CTX ? &((struct ctx *)(uintptr_t)p)->o : (struct obj *)(uintptr_t)p;
}

void *host_new(enum host_kind kind, size_t size) {
    void *p = calloc(1, size);
    must(p != NULL, "calloc");
    struct obj *o = obj_of(p, kind);
    o->magic = ALIVE;
    o->kind = kind;
    pthread_mutex_lock(&lock);
    if ((o->next = living[kind]) != NULL) o->next->prev = o;
    living[kind] = o;
    counts[kind]++;
    pthread_mutex_unlock(&lock);
    return p;
}

static const char *const kind_names[HOST_KINDS] = {
    [HOST_STR] = "string", [HOST_KEY] = "key",     [HOST_REPLY] = "reply",         [HOST_CTX] = "context",
    [HOST_MEM] = "memory", [HOST_IO] = "RDB file", [HOST_BLOCKED] = "blocked client",
    [HOST_DICT] = "dictionary", [HOST_ITER] = "iterator", [HOST_CURSOR] = "cursor",
};

int host_live(const void *p, enum host_kind kind, const char *who) {
    if (p == NULL || ((uintptr_t)p & 7) != 0) {
        host_fault("%s: %p is no %s", who, p, kind_names[kind]);
        return 0;
    }
    struct obj *o = obj_of(p, kind);
    if (o->magic == ALIVE && o->kind == kind) return 1;
    host_fault("%s: the %s is %s", who, kind_names[kind], o->magic == DEAD ? "dead" : "none");
    return 0;
}

void host_end(void *p) {
    struct obj *o = p;
    if (o->magic != ALIVE) o = &((struct ctx *)p)->o;
    pthread_mutex_lock(&lock);
    if (o->next != NULL) o->next->prev = o->prev;
    if (o->prev != NULL) o->prev->next = o->next;
    else living[o->kind] = o->next;
    counts[o->kind]--;
    o->magic = DEAD;
    struct obj **slot = &dead[next_dead++ % QUARANTINE];
    struct obj *old = *slot;
    *slot = o;
    pthread_mutex_unlock(&lock);
    if (old == NULL) return;
    free(old->kind == HOST_CTX ? (void *)((char *)old - offsetof(struct ctx, o)) : (void *)old);
}

const char *ct_host_fault(void) { return fault; }

const char *ct_host_living(void) {
    static char text[256];
    text[0] = 0;
    pthread_mutex_lock(&lock);
    for (int k = HOST_STR; k < HOST_KINDS; k++) {
        char one[64];
        if (counts[k] == 0) continue;
        snprintf(one, sizeof one, "%s%d %s", text[0] ? ", " : "", counts[k], kind_names[k]);
        strncat(text, one, sizeof text - strlen(text) - 1);
    }
    pthread_mutex_unlock(&lock);
    return text;
}

// Contexts. The events of the fake server have one that is not ours.

struct ctx *host_ctx(const void *p, const char *who) {
    if (p == NULL || (uintptr_t)p == ct_context()) return NULL;
    return host_live(p, HOST_CTX, who) ? (struct ctx *)(uintptr_t)p : NULL;
}

struct ctx *host_ctx_new(struct client *cl) {
    struct ctx *c = host_new(HOST_CTX, sizeof *c);
    c->getapi = ct_getapi;
    c->client = cl;
    return c;
}

void host_auto(struct ctx *c, enum host_kind kind, void *p) {
    if (c == NULL || !c->automem || p == NULL) return;
    c->autos = realloc(c->autos, (size_t)(c->nautos + 1) * sizeof *c->autos);
    must(c->autos != NULL, "realloc");
    c->autos[c->nautos++] = (struct auto_entry){kind, p};
}

int host_unauto(struct ctx *c, enum host_kind kind, void *p) {
    if (c == NULL) return 0;
    for (int i = c->nautos - 1; i >= 0; i--) {
        if (c->autos[i].p != p || c->autos[i].kind != kind) continue;
        c->autos[i] = c->autos[--c->nautos];
        return 1;
    }
    return 0;
}

void host_ctx_end(struct ctx *c) {
    while (c->nautos > 0) {
        struct auto_entry e = c->autos[--c->nautos];
        if (e.kind == HOST_STR) host_str_drop(e.p);
        if (e.kind == HOST_KEY) host_key_close(e.p);
        if (e.kind == HOST_REPLY) host_reply_free(e.p);
        if (e.kind == HOST_DICT) host_dict_free(e.p);
    }
    while (c->pools != NULL) {
        struct pool *next = c->pools->next;
        free(c->pools);
        c->pools = next;
    }
    free(c->autos);
    c->autos = NULL;
    host_end(c);
}

static void auto_memory(struct ctx *c) {
    if ((c = host_ctx(c, "AutoMemory")) != NULL) c->automem = 1;
}

static void *pool_alloc(struct ctx *c, size_t n) {
    if ((c = host_ctx(c, "PoolAlloc")) == NULL) return NULL;
    struct pool *p = calloc(1, sizeof *p + n);
    must(p != NULL, "calloc");
    p->next = c->pools;
    c->pools = p;
    return p + 1;
}

// Memory.

struct mem {
    struct obj o;
    size_t n;
    uint64_t fence; // before the block; there is one behind it
};
static const uint64_t FENCE = 0xfe9ce0fe9ce0fe9cu;

static void *mem_new(size_t n) {
    if (n > (size_t)1 << 40) return NULL;
    struct mem *m = host_new(HOST_MEM, sizeof *m + n + sizeof FENCE);
    m->n = n;
    m->fence = FENCE;
    memcpy((char *)(m + 1) + n, &FENCE, sizeof FENCE);
    return m + 1;
}

static struct mem *mem_of(void *p, const char *who) {
    struct mem *m = (struct mem *)p - 1;
    if (!host_live(m, HOST_MEM, who)) return NULL;
    if (m->fence != FENCE || memcmp((char *)p + m->n, &FENCE, sizeof FENCE) != 0) host_fault("%s: written outside of the memory", who);
    return m;
}

static void *mem_alloc(size_t n) {
    void *p = mem_new(n);
    if (p != NULL) memset(p, 0xa5, n);
    must(p != NULL, "Alloc");
    return p;
}
static void *mem_try_alloc(size_t n) { return mem_new(n); }
static void *mem_calloc(size_t n, size_t size) {
    size_t all;
    if (__builtin_mul_overflow(n, size, &all)) return NULL;
    return mem_new(all);
}
static void mem_free(void *p) {
    if (p == NULL) return;
    struct mem *m = mem_of(p, "Free");
    if (m == NULL) return;
    memset(p, 0xdd, m->n);
    host_end(m);
}
static void *mem_realloc(void *p, size_t n) {
    if (p == NULL) return mem_new(n);
    struct mem *m = mem_of(p, "Realloc");
    void *q = mem_new(n);
    if (m == NULL || q == NULL) return NULL;
    memcpy(q, p, n < m->n ? n : m->n);
    mem_free(p);
    return q;
}
static char *mem_strdup(const char *s) {
    char *p = mem_alloc(strlen(s) + 1);
    strcpy(p, s);
    return p;
}
static size_t mem_size(void *p) {
    struct mem *m = mem_of(p, "MallocSize");
    return m == NULL ? 0 : m->n;
}

// Strings.

struct str *host_str(const void *p, size_t len) {
    struct str *s = host_new(HOST_STR, sizeof *s);
    s->refs = 1;
    s->len = len;
    s->ptr = malloc(len + 1);
    must(s->ptr != NULL, "malloc");
    if (len > 0) memcpy(s->ptr, p, len);
    s->ptr[len] = 0;
    return s;
}

void host_str_drop(struct str *s) {
    if (!host_live(s, HOST_STR, "FreeString")) return;
    if (__atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0) return;
    memset(s->ptr, 0xdd, s->len);
    free(s->ptr);
    s->ptr = NULL;
    host_end(s);
}

static struct str *made(struct ctx *c, struct str *s) {
    host_auto(host_ctx(c, "CreateString"), HOST_STR, s);
    return s;
}

static struct str *create(struct ctx *c, const char *p, size_t n) {
    if (p == NULL && n > 0) {
        host_fault("CreateString: no memory, and %zu bytes of it", n);
        n = 0;
    }
    return made(c, host_str(p, n));
}

static struct str *format_v(struct ctx *c, const char *fmt, va_list a) {
    char *s;
    int n = vasprintf(&s, fmt, a);
    must(n >= 0, "vasprintf");
    struct str *r = made(c, host_str(s, (size_t)n));
    free(s);
    return r;
}

__attribute__((format(printf, 2, 3))) static struct str *create_printf(struct ctx *c, const char *fmt, ...) {
    va_list a;
    va_start(a, fmt);
    struct str *s = format_v(c, fmt, a);
    va_end(a);
    return s;
}

static struct str *create_ll(struct ctx *c, long long n) { return create_printf(c, "%lld", n); }
static struct str *create_ull(struct ctx *c, unsigned long long n) { return create_printf(c, "%llu", n); }

// As d2string: whole numbers without a fraction, else the shortest of 17 digits that C offers.
static struct str *create_double(struct ctx *c, double f) {
    if (isnan(f)) return create_printf(c, "nan");
    if (isinf(f)) return create_printf(c, f > 0 ? "inf" : "-inf");
    if (f == 0) return create_printf(c, signbit(f) ? "-0" : "0");
    return create_printf(c, "%.17g", f);
}

static int human(char *to, size_t n, long double f) {
    int len = snprintf(to, n, "%.17Lf", f);
    if (strchr(to, '.') != NULL) {
        while (to[len - 1] == '0') len--;
        if (to[len - 1] == '.') len--;
    }
    if (len == 2 && to[0] == '-' && to[1] == '0') to[0] = '0', len = 1;
    to[len] = 0;
    return len;
}

static struct str *create_long_double(struct ctx *c, long double f, int humanfriendly) {
    char text[5200];
    if (isinf(f)) return create_printf(c, f > 0 ? "inf" : "-inf");
    if (isnan(f)) return create_printf(c, "nan");
    if (!humanfriendly) return create_printf(c, "%.17Lg", f);
    human(text, sizeof text, f);
    return create_printf(c, "%s", text);
}

static struct str *create_from(struct ctx *c, const struct str *s) {
    if (!host_live(s, HOST_STR, "CreateStringFromString")) return NULL;
    return made(c, host_str(s->ptr, s->len));
}

static void str_free(struct ctx *c, struct str *s) {
    struct ctx *live = host_ctx(c, "FreeString");
    host_str_drop(s);
    host_unauto(live, HOST_STR, s);
}

static void str_retain(struct ctx *c, struct str *s) {
    if (!host_live(s, HOST_STR, "RetainString")) return;
    if (!host_unauto(host_ctx(c, "RetainString"), HOST_STR, s)) __atomic_add_fetch(&s->refs, 1, __ATOMIC_ACQ_REL);
}

static struct str *str_hold(struct ctx *c, struct str *s) {
    if (!host_live(s, HOST_STR, "HoldString")) return NULL;
    __atomic_add_fetch(&s->refs, 1, __ATOMIC_ACQ_REL);
    return made(c, s);
}

static const char *str_ptr(const struct str *s, size_t *n) {
    if (s == NULL) { // as the server does
        static const char text[] = "(NULL string reply referenced in module)";
        if (n != NULL) *n = sizeof text - 1;
        return text;
    }
    if (!host_live(s, HOST_STR, "StringPtrLen")) {
        if (n != NULL) *n = 0;
        return "";
    }
    if (n != NULL) *n = s->len;
    return s->ptr;
}

static int str_append(struct ctx *c, struct str *s, const char *p, size_t n) {
    (void)c;
    if (!host_live(s, HOST_STR, "StringAppendBuffer")) return HOST_ERR;
    if (s->refs != 1) return HOST_ERR;
    char *q = malloc(s->len + n + 1); // it always moves
    must(q != NULL, "malloc");
    memcpy(q, s->ptr, s->len);
    if (n > 0) memcpy(q + s->len, p, n);
    q[s->len + n] = 0;
    memset(s->ptr, 0xdd, s->len);
    free(s->ptr);
    s->ptr = q;
    s->len += n;
    return HOST_OK;
}

static int str_compare(const struct str *a, const struct str *b) {
    if (!host_live(a, HOST_STR, "StringCompare") || !host_live(b, HOST_STR, "StringCompare")) return 0;
    size_t n = a->len < b->len ? a->len : b->len;
    int r = memcmp(a->ptr, b->ptr, n);
    return r != 0 ? r : a->len < b->len ? -1 : a->len > b->len;
}

static size_t str_size(struct str *s) { return host_live(s, HOST_STR, "MallocSizeString") ? sizeof *s + s->len + 1 : 0; }
static void str_trim(struct str *s) { host_live(s, HOST_STR, "TrimStringAllocation"); }

// As the server reads integers: no sign but a minus, no space, no zero before other digits.
static int to_ll(const struct str *s, long long *out) {
    if (!host_live(s, HOST_STR, "StringToLongLong")) return HOST_ERR;
    const char *p = s->ptr, *end = p + s->len;
    int minus = p < end && *p == '-';
    unsigned long long v = 0;
    p += minus;
    if (p == end) return HOST_ERR;
    if (*p == '0') {
        if (minus || end - p > 1) return HOST_ERR;
        *out = 0;
        return HOST_OK;
    }
    for (; p < end; p++) {
        if (*p < '0' || *p > '9') return HOST_ERR;
        if (__builtin_mul_overflow(v, 10ull, &v) || __builtin_add_overflow(v, (unsigned long long)(*p - '0'), &v)) return HOST_ERR;
    }
    if (v > (unsigned long long)LLONG_MAX + (unsigned)minus) return HOST_ERR;
    *out = (long long)(minus ? 0 - v : v);
    return HOST_OK;
}

static int to_ull(const struct str *s, unsigned long long *out) {
    if (!host_live(s, HOST_STR, "StringToULongLong")) return HOST_ERR;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(s->ptr, &end, 10);
    if (end == s->ptr || errno == ERANGE) return HOST_ERR; // takes what follows a NUL
    if (*end != 0) return HOST_ERR;
    *out = v;
    return HOST_OK;
}

static int to_ld(const struct str *s, long double *out) {
    if (!host_live(s, HOST_STR, "StringToLongDouble")) return HOST_ERR;
    char *end;
    if (s->len == 0 || s->len >= 5120 || isspace((unsigned char)s->ptr[0])) return HOST_ERR;
    errno = 0;
    long double v = strtold(s->ptr, &end);
    if ((size_t)(end - s->ptr) != s->len || isnan(v) || (errno == ERANGE && (isinf(v) || fpclassify(v) == FP_ZERO))) return HOST_ERR;
    *out = v;
    return HOST_OK;
}

static int to_double(const struct str *s, double *out) {
    if (!host_live(s, HOST_STR, "StringToDouble")) return HOST_ERR;
    char *end;
    if (s->len == 0 || isspace((unsigned char)s->ptr[0])) return HOST_ERR;
    errno = 0;
    double v = strtod(s->ptr, &end);
    if ((size_t)(end - s->ptr) != s->len || isnan(v) || (errno == ERANGE && (v == HUGE_VAL || v == -HUGE_VAL || fpclassify(v) == FP_ZERO)))
        return HOST_ERR;
    *out = v;
    return HOST_OK;
}

// The log: its last line.

static char log_line[4096];

const char *ct_host_log(void) { return log_line; }

__attribute__((format(printf, 3, 4))) static void log_to(void *c, const char *level, const char *fmt, ...) {
    va_list a;
    (void)c;
    (void)level;
    va_start(a, fmt);
    pthread_mutex_lock(&lock);
    vsnprintf(log_line, sizeof log_line, fmt, a);
    pthread_mutex_unlock(&lock);
    va_end(a);
}

// Commands.

enum { MAX_COMMANDS = 256 };
static struct host_command commands[MAX_COMMANDS];
static int ncommands;

struct host_command *host_find_command(const char *name) {
    for (int i = 0; i < ncommands; i++) {
        if (strcasecmp(commands[i].name, name) == 0) return &commands[i];
    }
    return NULL;
}

// The words of flags that servers know; a test says which this one does not.
static const char all_flags[] = "write readonly admin deny-oom deny-script allow-loading pubsub random allow-stale no-monitor no-slowlog fast "
                                "getkeys-api no-cluster no-auth may-replicate no-mandatory-keys blocking allow-busy getchannels-api internal "
                                "touches-arbitrary-keys no-commandlog all-dbs";
static char unknown_flags[512];
static const char all_categories[] = "keyspace read write set sortedset list hash string bitmap hyperloglog geo stream pubsub admin fast slow "
                                     "blocking dangerous connection transaction scripting";

void ct_host_unknown_flags(const char *words) { snprintf(unknown_flags, sizeof unknown_flags, "%s", words); }

// among tells whether a word is one of a list, in any letter case.
static int among(const char *list, const char *word, size_t n) {
    for (const char *end; *list != 0; list = end + strspn(end, " ")) {
        end = list + strcspn(list, " ");
        if ((size_t)(end - list) == n && strncasecmp(list, word, n) == 0) return 1;
    }
    return 0;
}

// all_among tells whether all words of a text are of one list, and none of another.
static int all_among(const char *words, const char *known, const char *unknown) {
    while (*words != 0) {
        size_t n = strcspn(words, " ");
        if (!among(known, words, n) || among(unknown, words, n)) return 0;
        words += n;
        if (*words == ' ' && words[1] != 0) words++;
    }
    return 1;
}

static int new_command(const char *name, void *fn, const char *flags, int first, int last, int step, const char *who) {
    if (first < 0 || step < 0) host_fault("%s: keys %d %d %d", who, first, last, step);
    // Servers keep last - first of it, which is something else then.
    else if (first > 0 && last >= 0 && last < first) host_fault("%s: keys %d %d %d", who, first, last, step);
    if (flags != NULL && !all_among(flags, all_flags, unknown_flags)) return HOST_ERR;
    if (strpbrk(name, " \r\n") != NULL || host_find_command(name) != NULL || ncommands == MAX_COMMANDS) return HOST_ERR;
    struct host_command *cmd = &commands[ncommands++];
    cmd->name = strdup(name);
    cmd->categories[0] = 0;
    memcpy(&cmd->fn, &fn, sizeof fn);
    snprintf(cmd->flags, sizeof cmd->flags, "%s", flags == NULL ? "" : flags);
    cmd->keys[0] = first, cmd->keys[1] = last, cmd->keys[2] = step;
    cmd->arity = -1;
    return HOST_OK;
}

static int create_command(void *c, const char *name, void *fn, const char *flags, int first, int last, int step) {
    if (host_ctx(c, "CreateCommand") == NULL) host_fault("CreateCommand: outside of a load");
    return new_command(name, fn, flags, first, last, step, "CreateCommand");
}

static int is_command(const struct host_command *cmd, const char *who) {
    if (cmd >= commands && cmd < commands + ncommands) return 1;
    host_fault("%s: no command", who);
    return 0;
}

// A subcommand is a command with the name "container|name".
static int create_subcommand(struct host_command *in, const char *name, void *fn, const char *flags, int first, int last, int step) {
    char full[512];
    if (!is_command(in, "CreateSubcommand") || in->fn != NULL || strchr(in->name, '|') != NULL) return HOST_ERR;
    snprintf(full, sizeof full, "%s|%s", in->name, name);
    return new_command(full, fn, flags, first, last, step, "CreateSubcommand");
}

static int set_categories(struct host_command *cmd, const char *words) {
    if (!is_command(cmd, "SetCommandACLCategories") || !all_among(words, all_categories, "")) return HOST_ERR;
    snprintf(cmd->categories, sizeof cmd->categories, "%s", words);
    return HOST_OK;
}

// check_containers finds a container that has no subcommand: a client that calls it ends a server.
static void check_containers(void) {
    for (int i = 0; i < ncommands; i++) {
        size_t n = strlen(commands[i].name);
        int subs = 0;
        for (int j = 0; j < ncommands; j++) subs += strncmp(commands[j].name, commands[i].name, n) == 0 && commands[j].name[n] == '|';
        if (commands[i].fn == NULL && subs == 0) host_fault("CreateCommand: %s has no function and no subcommand", commands[i].name);
    }
}

static void *get_command(void *c, const char *name) {
    (void)c;
    return host_find_command(name);
}

static void put_text(struct ct_buf *b, const char *s) { ct_buf_printf(b, "<%s>", s == NULL ? "" : s); }

enum { ARG_KEY = 3, ARG_PURE_TOKEN = 6, ARG_ONEOF = 7, ARG_BLOCK = 8, ARG_FLAGS = 7 };

// put_args writes arguments, and finds what a server refuses.
static int put_args(struct ct_buf *b, const struct arg *a, int key_specs, int depth) {
    int ok = depth < 100;
    ct_buf_add(b, "[", 1);
    for (; ok && a != NULL && a->name != NULL; a++) {
        put_text(b, a->name);
        ct_buf_printf(b, "%d %d %d", a->type, a->key_spec, a->flags);
        put_text(b, a->token);
        put_text(b, a->summary);
        put_text(b, a->since);
        put_text(b, a->deprecated);
        put_text(b, a->display);
        ok = a->type >= 0 && a->type <= ARG_BLOCK && (a->flags & ~ARG_FLAGS) == 0;
        if (a->type == ARG_PURE_TOKEN && a->token == NULL) ok = 0;
        if (a->type == ARG_KEY ? a->key_spec >= key_specs && key_specs > 0 : a->key_spec > 0) ok = 0;
        if ((a->type == ARG_ONEOF || a->type == ARG_BLOCK) != (a->sub != NULL)) ok = 0;
        ok = ok && put_args(b, a->sub, key_specs, depth + 1);
    }
    ct_buf_add(b, "]", 1);
    return ok;
}

// check_spec finds what servers assert of a key spec, or go wrong with when they look for the keys: a step of nothing is a loop
// without an end, and places before the arguments are read.
static void check_spec(const struct key_spec *k) {
    if (k->begin == 2 && k->b.index < 1) host_fault("SetCommandInfo: keys from argument %d on", k->b.index);
    if (k->begin == 3 && (k->b.word.keyword == NULL || k->b.word.keyword[0] == 0 || k->b.word.from == 0))
        host_fault("SetCommandInfo: a keyword from argument %d on", k->b.word.from);
    int a = k->f.a, b = k->f.step, c = k->f.limit;
    if (k->find == 2 && (b < 1 || c < 0 || (c != 0 && a != -1))) host_fault("SetCommandInfo: keys up to %d, step %d, limit %d", a, b, c);
    if (k->find == 3 && (a < 0 || b <= a || c < 1)) host_fault("SetCommandInfo: the number %d of keys, the first %d, step %d", a, b, c);
}

static int set_command_info(struct host_command *cmd, const struct info *info) {
    int ok = 1, n = 0;
    if (!is_command(cmd, "SetCommandInfo")) return HOST_ERR;
    if (info == NULL || info->version == NULL || info->version->version != 1) {
        host_fault("SetCommandInfo: no version");
        return HOST_ERR;
    }
    if (info->version->history != sizeof(struct history) || info->version->key_spec != sizeof(struct key_spec) || info->version->arg != sizeof(struct arg))
        host_fault("SetCommandInfo: the sizes %zu, %zu, %zu", info->version->history, info->version->key_spec, info->version->arg);
    struct ct_buf *b = &cmd->info;
    b->len = 0;
    cmd->arity = info->arity;
    put_text(b, info->summary);
    put_text(b, info->complexity);
    put_text(b, info->since);
    put_text(b, info->tips);
    for (const struct history *h = info->history; h != NULL && h->since != NULL; h++) {
        put_text(b, h->since);
        put_text(b, h->changes);
    }
    for (const struct key_spec *k = info->key_specs; k != NULL && k->begin != 0; k++, n++) {
        ct_buf_printf(b, "{%#llx %d %d ", (unsigned long long)k->flags, k->begin, k->begin == 2 ? k->b.index : k->begin == 3 ? k->b.word.from : 0);
        if (k->begin == 3) put_text(b, k->b.word.keyword);
        check_spec(k);
        if (k->begin < 0 || k->begin > 3 || k->find < 0 || k->find > 3) ok = 0;
        ct_buf_printf(b, "%d %d %d %d", k->find, k->f.a, k->f.step, k->f.limit);
        put_text(b, k->notes);
        ct_buf_add(b, "}", 1);
    }
    return put_args(b, info->args, n, 0) && ok ? HOST_OK : HOST_ERR;
}

// Where keys and channels are is not asked for.
static int is_positions(void *c) {
    host_ctx(c, "IsKeysPositionRequest");
    return 0;
}

static void set_attribs(void *c, const char *name, int version, int apiver) {
    host_ctx(c, "SetModuleAttribs");
    if (name == NULL || name[0] == 0 || version < 0 || apiver != 1) host_fault("SetModuleAttribs: %d %d", version, apiver);
}
static int name_busy(const char *name) { return name == NULL; }
static void set_options(void *c, int options) {
    host_ctx(c, "SetModuleOptions");
    (void)options;
}
static int context_flags(void *c) {
    host_ctx(c, "GetContextFlags");
    return 0;
}
static int selected_db(struct ctx *c) { return (c = host_ctx(c, "GetSelectedDb")) == NULL ? 0 : c->db; }
static int select_db(struct ctx *c, int db) {
    if ((c = host_ctx(c, "SelectDb")) == NULL || db < 0 || db > 15) return HOST_ERR;
    c->db = db;
    return HOST_OK;
}
static unsigned long long client_id(struct ctx *c) { return (c = host_ctx(c, "GetClientId")) != NULL && c->client != NULL ? 42 : 0; }

void host_run_command(struct host_command *cmd, struct client *cl, struct str **argv, int argc) {
    struct ctx *c = host_ctx_new(cl);
    // Through the checked call, as the fake server's thread makes all its calls.
    struct ct_job j = {.fn = (word)(uintptr_t)cmd->fn, .arg = {(word)(uintptr_t)c, (word)(uintptr_t)argv, (word)argc, 0, 0, 0}};
    ct_job_checked(&j);
    if (ct_regs_checked() && j.mask != 0) host_fault("%s: registers are lost: %#llx", cmd->name, (unsigned long long)j.mask);
    if (cl->depth != 0) host_fault("%s: %d aggregates without a length", cmd->name, cl->depth);
    int blocked = c->blocked != NULL && host_blocked_client == cl;
    if (!blocked) host_one_reply(cl, cmd->name);
    for (int i = 0; i < argc; i++) host_live(argv[i], HOST_STR, "an argument");
    host_ctx_end(c);
}

struct str **host_texts(const char *p, int argc) {
    struct str **argv = calloc((size_t)argc + 1, sizeof *argv);
    must(argv != NULL, "calloc");
    for (int i = 0; i < argc; i++) {
        uint32_t n;
        memcpy(&n, p, sizeof n);
        argv[i] = host_str(p + sizeof n, n);
        p += sizeof n + n;
    }
    return argv;
}

void host_drop_texts(struct str **argv, int argc) {
    for (int i = 0; i < argc; i++) host_str_drop(argv[i]);
    free(argv);
}

static struct client *waiting; // of the run whose command has blocked

word ct_host_run(struct ct_host_run *r) {
    struct client *cl = calloc(1, sizeof *cl);
    must(cl != NULL, "calloc");
    cl->resp = r->resp;
    struct str **argv = host_texts(r->args, r->argc);
    struct host_command *cmd = host_find_command(argv[0]->ptr);
    if (cmd != NULL && cmd->fn == NULL) { // a container
        char full[512];
        snprintf(full, sizeof full, "%s|%s", argv[0]->ptr, r->argc > 1 ? argv[1]->ptr : "");
        cmd = host_find_command(full);
    }
    if (cmd == NULL) {
        r->status = 1;
    } else {
        host_blocked_client = NULL;
        host_run_command(cmd, cl, argv, r->argc);
        r->blocked = host_blocked_client == cl;
    }
    host_drop_texts(argv, r->argc);
    if (r->blocked) {
        __atomic_store_n(&waiting, cl, __ATOMIC_RELEASE);
        return 0;
    }
    r->out = cl->out;
    free(cl);
    return 0;
}

word ct_host_onload(const char *args, word argc) {
    must(RedisModule_OnLoad != NULL, "finding RedisModule_OnLoad");
    for (; ncommands > 0; ncommands--) {
        free(commands[ncommands - 1].name);
        ct_buf_free(&commands[ncommands - 1].info);
    }
    struct ctx *c = host_ctx_new(NULL);
    c->flags = FLAG_LOADING;
    struct str **argv = host_texts(args, (int)argc);
    word r = (word)(uint32_t)RedisModule_OnLoad(c, (void **)argv, (int)argc);
    host_drop_texts(argv, (int)argc);
    host_ctx_end(c);
    if (r == HOST_OK) check_containers();
    return r;
}

word ct_host_onunload(void) {
    struct ctx *c = host_ctx_new(NULL);
    word r = (word)(uint32_t)RedisModule_OnUnload(c);
    host_ctx_end(c);
    return r;
}

void ct_host_reset(void) {
    fault[0] = log_line[0] = 0;
    host_data_clear();
    ct_host_answer(NULL, 0, 0);
}

static int replicate_verbatim(void *c) {
    host_ctx(c, "ReplicateVerbatim");
    return HOST_OK;
}

const struct host_fn host_core_fns[] = {
    {"AutoMemory", auto_memory}, {"PoolAlloc", pool_alloc}, {"Alloc", mem_alloc}, {"TryAlloc", mem_try_alloc},
    {"Calloc", mem_calloc}, {"TryCalloc", mem_calloc}, {"Realloc", mem_realloc}, {"TryRealloc", mem_realloc},
    {"Free", mem_free}, {"Strdup", mem_strdup}, {"MallocSize", mem_size}, {"MallocUsableSize", mem_size},
    {"CreateString", create}, {"CreateStringFromLongLong", create_ll}, {"CreateStringFromULongLong", create_ull},
    {"CreateStringFromDouble", create_double}, {"CreateStringFromLongDouble", create_long_double},
    {"CreateStringFromString", create_from}, {"CreateStringPrintf", create_printf}, {"FreeString", str_free},
    {"RetainString", str_retain}, {"HoldString", str_hold}, {"StringPtrLen", str_ptr}, {"StringAppendBuffer", str_append},
    {"StringCompare", str_compare}, {"MallocSizeString", str_size}, {"TrimStringAllocation", str_trim},
    {"StringToLongLong", to_ll}, {"StringToULongLong", to_ull}, {"StringToLongDouble", to_ld}, {"StringToDouble", to_double},
    {"Log", log_to}, {"CreateCommand", create_command}, {"GetCommand", get_command}, {"SetCommandInfo", set_command_info},
    {"CreateSubcommand", create_subcommand}, {"SetCommandACLCategories", set_categories},
    {"IsKeysPositionRequest", is_positions}, {"IsChannelsPositionRequest", is_positions},
    {"SetModuleAttribs", set_attribs}, {"IsModuleNameBusy", name_busy}, {"SetModuleOptions", set_options},
    {"GetContextFlags", context_flags}, {"GetSelectedDb", selected_db}, {"SelectDb", select_db}, {"GetClientId", client_id},
    {"SubscribeToServerEvent", ct_server_subscribe}, {"IsSubEventSupported", ct_server_supports},
    {"EventLoopAddOneShot", ct_server_one_shot}, {"ReplicateVerbatim", replicate_verbatim},
    {NULL, NULL},
};

// Function i of all, 0 after the last.
uintptr_t ct_host_fn(int i, const char **name) {
    const struct host_fn *lists[] = {host_core_fns, host_reply_fns, host_call_fns, host_data_fns, host_dict_fns, host_scan_fns};
    for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++) {
        for (const struct host_fn *f = lists[l]; f->name != NULL; f++) {
            if (i-- > 0) continue;
            *name = f->name;
            return (uintptr_t)f->fn;
        }
    }
    return 0;
}

// Waits until the blocked client is not that any more, which the server's thread says.
int ct_host_wait(struct ct_host_run *r, int ms) {
    struct client *cl = __atomic_load_n(&waiting, __ATOMIC_ACQUIRE);
    if (cl == NULL) return 0;
    for (; ms > 0 && __atomic_load_n(&cl->over, __ATOMIC_ACQUIRE) == 0; ms--) usleep(1000);
    if (ms == 0) return 0;
    r->out = cl->out;
    waiting = NULL;
    free(cl);
    return 1;
}

// What the server knows of a command; NULL when there is none.
const char *ct_host_command(const char *name, int *keys) {
    struct host_command *cmd = host_find_command(name);
    if (cmd == NULL) return NULL;
    memcpy(keys, cmd->keys, sizeof cmd->keys);
    keys[3] = cmd->arity;
    return cmd->flags;
}

const char *ct_host_categories(const char *name) {
    struct host_command *cmd = host_find_command(name);
    return cmd == NULL ? "" : cmd->categories;
}

const char *ct_host_info(const char *name) {
    struct host_command *cmd = host_find_command(name);
    return cmd == NULL || cmd->info.p == NULL ? "" : cmd->info.p;
}
