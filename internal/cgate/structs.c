// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Data types whose values are structs in memory of the server's, described by a list of
// fields. The server's callbacks for them are here: a save runs in a forked child where
// Go need not be able to run, and values are freed on any thread, with nothing but the
// server's functions. Go makes the values and changes them (rm/struct_*.go), on the
// server's thread or under its lock.
//
// A callback is not told of which type a value is, so each type has functions of its
// own: SLOT below.

#include <stdlib.h>
#include <string.h>

#include "cgate.h"
#include "structs.h"

struct rm_struct_api rm_struct_api;
#define api rm_struct_api

typedef struct rm_struct_block block;
typedef struct rm_struct_field field;

static struct type {
	struct rm_struct_head head; // first: Go knows where it is
	char name[10];
	int version;
	size_t size;
	uint64_t id; // the name and the version, as the server writes them
	uint32_t n;
	field *fields;
} types[RM_STRUCTS];

static unsigned taken; // the next of them; the last load's can be used again

static uint64_t crc_table[256];

void rm_struct_functions(const uintptr_t *functions) {
	_Static_assert(sizeof api == RM_STRUCT_FUNCTIONS * sizeof(uintptr_t), "core.structFuncs has another length");
	for (size_t i = 0; i < RM_STRUCT_FUNCTIONS; i++) ((uintptr_t *)&api)[i] = functions[i];
	for (uint64_t i = 0; i < 256; i++) { // the polynomial of Jones, reflected
		uint64_t c = i;
		for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0x95ac9329ac4bc9b5 : c >> 1;
		crc_table[i] = c;
	}
}

static inline block *block_at(const field *f, char *value) { return (block *)(value + f->offset); }

static size_t width(uint32_t kind) {
	switch (kind) {
	case RM_FIELD_INT8:
	case RM_FIELD_UINT8:
	case RM_FIELD_BYTES:
		return 1;
	case RM_FIELD_INT16:
	case RM_FIELD_UINT16:
		return 2;
	case RM_FIELD_INT32:
	case RM_FIELD_UINT32:
	case RM_FIELD_FLOAT32:
		return 4;
	case RM_FIELD_TEXTS:
		return sizeof(block);
	default:
		return 8;
	}
}

// element_width is the size of an element of a block, 0 for fields that have none.
static size_t element_width(const field *f) {
	switch (f->kind) {
	case RM_FIELD_BYTES:
	case RM_FIELD_TEXTS:
		return width(f->kind);
	case RM_FIELD_ARRAY:
		return width(f->element);
	}
	return 0;
}

static int64_t get_signed(uint32_t kind, const char *at) {
	int8_t a;
	int16_t b;
	int32_t c;
	int64_t d;
	switch (kind) {
	case RM_FIELD_INT8:
		return memcpy(&a, at, sizeof a), a;
	case RM_FIELD_INT16:
		return memcpy(&b, at, sizeof b), b;
	case RM_FIELD_INT32:
		return memcpy(&c, at, sizeof c), c;
	}
	return memcpy(&d, at, sizeof d), d;
}

static uint64_t get_unsigned(uint32_t kind, const char *at) {
	uint8_t a;
	uint16_t b;
	uint32_t c;
	uint64_t d;
	switch (kind) {
	case RM_FIELD_UINT8:
		return memcpy(&a, at, sizeof a), a;
	case RM_FIELD_UINT16:
		return memcpy(&b, at, sizeof b), b;
	case RM_FIELD_UINT32:
		return memcpy(&c, at, sizeof c), c;
	}
	return memcpy(&d, at, sizeof d), d;
}

// put writes the low bytes of a number, and tells whether it fits.
static int put_number(uint32_t kind, char *at, uint64_t n) {
	uint8_t a = (uint8_t)n;
	uint16_t b = (uint16_t)n;
	uint32_t c = (uint32_t)n;
	switch (width(kind)) {
	case 1:
		memcpy(at, &a, sizeof a);
		break;
	case 2:
		memcpy(at, &b, sizeof b);
		break;
	case 4:
		memcpy(at, &c, sizeof c);
		break;
	default:
		memcpy(at, &n, sizeof n);
	}
	if (kind <= RM_FIELD_INT64) return get_signed(kind, at) == (int64_t)n;
	return get_unsigned(kind, at) == n;
}

