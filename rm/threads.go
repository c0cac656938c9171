// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/queue"
)

// ThreadSafeContext lets goroutines of the module's own use the server. It has no
// methods that touch the server: these are the [Context]'s, which exists only inside
// of a function that Do runs. [Context.DetachedThreadSafeContext] makes one, in OnLoad for
// example. Several goroutines may use one.
//
// It differs from what C calls so: there a thread takes the server's lock and works
// beside the server, which waits. Here the function comes to the server's thread, and
// only the goroutine waits; see [ThreadSafeContext.Do].
type ThreadSafeContext struct {
	c      redismodule.Ctx // where there is no queue; see threads_lock.go
	load   uint64          // the load of the module that made it
	counts *threadCounts   // of that load
	db     atomic.Int32    // in which functions begin
	freed  atomic.Bool
}

// DetachedThreadSafeContext returns a context for goroutines that has no client. Free
// ends it; it ends with the module, too.
//
// C: RedisModule_GetDetachedThreadSafeContext, since Redis 6.0, and before that
// RedisModule_GetThreadSafeContext, on servers before Redis 7.0; later ones need none.
func (ctx Context) DetachedThreadSafeContext() *ThreadSafeContext {
	t := &ThreadSafeContext{load: queue.LoadNumber(), counts: state.threads}
	if !queue.Has() {
		t.c = newLockContext(ctx.raw())
		t.counts.contexts.Add(1)
	}
	return t
}

const (
	// ErrThreadFreed is the error of a context that is used after Free.
	ErrThreadFreed = Error("ERR the thread-safe context is freed")
	// ErrOwnThread is the error of waiting on the server's thread for that thread.
	ErrOwnThread = Error("ERR this is the server's thread already: use the context at hand")
	// ErrGoexit is the error of a function that did not return.
	ErrGoexit = Error("ERR the function called runtime.Goexit")
)

// PanicError is the error of a function that panicked on the server's thread.
type PanicError struct {
	Value any    // what it panicked with
	Stack []byte // the stack at the time, as text
}

// Error tells what it panicked with.
func (e *PanicError) Error() string { return "ERR panic: " + panicText(e.Value) }

// Do has the server's thread run f, and returns what f returns. f runs before the
// server sleeps next, between commands of clients, as a callback of its own: its
// Context is valid until it returns, and what is replicated in it goes to the AOF and
// the replicas in the same turn of the event loop, together with what other functions
// of that turn replicate. Nothing else runs in the server meanwhile, so f should be
// short; of many functions that wait the server runs some, for about a millisecond,
// and serves its clients in between. Waiting costs no thread.
//
// While clients' writes are paused (CLIENT PAUSE, FAILOVER), and while the server loads
// its data or runs a script, Do waits. It does not on the server's own thread, in a
// callback or inside of another Do: there it returns an error at once, and the
// context at hand serves. Neither f nor any callback may wait for a goroutine that is in Do: the server
// stands still then, for good. A mutex that is held over Do, and that a callback locks, comes to the same. The debug build
// writes a line to the log when a function has waited for ten seconds.
//
// A panic of f becomes a *[PanicError] and goes to the server's log; runtime.Goexit
// becomes an error. When the module is unloaded the error is [ErrUnloaded], and while
// [Module].OnUnload runs, which may wait for the goroutine: then f has not run, and does not
// run should the unload be refused. (OnUnload must not wait for a goroutine in Do on servers before Redis 7.0.)
//
// On servers before Redis 7.0 the goroutine takes the server's lock instead, one at a
// time, and f runs on its own thread.
//
// C: RedisModule_EventLoopAddOneShot, since Redis 7.0; before that
// RedisModule_ThreadSafeContextLock and Unlock, since Redis 4.0.
func (t *ThreadSafeContext) Do(f func(ctx Context) error) error {
	return t.DoContext(context.Background(), f)
}

// DoContext is Do that gives up when c ends before f has begun; then it returns c's
// error, and f does not run.
func (t *ThreadSafeContext) DoContext(c context.Context, f func(ctx Context) error) error {
	return t.do(c, f, false, int(t.db.Load()))
}

// DoReadOnly is DoContext for functions that do not write. They run while clients'
// writes are paused, too. That they do not write is not checked but then: a write, or
// what they try to replicate, fails with [ErrWritesPaused] while writes are paused, and
// succeeds at all other times.
func (t *ThreadSafeContext) DoReadOnly(c context.Context, f func(ctx Context) error) error {
	return t.do(c, f, true, int(t.db.Load()))
}

// crowd is how many functions that wait for the server's thread make it busy.
const crowd = 32

