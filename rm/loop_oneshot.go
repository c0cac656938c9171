// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"sync"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/queue"
)

// oneShot is a function in the queue for the server's thread that nobody waits for. It is
// reused.
type oneShot struct {
	job queue.Job
	f   func(ctx Context)
	db  int32 // in which it begins
}

// oneShotRuns is such a function.
var oneShotRuns = kind{name: "the function of a one-shot", loop: true}

var oneShots sync.Pool

func newOneShot() *oneShot {
	if k, ok := oneShots.Get().(*oneShot); ok {
		return k
	}
	k := new(oneShot)
	run := func(ctx Context) error {
		k.f(ctx)
		return nil
	}
	k.job.Run = func(raw uintptr) {
		c := redismodule.Ctx(raw)
		if k.db != 0 && redismodule.SelectDb(c, k.db) != redismodule.OK {
			return
		}
		_ = oneShotRuns.do(c, run) // a failure is in the log
		redismodule.SelectDb(c, 0) // the context is the next function's, too
	}
	k.job.Done = func(error) { k.over() }
	return k
}

// over gives it back.
func (k *oneShot) over() {
	k.f = nil
	oneShots.Put(k)
}

// EventLoopAddOneShot has f run once, on the server's thread, before the server sleeps
// next, and does not wait: when the present callback, and the command that it belongs to,
// are over. f is a callback of its own, in database 0, which may write, call and replicate
// as one of [ThreadSafeContext.Do]. It does not run while clients' writes are paused, nor
// while the server loads its data or runs a script: it waits, and the server goes on. When
// the module is unloaded before, it does not run.
//
// There may be as many as there is memory; of many the server runs some at a time, and
// serves its clients in between. A panic and a runtime.Goexit end f alone.
//
// [ThreadSafeContext.Post] is the same for goroutines.
//
// C: RedisModule_EventLoopAddOneShot, since Redis 7.0.
func (ctx Context) EventLoopAddOneShot(f func(ctx Context)) error {
	ctx.alive()
	return addOneShot(f, 0)
}

func addOneShot(f func(ctx Context), db int32) error {
	switch {
	case f == nil:
		return ErrNoFunction
	case !has(featureEventLoopAddOneShot) || !queue.Has():
		return lacks(featureEventLoopAddOneShot)
	}
	k := newOneShot()
	k.f, k.db = f, db
	if queue.Post(&k.job) != nil {
		k.over()
		return ErrUnloaded
	}
	return nil
}
