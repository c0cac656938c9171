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
// server's thread, which counts as such while it is released, and for ever when the
// module is unloaded. So there is always a timer that is due soon.

// What bounds the monitor's sleep while the module is loaded, and when it is not.
const (
	heartbeatPeriod = 50 * time.Millisecond
	heartbeatAtRest = time.Second
)

var heartbeat struct {
	once   sync.Once
	ticker *time.Ticker
}

// beat sets the period; the first call starts the heartbeat.
func beat(period time.Duration) {
	h := &heartbeat
	h.once.Do(func() {
		h.ticker = time.NewTicker(period)
		// The runtime knows of a ticker only while somebody waits for it. One that has
		// just been woken may be kept from waiting again, so there are two.
		for range 2 {
			go func() {
				for range h.ticker.C {
				}
			}()
		}
	})
	h.ticker.Reset(period)
}
