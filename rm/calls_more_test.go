// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// atLeast tells whether the server is Redis redis or Valkey valkey ("7.2"), or newer.
func atLeast(s *rmtest.Server, redis, valkey string) bool {
	kind, major, minor, _ := s.Version()
	have := fmt.Sprintf("%d.%d", major, minor)
	if kind == "valkey" {
		return have >= valkey
	}
	return have >= redis
}

// fields splits a command for do.
func fields(command string) []string { return strings.Fields(command) }

// TestCallLetters asks the server about every character as a flag of a call: the
// flags of this package are all there are.
// Drives: Call.
func TestCallLetters(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		want := "!AR"
		if is70(s) {
			want = "!03ACEMRSW"
		}
		if atLeast(s, "7.2", "7.2") {
			want = "!03ACDEKMRSW"
		}
		if serverHas(t, s, "ReplyWithCustomErrorFormat") {
			want = "!03ACDEKMRSWX"
		}
		require.Equal(t, want, s.MustDo("d.call.letters"))
	})
}

// TestCallKinds passes arguments of each kind, alone and mixed, few and many.
// Drives: Call, CallReplyProto, FreeCallReply, ReplyWithCallReply.
func TestCallKinds(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		for _, c := range []struct{ kinds, args string }{
			{"-", ""}, {"0", ""}, {"v", ""}, {"v", "a"}, {"v", "a b c"}, {"s", "a"}, {"b", "a"}, {"t", "a"}, {"c", "a"}, {"l", "-9223372036854775808"},
			{"sbtcl", "a b c d 5"}, {"lctbs", "5 a b c d"}, {"0s0v0", "a b c"}, {"sv", "a b c"}, {"bv", "a b c"}, {"lcv", "1 a b"},
			{"cccccccccccccccccccccv", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23"},
			{"ccccccccccccccccccclv", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23"},
			{"cccccccccccccccccccc" + "b", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21"},
			{"ccccccccccccccccccccc" + "c", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22"},
			{"ccccccccccccccccccccc" + "l", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22"},
		} {
			args := fields(c.args)
			want := fmt.Sprintf(":%d\r\n", len(args))
			w.do("DEL", "l")
			if len(args) == 0 {
				require.Contains(t, w.alone(append([]string{"d.call.kinds", "-", c.kinds, "RPUSH", "l"}, args...)...), "-ERR ")
				continue
			}
			kinds := "s" + c.kinds
			require.Equal(t, want, w.alone(append([]string{"d.call.kinds", "-", kinds, "RPUSH", "l"}, args...)...), kinds)
			got := s.MustDo("LRANGE", "l", 0, -1).([]any)
			for i, a := range args {
				require.Equal(t, a, got[i], kinds)
			}
		}
		const noString, noName, nul = "ERR a string is missing", "ERR the name of the command is empty", "ERR text contains a NUL byte"
		const flags, unknown = "ERR only the flags for the AOF and replicas go with replication", "ERR the server does not know the command to replicate"
		require.Equal(t, []any{
			noString, noString, noString, noString, noString, noString, noString, noString, noString,
			noString, noName, nul, unknown, flags, flags, unknown, noName,
		}, s.MustDo("d.call.bad"))
	})
}

// TestCallReplyErr reads errors of calls, as text, code and Go error, and keeps them.
// Drives: Call, CallReplyType, CallReplyStringPtr.
func TestCallReplyErr(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		s.MustDo("RPUSH", "list", "x")
		const wrongType = "WRONGTYPE Operation against a key holding the wrong kind of value"
		require.Equal(t, []any{wrongType, "WRONGTYPE", wrongType, int64(1), int64(1), int64(1), int64(1), int64(1), int64(1), int64(1)},
			s.MustDo("d.call.error", "WRONGTYPE", "GET", "list"))
		require.Equal(t, wrongType, s.MustDo("d.kept"))
		require.Equal(t, []any{"FAIL some text", "FAIL", "FAIL some text", int64(0), int64(0), int64(0), int64(0), int64(0), int64(1), int64(0)},
			s.MustDo("d.call.error", "OTHER", "d.call.fail", "some text"))
		require.Equal(t, "FAIL some text", s.MustDo("d.kept"))
		// A handler returns the error, also after many others, and wherever it was made.
		require.Equal(t, "-"+wrongType+"\r\n", w.alone("d.call", "-", "GET", "list"))
		long := strings.Repeat("long ", 20_000)
		for _, text := range []string{"a", "b", long, "c"} {
			require.Equal(t, "-FAIL "+text+"\r\n", w.alone("d.call", "-", "d.call", "-", "d.call.fail", text))
		}
		for _, n := range []string{"1", "63", "64", "65", "1000"} {
			require.Equal(t, "-FAIL E0\r\n", w.alone("d.call.errors", n))
		}
		s.MustDo("d.call.thread", "GET", "list")
		require.Eventually(t, func() bool { return s.MustDo("d.kept") == wrongType }, patience, time.Millisecond)
		if !is70(s) {
			require.Equal(t, "-ERR the server refused the call\r\n", w.alone("d.call", "-", "no.such.command"))
		} else {
			require.Contains(t, w.alone("d.call", "-", "no.such.command"), "-ERR unknown command 'no.such.command'")
			require.Contains(t, w.alone("d.call", "W", "SET", "k", "v"), "was called while write is not allowed")
		}
	})
}

// TestCallDryRun: a call that would run has neither reply nor error.
// Drives: Call.
func TestCallDryRun(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		if !atLeast(s, "7.2", "7.2") {
			require.Equal(t, "-"+lacking("CallReplyPromiseAbort", "one of the call flags")+"\r\n", w.alone("d.call", "D", "SET", "k", "v"))
			return
		}
		require.Equal(t, "$-1\r\n", w.alone("d.call", "D", "SET", "k", "v"))
		require.Nil(t, s.MustDo("GET", "k"))
		require.Equal(t, "$-1\r\n", w.alone("d.call.kinds", "D", "v", "SET", "k", "v"))
		require.Contains(t, w.alone("d.call", "D", "SET", "k"), "-ERR wrong number of arguments for 'set' command")
		require.Contains(t, w.alone("d.call", "DW", "SET", "k", "v"), "write is not allowed")
	})
}

