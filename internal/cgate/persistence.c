// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The one event that the server also fires in its forked children: persistence. A
// listener in Go cannot run in a child that was not prepared, and a save need not
// fail for that: it is left out there.

#include <stddef.h>
#include <stdint.h>

#include "cgate.h"

#define PERSISTENCE 1 // REDISMODULE_EVENT_PERSISTENCE

// The twin of RedisModuleEvent.
struct event {
	uint64_t id, dataver;
};

typedef void (*listener)(void *ctx, struct event e, uint64_t sub, void *data);

static int (*server_subscribe)(void *ctx, struct event e, listener f);
static listener passed_on; // the server has one listener for each module and event

static void on_persistence(void *ctx, struct event e, uint64_t sub, void *data) {
	if (rm_in_child != 2 && passed_on != NULL) passed_on(ctx, e, sub, data);
}

static int subscribe(void *ctx, struct event e, listener f) {
	if (e.id != PERSISTENCE) return server_subscribe(ctx, e, f);
	int status = server_subscribe(ctx, e, f != NULL ? on_persistence : NULL);
	if (status == 0) passed_on = f;
	return status;
}

// rm_server_subscribe returns what to call in place of the server's function.
uintptr_t rm_server_subscribe(uintptr_t function) {
	server_subscribe = (int (*)(void *, struct event, listener))function;
	return (uintptr_t)subscribe;
}
