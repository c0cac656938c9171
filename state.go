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
//	residentG == 0                   no resident goroutine: ordinary path
//	released == 0, g.syscallsp == 0  held: the fast entry is legal
//	released == 1                    released: resume first
//	released == 0, g.syscallsp != 0  inside a foreign cgo call: ordinary path
type runtimeState struct {
	residentG   uintptr // g of the resident goroutine, or 0
	residentG0  uintptr // g0 of the server's thread, or noThread
	residentTP  uintptr // thread pointer of its thread (arm64), or noThread
	released    uintptr // 1 while the resident goroutine has given its P away
	yieldDepth  uintptr // stack depth at which it waits while released
	parkDepth   uintptr // stack depth of the gate call that never returns
	stackLo     uintptr // bounds of the resident thread's C stack
	stackHi     uintptr
	gates       uintptr // 1: gates may be used; 0: every call goes through cgo
	guardOffset uintptr // where guard.go finds a thread's goroutine; 0: guard off
	wrongLane   uintptr // C function that reports a wrong lane
	ordinaryFn  uintptr // code address of ordinaryEntry, for crosscall2
	refuse      uintptr // C function that ends a forked child in which Go cannot run
}

var state = runtimeState{residentG0: noThread, residentTP: noThread}
