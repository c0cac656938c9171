// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// InChild tells whether the process is a child forked from the server, where Go
// code runs alone: it may compute and allocate, but not wait. Starting a
// goroutine, a channel operation that blocks, a timer or a sleep end the child
// with a fatal error, and what it was for fails.
func InChild() bool { return redismodule.InChild() }

// forks holds what runs when a forked child has ended; the server has one child
// at a time.
var forks struct {
	callback redismodule.CFunc
	done     func(exitCode, signal int)
	running  bool
}

// Fork forks the server. It returns 0 in the child, whose only thread goes on
// behind the call and must end with [Context.ExitFromChild]; see [InChild] for
// what it may do. It returns the child's process id in the parent. done, which may
// be nil, runs in the parent when the child has ended, with its exit code and the
// signal that ended it, 0 for none; with a signal the code means nothing. The
// error is ErrUnsupported where Go cannot run in a child (portable mode), or tells
// that the server did not fork: it has another child, or the caller is a goroutine
// that holds the server's lock, not a callback.
//
// C: RedisModule_Fork, since Redis 6.0.
func (ctx Context) Fork(done func(exitCode, signal int)) (pid int, err error) {
	if !redismodule.Has(redismodule.FnFork) {
		return 0, ErrUnsupported
	}
	if forks.callback == 0 {
		forks.callback, err = redismodule.NewChildCallback(forkDone, func(_, _ uintptr, f redismodule.Failure) uintptr {
			Log(Warning, "the function for the end of a forked child: "+describe(f))
			return 0
		})
		if err != nil {
			return 0, fmt.Errorf("%w (%v)", ErrUnsupported, err)
		}
	}
	if !redismodule.Resident() {
		return 0, Error("ERR a fork is possible only on the server's own thread")
	}
	if forks.running {
		return 0, Error("ERR the module has a forked child already")
	}
	forks.done = done
	n := redismodule.Fork(forks.callback, 0)
	switch {
	case n < 0:
		return 0, Error("ERR the server cannot fork now")
	case n > 0:
		forks.running = true
	}
	return int(n), nil
}

// forkDone is the server's callback: (exit code, signal, user data).
func forkDone(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	forks.running = false
	if done := forks.done; done != nil {
		forks.done = nil
		done(int(int32(a0)), int(int32(a1)))
	}
	return 0
}

// SendChildHeartbeat tells the parent, from a child made by Fork, that it goes on:
// its memory figures, and how far it is (0 to 1), or -1 when that is unknown.
//
// C: RedisModule_SendChildHeartbeat, since Redis 6.2.
func (ctx Context) SendChildHeartbeat(progress float64) error {
	if !redismodule.Has(redismodule.FnSendChildHeartbeat) {
		return ErrUnsupported
	}
	if !InChild() {
		return Error("ERR not in a forked child")
	}
	redismodule.SendChildHeartbeat(progress)
	return nil
}

// ExitFromChild ends a child made by Fork. It does not return in a child; in the
// parent it is an error.
//
// C: RedisModule_ExitFromChild, since Redis 6.0.
func (ctx Context) ExitFromChild(code int) error {
	if !InChild() {
		return Error("ERR not in a forked child")
	}
	redismodule.ExitFromChild(int32(code))
	return nil
}

// KillForkChild ends the child made by Fork from the parent. Its done function
// does not run.
//
// C: RedisModule_KillForkChild, since Redis 6.0.
func (ctx Context) KillForkChild(pid int) error {
	if !redismodule.Has(redismodule.FnKillForkChild) {
		return ErrUnsupported
	}
	if redismodule.KillForkChild(int32(pid)) != redismodule.OK {
		return Error("ERR no such child")
	}
	forks.running, forks.done = false, nil
	return nil
}
