// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Callbacks on the server's thread that come on another stack than its own.

#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "cgate.h"

static void (*server_log)(void *, const char *, const char *, ...);
static int (*reply_error)(void *, const char *);
static const unsigned char *commands; // by number, 1: the callback is a command's

void rm_odd_stack_settle(uintptr_t log, uintptr_t reply, const void *table) {
	server_log = (void (*)(void *, const char *, const char *, ...))log;
	reply_error = (int (*)(void *, const char *))reply;
	commands = table;
}

// rm_odd_stack answers callback i, whose first argument is a0. On the signal stack
// the server writes a crash report: nothing is done. Everywhere else it is a
// coroutine of a C module, where Go cannot run: its runtime knows the thread's own
// stack only.
uintptr_t rm_odd_stack(uintptr_t a0, uintptr_t i) {
	static const char text[] = "ERR Go code was called on a stack that is not the thread's own";
	stack_t now;
	if (sigaltstack(NULL, &now) != 0 || (now.ss_flags & SS_ONSTACK)) return 0;
	if (server_log != NULL)
		server_log(NULL, "warning", "redismodule: a callback in Go was called on a stack that is not the thread's own "
			"(a coroutine of another module?): it is not run");
	if (reply_error != NULL && commands != NULL && commands[i]) reply_error((void *)a0, text);
	return 0;
}

// rm_log_crash writes to the log what to try, before the crash report. The name of our threads is
// "go-" and the module's.
void rm_log_crash(void) {
	static volatile int told;
	const char *name = rm_threads_our_name();
	if (server_log == NULL || told) return;
	told = 1;
	server_log(NULL, "warning", "%s: the server crashes in a function that the module has called. A context, an argument, a string or a "
		"reply that is used after its callback does this; a build of the module with -tags rm_debug tells the line that did it",
		name[0] != 0 ? name : "redismodule");
}
