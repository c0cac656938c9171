// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"sync/atomic"
	"unsafe"
)

// The gates: rm_amd64.s and rm_arm64.s. Each takes the number of an API
// function and its C arguments as words, and decides by itself between the
// direct way and cgo. None lets the goroutine's stack move between its call and
// the C function's entry, so a pointer converted in the call expression may
// point into that stack (see escape for functions that can come back into Go).

func gate0(id FuncID) uintptr
func gate1(id FuncID, a0 uintptr) uintptr
func gate2(id FuncID, a0, a1 uintptr) uintptr
func gate3(id FuncID, a0, a1, a2 uintptr) uintptr
func gate4(id FuncID, a0, a1, a2, a3 uintptr) uintptr
func gate5(id FuncID, a0, a1, a2, a3, a4 uintptr) uintptr
func gate6(id FuncID, a0, a1, a2, a3, a4, a5 uintptr) uintptr

// gateWords takes any number of integer words: functions with more than six
// arguments and variadic ones. The array must have room for six words at least.
//
//go:noescape
func gateWords(id FuncID, words *uintptr, n int) uintptr

// gateFloat takes up to two float64 (as bits) beside up to four words and
// returns both the integer and the floating-point result register.
func gateFloat(id FuncID, a0, a1, a2, a3 uintptr, f0, f1 uint64) (r uintptr, f uint64)

// gatePtr calls a C function that is not in the table, directly.
func gatePtr(fn, a0, a1, a2, a3, a4, a5 uintptr) uintptr

// gateTable is fnTable for gates that call directly: in place of 0 it has the address of
// noFunction, so that they need not look.
var gateTable [numFuncs]uintptr

func setGate(id FuncID, fn uintptr) {
	if fn == 0 {
		fn = noFunctionAddress()
	}
	atomic.StoreUintptr(&gateTable[id], fn)
}

func init() {
	for id := range numFuncs {
		setGate(id, 0)
	}
}

// noFunction is called by a gate, as C, for a function that the server lacks: it
// goes back and on to absent.
func noFunction()

// noFunctionAddress is noFunction's address.
func noFunctionAddress() uintptr

// gateMark is never called; see rm_amd64.s.
func gateMark()

//go:linkname cgocall runtime.cgocall
//go:noescape
func cgocall(fn, arg unsafe.Pointer) int32

const haveAssembly = true
