// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Sends a whole slice as one reply, an array or a map, in one crossing: slices.go of
// the root package says what the kinds are.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cgate.h"

// The headers of Go's strings and slices.
struct go_string {
	const char *at;
	uint64_t len;
};

struct go_slice {
	const char *at;
	uint64_t len, cap;
};

typedef int (*reply_number)(void *, long);
typedef int (*reply_buffer)(void *, const char *, size_t);

// NOT_THERE is the length of a packed text that is null.
#define NOT_THERE UINT32_MAX

static void packed(void *ctx, const char *at, uint64_t n, void *const *fn) {
	reply_buffer buffer = (reply_buffer)fn[RM_OP_BULK];
	const char *text = at + 4 * n;
	for (uint64_t i = 0; i < n; i++) {
		uint32_t len;
		memcpy(&len, at + 4 * i, sizeof len); // anywhere in memory
		if (len == NOT_THERE) {
			((int (*)(void *))fn[RM_OP_NULL])(ctx);
			continue;
		}
		buffer(ctx, text, len);
		text += len;
	}
}

// rm_reply_slice sends n elements, n/2 pairs for a map. fn is the table of rm_replay.
void rm_reply_slice(void *ctx, const void *at, uint64_t n, void *const *fn, uint64_t kind) {
	if (kind & RM_SLICE_MAP) {
		kind &= ~(uint64_t)RM_SLICE_MAP;
		((reply_number)fn[RM_OP_MAP])(ctx, (long)(n / 2));
	} else {
		((reply_number)fn[RM_OP_ARRAY])(ctx, (long)n);
	}
	switch (kind) {
	case RM_SLICE_LONG_LONGS: {
		int (*reply)(void *, long long) = (int (*)(void *, long long))fn[RM_OP_INTEGER];
		const char *p = at;
		for (uint64_t i = 0; i < n; i++, p += 8) {
			long long v;
			memcpy(&v, p, sizeof v);
			reply(ctx, v);
		}
		break;
	}
	case RM_SLICE_DOUBLES: {
		int (*reply)(void *, double) = (int (*)(void *, double))fn[RM_OP_DOUBLE];
		const char *p = at;
		for (uint64_t i = 0; i < n; i++, p += 8) {
			double v;
			memcpy(&v, p, sizeof v);
			if (v != v) v = __builtin_nan(""); // some servers write the sign of a NaN
			reply(ctx, v);
		}
		break;
	}
	case RM_SLICE_TEXTS: {
		reply_buffer reply = (reply_buffer)fn[RM_OP_BULK];
		const struct go_string *p = at;
		for (uint64_t i = 0; i < n; i++) reply(ctx, p[i].len > 0 ? p[i].at : "", p[i].len);
		break;
	}
	case RM_SLICE_BYTES: {
		reply_buffer reply = (reply_buffer)fn[RM_OP_BULK];
		const struct go_slice *p = at;
		for (uint64_t i = 0; i < n; i++) reply(ctx, p[i].len > 0 ? p[i].at : "", p[i].len);
		break;
	}
	case RM_SLICE_STRINGS: {
		int (*reply)(void *, void *) = (int (*)(void *, void *))fn[RM_OP_STRING];
		void *const *p = at;
		for (uint64_t i = 0; i < n; i++) {
			if (p[i] == NULL) {
				((int (*)(void *))fn[RM_OP_NULL])(ctx);
			} else {
				reply(ctx, p[i]);
			}
		}
		break;
	}
	case RM_SLICE_PACKED:
		packed(ctx, at, n, fn);
		break;
	}
}
