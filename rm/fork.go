// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"runtime/debug"
	"syscall"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// InChild tells whether the process is a child forked from the server, where Go
// code runs alone: it may compute, allocate, panic and recover, but not wait. What
// blocks, on a channel, a lock, a timer or in a sleep, ends the child with a fatal
// error, and what it was for fails. A lock that another goroutine held when the
// server forked is held in the child for ever. A goroutine that is started there
// never runs.
func InChild() bool { return redismodule.InChild() }

// forkState is the forked child; the server has one at a time.
type forkState struct {
	done    func(exitCode, signal int) // runs when it has ended
	running bool
	pid     int32 // of the last one
}

// forkEnd is the callback for its end.
var forkEnd = kind{name: "the function for the end of a forked child", run: forkDone}

// childFailed is the exit status of a child whose function did not return one. Not
// 255, which the server takes for a signal.
const childFailed = 254

// Fork forks the server and runs child in the new process, which ends when it
// returns; see [InChild] for what it may do. Its result is the exit status, 0 to
// 253. The child never becomes a second server: one whose function panics or calls
// runtime.Goexit, or returns another number, ends with the status 254, and what it
// ended with is a line in the log.
//
// Fork returns in the parent, with the child's process id. done, which may be nil,
// runs there when the child has ended, with its exit status and the signal that
// ended it, 0 for none; with a signal the status means nothing. It does not run when
// [Context.KillForkChild] or a SHUTDOWN ended the child. The error is ErrUnsupported
// where Go cannot run in a child (portable mode), or tells that the server did not
// fork: it has another child, or the caller is a goroutine that holds the server's
// lock, not a callback.
//
// The child has a copy of the memory, but the files and connections of the server. It must not have the server save, load or rewrite them,
// flush or replicate: [Context.LoadRDB], [Context.ResetDataset], and calls of BGREWRITEAOF, SAVE, FLUSHALL and the like give [ErrInChild].
// It may read keys, and write files of its own, with [Context.SaveRDB], too.
//
// C: RedisModule_Fork and RedisModule_ExitFromChild, since Redis 6.0.
func (ctx Context) Fork(child func() int, done func(exitCode, signal int)) (pid int, err error) {
	if !has(featureFork) {
		return 0, lacks(featureFork)
	}
	if mode, why := redismodule.CurrentMode(); mode != redismodule.ModeResident {
		return 0, fmt.Errorf("%w (%s mode: %s)", ErrNoFork, mode, why)
	}
	if child == nil {
		return 0, Error("ERR there is no function for the child")
	}
	if !core.Resident() {
		return 0, Error("ERR a fork is possible only on the server's own thread")
	}
	if InChild() {
		return 0, Error("ERR a forked child does not fork")
	}
	callback, err := forkEnd.fn()
	if err != nil {
		return 0, err
	}
	n := redismodule.Fork(callback, 0)
	switch {
	case n == 0:
		runChild(child)
	case n > 0:
		state.fork = forkState{done, true, n}
	case ctx.forkRuns():
		return 0, Error("ERR the module has a forked child already")
	default:
		return 0, Error("ERR the server cannot fork now")
	}
	return int(n), nil
}

// runChild is all that a child does. It does not return.
func runChild(child func() int) {
	inFork = true
	status, returned := childFailed, false
	// Deferred, and after it nothing: runtime.Goexit gets no further.
	defer func() { exitChild(status) }()
	defer func() {
		if !returned {
			v := recover()
			logFailure(Context{}, "the function of a forked child", redismodule.Failure{Value: v, Goexit: v == nil, Stack: debug.Stack()})
		}
	}()
	code := child()
	returned = true
	if code >= 0 && code < childFailed {
		status = code
	} else {
		Log(LevelWarning, fmt.Sprintf("the function of a forked child: its result %d is no exit status (0 to 253)", code))
	}
}

func exitChild(status int) {
	redismodule.ExitFromChild(int32(status))
	syscall.Exit(status) // a server that refuses
}

// forkRuns tells whether a child of ours runs. The server ends it without a word at a
// SHUTDOWN, which may fail afterwards, so it is the server who knows.
func (ctx Context) forkRuns() bool {
	f := &state.fork
	if f.running && redismodule.GetContextFlags(ctx.raw())&redismodule.CTX_FLAGS_ACTIVE_CHILD == 0 {
		f.running, f.done = false, nil
	}
	return f.running
}

// forkDone is the server's callback: (exit code, signal, user data).
func forkDone(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	done := state.fork.done
	state.fork.running, state.fork.done = false, nil
	if done != nil {
		done(int(int32(a0)), int(int32(a1)))
	}
	return 0
}

// SendChildHeartbeat tells the parent, from a child made by Fork, that it goes on:
// its memory figures, and how far it is (0 to 1), or -1 when that is unknown.
//
// C: RedisModule_SendChildHeartbeat, since Redis 6.2.
func (ctx Context) SendChildHeartbeat(progress float64) error {
	if !has(featureSendChildHeartbeat) {
		return lacks(featureSendChildHeartbeat)
	}
	if !InChild() {
		return Error("ERR not in a forked child")
	}
	redismodule.SendChildHeartbeat(progress)
	return nil
}

// KillForkChild ends the child made by Fork from the parent. Its done function
// does not run.
//
// C: RedisModule_KillForkChild, since Redis 6.0.
func (ctx Context) KillForkChild(pid int) error {
	if !has(featureKillForkChild) {
		return lacks(featureKillForkChild)
	}
	if redismodule.KillForkChild(int32(pid)) != redismodule.OK {
		return Error("ERR no such child")
	}
	state.fork.running, state.fork.done = false, nil
	return nil
}
