// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Calls with arguments of each kind, included by twin.c. All pass the reply on.

#ifndef KINDS_H
#define KINDS_H

#include "api.h"
#include "data.h"

// callstr text: ECHO of a string of the server's
static int cmd_callstr(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    return pass_on(c, call(c, "ECHO", "s", argv[1]));
}

// calltext: ECHO of a C string
static int cmd_calltext(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    return pass_on(c, call(c, "ECHO", "c", "0123456789abcdef"));
}

// callbytes: ECHO of a buffer
static int cmd_callbytes(ctx *c, str **argv, int argc) {
    static const char buffer[16] = "0123456789abcdef";
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    return pass_on(c, call(c, "ECHO", "b", buffer, sizeof buffer));
}

// callint: ECHO of a number
static int cmd_callint(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    return pass_on(c, call(c, "ECHO", "l", 1234567LL));
}

// callvector key ...: EXISTS of 10
static int cmd_callvector(ctx *c, str **argv, int argc) {
    if (argc != 1 + FIELDS) return wrong_arity(c);
    return pass_on(c, call(c, "EXISTS", "v", argv + 1, (size_t)argc - 1));
}

// callmixed key: GETRANGE of it, with numbers
static int cmd_callmixed(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    return pass_on(c, call(c, "GETRANGE", "sll", argv[1], 0LL, -1LL));
}

#endif
