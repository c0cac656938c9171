// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestSelectDB changes the client's database, for good and for a while.
// Drives: GetSelectedDb, SelectDb.
func TestSelectDB(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		w.do("SET", "here", "0")
		require.Equal(t, "*5\r\n:0\r\n+ok\r\n:5\r\n+ok\r\n:0\r\n", w.alone("d.db.select", "5", "yes"))
		require.Equal(t, ":1\r\n", w.do("DBSIZE"))
		require.Equal(t, "*5\r\n:0\r\n+ok\r\n:5\r\n+ok\r\n:5\r\n", w.alone("d.db.select", "5", "no"), "the client stays there")
		require.Equal(t, ":0\r\n", w.do("DBSIZE"))
	})
}

// TestSignalModifiedKey has a transaction fail because a key was changed.
// Drives: SignalModifiedKey, CloseKey.
func TestSignalModifiedKey(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SET", "k", "v")
		s.MustDo("SET", "other", "v")
		w := dial(t, s, 2)
		for _, c := range []struct {
			command []any
			exec    string
		}{
			{[]any{"d.db.signal", "other"}, "*1\r\n+PONG\r\n"},
			{[]any{"d.db.signal", "k"}, "*-1\r\n"},
			{[]any{"d.db.exists", "k"}, "*1\r\n+PONG\r\n"},
			{[]any{"d.db.read", "k"}, "*1\r\n+PONG\r\n"},
			{[]any{"d.db.open", "k"}, "*-1\r\n"},
			{[]any{"d.db.set", "k"}, "*-1\r\n"},
		} {
			w.do("WATCH", "k")
			w.do("MULTI")
			w.do("PING")
			s.MustDo(c.command...)
			require.Equal(t, c.exec, w.do("EXEC"), "%v", c.command)
		}
	})
}

// TestResetDataset empties all databases in each way.
// Drives: ResetDataset.
func TestResetDataset(t *testing.T) {
	for _, aof := range []string{"no", "yes"} {
		t.Run("aof="+aof, func(t *testing.T) {
			withData(t, func(t *testing.T, s *rmtest.Server) {
				w := dial(t, s, 2)
				for _, restart := range []string{"no", "yes"} {
					for _, async := range []string{"no", "yes"} {
						for db := range 3 {
							w.do("SELECT", strconv.Itoa(db))
							for i := range 500 {
								w.do("SET", fmt.Sprint("k", i), "v")
							}
							w.do("RPUSH", "l", "a", "b")
						}
						require.Equal(t, "-ERR keys are open\r\n", w.alone("d.db.reset", restart, async, "yes"))
						require.Equal(t, ":501\r\n", w.do("DBSIZE"))
						require.Equal(t, "+OK\r\n", w.alone("d.db.reset", restart, async, "no"))
						for db := range 3 {
							w.do("SELECT", strconv.Itoa(db))
							require.Equal(t, ":0\r\n", w.do("DBSIZE"))
						}
						require.Equal(t, map[string]string{"no": "0", "yes": "1"}[aof], s.InfoField("persistence", "aof_enabled"))
					}
				}
				w.do("SET", "k", "v")
				require.Equal(t, bulk("v"), w.do("GET", "k"))
				// A server does not stop before the AOF has a beginning.
				require.Eventually(t, func() bool {
					return s.InfoField("persistence", "aof_rewrite_in_progress") == "0" && s.InfoField("persistence", "aof_rewrite_scheduled") == "0"
				}, patience, 10*time.Millisecond)
			}, "appendonly "+aof)
		})
	}
}
