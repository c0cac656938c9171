// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
)

// The assembly: entry_amd64.s and entry_arm64.s.

// enter takes the call of a trampoline, in C.
func enter()

// trampolineTable is the address of the first trampoline.
func trampolineTable() uintptr

// barrier calls dispatch; abort can return to it.
//
//go:noescape
func barrier(f *frame)

// abort leaves a callback whose goroutine is being ended.
//
//go:noescape
func abort(f *frame)

// ordinaryEntries counts the callbacks that came by ordinaryEntry.
var ordinaryEntries atomic.Uint64

// ordinaryEntry runs a callback inside an ordinary cgo callback: any thread,
// any state. The frame is on the C stack.
func ordinaryEntry(f *frame) {
	// A goroutine that is locked to its thread leaves it to the runtime's template
	// thread to start threads: they would inherit the priority, the name and the
	// signal mask of this thread, which is one of the server's.
	runtime.LockOSThread()
	ordinaryEntries.Add(1)
	barrier(f)
	runtime.UnlockOSThread()
}

// enterOrdinary runs callback index inside an ordinary cgo callback. internal/cgate
// calls it for C trampolines.
func enterOrdinary(index, a0, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr {
	f := frame{index: index, a: [6]uintptr{a0, a1, a2, a3, a4, a5}, more: more}
	ordinaryEntry(&f)
	return f.ret
}

func init() {
	edge.ResidentEntries = func() uint64 { return uint64(state.entries) }
	edge.OrdinaryEntries = ordinaryEntries.Load
	ordinary, general := ordinaryEntry, dispatch
	// SAFETY(U9): a func value points at a closure whose first word is the code
	// address; crosscall2 and callgo want the latter. Neither of the two captures
	// anything, so they need no closure.
	state.ordinaryFn = **(**uintptr)(unsafe.Pointer(&ordinary))
	state.dispatchFn = **(**uintptr)(unsafe.Pointer(&general))
}

// slotShift is the size of a slot, for callgo.
const slotShift = 5

var _ [1 << slotShift]byte = [unsafe.Sizeof(slot{})]byte{}

// inRegisters calls a function as callgo calls a command, with its closure, arguments and
// result in registers.
func inRegisters(closure, a0, a1, a2, a3 uintptr) uintptr

// trampoline returns the C address of callback i.
func trampoline(i int) CFunc {
	if state.gates == 0 {
		return CFunc(edge.Trampolines[i-1])
	}
	return CFunc(trampolineTable() + uintptr(i-1)*trampolineStride)
}

type table struct{ base, stride uintptr }

func trampolineTables() [1]table { return [1]table{{trampolineTable(), trampolineStride}} }

func slotIndexC(f CFunc) int {
	for i, a := range edge.Trampolines {
		if a == uintptr(f) {
			return i + 1
		}
	}
	return 0
}
