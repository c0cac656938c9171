// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"time"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// LatencyAddSample notes how long something took, in whole milliseconds, rounded down, for the
// command LATENCY, under the name of an event. The server drops what is shorter than its
// latency-monitor-threshold. When that is 0 the monitor is off, and Valkey drops everything; Redis up
// to 8.0 keeps everything then. The server copies the name.
// ErrNULByte when there is a NUL byte in it, ErrUnsupported before Redis 6.0.
//
// C: RedisModule_LatencyAddSample, since Redis 6.0.
func (ctx Context) LatencyAddSample(event string, took time.Duration) error {
	ctx.alive()
	if !has(featureLatencyAddSample) {
		return lacks(featureLatencyAddSample)
	}
	if unsafeconv.HasNUL(event) {
		return ErrNULByte
	}
	var buf unsafeconv.CBuf
	redismodule.LatencyAddSample(buf.String(event), took.Milliseconds())
	return nil
}
