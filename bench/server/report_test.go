// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRotated(t *testing.T) {
	v := []int{1, 2, 3}
	require.Equal(t, []int{1, 2, 3}, rotated(v, 0))
	require.Equal(t, []int{2, 3, 1}, rotated(v, 4))
	require.Equal(t, []int{3, 1, 2}, rotated(v, 5))
	require.Equal(t, []int{1, 2, 3}, v)
}

func TestSliceLen(t *testing.T) {
	for _, n := range []int{7, 10, 200_001} {
		sum := 0
		for i := range 7 {
			l := sliceLen(n, 7, i)
			require.Contains(t, []int{n / 7, n/7 + 1}, l)
			sum += l
		}
		require.Equal(t, n, sum)
	}
}

func TestBenchLine(t *testing.T) {
	s := sample{n: 1000, cpu: 200 * time.Microsecond, main: 150 * time.Microsecond}
	s = s.plus(sample{n: 1000, cpu: 263 * time.Microsecond, main: 150 * time.Microsecond, wall: time.Millisecond})
	require.Equal(t, "BenchmarkServer/op=noop/impl=c 2000 231.5 ns/op 150 main-ns/op 2000000 cmds/s", op{name: "noop"}.line("c", s))
	require.Equal(t, "BenchmarkLimiter/impl=lua", op{name: "limit", group: groupLimiter}.benchmark("lua"))
	require.Equal(t, "BenchmarkScale/of=keys/impl=go/n=10", op{name: "keys:10", group: groupScale, of: "keys", n: 10}.benchmark("go"))
}

func TestAllocLine(t *testing.T) {
	require.Equal(t, "BenchmarkServerAllocs/op=get/impl=go 1000 2.5000 allocs/cmd 64 B/cmd 3 GCs 5 goroutines",
		allocLine("get", "go", allocSample{n: 1000, mallocs: 2500, bytes: 64000, gcs: 3, goroutines: 5}))
}

func TestWriteRatios(t *testing.T) {
	r := samples{}
	for i, ns := range []time.Duration{100, 200, 400} {
		r.add("noop", "c", sample{n: 1, cpu: ns})
		// Paired by round: 1.1, 1.0, 1.5.
		r.add("noop", "go", sample{n: 1, cpu: []time.Duration{110, 200, 600}[i]})
	}
	r.add("echo", "go", sample{n: 2, cpu: 100})
	ops, err := selectOps("noop,echo")
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, writeRatios(&b, r, ops, []impl{{name: "c"}, {name: "go"}, {name: "portable"}}))
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	require.Len(t, lines, 4)
	require.Equal(t, []string{"#", "noop", "c", "200.0", "1.000", "1.000", "1.000"}, strings.Fields(lines[1]))
	require.Equal(t, []string{"#", "noop", "go", "200.0", "1.100", "1.000", "1.500"}, strings.Fields(lines[2]))
	require.Equal(t, []string{"#", "echo", "go", "50.0", "-", "-", "-"}, strings.Fields(lines[3]))
}
