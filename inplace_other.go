// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !(cgo && linux && (amd64 || arm64))

package redismodule

import (
	"runtime"
	"unsafe"
)

// callInPlace is callPtr for pointers that would need not escape elsewhere. Here the
// stack can grow on the way to C, so they do.
func callInPlace(fn, a0 uintptr, p unsafe.Pointer, n uintptr, q unsafe.Pointer, a4, a5 uintptr) uintptr {
	escape(p)
	escape(q)
	r := callPtr(fn, a0, uintptr(p), n, uintptr(q), a4, a5)
	runtime.KeepAlive(p)
	runtime.KeepAlive(q)
	return r
}
