// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !(cgo && linux && (amd64 || arm64) && !rm_noasm)

package redismodule

import (
	"errors"
	"runtime"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/internal/queue"
)

// Platforms without the assembly: every call is an ordinary cgo call, every
// callback a cgo export. Pointer arguments are made to escape to the heap
// (uintptrescapes), since the stack can grow on the way to C.

const haveAssembly = false

func setGate(FuncID, uintptr) {}

func callWords(fn, fixed uintptr, w *[MaxWords]uintptr, n int) uintptr {
	if edge.CallOut == nil {
		panic("redismodule: built without cgo")
	}
	c := &edge.Call{Fn: fn, Words: &w[0], N: uintptr(n), Fixed: fixed}
	edge.CallOut(edge.CallWords, unsafe.Pointer(c))
	return c.Ret
}

func target(id FuncID) uintptr {
	if !Has(id) {
		absent(id)
	}
	return fnTable[id]
}

//go:uintptrescapes
func gate0(id FuncID) uintptr { return gate6(id, 0, 0, 0, 0, 0, 0) }

//go:uintptrescapes
func gate1(id FuncID, a0 uintptr) uintptr { return gate6(id, a0, 0, 0, 0, 0, 0) }

//go:uintptrescapes
func gate2(id FuncID, a0, a1 uintptr) uintptr { return gate6(id, a0, a1, 0, 0, 0, 0) }

//go:uintptrescapes
func gate3(id FuncID, a0, a1, a2 uintptr) uintptr { return gate6(id, a0, a1, a2, 0, 0, 0) }

//go:uintptrescapes
func gate4(id FuncID, a0, a1, a2, a3 uintptr) uintptr {
	return gate6(id, a0, a1, a2, a3, 0, 0)
}

//go:uintptrescapes
func gate5(id FuncID, a0, a1, a2, a3, a4 uintptr) uintptr {
	return gate6(id, a0, a1, a2, a3, a4, 0)
}

//go:uintptrescapes
func gate6(id FuncID, a0, a1, a2, a3, a4, a5 uintptr) uintptr {
	return callWords(target(id), 0, &[MaxWords]uintptr{a0, a1, a2, a3, a4, a5}, 6)
}

// gateWords copies the words to the heap. Pointers among them were converted by
// the caller, which keeps their objects alive; such objects must not be on its
// stack, which escape sees to.
func gateWords(id FuncID, words *uintptr, n int) uintptr {
	w := new([MaxWords]uintptr)
	copy(w[:], unsafe.Slice(words, n))
	return callWords(target(id), uintptr(fnFixed[id]), w, n)
}

//go:uintptrescapes
func gateFloat(id FuncID, a0, a1, a2, a3 uintptr, f0, f1 uint64) (r uintptr, f uint64) {
	c := &edge.Call{Fn: target(id), Words: &[]uintptr{a0, a1, a2, a3, 0, 0}[0], N: 4, F0: f0, F1: f1, Op: returnsFloat(id)}
	edge.CallOut(edge.CallFloat, unsafe.Pointer(c))
	return c.Ret, c.FRet
}

// returnsFloat is 1 for functions whose result is a floating-point number: not
// every C ABI lets one call read both result registers.
func returnsFloat(id FuncID) uintptr {
	switch id {
	case FnCallReplyDouble, FnLoadDouble, FnLoadFloat, FnServerInfoGetFieldDouble, FnGetUsedMemoryRatio:
		return 1
	}
	return 0
}

func callPtr(fn, a0, a1, a2, a3, a4, a5 uintptr) uintptr {
	return callWords(fn, 0, &[MaxWords]uintptr{a0, a1, a2, a3, a4, a5}, 6)
}

// callInPlace is callPtr; internal/core has put what p and q point to on the heap.
func callInPlace(fn, a0 uintptr, p unsafe.Pointer, n uintptr, q unsafe.Pointer, a4, a5 uintptr) uintptr {
	r := callPtr(fn, a0, uintptr(p), n, uintptr(q), a4, a5)
	runtime.KeepAlive(p)
	runtime.KeepAlive(q)
	return r
}

func callEdge(thunk uintptr, c *edge.Call) {
	h := *c
	edge.CallOut(thunk, unsafe.Pointer(&h))
	*c = h
}

func abort(*frame) {}

func checkRuntime() string     { return "" }
func checkPanicOffset() string { return "no assembly" }

func callAddresses() (release, releaseNow, idle uintptr) { return 0, 0, 0 }

// becomeResident is not reached: the mode is portable.
func becomeResident() {}

// isResident tells whether the calling goroutine is the resident one.
func isResident() bool { return false }

// enterOrdinary runs callback index inside an ordinary cgo callback. internal/cgate
// calls it.
func enterOrdinary(index, a0, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr {
	f := frame{index: index, a: [6]uintptr{a0, a1, a2, a3, a4, a5}, more: more}
	runtime.LockOSThread() // as in ordinaryEntry of the assembly platforms
	dispatch(&f)
	runtime.UnlockOSThread()
	return f.ret
}

func trampoline(i int) CFunc { return CFunc(edge.Trampolines[i-1]) }

type table struct{ base, stride uintptr }

func trampolineTables() []table { return nil }

func slotIndexC(f CFunc) int {
	for i, a := range edge.Trampolines {
		if a == uintptr(f) {
			return i + 1
		}
	}
	return 0
}

// unload ends the load of a module at the end of the server's unload callback.
func unload(ctx Ctx) uintptr {
	begun = false
	queue.End()
	beat(heartbeatAtRest)
	unlisten(ctx)
	rest()
	return 0
}

// InChild tells whether this process is a child forked from the server.
func InChild() bool { return false }

// ErrNoChild is the error of NewChildCallback where Go code cannot run in a
// forked child.
var ErrNoChild = errors.New("redismodule: a callback that may run in a forked child needs the resident mode")

// NewChildCallback is NewCallback for a function that the server may also call
// in a forked child, which this platform does not support.
func NewChildCallback(Callback, Failed) (CFunc, error) { return 0, ErrNoChild }

// NewSaveCallback is NewChildCallback for what writes an RDB file or an AOF.
func NewSaveCallback(Callback, Failed) (CFunc, error) { return 0, ErrNoChild }

func newChildCallback(slot) (CFunc, error) { return 0, ErrNoChild }

func settleFork()          {}
func endChild()            {}
func refuseChild() uintptr { return 0 }
func settleGuard()         {}
func settleThread()        {}
func forgetThread()        {}
