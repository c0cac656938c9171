// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The two symbols that the server looks up.

#include <setjmp.h>
#include <unistd.h>

#include "cgate.h"

extern char **environ;
extern int redismoduleOnLoad(void *ctx, void *argv, int argc, uintptr_t get_api);

static jmp_buf parked;
static uintptr_t unload;

uintptr_t rm_long_jump(void) { return (uintptr_t)longjmp; }
uintptr_t rm_jump_buffer(void) { return (uintptr_t)parked; }
char **rm_environ(void) { return environ; }
void rm_set_unload(uintptr_t trampoline) { unload = trampoline; }

// When the module runs resident, redismoduleOnLoad does not return: its
// goroutine stays behind and jumps back here.
__attribute__((visibility("default"))) int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
	unload = 0;
	uintptr_t lo, hi;
	rm_signal_stack(); // before this thread's first call into Go
	rm_stack_bounds(&lo, &hi);
	// The first word of the context is the server's GetApi.
	if (_setjmp(parked) == 0) return redismoduleOnLoad(ctx, argv, argc, *(uintptr_t *)ctx);
	return 0;
}

__attribute__((visibility("default"))) int RedisModule_OnUnload(void *ctx) {
	if (unload == 0) return 0;
	return (int)((uintptr_t (*)(void *))unload)(ctx);
}
