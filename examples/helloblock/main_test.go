// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

func start(t *testing.T) *rmtest.Server {
	t.Helper()
	return rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: rmtest.Build(t, ".")}}})
}

func TestBlock(t *testing.T) {
	s := start(t)
	require.Equal(t, 0.01, s.MustDo("hello.block", "0.01", "0"))
	require.Equal(t, "Request timedout", s.MustDo("hello.block", "3600", "10"))
	_, err := s.Do("EVAL", "return redis.call('hello.block', '1', '0')", "0")
	require.Error(t, err, "a script cannot wait")
	require.Equal(t, "PONG", s.MustDo("PING"))
}

// TestLeave: a client that leaves ends the work for it, and the server serves on.
func TestLeave(t *testing.T) {
	s := start(t)
	conn := s.RawConn()
	_, err := conn.Write([]byte("hello.block 3600 0\r\n"))
	require.NoError(t, err)
	blocked := func() bool { return s.InfoField("clients", "blocked_clients") == "1" }
	require.Eventually(t, blocked, 10*time.Second, time.Millisecond)
	require.NoError(t, conn.Close())
	require.Eventually(t, func() bool { return !blocked() }, 10*time.Second, time.Millisecond)
	require.True(t, s.WaitLog("a blocked client has left", 10*time.Second))
}

func TestKeys(t *testing.T) {
	s := start(t)
	require.Empty(t, s.MustDo("hello.keys"))
	want := []any{}
	for _, name := range []string{"a", "b", "c", "d"} {
		s.MustDo("SET", name, "x")
		want = append(want, name)
	}
	require.ElementsMatch(t, want, s.MustDo("hello.keys"))
}
