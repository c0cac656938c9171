// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64)

package redismodule

import (
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
)

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// prepareFork is the C address of the fork's first half. It answers 0 at once
// when the forking thread is not the resident one or runs foreign C code.
func prepareFork() uintptr

// forkState is what the fork changed, for the parent to put back.
var forkState struct {
	gcPercent int
	memLimit  int64
	procs     int
}

// inChild is true in a forked child that was prepared.
var inChild bool

// InChild tells whether this process is a child forked from the server, where Go
// code runs alone: no garbage collection, no other goroutine, no timer.
func InChild() bool { return inChild }

// ErrNoChild is the error of NewChildCallback where Go code cannot run in a
// forked child.
var ErrNoChild = errors.New("redismodule: a callback that may run in a forked child needs the resident mode")

// NewChildCallback is NewCallback for a function that the server may also call
// in a forked child: while it saves, rewrites the AOF or after RedisModule_Fork.
// There fn may compute and allocate, but it must not wait: starting a goroutine,
// blocking on a channel or a timer ends the child with a fatal error.
func NewChildCallback(fn Callback, failed Failed) (CFunc, error) {
	if mode != ModeResident {
		return 0, ErrNoChild
	}
	f, err := NewCallback(fn, failed)
	if err == nil {
		edge.ForkWanted(true)
	}
	return f, err
}

// settleFork hooks the two halves into fork.
func settleFork() {
	inChild = false
	schedLock = findSchedLock()
	slots[prepareIndex].fn = beforeFork
	slots[parentIndex].fn = afterFork
	slots[childIndex].fn = func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		inChild = true
		openSchedLock()
		return 0
	}
	edge.ForkHooks(prepareFork(), uintptr(trampoline(parentIndex)), uintptr(trampoline(childIndex)), fnTable[FnLog])
}

// beforeFork brings the runtime to rest: no garbage collection runs or can
// start, no other goroutine is running or can be run, and this one cannot be
// preempted. It ends pinned, which is also what makes Go code in the child fail
// at once, instead of hanging, when it tries to wait.
func beforeFork(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	forkState.gcPercent = debug.SetGCPercent(-1) // waits for a running collection
	forkState.memLimit = debug.SetMemoryLimit(math.MaxInt64)
	forkState.procs = runtime.GOMAXPROCS(1) // the one left is ours
	// SAFETY(U14): nothing between here and the return to C can block; the server
	// forks next, on this thread.
	procPin()
	return 1
}

// afterFork puts everything back in the parent.
func afterFork(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	procUnpin()
	runtime.GOMAXPROCS(forkState.procs)
	debug.SetMemoryLimit(forkState.memLimit)
	debug.SetGCPercent(forkState.gcPercent)
	return 0
}
