// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64)

package redismodule

import (
	"runtime"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
)

// word reads the machine word at an address outside the Go heap or inside a
// runtime structure.
func word(addr uintptr) uintptr {
	// SAFETY(U10): addr comes from the runtime (g, m) and is aligned; check.go
	// proves the offsets before anything else relies on them.
	return **(**uintptr)(unsafe.Pointer(&addr))
}

// Park makes the calling goroutine the resident goroutine of the calling thread
// and lets the C function that called into Go return to the server. It does not
// return. It must be called inside an ordinary cgo callback on the server's main
// thread, after Begin chose ModeResident. internal/cgate calls it; it is not
// for modules.
func Park() {
	// From here on the runtime starts its threads from a template thread, which has
	// neither the priority nor the signal mask of the server's thread.
	runtime.LockOSThread()
	settleThread()
	state.released = 0
	// Which event comes next is not known: the module may be loaded by a client that
	// the server serves right before it sleeps.
	state.window = 1
	state.nested = 0
	state.residentG = getg()
	// SAFETY(U11): the cgo callback locked this goroutine to its thread, and its
	// frames stay below everything that trampolines push, for ever: longjmp drops
	// only C frames of the callback's entry.
	park(edge.LongJump, edge.JumpBuffer)
}

// settleThread notes the calling thread as the server's: trampolines on it look
// at the stack they are called on.
func settleThread() {
	state.stackLo, state.stackHi = edge.StackBounds()
	state.residentTP = threadPointer()
	state.residentG0 = word(word(getg()+gM) + mG0)
}

// forgetThread is the state without a known thread.
func forgetThread() {
	state.residentG, state.residentG0, state.residentTP = 0, noThread, noThread
}

// sleep gives the P away and leaves to C; it goes on when a trampoline or a gate
// wakes the goroutine. Nosplit, and nothing but these calls: between
// entersyscall and exitsyscall the stack must not grow, g.syscallsp points
// at this frame, and C may hold pointers into this stack when it is called.
//
//go:nosplit
func sleep() {
	entersyscall()
	yield(1)
	exitsyscall()
}

// Leave ends residence: the calling goroutine, which must be the resident one
// inside the server's unload callback, answers 0 to C and stays behind in a
// system call for ever. The thread can run ordinary cgo callbacks again.
//
// Without race instrumentation: between entersyscall and yield nothing but this
// may run, and what orders these writes before later reads is the server's thread,
// which the detector does not see.
//
//go:nosplit
//go:norace
func leave() {
	entersyscall()
	state.residentG0 = noThread
	state.residentTP = noThread
	state.residentG = 0
	yield(0)
	exitsyscall()
}

// Resident tells whether the calling goroutine is the resident one.
func Resident() bool { return state.residentG != 0 && getg() == state.residentG }

// Unload gives up residence at the end of the server's unload callback. It does
// not return when the module runs resident: the answer to C is 0 by then.
// Otherwise it returns 0.
func Unload(ctx Ctx) uintptr {
	endQueue()
	stopHeartbeat()
	unlisten(ctx)
	if mode == ModeResident && Resident() {
		leave()
	}
	return 0
}
