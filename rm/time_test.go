// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestClocks compares the server's clocks with Go's.
//
// Drives: Milliseconds, Microseconds, CachedMicroseconds, MonotonicMicroseconds.
func TestClocks(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		got, ok := s.MustDo("d.time").([]any)
		require.True(t, ok)
		const second = int64(1_000_000)
		for i, clock := range []struct {
			name, function string
			low, high      int64
		}{
			{"milliseconds", "Milliseconds", 0, second},
			{"microseconds", "Microseconds", 0, second},
			{"cached microseconds", "CachedMicroseconds", 0, second},
			{"now", "Milliseconds", 0, second},
			{"cached now", "CachedMicroseconds", 0, second},
			{"monotonic", "MonotonicMicroseconds", 1000, second},
			{"monotonic duration", "MonotonicMicroseconds", 1000, second},
		} {
			if !serverHas(t, s, clock.function) {
				require.Equal(t, lacking(clock.function), got[i], clock.name)
				continue
			}
			require.GreaterOrEqual(t, got[i], clock.low, clock.name)
			require.Less(t, got[i], clock.high, clock.name)
		}
		noAllocs(t, s, []string{"d.time.count"})
	})
}

// TestRandom fills buffers.
//
// Drives: GetRandomBytes, GetRandomHexChars.
func TestRandom(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		random := func(kind string, n int) string {
			t.Helper()
			text, ok := s.MustDo("d.random", kind, n).(string)
			require.True(t, ok)
			require.Len(t, text, n+2)
			require.True(t, text[0] == '<' && text[n+1] == '>', "the bytes around it stay")
			return text[1 : n+1]
		}
		for _, n := range []int{0, 1, 19, 20, 21, 40, 64, 1000} {
			require.Empty(t, strings.Trim(random("hex", n), "0123456789abcdef"))
			if n >= 19 {
				require.NotEqual(t, random("hex", n), random("hex", n))
				require.NotEqual(t, random("bytes", n), random("bytes", n))
			}
		}
		seen := map[byte]bool{}
		big := random("bytes", 1<<20)
		for i := range len(big) {
			seen[big[i]] = true
		}
		require.Len(t, seen, 256)
		require.Len(t, unique(strings.Split(random("hex", 10_000), "")), 16)
	})
}
