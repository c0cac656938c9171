// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule"
)

// logContext lets the server put the module's name before lines of goroutines: it is a
// context that lives as long as the load. The server frees the module behind it when
// the load has ended, so ending it waits for the lines that are being written; what
// comes then has no context.
var logContext struct {
	c       atomic.Uintptr
	writing atomic.Int64
}

// beginLogContext makes the context for a load that begins.
func beginLogContext(ctx Context) {
	if has(featureGetDetachedThreadSafeContext) {
		logContext.c.Store(uintptr(redismodule.GetDetachedThreadSafeContext(ctx.raw())))
	}
}

// endLogContext ends it. It may be called again.
func endLogContext() {
	c := logContext.c.Swap(0)
	if c == 0 {
		return
	}
	// A goroutine that writes needs no lock of the server's, but perhaps this thread's P. Most
	// have written before it would be given away and asked for again.
	for i := 0; logContext.writing.Load() != 0; i++ {
		if i > 10_000 {
			time.Sleep(100 * time.Microsecond)
		}
	}
	redismodule.FreeThreadSafeContext(redismodule.Ctx(c))
}

// Log writes a line to the server's log from any goroutine, without a context. (Redis before
// 6.0.9 does not know whose line it is: the text begins with the module's name there.)
// What is logged when the module has been unloaded is lost.
//
// C: RedisModule_Log, since Redis 4.0.
func Log(level Level, text string) {
	logContext.writing.Add(1)
	c := logContext.c.Load()
	if c != 0 {
		logText(redismodule.Ctx(c), level, text)
	}
	logContext.writing.Add(-1)
	if c == 0 { // these lines nobody waits for
		logText(0, level, registered.Name+": "+text)
	}
}
