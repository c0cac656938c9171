// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// members is a set as the server has it, sorted.
func members(t *testing.T, s *rmtest.Server, key string) []string {
	t.Helper()
	m, err := s.Client2().SMembers(context.Background(), key).Result()
	require.NoError(t, err)
	slices.Sort(m)
	return m
}

// TestSetRefused has the server refuse the commands themselves.
//
// Drives: Call.
func TestSetRefused(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		want := "-ERR the server refused the call\r\n"
		if is70(s) {
			want = "-ERR unknown command"
		}
		for _, c := range []string{"pop s", "random s", "add s x", "members s"} {
			require.Contains(t, w.alone(strings.Fields("d.set."+c)...), want)
		}
	}, `rename-command SPOP ""`, `rename-command SRANDMEMBER ""`, `rename-command SADD ""`, `rename-command SCARD ""`)
}

// TestSetReplication reads back what the commands have written to the AOF.
//
// Drives: Call.
func TestSetReplication(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		w.do("d.set.add", "s", "a", "b", "c", "d", "e", "f", "g", "h")
		w.do("d.set.remove", "s", "a")
		for range 4 { // SPOP is random: what is written must be what was popped
			w.do("d.set.pop", "s")
		}
		replicated := members(t, s, "s")
		require.Len(t, replicated, 3)
		require.Equal(t, okReply, w.do("d.set.add.quiet", "s", "quiet"))
		require.Equal(t, okReply, w.do("d.set.remove.quiet", "s", replicated[0]))
		require.Equal(t, okReply, w.do("d.set.pop.quiet", "s"))
		require.NotEqual(t, replicated, members(t, s, "s"))
		require.Equal(t, okReply, w.do("DEBUG", "LOADAOF"))
		require.Equal(t, replicated, members(t, s, "s"))
	}, "appendonly yes", "appendfsync always")
}
