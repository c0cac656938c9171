// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// MeasureTimeStart begins to count the time that goroutines work for the client as the
// command's own: in the slow log, in INFO commandstats and the latencies. Without it only the
// time of the handler and of the answer counts. [BlockedClient.Go] does so by itself. It may
// be called on any goroutine; false when the client does not wait any more, and outside of the
// server's thread for a client that is blocked on keys.
//
// C: RedisModule_BlockedClientMeasureTimeStart, since Redis 6.2.
func (c BlockedClient) MeasureTimeStart() bool {
	return c.pinned(func(bc redismodule.BlockedClient) bool {
		if redismodule.BlockedClientMeasureTimeStart(bc) != redismodule.OK {
			return false
		}
		c.b.measuring.Store(true)
		return true
	})
}

// MeasureTimeEnd adds the time since MeasureTimeStart, which can be used again then. When the
// client's time-out comes first, it ends by that. It is false without a MeasureTimeStart.
//
// C: RedisModule_BlockedClientMeasureTimeEnd, since Redis 6.2.
func (c BlockedClient) MeasureTimeEnd() bool {
	return c.pinned(func(bc redismodule.BlockedClient) bool {
		return c.b.measuring.CompareAndSwap(true, false) && redismodule.BlockedClientMeasureTimeEnd(bc) == redismodule.OK
	})
}

// endMeasuring ends what MeasureTimeStart has begun, in the server's callback for the time-out.
func (b *blocked) endMeasuring() {
	if b.bc != 0 && b.measuring.CompareAndSwap(true, false) {
		redismodule.BlockedClientMeasureTimeEnd(b.bc)
	}
}

// pinned calls f with the server's handle, which stays valid meanwhile: the job that ends it
// waits.
func (c BlockedClient) pinned(f func(bc redismodule.BlockedClient) bool) bool {
	b := c.b
	if b == nil {
		return false
	}
	b.pins.Add(1)
	defer b.pins.Add(-1)
	// In this order: whoever ends the client changes the phase first, and looks at the
	// pins then.
	if b.state.Load() != inPhase(c.seq, blockOpen) {
		return false
	}
	if b.onKeys && !core.OnServerThread() {
		return false // the server may free its part by itself
	}
	return f(b.bc)
}
