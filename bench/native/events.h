// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The commands on events and timers, included by twin.c.

#ifndef EVENTS_H
#define EVENTS_H

#include "api.h"

enum { NOTIFY_MODULE = 1 << 13, EVENTS = 100, HOUR = 3600 * 1000 };

static long long heard; // bytes of keys

static int on_event(ctx *c, int type, const char *event, str *name) {
    (void)c;
    (void)type;
    (void)event;
    size_t len = 0;
    string_ptr_len(name, &len);
    heard += (long long)len;
    return STATUS_OK;
}

// notify key: EVENTS keyspace events, which a listener of the module hears
static int cmd_notify(ctx *c, str **argv, int argc) {
    if (argc != 2) return wrong_arity(c);
    heard = 0;
    for (int i = 0; i < EVENTS; i++) notify_keyspace_event(c, NOTIFY_MODULE, "bench", argv[1]);
    return reply_with_long_long(c, heard);
}

static void on_timer(ctx *c, void *data) {
    (void)c;
    (void)data;
}

// timer: makes a timer, asks for its time, stops it
static int cmd_timer(ctx *c, str **argv, int argc) {
    (void)argv;
    if (argc != 1) return wrong_arity(c);
    uint64_t id = create_timer(c, HOUR, on_timer, NULL), remaining = 0;
    if (get_timer_info(c, id, &remaining, NULL) != STATUS_OK) return reply_with_error(c, "ERR there is no timer");
    stop_timer(c, id, NULL);
    return reply_with_long_long(c, remaining > 0);
}

// listen_to_events has the module hear its own events.
static int listen_to_events(ctx *c) { return subscribe_to_keyspace_events(c, NOTIFY_MODULE, on_event); }

#endif
