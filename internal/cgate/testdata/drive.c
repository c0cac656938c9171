// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Drives the loops and the portable path of internal/cgate without Go and without a
// server, for address sanitizer: all memory that is handed over has exactly the size that
// is promised, so that a byte more is seen. ci/test.sh builds and runs it (part asan).

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cgate.h"

#define CHECK(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #what); \
			exit(1); \
		} \
	} while (0)

void drive_structs(void); // in drive_structs.c

// Part of cgo's protocol; here no stack moves.
char *_cgo_topofstack(void);
char *_cgo_topofstack(void) {
	static char top;
	return &top;
}

// Strings are heap memory of their length, without a NUL.
struct string {
	size_t len;
	int refs;
	char text[];
};

static long alive;

static struct string *new_string(size_t len) {
	struct string *s = malloc(sizeof *s + len);
	s->len = len;
	s->refs = 1;
	memset(s->text, 'x', len);
	alive++;
	return s;
}

static const char *string_ptr_len(struct string *s, size_t *len) {
	*len = s->len;
	return s->text;
}

static void free_string(void *ctx, struct string *s) {
	(void)ctx;
	CHECK(s->refs > 0);
	if (--s->refs > 0) return;
	alive--;
	free(s);
}

static struct string *hold_string(void *ctx, struct string *s) {
	(void)ctx;
	s->refs++;
	return s;
}

static void retain_string(void *ctx, struct string *s) { hold_string(ctx, s); }

// A sorted set of size elements; element i has the score i / same.
static struct {
	long size, at, same;
} zset;

static struct string *zset_current(void *key, double *score) {
	(void)key;
	if (zset.at < 0 || zset.at >= zset.size) return NULL;
	*score = (double)(zset.at / zset.same);
	return new_string((size_t)zset.at % 7);
}

static int zset_next(void *key) {
	(void)key;
	return ++zset.at < zset.size;
}

static int zset_prev(void *key) {
	(void)key;
	return --zset.at >= 0;
}

// A stream of size entries; entry i has i % 5 fields.
static struct {
	long size, at, field;
} stream;

static int stream_next_id(void *key, uint64_t id[2], long *fields) {
	(void)key;
	if (stream.at >= stream.size) return 1;
	id[0] = (uint64_t)stream.at;
	id[1] = 7;
	*fields = stream.field = stream.at % 5;
	stream.at++;
	return 0;
}

static int stream_next_field(void *key, struct string **field, struct string **value) {
	(void)key;
	if (stream.field == 0) return 1;
	stream.field--;
	if (field != NULL) *field = new_string(3);
	if (value != NULL) *value = new_string(5);
	return 0;
}

static long scanned;

static int scan(void *ctx, void *cursor, void (*fn)(void *, void *, void *, void *), void *data) {
	for (int i = 0; i < 10; i++) {
		struct string *s = new_string(4);
		fn(ctx, s, NULL, data);
		free_string(ctx, s);
	}
	return ++scanned < *(long *)cursor;
}

static void api(int hold) {
	uintptr_t table[RM_BATCH_FUNCTIONS] = {
		(uintptr_t)zset_current, (uintptr_t)zset_next, (uintptr_t)zset_prev, (uintptr_t)string_ptr_len, (uintptr_t)free_string,
		hold ? (uintptr_t)hold_string : 0, (uintptr_t)retain_string, (uintptr_t)scan, (uintptr_t)stream_next_id,
		(uintptr_t)stream_next_field,
	};
	uintptr_t *exact = malloc(sizeof table);
	memcpy(exact, table, sizeof table);
	rm_batch_api(exact);
	free(exact);
}

static void done(const struct rm_batch *b) { rm_free_strings(NULL, b->strings, b->strings_n); }

static void drive_zset(long size, long same, int back, int lex, uint64_t limit) {
	struct rm_zset_read *r = calloc(1, sizeof *r);
	long seen = 0;
	zset.size = size;
	zset.same = same;
	zset.at = back ? size - 1 : 0;
	r->limit_bytes = UINT64_MAX;
	r->limit = limit;
	r->back = back;
	r->lex = lex;
	do {
		rm_read_zset(r);
		CHECK(r->batch.numbers_n == r->batch.strings_n);
		seen += (long)r->batch.strings_n;
		done(&r->batch);
		if (!r->done) back ? zset_prev(NULL) : zset_next(NULL);
	} while (!r->done && zset.at >= 0 && zset.at < zset.size);
	CHECK(seen == (lex ? same : size));
	CHECK(alive == 0);
	free(r);
}

