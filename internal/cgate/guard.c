// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

#include <stddef.h>

#include "cgate.h"

static char **names; // of the API functions, by number
static uintptr_t count;
static void (*server_log)(void *, const char *, const char *, ...);

void rm_guard_names(char **table, uintptr_t n, uintptr_t log) {
	names = table;
	count = n;
	server_log = (void (*)(void *, const char *, const char *, ...))log;
}

// rm_wrong_lane reports an API function that came back into Go from a gate where
// the lane table says it cannot. The callback is not run: the runtime would end
// the process.
void rm_wrong_lane(uintptr_t id) {
	if (server_log == NULL) return;
	server_log(NULL, "warning",
		"redismodule: RedisModule_%s called back into the module from a goroutine that is not the server's; "
		"the callback was refused: call the function on the server's thread or report its lane",
		id < count ? names[id] : "?");
}
