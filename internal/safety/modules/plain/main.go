// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command plain is a module in Go that does not know of the binding: a second Go
// runtime in the process, which takes signals for itself.
package main

/*
#include <stddef.h>

static int plain_init(void *ctx) {
	int (*get_api)(const char *, void *) = *(int (**)(const char *, void *))ctx;
	void (*attribs)(void *, const char *, int, int) = NULL;
	if (get_api("RedisModule_SetModuleAttribs", &attribs) != 0) return 1;
	attribs(ctx, "plain", 1, 1);
	return 0;
}
*/
import "C"

import (
	"runtime"
	"time"
	"unsafe"
)

func main() {}

//export RedisModule_OnLoad
func RedisModule_OnLoad(ctx unsafe.Pointer, argv unsafe.Pointer, argc C.int) C.int {
	go func() {
		for { // its own runtime has something to preempt
			runtime.GC()
			time.Sleep(time.Millisecond)
		}
	}()
	return C.plain_init(ctx)
}