// What is saved of arrays is little-endian.
static void little_endian(char *at, size_t n, size_t size) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	for (size_t i = 0; i < n; i++, at += size)
		for (size_t j = 0; j < size / 2; j++) {
			char c = at[j];
			at[j] = at[size - 1 - j];
			at[size - 1 - j] = c;
		}
#else
	(void)at, (void)n, (void)size;
#endif
}

static void release_block(const field *f, block *b) {
	if (f->kind == RM_FIELD_TEXTS)
		for (uint32_t i = 0; i < b->len; i++)
			if (((block *)b->at)[i].at != NULL) api.free(((block *)b->at)[i].at);
	if (b->at != NULL) api.free(b->at);
}

static void release(struct type *t, char *value) {
	_Static_assert(RM_FIELD_FIXED < RM_FIELD_BYTES && RM_FIELD_BYTES < RM_FIELD_ARRAY && RM_FIELD_ARRAY < RM_FIELD_TEXTS, "fields with blocks come last");
	for (const field *f = t->fields, *end = f + t->n; f < end; f++)
		if (f->kind >= RM_FIELD_BYTES) release_block(f, block_at(f, value));
	api.free(value);
	__atomic_sub_fetch(&t->head.count, 1, __ATOMIC_RELAXED);
}

static void defaults(struct type *t, char *value) {
	for (uint32_t i = 0; i < t->n; i++) {
		const field *f = &t->fields[i];
		if (f->value == 0) continue;
		if (f->kind == RM_FIELD_FLOAT32) {
			uint32_t bits = (uint32_t)f->value;
			memcpy(value + f->offset, &bits, sizeof bits);
		} else {
			put_number(f->kind == RM_FIELD_FLOAT64 ? RM_FIELD_UINT64 : f->kind, value + f->offset, f->value);
		}
	}
}

// Loading. What is read may be damaged or made by an enemy.

static const char CANNOT_READ[] = "the server could not read it";

static const char *load_bytes(void *io, block *b) {
	size_t len = 0;
	char *at = api.load_buffer(io, &len);
	if (at == NULL) return CANNOT_READ;
	if (len == 0 || len > UINT32_MAX) {
		api.free(at);
		return len == 0 ? NULL : "a text is too long";
	}
	b->at = at;
	b->len = b->room = (uint32_t)len;
	return NULL;
}

static const char *load_array(const field *f, void *io, block *b) {
	size_t size = element_width(f), len = 0;
	char *at = api.load_buffer(io, &len);
	if (at == NULL) return CANNOT_READ;
	if (len == 0 || len % size != 0 || len / size > UINT32_MAX) {
		api.free(at);
		return len == 0 ? NULL : "an array has another length";
	}
	b->at = at;
	b->len = b->room = (uint32_t)(len / size);
	little_endian(b->at, b->len, size);
	return NULL;
}

static const char *load_texts(void *io, block *b) {
	uint64_t n = api.load_unsigned(io);
	if (n > UINT32_MAX) return "a list of texts is too long";
	// The list grows as the texts come: a length alone allocates nothing.
	for (uint64_t i = 0; i < n; i++) {
		if (b->len == b->room) {
			uint64_t room = b->room == 0 ? 4 : 2 * (uint64_t)b->room;
			if (room > n) room = n;
			b->at = api.realloc(b->at, room * sizeof(block));
			b->room = (uint32_t)room;
		}
		block *text = &((block *)b->at)[b->len];
		memset(text, 0, sizeof *text);
		b->len++;
		const char *why = load_bytes(io, text);
		if (why != NULL) return why;
	}
	return NULL;
}

