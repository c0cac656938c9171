// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestKeyPositions asks commands where their keys are, as clients can.
//
// Drives: IsKeysPositionRequest, KeyAtPos, KeyAtPosWithFlags.
func TestKeyPositions(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		keys := func(args ...any) any {
			v, err := s.Do(append([]any{"COMMAND", "GETKEYS"}, args...)...)
			if err != nil {
				return err.Error()
			}
			return v
		}
		for range 3 {
			require.Equal(t, []any{"a", "b"}, keys("t.pos.counted", 2, "a", "b", "c"))
			require.Equal(t, []any{"a"}, keys("t.pos.counted", 1, "a", "b", "c"))
			require.Contains(t, keys("t.pos.counted", 0, "a"), "ERR ") // servers differ in how they say that there is none
			require.Equal(t, []any{"a"}, keys("t.pos.counted", 9, "a"), "what is not there")
			require.Equal(t, []any{"b"}, keys("t.pos.range", "a", "b"))
			require.Equal(t, []any{"a", "b"}, keys("t.pos.flags", "a", "b"))
			require.Contains(t, keys("t.pos.none", "a"), "ERR ")
			require.Equal(t, []any{"a", "b", "c"}, keys("t.pos.panic", "a", "b", "c"), "all of them")
			require.Equal(t, []any{"a", "b", "c"}, keys("t.pos.goexit", "a", "b", "c"))
			require.Equal(t, "RAN", s.MustDo("t.pos.counted", 2, "a", "b"))
		}
		require.Contains(t, s.Log(), "GetKeys of the command t.pos.panic: panic: no keys today")
		require.Contains(t, s.Log(), "GetKeys of the command t.pos.goexit: it called runtime.Goexit")
		require.NotContains(t, s.Log(), "t.pos.range: panic")
		require.Equal(t, []any{"k"}, keys("t.keys.one", "k"), "a range")
		if is70(s) {
			require.Equal(t, []any{[]any{"a", []any{"RO", "access"}}, []any{"b", []any{"OW", "update"}}},
				s.MustDo("COMMAND", "GETKEYSANDFLAGS", "t.pos.flags", "a", "b"))
		}
		// Such a command inside of another one, and too few arguments for it.
		require.Equal(t, "RAN", s.MustDo("t.call", "call", "-", "s", "t.pos.counted", "1", "a"))
		require.Contains(t, keys("t.pos.range", "a"), "ERR")
	})
}

// TestKeyPatterns has users whose ACLs go by keys and channels.
//
// Drives: IsKeysPositionRequest, IsChannelsPositionRequest, ChannelAtPosWithFlags.
func TestKeyPatterns(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("ACL", "SETUSER", "ann", "on", "nopass", "+@all", "resetkeys", "~a:*")
		w := dial(t, s, 2)
		require.Equal(t, "+OK\r\n", w.do("AUTH", "ann", ""))
		refused := func(what string, args ...string) { t.Helper(); require.Contains(t, w.alone(args...), what) }
		for range 3 {
			const key = "-NOPERM"
			require.Equal(t, "+RAN\r\n", w.alone("t.pos.counted", "2", "a:1", "a:2", "b:1"))
			refused(key, "t.pos.counted", "2", "a:1", "b:1")
			require.Equal(t, "+RAN\r\n", w.alone("t.pos.counted", "0", "b:1"))
			require.Equal(t, "+RAN\r\n", w.alone("t.pos.none", "b:1"))
			refused(key, "t.pos.panic", "a:1", "b:1")
			refused(key, "t.pos.goexit", "a:1", "b:1")
			require.Equal(t, "+RAN\r\n", w.alone("t.pos.panic", "a:1", "a:2"))
			require.Equal(t, "+OK\r\n", w.alone("t.noop"))
			refused(key, "t.keys.one", "b:1")
		}
		if !is70(s) {
			return
		}
		s.MustDo("ACL", "SETUSER", "bob", "on", "nopass", "+@all", "resetkeys", "%R~r:*", "%RW~w:*", "resetchannels", "&news.*")
		require.Equal(t, "+OK\r\n", w.do("AUTH", "bob", ""))
		require.Equal(t, "+RAN\r\n", w.alone("t.pos.flags", "r:1", "w:1"), "the first is only read")
		refused("-NOPERM", "t.pos.flags", "r:1", "r:2")
		refused("-NOPERM", "t.pos.counted", "1", "r:1")
		require.Equal(t, "+RAN\r\n", w.alone("t.pos.channel", "w:1", "news.1"))
		refused("-NOPERM", "t.pos.channel", "w:1", "olds.1")
		refused("-NOPERM", "t.pos.badchannel", "w:1", "olds.1")
		require.Contains(t, s.Log(), "GetChannels of the command t.pos.badchannel: panic: no channels today")
		require.NotContains(t, s.Log(), "t.pos.channel: panic")
	})
}
