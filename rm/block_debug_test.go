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

// TestDebugBlocked: the debug build tells of clients that are blocked and that nobody can answer, and of no others.
// Drives: BlockClient.
func TestDebugBlocked(t *testing.T) {
	path := rmtest.Build(t, datamod, rmtest.Tags("rm_debug"))
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{WantMisuse: true, Modules: []rmtest.Module{{Path: path, Args: []string{"rm-mode=" + mode}}}})
		since70(t, s)
		s.MustDo("d.race.garbage", 1)
		told := func() int {
			return strings.Count(s.Log(), "rm_debug: ERR a client is blocked and nobody can answer it any more: its BlockedClient or HeldClient is kept nowhere (")
		}
		tells := func(n int) {
			t.Helper()
			require.Eventually(t, func() bool { return told() >= n }, patience, 10*time.Millisecond)
			require.Equal(t, n, told())
		}
		good := map[string]*wire{}
		for _, how := range []string{"time", "function", "answers", "goes", "goroutine"} {
			good[how] = dial(t, s, 2)
			good[how].waits(s, "d.block.dropped", how)
		}
		kept, onKey := dial(t, s, 2), dial(t, s, 2)
		kept.waits(s, "d.block", "n", "bare")
		onKey.waits(s, "d.pop", "k", "0")
		w := dial(t, s, 2)
		require.Equal(t, bulk("replies"), w.do("d.block.dropped", "replies"))
		id := w.id()
		w.waits(s, "d.block.dropped", "nothing")
		tells(1)
		require.Contains(t, s.Log(), "internal/testmod/datamod/block_dropped.go:")
		s.MustDo("CLIENT", "KILL", "ID", id)
		w = dial(t, s, 2)
		w.waits(s, "d.block.dropped", "nothing")
		tells(2)
		w = dial(t, s, 2)
		w.waits(s, "d.block", "n", "bare") // takes the place of the other one
		tells(3)
		for range 3 {
			s.MustDo("d.block.release")
		}
		require.Equal(t, bulk("answers"), good["answers"].read())
		require.Equal(t, bulk("goes"), good["goes"].read())
		tells(4) // the goroutine has ended
		require.Equal(t, "true", s.MustDo("d.block.answer", "n", "reply", "x"))
		require.Equal(t, bulk("x"), w.read())
		s.MustDo("RPUSH", "k", "y")
		require.Equal(t, bulk("y"), onKey.read())
		if holds(s) { // clients whose replies are held back
			held, timed := dial(t, s, 2), dial(t, s, 2)
			s.MustDo("d.hold", "set", 1, "dropped", 60_000)
			timed.waits(s, "SET", "k", "1")
			s.MustDo("d.hold", "set", 1, "bare")
			held.waits(s, "SET", "k", "1")
			s.MustDo("d.hold", "set", 1, "dropped")
			w.waits(s, "SET", "k", "1")
			tells(5)
			require.Contains(t, s.Log(), "internal/testmod/datamod/hold.go:")
			require.Equal(t, int64(1), s.MustDo("d.hold.release"))
			require.Equal(t, "+OK\r\n", held.read())
			s.MustDo("d.race.garbage", 0)
			tells(5)
			return
		}
		s.MustDo("d.race.garbage", 0)
		tells(4)
	})
}
