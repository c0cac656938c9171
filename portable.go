// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
)

// The portable path: what a gate jumps to when it may not call directly. All of
// these are nosplit down to the C call, so that argument words which point into
// the goroutine's stack are still right when C reads them. The C side corrects
// its pointer to the frame when a callback has moved the stack.

// portableFrame is what one call keeps in its stack frame. The functions fill it
// field by field and call the runtime themselves: a literal or a call more would
// not fit into what nosplit functions may use of the stack when the compiler does
// not optimise (-gcflags=all=-N -l).
//
// SAFETY(U7): it is read and written by C only during the call; the thunk follows
// the stack when it moves.
type portableFrame struct {
	c edge.Call
	w [6]uintptr
}

//go:nosplit
func callC(thunk uintptr, c *edge.Call) {
	// SAFETY(U7): c is read and written by C only during the call; the thunk
	// follows the stack when it moves.
	cgocall(*(*unsafe.Pointer)(unsafe.Pointer(&thunk)), unsafe.Pointer(c))
}

//go:nosplit
func target(id FuncID) uintptr {
	if tracing {
		trace(id)
	}
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
	var f portableFrame
	f.w[0], f.w[1], f.w[2] = a0, a1, a2
	f.w[3], f.w[4], f.w[5] = a3, a4, a5
	f.c.Fn, f.c.Words, f.c.N = fn, &f.w[0], 6
	cgocall(*(*unsafe.Pointer)(unsafe.Pointer(&edge.CallWords)), unsafe.Pointer(&f.c))
	return f.c.Ret
}

//go:nosplit
func portableWords(id FuncID, words *uintptr, n int) uintptr {
	var c edge.Call
	c.Fn, c.Words, c.N = target(id), words, uintptr(n)
	cgocall(*(*unsafe.Pointer)(unsafe.Pointer(&edge.CallWords)), unsafe.Pointer(&c))
	return c.Ret
}

//go:nosplit
func portableFloat(id FuncID, a0, a1, a2, a3 uintptr, f0, f1 uint64) (r uintptr, f uint64) {
	var p portableFrame
	p.w[0], p.w[1], p.w[2], p.w[3] = a0, a1, a2, a3
	p.c.Fn, p.c.Words, p.c.N, p.c.F0, p.c.F1 = target(id), &p.w[0], 4, f0, f1
	cgocall(*(*unsafe.Pointer)(unsafe.Pointer(&edge.CallFloat)), unsafe.Pointer(&p.c))
	return p.c.Ret, p.c.FRet
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
