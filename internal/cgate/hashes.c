// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Gets, sets and deletes any number of fields of a hash in one crossing. The server's
// functions are variadic, so they take them by the ten.

#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "cgate.h"

enum { TEN = 10 };
#define HASH_DELETE ((string)1) // REDISMODULE_HASH_DELETE

// ten are up to ten fields and what goes with each; the first field that is NULL ends
// them.
struct ten {
	string field[TEN];
	void *with[TEN];
};

#define ALL_OF(t)                                                                                             \
	(t)->field[0], (t)->with[0], (t)->field[1], (t)->with[1], (t)->field[2], (t)->with[2], (t)->field[3],       \
		(t)->with[3], (t)->field[4], (t)->with[4], (t)->field[5], (t)->with[5], (t)->field[6], (t)->with[6],      \
		(t)->field[7], (t)->with[7], (t)->field[8], (t)->with[8], (t)->field[9], (t)->with[9], (void *)NULL

static void part(struct ten *t, string const *fields, size_t n, size_t stride) {
	for (size_t i = 0; i < n; i++) t->field[i] = fields[i * stride];
	if (n < TEN) t->field[n] = NULL;
}

// rm_hash_get writes the values of n fields to out, and returns the server's status.
int rm_hash_get(void *key, string const *fields, uint64_t n, string *out) {
	struct ten t;
	memset(&t, 0, sizeof t);
	while (n > 0) {
		size_t count = n < TEN ? n : TEN;
		part(&t, fields, count, 1);
		for (size_t i = 0; i < count; i++) t.with[i] = &out[i];
		int status = rm_api.hash_get(key, 0, ALL_OF(&t));
		if (status != 0) return status;
		fields += count;
		out += count;
		n -= count;
	}
	return 0;
}

// FEW is how many words are copied to the stack, not to memory of their own.
enum { FEW = 256 };

// set_all sets n fields: with a stride of 2 words are fields and values in turn, with 1
// only fields, which are deleted. The words are copied first: the server may come back
// into Go, which can move them, and close the key. Then *open is not seq any more, and it
// ends. What the server returns is added up.
static long set_all(void *key, string const *words, uint64_t n, size_t stride, const volatile uint64_t *open, uint64_t seq, int flags) {
	string here[FEW], *copy = here;
	uint64_t all = n * stride;
	if (all > FEW) {
		copy = malloc(all * sizeof *copy);
		if (copy == NULL) abort(); // as the server does
	}
	memcpy(copy, words, all * sizeof *copy);
	struct ten t;
	memset(&t, 0, sizeof t);
	long sum = 0;
	for (string *p = copy; n > 0;) {
		size_t count = n < TEN ? n : TEN;
		part(&t, p, count, stride);
		for (size_t i = 0; i < count; i++) t.with[i] = stride == 2 ? p[2 * i + 1] : HASH_DELETE;
		sum += rm_api.hash_set(key, flags, ALL_OF(&t));
		p += count * stride;
		n -= count;
		if (*open != seq) break;
		// Nothing is left, and to delete more would make the key again.
		if (stride == 1 && n > 0 && rm_api.key_type(key) == 0) break;
	}
	if (copy != here) free(copy);
	return sum;
}

long rm_hash_set(void *key, string const *pairs, uint64_t n, const volatile uint64_t *open, uint64_t seq, uint64_t flags) {
	return set_all(key, pairs, n, 2, open, seq, (int)flags);
}

long rm_hash_delete(void *key, string const *fields, uint64_t n, const volatile uint64_t *open, uint64_t seq) {
	return set_all(key, fields, n, 1, open, seq, 0);
}