static const char *load_fixed(const field *f, void *io, char *to) {
	size_t len = 0;
	char *at = api.load_buffer(io, &len);
	if (at == NULL) return CANNOT_READ;
	int fits = len == f->element;
	if (fits) memcpy(to, at, len);
	api.free(at);
	return fits ? NULL : "a text of a fixed length has another length";
}

static const char *load_field(const field *f, void *io, char *value) {
	char *to = value + f->offset;
	float small;
	double large;
	switch (f->kind) {
	case RM_FIELD_FLOAT32:
		small = api.load_float(io);
		memcpy(to, &small, sizeof small);
		return NULL;
	case RM_FIELD_FLOAT64:
		large = api.load_double(io);
		memcpy(to, &large, sizeof large);
		return NULL;
	case RM_FIELD_FIXED:
		return load_fixed(f, io, to);
	case RM_FIELD_BYTES:
		return load_bytes(io, block_at(f, value));
	case RM_FIELD_ARRAY:
		return load_array(f, io, block_at(f, value));
	case RM_FIELD_TEXTS:
		return load_texts(io, block_at(f, value));
	}
	uint64_t n = f->kind <= RM_FIELD_INT64 ? (uint64_t)api.load_signed(io) : api.load_unsigned(io);
	return put_number(f->kind, to, n) ? NULL : "a number is out of range";
}

// closed is why nothing is loaded or saved of a type that is closed: nobody would be there to load what is saved.
static const char closed[] = "the module is not loaded yet, or is not any more";

static void refuse(struct type *t, void *io, const char *field_name, const char *why) {
	size_t len = 0;
	const char *key = NULL;
	const void *s = api.io_key != NULL ? api.io_key(io) : NULL;
	if (s != NULL) key = api.string_ptr_len(s, &len);
	if (key == NULL) {
		api.log_io_error(io, "warning", "data type %s: Load: %s%s", t->name, field_name, why);
		return;
	}
	if (len > 1000) len = 1000;
	char shown[1001];
	for (size_t i = 0; i < len; i++) shown[i] = key[i] >= ' ' && key[i] < 127 ? key[i] : '?';
	shown[len] = 0;
	api.log_io_error(io, "warning", "data type %s: Load of key \"%s\" in database %d: %s%s", t->name, shown,
		api.io_db != NULL ? api.io_db(io) : -1, field_name, why);
}

static void *load(struct type *t, void *io, int version) {
	if (t->head.closed) {
		refuse(t, io, "", closed);
		return NULL;
	}
	if (version > t->version) {
		refuse(t, io, "", "the encoding version is a later one: this module is older than what has saved the value");
		return NULL;
	}
	char *value = api.calloc(1, t->size);
	__atomic_add_fetch(&t->head.count, 1, __ATOMIC_RELAXED);
	defaults(t, value);
	const char *why = NULL;
	char name[64];
	uint32_t i;
	for (i = 0; i < t->n && why == NULL; i++) {
		if (t->fields[i].since > version) continue;
		why = load_field(&t->fields[i], io, value);
		if (why == NULL && api.is_io_error(io)) why = CANNOT_READ;
	}
	if (why == NULL) {
		if (t->head.check == NULL || t->head.check(io, value)) return value;
		release(t, value); // the log has why
		return NULL;
	}
	// Which field it is, by its number: the names are Go's.
	size_t at = sizeof name - 1;
	name[at] = 0;
	name[--at] = ' ';
	name[--at] = ':';
	do name[--at] = (char)('0' + i % 10);
	while ((i /= 10) > 0);
	at -= 6;
	memcpy(name + at, "field ", 6);
	refuse(t, io, name + at, why);
	release(t, value);
	return NULL;
}

// Saving.

static void save_array(const field *f, void *io, const block *b) {
	size_t size = element_width(f), len = b->len * size;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	if (size > 1 && len > 0) {
		char *copy = malloc(len);
		if (copy == NULL) abort(); // as the server does
		memcpy(copy, b->at, len);
		little_endian(copy, b->len, size);
		api.save_buffer(io, copy, len);
		free(copy);
		return;
	}
#endif
	api.save_buffer(io, b->len > 0 ? b->at : "", len);
}

