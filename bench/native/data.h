// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The commands that work on data, included by twin.c. They reply little, so that
// what is measured is the work and not the reply.

#ifndef DATA_H
#define DATA_H

#include <math.h>
#include <stdio.h>

#include "api.h"

enum { FIELDS = 10, STREAM_LENGTH = 1000, ZSET_SCORES = 1024, DICT_LENGTH = 1000 };

static int reply_ok(ctx *c) { return reply_with_simple_string(c, "OK"); }

// fits tells whether the key is of the type, or missing.
static int fits(key *k, int type) {
    int t = key_type(k);
    return t == 0 || t == type;
}

// ok
static int cmd_ok(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    return reply_ok(c);
}

// set key value
static int cmd_set(ctx *c, str **argv, int argc) {
    if (argc != 3) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ | OPEN_WRITE);
    int status = string_set(k, argv[2]);
    close_key(k);
    return status == STATUS_OK ? reply_ok(c) : reply_with_error(c, "ERR refused");
}

// incr key
static int cmd_incr(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    reply *r = call(c, "INCR", "s", argv[1]);
    if (r == NULL) return reply_with_error(c, call_failed);
    int status = call_reply_type(r) == REPLY_INTEGER ? reply_ok(c) : reply_with_call_reply(c, r);
    free_call_reply(r);
    return status;
}

// hget key field
static int cmd_hget(ctx *c, str **argv, int argc) {
    if (argc != 3) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ);
    if (k == NULL) return reply_with_null(c);
    str *value = NULL;
    int status = hash_get(k, HASH_NONE, argv[2], &value, NULL);
    close_key(k);
    if (status != STATUS_OK) return reply_with_error(c, wrong_type);
    if (value == NULL) return reply_with_null(c);
    status = reply_with_string(c, value);
    free_string(c, value);
    return status;
}

// hget10 key field...: ten fields at once
static int cmd_hget10(ctx *c, str **argv, int argc) {
    if (argc != 2 + FIELDS) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ);
    str **f = argv + 2, *v[FIELDS] = {NULL};
    int status = STATUS_OK;
    if (k != NULL)
        status = hash_get(k, HASH_NONE, f[0], &v[0], f[1], &v[1], f[2], &v[2], f[3], &v[3], f[4], &v[4],
                          f[5], &v[5], f[6], &v[6], f[7], &v[7], f[8], &v[8], f[9], &v[9], NULL);
    if (k != NULL) close_key(k);
    if (status != STATUS_OK) return reply_with_error(c, wrong_type);
    reply_with_array(c, FIELDS);
    for (int i = 0; i < FIELDS; i++) {
        if (v[i] == NULL) {
            reply_with_null(c);
            continue;
        }
        reply_with_string(c, v[i]);
        free_string(c, v[i]);
    }
    return STATUS_OK;
}

// hset key field value
static int cmd_hset(ctx *c, str **argv, int argc) {
    if (argc != 4) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ | OPEN_WRITE);
    int ok = fits(k, KEY_HASH);
    if (ok) hash_set(k, HASH_NONE, argv[2], argv[3], NULL);
    close_key(k);
    return ok ? reply_ok(c) : reply_with_error(c, wrong_type);
}

// hset10 key field value...: ten fields at once
static int cmd_hset10(ctx *c, str **argv, int argc) {
    if (argc != 2 + 2 * FIELDS) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ | OPEN_WRITE);
    int ok = fits(k, KEY_HASH);
    str **p = argv + 2;
    if (ok)
        hash_set(k, HASH_NONE, p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11], p[12],
                 p[13], p[14], p[15], p[16], p[17], p[18], p[19], NULL);
    close_key(k);
    return ok ? reply_ok(c) : reply_with_error(c, wrong_type);
}

// pushpop key element: to the tail, from the head
static int cmd_pushpop(ctx *c, str **argv, int argc) {
    if (argc != 3) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ | OPEN_WRITE);
    if (list_push(k, LIST_TAIL, argv[2]) != STATUS_OK) {
        close_key(k);
        return reply_with_error(c, wrong_type);
    }
    str *element = list_pop(k, LIST_HEAD);
    close_key(k);
    if (element == NULL) return reply_with_null(c);
    int status = reply_with_string(c, element);
    free_string(c, element);
    return status;
}

// lwalk key: the elements' lengths, added up
static int cmd_lwalk(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ);
    if (k == NULL) return reply_with_long_long(c, 0);
    if (key_type(k) != KEY_LIST) {
        close_key(k);
        return reply_with_error(c, wrong_type);
    }
    long n = (long)value_length(k);
    long long sum = 0;
    for (long i = 0; i < n; i++) {
        size_t len = 0;
        str *element = list_get(k, i);
        string_ptr_len(element, &len);
        sum += (long long)len;
        free_string(c, element);
    }
    close_key(k);
    return reply_with_long_long(c, sum);
}

// zadd key member: with another score each time
static int cmd_zadd(ctx *c, str **argv, int argc) {
    static int turn;
    if (argc != 3) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ | OPEN_WRITE);
    turn = (turn + 1) % ZSET_SCORES;
    int status = zset_add(k, turn, argv[2], NULL);
    close_key(k);
    return status == STATUS_OK ? reply_ok(c) : reply_with_error(c, wrong_type);
}

