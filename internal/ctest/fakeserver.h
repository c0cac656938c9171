// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

#ifndef RM_CTEST_FAKESERVER_H
#define RM_CTEST_FAKESERVER_H

#include "ctest.h"

// fakeserver.c
enum { CT_MAX_EVENTS = 32 };

// The struct that events are identified by; it travels by value.
struct ct_event {
    uint64_t id, dataver;
};
typedef void (*ct_event_fn)(void *ctx, struct ct_event e, uint64_t sub, void *data);

int ct_server_run(struct ct_job *jobs, int n, int asleep);
void ct_server_counts(word *turns, word *lost);
word ct_server_thread_id(void);
void ct_storm(int on);
word ct_storm_signals(void);
word ct_server_one_shot(uintptr_t fn, void *data);
void ct_set_paused(int yes);
word ct_paused(void);
word ct_server_subscribe(void *ctx, struct ct_event e, ct_event_fn fn);
word ct_server_supports(struct ct_event e, uint64_t sub);
word ct_server_fire(word id, word sub);
uintptr_t ct_server_callback(word id);
word ct_call_on_high_stack(uintptr_t fn, word a0, word a1, word a2, word a3, word a4, word a5);
word ct_server_onload(void);
word ct_server_onunload(void);

// wide.c
enum { CT_WIDE = 24 };
word ct_wide(word, word, word, word, word, word, word, word, word, word, word, word, word, word,
             word, word, word, word, word, word, word, word, word, word);
word ct_call12(uintptr_t fn, const word *a);
word ct_invoke(uintptr_t fn, const char *unused1, const char *unused2, word a0, word a1, word a2,
               word a3, word a4, word a5);
word ct_loop(uintptr_t fn, word n, word a0, word a1, word a2, word a3);
word ct_loop_counting(uintptr_t fn, word n);
word ct_loop_mixed(uintptr_t fn, word n);
word ct_store(word a0, uintptr_t to, word value);
double ct_store_float(word a0, uintptr_t to, word value, word unused, double f0, double f1);
word ct_call_and_store(word a0, uintptr_t fn, uintptr_t to, uintptr_t to2);
word ct_count_calls(word a0);
extern word ct_counted;
word ct_busy(word microseconds);
char *ct_busy_out(word microseconds, word *out);
word ct_half_garbage(word low);

#endif
