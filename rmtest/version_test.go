// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseVersion(t *testing.T) {
	for line, want := range map[string]version{
		"Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64": {"redis", 7, 0, 15},
		"Valkey server v=9.1.2 sha=00000000:0 malloc=libc":                   {"valkey", 9, 1, 2},
		"warning: x\nRedis server v=6.0.16 sha=0":                            {"redis", 6, 0, 16},
	} {
		got, err := parseVersion(line)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := parseVersion("bash 5.2")
	require.Error(t, err)
}

func TestSlow(t *testing.T) {
	for factor, want := range map[string]time.Duration{
		"": time.Second, "3": 3 * time.Second, "1.5": 1500 * time.Millisecond, "0": time.Second, "x": time.Second,
	} {
		t.Setenv("RM_TEST_SLOW", factor)
		require.Equal(t, want, slow(time.Second), "RM_TEST_SLOW=%s", factor)
	}
}
