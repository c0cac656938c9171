// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

// A stand-in for the server's function lookup.

#include "ctest.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_API = 2048 };

static struct {
    char *name;
    uint64_t hash;
    uintptr_t addr;
} table[MAX_API];
static int used;
static int64_t found, missed;

static uint64_t hash(const char *name, uintptr_t len) {
    uint64_t h = len;
    for (uintptr_t i = 0; i < len; i++) h = h * 31 + (unsigned char)name[i];
    return h;
}

static int find(const char *name, uintptr_t len) {
    uint64_t h = hash(name, len);
    for (int i = 0; i < used; i++) {
        if (table[i].hash == h && strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0) return i;
    }
    return -1;
}

// Like the server's: 0 and the address, or 1 and *target as it was.
int ct_getapi(const char *name, void **target) {
    int i = find(name, strlen(name));
    if (i < 0) {
        missed++;
        return 1;
    }
    found++;
    *target = (void *)table[i].addr;
    return 0;
}

int ct_api_set(const char *name, uintptr_t len, uintptr_t addr) {
    int i = find(name, len);
    if (i < 0) {
        if (used == MAX_API) return 1;
        i = used++;
        table[i].name = (char *)ct_cstring(0, name, len);
        table[i].hash = hash(name, len);
    }
    table[i].addr = addr;
    return 0;
}

void ct_api_clear(void) {
    while (used > 0) free(table[--used].name);
    found = missed = 0;
}

void ct_api_counts(int64_t *hits, int64_t *misses) {
    *hits = found;
    *misses = missed;
}

// What OnLoad is given: only the first word is known to a module. The others are
// patterns, so that a write to them or a use of them is noticed in a debugger.
static struct {
    int (*getapi)(const char *, void **);
    word other[15];
} context;

uintptr_t ct_context(void) {
    context.getapi = ct_getapi;
    for (int i = 0; i < 15; i++) context.other[i] = 0xc0c0c0c0c0c0c0c0u;
    return (uintptr_t)&context;
}
