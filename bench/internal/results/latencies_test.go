// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package results

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLatencies(t *testing.T) {
	var took []time.Duration
	for i := range 1000 {
		took = append(took, time.Duration(1000-i))
	}
	require.Equal(t, []Metric{{501, "p50-ns"}, {991, "p99-ns"}, {1000, "p999-ns"}, {1000, "max-ns"}}, Latencies(took))
	require.Equal(t, []Metric{{7, "p50-ns"}, {7, "p99-ns"}, {7, "p999-ns"}, {7, "max-ns"}}, Latencies([]time.Duration{7}))
}
