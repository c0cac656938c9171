// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// INFO, which the server also asks modules for while it writes a crash report: in a
// signal handler, or after an assertion that has failed, on whatever thread, with
// whatever locks held. Go is not entered there. A function that waits for what nobody
// gives any more would keep the server from ending.

#include <stddef.h>
#include <stdint.h>

#include "cgate.h"

typedef void (*info_function)(void *info, int for_crash_report);

static int (*server_register)(void *ctx, info_function f);
static info_function passed_on; // the server has one for each module

static void on_info(void *info, int for_crash_report) {
	if (!for_crash_report && rm_in_child == 0 && passed_on != NULL) passed_on(info, 0);
}

static int register_info(void *ctx, info_function f) {
	int status = server_register(ctx, f != NULL ? on_info : NULL);
	if (status == 0) passed_on = f;
	return status;
}

// rm_server_info returns what to call in place of the server's function.
uintptr_t rm_server_info(uintptr_t function) {
	server_register = (int (*)(void *, info_function))function;
	return (uintptr_t)register_info;
}
