// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/internal/queue"
)

// unloadAsked is the callback that answers RedisModule_OnUnload, and unloadHook runs
// the module's OnUnload in it.
var (
	unloadAsked = kind{name: "the end of the module", run: unload, failed: func(_, _ uintptr, _ redismodule.Failure) uintptr { return 1 }}
	unloadHook  = kind{name: "OnUnload"}
)

// settleUnload registers the callback.
func settleUnload() error {
	fn, err := unloadAsked.fn()
	if err != nil {
		return err
	}
	edge.SetUnload(uintptr(fn))
	return nil
}

// unload is the callback: (ctx). 1 refuses.
func unload(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	ctx, m := begun(redismodule.Ctx(a0), "unload"), &registered
	defer over(ctx.c)
	why := ""
	if m.OnUnload != nil {
		// It may wait for goroutines that are in Do, and these for this thread.
		unloading.Store(true)
		queue.EndWaited()
		if err := unloadHook.hook(ctx, func() error { return m.OnUnload(ctx) }); err != nil {
			why = err.Error()
		}
		unloading.Store(false)
	}
	if why == "" {
		why = ctx.unstoppable()
	}
	if why != "" {
		ctx.Log(LevelWarning, m.Name+": unload refused: "+why)
		return 1
	}
	ctx.endRegistered()
	workers.dismiss()
	endLogContext()
	forgetLoad()
	strays, isLive = true, false
	return core.Unload(ctx.c)
}
