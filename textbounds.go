// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import "runtime"

// textBounds returns the bounds of the process's own Go code: the faults in it
// are Go's.
func textBounds() (lo, hi uintptr) {
	inside, _, _, ok := runtime.Caller(0)
	if !ok {
		return 0, 0
	}
	known := func(pc uintptr) bool { return runtime.FuncForPC(pc) != nil }
	// Go code is one block: search its ends, outward in steps that double, then
	// by halves.
	edgeOf := func(down bool) uintptr {
		at := func(d uintptr) uintptr {
			if down {
				return inside - d
			}
			return inside + d
		}
		out := uintptr(1)
		for known(at(out)) {
			out *= 2
		}
		in := out / 2
		for out-in > 1 {
			if mid := in + (out-in)/2; known(at(mid)) {
				in = mid
			} else {
				out = mid
			}
		}
		return at(in)
	}
	return edgeOf(true), edgeOf(false) + 1
}
