// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/edge"
)

// settleUnload registers the callback that answers RedisModule_OnUnload.
func settleUnload(m *Module) error {
	fn, err := redismodule.NewCallback(func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		ctx := Context{redismodule.Ctx(a0)}
		if err := m.runOnUnload(ctx); err != nil {
			ctx.Log(Warning, m.Name+": unload refused: "+err.Error())
			return 1
		}
		if why := ctx.unstoppable(); why != "" {
			ctx.Log(Warning, m.Name+": unload refused: "+why)
			return 1
		}
		forgetLoad()
		return core.Unload(ctx.c)
	}, func(a0, _ uintptr, f redismodule.Failure) uintptr {
		ctx := Context{redismodule.Ctx(a0)}
		ctx.Log(Warning, m.Name+": unload refused: "+describe(f))
		logLines(ctx, f.Stack)
		return 1
	})
	if err != nil {
		return err
	}
	edge.SetUnload(uintptr(fn))
	return nil
}

// runOnUnload runs the module's OnUnload. However it ends, its keys are closed.
func (m *Module) runOnUnload(ctx Context) error {
	if m.OnUnload == nil {
		return nil
	}
	enterOutside(ctx.c)
	defer func() {
		leaveOutside()
		endCallback(ctx.c)
	}()
	return detached(m.OnUnload(ctx))
}
