// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The commands that reply with a whole table, included by twin.c.

#ifndef SLICES_H
#define SLICES_H

#include "api.h"

enum { SLICE_LENGTH = 1000, STRINGS_SENT = 100 };

static struct text {
    const char *p;
    size_t len;
} some_texts[SLICE_LENGTH];
static long long some_ints[SLICE_LENGTH];
static double some_floats[SLICE_LENGTH];

static void make_slices(void) {
    for (int i = 0; i < SLICE_LENGTH; i++) {
        some_ints[i] = i;
        some_floats[i] = i + 0.5;
        some_texts[i] = (struct text){"0123456789abcdef", 16};
    }
}

static int cmd_ints(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    reply_with_array(c, SLICE_LENGTH);
    for (int i = 0; i < SLICE_LENGTH; i++) reply_with_long_long(c, some_ints[i]);
    return STATUS_OK;
}

static int cmd_floats(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    reply_with_array(c, SLICE_LENGTH);
    for (int i = 0; i < SLICE_LENGTH; i++) reply_with_double(c, some_floats[i]);
    return STATUS_OK;
}

static int all_texts(ctx *c) {
    for (int i = 0; i < SLICE_LENGTH; i++) reply_with_string_buffer(c, some_texts[i].p, some_texts[i].len);
    return STATUS_OK;
}

static int cmd_texts(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    reply_with_array(c, SLICE_LENGTH);
    return all_texts(c);
}

static int cmd_textmap(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    reply_with_map(c, SLICE_LENGTH / 2);
    return all_texts(c);
}

// strings string...: the arguments
static int cmd_strings(ctx *c, str **argv, int argc) {
    if (argc != 1 + STRINGS_SENT) return wrong_arity(c);
    reply_with_array(c, argc - 1);
    for (int i = 1; i < argc; i++) reply_with_string(c, argv[i]);
    return STATUS_OK;
}

#endif
