// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// Functions of data types have no context, since the server is in the middle of a value when it calls them, nor has Info, for which it
// goes through its modules. They can still have that of the handler whose call has led to them, in a variable: what they changed by it
// would be gone under the server, which crashes. While one of them runs nothing is called, and keys are open for reading only.

// midway makes a kind of callback one in which the server is in the middle of a value. The entry among the
// callbacks without a command says so to all that looks there anyway.
func (k *kind) midway() *kind {
	run, end := k.run, k.end
	k.run = func(a0, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr {
		state.outside = append(state.outside, outsideTop)
		state.midway++
		return run(a0, a1, a2, a3, a4, a5, more)
	}
	k.end = func(a0, a1 uintptr) {
		state.midway--
		state.outside = state.outside[:len(state.outside)-1]
		if end != nil {
			end(a0, a1)
		}
	}
	return k
}

// yieldMidway lets the server do other things in the middle of a value, whose callbacks are not of it.
func yieldMidway(ctx redismodule.Ctx) {
	depth := state.midway
	state.midway = 0
	redismodule.Yield(ctx, redismodule.YIELD_FLAG_CLIENTS, nil)
	state.midway = depth
}
