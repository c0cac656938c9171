// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The C callbacks of the portable path: number i calls Go's callback i through
// a cgo export. All of them take twelve words; a caller that passes fewer leaves
// the rest undefined, and Go does not look at those.

#define _GNU_SOURCE
#include <pthread.h>

#include "cgate.h"

extern uintptr_t redismoduleCallback(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
	uintptr_t, void *);

uintptr_t rm_main_lo, rm_main_hi;
volatile int rm_nested;
static pthread_t main_thread;

int rm_stack_bounds(uintptr_t *lo, uintptr_t *hi) {
	pthread_attr_t a;
	void *addr;
	size_t size;
	if (pthread_getattr_np(pthread_self(), &a) != 0) return 1;
	int r = pthread_attr_getstack(&a, &addr, &size);
	pthread_attr_destroy(&a);
	if (r != 0) return 1;
	*lo = (uintptr_t)addr;
	*hi = *lo + size;
	main_thread = pthread_self();
	rm_main_lo = *lo;
	rm_main_hi = *hi;
	return 0;
}

int rm_on_main_thread(void) { return rm_main_hi != 0 && pthread_equal(pthread_self(), main_thread); }

// A module can be loaded on another thread, one that holds the server's lock. Then
// the first event of the loop tells which thread is the server's.
void rm_forget_main_thread(void) { rm_main_lo = rm_main_hi = 0; }

void rm_know_main_thread(void) {
	uintptr_t lo, hi;
	if (rm_main_hi == 0) rm_stack_bounds(&lo, &hi);
}

static int on_odd_stack(void) {
	uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
	return sp < rm_main_lo || sp > rm_main_hi;
}

static uintptr_t call(uintptr_t i, uintptr_t a0, uintptr_t a1, uintptr_t a2, uintptr_t a3, uintptr_t a4, uintptr_t a5,
	uintptr_t *more) {
	int here = rm_on_main_thread();
	if (here && on_odd_stack()) return rm_odd_stack(a0, i);
	if (rm_in_child) rm_refuse_child(i);
	if (!here) return redismoduleCallback(i, a0, a1, a2, a3, a4, a5, more);
	rm_nested++;
	uintptr_t r = redismoduleCallback(i, a0, a1, a2, a3, a4, a5, more);
	rm_nested--;
	return r;
}

#define CALLBACK(n) \
	static uintptr_t callback_##n(uintptr_t a0, uintptr_t a1, uintptr_t a2, uintptr_t a3, uintptr_t a4, \
		uintptr_t a5, uintptr_t a6, uintptr_t a7, uintptr_t a8, uintptr_t a9, uintptr_t a10, uintptr_t a11) { \
		uintptr_t more[6] = {a6, a7, a8, a9, a10, a11}; \
		return call(0x##n + 1, a0, a1, a2, a3, a4, a5, more); \
	}
#define ENTRY(n) callback_##n,
#define ROW(X, p) X(p##0) X(p##1) X(p##2) X(p##3) X(p##4) X(p##5) X(p##6) X(p##7) \
	X(p##8) X(p##9) X(p##A) X(p##B) X(p##C) X(p##D) X(p##E) X(p##F)
#define PAGE(X, p) ROW(X, p##0) ROW(X, p##1) ROW(X, p##2) ROW(X, p##3) ROW(X, p##4) ROW(X, p##5) ROW(X, p##6) \
	ROW(X, p##7) ROW(X, p##8) ROW(X, p##9) ROW(X, p##A) ROW(X, p##B) ROW(X, p##C) ROW(X, p##D) ROW(X, p##E) ROW(X, p##F)
#define ALL(X) PAGE(X, 0) PAGE(X, 1) PAGE(X, 2) PAGE(X, 3) PAGE(X, 4)

ALL(CALLBACK)

static const rm_trampoline table[] = {ALL(ENTRY)};

_Static_assert(sizeof table / sizeof *table == RM_TRAMPOLINES, "the table and its announced size differ");

const rm_trampoline *rm_trampolines(void) { return table; }