static void drive_stream(long size, int fields) {
	struct rm_stream_read *r = calloc(1, sizeof *r);
	long entries = 0, strings = 0;
	stream.size = size;
	stream.at = 0;
	r->limit = 1000;
	r->limit_bytes = r->limit_strings = 100000;
	r->fields = fields;
	while (!r->done) {
		rm_read_stream(r);
		CHECK(r->batch.numbers_n % 3 == 0);
		entries += (long)r->batch.numbers_n / 3;
		strings += (long)r->batch.strings_n;
		done(&r->batch);
	}
	CHECK(entries == size && strings == (fields ? size / 5 * 20 : 0));
	CHECK(alive == 0);
	free(r);
}

static void drive_keys(int hold, long steps) {
	struct rm_keys_read *r = calloc(1, sizeof *r);
	long *cursor = malloc(sizeof *cursor), seen = 0;
	*cursor = steps;
	scanned = 0;
	api(hold);
	r->cursor = cursor;
	r->want = 25;
	while (!r->done) {
		rm_read_keys(r);
		seen += (long)r->batch.strings_n;
		done(&r->batch);
	}
	CHECK(seen == 10 * steps);
	CHECK(alive == 0);
	free(cursor);
	free(r);
}

// What a recorded reply calls: each function looks at all bytes that it is given.
static long replies, summed;

static void look(const char *p, size_t n) {
	for (size_t i = 0; i < n; i++) summed += p[i];
}

static int reply_plain(void *ctx) { return (void)ctx, replies++, 0; }
static int reply_long(void *ctx, long long n) { return (void)ctx, replies++, summed += n, 0; }
static int reply_bytes(void *ctx, const char *p, size_t n) { return (void)ctx, replies++, look(p, n), 0; }
static int reply_text(void *ctx, const char *p) { return (void)ctx, replies++, look(p, strlen(p)), 0; }
static int reply_double(void *ctx, double d) { return (void)ctx, replies++, summed += (long)d, 0; }
static int reply_long_double(void *ctx, long double d) { return (void)ctx, replies++, summed += (long)d, 0; }
static int reply_bool(void *ctx, int b) { return (void)ctx, replies++, summed += b, 0; }
static int reply_verbatim(void *ctx, const char *p, size_t n, const char *format) {
	return (void)ctx, replies++, look(p, n), look(format, strlen(format)), 0;
}
static int attributes; // what the attribute function answers
static int reply_attribute(void *ctx, long n) { return (void)ctx, (void)n, replies++, attributes; }

static uint64_t bits(double d) {
	uint64_t n;
	memcpy(&n, &d, sizeof n);
	return n;
}

static void drive_replay(void) {
	static const char text[] = "bulkOK\0ERR no\0" "123mkd\0# x"; // the last byte is x
	const struct rm_op ops[] = {
		{.kind = RM_OP_ARRAY, .n = 14}, {.kind = RM_OP_INTEGER, .n = 5}, {.kind = RM_OP_BULK, .n = 4},
		{.kind = RM_OP_SIMPLE, .at = 4}, {.kind = RM_OP_ERROR, .at = 7}, {.kind = RM_OP_NULL}, {.kind = RM_OP_NULL_ARRAY},
		{.kind = RM_OP_DOUBLE, .n = bits(2)}, {.kind = RM_OP_LONG_DOUBLE, .n = bits(3)}, {.kind = RM_OP_BOOL, .n = 1},
		{.kind = RM_OP_BIG_NUMBER, .at = 14, .n = 3}, {.kind = RM_OP_VERBATIM, .at = 17, .n = 3},
		{.kind = RM_OP_ATTRIBUTE, .n = 1, .at = 15}, {.kind = RM_OP_INTEGER, .n = 7}, {.kind = RM_OP_INTEGER, .n = 8},
		{.kind = RM_OP_MAP}, {.kind = RM_OP_SET},
	};
	const long count = sizeof ops / sizeof *ops;
	void *fn[] = {
		reply_long, reply_bytes, reply_text, reply_text, reply_plain, reply_plain, reply_double, reply_long_double, reply_bool,
		reply_bytes, reply_verbatim, reply_long, reply_long, reply_long, reply_attribute,
	};
	// Without the NUL that C puts behind it.
	char *exact = malloc(sizeof text - 1);
	struct rm_op *list = malloc(sizeof ops);
	memcpy(exact, text, sizeof text - 1);
	memcpy(list, ops, sizeof ops);
	for (attributes = 0; attributes < 2; attributes++) {
		replies = 0;
		rm_replay(NULL, list, (size_t)count, exact, fn);
		CHECK(replies == (attributes ? count - 2 : count));
	}
	rm_replay(NULL, list, 0, exact, fn);
	CHECK(summed != 0);
	free(list);
	free(exact);
}