static void save_bytes(void *io, const block *b) { api.save_buffer(io, b->len > 0 ? b->at : "", b->len); }

static void save_field(const field *f, void *io, char *value) {
	const char *at = value + f->offset;
	const block *b = (const block *)at;
	float small;
	double large;
	switch (f->kind) {
	case RM_FIELD_FLOAT32:
		memcpy(&small, at, sizeof small);
		api.save_float(io, small);
		return;
	case RM_FIELD_FLOAT64:
		memcpy(&large, at, sizeof large);
		api.save_double(io, large);
		return;
	case RM_FIELD_FIXED:
		api.save_buffer(io, at, f->element);
		return;
	case RM_FIELD_BYTES:
		save_bytes(io, b);
		return;
	case RM_FIELD_ARRAY:
		save_array(f, io, b);
		return;
	case RM_FIELD_TEXTS:
		api.save_unsigned(io, b->len);
		for (uint32_t i = 0; i < b->len; i++) save_bytes(io, &((const block *)b->at)[i]);
		return;
	}
	if (f->kind <= RM_FIELD_INT64) {
		api.save_signed(io, get_signed(f->kind, at));
	} else {
		api.save_unsigned(io, get_unsigned(f->kind, at));
	}
}

// spoil makes what is written fail. A read fails here and marks all of it as failed: rm/type_save.go.
static void spoil(struct type *t, void *io, const char *why) {
	api.log_io_error(io, "warning", "data type %s: a value could not be written: %s", t->name, why);
	api.load_unsigned(io);
	if (!api.is_io_error(io) && rm_in_child) rm_end_child();
}

static void save(struct type *t, void *io, void *value) {
	if (t->head.closed) {
		spoil(t, io, closed);
		return;
	}
	for (uint32_t i = 0; i < t->n; i++) save_field(&t->fields[i], io, value);
}

static char *little(char *at, uint64_t n, int bytes) {
	for (int i = 0; i < bytes; i++) *at++ = (char)(n >> 8 * i);
	return at;
}

// rewrite writes a RESTORE command, of what DUMP would return.
static void rewrite(struct type *t, void *io, void *key, void *value) {
	if (t->head.closed) {
		spoil(t, io, closed);
		return;
	}
	size_t len = 0, at = 0;
	void *saved = api.dump(NULL, value, t->head.type);
	const char *text = saved != NULL ? api.string_ptr_len(saved, &len) : NULL;
	char *payload = text != NULL ? malloc(len + 21) : NULL;
	if (payload == NULL) {
		if (saved != NULL) api.free_string(NULL, saved);
		spoil(t, io, "there is nothing for the AOF");
		return;
	}
	payload[at++] = 7; // a module's value, with the kind of each item
	payload[at++] = (char)0x81; // 64 bits follow, the highest first
	for (int i = 7; i >= 0; i--) payload[at++] = (char)(t->id >> 8 * i);
	memcpy(payload + at, text, len);
	at += len;
	payload[at++] = 0; // the end of the items
	at = (size_t)(little(payload + at, 9, 2) - payload); // the version of Redis 5.0's files
	uint64_t crc = 0;
	for (size_t i = 0; i < at; i++) crc = crc_table[(uint8_t)crc ^ (uint8_t)payload[i]] ^ crc >> 8;
	at = (size_t)(little(payload + at, crc, 8) - payload);
	api.emit_aof(io, "RESTORE", "slb", key, (long long)0, payload, at);
	free(payload);
	api.free_string(NULL, saved);
}

static void digest_bytes(void *d, const block *b) { api.digest_buffer(d, b->len > 0 ? b->at : "", b->len); }

