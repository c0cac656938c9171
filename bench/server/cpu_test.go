// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseSchedstat(t *testing.T) {
	ns, err := parseSchedstat("123456789012 55 9\n")
	require.NoError(t, err)
	require.EqualValues(t, 123456789012, ns)
	for _, bad := range []string{"", "1 2", "1 2 3 4", "x 2 3"} {
		_, err := parseSchedstat(bad)
		require.Error(t, err, "%q", bad)
	}
}

func TestCPUTimesSince(t *testing.T) {
	before := cpuTimes{1: 100, 2: 50, 3: 7}
	after := cpuTimes{1: 150, 2: 50, 4: 5} // 3 has ended, 4 is new
	require.Equal(t, 55*time.Nanosecond, after.since(before))
	require.Zero(t, after.since(after))
}

func TestReadCPUSeesOwnWork(t *testing.T) {
	if _, err := os.Stat("/proc/self/schedstat"); err != nil {
		t.Skip("this kernel has no schedstat:", err)
	}
	before, err := readCPU(os.Getpid())
	require.NoError(t, err)
	require.Contains(t, before, os.Getpid())
	for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
	}
	after, err := readCPU(os.Getpid())
	require.NoError(t, err)
	require.Greater(t, after.since(before), 5*time.Millisecond)

	_, err = readCPU(1 << 30)
	require.Error(t, err)
}

func TestParseCPUList(t *testing.T) {
	for s, want := range map[string][]int{
		"0":        {0},
		"0-1\n":    {0, 1},
		"2,5-7,\t": nil,
		"2,5-7":    {2, 5, 6, 7},
		"":         nil,
		"3-1":      nil,
		"a":        nil,
	} {
		got, err := parseCPUList(s)
		if want == nil {
			require.Error(t, err, "%q", s)
			continue
		}
		require.NoError(t, err, "%q", s)
		require.Equal(t, want, got, "%q", s)
	}
}
