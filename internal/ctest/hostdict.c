// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

// The host's dictionaries: sorted arrays, with iterators that behave as those of the server's radix trees, and notice what these
// do not: that the dictionary has changed or gone under them.

#include "host.h"

#include <stdlib.h>
#include <string.h>

struct pair {
    char *key;
    size_t n;
    void *value;
};
struct dict {
    struct obj o;
    struct pair *pairs;
    size_t n, cap;
    unsigned long changes;
};

// An iterator has its key in memory of its own, which is another after each step.
struct iter {
    struct obj o;
    struct dict *d;
    unsigned long changes; // of the dictionary, when it was put to its place
    char *key;
    size_t n;
    int sought, ended; // at the element of a seek, which no step has shown; behind the last one
};

static struct dict *dict_of(void *p, const char *who) { return host_live(p, HOST_DICT, who) ? p : NULL; }

static struct dict *create_dict(void *p) {
    struct ctx *c = host_ctx(p, "CreateDict");
    struct dict *d = host_new(HOST_DICT, sizeof *d);
    host_auto(c, HOST_DICT, d);
    return d;
}

void host_dict_free(void *p) {
    struct dict *d = p;
    for (size_t i = 0; i < d->n; i++) free(d->pairs[i].key);
    free(d->pairs);
    d->pairs = NULL;
    d->n = 0;
    host_end(d);
}

static void free_dict(void *c, void *p) {
    struct dict *d = dict_of(p, "FreeDict");
    if (d == NULL) return;
    host_unauto(host_ctx(c, "FreeDict"), HOST_DICT, d);
    host_dict_free(d);
}

static uint64_t dict_size(void *p) {
    struct dict *d = dict_of(p, "DictSize");
    return d == NULL ? 0 : d->n;
}

static int compare(const char *a, size_t an, const char *b, size_t bn) {
    int r = memcmp(a, b, an < bn ? an : bn);
    return r != 0 ? r : an < bn ? -1 : an > bn;
}

// place is where a key is or would be; found tells which.
static size_t place(const struct dict *d, const char *key, size_t n, int *found) {
    size_t i = 0;
    int r = 1;
    while (i < d->n && (r = compare(d->pairs[i].key, d->pairs[i].n, key, n)) < 0) i++;
    *found = i < d->n && r == 0;
    return i;
}

static int no_bytes(const char *key, size_t n, const char *who) {
    if (key != NULL || n == 0) return 0;
    host_fault("%s: a key of %zu bytes that are not there", who, n);
    return 1;
}

static int put(void *p, const char *key, size_t n, void *value, int replace, const char *who) {
    struct dict *d = dict_of(p, who);
    int found;
    if (d == NULL || no_bytes(key, n, who)) return HOST_ERR;
    size_t i = place(d, key == NULL ? "" : key, n, &found);
    if (found && !replace) return HOST_ERR;
    d->changes++; // a value alone, too: a node may get other memory for it
    if (found) {
        d->pairs[i].value = value;
        return HOST_ERR;
    }
    if (d->n == d->cap) {
        d->cap = 2 * d->cap + 4;
        if ((d->pairs = realloc(d->pairs, d->cap * sizeof *d->pairs)) == NULL) abort();
    }
    memmove(d->pairs + i + 1, d->pairs + i, (d->n - i) * sizeof *d->pairs);
    char *own = malloc(n + 1);
    if (own == NULL) abort();
    if (n > 0) memcpy(own, key, n);
    d->pairs[i] = (struct pair){own, n, value};
    d->n++;
    return HOST_OK;
}

static void *get(void *p, const char *key, size_t n, int *missing, const char *who) {
    struct dict *d = dict_of(p, who);
    int found = 0;
    size_t i = 0;
    if (d != NULL && !no_bytes(key, n, who)) i = place(d, key == NULL ? "" : key, n, &found);
    if (missing != NULL) *missing = !found;
    return found ? d->pairs[i].value : NULL;
}

