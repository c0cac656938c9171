// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/queue"
)

// Post has the server's thread run f, as [ThreadSafeContext.Do] does, and returns at once:
// nobody waits for it, and nobody hears of its end. A panic goes to the server's log. It may
// be used on the server's thread, too; then f runs when the callback at hand and the others
// of this turn of the event loop are over. What the module is unloaded before does not run.
//
// The error is [ErrUnloaded] when the module is not loaded any more, and an
// [UnsupportedError] on servers before Redis 7.0.
//
// It is [Context.EventLoopAddOneShot] for goroutines.
//
// C: RedisModule_EventLoopAddOneShot, since Redis 7.0.
func (t *ThreadSafeContext) Post(f func(ctx Context)) error {
	switch {
	case t.freed.Load():
		return ErrThreadFreed
	case t.load != queue.LoadNumber():
		return ErrUnloaded
	case t.c != 0:
		return lacks(featureEventLoopAddOneShot)
	}
	return addOneShot(f, t.db.Load())
}

// SelectDB chooses the database in which the functions of Do and the others begin; 0
// without it. It may be called on any goroutine. Where there is no such database, Do returns
// [ErrNoDB], and what was posted is dropped.
//
// C: RedisModule_SelectDb, since Redis 4.0.
func (t *ThreadSafeContext) SelectDB(db int) error {
	if db < 0 || db > 1<<31-1 {
		return ErrNoDB
	}
	t.db.Store(int32(db))
	return nil
}

// inDB makes a function begin in a database, on a context that is used again.
func inDB(db int, f func(ctx Context) error) func(ctx Context) error {
	if db == 0 {
		return f
	}
	return func(ctx Context) error {
		if redismodule.SelectDb(ctx.raw(), int32(db)) != redismodule.OK {
			return ErrNoDB
		}
		defer redismodule.SelectDb(ctx.raw(), 0)
		return f(ctx)
	}
}
