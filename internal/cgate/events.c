// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The events that the binding listens to. A server keeps one listener for each
// module and event, so ours stands there, and the module's own comes behind it.

#include <stddef.h>
#include <stdint.h>

#include "cgate.h"

// A server event, passed by value.
struct event {
	uint64_t id, version;
};

typedef void (*listener)(void *ctx, struct event e, uint64_t sub, void *data);

enum { BEFORE_SLEEP = 0 };

static listener own[RM_HUBS]; // the module's, NULL when it has none
static volatile uintptr_t *window, *hurried; // state.window and state.hurried
static volatile uint32_t *pending; // whether the queue holds work
static volatile uint32_t *woken;   // whether rm_loop_woken will be called
static void (*release)(void);      // NULL where there is no resident goroutine
static void (*drain)(void *ctx);   // NULL where there is no queue

void rm_hub_set(int hub, uintptr_t fn) { own[hub] = (listener)fn; }

void rm_hub_settle(void *window_at, void *hurried_at, void *pending_at, void *woken_at, uintptr_t release_fn, uintptr_t drain_fn) {
	window = window_at;
	hurried = hurried_at;
	pending = pending_at;
	woken = woken_at;
	release = (void (*)(void))release_fn;
	drain = (void (*)(void *))drain_fn;
}

// rm_release gives the P away if that can be, where there is one to give.
void rm_release(void) {
	if (release != NULL) release();
}

static void pass(int hub, void *ctx, struct event e, uint64_t sub, void *data) {
	if (own[hub] != NULL) own[hub](ctx, e, sub, data);
}

// Between the two events the server sleeps and waits for its lock. From the first one
// on, whatever enters Go gives the P away again when it leaves.
static void on_loop(void *ctx, struct event e, uint64_t sub, void *data) {
	rm_know_main_thread();
	if (sub != BEFORE_SLEEP) {
		*window = 0;
		pass(RM_HUB_LOOP, ctx, e, sub, data);
		return;
	}
	pass(RM_HUB_LOOP, ctx, e, sub, data);
	*hurried = 0;
	// Whoever puts work into the queue first does so and then looks at the window, to
	// know whether the server must be woken; here it is the other way round.
	__atomic_store_n(window, 1, __ATOMIC_SEQ_CST);
	if (drain != NULL && __atomic_load_n(pending, __ATOMIC_SEQ_CST)) drain(ctx);
	rm_release();
}

// A load can keep the thread for long.
static void on_loading(void *ctx, struct event e, uint64_t sub, void *data) {
	pass(RM_HUB_LOADING, ctx, e, sub, data);
	rm_release();
}

static void on_config(void *ctx, struct event e, uint64_t sub, void *data) {
	rm_signals_check();
	pass(RM_HUB_CONFIG, ctx, e, sub, data);
}

// Another module may have brought handlers of its own.
static void on_module(void *ctx, struct event e, uint64_t sub, void *data) {
	rm_signals_check();
	pass(RM_HUB_MODULE, ctx, e, sub, data);
}

uintptr_t rm_hub(int hub) {
	static const listener all[RM_HUBS] = {on_loop, on_loading, on_config, on_module};
	return (uintptr_t)all[hub];
}

// rm_loop_woken is what the server's event loop is woken with. Whoever finds that it is
// still to be called need not wake the loop: the look into the queue comes after it.
void rm_loop_woken(void) {
	if (woken != NULL) __atomic_store_n(woken, 0, __ATOMIC_SEQ_CST);
}