static int del(void *p, const char *key, size_t n, void **old, const char *who) {
    struct dict *d = dict_of(p, who);
    int found;
    if (d == NULL || no_bytes(key, n, who)) return HOST_ERR;
    size_t i = place(d, key == NULL ? "" : key, n, &found);
    if (!found) return HOST_ERR;
    if (old != NULL) *old = d->pairs[i].value;
    free(d->pairs[i].key);
    memmove(d->pairs + i, d->pairs + i + 1, (d->n - i - 1) * sizeof *d->pairs);
    d->n--;
    d->changes++;
    return HOST_OK;
}

static const char *bytes(const struct str *s, size_t *n, const char *who) {
    *n = 0;
    if (!host_live(s, HOST_STR, who)) return "";
    *n = s->len;
    return s->ptr;
}

static int set_c(void *d, const char *key, size_t n, void *v) { return put(d, key, n, v, 0, "DictSetC"); }
static int replace_c(void *d, const char *key, size_t n, void *v) { return put(d, key, n, v, 1, "DictReplaceC"); }
static void *get_c(void *d, const char *key, size_t n, int *missing) { return get(d, key, n, missing, "DictGetC"); }
static int del_c(void *d, const char *key, size_t n, void **old) { return del(d, key, n, old, "DictDelC"); }
static int set(void *d, struct str *key, void *v) {
    size_t n;
    const char *k = bytes(key, &n, "DictSet");
    return put(d, k, n, v, 0, "DictSet");
}
static int replace(void *d, struct str *key, void *v) {
    size_t n;
    const char *k = bytes(key, &n, "DictReplace");
    return put(d, k, n, v, 1, "DictReplace");
}
static void *get_str(void *d, struct str *key, int *missing) {
    size_t n;
    const char *k = bytes(key, &n, "DictGet");
    return get(d, k, n, missing, "DictGet");
}
static int del_str(void *d, struct str *key, void **old) {
    size_t n;
    const char *k = bytes(key, &n, "DictDel");
    return del(d, k, n, old, "DictDel");
}

// go_to makes element i the iterator's, which is none from the end of the dictionary on.
static void go_to(struct iter *it, size_t i) {
    if (it->key != NULL) memset(it->key, 0xdd, it->n);
    free(it->key);
    it->key = NULL;
    it->n = 0;
    if ((it->ended = i >= it->d->n)) return;
    it->n = it->d->pairs[i].n;
    if ((it->key = malloc(it->n + 1)) == NULL) abort();
    memcpy(it->key, it->d->pairs[i].key, it->n);
}

enum { LESS = 1, EQUAL = 2, GREATER = 4 };

// relation reads an operator of a comparison, 0 for another.
static int relation(const char *op) {
    static const char *const ops[] = {[EQUAL] = "==", [GREATER] = ">", [GREATER | EQUAL] = ">=", [LESS] = "<", [LESS | EQUAL] = "<="};
    for (int r = 1; r < 7; r++) {
        if (ops[r] != NULL && strcmp(ops[r], op) == 0) return r;
    }
    return 0;
}

static int seek(struct iter *it, const char *op, const char *key, size_t n, const char *who) {
    int found = 0, to = relation(op);
    if (dict_of(it->d, who) == NULL || no_bytes(key, n, who)) return 0;
    if (to == 0 && strcmp(op, "^") != 0 && strcmp(op, "$") != 0) {
        host_fault("%s: the operator %s", who, op);
        return 0;
    }
    size_t none = it->d->n, i = to == 0 ? 0 : place(it->d, key == NULL ? "" : key, n, &found);
    it->changes = it->d->changes;
    it->sought = 1;
    if (op[0] == '$') i = none - 1; // none of an empty one
    else if ((to & EQUAL) && found) ;
    else if (to == EQUAL) i = none;
    else if (to & LESS) i = i - 1; // none before the first
    else if (to & GREATER) i += (size_t)found;
    go_to(it, i);
    return 1;
}

static struct iter *start_c(void *d, const char *op, const char *key, size_t n) {
    if (dict_of(d, "DictIteratorStart") == NULL) return NULL;
    struct iter *it = host_new(HOST_ITER, sizeof *it);
    it->d = d;
    seek(it, op, key, n, "DictIteratorStart");
    return it;
}

