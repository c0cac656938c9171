// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"runtime"

	"github.com/iredismodule/redismodule/internal/edge"
)

// nameThreads gives Go's threads a name of their own, after the module, by which they
// are known from then on. It is called at load, on a goroutine that is locked to its
// thread: then no thread for Go is started by the server's thread, whose name,
// priority and signal mask it would inherit, but by one that the runtime keeps for
// that.
func nameThreads(module string) {
	if edge.NameThreads != nil {
		edge.NameThreads(module)
	}
}

// setTurns settles how Go's threads share the machine with the server's thread: procs
// is GOMAXPROCS, and nice (0 to 19) is added to the priority of Go's threads; the
// server's thread keeps its own. 0 leaves either alone. It is called at load.
func setTurns(procs, nice int) {
	if procs > 0 {
		runtime.GOMAXPROCS(procs)
	}
	if nice > 0 && edge.LowerPriority != nil {
		// With a template thread, a thread for Go is never started by the server's
		// thread, whose priority and signal mask it would inherit. The runtime
		// starts one when a goroutine locks itself to its thread.
		runtime.LockOSThread()
		edge.LowerPriority(nice)
		runtime.UnlockOSThread()
	}
}
