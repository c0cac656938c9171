// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"time"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// Timer is a function that the server's thread will run once. It is two words and can be
// copied. When the function has begun, or the timer was stopped, it is over: Stop does
// nothing then, and Remaining answers false.
type Timer struct{ h handle[timer] }

// timer is what stands behind a Timer.
type timer struct {
	cell[timer]
	f  func(ctx Context)
	id uint64 // the server's
}

// timers are those that have not fired.
var timers = table[timer]{cellOf: func(t *timer) *cell[timer] { return &t.cell }, perLoad: true}

// timerFires is the callback of all timers.
var timerFires = kind{name: "the function of a timer", context: ownContext, loop: true, run: timerFired}

// ErrNoFunction is the error of what is given no function to run.
const ErrNoFunction = Error("ERR there is no function to run")

// CreateTimer has f run once, on the server's thread, when d is over or a little later:
// between two commands, as a callback of its own. d is rounded up to milliseconds; one
// that is not positive is over at once. f runs in the database that is selected in ctx
// now. What it needs it closes over; it may make another timer, and one that makes itself
// again allocates nothing. There may be as many timers as there is memory.
//
// Timers run while clients' writes are paused and on replicas, too. While writes are
// paused, what f writes or replicates fails with [ErrWritesPaused]; see also
// [AvoidReplicaTraffic]. They do not run while the server loads its data. A panic and a
// runtime.Goexit end f alone.
//
// Since Redis 7.0 the server refuses to unload a module with a timer that has neither run
// nor been stopped, before the module is asked. For what runs again and again
// [Context.Every] is better, which stops then by itself.
//
// C: RedisModule_CreateTimer, since Redis 5.0.
func (ctx Context) CreateTimer(d time.Duration, f func(ctx Context)) (Timer, error) {
	ctx.alive()
	if f == nil {
		return Timer{}, ErrNoFunction
	}
	if !has(featureCreateTimer) {
		return Timer{}, lacks(featureCreateTimer)
	}
	fn, err := timerFires.fn()
	if err != nil {
		return Timer{}, err
	}
	t := timers.take()
	t.f = f
	t.id = redismodule.CreateTimer(ctx.raw(), timerMillis(d), fn, t.word())
	return Timer{t.handle()}, nil
}

// timerMillis rounds up: a timer does not come early.
func timerMillis(d time.Duration) int64 {
	ms := int64(d / time.Millisecond)
	if d%time.Millisecond > 0 {
		ms++
	}
	return max(ms, 0)
}

// timerFired is the server's callback: (ctx, data). The entry ends first: the server
// frees its timer when f has returned, and must not be asked to stop it meanwhile.
func timerFired(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	if t := timers.at(a1); t != nil {
		f := t.f
		t.over()
		f(underWay(redismodule.Ctx(a0)))
	}
	return 0
}

// over ends the entry.
func (t *timer) over() {
	t.f, t.id = nil, 0
	timers.drop(&t.cell)
}

// stop ends a timer that has not fired.
func (t *timer) stop(ctx Context) {
	redismodule.StopTimer(ctx.raw(), t.id, nil)
	t.over()
}

// Stop stops the timer: its function does not run any more. It does nothing when that
// has begun already, or has been stopped.
//
// C: RedisModule_StopTimer, since Redis 5.0.
func (t Timer) Stop(ctx Context) {
	if e := t.h.live(); e != nil {
		e.stop(ctx)
	}
}

// Remaining returns the time until the timer's function runs, in milliseconds, and
// whether it will: false when it has begun already, or has been stopped.
//
// C: RedisModule_GetTimerInfo, since Redis 5.0.
func (t Timer) Remaining(ctx Context) (time.Duration, bool) {
	e := t.h.live()
	if e == nil {
		return 0, false
	}
	var ms uint64
	if redismodule.GetTimerInfo(ctx.raw(), e.id, &ms, nil) != redismodule.OK {
		return 0, false
	}
	return time.Duration(ms) * time.Millisecond, true
}
