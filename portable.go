// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && (amd64 || arm64)

package redismodule

import (
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
)

// The portable path: what a gate jumps to when it may not call directly. All of
// these are nosplit down to the C call, so that argument words which point into
// the goroutine's stack are still right when C reads them. The C side corrects
// its pointer to the frame when a callback has moved the stack.

//go:nosplit
func callC(thunk uintptr, c *edge.Call) {
	// SAFETY(U7): c is read and written by C only during the call; the thunk
	// follows the stack when it moves.
	cgocall(*(*unsafe.Pointer)(unsafe.Pointer(&thunk)), unsafe.Pointer(c))
}

//go:nosplit
func target(id FuncID) uintptr {
	// id is in range: only generated constants reach a gate.
	return *(*uintptr)(unsafe.Add(unsafe.Pointer(&fnTable), uintptr(id)*unsafe.Sizeof(uintptr(0))))
}

//go:nosplit
func portable0(id FuncID) uintptr { return portablePtr(target(id), 0, 0, 0, 0, 0, 0) }

//go:nosplit
func portable1(id FuncID, a0 uintptr) uintptr {
	return portablePtr(target(id), a0, 0, 0, 0, 0, 0)
}

//go:nosplit
func portable2(id FuncID, a0, a1 uintptr) uintptr {
	return portablePtr(target(id), a0, a1, 0, 0, 0, 0)
}

//go:nosplit
func portable3(id FuncID, a0, a1, a2 uintptr) uintptr {
	return portablePtr(target(id), a0, a1, a2, 0, 0, 0)
}

//go:nosplit
func portable4(id FuncID, a0, a1, a2, a3 uintptr) uintptr {
	return portablePtr(target(id), a0, a1, a2, a3, 0, 0)
}

//go:nosplit
func portable5(id FuncID, a0, a1, a2, a3, a4 uintptr) uintptr {
	return portablePtr(target(id), a0, a1, a2, a3, a4, 0)
}

//go:nosplit
func portable6(id FuncID, a0, a1, a2, a3, a4, a5 uintptr) uintptr {
	return portablePtr(target(id), a0, a1, a2, a3, a4, a5)
}

//go:nosplit
func portablePtr(fn, a0, a1, a2, a3, a4, a5 uintptr) uintptr {
	w := [6]uintptr{a0, a1, a2, a3, a4, a5}
	c := edge.Call{Fn: fn, Words: &w[0], N: 6}
	callC(edge.CallWords, &c)
	return c.Ret
}

//go:nosplit
func portableWords(id FuncID, words *uintptr, n int) uintptr {
	c := edge.Call{Fn: target(id), Words: words, N: uintptr(n)}
	callC(edge.CallWords, &c)
	return c.Ret
}

//go:nosplit
func portableFloat(id FuncID, a0, a1, a2, a3 uintptr, f0, f1 uint64) (r uintptr, f uint64) {
	w := [6]uintptr{a0, a1, a2, a3}
	c := edge.Call{Fn: target(id), Words: &w[0], N: 4, F0: f0, F1: f1}
	callC(edge.CallFloat, &c)
	return c.Ret, c.FRet
}

// callPtr calls a C function that is not in the table, the way that is legal on
// the calling goroutine for any function. Pointer arguments must not point into
// the goroutine's stack.
func callPtr(fn, a0, a1, a2, a3, a4, a5 uintptr) uintptr {
	if getg() == state.residentG {
		return gatePtr(fn, a0, a1, a2, a3, a4, a5)
	}
	return portablePtr(fn, a0, a1, a2, a3, a4, a5)
}

func callEdge(thunk uintptr, c *edge.Call) { callC(thunk, c) }
