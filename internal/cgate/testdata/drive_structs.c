// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Drives the data types in C memory for drive.c: what they allocate has exactly the size
// that they ask for, and nothing of it may be left.

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cgate.h"
#include "../structs.h"

static void failed(int line, const char *what) {
	fprintf(stderr, "drive_structs.c:%d: %s does not hold\n", line, what);
	exit(1);
}

#define CHECK(what) ((what) ? (void)0 : failed(__LINE__, #what))

void drive_structs(void);

volatile int rm_in_child;
void rm_end_child(void) { abort(); }

static long blocks; // that are alive

static void *some(size_t n) { return blocks++, CHECK(n > 0), malloc(n); }
static void *some_cleared(size_t count, size_t n) { return blocks++, calloc(count, n); }
static void *some_again(void *at, size_t n) {
	blocks += at == NULL;
	void *made = malloc(n); // always another place
	if (at != NULL) {
		size_t old = malloc_usable_size(at);
		memcpy(made, at, old < n ? old : n);
	}
	free(at);
	return made;
}
static void give_back(void *at) { CHECK(at != NULL), blocks--, free(at); }
static size_t size_of(void *at) { return CHECK(at != NULL), (size_t)100; }

// What is saved is a list of items; reading another kind, or beyond the end, is an error.
struct item {
	char kind;
	uint64_t n;
	double f;
	char *at;
	size_t len;
};

struct io {
	struct item items[4096];
	int n, next, error;
};

static struct io *stream;

static void put(char kind, uint64_t n, double f, const char *at, size_t len) {
	struct item *i = &stream->items[stream->n++];
	*i = (struct item){.kind = kind, .n = n, .f = f, .len = len};
	if (kind == 's') {
		i->at = malloc(len + 1); // one more than none
		memcpy(i->at, at, len);
	}
}

static struct item *get(char kind) {
	static struct item none;
	if (!stream->error && stream->next < stream->n && stream->items[stream->next].kind == kind) return &stream->items[stream->next++];
	stream->error = 1;
	return memset(&none, 0, sizeof none);
}

static void save_unsigned(void *io, uint64_t n) { (void)io, put('u', n, 0, NULL, 0); }
static void save_signed(void *io, int64_t n) { (void)io, put('u', (uint64_t)n, 0, NULL, 0); }
static void save_double(void *io, double f) { (void)io, put('d', 0, f, NULL, 0); }
static void save_float(void *io, float f) { (void)io, put('f', 0, f, NULL, 0); }
static void save_buffer(void *io, const char *at, size_t len) { (void)io, CHECK(at != NULL), put('s', 0, 0, at, len); }
static uint64_t load_unsigned(void *io) { return (void)io, get('u')->n; }
static int64_t load_signed(void *io) { return (void)io, (int64_t)get('u')->n; }
static double load_double(void *io) { return (void)io, get('d')->f; }
static float load_float(void *io) { return (void)io, (float)get('f')->f; }
static char *load_buffer(void *io, size_t *len) {
	(void)io;
	struct item *i = get('s');
	if (stream->error) return NULL;
	char *copy = malloc(i->len > 0 ? i->len : 1);
	blocks++;
	memcpy(copy, i->at, i->len);
	*len = i->len;
	return copy;
}
static int is_error(void *io) { return (void)io, stream->error; }

static char said[4096];
static void log_error(void *io, const char *level, const char *format, ...) {
	(void)io, (void)level;
	va_list more;
	va_start(more, format);
	vsnprintf(said, sizeof said, format, more);
	va_end(more);
}

struct text {
	size_t len;
	char at[];
};

static struct text *key;
static const void *io_key(void *io) { return (void)io, key; }
static int io_db(void *io) { return (void)io, 3; }
static const char *text_of(const void *s, size_t *len) { return *len = ((const struct text *)s)->len, ((const struct text *)s)->at; }
static void free_text(void *ctx, void *s) { (void)ctx, free(s); }

static uint64_t digest_sum;
static void add(const char *at, size_t len) {
	for (size_t i = 0; i < len; i++) digest_sum = digest_sum * 31 + (uint8_t)at[i];
}
static void digest_long(void *d, long long n) { (void)d, add((char *)&n, sizeof n); }
static void digest_buffer(void *d, const char *at, size_t len) { (void)d, add(at, len); }
static void digest_end(void *d) { (void)d, digest_sum *= 7; }

static long moves, stops;
static unsigned long cursor;
static void *moved(void *d, void *at) {
	(void)d;
	if (++moves % 3 == 0) return NULL;
	size_t n = malloc_usable_size(at);
	void *made = malloc(n);
	memcpy(made, at, n);
	free(at);
	return made;
}
static int should_stop(void *d) { return (void)d, stops; }
static int set_cursor(void *d, unsigned long c) { return (void)d, cursor = c, 0; }
static int get_cursor(void *d, unsigned long *c) { return (void)d, *c = cursor, cursor == 0; }

