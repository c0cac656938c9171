// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

// TestCallPause pauses the writes of clients behind a write that is not replicated yet, and where it may be done.
func TestCallPause(t *testing.T) {
	withEnds(t, func(t *testing.T, s *rmtest.Server, m rmtest.Module) {
		since70(t, s)
		w := dial(t, s, 2)
		refused, called := string(rm.ErrPausesHere), "called"
		results := func(how string) []any {
			require.Equal(t, "+OK\r\n", w.do("e.pause", how))
			time.Sleep(20 * time.Millisecond)
			got := s.MustDo("e.got").([]any)
			require.Equal(t, "+OK\r\n", w.do("CLIENT", "UNPAUSE"))
			return got
		}
		require.Equal(t, []any{called, called}, results("command"), "nothing is replicated")
		s.MustDo("CONFIG", "SET", "appendonly", "yes")
		require.Equal(t, []any{called, refused}, results("command"))
		require.Equal(t, []any{called, refused}, results("timer"))
		require.Equal(t, []any{called, refused}, results("timer-read"))
		require.Equal(t, []any{called, string(rm.ErrWritesPaused)}, results("timer-first"))
		require.Equal(t, []any{refused, called}, results("oneshot"))
		require.Equal(t, "+"+refused+"\r\n", w.do("e.call", "FAILOVER", "TO", "127.0.0.1", "1"))
		require.Equal(t, "+OK\r\n", w.do("MULTI"))
		w.do("e.pause", "command")
		require.Equal(t, "*1\r\n+OK\r\n", w.do("EXEC"))
		require.Equal(t, "+OK\r\n", w.do("CLIENT", "UNPAUSE"))
		require.Equal(t, []any{called, called}, s.MustDo("e.got"))
	})
}

// TestCallWaits calls what servers do not bear of a call: WAIT before Redis 7.2, and the debugging of scripts.
func TestCallWaits(t *testing.T) {
	withEnds(t, func(t *testing.T, s *rmtest.Server, _ rmtest.Module) {
		since70(t, s)
		w := dial(t, s, 2)
		require.Contains(t, []string{"+called\r\n", "+" + string(rm.ErrWaitCalled) + "\r\n"}, w.do("e.call", "wait", "1", "1"))
		require.Equal(t, "+"+string(rm.ErrScriptDebugCalled)+"\r\n", w.do("e.call", "SCRIPT", "DEBUG", "YES"))
		require.Equal(t, "+called\r\n", w.do("e.call", "EVAL", "return 1", "0"))
		require.Equal(t, "+PONG\r\n", w.do("PING"))
	})
}
