// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

// Ordinary C calls through a pointer, one for each shape in shapes.c.

#include "ctest.h"

#include <stdlib.h>

word ct_call(uintptr_t fn, int n, const word *a) {
    if (n <= 6) return ((ct_fn6)fn)(a[0], a[1], a[2], a[3], a[4], a[5]);
    return ((word(*)(word, word, word, word, word, word, word, word, word, word, word))fn)(
        a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10]);
}

word ct_call_vsum(uintptr_t fn, int n, uintptr_t fmt, const word *a) {
    return ((word(*)(int, const char *, ...))fn)(n, (const char *)fmt, a[0], a[1], a[2], a[3], a[4],
                                                 a[5], a[6], a[7]);
}

word ct_call_vsum_double(uintptr_t fn, uintptr_t fmt, word a, double f, word b, double g) {
    return ((word(*)(int, const char *, ...))fn)(4, (const char *)fmt, a, f, b, g);
}

double ct_call_fmix(uintptr_t fn, const word *a, double f0, double f1) {
    return ((double (*)(word, word, word, word, double, double))fn)(a[0], a[1], a[2], a[3], f0, f1);
}

int64_t ct_call_fint(uintptr_t fn, double f0, double f1, const word *a) {
    return ((int64_t(*)(double, double, word, word, word, word))fn)(f0, f1, a[0], a[1], a[2], a[3]);
}

float ct_call_fsingle(uintptr_t fn, word a0, float f0, float f1) {
    return ((float (*)(word, float, float))fn)(a0, f0, f1);
}

int ct_call_ldarg(uintptr_t fn, word a0, double f) {
    return ((int (*)(word, long double))fn)(a0, f);
}

int ct_call_ldargint(uintptr_t fn, word a0, double f, int i) {
    return ((int (*)(word, long double, int))fn)(a0, f, i);
}

double ct_call_ldret(uintptr_t fn, word a0) { return (double)((long double (*)(word))fn)(a0); }

int ct_call_ldout(uintptr_t fn, word a0, double *out) {
    long double f = *out;
    int status = ((int (*)(word, long double *))fn)(a0, &f);
    *out = (double)f;
    return status;
}

word ct_call_pairarg(uintptr_t fn, word a0, word x, word y, word a3, word a4) {
    struct ct_pair p = {x, y};
    return ((word(*)(word, struct ct_pair, word, word))fn)(a0, p, a3, a4);
}
