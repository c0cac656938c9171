// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Sends a recorded reply in one crossing: replay.go of internal/core says what
// the operations are.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cgate.h"

// The twin of core.ReplayOp.
struct op {
	uint64_t n;
	uint32_t at;
	uint8_t kind;
};

// The twins of the kinds there.
enum {
	INTEGER = RM_REPLY_INTEGER,
	BULK = RM_REPLY_BULK,
	SIMPLE = RM_REPLY_SIMPLE,
	ERROR = RM_REPLY_ERROR,
	NIL = RM_REPLY_NULL,
	NULL_ARRAY = RM_REPLY_NULL_ARRAY,
	DOUBLE = RM_REPLY_DOUBLE,
	LONG_DOUBLE = RM_REPLY_LONG_DOUBLE,
	BOOLEAN = RM_REPLY_BOOL,
	BIG_NUMBER = RM_REPLY_BIG_NUMBER,
	VERBATIM = RM_REPLY_VERBATIM,
	ARRAY = RM_REPLY_ARRAY,
	MAP = RM_REPLY_MAP,
	SET = RM_REPLY_SET,
	ATTRIBUTE = RM_REPLY_ATTRIBUTE,
	LONG_LONGS = RM_REPLY_LONG_LONGS,
	DOUBLES = RM_REPLY_DOUBLES,
	PACKED = RM_REPLY_PACKED,
	PACKED_MAP = RM_REPLY_PACKED_MAP,
};

static double bits(uint64_t n) {
	double d;
	memcpy(&d, &n, sizeof d);
	return d;
}

// fn[kind] is the address of the API function for a kind. All of them are there.
void rm_replay(void *ctx, const struct op *ops, size_t count, const char *text, void *const *fn) {
	for (size_t i = 0; i < count; i++) {
		const struct op *o = &ops[i];
		const char *at = text + o->at;
		switch (o->kind) {
		case INTEGER:
			((int (*)(void *, long long))fn[INTEGER])(ctx, (long long)o->n);
			break;
		case BULK:
			((int (*)(void *, const char *, size_t))fn[BULK])(ctx, at, o->n);
			break;
		case SIMPLE:
			((int (*)(void *, const char *))fn[SIMPLE])(ctx, at);
			break;
		case ERROR:
			((int (*)(void *, const char *))fn[ERROR])(ctx, at);
			break;
		case NIL:
			((int (*)(void *))fn[NIL])(ctx);
			break;
		case NULL_ARRAY:
			((int (*)(void *))fn[NULL_ARRAY])(ctx);
			break;
		case DOUBLE:
			((int (*)(void *, double))fn[DOUBLE])(ctx, bits(o->n));
			break;
		case LONG_DOUBLE:
			((int (*)(void *, long double))fn[LONG_DOUBLE])(ctx, (long double)bits(o->n));
			break;
		case BOOLEAN:
			((int (*)(void *, int))fn[BOOLEAN])(ctx, (int)o->n);
			break;
		case BIG_NUMBER:
			((int (*)(void *, const char *, size_t))fn[BIG_NUMBER])(ctx, at, o->n);
			break;
		case VERBATIM:
			((int (*)(void *, const char *, size_t, const char *))fn[VERBATIM])(ctx, at + 4, o->n, at);
			break;
		case ARRAY:
		case MAP:
		case SET:
			((int (*)(void *, long))fn[o->kind])(ctx, (long)o->n);
			break;
		case ATTRIBUTE:
			// A client of RESP2 gets none: go on behind it.
			if (((int (*)(void *, long))fn[ATTRIBUTE])(ctx, (long)o->n) != 0) i = o->at - 1;
			break;
		case LONG_LONGS:
			rm_reply_slice(ctx, at, o->n, fn, RM_SLICE_LONG_LONGS);
			break;
		case DOUBLES:
			rm_reply_slice(ctx, at, o->n, fn, RM_SLICE_DOUBLES);
			break;
		case PACKED:
			rm_reply_slice(ctx, at, o->n, fn, RM_SLICE_PACKED);
			break;
		case PACKED_MAP:
			rm_reply_slice(ctx, at, o->n, fn, RM_SLICE_PACKED | RM_SLICE_MAP);
			break;
		}
	}
}
