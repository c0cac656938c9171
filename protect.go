// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"runtime/debug"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
)

// Protect runs f and returns nil, or how f failed. It calls f by way of C, as a
// callback, since nothing else stops runtime.Goexit: it is for code of the module's
// that the binding runs outside of a callback, or when one has failed already.
func Protect(f func()) *Failure {
	if edge.CallWords == 0 { // no way to C
		return protectPlainly(f)
	}
	var failure *Failure
	fn, err := newCallback(slot{
		fn: guarded(func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			f()
			return 0
		}),
		failed: func(_, _ uintptr, how Failure) uintptr {
			failure = &how
			return 0
		},
		mild: true,
	}, false)
	if err != nil {
		return protectPlainly(f)
	}
	defer FreeCallback(fn)
	callPtr(uintptr(fn), 0, 0, 0, 0, 0, 0)
	return failure
}

// protectPlainly is Protect against panics alone.
func protectPlainly(f func()) (failure *Failure) {
	defer func() {
		if v := recover(); v != nil {
			failure = &Failure{Value: v, Stack: debug.Stack()}
		}
	}()
	f()
	return nil
}
