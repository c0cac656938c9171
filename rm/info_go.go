// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"
	"runtime"
	"runtime/metrics"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/internal/queue"
)

// goSection is the section of INFO with the figures of this package and of Go's runtime.
const goSection = "go"

// goNumbers are the runtime's figures that the section has, with the names that runtime/metrics gives
// them. Reading them stops nothing.
var goNumbers = [...]struct{ field, metric string }{
	{"goroutines", "/sched/goroutines:goroutines"},
	{"heap_bytes", "/memory/classes/heap/objects:bytes"},
	{"heap_goal_bytes", "/gc/heap/goal:bytes"},
	{"memory_bytes", "/memory/classes/total:bytes"},
	{"memory_released_bytes", "/memory/classes/heap/released:bytes"},
	{"gc_cycles", "/gc/cycles/total:gc-cycles"},
}

// goTimes are the distributions, in seconds.
var goTimes = [...]struct{ field, metric string }{
	{"gc_pause_usec", "/sched/pauses/total/gc:seconds"},
	{"wait_for_p_usec", "/sched/latencies:seconds"},
}

// addGo adds the section. It is small, and whoever asks for INFO waits for it: no figure
// costs a stop of Go. runtime/metrics has a lock of its own, which a goroutine has while it
// reads figures as well.
func (i Info) addGo() {
	if wanted, err := i.AddSection(goSection); !wanted || err != nil {
		return
	}
	text := func(name, value string) { _ = i.AddFieldCString(name, value) }
	number := func(name string, value uint64) { _ = i.AddFieldULongLong(name, value) }
	mode, why := redismodule.CurrentMode()
	text("mode", mode.String())
	if why != "" {
		text("mode_reason", why)
	}
	if edge.BuildID != nil && edge.BuildID() != "" {
		text("build", edge.BuildID())
	}
	text("go_version", runtime.Version())
	number("gomaxprocs", uint64(runtime.GOMAXPROCS(0)))
	number("loads", queue.LoadNumber())
	number("callbacks", uint64(redismodule.Callbacks()))
	number("queue_length", uint64(max(queue.Waiting(), 0)))
	waited := queue.Waited()
	number("queue_jobs", waited.Jobs)
	number("queue_wait_usec", uint64(waited.Total.Microseconds()))
	number("queue_wait_worst_usec", uint64(waited.Worst.Microseconds()))
	if edge.OrdinaryEntries != nil {
		number("entries_resident", edge.ResidentEntries())
		number("entries_by_cgo", edge.OrdinaryEntries())
	}
	if edge.CountThreads != nil {
		number("threads", uint64(max(edge.CountThreads(), 0)))
	}
	if edge.Releases != nil {
		number("p_given_away", edge.Releases())
	}
	var samples [len(goNumbers) + len(goTimes)]metrics.Sample
	for n, m := range goNumbers {
		samples[n].Name = m.metric
	}
	for n, m := range goTimes {
		samples[len(goNumbers)+n].Name = m.metric
	}
	metrics.Read(samples[:])
	for n, m := range goNumbers {
		if v := samples[n].Value; v.Kind() == metrics.KindUint64 {
			number(m.field, v.Uint64())
		}
	}
	for n, m := range goTimes {
		if v := samples[len(goNumbers)+n].Value; v.Kind() == metrics.KindFloat64Histogram {
			i.addTimes(m.field, v.Float64Histogram())
		}
	}
}

// addTimes adds a distribution as a dictionary, as INFO has that of latencies.
func (i Info) addTimes(name string, h *metrics.Float64Histogram) {
	var count uint64
	for _, n := range h.Counts {
		count += n
	}
	_ = i.BeginDictField(name)
	_ = i.AddFieldULongLong("count", count)
	for _, p := range [...]struct {
		name string
		part float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"max", 1}} {
		_ = i.AddFieldDouble(p.name, quantile(h, count, p.part)*1e6)
	}
	_ = i.EndDictField()
}

// quantile is the bound below which a part of the values lies.
func quantile(h *metrics.Float64Histogram, count uint64, part float64) float64 {
	if count == 0 {
		return 0
	}
	want, seen := uint64(math.Ceil(float64(count)*part)), uint64(0)
	for b, n := range h.Counts {
		if seen += n; n > 0 && seen >= want {
			if bound := h.Buckets[b+1]; !math.IsInf(bound, 1) {
				return bound
			}
			return h.Buckets[b]
		}
	}
	return 0
}
