// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"sync"
	"time"
)

// A stop of the world can miss a goroutine that enters a system call at that moment
// (docs/RATIONALE.md). The runtime's monitor would take its P, but sleeps meanwhile,
// for a minute, or until the next timer is due. Whatever is in a system call that
// lasts holds up all of Go for so long: a goroutine of the module's, and the
// server's thread, which counts as such while it is released. So there is always a
// timer that is due soon.

// heartbeatPeriod bounds the monitor's sleep.
const heartbeatPeriod = 50 * time.Millisecond

var heartbeat struct {
	mu   sync.Mutex
	stop chan struct{} // nil: it does not beat
}

func startHeartbeat() {
	h := &heartbeat
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stop != nil {
		return
	}
	stop := make(chan struct{})
	h.stop = stop
	go func() {
		t := time.NewTicker(heartbeatPeriod)
		defer t.Stop()
		for {
			select {
			case <-t.C:
			case <-stop:
				return
			}
		}
	}()
}

func stopHeartbeat() {
	h := &heartbeat
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stop != nil {
		close(h.stop)
		h.stop = nil
	}
}