static void *dumped(void *ctx, void *value, const void *type) {
	(void)ctx, CHECK(value != NULL && type == (void *)1);
	struct text *t = malloc(sizeof *t + 9);
	t->len = 9;
	memcpy(t->at, "123456789", 9);
	return t;
}

static long emitted;
static void emit(void *io, const char *command, const char *format, ...) {
	(void)io, CHECK(strcmp(command, "RESTORE") == 0 && strcmp(format, "slb") == 0);
	va_list more;
	va_start(more, format);
	CHECK(va_arg(more, void *) == (void *)key);
	CHECK(va_arg(more, long long) == 0);
	const unsigned char *at = va_arg(more, unsigned char *);
	CHECK(va_arg(more, size_t) == 10 + 9 + 11);
	va_end(more);
	CHECK(at[0] == 7 && at[1] == 0x81 && memcmp(at + 10, "123456789", 9) == 0 && at[19] == 0 && at[20] == 9);
	emitted++;
}

static void functions(int old) {
	uintptr_t table[RM_STRUCT_FUNCTIONS] = {
		(uintptr_t)load_unsigned, (uintptr_t)load_signed, (uintptr_t)load_double, (uintptr_t)load_float, (uintptr_t)load_buffer,
		(uintptr_t)save_unsigned, (uintptr_t)save_signed, (uintptr_t)save_double, (uintptr_t)save_float, (uintptr_t)save_buffer,
		(uintptr_t)is_error, (uintptr_t)log_error, old ? 0 : (uintptr_t)io_key, old ? 0 : (uintptr_t)io_db, (uintptr_t)text_of,
		(uintptr_t)free_text, (uintptr_t)some, (uintptr_t)some_cleared, (uintptr_t)some_again, (uintptr_t)give_back,
		(uintptr_t)size_of, (uintptr_t)digest_long, (uintptr_t)digest_buffer, (uintptr_t)digest_end, (uintptr_t)moved,
		(uintptr_t)should_stop, (uintptr_t)set_cursor, (uintptr_t)get_cursor, (uintptr_t)dumped, (uintptr_t)emit,
	};
	uintptr_t *exact = malloc(sizeof table);
	memcpy(exact, table, sizeof table);
	rm_struct_functions(exact);
	free(exact);
}

enum { LOAD = 1, SAVE, REWRITE, USAGE, DIGEST, FREE, EFFORT, COPY, DEFRAG, USAGE2, COPY2 };

static void rewind_items(int keep) {
	for (int i = keep; i < stream->n; i++) free(stream->items[i].at);
	stream->n = keep;
	stream->next = stream->error = 0;
}

static uint64_t sum_of(const uintptr_t *f, void *value) {
	digest_sum = 0;
	((void (*)(void *, void *))f[DIGEST])(NULL, value);
	return digest_sum;
}

