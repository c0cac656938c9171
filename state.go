// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

// noThread is the value of runtimeState.residentG0 while there is no resident
// goroutine. It is never a g, so that one comparison in a trampoline answers
// both "is there a resident goroutine" and "is this its thread": a thread that
// Go has never seen has a nil g, which must not match either.
const noThread = 1

// runtimeState is everything that the call layer keeps for the process. The
// assembly reads and writes it by name (go_asm.h); only the server's main
// thread writes it after load.
//
// The server's thread is in one of these states while C runs on it; docs/STATES.md has
// them with all that leads from one to the next:
//
//	residentG == 0                  no resident goroutine: ordinary path
//	released == 1                   the goroutine has given its P away: wake first
//	released == 0, stands in a gate held: the fast entry is legal
//	else                            another goroutine runs there, or the resident
//	                                one is in a foreign cgo call: ordinary path
//
// "Stands in a gate": its sched.pc is the mark.
type runtimeState struct {
	residentG   uintptr // g of the resident goroutine, or 0
	residentG0  uintptr // g0 of the server's thread, or noThread
	residentTP  uintptr // thread pointer of its thread (arm64), or noThread
	released    uintptr // 1 while the resident goroutine has given its P away
	window      uintptr // 1 from the server's event before sleep to that after sleep
	hurried     uintptr // 1 when the signal handler has released it in this turn
	forking     uintptr // 1 from the preparation of a fork on; a child keeps it
	nested      uintptr // callbacks on the server's thread that came the ordinary way
	yieldDepth  uintptr // stack depth at which it waits while released
	sleepDepth  uintptr // and that of the system call that it is in then
	stopDepth   uintptr // stack depth at which it stood when it was released last
	parkDepth   uintptr // stack depth of the gate call that never returns
	stackLo     uintptr // bounds of the resident thread's C stack
	stackHi     uintptr
	gates       uintptr // 1: gates may be used; 0: every call goes through cgo
	guardOffset uintptr // where guard.go finds a thread's goroutine; 0: guard off
	wrongLane   uintptr // C function that reports a wrong lane
	oddStack    uintptr // C function that answers on a stack that is not the thread's
	ordinaryFn  uintptr // code address of ordinaryEntry, for crosscall2
	dispatchFn  uintptr // code address of dispatch, for callgo and barrier
	refuse      uintptr // C function that ends a forked child in which Go cannot run
	entries     uintptr // callbacks that the resident goroutine has run
}

var state = runtimeState{residentG0: noThread, residentTP: noThread}
