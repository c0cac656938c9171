// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Reads some elements in one crossing, into memory of the caller, without leaving where
// the server's iterator is: inplace_walks.go of internal/core says what the structs mean.

#include "batch.h"
#include "cgate.h"

struct view {
	const char *at;
	size_t len;
};

// rm_reply_handles writes the elements of an array, or of a set, from number from on.
uint64_t rm_reply_handles(void *reply, void **out, uint64_t n, void *unused, uint64_t from, uint64_t set) {
	(void)unused;
	void *(*element)(void *, size_t) = set ? rm_api.reply_set_element : rm_api.reply_array_element;
	uint64_t i = 0;
	for (; i < n; i++) {
		void *e = element(reply, from + i);
		if (e == NULL) break;
		out[i] = e;
	}
	return i;
}

// rm_reply_views writes their contents: at is NULL where there is none.
uint64_t rm_reply_views(void *reply, struct view *out, uint64_t n, void *unused, uint64_t from, uint64_t set) {
	(void)unused;
	void *(*element)(void *, size_t) = set ? rm_api.reply_set_element : rm_api.reply_array_element;
	const char *(*string_ptr)(void *, size_t *) = rm_api.reply_string_ptr;
	uint64_t i = 0;
	for (; i < n; i++) {
		void *e = element(reply, from + i);
		if (e == NULL) break;
		size_t len = 0;
		out[i].at = string_ptr(e, &len);
		out[i].len = len;
	}
	return i;
}

// The twin of core.ZSetItem.
struct zset_item {
	struct view element;
	double score;
	string s; // to be freed
};

enum { BACK = 1, LEX = 2, DONE = 1 << 16 };

// rm_zset_in_place writes n elements of the range of a key, from where its iterator is,
// and moves that behind them. *first is the score of the range's first element, for LEX.
// It returns how many there are, and DONE at the end of the range.
uint64_t rm_zset_in_place(void *key, struct zset_item *out, uint64_t n, double *first, void *ctx, uint64_t how) {
	int (*next)(void *) = how & BACK ? rm_api.zset_prev : rm_api.zset_next;
	string (*current)(void *, double *) = rm_api.zset_current;
	const char *(*string_ptr_len)(string, size_t *) = rm_api.string_ptr_len;
	for (uint64_t i = 0; i < n;) {
		double score = 0;
		string s = current(key, &score);
		if (s == NULL) return i | DONE;
		if (*first != *first) *first = score;
		if (how & LEX && score != *first) {
			rm_api.free_string(ctx, s);
			return i | DONE;
		}
		size_t len = 0;
		out[i].element.at = string_ptr_len(s, &len);
		out[i].element.len = len;
		out[i].score = score;
		out[i].s = s;
		i++;
		if (!next(key)) return i | DONE;
	}
	return n;
}

// rm_zset_free frees the strings of n elements.
void rm_zset_free(void *ctx, struct zset_item *items, uint64_t n) {
	for (uint64_t i = 0; i < n; i++) rm_api.free_string(ctx, items[i].s);
}
