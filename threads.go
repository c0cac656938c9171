// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"runtime"

	"github.com/iredismodule/redismodule/internal/edge"
)

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

// NameThreads gives Go's threads a name of their own, after the module, by which they
// are known from then on. It is called at load, on a goroutine that is locked to its
// thread: then no thread for Go is started by the server's thread, whose name,
// priority and signal mask it would inherit, but by one that the runtime keeps for
// that.
func NameThreads(module string) {
	if edge.NameThreads != nil {
		edge.NameThreads(module)
	}
}

// Turns is how Go's threads share the machine with the server's thread.
type Turns struct {
	// Procs is GOMAXPROCS; 0 leaves it alone.
	Procs int
	// Nice is added to the priority of Go's threads (0 to 19); the server's thread
	// keeps its own. 0 makes no system call.
	Nice int
}

// SetTurns applies t. It is called at load.
func SetTurns(t Turns) {
	if t.Procs > 0 {
		runtime.GOMAXPROCS(t.Procs)
	}
	if t.Nice > 0 && edge.LowerPriority != nil {
		// With a template thread, a thread for Go is never started by the server's
		// thread, whose priority and signal mask it would inherit. The runtime
		// starts one when a goroutine locks itself to its thread.
		runtime.LockOSThread()
		edge.LowerPriority(t.Nice)
		runtime.UnlockOSThread()
	}
}
