// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/iredismodule/redismodule/internal/edge"
)

// resting is the state of an unloaded library, which stays in the process with its Go
// runtime.
var resting struct {
	mu    sync.Mutex
	loads int // so that a rest does not go on into the next load
	procs int // GOMAXPROCS before the rest, 0 when there is none
}

// rest gives back what the runtime can, when the module is unloaded: what goroutines of
// the module are left share one P, free memory goes back to the system, and idle
// threads end.
func rest() {
	r := &resting
	r.mu.Lock()
	load := r.loads
	r.mu.Unlock()
	go func() {
		debug.FreeOSMemory()
		r.mu.Lock()
		defer r.mu.Unlock()
		if edge.CountThreads == nil || r.loads != load {
			return
		}
		// With one P, no thread is started to look for work.
		r.procs = runtime.GOMAXPROCS(1)
		// A thread ends with a goroutine that is locked to it. The runtime keeps some
		// threads for itself; and it takes an idle one before it starts another.
		for range edge.CountThreads() {
			done := make(chan struct{})
			go func() {
				runtime.LockOSThread()
				close(done)
			}()
			<-done
		}
	}()
}

// endRest is the beginning of a load.
func endRest() {
	r := &resting
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loads++
	if r.procs > 0 {
		runtime.GOMAXPROCS(r.procs)
		r.procs = 0
	}
}
