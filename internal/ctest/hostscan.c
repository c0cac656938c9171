// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

// The host's scans, of keys and of the elements of a value. A cursor counts buckets; a name's is that of its hash, so that nothing
// that stays is missed or shown twice.

#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 5, SMALL = 6 };

struct cursor {
    struct obj o;
    int bucket, done, busy;
};

static unsigned bucket_of(const struct str *s) {
    unsigned h = 7;
    for (size_t i = 0; i < s->len; i++) h = 31 * h + (unsigned char)s->ptr[i];
    return h % BUCKETS;
}

static struct cursor *cursor_of(void *p, const char *who) {
    struct cursor *c = p;
    if (!host_live(p, HOST_CURSOR, who)) return NULL;
    if (c->busy) host_fault("%s: the cursor is in use", who);
    return c;
}

static struct cursor *cursor_create(void) { return host_new(HOST_CURSOR, sizeof(struct cursor)); }

static void cursor_restart(void *p) {
    struct cursor *c = cursor_of(p, "ScanCursorRestart");
    if (c != NULL) c->bucket = c->done = 0;
}

static void cursor_destroy(void *p) {
    struct cursor *c = cursor_of(p, "ScanCursorDestroy");
    if (c != NULL) host_end(c);
}

// moved is the end of a step: 1 while there is more.
static int moved(struct cursor *c) {
    errno = 0;
    c->busy = 0;
    return !(c->done = ++c->bucket >= BUCKETS);
}

typedef void (*scan_fn)(struct ctx *, struct str *, struct key *, void *);

static int scan(void *p, void *cursor, scan_fn fn, void *data) {
    struct ctx *ctx = host_ctx(p, "Scan");
    struct cursor *c = cursor_of(cursor, "Scan");
    if (c == NULL || c->done) {
        errno = ENOENT;
        return 0;
    }
    int db = ctx == NULL ? 0 : ctx->db, n = 0;
    struct str **names = calloc((size_t)host_nentries + 1, sizeof *names);
    if (names == NULL) abort();
    for (int i = 0; i < host_nentries; i++) {
        struct entry *e = &host_entries[i];
        if (e->db == db && bucket_of(e->name) == (unsigned)c->bucket) names[n++] = host_str(e->name->ptr, e->name->len);
    }
    c->busy = 1;
    for (int i = 0; i < n; i++) {
        struct str *name = names[i];
        const struct str *outer = host_scanned;
        // A server may show a key without a handle.
        struct key *k = name->len % 3 == 2 ? NULL : host_new(HOST_KEY, sizeof *k);
        if (k != NULL) {
            k->ctx = ctx;
            k->db = db;
            k->name = host_str(name->ptr, name->len);
            k->lent = 1;
        }
        host_scanned = name;
        fn(ctx, name, k, data);
        host_scanned = outer;
        if (k != NULL && host_live(k, HOST_KEY, "Scan")) host_key_close(k);
        host_str_drop(name);
    }
    free(names);
    return moved(c);
}

static int scan_key(struct key *k, void *cursor, void (*fn)(struct key *, struct str *, struct str *, void *), void *data) {
    if (k == NULL || !host_live(k, HOST_KEY, "ScanKey")) {
        errno = EINVAL;
        return 0;
    }
    struct cursor *c = cursor_of(cursor, "ScanKey");
    struct entry *e = host_find(k->name, k->db);
    if (e == NULL || e->kind == 0) {
        errno = EINVAL;
        return 0;
    }
    if (c == NULL || c->done) {
        errno = ENOENT;
        return 0;
    }
    if (e->n <= SMALL) c->bucket = BUCKETS - 1; // all at once, from wherever the cursor is
    int all = e->n <= SMALL, n = (int)e->n;
    struct str **texts = calloc(2 * (size_t)n + 1, sizeof *texts);
    if (texts == NULL) abort();
    for (int i = 0; i < n; i++) {
        struct element *el = &e->elements[i];
        if (!all && bucket_of(el->name) != (unsigned)c->bucket) continue;
        texts[2 * i] = host_str(el->name->ptr, el->name->len);
        if (el->value != NULL) texts[2 * i + 1] = host_str(el->value->ptr, el->value->len);
    }
    c->busy = 1;
    for (int i = 0; i < n; i++) {
        if (texts[2 * i] == NULL) continue;
        if (host_live(k, HOST_KEY, "ScanKey")) fn(k, texts[2 * i], texts[2 * i + 1], data);
        host_str_drop(texts[2 * i]);
        if (texts[2 * i + 1] != NULL) host_str_drop(texts[2 * i + 1]);
    }
    free(texts);
    host_live(k, HOST_KEY, "ScanKey"); // nor may it be closed by the last one
    return moved(c);
}

// There are no iterators in keys.
static void range_stop(void *k) { host_live(k, HOST_KEY, "ZsetRangeStop"); }

const struct host_fn host_scan_fns[] = {
    {"ScanCursorCreate", cursor_create}, {"ScanCursorRestart", cursor_restart}, {"ScanCursorDestroy", cursor_destroy},
    {"Scan", scan}, {"ScanKey", scan_key}, {"ZsetRangeStop", range_stop},
    {NULL, NULL},
};
