// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// hasFamily skips a test on Valkey 8.1, where testmod has no subcommands: that server can crash
// when it takes them out (MODULE UNLOAD), in a module in C as well.
func hasFamily(t *testing.T, s *rmtest.Server) {
	t.Helper()
	since70(t, s)
	if isValkey81(s) {
		t.Skip("Valkey 8.1 can crash at the end of subcommands")
	}
}

// TestSubcommands runs subcommands from clients, in calls, in scripts and transactions.
//
// Drives: CreateCommand, GetCommand, CreateSubcommand, SetCommandInfo.
func TestSubcommands(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		hasFamily(t, s)
		w := dial(t, s, 3)
		for range 3 {
			require.Equal(t, bulk("hi"), w.alone("t.family", "echo", "hi"))
			require.Equal(t, bulk("hi"), w.alone("T.FAMILY", "ECHO", "hi"))
			require.Equal(t, bulk("t.Family names"), w.alone("t.Family", "names", "and", "more"))
			require.Equal(t, "+OK\r\n", w.alone("t.family", "set", "k", "v"))
			require.Equal(t, bulk("v"), w.alone("GET", "k"))
			require.Equal(t, bulk("hi"), w.alone("t.call", "call", "-", "s", "t.family", "echo", "hi"))
			require.Equal(t, bulk("hi"), w.alone("EVAL", "return redis.call('t.family', 'echo', ARGV[1])", "0", "hi"))
		}
		// What is not there, and too few or many of it.
		require.Equal(t, "-ERR wrong number of arguments for 't.family' command\r\n", w.alone("t.family"))
		require.Equal(t, "-ERR wrong number of arguments for 't.family' command\r\n", w.alone("t.call", "call", "-", "s", "t.family"))
		require.Contains(t, w.alone("t.family", "nobody"), "unknown subcommand")
		require.Contains(t, w.alone("t.family", ""), "unknown subcommand")
		require.Contains(t, w.alone("t.family|echo", "hi"), "unknown command")
		require.Equal(t, "-ERR wrong number of arguments for 't.family|echo' command\r\n", w.alone("t.family", "echo"))
		require.Equal(t, "-ERR wrong number of arguments for 't.family|echo' command\r\n", w.alone("t.family", "echo", "a", "b"))
		require.Equal(t, "-ERR wrong number of arguments for 't.family|arity' command\r\n", w.alone("t.family", "arity"))
		// Handlers that fail.
		require.Equal(t, "-BUSY the family is busy\r\n", w.alone("t.family", "error"))
		require.Equal(t, "-ERR t.family|panic: panic: a quarrel\r\n", w.alone("t.family", "panic"))
		require.Equal(t, "-ERR t.family|goexit: the handler called runtime.Goexit\r\n", w.alone("t.family", "goexit"))
		require.Contains(t, w.alone("t.family", "silent"), "-ERR ")
		require.Contains(t, s.Log(), "command t.family|panic: panic: a quarrel")
		require.Equal(t, bulk("hi"), w.alone("t.family", "echo", "hi"))

		require.Equal(t, "+OK\r\n", w.do("MULTI"))
		require.Equal(t, "+QUEUED\r\n", w.do("t.family", "echo", "hi"))
		require.Contains(t, w.do("t.family", "nobody"), "unknown subcommand")
		require.Contains(t, w.do("EXEC"), "EXECABORT")
	})
}

// TestSubcommandsReplicated: what a subcommand replicates by itself goes to the AOF.
func TestSubcommandsReplicated(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		hasFamily(t, s)
		before := s.MustDo("INFO", "replication")
		require.NotEmpty(t, before)
		s.MustDo("t.family", "set", "k", "v")
		s.MustDo("DEBUG", "LOADAOF")
		require.Equal(t, "v", s.MustDo("GET", "k"))
	}, "appendonly yes", "enable-debug-command yes")
}

// TestSubcommandsInfo asks the server what it knows of subcommands.
//
// Drives: CreateSubcommand, SetCommandInfo.
func TestSubcommandsInfo(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		hasFamily(t, s)
		for _, want := range []commandInfo{
			{"t.family", -2, []string{"module"}, 0, 0, 0},
			{"t.family|echo", 3, []string{"fast", "module", "readonly"}, 0, 0, 0},
			{"t.family|set", 4, []string{"module", "write"}, 2, 2, 1},
			{"t.family|counted", -3, []string{"module", "movablekeys", "readonly"}, 0, 0, 0},
		} {
			require.Equal(t, want, infoOf(t, s, want.name))
		}
		subs := s.MustDo("COMMAND", "INFO", "t.family").([]any)[0].([]any)[9].([]any)
		require.Len(t, subs, 12)
		list := s.MustDo("COMMAND", "LIST", "FILTERBY", "MODULE", "testmod").([]any)
		require.Contains(t, list, "t.family")
		require.Contains(t, list, "t.family|set")
		require.NotContains(t, list, "get")
		require.Equal(t, []any{"k"}, s.MustDo("COMMAND", "GETKEYS", "t.family", "set", "k", "v"))
	})
}

// TestSubcommandsACL: users may have some subcommands and not others, and their keys
// count: reported by a range, by GetKeys, and all of them when that fails, but never the
// subcommand's name.
func TestSubcommandsACL(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		hasFamily(t, s)
		keys := func(args ...any) any { return s.MustDo(append([]any{"COMMAND", "GETKEYS", "t.family"}, args...)...) }
		require.Equal(t, []any{"a", "b"}, keys("counted", 2, "a", "b", "c"))
		require.Equal(t, []any{"a", "b"}, keys("badkeys", "a", "b"))
		require.Equal(t, []any{"a", "b"}, keys("lostkeys", "a", "b"))
		require.Contains(t, s.Log(), "GetKeys of the command t.family|badkeys: panic: no keys in the family")
		require.Contains(t, s.Log(), "GetKeys of the command t.family|lostkeys: it called runtime.Goexit")

		s.MustDo("ACL", "SETUSER", "ann", "on", "nopass", "+ping", "+t.family|set", "+t.family|counted", "+t.family|badchannels", "~a:*")
		w := dial(t, s, 2)
		require.Equal(t, "+OK\r\n", w.do("AUTH", "ann", ""))
		require.Equal(t, "+OK\r\n", w.alone("t.family", "set", "a:1", "v"))
		require.Contains(t, w.alone("t.family", "set", "b:1", "v"), "-NOPERM")
		require.Equal(t, "+RAN\r\n", w.alone("t.family", "counted", "1", "a:1", "b:1"))
		require.Contains(t, w.alone("t.family", "counted", "2", "a:1", "b:1"), "-NOPERM")
		require.Contains(t, w.alone("t.family", "echo", "hi"), "-NOPERM")
		require.Contains(t, w.alone("t.family", "badchannels", "any"), "-NOPERM")
		require.Contains(t, s.Log(), "GetChannels of the command t.family|badchannels: it called runtime.Goexit")
		s.MustDo("ACL", "SETUSER", "ann", "&any")
		require.Equal(t, "+RAN\r\n", w.alone("t.family", "badchannels", "any"))
	})
}

// TestSubcommandsReload: they go with the module, and come again.
func TestSubcommandsReload(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		good := testmod(t, mode)
		s := rmtest.Start(t, rmtest.Options{})
		hasFamily(t, s)
		for range 3 {
			require.NoError(t, load(s, good))
			require.Equal(t, "hi", s.MustDo("t.family", "echo", "hi"))
			s.MustDo("MODULE", "UNLOAD", "testmod")
			_, err := s.Do("t.family", "echo", "hi")
			require.ErrorContains(t, err, "unknown command")
		}
	})
}
