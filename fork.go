// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"sync"
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

// refuseChild is the C address of what makes all callbacks end a child that was not
// prepared.
func refuseChild() uintptr

// forkState is what forks changed, for the parent to put back.
var forkState struct {
	mu        sync.Mutex
	changed   bool   // the runtime is at rest, or waits to be put back
	launched  bool   // a goroutine will run putBack
	begun     uint64 // forks so far
	over      uint64 // the last one that has ended, in the parent
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
// in a forked child: while it saves or rewrites the AOF. There fn may compute,
// allocate, panic and recover, but it must not wait: what blocks, on a channel, a
// lock or a timer, ends the child with a fatal error, and a goroutine that it
// starts never runs. A panic that fn does not recover ends the child as well: what
// it writes would not be whole.
func NewChildCallback(fn Callback, failed Failed) (CFunc, error) {
	return newChildCallback(slot{fn: guarded(fn), failed: failed})
}

// NewSaveCallback is NewChildCallback for what writes an RDB file or an AOF, or listens to
// that. When fn panics or calls runtime.Goexit, in the child too, failed runs, and the child
// goes on. What writes must mark the write as failed there, so that the server removes the
// file that is not whole.
func NewSaveCallback(fn Callback, failed Failed) (CFunc, error) {
	return newChildCallback(slot{fn: guarded(fn), failed: failed, saves: true})
}

func newChildCallback(s slot) (CFunc, error) {
	if mode != ModeResident {
		return 0, ErrNoChild
	}
	f, err := newCallback(s, false)
	if err == nil {
		edge.ForkWanted(true)
	}
	return f, err
}

// endChild ends a child in which a callback failed.
func endChild() {
	if inChild {
		callPtr(edge.EndChild, 0, 0, 0, 0, 0, 0)
	}
}

// settleFork hooks the two halves into fork.
func settleFork() {
	inChild = false
	schedLock = findSchedLock()
	slots[prepareIndex].fn = guarded(beforeFork)
	slots[parentIndex].fn = guarded(afterFork)
	slots[childIndex].fn = guarded(func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		inChild = true
		openSchedLock()
		settleChild()
		return 0
	})
	edge.ForkHooks(prepareFork(), uintptr(trampoline(parentIndex)), uintptr(trampoline(childIndex)), refuseChild(), fnTable[FnLog])
}

// beforeFork brings the runtime to rest: no garbage collection runs, no other
// goroutine is running or can be run, and this one cannot be preempted. It ends
// pinned: then no collection can start either.
func beforeFork(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	// The signal handler must not give the P away from here on: the pin would be
	// another P's, and the child needs it.
	state.forking = 1
	f := &forkState
	f.mu.Lock() // waits for a putBack that is under way
	f.begun++
	if !f.changed {
		f.changed = true
		// Each of the two stops the world and waits for a running collection. The
		// first leaves a world of one P, ours, so that the second stops nothing.
		f.procs = runtime.GOMAXPROCS(1)
		f.gcPercent = debug.SetGCPercent(-1)
		f.memLimit = debug.SetMemoryLimit(math.MaxInt64)
	}
	if !f.launched {
		f.launched = true
		go putBack()
	}
	f.mu.Unlock()
	// SAFETY(U14): nothing between here and the return to C can block; the server
	// forks next, on this thread.
	procPin()
	return 1
}

// settleChild unpins the goroutine in the child: a pinned one cannot recover from a
// panic. Nothing else runs in the child, so nothing preempts it or starts a
// collection; only a request from before the fork can be left.
//
// In place of the pin, the thread and its goroutine then disagree on whether they
// are locked to each other. Nothing looks at that but what gives the goroutine up
// in order to wait, and it ends the child with a fatal error and a trace, instead
// of waiting for threads that do not exist.
func settleChild() {
	g := getg()
	// SAFETY(U50): two fields of the g that runs this, in a process with one thread;
	// holds because checkRuntime compared their offsets; until the child ends.
	preempt, lockedM := g+gPreempt, g+gLockedM
	**(**byte)(unsafe.Pointer(&preempt)) = 0
	growStack() // while pinned: the request is taken out of the stack's bound too
	procUnpin()
	**(**uintptr)(unsafe.Pointer(&lockedM)) = 0
}

// growStack does nothing but look at the stack's bound, as most functions do.
//
//go:noinline
func growStack() {
	var room [512]byte
	keep(room[:])
}

//go:noinline
func keep([]byte) {}

// afterFork ends the rest in the parent. The server does not wait for that: the
// fork took so long that this goroutine is preempted when it is unpinned, and in a
// world of one P it would come to stand behind all that want to run. putBack is
// what the P runs next then.
func afterFork(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	// Without the lock: in a world of one P and pinned, nothing else runs.
	f := &forkState
	f.over = f.begun
	again := !f.launched // it ran before the fork: between its start and the pin
	f.launched = true
	procUnpin()
	state.forking = 0
	if again {
		go putBack()
	}
	return 0
}

// putBack puts back what forks have changed, if they are over.
func putBack() {
	f := &forkState
	f.mu.Lock()
	defer f.mu.Unlock()
	f.launched = false
	if !f.changed || f.over != f.begun {
		return
	}
	runtime.GOMAXPROCS(f.procs)
	debug.SetGCPercent(f.gcPercent)
	debug.SetMemoryLimit(f.memLimit)
	f.changed = false
}