static void digest(struct type *t, void *d, char *value) {
	for (uint32_t i = 0; i < t->n; i++) {
		const field *f = &t->fields[i];
		const block *b = block_at(f, value);
		const char *at = value + f->offset;
		switch (f->kind) {
		case RM_FIELD_FLOAT32:
			api.digest_buffer(d, at, 4);
			break;
		case RM_FIELD_FLOAT64:
			api.digest_buffer(d, at, 8);
			break;
		case RM_FIELD_FIXED:
			api.digest_buffer(d, at, f->element);
			break;
		case RM_FIELD_BYTES:
			digest_bytes(d, b);
			break;
		case RM_FIELD_ARRAY:
			api.digest_buffer(d, b->len > 0 ? b->at : "", b->len * element_width(f));
			break;
		case RM_FIELD_TEXTS:
			api.digest_long(d, b->len);
			for (uint32_t j = 0; j < b->len; j++) digest_bytes(d, &((const block *)b->at)[j]);
			break;
		default:
			api.digest_long(d, f->kind <= RM_FIELD_INT64 ? (long long)get_signed(f->kind, at) : (long long)get_unsigned(f->kind, at));
		}
	}
	api.digest_end(d);
}

static void copy_block(block *b, size_t size) {
	char *at = NULL;
	if (b->len > 0) {
		at = api.alloc(b->len * size);
		memcpy(at, b->at, b->len * size);
	}
	b->at = at;
	b->room = b->len;
}

static void *copy(struct type *t, const char *value) {
	char *made = api.alloc(t->size);
	__atomic_add_fetch(&t->head.count, 1, __ATOMIC_RELAXED);
	memcpy(made, value, t->size);
	for (uint32_t i = 0; i < t->n; i++) {
		const field *f = &t->fields[i];
		if (element_width(f) == 0) continue;
		block *b = block_at(f, made);
		copy_block(b, element_width(f));
		if (f->kind == RM_FIELD_TEXTS)
			for (uint32_t j = 0; j < b->len; j++) copy_block(&((block *)b->at)[j], 1);
	}
	return made;
}

// usage is the memory of a value. Of many texts it looks at as many as samples says, 0
// for all.
static size_t usage(struct type *t, const char *value, size_t samples) {
	size_t sum = api.malloc_size((void *)value);
	for (uint32_t i = 0; i < t->n; i++) {
		const field *f = &t->fields[i];
		const block *b = block_at(f, (char *)value);
		if (element_width(f) == 0 || b->at == NULL) continue;
		sum += api.malloc_size(b->at);
		if (f->kind != RM_FIELD_TEXTS || b->len == 0) continue;
		size_t looked = samples == 0 || samples > b->len ? b->len : samples, texts = 0;
		for (size_t j = 0; j < looked; j++)
			if (((const block *)b->at)[j].at != NULL) texts += api.malloc_size(((const block *)b->at)[j].at);
		sum += (size_t)((double)texts / (double)looked * (double)b->len);
	}
	return sum;
}

// effort is how many blocks there are to free.
static size_t effort(struct type *t, const char *value) {
	size_t blocks = 1;
	for (uint32_t i = 0; i < t->n; i++) {
		const field *f = &t->fields[i];
		const block *b = block_at(f, (char *)value);
		if (element_width(f) == 0 || b->at == NULL) continue;
		blocks += f->kind == RM_FIELD_TEXTS ? 1 + (size_t)b->len : 1;
	}
	return blocks;
}

static void move(void *d, char **at) {
	char *moved = *at != NULL ? api.defrag_alloc(d, *at) : NULL;
	if (moved != NULL) *at = moved;
}

// defrag moves the blocks of a value. A value with many texts is worked on piece by
// piece: the cursor is the number of a field, and of the text in it that is next.
static int defrag(struct type *t, void *d, char **value) {
	unsigned long cursor = 0;
	if (api.defrag_cursor_get(d, &cursor) != 0) cursor = 0;
	if (cursor == 0) move(d, value);
	for (uint32_t i = (uint32_t)(cursor >> 32); i < t->n; i++) {
		const field *f = &t->fields[i];
		if (element_width(f) == 0) continue;
		block *b = block_at(f, *value);
		uint32_t from = i == (uint32_t)(cursor >> 32) ? (uint32_t)cursor : 0;
		if (from == 0) move(d, &b->at);
		if (f->kind != RM_FIELD_TEXTS) continue;
		for (uint32_t j = from; j < b->len; j++) {
			move(d, &((block *)b->at)[j].at);
			if (j % 64 == 63 && api.defrag_should_stop(d) && api.defrag_cursor_set(d, (unsigned long)i << 32 | (j + 1)) == 0) return 1;
		}
	}
	return 0;
}

