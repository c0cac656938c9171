// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import "unsafe"

// neverTrue is a variable that the compiler cannot prove false.
var neverTrue bool
var sink unsafe.Pointer

// escape makes what p points to live on the heap: for functions that can come
// back into Go, where the goroutine's stack may move while C holds the pointer.
func escape(p unsafe.Pointer) {
	if neverTrue {
		sink = p
	}
}

// Escape makes what p points to live on the heap. A raw variadic function sees
// its pointers as words only, so memory behind them must not be on the calling
// goroutine's stack.
func Escape(p unsafe.Pointer) { escape(p) }
