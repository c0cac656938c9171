// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The two symbols that the server looks up.

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "cgate.h"

extern int redismoduleOnLoad(void *ctx, void *argv, int argc, uintptr_t get_api);

static jmp_buf parked;
static uintptr_t unload;

uintptr_t rm_long_jump(void) { return (uintptr_t)longjmp; }
uintptr_t rm_jump_buffer(void) { return (uintptr_t)parked; }
void rm_set_unload(uintptr_t trampoline) { unload = trampoline; }

// rm_log writes a line to the server's log, where Go does not run yet.
void rm_log(void *ctx, const char *format, ...) {
	// The first word of the context is the server's GetApi.
	int (*get_api)(const char *, void *) = *(int (**)(const char *, void *))ctx;
	void (*log)(void *, const char *, const char *, ...) = 0;
	char line[512];
	va_list more;
	va_start(more, format);
	vsnprintf(line, sizeof line, format, more);
	va_end(more);
	if (get_api("RedisModule_Log", &log) == 0 && log) log(ctx, "warning", "%s", line);
}

static int refuse(void *ctx, const char *why) {
	rm_log(ctx, "load failed: %s", why);
	return 1;
}

static int (*idle)(void); // NULL in portable mode
static int loading;       // a load is under way

void rm_set_idle(uintptr_t fn) { idle = (int (*)(void))fn; }

// When the module runs resident for the first time, redismoduleOnLoad does not
// return: its goroutine stays behind and jumps back here. Later loads run on that
// goroutine. It gives its P away at once: the server may sleep next.
__attribute__((visibility("default"))) int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
	// A library that is loaded already has its goroutine on this thread, and perhaps
	// in the middle of a turn of the server's event loop, where no ordinary call into
	// Go is possible: C answers alone.
	if (unload != 0) return refuse(ctx, "the library of a module that is loaded already");
	if (loading) return refuse(ctx, "the library of a module that is being loaded: it, or a module that it loads, has asked for it");
	char other[4096 + 512];
	if (rm_build_check(other, sizeof other)) return refuse(ctx, other);
	const char *why = rm_start(ctx);
	if (why != 0) return refuse(ctx, why);
	// The resident goroutine of an earlier load is on the server's thread. This may be
	// another one, which holds the server's lock.
	int known = rm_main_hi != 0, here = rm_on_main_thread();
	uintptr_t lo, hi;
	rm_signal_stack(); // before this thread's first call into Go
	rm_stack_bounds(&lo, &hi);
	rm_signals_server(*(uintptr_t *)ctx);
	loading = 1;
	int failed = !known || here ? rm_resident_load(ctx, argv, argc, *(uintptr_t *)ctx) : RM_ORDINARY;
	if (failed == RM_ORDINARY) {
		if (_setjmp(parked) != 0) {
			loading = 0;
			rm_release();
			return 0;
		}
		failed = redismoduleOnLoad(ctx, argv, argc, *(uintptr_t *)ctx);
	}
	loading = 0;
	if (failed) unload = 0;
	return failed;
}

__attribute__((visibility("default"))) int RedisModule_OnUnload(void *ctx) {
	if (unload == 0) return 0;
	// The goroutine that lives on the server's thread can be sent away there only.
	if (idle != NULL && !rm_on_main_thread()) {
		rm_log(ctx, "%s", "unload refused: it was asked for on a thread that is not the server's");
		return 1;
	}
	// A module that unloads itself from one of its callbacks would come back into
	// what is not there any more.
	if (rm_nested != 0 || (idle != NULL && !idle())) {
		rm_log(ctx, "%s", "unload refused: a callback of the module is running");
		return 1;
	}
	int refused = (int)((uintptr_t (*)(void *))unload)(ctx);
	if (!refused) {
		unload = 0;
		rm_resident_leave();
	}
	return refused;
}
