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

func start(t *testing.T, opts rmtest.Options) *rmtest.Server {
	t.Helper()
	opts.Modules = []rmtest.Module{{Path: rmtest.Build(t, ".")}}
	opts.Config = append(opts.Config, "enable-debug-command yes")
	return rmtest.Start(t, opts)
}

func add(s *rmtest.Server, numbers ...int) {
	for _, n := range numbers {
		s.MustDo("hellotype.insert", "n", n)
	}
}

var all = []any{int64(-3), int64(1), int64(2), int64(9)}

func TestCommands(t *testing.T) {
	s := start(t, rmtest.Options{})
	add(s, 2, 9, -3, 1)
	require.Equal(t, all, s.MustDo("hellotype.range", "n", "0", "99"))
	require.Equal(t, all[1:3], s.MustDo("hellotype.range", "n", "1", "2"))
	require.Empty(t, s.MustDo("hellotype.range", "n", "9", "9"))
	require.Empty(t, s.MustDo("hellotype.range", "none", "0", "9"))
	require.Equal(t, int64(4), s.MustDo("hellotype.len", "n"))
	require.Equal(t, int64(1), s.MustDo("COPY", "n", "copy"))
	s.MustDo("hellotype.insert", "copy", 0)
	require.Equal(t, int64(4), s.MustDo("hellotype.len", "n"))
	s.MustDo("SET", "text", "x")
	for _, command := range [][]any{{"hellotype.len", "text"}, {"hellotype.insert", "text", "1"}, {"hellotype.brange", "text", "0", "1", "1"}} {
		_, err := s.Do(command...)
		require.ErrorContains(t, err, "WRONGTYPE")
	}
}

func TestWait(t *testing.T) {
	s := start(t, rmtest.Options{})
	require.Equal(t, "Request timedout", s.MustDo("hellotype.brange", "n", "0", "9", "0.01"))
	got := make(chan any, 1)
	go func() {
		reply, _ := s.Do("hellotype.brange", "n", "0", "9", "60")
		got <- reply
	}()
	require.Eventually(t, func() bool { return s.InfoField("clients", "blocked_clients") == "1" }, 10*time.Second, time.Millisecond)
	add(s, 7)
	require.Equal(t, []any{int64(7)}, <-got)
}

// TestPersistence: the values outlive the server in both kinds of files.
func TestPersistence(t *testing.T) {
	for _, preamble := range []string{"yes", "no"} {
		s := start(t, rmtest.Options{Config: []string{"aof-use-rdb-preamble " + preamble}})
		add(s, 2, 9, -3, 1)
		digest := s.MustDo("DEBUG", "DIGEST")
		s.MustDo("DEBUG", "RELOAD")
		require.Equal(t, digest, s.MustDo("DEBUG", "DIGEST"))
		s.RestartFromAOF()
		require.Equal(t, all, s.MustDo("hellotype.range", "n", "0", "99"))
		require.Equal(t, digest, s.MustDo("DEBUG", "DIGEST"))
	}
}

func TestReplica(t *testing.T) {
	s := start(t, rmtest.Options{TCP: true})
	add(s, 2)
	r := s.Replica()
	add(s, 9, -3, 1)
	s.WaitReplica(r)
	require.Equal(t, all, r.MustDo("hellotype.range", "n", "0", "99"))
}
