// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The command filter of the twin: it counts the commands KEYS.

#ifndef FILTER_H
#define FILTER_H

#include <string.h>

#include "api.h"

static filter *on_commands;
static long long keys_seen;

static void see_command(filtered *f) {
    size_t n;
    const char *name = string_ptr_len(command_filter_arg_get(f, 0), &n);
    if (n == 4 && memcmp(name, "KEYS", 4) == 0) keys_seen++;
}

static int cmd_filter(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    size_t n;
    int on = strcmp(string_ptr_len(argv[1], &n), "on") == 0;
    if (on && on_commands == NULL) on_commands = register_command_filter(c, see_command, 0);
    if (!on && on_commands != NULL) {
        unregister_command_filter(c, on_commands);
        on_commands = NULL;
    }
    return reply_with_long_long(c, keys_seen);
}

#endif
