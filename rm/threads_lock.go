// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule"
)

// Thread-safe contexts on servers without the event at which work for their thread
// could be run: Redis before 7.0. A goroutine takes the server's lock.

// lockTurn is held by the goroutine that has the lock or waits for it: one thread
// waits, however many goroutines do.
var lockTurn = make(chan struct{}, 1)

// lockOwner is the thread that has the lock, 0 for none. Its goroutine is bound to it.
var lockOwner atomic.Int64

func newLockContext(c redismodule.Ctx) redismodule.Ctx {
	if has(featureGetDetachedThreadSafeContext) {
		return redismodule.GetDetachedThreadSafeContext(c)
	}
	return redismodule.GetThreadSafeContext(0)
}

func (t *ThreadSafeContext) freeLockContext() {
	redismodule.FreeThreadSafeContext(t.c)
	t.counts.contexts.Add(-1)
}

// lock runs f with the server's lock.
func (t *ThreadSafeContext) lock(c context.Context, f func(ctx Context) error, readOnly bool) error {
	if ownsLock() {
		return ErrOwnThread
	}
	t.counts.locked.Add(1)
	defer t.counts.locked.Add(-1)
	for {
		select {
		case lockTurn <- struct{}{}:
		case <-c.Done():
			return c.Err()
		}
		if ran, err := t.lockNow(f, readOnly); ran {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// lockNow takes the lock for a goroutine whose turn it is. Only now is that bound to a
// thread: a bound goroutine keeps one while it waits. false: writes are paused.
func (t *ThreadSafeContext) lockNow(f func(ctx Context) error, readOnly bool) (bool, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	redismodule.ThreadSafeContextLock(t.c)
	if readOnly || !AvoidReplicaTraffic() {
		return true, t.locked(f)
	}
	redismodule.ThreadSafeContextUnlock(t.c)
	<-lockTurn
	return false, nil
}

// ownsLock tells whether the calling goroutine has the lock: it is bound to its thread,
// so that no other one runs there.
func ownsLock() bool { return lockOwner.Load() == int64(threadID()) }

func (t *ThreadSafeContext) tryLock(f func(ctx Context) error) (bool, error) {
	if !has(featureThreadSafeContextTryLock) {
		return false, lacks(featureThreadSafeContextTryLock)
	}
	if ownsLock() {
		return false, ErrOwnThread
	}
	select {
	case lockTurn <- struct{}{}:
	default:
		return false, nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t.counts.locked.Add(1)
	defer t.counts.locked.Add(-1)
	if redismodule.ThreadSafeContextTryLock(t.c) != redismodule.OK {
		<-lockTurn
		return false, nil
	}
	if AvoidReplicaTraffic() {
		redismodule.ThreadSafeContextUnlock(t.c)
		<-lockTurn
		return false, nil
	}
	return true, t.locked(f)
}

// locked runs f with the lock, which is given back however f ends.
func (t *ThreadSafeContext) locked(f func(ctx Context) error) error {
	lockOwner.Store(int64(threadID()))
	defer func() {
		lockOwner.Store(0)
		redismodule.ThreadSafeContextUnlock(t.c)
		<-lockTurn
	}()
	return work.do(t.c, f)
}
