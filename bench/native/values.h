// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// A data type: a number and a text. The last letter of its name is the prefix's first, so that
// two builds can live in one server. There are two alike, for the two kinds that Go has.

#ifndef VALUES_H
#define VALUES_H

#include <string.h>

#include "api.h"

struct value {
    uint64_t number;
    size_t len;
    char *text;
};

static type *values, *structs;

static struct value *new_value(uint64_t number, const char *p, size_t len) {
    struct value *v = server_alloc(sizeof *v);
    *v = (struct value){.number = number, .len = len, .text = server_alloc(len + 1)};
    memcpy(v->text, p, len);
    return v;
}

static void free_value(void *value) {
    struct value *v = value;
    server_free(v->text);
    server_free(v);
}

static void save_value(io *w, void *value) {
    struct value *v = value;
    save_unsigned(w, v->number);
    save_string_buffer(w, v->text, v->len);
}

static void *load_value(io *r, int encver) {
    if (encver != 1) return NULL;
    uint64_t number = load_unsigned(r);
    size_t len = 0;
    char *p = load_string_buffer(r, &len);
    if (p == NULL) return NULL;
    struct value *v = new_value(number, p, len);
    server_free(p);
    return v;
}

static int create_values(ctx *c) {
    type_methods m = {.version = 1, .load = load_value, .save = save_value, .free = free_value};
    // The server reads the whole table of its release.
    struct {
        type_methods m;
        void *rest[32];
    } all = {.m = m};
    char name[] = "benchval?";
    name[sizeof name - 2] = PREFIX[0];
    values = create_data_type(c, name, 1, &all.m);
    memcpy(name, "benchstr", 8);
    structs = create_data_type(c, name, 1, &all.m);
    return values == NULL || structs == NULL ? STATUS_ERR : STATUS_OK;
}

static int set_value(ctx *c, str **argv, int argc, type *t) {
    long long n = 0;
    if (argc != 4) return wrong_arity(c);
    if (string_to_long_long(argv[2], &n) != STATUS_OK) return reply_with_error(c, "ERR not a number");
    size_t len = 0;
    const char *p = string_ptr_len(argv[3], &len);
    key *k = open_key(c, argv[1], OPEN_READ | OPEN_WRITE);
    module_type_set_value(k, t, new_value((uint64_t)n, p, len));
    close_key(k);
    return reply_with_simple_string(c, "OK");
}

static int get_value(ctx *c, str **argv, int argc, type *t) {
    if (argc != 2) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ);
    if (k == NULL) return reply_with_null(c);
    if (module_type_get_type(k) != t) {
        close_key(k);
        return reply_with_error(c, wrong_type);
    }
    struct value *v = module_type_get_value(k);
    long long n = (long long)v->number;
    close_key(k);
    return reply_with_long_long(c, n);
}

// vset key number text: sets a value
static int cmd_vset(ctx *c, str **argv, int argc) { return set_value(c, argv, argc, values); }
static int cmd_sset(ctx *c, str **argv, int argc) { return set_value(c, argv, argc, structs); }

// vget key: the number of a value
static int cmd_vget(ctx *c, str **argv, int argc) { return get_value(c, argv, argc, values); }
static int cmd_sget(ctx *c, str **argv, int argc) { return get_value(c, argv, argc, structs); }

#endif
