// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestCallServed makes calls in the middle of which the server serves others, and ends clients that have gone, in commands of such clients.
//
// Drives: RdbLoad.
func TestCallServed(t *testing.T) {
	withEnds(t, func(t *testing.T, s *rmtest.Server, _ rmtest.Module) {
		since70(t, s)
		s.MustDo("CONFIG", "SET", "appendonly", "yes", "loading-process-events-interval-bytes", "1024")
		s.MustDo("DEBUG", "POPULATE", "20000")
		require.Eventually(t, func() bool {
			return s.InfoField("persistence", "aof_rewrite_in_progress") == "0" && s.InfoField("persistence", "aof_rewrite_scheduled") == "0"
		}, patience, 10*time.Millisecond)
		s.MustDo("SAVE")
		load := []string{"loadrdb", filepath.Join(s.Dir(), "dump.rdb")}
		calls := [][]string{{"DEBUG", "RELOAD"}, {"debug", "LoadAOF"}}
		_, major, minor, _ := s.Version()
		loads := major > 7 || major == 7 && minor >= 2
		if loads {
			calls = append(calls, load)
		}
		w := dial(t, s, 2)
		for _, words := range calls {
			for _, how := range []string{"e.call", "e.answer"} {
				if how == "e.call" && words[0] == "loadrdb" {
					continue // the server holds the client
				}
				for range 3 {
					late := dial(t, s, 2)
					late.send(command(append([]string{how}, words...)...))
					require.NoError(t, late.conn.Close())
					time.Sleep(50 * time.Millisecond)
				}
				require.Equal(t, "+PONG\r\n", w.do("PING"), "%s %q", how, words)
				require.Contains(t, w.do(append([]string{how}, words...)...), "refused")
			}
		}
		require.Equal(t, "+called\r\n", w.do("e.call", "DEBUG", "SLEEP", "0"))
		if loads {
			require.Equal(t, "+called\r\n", w.do(append([]string{"e.call"}, load...)...))
		}
		for _, how := range []string{"oneshot", "timer", "do"} {
			require.Equal(t, "+OK\r\n", w.do("e.later", how, "DEBUG", "LOADAOF"))
			require.Eventually(t, func() bool {
				got, err := s.Do("e.got")
				list, ok := got.([]any)
				return err == nil && ok && len(list) == 1 && list[0] == "called"
			}, patience, 10*time.Millisecond, how)
		}
	})
}