static struct iter *start(void *d, const char *op, struct str *key) {
    size_t n;
    const char *k = bytes(key, &n, "DictIteratorStart");
    return start_c(d, op, k, n);
}

static int reseek_c(struct iter *it, const char *op, const char *key, size_t n) {
    return host_live(it, HOST_ITER, "DictIteratorReseek") && seek(it, op, key, n, "DictIteratorReseek");
}

static int reseek(struct iter *it, const char *op, struct str *key) {
    size_t n;
    const char *k = bytes(key, &n, "DictIteratorReseek");
    return reseek_c(it, op, k, n);
}

static void stop(struct iter *it) {
    if (!host_live(it, HOST_ITER, "DictIteratorStop")) return;
    free(it->key);
    it->key = NULL;
    host_end(it);
}

// usable finds iterators that are read where they are not valid.
static int usable(struct iter *it, const char *who) {
    if (!host_live(it, HOST_ITER, who) || dict_of(it->d, who) == NULL) return 0;
    if (it->changes != it->d->changes) host_fault("%s: the dictionary has changed since the iterator was put to its place", who);
    return 1;
}

// step is forward or back. The first one after a seek shows what was sought; at the end every step stays there.
static const char *step(struct iter *it, size_t *n, void **value, int back, const char *who) {
    int found;
    if (!usable(it, who)) return NULL;
    if (!it->sought && !it->ended) {
        size_t i = place(it->d, it->key, it->n, &found);
        go_to(it, back ? i - 1 : i + 1);
    }
    it->sought = 0;
    if (it->ended) return NULL;
    if (n != NULL) *n = it->n;
    size_t i = place(it->d, it->key, it->n, &found);
    if (value != NULL) *value = it->d->pairs[i].value;
    return it->key;
}

static const char *next_c(struct iter *it, size_t *n, void **v) { return step(it, n, v, 0, "DictNextC"); }
static const char *prev_c(struct iter *it, size_t *n, void **v) { return step(it, n, v, 1, "DictPrevC"); }

static struct str *step_string(void *p, struct iter *it, void **v, int back, const char *who) {
    struct ctx *c = host_ctx(p, who);
    size_t n;
    const char *key = step(it, &n, v, back, who);
    if (key == NULL) return NULL;
    struct str *s = host_str(key, n);
    host_auto(c, HOST_STR, s);
    return s;
}

static struct str *next(void *c, struct iter *it, void **v) { return step_string(c, it, v, 0, "DictNext"); }
static struct str *prev(void *c, struct iter *it, void **v) { return step_string(c, it, v, 1, "DictPrev"); }

// A comparison reads the iterator's key alone, which stays when the dictionary changes.
static int compare_c(struct iter *it, const char *op, const char *key, size_t n) {
    if (!host_live(it, HOST_ITER, "DictCompare") || no_bytes(key, n, "DictCompare") || it->ended) return HOST_ERR;
    if (it->sought && !usable(it, "DictCompare")) return HOST_ERR;
    int r = compare(it->key, it->n, key == NULL ? "" : key, n);
    return relation(op) & (r < 0 ? LESS : r > 0 ? GREATER : EQUAL) ? HOST_OK : HOST_ERR;
}

static int compare_str(struct iter *it, const char *op, struct str *key) {
    size_t n;
    const char *k = bytes(key, &n, "DictCompare");
    return compare_c(it, op, k, n);
}

const struct host_fn host_dict_fns[] = {
    {"CreateDict", create_dict}, {"FreeDict", free_dict}, {"DictSize", dict_size}, {"DictSetC", set_c}, {"DictSet", set},
    {"DictReplaceC", replace_c}, {"DictReplace", replace}, {"DictGetC", get_c}, {"DictGet", get_str}, {"DictDelC", del_c}, {"DictDel", del_str},
    {"DictIteratorStartC", start_c}, {"DictIteratorStart", start}, {"DictIteratorReseekC", reseek_c}, {"DictIteratorReseek", reseek},
    {"DictIteratorStop", stop}, {"DictNextC", next_c}, {"DictPrevC", prev_c}, {"DictNext", next}, {"DictPrev", prev},
    {"DictCompareC", compare_c}, {"DictCompare", compare_str},
    {NULL, NULL},
};
