// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// A rate limiter: so many events in a window of time. The key is a counter of 8 bytes that
// ends with the window.

#ifndef LIMIT_H
#define LIMIT_H

#include <string.h>

#include "api.h"

enum { COUNTER_LENGTH = 8 };

// limit key most milliseconds: 1 if one more event may happen, 0 if not
static int cmd_limit(ctx *c, str **argv, int argc) {
    if (argc != 4) return wrong_arity(c);
    long long most = 0, window = 0;
    if (string_to_long_long(argv[2], &most) != STATUS_OK || string_to_long_long(argv[3], &window) != STATUS_OK || most < 1 ||
        window < 1)
        return reply_with_error(c, "ERR a limit and milliseconds");
    key *k = open_key(c, argv[1], OPEN_READ | OPEN_WRITE);
    if (key_type(k) == KEY_EMPTY) {
        string_truncate(k, COUNTER_LENGTH);
        set_expire(k, window);
    } else if (key_type(k) != KEY_STRING) {
        close_key(k);
        return reply_with_error(c, wrong_type);
    }
    size_t len = 0;
    char *p = string_dma(k, &len, OPEN_READ | OPEN_WRITE);
    if (len != COUNTER_LENGTH) {
        close_key(k);
        return reply_with_error(c, "ERR the key is no counter");
    }
    uint64_t count;
    memcpy(&count, p, COUNTER_LENGTH);
    int allowed = count < (uint64_t)most;
    if (allowed) {
        count++;
        memcpy(p, &count, COUNTER_LENGTH);
    }
    close_key(k);
    if (allowed) replicate_verbatim(c);
    return reply_with_long_long(c, allowed);
}

#endif
