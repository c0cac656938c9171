// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"sync/atomic"
	"unsafe"
)

// GatesOn tells whether gates may be used.
func GatesOn() bool { return state.gates != 0 }

// Released tells whether the resident goroutine has given its P away. Any
// goroutine may ask.
func Released() bool { return atomic.LoadUintptr(&state.released) != 0 }

// HasResident tells whether there is a resident goroutine.
func HasResident() bool { return atomic.LoadUintptr(&state.residentG) != 0 }

// InSyscall tells whether the calling goroutine counts as being in a system call.
// It never does: what is tested is that g.syscallsp was put back.
func InSyscall() bool { return word(getg()+gSyscallSP) != 0 }

// PanicWord is what g._panic of the calling goroutine is.
func PanicWord() uintptr { return word(getg() + gPanic) }

// CheckRuntime is what begin asks before it chooses the gates.
func CheckRuntime() string { return checkRuntime() }

// ReleaseCallback is the address of callback 1, which no module has.
func ReleaseCallback() CFunc { return trampoline(prepareIndex) }

// StackBase is the upper end of the calling goroutine's stack, which changes when
// the stack moves.
func StackBase() uintptr { return word(getg() + gStackHi) }

// StackUsed is how many bytes of its stack the calling goroutine uses, and StackSize
// how many it has.
func StackUsed() uintptr {
	var here byte
	return StackBase() - uintptr(unsafe.Pointer(&here))
}

// StackSize is how many bytes the calling goroutine's stack has.
func StackSize() uintptr { return StackBase() - word(getg()+gStackLo) }

// CallPtr calls a C function that is not in the table.
func CallPtr(fn, a0, a1, a2, a3, a4, a5 uintptr) uintptr {
	return callPtr(fn, a0, a1, a2, a3, a4, a5)
}

// Sink is where a test puts what must not be optimised away.
var Sink unsafe.Pointer
