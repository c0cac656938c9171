// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

#ifndef RM_CTEST_H
#define RM_CTEST_H

#include <stdint.h>

typedef uint64_t word;
typedef word (*ct_fn6)(word, word, word, word, word, word);

// Weight of argument i (from 0); odd and different for every position.
#define CT_WEIGHT(i) (2 * (word)(i) + 3)

// shapes.c
int ct_fail(int e);
void ct_noop(void);
word ct_sum0(void);
word ct_sum1(word);
word ct_sum2(word, word);
word ct_sum3(word, word, word);
word ct_sum4(word, word, word, word);
word ct_sum5(word, word, word, word, word);
word ct_sum6(word, word, word, word, word, word);
word ct_sum11(word, word, word, word, word, word, word, word, word, word, word);
word ct_sumwords(word, int32_t, word, int64_t, const void *, uint32_t, int32_t, word, uint32_t,
                 int32_t, int64_t);
double ct_fmix(word a0, word a1, word a2, word a3, double f0, double f1);
int64_t ct_fint(double f0, double f1, word a0, word a1, word a2, word a3);
float ct_fsingle(word a0, float f0, float f1);
// cgo knows neither long double nor variadic functions: these give the addresses.
uintptr_t ct_addr_vsum(void);
uintptr_t ct_addr_ldarg(void);
uintptr_t ct_addr_ldargint(void);
uintptr_t ct_addr_ldret(void);
uintptr_t ct_addr_ldout(void);
struct ct_pair {
    uint64_t x, y;
};
word ct_pairarg(word a0, struct ct_pair p, word a3, word a4);
word ct_record(word, word, word, word, word, word, word, word, word, word, word, double, double,
               double, double);
double ct_recordf(word, word, word, word, word, word, word, word, word, word, word, double, double,
                  double, double);
extern word ct_recorded[11];
extern double ct_recorded_f[4];
extern int ct_records;
extern word ct_record_result;
extern double ct_recordf_result;
uintptr_t ct_cstring(uintptr_t old, const char *s, uintptr_t len);

// calls.c: the same shapes called through a pointer.
word ct_call(uintptr_t fn, int n, const word *a);
word ct_call_vsum(uintptr_t fn, int n, uintptr_t fmt, const word *a);
word ct_call_vsum_double(uintptr_t fn, uintptr_t fmt, word a, double f, word b, double g);
double ct_call_fmix(uintptr_t fn, const word *a, double f0, double f1);
int64_t ct_call_fint(uintptr_t fn, double f0, double f1, const word *a);
float ct_call_fsingle(uintptr_t fn, word a0, float f0, float f1);
int ct_call_ldarg(uintptr_t fn, word a0, double f);
int ct_call_ldargint(uintptr_t fn, word a0, double f, int i);
double ct_call_ldret(uintptr_t fn, word a0);
int ct_call_ldout(uintptr_t fn, word a0, double *out);
word ct_call_pairarg(uintptr_t fn, word a0, word x, word y, word a3, word a4);

// fake.c
int ct_getapi(const char *name, void **target);
int ct_api_set(const char *name, uintptr_t len, uintptr_t addr);
void ct_api_clear(void);
void ct_api_counts(int64_t *hits, int64_t *misses);
uintptr_t ct_context(void);

// regs.c
enum { CT_MAX_REGS = 24 };
struct ct_job {
    word fn;
    word arg[6];
    word result;
    double fresult;
    word mask;
};
int ct_regs_checked(void);
word ct_fill_and_call(uintptr_t fn, word a0, word a1, word a2, word a3, word a4, word a5,
                      word *result);
int ct_job_checked(struct ct_job *j);
word ct_check_callee(uintptr_t fn, word a0, word a1, word a2, word a3, word *result);
word ct_bad_callee(word which);
word ct_bad_second(word, word which);
word ct_clobber_all(word, word, word, word, word, word);
int ct_sp_now(void *out);
word ct_call_nested(uintptr_t fn, word depth);

// thread.c
word ct_call_on_thread(uintptr_t fn, word a0, word a1, word a2, word a3, word a4, word a5);
int ct_job_on_thread(struct ct_job *j);
word ct_call_on_sigstack(uintptr_t fn, word a0, word a1, word a2, word a3, word a4, word a5);
int ct_job_on_sigstack(struct ct_job *j);
word ct_on_sigstack(void);
word ct_fork_and_call(uintptr_t fn, word a0, word a1, word a2, word a3, word a4);
word ct_thread_id(void);

// callback.go
word ct_go_callback(word, word, word, word, word, word);

#endif
