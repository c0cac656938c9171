// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Sends a recorded reply in one crossing: replay.go of internal/core says what
// the operations are.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cgate.h"

static double bits(uint64_t n) {
	double d;
	memcpy(&d, &n, sizeof d);
	return d;
}

// fn[kind] is the address of the API function for a kind. All of them are there.
void rm_replay(void *ctx, const struct rm_op *ops, size_t count, const char *text, void *const *fn) {
	for (const struct rm_op *o = ops, *end = ops + count; o < end; o++) {
		// The two most frequent ones before the jump of a switch.
		if (o->kind == RM_OP_INTEGER) {
			((int (*)(void *, long long))fn[RM_OP_INTEGER])(ctx, (long long)o->n);
			continue;
		}
		const char *at = text + o->at;
		if (o->kind == RM_OP_BULK) {
			((int (*)(void *, const char *, size_t))fn[RM_OP_BULK])(ctx, at, o->n);
			continue;
		}
		switch (o->kind) {
		case RM_OP_SIMPLE:
			((int (*)(void *, const char *))fn[RM_OP_SIMPLE])(ctx, at);
			break;
		case RM_OP_ERROR:
			((int (*)(void *, const char *))fn[RM_OP_ERROR])(ctx, at);
			break;
		case RM_OP_NULL:
			((int (*)(void *))fn[RM_OP_NULL])(ctx);
			break;
		case RM_OP_NULL_ARRAY:
			((int (*)(void *))fn[RM_OP_NULL_ARRAY])(ctx);
			break;
		case RM_OP_DOUBLE:
			((int (*)(void *, double))fn[RM_OP_DOUBLE])(ctx, bits(o->n));
			break;
		case RM_OP_LONG_DOUBLE:
			((int (*)(void *, long double))fn[RM_OP_LONG_DOUBLE])(ctx, (long double)bits(o->n));
			break;
		case RM_OP_BOOL:
			((int (*)(void *, int))fn[RM_OP_BOOL])(ctx, (int)o->n);
			break;
		case RM_OP_BIG_NUMBER:
			((int (*)(void *, const char *, size_t))fn[RM_OP_BIG_NUMBER])(ctx, at, o->n);
			break;
		case RM_OP_VERBATIM:
			((int (*)(void *, const char *, size_t, const char *))fn[RM_OP_VERBATIM])(ctx, at + 4, o->n, at);
			break;
		case RM_OP_ARRAY:
		case RM_OP_MAP:
		case RM_OP_SET:
			((int (*)(void *, long))fn[o->kind])(ctx, (long)o->n);
			break;
		case RM_OP_ATTRIBUTE:
			// A client of RESP2 gets none: go on behind it.
			if (((int (*)(void *, long))fn[RM_OP_ATTRIBUTE])(ctx, (long)o->n) != 0) o = ops + o->at - 1;
			break;
		case RM_OP_LONG_LONGS:
			rm_reply_slice(ctx, at, o->n, fn, RM_SLICE_LONG_LONGS);
			break;
		case RM_OP_DOUBLES:
			rm_reply_slice(ctx, at, o->n, fn, RM_SLICE_DOUBLES);
			break;
		case RM_OP_PACKED:
			rm_reply_slice(ctx, at, o->n, fn, RM_SLICE_PACKED);
			break;
		case RM_OP_PACKED_MAP:
			rm_reply_slice(ctx, at, o->n, fn, RM_SLICE_PACKED | RM_SLICE_MAP);
			break;
		}
	}
}