// TestCallExact: on Valkey 9.1 a status is told apart from a string.
// Drives: Call, CallReplyType, CallReplyStringPtr.
func TestCallExact(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		if !serverHas(t, s, "ReplyWithCustomErrorFormat") {
			require.Equal(t, "-"+lacking("ReplyWithCustomErrorFormat", "the call flag CallExact")+"\r\n", w.alone("d.call", "X", "PING"))
			return
		}
		s.MustDo("RPUSH", "list", "x")
		require.Equal(t, bulk("simple first: pair:"), w.alone("d.call.walk", "X", "PING"))
		require.Equal(t, bulk("x first: pair:"), w.alone("d.call.walk", "X", "LINDEX", "list", "0"))
		require.Equal(t, bulk("nullarray first: pair:"), w.alone("d.call.walk", "X", "BLPOP", "none", "0.001"))
		require.Equal(t, bulk("(ERR value is not an integer or out of range) (ERR value is not a valid float) PONG false"), w.alone("d.call.convert", "X", "PING"))
		require.Equal(t, "*1\r\n"+bulk("PONG"), w.alone("d.call.rstring", "X", "PING"))
		require.Equal(t, "+PONG\r\n", w.alone("d.call", "X", "PING"))
	})
}

// TestCallNoAllocations runs the hot paths of calls, replies and their errors.
// Drives: Call, CallReplyProto, CallReplyType, CallReplyLength, CallReplyArrayElement, CallReplyStringPtr, CreateStringFromCallReply.
func TestCallNoAllocations(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("RPUSH", "list", "1", "x", "-3", "99999999999999999999")
		s.MustDo("HSET", "hash", "a", "1", "bc", "2.5")
		require.Equal(t, []any{int64(8), int64(3)}, s.MustDo("d.call.hot", "string", "list", "hash", "n"))
		noAllocs(t, s, []string{"d.call.hot", "string", "list", "hash", "n"})
	})
}

// TestCallNothingLeaks repeats calls, and errors of calls, and watches the memory.
// Drives: FreeCallReply, CreateStringFromCallReply.
func TestCallNothingLeaks(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("RPUSH", "list", "1", "x", "-3", "99999999999999999999")
		s.MustDo("HSET", "hash", "a", "1", "bc", "2.5")
		leakless(t, s, 2, 16*300, func(w *wire) {
			for range 300 {
				w.do("d.call.hot", "string", "list", "hash", "n")
				w.do("d.call.errors", "70")
				w.do("d.call.kinds", "-", "ctlb", "ECHO", "a", "b", "3", "d")
				w.do("d.call.rstring", "-", "LRANGE", "list", "0", "-1")
				w.do("d.call", "-", "GET", "list")
				w.do("d.call.bad")
			}
		})
	})
}
