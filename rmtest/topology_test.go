// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest_test

import (
	"fmt"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestPort(t *testing.T) {
	require.Zero(t, rmtest.Start(t, rmtest.Options{}).Port())
	s := rmtest.Start(t, rmtest.Options{TCP: true})
	port := s.Port()
	for range 2 {
		require.Equal(t, strconv.Itoa(port), s.InfoField("server", "tcp_port"))
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		s.Restart()
		require.Equal(t, port, s.Port())
	}
}

func TestReplica(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: tiny(t)})
	require.Equal(t, map[any]any{"repl-diskless-sync-delay": "0"}, s.MustDo("CONFIG", "GET", "repl-diskless-sync-delay"))
	s.MustDo("SET", "before", "1")
	r := s.Replica()
	s.MustDo("SAVE") // the child that has sent the data is gone
	require.Equal(t, "1", r.MustDo("GET", "before"))
	for i := range 100 {
		s.MustDo("SET", "k", i)
	}
	s.WaitReplica(r)
	require.Equal(t, "99", r.MustDo("GET", "k"))
	require.Equal(t, "tiny", r.MustDo("tiny.ping"))
	_, err := r.Do("SET", "k", "x")
	require.ErrorContains(t, err, "READONLY")

	needServer(t)
	fake := pretend(t, func(tb testing.TB) { rmtest.Start(tb, rmtest.Options{}).Replica() })
	require.True(t, fake.failed)
	require.Contains(t, fake.text.String(), "needs Options.TCP")
}

func TestRestartFromAOF(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{})
	s.MustDo("SET", "k", "v")
	for i, pid := range []string{"first", "second"} {
		s.RestartFromAOF()
		require.Equal(t, "1", s.InfoField("persistence", "aof_enabled"))
		require.Equal(t, "v", s.MustDo("GET", "k"))
		if i == 1 {
			require.Equal(t, "first", s.MustDo("GET", "new"))
		}
		s.MustDo("SET", "new", pid)
	}
}

// TestStopWhileTheAOFIsWritten: the server refuses to stop at first.
func TestStopWhileTheAOFIsWritten(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{})
	s.MustDo("CONFIG", "SET", "appendonly", "yes")
	s.Stop()
	require.True(t, s.Exit().Success())
}

// TestReplyTypes holds what the documentation of Do says.
func TestReplyTypes(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{})
	require.Equal(t, int64(2), s.MustDo("RPUSH", "l", "a", "b"))
	require.Equal(t, []any{"a", "b"}, s.MustDo("LRANGE", "l", "0", "-1"))
	require.Equal(t, "OK", s.MustDo("SET", "s", "x"))
	require.Equal(t, "x", s.MustDo("GET", "s"))
	require.Nil(t, s.MustDo("GET", "none"))
	require.Equal(t, int64(1), s.MustDo("ZADD", "z", "1.5", "m"))
	require.Equal(t, 1.5, s.MustDo("ZSCORE", "z", "m"))
	s.MustDo("HSET", "h", "f", "v")
	require.Equal(t, map[any]any{"f": "v"}, s.MustDo("HGETALL", "h"))
	s.MustDo("SADD", "set", "m")
	require.Equal(t, []any{"m"}, s.MustDo("SMEMBERS", "set"))
	if kind, major, _, _ := s.Version(); kind == "valkey" || major >= 7 {
		require.Equal(t, true, s.MustDo("DEBUG", "PROTOCOL", "true"))
		require.IsType(t, "", s.MustDo("DEBUG", "PROTOCOL", "verbatim"))
		require.Equal(t, "1234567999999999999999999999999999999", fmt.Sprint(s.MustDo("DEBUG", "PROTOCOL", "bignum")))
	}
}

func TestCluster(t *testing.T) {
	nodes := rmtest.StartCluster(t, 3, rmtest.Options{})
	require.Len(t, nodes, 3)
	// The slots of these keys are 3300, 7365 and 15495.
	for i, key := range []string{"b", "{c}", "a"} {
		for j, s := range nodes {
			_, err := s.Do("SET", key, "x")
			if i == j {
				require.NoError(t, err, "key %s at node %d", key, j)
			} else {
				require.ErrorContains(t, err, "MOVED", "key %s at node %d", key, j)
			}
		}
	}
}
