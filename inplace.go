// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"runtime"
	"unsafe"
)

// callInPlace is callPtr for a function of ours (internal/cgate) that uses p and q
// only while no callback can come back into Go. They may point into the goroutine's
// stack, or to memory that holds Go pointers; nothing escapes.
func callInPlace(fn, a0 uintptr, p unsafe.Pointer, n uintptr, q unsafe.Pointer, a4, a5 uintptr) (r uintptr) {
	// SAFETY(U60): C reads and writes what p and q point to, and what that points to,
	// until it returns or calls what may come back into Go; holds because gates and the
	// portable path do not move the stack on their way to C, only a callback does so
	// later, and a goroutine in C is not shrunk; until then KeepAlive.
	if getg() == state.residentG {
		r = gatePtr(fn, a0, uintptr(p), n, uintptr(q), a4, a5)
	} else {
		r = portablePtr(fn, a0, uintptr(p), n, uintptr(q), a4, a5)
	}
	runtime.KeepAlive(p)
	runtime.KeepAlive(q)
	return r
}