// zrange key: the members' lengths and the scores, added up
static int cmd_zrange(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ);
    if (k == NULL) return reply_with_long_long(c, 0);
    if (zset_first_in_score_range(k, -INFINITY, INFINITY, 0, 0) != STATUS_OK) {
        close_key(k);
        return reply_with_error(c, wrong_type);
    }
    long long sum = 0;
    while (!zset_range_end_reached(k)) {
        double score = 0;
        str *element = zset_range_current_element(k, &score);
        size_t len = 0;
        string_ptr_len(element, &len);
        sum += (long long)len + (long long)score;
        free_string(c, element);
        zset_range_next(k);
    }
    zset_range_stop(k);
    close_key(k);
    return reply_with_long_long(c, sum);
}

// scan db: all names' lengths, added up
static void count_key(ctx *c, str *name, key *k, void *data) {
    (void)c;
    (void)k;
    size_t len = 0;
    string_ptr_len(name, &len);
    *(long long *)data += (long long)len;
}

static int cmd_scan(ctx *c, str **argv, int argc) {
    long long db = 0, sum = 0;
    if (argc != 2) return wrong_arity(c);
    int back = get_selected_db(c);
    if (string_to_long_long(argv[1], &db) != STATUS_OK || select_db(c, (int)db) != STATUS_OK)
        return reply_with_error(c, "ERR no such database");
    cursor *s = scan_cursor_create();
    while (scan(c, s, count_key, &sum)) {
    }
    scan_cursor_destroy(s);
    select_db(c, back);
    return reply_with_long_long(c, sum);
}

// xadd key field value: and keep about STREAM_LENGTH entries
static int cmd_xadd(ctx *c, str **argv, int argc) {
    if (argc != 4) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ | OPEN_WRITE);
    stream_id id;
    if (stream_add(k, STREAM_ADD_AUTOID, &id, argv + 2, 1) != STATUS_OK) {
        close_key(k);
        return reply_with_error(c, wrong_type);
    }
    stream_trim_by_length(k, STREAM_TRIM_APPROX, STREAM_LENGTH);
    close_key(k);
    return reply_ok(c);
}

// xread key: the lengths of all fields and values, added up
static int cmd_xread(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    key *k = open_key(c, argv[1], OPEN_READ);
    if (k == NULL) return reply_with_long_long(c, 0);
    if (stream_iterator_start(k, 0, NULL, NULL) != STATUS_OK) {
        close_key(k);
        return reply_with_error(c, wrong_type);
    }
    long long sum = 0;
    stream_id id;
    long fields = 0;
    while (stream_iterator_next_id(k, &id, &fields) == STATUS_OK) {
        str *field = NULL, *value = NULL;
        for (long i = 0; i < fields && stream_iterator_next_field(k, &field, &value) == STATUS_OK; i++) {
            size_t nfield = 0, nvalue = 0;
            string_ptr_len(field, &nfield);
            string_ptr_len(value, &nvalue);
            sum += (long long)(nfield + nvalue);
            free_string(c, field);
            free_string(c, value);
        }
    }
    stream_iterator_stop(k);
    close_key(k);
    return reply_with_long_long(c, sum);
}

// dictget name: from a dictionary of DICT_LENGTH numbers
static dict *numbers;

static void make_dict(void) {
    numbers = create_dict(NULL);
    for (size_t i = 0; i < DICT_LENGTH; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "name:%zu", i);
        dict_set_c(numbers, name, (size_t)len, (void *)(i + 1));
    }
}

static int cmd_dictget(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    int nokey = 0;
    void *value = dict_get(numbers, argv[1], &nokey);
    if (nokey) return reply_with_null(c);
    return reply_with_long_long(c, (long long)(size_t)value);
}

// pass_on replies with the reply of a call and frees it.
static int pass_on(ctx *c, reply *r) {
    if (r == NULL) return reply_with_error(c, call_failed);
    int status = reply_with_call_reply(c, r);
    free_call_reply(r);
    return status;
}

// call0: PING
static int cmd_call0(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    return pass_on(c, call(c, "PING", ""));
}

// call3 key start end: GETRANGE
static int cmd_call3(ctx *c, str **argv, int argc) {
    if (argc != 4) return wrong_arity(c);
    return pass_on(c, call(c, "GETRANGE", "sss", argv[1], argv[2], argv[3]));
}

// walk key start end: LRANGE, and the elements' lengths, added up
static int cmd_walk(ctx *c, str **argv, int argc) {
    if (argc != 4) return wrong_arity(c);
    reply *r = call(c, "LRANGE", "sss", argv[1], argv[2], argv[3]);
    if (r == NULL) return reply_with_error(c, call_failed);
    if (call_reply_type(r) != REPLY_ARRAY) return pass_on(c, r);
    long long sum = 0;
    size_t n = call_reply_length(r);
    for (size_t i = 0; i < n; i++) {
        size_t len = 0;
        call_reply_string_ptr(call_reply_array_element(r, i), &len);
        sum += (long long)len;
    }
    free_call_reply(r);
    return reply_with_long_long(c, sum);
}

// reply n: an array of n elements, integers and texts by turns
static int cmd_reply(ctx *c, str **argv, int argc) {
    long long n = 0;
    if (argc != 2) return wrong_arity(c);
    if (string_to_long_long(argv[1], &n) != STATUS_OK || n < 0) return reply_with_error(c, "ERR not a length");
    reply_with_array(c, n);
    for (long long i = 0; i < n; i++) {
        if (i % 2 == 0)
            reply_with_long_long(c, i);
        else
            reply_with_string_buffer(c, "0123456789abcdef", 16);
    }
    return STATUS_OK;
}

#endif
