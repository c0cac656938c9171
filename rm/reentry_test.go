// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestReentry: keyspace events fire inside of calls and come back into Go, which calls
// again, three deep, with replies, errors and keys alive at every level.
// Drives: Call, FreeCallReply, OpenKey, CloseKey.
func TestReentry(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		stats := func() []any {
			t.Helper()
			return s.MustDo("d.re.stats").([]any)
		}
		s.MustDo("SET", "re:a", "value")
		// An event reaches three listeners, each of which causes one that reaches the two
		// others, each of which causes one that reaches the last: 3 * (1 + 2 * (1 + 1)).
		one := []string{"0 set re:a", "1 incrby re:depth:1", "2 incrby re:depth:2", "1 incrby re:depth:1", "2 incrby re:depth:2"}
		want := []any{int64(3), int64(15), int64(0)}
		for range 3 {
			for _, l := range one {
				want = append(want, l)
			}
		}
		require.Equal(t, want, stats(), "by a client")
		s.MustDo("d.re.set", "re:a", "other")
		require.Equal(t, []any{int64(3), int64(15), int64(0)}, stats(), "by a call")
		s.MustDo("d.re.key", "re:a")
		require.Equal(t, []any{int64(3), int64(15), int64(0)}, stats(), "a deletion")
		s.MustDo("EVAL", "redis.call('SET', 're:a', '1') redis.call('d.re.set', 're:a', '2')", 0)
		require.Equal(t, []any{int64(3), int64(30), int64(0)}, stats(), "by a script")
		// A key whose time is over goes when it is opened, in the middle of the command.
		s.MustDo("DEBUG", "SET-ACTIVE-EXPIRE", "0")
		s.MustDo("SET", "re:late", "x", "PX", 1)
		time.Sleep(5 * time.Millisecond)
		stats()
		require.Equal(t, "KeyTypeEmpty", s.MustDo("d.re.key", "re:late"))
		if got := stats(); is70(s) {
			require.Equal(t, []any{int64(3), int64(15), int64(0)}, got, "expired")
		} else {
			// The key is still there in the event, and opening it causes another.
			require.Equal(t, []any{int64(3), int64(20), int64(0)}, got, "expired")
		}
		big := strings.Repeat("x", 1<<20)
		s.MustDo("d.re.set", "re:a", big)
		require.Equal(t, []any{int64(3), int64(15), int64(0)}, stats(), "a big value")
		// The calls of each depth have all happened.
		n, err := s.Client().Get(t.Context(), "re:depth:1").Int()
		require.NoError(t, err)
		for depth, times := range map[string]int{"re:depth:2": 2, "re:depth:3": 2} {
			m, err := s.Client().Get(t.Context(), depth).Int()
			require.NoError(t, err)
			require.Equal(t, n*times, m, depth)
		}

		noAllocs(t, s, []string{"d.re.set", "re:a", "value"})
		got := stats()
		require.Equal(t, int64(3), got[0])
		require.Equal(t, int64(0), got[2])
	})
}

// TestReentryLeaksNothing watches the server's memory.
// Drives: Call, FreeCallReply.
func TestReentryLeaksNothing(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("d.re.stats")
		leakless(t, s, 2, 16*300, func(w *wire) {
			for range 300 {
				w.do("d.re.set", "re:a", "value")
				w.do("d.re.key", "re:a")
			}
		})
	})
}
