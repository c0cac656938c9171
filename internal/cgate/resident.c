// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The resident goroutine between two loads. An unloaded library stays in the process,
// and so does the goroutine, parked, in a system call. It is taken out of the call
// layer's state meanwhile: the thread is then one like any other. The next load runs
// on it as a callback, and leaves nothing on its stack.

#include <stddef.h>
#include <stdint.h>

#include "cgate.h"

enum { G, G0, TP, CELLS };

static uintptr_t *cells[CELLS];      // of the call layer's state
static uintptr_t *released;          // there too: whether it is in the system call
static uintptr_t resident[CELLS];    // what is in the cells of a loaded module
static uintptr_t nobody[CELLS];      // and of one that is not
static int (*load_again)(void *ctx, void *argv, intptr_t argc, uintptr_t get_api);
static void (*release)(void);
static int here; // it is in the state

static void set(const uintptr_t *values) {
	for (int i = 0; i < CELLS; i++) *cells[i] = values[i];
}

// rm_resident_parked is told at the first load whom to keep. state has the addresses
// of the cells and of the one that tells whether it is released; none has what the
// cells hold without it.
void rm_resident_parked(const uintptr_t *state, const uintptr_t *none, uintptr_t load, uintptr_t let_go) {
	for (int i = 0; i < CELLS; i++) {
		cells[i] = (uintptr_t *)state[i];
		resident[i] = *cells[i];
		nobody[i] = none[i];
	}
	released = (uintptr_t *)state[CELLS];
	load_again = (int (*)(void *, void *, intptr_t, uintptr_t))load;
	release = (void (*)(void))let_go;
	here = 1;
}

// rm_resident_leave takes it out of the state, when the module is unloaded. Not while
// a handler waits further down the stack: then it stays as it is.
void rm_resident_leave(void) {
	if (!here) return;
	release();
	if (!*released) return;
	set(nobody);
	*released = 0;
	here = 0;
}

// rm_resident_load loads the module on it: 0, 1, or RM_ORDINARY, when there is none or
// the load wants another mode.
int rm_resident_load(void *ctx, void *argv, int argc, uintptr_t get_api) {
	if (load_again == NULL) return RM_ORDINARY;
	set(resident);
	*released = 1;
	here = 1;
	int status = load_again(ctx, argv, argc, get_api);
	if (status != 0) rm_resident_leave();
	return status;
}
