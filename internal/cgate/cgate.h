// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

#ifndef RM_CGATE_H
#define RM_CGATE_H

#include <stddef.h>
#include <stdint.h>

#include "twins.h"

typedef uintptr_t (*rm_trampoline)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
	uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t);

#pragma GCC visibility push(hidden)
void rm_call_words(void *call);
void rm_call_float(void *call);
void rm_call_long_double(void *call);
void rm_call_out(uintptr_t thunk, uintptr_t call);
void rm_stack_pointer(void *cell);
int rm_errno(void);
int rm_stack_bounds(uintptr_t *lo, uintptr_t *hi);
int rm_on_main_thread(void);
uintptr_t rm_long_jump(void);
uintptr_t rm_jump_buffer(void);
const rm_trampoline *rm_trampolines(void);
const char *rm_start(void *ctx);
const char *rm_no_room(void);
void rm_block_arguments(int argc, char **argv);
const char *rm_block(void *ctx, int *argc, char ***argv, char ***envp);
__attribute__((format(printf, 2, 3))) void rm_log(void *ctx, const char *format, ...);
void rm_set_unload(uintptr_t trampoline);
extern uintptr_t rm_main_lo, rm_main_hi;

void rm_forget_main_thread(void);
void rm_know_main_thread(void);
extern volatile int rm_nested; // callbacks of the portable path on the server's thread

uintptr_t rm_hub(int hub);
void rm_hub_set(int hub, uintptr_t fn);
void rm_hub_settle(void *window_at, void *hurried_at, void *pending_at, void *woken_at, uintptr_t release_fn, uintptr_t drain_fn);
void rm_release(void);
void rm_loop_woken(void);

uintptr_t rm_odd_stack(uintptr_t a0, uintptr_t i);
void rm_odd_stack_settle(uintptr_t log, uintptr_t reply, const void *table);
void rm_log_crash(void);
void rm_set_idle(uintptr_t fn);

void rm_signals_install(uintptr_t lo, uintptr_t hi);
void rm_signals_release(uintptr_t now);
extern uint64_t rm_releases;
void rm_signals_note(void);
void rm_signals_child(void);
void rm_child_failed(void);
const char *rm_build_id(void);
int rm_build_check(char *why, size_t size);

void rm_resident_parked(const uintptr_t *state, const uintptr_t *none, uintptr_t load, uintptr_t let_go);
void rm_resident_leave(void);
int rm_resident_load(void *ctx, void *argv, int argc, uintptr_t get_api);

void rm_signals_check(void);
void rm_signals_server(uintptr_t function);
void rm_signal_stack(void);

void rm_fork_hooks(uintptr_t before, uintptr_t in_parent, uintptr_t in_child, uintptr_t refuse, uintptr_t log);
void rm_fork_wanted(int yes);
void rm_child_timeout(int seconds);
void rm_lower_priority(int nice);
int rm_count_threads(void);
void rm_threads_before(void);
void rm_threads_name(const char *module);
const char *rm_threads_our_name(void);
int rm_is_ours(const char *name, const char *main_name);
void rm_refuse_child(uintptr_t i);
void rm_callback_name(uintptr_t i, const char *name);
void rm_end_child(void);
uintptr_t rm_server_fork(uintptr_t function);
uintptr_t rm_server_subscribe(uintptr_t function);
uintptr_t rm_server_info(uintptr_t function);
extern volatile int rm_in_child; // 1 in a child that was prepared, 2 in another

// The twins of core.sliceKind.
enum {
	RM_SLICE_LONG_LONGS,
	RM_SLICE_DOUBLES,
	RM_SLICE_TEXTS,
	RM_SLICE_BYTES,
	RM_SLICE_STRINGS,
	RM_SLICE_PACKED,
	RM_SLICE_MAP = 16,
};
void rm_reply_slice(void *ctx, const void *at, uint64_t n, void *const *fn, uint64_t kind);

void rm_replay(void *ctx, const struct rm_op *ops, size_t count, const char *text, void *const *fn);

void rm_batch_api(const uintptr_t *functions);
void rm_read_zset(struct rm_zset_read *r);
void rm_read_stream(struct rm_stream_read *r);
void rm_read_keys(struct rm_keys_read *r);
int rm_hash_get(void *key, void *const *fields, uint64_t n, void **out);
long rm_hash_set(void *key, void *const *pairs, uint64_t n, const volatile uint64_t *open, uint64_t seq, uint64_t flags);
long rm_hash_delete(void *key, void *const *fields, uint64_t n, const volatile uint64_t *open, uint64_t seq);
struct view;
struct zset_item;
uint64_t rm_reply_handles(void *reply, void **out, uint64_t n, void *unused, uint64_t from, uint64_t set);
uint64_t rm_reply_views(void *reply, struct view *out, uint64_t n, void *unused, uint64_t from, uint64_t set);
uint64_t rm_zset_in_place(void *key, struct zset_item *out, uint64_t n, double *first, void *ctx, uint64_t how);
void rm_zset_free(void *ctx, struct zset_item *items, uint64_t n);
void rm_engine_free(void *ctx, void *engine, int type, void *function);
uintptr_t rm_engine_memory(void);
void *rm_engine_freed(void);
void rm_engine_ask(uintptr_t fn);
void rm_free_strings(void *ctx, void **s, uint64_t n);

void rm_guard_names(char **table, uintptr_t n, uintptr_t log);
void rm_wrong_lane(uintptr_t id);
#pragma GCC visibility pop

#endif
