// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

#ifndef RM_STRUCTS_H
#define RM_STRUCTS_H

#include <stddef.h>
#include <stdint.h>

// The API functions that data types in C memory call: the twin of core's structFuncs.
struct rm_struct_api {
	uint64_t (*load_unsigned)(void *io);
	int64_t (*load_signed)(void *io);
	double (*load_double)(void *io);
	float (*load_float)(void *io);
	char *(*load_buffer)(void *io, size_t *len);
	void (*save_unsigned)(void *io, uint64_t n);
	void (*save_signed)(void *io, int64_t n);
	void (*save_double)(void *io, double f);
	void (*save_float)(void *io, float f);
	void (*save_buffer)(void *io, const char *at, size_t len);
	int (*is_io_error)(void *io);
	void (*log_io_error)(void *io, const char *level, const char *format, ...);
	const void *(*io_key)(void *io);
	int (*io_db)(void *io);
	const char *(*string_ptr_len)(const void *s, size_t *len);
	void (*free_string)(void *ctx, void *s);
	void *(*alloc)(size_t n);
	void *(*calloc)(size_t count, size_t n);
	void *(*realloc)(void *at, size_t n);
	void (*free)(void *at);
	size_t (*malloc_size)(void *at);
	void (*digest_long)(void *d, long long n);
	void (*digest_buffer)(void *d, const char *at, size_t len);
	void (*digest_end)(void *d);
	void *(*defrag_alloc)(void *d, void *at);
	int (*defrag_should_stop)(void *d);
	int (*defrag_cursor_set)(void *d, unsigned long cursor);
	int (*defrag_cursor_get)(void *d, unsigned long *cursor);
	void *(*dump)(void *ctx, void *value, const void *type);
	void (*emit_aof)(void *io, const char *command, const char *format, ...);
};

#pragma GCC visibility push(hidden)
extern struct rm_struct_api rm_struct_api;
void rm_struct_functions(const uintptr_t *functions);
const uintptr_t *rm_struct_new(const char *name, int version, uint64_t size, uint64_t n, const struct rm_struct_field *fields);
#pragma GCC visibility pop

#endif
