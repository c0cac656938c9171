// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"runtime"
	"time"
)

// lockTurn is held by the goroutine that asks for the server's lock.
var lockTurn = make(chan struct{}, 1)

// ThreadSafeContextLock waits for the server's lock, as the server's function of that
// name does. The calling goroutine must be bound to its thread (runtime.LockOSThread)
// until it gives the lock back. Package rm has jobs for the
// server's thread, which need no lock and are better company for the server.
//
// It asks again and again, with growing pauses, and does not wait in C: a goroutine
// that sits there can keep its P for as long as a garbage collection waits for that P
// and the server's thread, which has the lock, for the collection. One goroutine asks
// at a time; the others wait in Go. Each of them keeps its thread all the same, since it
// is bound: thousands that wait are thousands of threads, and Go ends the process at
// 10,000.
//
// C: void RedisModule_ThreadSafeContextLock(RedisModuleCtx *ctx)
// Since Redis 4.0, Valkey 7.2; before Redis 6.0 it waits in C.
func ThreadSafeContextLock(ctx Ctx) {
	if !Has(FnThreadSafeContextTryLock) {
		threadSafeContextLock(ctx)
		return
	}
	lockTurn <- struct{}{}
	defer func() { <-lockTurn }()
	const spins, longest = 20, 100 * time.Microsecond
	for try := 0; ThreadSafeContextTryLock(ctx) != OK; try++ {
		if try < spins {
			runtime.Gosched()
		} else {
			time.Sleep(min(time.Duration(try-spins+1)*time.Microsecond, longest))
		}
	}
}
