// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Reads many elements in one crossing: the loops that a module in C would write.
// batch.go of internal/core says what the structs mean. Whoever calls holds the
// server's lock, which guards the buffers.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "batch.h"
#include "cgate.h"

struct rm_api rm_api;

// rm_batch_api takes the addresses of the API functions; those that the server lacks
// are 0 and not needed.
void rm_batch_api(const uintptr_t *functions) {
	_Static_assert(sizeof rm_api == RM_BATCH_FUNCTIONS * sizeof(uintptr_t), "core.batchFuncs has another length");
	for (size_t i = 0; i < RM_BATCH_FUNCTIONS; i++) ((uintptr_t *)&rm_api)[i] = functions[i];
}

// What was read last.
static string *strings;
static uint64_t *numbers;
static size_t strings_n, strings_room, numbers_n, numbers_room, bytes;

// KEPT is how many elements the buffers keep room for.
#define KEPT 65536

static void begin(void) {
	if (strings_room > KEPT) {
		free(strings);
		strings = NULL;
		strings_room = 0;
	}
	if (numbers_room > KEPT) {
		free(numbers);
		numbers = NULL;
		numbers_room = 0;
	}
	strings_n = numbers_n = bytes = 0;
}

__attribute__((noinline)) static void *grow(void *p, size_t *room, size_t size) {
	*room = *room == 0 ? 1024 : 2 * *room;
	p = realloc(p, *room * size);
	if (p == NULL) abort(); // as the server does
	return p;
}

static inline void put_string(string s) {
	if (strings_n == strings_room) strings = grow(strings, &strings_room, sizeof *strings);
	strings[strings_n++] = s;
}

static inline void put_number(uint64_t n) {
	if (numbers_n == numbers_room) numbers = grow(numbers, &numbers_room, sizeof *numbers);
	numbers[numbers_n++] = n;
}

static size_t put_counted(string s) {
	size_t len = 0;
	put_string(s);
	rm_api.string_ptr_len(s, &len);
	bytes += len;
	return len;
}

static inline void put_view(string s) {
	size_t len = 0;
	put_string(s);
	put_number((uint64_t)(uintptr_t)rm_api.string_ptr_len(s, &len));
	put_number(len);
	bytes += len;
}

static void answer(struct rm_batch *b) {
	b->strings = strings;
	b->numbers = numbers;
	b->strings_n = strings_n;
	b->numbers_n = numbers_n;
	b->bytes = bytes;
}

void rm_read_zset(struct rm_zset_read *r) {
	begin();
	for (;;) {
		double score;
		string s = rm_api.zset_current(r->key, &score);
		if (s == NULL) {
			r->done = 1;
			break;
		}
		if (r->equal == 0 || r->score != score) {
			if (r->lex && r->equal > 0) {
				rm_api.free_string(r->ctx, s);
				r->done = 1;
				break;
			}
			r->score = score;
			r->equal = r->equal_bytes = 0;
		}
		r->equal++;
		r->equal_bytes += put_counted(s);
		union {
			double d;
			uint64_t n;
		} bits = {.d = score};
		put_number(bits.n);
		if (strings_n >= r->limit || bytes > r->limit_bytes) break;
		if (!(r->back ? rm_api.zset_prev : rm_api.zset_next)(r->key)) {
			r->done = 1;
			break;
		}
	}
	answer(&r->batch);
}

// read_fields reads the n fields of an entry, and returns how many there were.
static long read_fields(void *key, long n, int views) {
	while (strings_room < strings_n + 2 * (size_t)n) strings = grow(strings, &strings_room, sizeof *strings);
	while (numbers_room < numbers_n + 4 * (size_t)n) numbers = grow(numbers, &numbers_room, sizeof *numbers);
	string *s = strings + strings_n;
	uint64_t *number = numbers + numbers_n;
	long got = 0;
	for (; got < n && rm_api.stream_next_field(key, s, s + 1) == 0; got++) {
		for (const string *end = s + 2; s < end; s++) {
			size_t len = 0;
			const char *content = rm_api.string_ptr_len(*s, &len);
			bytes += len;
			if (views) {
				*number++ = (uint64_t)(uintptr_t)content;
				*number++ = len;
			}
		}
	}
	strings_n = (size_t)(s - strings);
	numbers_n = (size_t)(number - numbers);
	return got;
}

void rm_read_stream(struct rm_stream_read *r) {
	uint64_t entries = 0;
	begin();
	while (entries < r->limit && bytes <= r->limit_bytes && strings_n < r->limit_strings) {
		uint64_t id[2];
		long n = 0;
		if (rm_api.stream_next_id(r->key, id, &n) != 0) {
			r->done = 1;
			break;
		}
		put_number(id[0]);
		put_number(id[1]);
		put_number((uint64_t)n);
		// From anywhere else than behind the last field the server would go astray.
		if (r->fields) {
			size_t at = numbers_n - 1;
			uint64_t got = (uint64_t)read_fields(r->key, n, r->fields == 2);
			numbers[at] = got; // which may be elsewhere now
		} else {
			for (long i = 0; i < n && rm_api.stream_next_field(r->key, NULL, NULL) == 0; i++) {}
		}
		entries++;
	}
	answer(&r->batch);
}

static void keep_name(void *ctx, string name, void *key, void *data) {
	(void)ctx;
	(void)key;
	(void)data;
	if (rm_api.hold_string != NULL) {
		name = rm_api.hold_string(NULL, name);
	} else {
		rm_api.retain_string(NULL, name);
	}
	put_view(name);
}

void rm_read_keys(struct rm_keys_read *r) {
	begin();
	while (strings_n < r->want && !r->done) r->done = rm_api.scan(r->ctx, r->cursor, keep_name, NULL) == 0;
	answer(&r->batch);
}

void rm_free_strings(void *ctx, string *s, uint64_t n) {
	for (uint64_t i = 0; i < n; i++) rm_api.free_string(ctx, s[i]);
}
