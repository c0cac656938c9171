// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The portable path from Go to C. Every thunk runs on a C stack under
// runtime.cgocall; its frame (struct rm_call) may lie in the goroutine's stack,
// which a callback can move meanwhile: the result is stored where the frame is
// then.

#include <errno.h>

#include "cgate.h"

// Part of cgo's own protocol: the top of the current goroutine's stack.
extern char *_cgo_topofstack(void);

typedef uintptr_t (*fn6)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t);
typedef uintptr_t (*fn24)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
	uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
	uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
	uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t);
typedef uintptr_t (*fnv2)(uintptr_t, uintptr_t, ...);
typedef uintptr_t (*fnv3)(uintptr_t, uintptr_t, uintptr_t, ...);

#define REST(w) w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11], w[12], w[13], \
	w[14], w[15], w[16], w[17], w[18], w[19], w[20], w[21], w[22], w[23]

// A caller may pass more arguments than the callee reads in the C ABIs we run
// on, so one call with all words, the rest zero, serves every count.
static uintptr_t call_many(const struct rm_call *c) {
	uintptr_t w[RM_MAX_WORDS] = {0};
	for (uintptr_t i = 0; i < c->n && i < RM_MAX_WORDS; i++) w[i] = c->words[i];
	switch (c->fixed) {
	case 2: return ((fnv2)c->fn)(w[0], w[1], w[2], REST(w));
	case 3: return ((fnv3)c->fn)(w[0], w[1], w[2], REST(w));
	default: return ((fn24)c->fn)(w[0], w[1], w[2], REST(w));
	}
}

// The integer and the floating-point result register are both wanted: the
// function is called as one that returns a struct in a register of each class.
struct both {
	uintptr_t r;
	double f;
};

static struct both words(const struct rm_call *c) {
	const uintptr_t *w = c->words;
	struct both b = {0, 0};
	b.r = c->n <= 6 ? ((fn6)c->fn)(w[0], w[1], w[2], w[3], w[4], w[5]) : call_many(c);
	return b;
}

#if defined(__x86_64__)
typedef struct both (*fnf)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, double, double);
static struct both floats(const struct rm_call *c) {
	return ((fnf)c->fn)(c->words[0], c->words[1], c->words[2], c->words[3], c->f0, c->f1);
}
#elif defined(__aarch64__)
static struct both floats(const struct rm_call *c) {
	register uintptr_t x0 __asm__("x0") = c->words[0];
	register uintptr_t x1 __asm__("x1") = c->words[1];
	register uintptr_t x2 __asm__("x2") = c->words[2];
	register uintptr_t x3 __asm__("x3") = c->words[3];
	register double d0 __asm__("d0") = c->f0;
	register double d1 __asm__("d1") = c->f1;
	register uintptr_t fn __asm__("x16") = c->fn;
	__asm__ volatile("blr x16"
		: "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+w"(d0), "+w"(d1), "+r"(fn)
		:
		: "memory", "cc", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
		  "x15", "x17", "x18", "x30", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18",
		  "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
	struct both b = {x0, d0};
	return b;
}
#else
// Elsewhere the two results share no register that C can name: functions with a
// floating-point result are told by op.
static struct both floats(const struct rm_call *c) {
	struct both b = {0, 0};
	if (c->op)
		b.f = ((double (*)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, double, double))c->fn)(
			c->words[0], c->words[1], c->words[2], c->words[3], c->f0, c->f1);
	else
		b.r = ((uintptr_t (*)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, double, double))c->fn)(
			c->words[0], c->words[1], c->words[2], c->words[3], c->f0, c->f1);
	return b;
}
#endif

static struct both long_doubles(const struct rm_call *c) {
	struct both b = {0, 0};
	long double ld = c->f0;
	switch (c->op) {
	case 0: b.r = ((uintptr_t (*)(uintptr_t, long double))c->fn)(c->words[0], ld); break;
	case 1: b.r = ((uintptr_t (*)(uintptr_t, long double, int))c->fn)(c->words[0], ld, (int)c->words[1]); break;
	case 2: ld = ((long double (*)(uintptr_t))c->fn)(c->words[0]); break;
	case 3: b.r = ((uintptr_t (*)(uintptr_t, long double *))c->fn)(c->words[0], &ld); break;
	}
	b.f = (double)ld;
	return b;
}

static void store(struct rm_call *c, struct both b) {
	c->ret = b.r;
	c->fret = b.f;
}

#define THUNK(name, body) \
	void name(void *v) { \
		struct rm_call *c = v; \
		char *top = _cgo_topofstack(); \
		struct both b = body(c); \
		store((struct rm_call *)((char *)c + (_cgo_topofstack() - top)), b); \
	}
THUNK(rm_call_words, words)
THUNK(rm_call_float, floats)
THUNK(rm_call_long_double, long_doubles)

// The same by way of an ordinary cgo call; the frame is on the heap and stays
// where it is.
void rm_call_out(uintptr_t thunk, uintptr_t call) {
	struct rm_call *c = (struct rm_call *)call;
	if (thunk == (uintptr_t)rm_call_words) store(c, words(c));
	else if (thunk == (uintptr_t)rm_call_float) store(c, floats(c));
	else store(c, long_doubles(c));
}

__attribute__((noinline)) void rm_stack_pointer(void *cell) {
	*(uintptr_t *)cell = (uintptr_t)__builtin_frame_address(0);
}

int rm_errno(void) { return errno; }
