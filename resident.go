// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"runtime"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/internal/queue"
)

// The assembly: resident_amd64.s and resident_arm64.s. These four are for C and for
// other assembly only.

// release gives the P away if that can be.
func release()

// releaseOut is release when no other callback is under way.
func releaseOut()

// wake takes a P again.
func wake()

// rewake is wake for a gate on its way back.
func rewake()

// callAddresses returns the C addresses of three functions: release gives the P away
// if that can be, releaseNow(sp) does so from a signal handler, and idle tells
// whether no callback of ours is under way on the server's thread.
func callAddresses() (release, releaseNow, idle uintptr)

// park calls fn, which is longjmp, and does not return.
func park(fn, a0 uintptr)

// yield leaves to C, with released as the new state, and returns when wake runs.
func yield(released uintptr)

//go:linkname entersyscall runtime.entersyscall
func entersyscall()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// becomeResident makes the calling goroutine the resident goroutine of the calling thread
// and lets the C function that called into Go return to the server. It does not
// return. It must be called inside an ordinary cgo callback on the server's main
// thread, after begin chose ModeResident. internal/cgate calls it.
func becomeResident() {
	slots[parkIndex].fn = guarded(parkHere)
	slots[loadIndex] = slot{fn: guarded(loadAgain), failed: func(_, _ uintptr, _ Failure) uintptr { return 1 }}
	// Inside of a cgo call of our own: outside of any, the runtime would take the end of
	// an ordinary callback on this thread for the thread's last use of Go, and a fault in
	// Go code after it for one in C.
	callPtr(uintptr(trampoline(parkIndex)), 0, 0, 0, 0, 0, 0)
}

// parkHere is the callback in which becomeResident stays.
func parkHere(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
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
	release, _, _ := callAddresses()
	edge.ResidentParked([4]uintptr{
		cell(&state.residentG), cell(&state.residentG0), cell(&state.residentTP), cell(&state.released),
	}, [3]uintptr{0, noThread, noThread}, uintptr(trampoline(loadIndex)), release)
	// SAFETY(U11): the cgo callback locked this goroutine to its thread, and its
	// frames stay below everything that trampolines push, for ever: longjmp drops
	// only C frames of the callback's entry.
	park(edge.LongJump, edge.JumpBuffer)
	return 0
}

// cell is the address of a variable, which does not move.
func cell(p *uintptr) uintptr { return uintptr(unsafe.Pointer(p)) }

// loadAgain loads the module on the resident goroutine: (ctx, argv, argc, GetApi).
// The server orders loads, by C that the race detector does not see.
//
//go:norace
func loadAgain(a0, a1, a2, a3, _, _ uintptr, _ unsafe.Pointer) uintptr {
	state.gates = 1 // a load in between may have been portable
	status, _ := edge.OnLoad(a0, a1, int(int32(a2)), a3)
	return uintptr(status)
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

// isResident tells whether the calling goroutine is the resident one.
func isResident() bool { return state.residentG != 0 && getg() == state.residentG }

// unload ends the load of a module at the end of the server's unload callback. The
// resident goroutine stays parked, for the next load; C takes it out of the state
// behind the callback (internal/cgate/resident.c). It returns 0.
func unload(ctx Ctx) uintptr {
	begun = false
	queue.End()
	beat(heartbeatAtRest)
	unlisten(ctx)
	rest()
	return 0
}