// The functions of each type.
#define SLOT(n) \
	static void *load_##n(void *io, int version) { return load(&types[0x##n], io, version); } \
	static void save_##n(void *io, void *value) { save(&types[0x##n], io, value); } \
	static void rewrite_##n(void *io, void *key, void *value) { rewrite(&types[0x##n], io, key, value); } \
	static size_t usage_##n(const void *value) { return usage(&types[0x##n], value, 0); } \
	static void digest_##n(void *d, void *value) { digest(&types[0x##n], d, value); } \
	static void free_##n(void *value) { release(&types[0x##n], value); } \
	static size_t effort_##n(void *key, const void *value) { return (void)key, effort(&types[0x##n], value); } \
	static void *copy_##n(void *from, void *to, const void *value) { return (void)from, (void)to, copy(&types[0x##n], value); } \
	static int defrag_##n(void *d, void *key, void **value) { return (void)key, defrag(&types[0x##n], d, (char **)value); } \
	static size_t usage2_##n(void *key, const void *value, size_t samples) { return (void)key, usage(&types[0x##n], value, samples); } \
	static void *copy2_##n(void *key, const void *value) { return (void)key, copy(&types[0x##n], value); }
#define ROW(n) \
	{(uintptr_t)load_##n, (uintptr_t)save_##n, (uintptr_t)rewrite_##n, (uintptr_t)usage_##n, (uintptr_t)digest_##n, (uintptr_t)free_##n, \
		(uintptr_t)effort_##n, (uintptr_t)copy_##n, (uintptr_t)defrag_##n, (uintptr_t)usage2_##n, (uintptr_t)copy2_##n},
#define ALL(X) \
	X(00) X(01) X(02) X(03) X(04) X(05) X(06) X(07) X(08) X(09) X(0A) X(0B) X(0C) X(0D) X(0E) X(0F) \
	X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(1A) X(1B) X(1C) X(1D) X(1E) X(1F)

ALL(SLOT)

static const uintptr_t callbacks[RM_STRUCTS][RM_STRUCT_CALLBACKS] = {ALL(ROW)};

// rm_struct_new makes a type, and returns its callbacks, and before those where its head is: NULL when
// there are too many. A type of a load that failed is used again when the others are.
const uintptr_t *rm_struct_new(const char *name, int version, uint64_t size, uint64_t n, const field *fields) {
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	static uintptr_t answer[1 + RM_STRUCT_CALLBACKS];
	struct type *t = NULL;
	for (unsigned i = 0; i < RM_STRUCTS && t == NULL; i++) {
		t = &types[(taken + i) % RM_STRUCTS];
		if (t->head.type != NULL || t->head.count != 0) t = NULL;
	}
	if (t == NULL) return NULL;
	field *list = malloc(n * sizeof *list);
	if (list == NULL) abort(); // as the server does
	memcpy(list, fields, n * sizeof *list);
	free(t->fields);
	taken = (unsigned)(t - types) + 1;
	*t = (struct type){.version = version, .size = size, .n = (uint32_t)n, .fields = list};
	for (int i = 0; i < 9; i++) {
		t->name[i] = name[i];
		t->id = t->id << 6 | (uint64_t)(strchr(letters, name[i]) - letters);
	}
	t->id = t->id << 10 | (uint64_t)version;
	answer[0] = (uintptr_t)&t->head;
	memcpy(answer + 1, callbacks[t - types], sizeof callbacks[0]);
	return answer;
}
