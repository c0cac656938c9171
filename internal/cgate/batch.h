// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

#ifndef RM_BATCH_H
#define RM_BATCH_H

#include <stddef.h>
#include <stdint.h>

typedef void *string;

// The API functions that the loops call: the twin of core's batchFuncs.
struct rm_api {
	string (*zset_current)(void *key, double *score);
	int (*zset_next)(void *key);
	int (*zset_prev)(void *key);
	const char *(*string_ptr_len)(string s, size_t *len);
	void (*free_string)(void *ctx, string s);
	string (*hold_string)(void *ctx, string s);
	void (*retain_string)(void *ctx, string s);
	int (*scan)(void *ctx, void *cursor, void (*fn)(void *, string, void *, void *), void *data);
	int (*stream_next_id)(void *key, uint64_t id[2], long *fields);
	int (*stream_next_field)(void *key, string *field, string *value);
	int (*hash_get)(void *key, int flags, ...);
	int (*hash_set)(void *key, int flags, ...);
	int (*key_type)(void *key);
	void *(*reply_array_element)(void *reply, size_t i);
	void *(*reply_set_element)(void *reply, size_t i);
	const char *(*reply_string_ptr)(void *reply, size_t *len);
};

#pragma GCC visibility push(hidden)
extern struct rm_api rm_api;
#pragma GCC visibility pop

#endif
