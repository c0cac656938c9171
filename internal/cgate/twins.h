// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// What C and Go both declare. api/twins.tsv has the sizes, offsets and values, and
// internal/apigen makes checks of it for either side: a difference does not compile.

#ifndef RM_TWINS_H
#define RM_TWINS_H

#include <stddef.h>
#include <stdint.h>

// The twin of edge.Call.
struct rm_call {
	uintptr_t fn;
	uintptr_t *words;
	uintptr_t n;
	uintptr_t fixed;
	uintptr_t op;
	uintptr_t ret;
	double f0;
	double f1;
	double fret;
};

// The twin of core.ReplayOp.
struct rm_op {
	uint64_t n;
	uint32_t at;
	uint8_t kind;
};

// The twin of core.Batch.
struct rm_batch {
	void **strings;
	uint64_t *numbers;
	uint64_t strings_n, numbers_n, bytes;
};

// The twin of core.ZsetRead.
struct rm_zset_read {
	struct rm_batch batch;
	void *ctx, *key;
	uint64_t limit, limit_bytes;
	uint64_t equal, equal_bytes;
	double score;
	int32_t back, lex, done;
};

// The twin of core.StreamRead.
struct rm_stream_read {
	struct rm_batch batch;
	void *key;
	uint64_t limit, limit_bytes, limit_strings;
	int32_t fields, done;
};

// The twin of core.KeysRead.
struct rm_keys_read {
	struct rm_batch batch;
	void *ctx, *cursor;
	uint64_t want;
	int32_t done;
};

// The twin of core.StructField.
struct rm_struct_field {
	uint32_t kind;
	uint32_t element; // the kind of an array's elements, the length of a fixed text
	uint32_t offset;
	int32_t since; // the version of the type that the field came with
	uint64_t value; // the bits of a number where none was saved
};

// The twin of core.StructHead.
struct rm_struct_head {
	int64_t count; // values
	const void *type;
	uintptr_t (*check)(void *io, void *value); // of a loaded value: 0 refuses it
	uint64_t closed; // values are neither loaded nor saved: the module is not loaded yet, or is not any more
};

// The twin of core.StructBlock.
struct rm_struct_block {
	char *at; // NULL when len and room are 0
	uint32_t len, room; // in elements
};

// The kinds of rm_struct_field. The numbers come first.
enum {
	RM_FIELD_INT8, RM_FIELD_INT16, RM_FIELD_INT32, RM_FIELD_INT64, RM_FIELD_UINT8, RM_FIELD_UINT16, RM_FIELD_UINT32, RM_FIELD_UINT64,
	RM_FIELD_FLOAT32, RM_FIELD_FLOAT64, RM_FIELD_FIXED, RM_FIELD_BYTES, RM_FIELD_ARRAY, RM_FIELD_TEXTS
};

// How many data types in C memory a module can have, what each of them has for the
// server, and how many functions rm_struct_functions takes.
#define RM_STRUCTS 32
#define RM_STRUCT_CALLBACKS 11
#define RM_STRUCT_FUNCTIONS 30

// How many words a call can have.
#define RM_MAX_WORDS 24

#define RM_TRAMPOLINES 1280

// How many functions rm_batch_api takes.
#define RM_BATCH_FUNCTIONS 16

// What a load answers when it cannot run on the resident goroutine.
#define RM_ORDINARY 2

enum { RM_HUB_LOOP, RM_HUB_LOADING, RM_HUB_CONFIG, RM_HUB_MODULE, RM_HUBS };

// The kinds of rm_op.
enum {
	RM_OP_INTEGER, RM_OP_BULK, RM_OP_SIMPLE, RM_OP_ERROR, RM_OP_NULL, RM_OP_NULL_ARRAY, RM_OP_DOUBLE, RM_OP_LONG_DOUBLE,
	RM_OP_BOOL, RM_OP_BIG_NUMBER, RM_OP_VERBATIM, RM_OP_ARRAY, RM_OP_MAP, RM_OP_SET, RM_OP_ATTRIBUTE,
	RM_OP_STRING, RM_OP_LONG_LONGS, RM_OP_DOUBLES, RM_OP_PACKED, RM_OP_PACKED_MAP
};

#include "ztwins.h"

#endif
