// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"runtime"
	"time"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// LatencyAddSample notes how long something of the module's took, in milliseconds, for the
// server's latency monitor: LATENCY LATEST and LATENCY HISTORY show it by the name of the
// event. The server drops what is shorter than its option latency-monitor-threshold, and
// all when that is 0, as it is by default. ErrUnsupported before Redis 6.0.
//
// C: RedisModule_LatencyAddSample, since Redis 6.0.
func (ctx Context) LatencyAddSample(event string, latency time.Duration) error {
	switch {
	case !has(featureLatencyAddSample):
		return lacks(featureLatencyAddSample)
	case event == "":
		return errNoEvent
	case unsafeconv.HasNUL(event):
		return ErrNULByte
	}
	ctx.alive()
	f := newCallFrame()
	f.name = append(append(f.name, event...), 0)
	redismodule.LatencyAddSample(&f.name[0], latency.Milliseconds())
	runtime.KeepAlive(f)
	f.release()
	return nil
}
