// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"syscall"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/queue"
)

// EventLoopMask says what a file descriptor is watched for, or ready for.
type EventLoopMask int32

// What a file descriptor can be ready for. An error or the end of a connection is both.
const (
	EventLoopReadable EventLoopMask = redismodule.EVENTLOOP_READABLE
	EventLoopWritable EventLoopMask = redismodule.EVENTLOOP_WRITABLE
)

// EventLoopFD is a file descriptor in the server's event loop. It is two words and can be
// copied.
type EventLoopFD struct{ h handle[loopFD] }

// loopFD is what stands behind an EventLoopFD.
type loopFD struct {
	cell[loopFD]
	w *watched
}

// watched is a descriptor that is watched. It is not used again, as entries are: its job
// may be in the queue still when it is over.
//
// The server's callback has no context, and comes in the middle of a turn of the event
// loop. So it puts a job into the queue, which runs before the server sleeps, at the end
// of the same turn.
type watched struct {
	job      queue.Job
	entry    *loopFD // nil when it is over
	fd       int32   // a duplicate, ours
	mask     EventLoopMask
	ready    EventLoopMask // since the job was posted
	posted   bool          // the job is in the queue, or runs
	returned bool          // the function has
	f        func(ctx Context) error
}

var loopFDs = table[loopFD]{cellOf: func(e *loopFD) *cell[loopFD] { return &e.cell }, perLoad: true}

// fdReady is the callback of all descriptors, and fdRuns the module's function.
var (
	fdReady = kind{name: "a file descriptor", run: fdIsReady}
	fdRuns  = kind{name: "the function of a file descriptor"}
)

// EventLoopAdd has f called on the server's thread whenever fd is ready for something of
// mask, for as long as it is: f must read or write, or Stop it, or it comes again in each
// turn of the event loop. f gets what fd is ready for. It runs at the end of the turn, as
// a callback of its own, in database 0; while clients' writes are paused too, and what it
// writes or replicates fails with [ErrWritesPaused] then; not while the server loads its
// data or runs a script. It must not wait: make fd non-blocking.
//
// The server watches a duplicate of fd: so fd may be one that the server watches itself,
// or be closed. It is watched until Stop, which a close does not replace, or until the
// module is unloaded; and it is stopped when f panics or calls runtime.Goexit, which goes
// to the log. The file is open until then.
//
// The error is a [syscall.Errno] when fd cannot be watched: EBADF, EINVAL for another mask,
// EPERM for a file that is always ready, ERANGE and EMFILE when there are too many.
// ErrUnsupported before Redis 7.0.
//
// C: RedisModule_EventLoopAdd, since Redis 7.0.
func (ctx Context) EventLoopAdd(fd int, mask EventLoopMask, f func(ctx Context, ready EventLoopMask)) (EventLoopFD, error) {
	ctx.alive()
	switch {
	case f == nil:
		return EventLoopFD{}, ErrNoFunction
	case !has(featureEventLoopAdd) || !queue.Has():
		return EventLoopFD{}, lacks(featureEventLoopAdd)
	case mask == 0 || mask&^(EventLoopReadable|EventLoopWritable) != 0:
		return EventLoopFD{}, syscall.EINVAL
	}
	ctx.alive()
	fn, err := fdReady.fn()
	if err != nil {
		return EventLoopFD{}, err
	}
	own, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return EventLoopFD{}, errno
	}
	e := loopFDs.take()
	w := &watched{entry: e, fd: int32(own), mask: mask}
	w.f = func(ctx Context) error {
		f(ctx, w.ready&w.mask)
		return nil
	}
	w.job = queue.Job{Run: w.run, Done: w.done, ReadOnly: true}
	e.w = w
	if redismodule.EventLoopAdd(w.fd, int32(mask), fn, e.word()) != redismodule.OK {
		if err = redismodule.Errno(); err == syscall.Errno(0) {
			err = ErrRefused
		}
		w.end()
		return EventLoopFD{}, err
	}
	return EventLoopFD{e.handle()}, nil
}

// fdIsReady is the server's callback: (fd, user data, mask).
func fdIsReady(_, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	if e := loopFDs.at(a1); e != nil {
		w := e.w
		w.ready |= EventLoopMask(int32(a2))
		if !w.posted {
			w.posted = queue.Post(&w.job) == nil
		}
	}
	return 0
}

// run is the job.
func (w *watched) run(raw uintptr) {
	if w.entry == nil {
		return
	}
	c := redismodule.Ctx(raw)
	w.returned = false
	w.returned = fdRuns.do(c, w.f) == nil
	redismodule.SelectDb(c, 0) // the context is the next function's, too
}

// done follows run. If the descriptor became ready meanwhile it still is, and the server
// says so again.
func (w *watched) done(err error) {
	w.posted, w.ready = false, 0
	if err == nil && w.entry != nil && !w.returned {
		w.end()
	}
}

// end takes the descriptor out of the loop. Nothing is left of it there that would come
// back.
func (w *watched) end() {
	redismodule.EventLoopDel(w.fd, int32(EventLoopReadable|EventLoopWritable))
	_ = syscall.Close(int(w.fd)) // a duplicate: nothing is written by it
	e := w.entry
	w.entry, w.f, e.w = nil, nil, nil
	loopFDs.drop(&e.cell)
}

func (e *loopFD) stop(Context) { e.w.end() }

// Stop ends the watching: f does not begin any more. Stopping it again does nothing. It may
// be stopped in its own function.
//
// C: RedisModule_EventLoopDel, since Redis 7.0.
func (d EventLoopFD) Stop(ctx Context) {
	if e := d.h.live(); e != nil {
		ctx.alive()
		e.w.end()
	}
}

// Watched tells whether it has not been stopped.
func (d EventLoopFD) Watched() bool { return d.h.live() != nil }
