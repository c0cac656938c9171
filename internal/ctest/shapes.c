// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

// C functions of every shape that occurs in the server's API.

#include "ctest.h"

#include <errno.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static volatile int noops;

void ct_noop(void) { noops++; }

word ct_sum0(void) { return 0; }

word ct_sum1(word a) { return 1 + a * CT_WEIGHT(0); }

word ct_sum2(word a, word b) { return 1 + ct_sum1(a) + b * CT_WEIGHT(1); }

word ct_sum3(word a, word b, word c) { return 1 + ct_sum2(a, b) + c * CT_WEIGHT(2); }

word ct_sum4(word a, word b, word c, word d) { return 1 + ct_sum3(a, b, c) + d * CT_WEIGHT(3); }

word ct_sum5(word a, word b, word c, word d, word e) {
    return 1 + ct_sum4(a, b, c, d) + e * CT_WEIGHT(4);
}

word ct_sum6(word a, word b, word c, word d, word e, word f) {
    return 1 + ct_sum5(a, b, c, d, e) + f * CT_WEIGHT(5);
}

word ct_sum11(word a, word b, word c, word d, word e, word f, word g, word h, word i, word j,
              word k) {
    return 5 + ct_sum6(a, b, c, d, e, f) + g * CT_WEIGHT(6) + h * CT_WEIGHT(7) + i * CT_WEIGHT(8) +
           j * CT_WEIGHT(9) + k * CT_WEIGHT(10);
}

// The narrow types must be read from the low half of their word: a gate is free
// to leave anything in the other half.
word ct_sumwords(word a, int32_t b, word c, int64_t d, const void *e, uint32_t f, int32_t g, word h,
                 uint32_t i, int32_t j, int64_t k) {
    return ct_sum11(a, (word)(int64_t)b, c, (word)d, (word)(uintptr_t)e, f, (word)(int64_t)g, h, i,
                    (word)(int64_t)j, (word)k);
}

// One letter per argument: i int, l long long, d double (counted in eighths),
// s C string (its length), v array of words and its length (their sum; two
// arguments, one value). A wrong n, or an unknown letter, gives a result that no
// correct call has.
static word vsum(int n, const char *fmt, ...) {
    va_list ap;
    word sum = (word)(int64_t)n, i = 0;
    va_start(ap, fmt);
    for (; *fmt; fmt++, i++) {
        word v = 0;
        switch (*fmt) {
        case 'i': v = (word)(int64_t)va_arg(ap, int); break;
        case 'l': v = (word)va_arg(ap, long long); break;
        case 'd': v = (word)(int64_t)(va_arg(ap, double) * 8); break;
        case 's': v = strlen(va_arg(ap, const char *)); break;
        case 'v': {
            const word *p = va_arg(ap, const word *);
            for (size_t left = va_arg(ap, size_t); left > 0; left--) v += *p++;
            break;
        }
        default: va_end(ap); return ~(word)0;
        }
        sum += v * CT_WEIGHT(i);
    }
    va_end(ap);
    return sum;
}

double ct_fmix(word a0, word a1, word a2, word a3, double f0, double f1) {
    return (double)(int64_t)ct_sum4(a0, a1, a2, a3) + f0 * 0.5 + f1 * 0.25;
}

int64_t ct_fint(double f0, double f1, word a0, word a1, word a2, word a3) {
    return (int64_t)ct_sum4(a0, a1, a2, a3) + (int64_t)(f0 * 1000) + (int64_t)(f1 * 1000000);
}

float ct_fsingle(word a0, float f0, float f1) { return (float)a0 + f0 * 0.5f + f1 * 0.25f; }

static int ldarg(word a0, long double f) { return (int)a0 + (int)(f * 16); }

static int ldargint(word a0, long double f, int i) { return (int)a0 + (int)(f * 16) + 3 * i; }

static long double ldret(word a0) { return (long double)(int64_t)a0 / 16; }

static int ldout(word a0, long double *out) {
    if (a0 == 0) return 1;
    *out = (long double)(int64_t)a0 / 8;
    return 0;
}

uintptr_t ct_addr_vsum(void) { return (uintptr_t)vsum; }

uintptr_t ct_addr_ldarg(void) { return (uintptr_t)ldarg; }

uintptr_t ct_addr_ldargint(void) { return (uintptr_t)ldargint; }

uintptr_t ct_addr_ldret(void) { return (uintptr_t)ldret; }

uintptr_t ct_addr_ldout(void) { return (uintptr_t)ldout; }

word ct_pairarg(word a0, struct ct_pair p, word a3, word a4) {
    return ct_sum5(a0, p.x, p.y, a3, a4);
}

word ct_recorded[11];
double ct_recorded_f[4];
int ct_records;
word ct_record_result;
double ct_recordf_result;

// Integer and floating arguments travel independently of each other, so this
// sees the arguments of every shape; what the caller did not pass is garbage.
word ct_record(word a, word b, word c, word d, word e, word f, word g, word h, word i, word j,
               word k, double f0, double f1, double f2, double f3) {
    const word w[11] = {a, b, c, d, e, f, g, h, i, j, k};
    const double x[4] = {f0, f1, f2, f3};
    memcpy(ct_recorded, w, sizeof w);
    memcpy(ct_recorded_f, x, sizeof x);
    ct_records++;
    return ct_record_result;
}

double ct_recordf(word a, word b, word c, word d, word e, word f, word g, word h, word i, word j,
                  word k, double f0, double f1, double f2, double f3) {
    ct_record(a, b, c, d, e, f, g, h, i, j, k, f0, f1, f2, f3);
    return ct_recordf_result;
}

uintptr_t ct_cstring(uintptr_t old, const char *s, uintptr_t len) {
    free((void *)old);
    if (s == NULL) return 0;
    char *p = malloc(len + 1);
    if (p == NULL) abort();
    memcpy(p, s, len);
    p[len] = 0;
    return (uintptr_t)p;
}

int ct_fail(int e) {
    errno = e;
    return 1;
}
