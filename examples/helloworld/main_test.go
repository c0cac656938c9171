// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

func start(t *testing.T, opts rmtest.Options) *rmtest.Server {
	t.Helper()
	opts.Modules = []rmtest.Module{{Path: rmtest.Build(t, ".")}}
	return rmtest.Start(t, opts)
}

func TestLists(t *testing.T) {
	s := start(t, rmtest.Options{})
	require.Equal(t, int64(1), s.MustDo("hello.push.native", "list", "one"))
	require.Equal(t, int64(2), s.MustDo("hello.push.call", "list", "three"))
	require.Equal(t, int64(8), s.MustDo("hello.list.sum.len", "list"))
	require.Equal(t, int64(1), s.MustDo("hello.list.splice", "list", "other", "1"))
	require.Equal(t, int64(0), s.MustDo("hello.list.splice", "list", "other", "9"))
	require.Equal(t, []any{"one", "three"}, s.MustDo("LRANGE", "other", "0", "-1"))
	s.MustDo("SET", "text", "x")
	for _, command := range []string{"hello.push.native", "hello.push.call"} {
		_, err := s.Do(command, "text", "x")
		require.ErrorContains(t, err, "WRONGTYPE")
	}
	_, err := s.Do("hello.list.splice", "other", "text", "1")
	require.ErrorContains(t, err, "WRONGTYPE")
	require.Equal(t, int64(2), s.MustDo("LLEN", "other"), "nothing is lost")
}

func TestOtherTypes(t *testing.T) {
	s := start(t, rmtest.Options{})
	require.Equal(t, int64(0), s.MustDo("hello.simple"))
	require.Len(t, s.MustDo("hello.rand.array", "7"), 7)

	s.MustDo("SET", "text", "Hello World 1")
	s.MustDo("hello.toggle.case", "text")
	require.Equal(t, "hELLO wORLD 1", s.MustDo("GET", "text"))

	require.Equal(t, "OK", s.MustDo("hello.more.expire", "text", "1000"))
	require.Equal(t, int64(-1), s.MustDo("PTTL", "text"), "a key without a time keeps none")
	s.MustDo("PEXPIRE", "text", "100000")
	s.MustDo("hello.more.expire", "text", "900000")
	require.Greater(t, s.MustDo("PTTL", "text"), int64(900_000))

	s.MustDo("ZADD", "z", "1", "a", "2", "b", "4", "c")
	require.Equal(t, []any{6.0, 6.0}, s.MustDo("hello.zsumrange", "z", "2", "5"))
	s.MustDo("ZADD", "words", "0", "age", "0", "box", "0", "cat")
	require.Equal(t, []any{"age", "box"}, s.MustDo("hello.lexrange", "words", "-", "(cat"))

	s.MustDo("HSET", "h", "from", "value")
	require.Equal(t, int64(1), s.MustDo("hello.hcopy", "h", "from", "to"))
	require.Equal(t, int64(0), s.MustDo("hello.hcopy", "h", "none", "to"))
	require.Equal(t, "value", s.MustDo("HGET", "h", "to"))

	require.Equal(t, "007", s.MustDo("hello.leftpad", "7", "3", "0"))
	_, err := s.Do("hello.leftpad", "7", "3", "00")
	require.ErrorContains(t, err, "one character")
}

// TestReplicas: what each command does arrives at a replica.
func TestReplicas(t *testing.T) {
	s := start(t, rmtest.Options{TCP: true})
	r := s.Replica()
	s.MustDo("hello.push.native", "list", "one")
	s.MustDo("hello.push.call", "list", "two")
	s.MustDo("hello.list.splice", "list", "other", "1")
	s.MustDo("hello.repl")
	s.MustDo("SET", "text", "abc", "EX", "100")
	s.MustDo("hello.toggle.case", "text")
	s.MustDo("hello.more.expire", "text", "900000")
	s.MustDo("HSET", "h", "from", "value")
	s.MustDo("hello.hcopy", "h", "from", "to")
	s.WaitReplica(r)
	require.Equal(t, []any{"one"}, r.MustDo("LRANGE", "list", "0", "-1"))
	require.Equal(t, []any{"two"}, r.MustDo("LRANGE", "other", "0", "-1"))
	require.Equal(t, "5", r.MustDo("GET", "hello:replicated"))
	require.Equal(t, "ABC", r.MustDo("GET", "text"))
	require.Equal(t, s.MustDo("PEXPIRETIME", "text"), r.MustDo("PEXPIRETIME", "text"))
	require.Equal(t, "value", r.MustDo("HGET", "h", "to"))
}
