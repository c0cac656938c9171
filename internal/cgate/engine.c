// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Two callbacks of scripting engines that must be C.

#include <stddef.h>
#include <stdint.h>

#include "cgate.h"

// A compiled function as the server knows it, and behind it the link of the list of those
// that it has freed. rm/script_engine.go has the same.
struct compiled {
	uint64_t version;
	void *name;
	uintptr_t function;
	void *desc;
	uint64_t flags;
	struct compiled *next;
};

struct memory_info {
	uint64_t version;
	size_t used, overhead;
};

static struct compiled *freed;
static void (*ask)(struct memory_info *to, void *engine, uintptr_t type);

// rm_engine_free is the server's callback for a function that is not needed any more. It may
// run on a thread of the server's that has no lock, and while the server's own thread waits
// for that one: Go is not entered, and takes them later.
void rm_engine_free(void *ctx, void *engine, int type, void *function) {
	(void)ctx, (void)engine, (void)type;
	struct compiled *f = function;
	f->next = __atomic_load_n(&freed, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&freed, &f->next, f, 1, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
	}
}

// rm_engine_memory is the server's callback that returns three words by value, for which
// each architecture has its own rule.
static struct memory_info engine_memory(void *ctx, void *engine, int type) {
	(void)ctx;
	struct memory_info m = {1, 0, 0};
	if (ask != NULL) ask(&m, engine, (uintptr_t)type);
	return m;
}

uintptr_t rm_engine_memory(void) { return (uintptr_t)engine_memory; }
void *rm_engine_freed(void) { return &freed; }
void rm_engine_ask(uintptr_t fn) { ask = (void (*)(struct memory_info *, void *, uintptr_t))fn; }
