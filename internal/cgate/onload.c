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

static void (*server_log)(void *, const char *, const char *, ...);

// say writes to the server's log.
static void say(void *ctx, const char *text) {
	if (server_log != 0) server_log(ctx, "warning", "%s", text);
}

// A library that is loaded already has its goroutine on this thread, and perhaps
// in the middle of a turn of the server's event loop, where no ordinary call into
// Go is possible: C answers alone.
static int refuse(void *ctx) {
	say(ctx, "load failed: the library of a module that is loaded already");
	return 1;
}

static int (*idle)(void); // NULL in portable mode

void rm_set_idle(uintptr_t fn) { idle = (int (*)(void))fn; }

// When the module runs resident, redismoduleOnLoad does not return: its
// goroutine stays behind and jumps back here, and gives its P away at once: the
// server may sleep next.
__attribute__((visibility("default"))) int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
	// The first word of the context is the server's GetApi.
	int (*get_api)(const char *, void *) = *(int (**)(const char *, void *))ctx;
	if (get_api("RedisModule_Log", &server_log) != 0) server_log = 0;
	if (unload != 0) return refuse(ctx);
	uintptr_t lo, hi;
	rm_signal_stack(); // before this thread's first call into Go
	rm_stack_bounds(&lo, &hi);
	rm_signals_server(*(uintptr_t *)ctx);
	if (_setjmp(parked) != 0) {
		rm_release();
		return 0;
	}
	int failed = redismoduleOnLoad(ctx, argv, argc, *(uintptr_t *)ctx);
	if (failed) unload = 0;
	return failed;
}

__attribute__((visibility("default"))) int RedisModule_OnUnload(void *ctx) {
	if (unload == 0) return 0;
	// A module that unloads itself from one of its callbacks would come back into
	// what is not there any more.
	if (rm_nested != 0 || (idle != NULL && !idle())) {
		say(ctx, "unload refused: a callback of the module is running");
		return 1;
	}
	int refused = (int)((uintptr_t (*)(void *))unload)(ctx);
	if (!refused) unload = 0;
	return refused;
}
