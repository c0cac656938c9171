// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package ctest

// #include "ctest.h"
import "C"

import "sync/atomic"

var goCallback atomic.Pointer[func([6]uint64) uint64]

// SetGoCallback sets what the C function at [AddrGoCallback] does. Any goroutine
// may call it.
func SetGoCallback(f func(args [6]uint64) uint64) { goCallback.Store(&f) }

// AddrGoCallback is uint64_t f(uint64_t a0, ..., a5), an ordinary cgo export: the
// reference for a trampoline. It calls the function that [SetGoCallback] has set.
func AddrGoCallback() uintptr { return addr(C.ct_go_callback) }

//export ct_go_callback
func ct_go_callback(a0, a1, a2, a3, a4, a5 C.word) C.word {
	f := goCallback.Load()
	return C.word((*f)([6]uint64{uint64(a0), uint64(a1), uint64(a2), uint64(a3), uint64(a4), uint64(a5)}))
}
