// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package results

import (
	"slices"
	"time"
)

// Latencies returns the median, p99, p99.9 and worst of times, which it sorts.
func Latencies(took []time.Duration) []Metric {
	slices.Sort(took)
	var all []Metric
	for _, q := range []struct {
		of   float64
		unit string
	}{{0.5, "p50-ns"}, {0.99, "p99-ns"}, {0.999, "p999-ns"}, {1, "max-ns"}} {
		i := min(len(took)-1, int(q.of*float64(len(took))))
		all = append(all, Metric{float64(took[i].Nanoseconds()), q.unit})
	}
	return all
}
