// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

// Shapes and callers that the tests with a server need beside those of shapes.c
// and calls.c.

#include "fakeserver.h"

#include <string.h>
#include <time.h>

// As ct_record, for the widest call that a gate can make. It records all words,
// and returns a weighted sum of none: the test compares the words.
word ct_wide_recorded[CT_WIDE];

word ct_wide(word a, word b, word c, word d, word e, word f, word g, word h, word i, word j,
             word k, word l, word m, word n, word o, word p, word q, word r, word s, word t,
             word u, word v, word w, word x) {
    const word all[CT_WIDE] = {a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x};
    memcpy(ct_wide_recorded, all, sizeof all);
    return ct_record_result;
}

// A caller with twelve arguments, for the stack arguments of callbacks.
word ct_call12(uintptr_t fn, const word *a) {
    return ((word (*)(word, word, word, word, word, word, word, word, word, word, word, word))fn)(
        a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11]);
}

// Stands in for an API function that calls back: its first argument is what it
// calls, with all words behind the third.
word ct_invoke(uintptr_t fn, const char *unused1, const char *unused2, word a0, word a1, word a2,
               word a3, word a4, word a5) {
    (void)unused1, (void)unused2;
    return ((ct_fn6)fn)(a0, a1, a2, a3, a4, a5);
}

word ct_loop(uintptr_t fn, word n, word a0, word a1, word a2, word a3) {
    word sum = 0;
    for (word i = 0; i < n; i++) sum += ((ct_fn6)fn)(a0, a1, a2, a3, 0, 0);
    return sum;
}

// The argument is the number of the call.
word ct_loop_counting(uintptr_t fn, word n) {
    word sum = 0;
    for (word i = 0; i < n; i++) sum += ((ct_fn6)fn)(i, 0, 0, 0, 0, 0);
    return sum;
}

// As a server with little to do: it sleeps between the calls.
word ct_loop_mixed(uintptr_t fn, word n) {
    word sum = 0;
    for (word i = 0; i < n; i++) {
        ct_server_fire(15, 0);
        ct_server_fire(15, 1);
        sum += ((ct_fn6)fn)(i, 0, 0, 0, 0, 0);
    }
    return sum;
}

word ct_store(word a0, uintptr_t to, word value) {
    if (to != 0) *(word *)to = value;
    return a0;
}

double ct_store_float(word a0, uintptr_t to, word value, word unused, double f0, double f1) {
    (void)unused;
    if (to != 0) *(word *)to = value;
    return (double)(int64_t)a0 + f0 - f1;
}

// Calls back, and only then writes through the pointers it was given: the
// memory must be where it was.
word ct_call_and_store(word a0, uintptr_t fn, uintptr_t to, uintptr_t to2) {
    word r = ((ct_fn6)fn)(a0, 0, 0, 0, 0, 0);
    if (to != 0) *(int32_t *)to = (int32_t)r;
    if (to2 != 0) *(word *)to2 = r + 1;
    return r;
}

word ct_counted;

__attribute__((noinline)) word ct_count_calls(word a0) { return ct_counted += a0; }

// Keeps the thread busy in C, as a slow command of the server does.
word ct_busy(word microseconds) {
    struct timespec from, now;
    clock_gettime(CLOCK_MONOTONIC, &from);
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((word)((now.tv_sec - from.tv_sec) * 1000000 + (now.tv_nsec - from.tv_nsec) / 1000) < microseconds);
    return microseconds;
}

char *ct_busy_out(word microseconds, word *out) {
    ct_busy(microseconds);
    *out = microseconds + 1;
    return NULL;
}

// What a function with an int result may leave in the upper half of the register.
word ct_half_garbage(word low) { return 0xdeadbeef00000000u | (uint32_t)low; }
