// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The two symbols that the server looks up.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <setjmp.h>
#include <unistd.h>

#include "cgate.h"

extern char **environ;
extern int redismoduleOnLoad(void *ctx, void *argv, int argc, uintptr_t get_api);

static jmp_buf parked;
static uintptr_t unload;

uintptr_t rm_long_jump(void) { return (uintptr_t)longjmp; }
uintptr_t rm_jump_buffer(void) { return (uintptr_t)parked; }
// A server may load modules so that they find libc's own variable before the one
// that the program has in its place (RTLD_DEEPBIND): ask for the program's.
char **rm_environ(void) {
	void *program = dlopen(0, RTLD_LAZY);
	char ***e = program ? dlsym(program, "environ") : 0;
	return e ? *e : environ;
}
void rm_set_unload(uintptr_t trampoline) { unload = trampoline; }

// Says why a load fails, without Go. A library that is loaded already has its goroutine on this thread, and perhaps
// in the middle of a turn of the server's event loop, where no ordinary call into
// Go is possible: C answers alone.
static int refuse(void *ctx, const char *why) {
	int (*get_api)(const char *, void *) = *(int (**)(const char *, void *))ctx;
	void (*log)(void *, const char *, const char *, ...) = 0;
	if (get_api("RedisModule_Log", &log) == 0 && log)
		log(ctx, "warning", "load failed: %s", why);
	return 1;
}

// When the module runs resident for the first time, redismoduleOnLoad does not
// return: its goroutine stays behind and jumps back here. Later loads run on that
// goroutine.
__attribute__((visibility("default"))) int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
	char why[4096 + 512];
	if (unload != 0) return refuse(ctx, "the library of a module that is loaded already");
	if (rm_build_check(why, sizeof why)) return refuse(ctx, why);
	uintptr_t lo, hi;
	rm_signal_stack(); // before this thread's first call into Go
	rm_stack_bounds(&lo, &hi);
	// The first word of the context is the server's GetApi.
	rm_signals_server(*(uintptr_t *)ctx);
	int failed = rm_resident_load(ctx, argv, argc, *(uintptr_t *)ctx);
	if (failed == RM_ORDINARY) {
		if (_setjmp(parked) != 0) return 0;
		failed = redismoduleOnLoad(ctx, argv, argc, *(uintptr_t *)ctx);
	}
	if (failed) unload = 0;
	return failed;
}

__attribute__((visibility("default"))) int RedisModule_OnUnload(void *ctx) {
	if (unload == 0) return 0;
	int refused = (int)((uintptr_t (*)(void *))unload)(ctx);
	if (!refused) {
		unload = 0;
		rm_resident_leave();
	}
	return refused;
}
