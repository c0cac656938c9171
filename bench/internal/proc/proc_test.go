// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package proc

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

func TestSince(t *testing.T) {
	before := Times{1: 100, 2: 50, 3: 7}
	after := Times{1: 150, 2: 50, 4: 5} // 3 has ended, 4 is new
	require.Equal(t, 55*time.Nanosecond, after.Since(before))
	require.Zero(t, after.Since(after))
}

func TestReadSeesOwnWork(t *testing.T) {
	if _, err := os.Stat("/proc/self/schedstat"); err != nil {
		t.Skip("this kernel has no schedstat:", err)
	}
	before, err := Read(os.Getpid())
	require.NoError(t, err)
	require.Contains(t, before, os.Getpid())
	for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
	}
	after, err := Read(os.Getpid())
	require.NoError(t, err)
	require.Greater(t, after.Since(before), 5*time.Millisecond)

	_, err = Read(1 << 30)
	require.Error(t, err)
}

func TestResident(t *testing.T) {
	got, err := Resident(os.Getpid())
	require.NoError(t, err)
	require.Greater(t, got, int64(1<<20))
	_, err = Resident(1 << 30)
	require.Error(t, err)
}