void drive_structs(void) {
	static const uint64_t half = 0x3fe0000000000000;
	struct rm_struct_field list[14], *exact = malloc(sizeof list);
	uint32_t at = 0;
	for (uint32_t k = 0; k < 14; k++) {
		list[k] = (struct rm_struct_field){.kind = k, .offset = at};
		if (k <= RM_FIELD_FLOAT64) list[k].value = k == RM_FIELD_FLOAT64 ? half : k == RM_FIELD_FLOAT32 ? 0x3f000000 : k + 1;
		if (k == RM_FIELD_FIXED) list[k].element = 16;
		if (k == RM_FIELD_ARRAY) list[k].element = RM_FIELD_UINT32;
		if (k >= RM_FIELD_FLOAT32) list[k].since = 2;
		at += k == RM_FIELD_FIXED || k >= RM_FIELD_BYTES ? 16 : 8;
	}
	stream = calloc(1, sizeof *stream);
	key = malloc(sizeof *key + 2000);
	key->len = 2000;
	memset(key->at, '\n', 2000);
	functions(0);
	memcpy(exact, list, sizeof list);
	char name[] = "drivenABC";
	const uintptr_t *answer = rm_struct_new(name, 2, at, 14, exact);
	uintptr_t f[1 + RM_STRUCT_CALLBACKS];
	memcpy(f, answer, sizeof f);
	free(exact);
	struct rm_struct_head *head = (struct rm_struct_head *)f[0];
	head->type = (void *)1;
	void *(*load)(void *, int) = (void *(*)(void *, int))f[LOAD];
	void (*save)(void *, void *) = (void (*)(void *, void *))f[SAVE];
	void (*release)(void *) = (void (*)(void *))f[FREE];

	// What is read: numbers, an ID, a text, an array, and 200 texts of which each third is empty.
	for (int i = 0; i < 8; i++) put('u', i == 0 ? (uint64_t)-3 : (uint64_t)i, 0, NULL, 0);
	put('f', 0, 1.5, NULL, 0);
	put('d', 0, 2.5, NULL, 0);
	put('s', 0, 0, "0123456789abcdef", 16);
	put('s', 0, 0, "bytes", 5);
	put('s', 0, 0, "\1\0\0\0\2\0\0\0", 8);
	put('u', 200, 0, NULL, 0);
	for (int i = 0; i < 200; i++) put('s', 0, 0, "text", i % 3 == 0 ? 0 : 4);
	int all = stream->n;
	void *value = load(NULL, 2);
	CHECK(value != NULL && stream->next == all && head->count == 1);
	uint64_t sum = sum_of(f, value);
	save(NULL, value);
	CHECK(stream->n == 2 * all);
	stream->next = all;
	void *again = load(NULL, 2);
	CHECK(again != NULL && sum_of(f, again) == sum && head->count == 2);
	rewind_items(all);

	size_t usage = ((size_t (*)(const void *))f[USAGE])(value);
	CHECK(usage == ((size_t (*)(void *, const void *, size_t))f[USAGE2])(NULL, value, 0));
	CHECK(usage == 100 * ((size_t (*)(void *, const void *))f[EFFORT])(NULL, value) - 100 * 67); // the empty ones have no block
	CHECK(((size_t (*)(void *, const void *, size_t))f[USAGE2])(NULL, value, 6) > 500);
	void *copy = ((void *(*)(void *, void *, const void *))f[COPY])(NULL, NULL, value);
	void *copy2 = ((void *(*)(void *, const void *))f[COPY2])(NULL, copy);
	CHECK(sum_of(f, copy) == sum && sum_of(f, copy2) == sum);
	release(copy);
	CHECK(sum_of(f, copy2) == sum);
	int (*defrag)(void *, void *, void **) = (int (*)(void *, void *, void **))f[DEFRAG];
	for (stops = 0; stops < 2; stops++) {
		int rounds = 1;
		cursor = 0;
		while (defrag(NULL, NULL, &copy2)) rounds++;
		CHECK(rounds == (stops ? 4 : 1) && sum_of(f, copy2) == sum);
	}
	// A list that has become shorter since the cursor was set.
	defrag(NULL, NULL, &copy2);
	cursor = (unsigned long)13 << 32 | 5000;
	CHECK(defrag(NULL, NULL, &copy2) == 0);
	((void (*)(void *, void *, void *))f[REWRITE])(NULL, key, value);
	CHECK(emitted == 1);
	release(copy2);
	release(again);
	release(value);
	CHECK(head->count == 0 && blocks == 0);

	// An earlier version, and a later one.
	value = load(NULL, 1);
	CHECK(value != NULL && stream->next == 8);
	double filled;
	memcpy(&filled, (char *)value + list[RM_FIELD_FLOAT64].offset, sizeof filled);
	CHECK(filled == 0.5);
	release(value);
	CHECK(load(NULL, 3) == NULL && strstr(said, "later one") != NULL);

	// Cut short anywhere, of another kind, with another length or number.
	for (int i = 0; i < all; i++) {
		struct item before = stream->items[i];
		for (int how = 0; how < 5; how++) {
			struct item *it = &stream->items[i];
			int n = stream->n;
			functions(how == 1);
			stream->next = stream->error = 0;
			switch (how) {
			case 0:
				stream->n = i;
				break;
			case 1:
				it->kind = '?';
				break;
			case 2:
				it->n = UINT64_MAX / 2;
				break;
			case 3:
				it->n = UINT32_MAX;
				break;
			case 4:
				if (it->kind == 's' && it->len > 0) it->len--;
			}
			value = load(NULL, 2);
			if (value != NULL) {
				CHECK(how > 1);
				release(value);
			}
			CHECK(blocks == 0 && head->count == 0);
			*it = before;
			stream->n = n;
		}
	}
	rewind_items(0);

	// As many types as there can be; those of a load that is over are used again.
	exact = malloc(sizeof list);
	memcpy(exact, list, sizeof list);
	for (int i = 1; i < RM_STRUCTS; i++) {
		answer = rm_struct_new(name, i, at, 14, exact);
		CHECK(answer != NULL && answer[0] != f[0]);
		((struct rm_struct_head *)answer[0])->type = (void *)1;
	}
	CHECK(rm_struct_new(name, 0, at, 14, exact) == NULL);
	head->type = NULL;
	answer = rm_struct_new(name, 0, at, 14, exact);
	CHECK(answer != NULL && answer[0] == f[0]);
	free(exact);
	free(key);
	free(stream);
}
