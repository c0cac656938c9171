// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"runtime"
	"sync/atomic"

	"github.com/iredismodule/redismodule"
)

// ThreadSafeContext lets a goroutine of the module's own use the server. It has
// no methods that touch the server: these are the Context's, which exists only
// while the lock is held, inside [ThreadSafeContext.Do]. It lives until Free, and
// several goroutines may use it.
type ThreadSafeContext struct{ c redismodule.Ctx }

// DetachedThreadSafeContext returns a context for goroutines that has no client
// behind it. It must be freed; a module with one that is not cannot be unloaded.
//
// C: RedisModule_GetDetachedThreadSafeContext, since Redis 6.0; before that
// RedisModule_GetThreadSafeContext.
func (ctx Context) DetachedThreadSafeContext() *ThreadSafeContext {
	var c redismodule.Ctx
	if redismodule.Has(redismodule.FnGetDetachedThreadSafeContext) {
		c = redismodule.GetDetachedThreadSafeContext(ctx.c)
	} else {
		c = redismodule.GetThreadSafeContext(0)
	}
	alive.contexts.Add(1)
	return &ThreadSafeContext{c}
}

// errFreed is the error of a context that is used after Free.
const errFreed = Error("ERR the thread-safe context is freed")

// errOwnThread is the error of locking on the server's own thread, which holds
// the lock already and would wait for itself for ever.
const errOwnThread = Error("ERR the server's own thread holds the lock already")

// Do waits for the server's lock, runs f with it, and gives it back. The Context
// is valid until f returns, on the goroutine that f runs on; meanwhile that
// goroutine stays on one thread, since the lock belongs to a thread. The server
// stands still while f runs. Do returns what f returns. It must not be called from
// a callback of the server.
//
// C: RedisModule_ThreadSafeContextLock and Unlock, since Redis 4.0.
func (t *ThreadSafeContext) Do(f func(ctx Context) error) error {
	if t.c == 0 {
		return errFreed
	}
	if redismodule.OnServerThread() {
		return errOwnThread
	}
	alive.locked.Add(1)
	defer alive.locked.Add(-1)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	redismodule.ThreadSafeContextLock(t.c)
	return t.run(f)
}

// TryDo is Do when the lock is free; otherwise it returns false at once and does
// not run f.
//
// C: RedisModule_ThreadSafeContextTryLock, since Redis 6.0.
func (t *ThreadSafeContext) TryDo(f func(ctx Context) error) (bool, error) {
	switch {
	case t.c == 0:
		return false, errFreed
	case redismodule.OnServerThread():
		return false, errOwnThread
	case !redismodule.Has(redismodule.FnThreadSafeContextTryLock):
		return false, ErrUnsupported
	}
	alive.locked.Add(1)
	defer alive.locked.Add(-1)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if redismodule.ThreadSafeContextTryLock(t.c) != redismodule.OK {
		return false, nil
	}
	return true, t.run(f)
}

// run runs f with the lock held. The lock is given back however f ends.
func (t *ThreadSafeContext) run(f func(ctx Context) error) error {
	defer redismodule.ThreadSafeContextUnlock(t.c)
	defer endCallback(t.c)
	return detached(f(Context{t.c}))
}

// Free gives the context back. No goroutine may be inside Do. Freeing twice does
// nothing.
//
// C: RedisModule_FreeThreadSafeContext, since Redis 4.0.
func (t *ThreadSafeContext) Free() {
	if t.c != 0 {
		redismodule.FreeThreadSafeContext(t.c)
		t.c = 0
		alive.contexts.Add(-1)
	}
}

// alive counts what of the module's own cannot be stopped from outside, and so
// stands in the way of an unload.
var alive struct {
	contexts atomic.Int64
	locked   atomic.Int64 // goroutines that hold the lock or wait for it
}

// unstoppable says why the module cannot be unloaded now, "" if it can.
func (ctx Context) unstoppable() string {
	switch {
	case alive.locked.Load() > 0:
		return "a goroutine holds the server's lock or waits for it"
	case alive.contexts.Load() > 0:
		return "a thread-safe context is not freed"
	case promises.alive > 0:
		return "a blocking call goes on"
	case ctx.forkRuns():
		return "a forked child is running"
	}
	return ""
}