static uintptr_t sum6(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f) {
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f;
}

static uintptr_t sum_some(uintptr_t n, uintptr_t unused, ...) {
	uintptr_t sum = unused;
	va_list ap;
	va_start(ap, unused);
	for (uintptr_t i = 2; i < n; i++) sum += (i + 1) * va_arg(ap, uintptr_t);
	va_end(ap);
	return sum;
}

static double mix(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, double f, double g) {
	return (double)(a + b + c + d) + f * g;
}

static long double half(uintptr_t a) { return (long double)a / 2; }
static int store_half(uintptr_t a, long double *to) { return *to = half(a), 4; }
static int twice(uintptr_t a, long double d, int n) { return (int)a + (int)(2 * d) + n; }

static void drive_calls(void) {
	struct rm_call *c = calloc(1, sizeof *c);
	uintptr_t *w = malloc(6 * sizeof *w); // six at least; see gateWords
	for (uintptr_t i = 0; i < 6; i++) w[i] = i + 1;
	*c = (struct rm_call){.fn = (uintptr_t)sum6, .words = w, .n = 6};
	rm_call_words(c);
	CHECK(c->ret == 1 + 4 + 9 + 16 + 25 + 36);
	*c = (struct rm_call){.fn = (uintptr_t)mix, .words = w, .n = 4, .f0 = 1.5, .f1 = 4, .op = 1};
	rm_call_float(c);
	CHECK(c->fret == 16);
	*c = (struct rm_call){.fn = (uintptr_t)twice, .words = w, .n = 2, .f0 = 2.5, .op = 1};
	rm_call_long_double(c);
	CHECK(c->ret == 1 + 5 + 2);
	*c = (struct rm_call){.fn = (uintptr_t)half, .words = w, .n = 2, .op = 2};
	rm_call_long_double(c);
	CHECK(c->fret == 0.5);
	*c = (struct rm_call){.fn = (uintptr_t)store_half, .words = w, .n = 2, .op = 3};
	rm_call_out((uintptr_t)rm_call_long_double, (uintptr_t)c);
	CHECK(c->fret == 0.5 && c->ret == 4);
	free(w);
	for (uintptr_t n = 7; n <= RM_MAX_WORDS; n++) {
		uintptr_t want = 0;
		w = malloc(n * sizeof *w);
		for (uintptr_t i = 0; i < n; i++) w[i] = i;
		w[0] = n;
		w[1] = 0;
		for (uintptr_t i = 2; i < n; i++) want += (i + 1) * i;
		*c = (struct rm_call){.fn = (uintptr_t)sum_some, .words = w, .n = n, .fixed = 2};
		rm_call_out((uintptr_t)rm_call_words, (uintptr_t)c);
		CHECK(c->ret == want);
		free(w);
	}
	free(c);
}

int main(void) {
	api(1);
	drive_zset(10, 1, 0, 0, 3);
	drive_zset(10, 1, 1, 0, 3);
	drive_zset(10, 5, 0, 1, 100); // the range ends where the score does
	drive_zset(200000, 9, 0, 0, 200000); // larger than the buffers keep room for
	drive_zset(0, 1, 0, 0, 3);
	drive_stream(5000, 1);
	drive_stream(5000, 0);
	drive_keys(1, 30);
	drive_keys(0, 30);
	drive_replay();
	drive_calls();
	drive_structs();
	puts("internal/cgate: driven");
	return 0;
}