// TryDo is Do when few functions wait for the server's thread, fewer than 32; when it is
// busy, TryDo lets other goroutines run, returns false and does not run f. It is for
// work that can be left out. It is false, too, with the errors that Do
// gives when f cannot run.
//
// On servers before Redis 7.0 it is false when the server or another goroutine has the
// lock.
//
// C: RedisModule_EventLoopAddOneShot, since Redis 7.0; before that
// RedisModule_ThreadSafeContextTryLock, since Redis 6.0.
func (t *ThreadSafeContext) TryDo(f func(ctx Context) error) (bool, error) {
	if err := t.usable(); err != nil {
		return false, err
	}
	if t.c != 0 {
		return t.tryLock(f)
	}
	if queue.Waiting() >= crowd {
		// Whoever tries again and again must not keep the server's thread from running
		// Go: that waits its turn among all goroutines.
		runtime.Gosched()
		return false, nil
	}
	err := t.Do(f)
	return err != ErrUnloaded, err
}

// usable tells why a context cannot be used.
func (t *ThreadSafeContext) usable() error {
	switch {
	case t.freed.Load():
		return ErrThreadFreed
	case core.OnServerThread():
		return ErrOwnThread
	case t.load != queue.LoadNumber():
		return ErrUnloaded
	}
	return nil
}

func (t *ThreadSafeContext) do(c context.Context, f func(ctx Context) error, readOnly bool, db int) error {
	if err := t.usable(); err != nil {
		return err
	}
	if f == nil {
		return misuse(ErrNoFunction)
	}
	if err := c.Err(); err != nil {
		return err
	}
	if t.c != 0 {
		return t.lock(c, inDB(db, f), readOnly)
	}
	if err := notTooMany(c); err != nil {
		return err
	}
	k := tasks.Get().(*task)
	k.f, k.err, k.db, k.job.ReadOnly = f, nil, db, readOnly
	if unloading.Load() || queue.Post(&k.job) != nil {
		return ErrUnloaded
	}
	// Whoever has come too late for EndWaited finds the flag here.
	if unloading.Load() && queue.TakeBack(&k.job) {
		k.f = nil // the queue still holds k
		return ErrUnloaded
	}
	if debugging {
		defer tellOfWaiting()()
	}
	if end := c.Done(); end == nil {
		<-k.done
	} else {
		select {
		case <-k.done:
		case <-end:
			if queue.TakeBack(&k.job) {
				k.f = nil // the queue still holds k
				return c.Err()
			}
			<-k.done
		}
	}
	err := k.err
	k.f, k.err = nil, nil
	tasks.Put(k)
	return err
}

// unloading is true while OnUnload runs.
var unloading atomic.Bool

// longWait is after how long the debug build tells that a function of Do still waits.
const longWait = 10 * time.Second

// tellOfWaiting tells, once, of a Do that does not come to its turn until what it returns is
// called.
func tellOfWaiting() (over func() bool) {
	place := outsideLine()
	return time.AfterFunc(longWait, func() {
		Log(LevelWarning, "rm_debug: a function of Do has waited for "+longWait.String()+place+
			": the server is paused, loads, runs a script, or a callback waits for this goroutine or for a mutex that it holds")
	}).Stop
}

// notTooMany waits while the queue holds many functions that were given up: what a
// server that loads or is paused cannot look at must not grow without end.
func notTooMany(c context.Context) error {
	const many = 10_000
	for queue.TakenBack() > many {
		select {
		case <-c.Done():
			return c.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// task is one function in the queue. It is reused.
type task struct {
	job  queue.Job
	f    func(ctx Context) error
	err  error
	db   int
	done chan struct{}
}

var tasks sync.Pool

func init() { tasks.New = newTask }

func newTask() any {
	k := &task{done: make(chan struct{}, 1)}
	k.job.Waited = true
	k.job.Run = func(raw uintptr) {
		c := redismodule.Ctx(raw)
		k.err = ErrGoexit
		if k.db != 0 && redismodule.SelectDb(c, int32(k.db)) != redismodule.OK {
			k.err = ErrNoDB
			return
		}
		k.err = work.do(c, k.f)
		redismodule.SelectDb(c, 0) // the context is the next function's, too
	}
	k.job.Done = func(err error) {
		if err != nil {
			k.err = ErrUnloaded
		}
		k.done <- struct{}{}
	}
	return k
}

// work is a function that is given to the server's thread.
var work = kind{name: "work for the server's thread", loop: true}

// Free ends the context: Do gives an error from then on. It may be called on any
// goroutine. Freeing it again does nothing; the debug build tells of it.
//
// C: RedisModule_FreeThreadSafeContext, since Redis 4.0; see
// [Context.DetachedThreadSafeContext].
func (t *ThreadSafeContext) Free() {
	switch {
	case !t.freed.CompareAndSwap(false, true):
		_ = misuse(ErrThreadFreed)
	case t.c != 0:
		t.freeLockContext()
	}
}
