// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"strings"
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

func TestEvents(t *testing.T) {
	s := start(t)
	listener := s.RawConn()
	_, err := listener.Write([]byte("SUBSCRIBE hellohook\r\n"))
	require.NoError(t, err)
	require.NoError(t, listener.SetReadDeadline(time.Now().Add(10*time.Second)))
	got := make([]byte, 0, 4096)
	wait := func(want string) {
		t.Helper()
		for buf := make([]byte, 1024); !strings.Contains(string(got), want); {
			n, err := listener.Read(buf)
			require.NoError(t, err, "%s", got)
			got = append(got, buf[:n]...)
		}
	}
	wait("subscribe")
	s.MustDo("SET", "key", "value")
	s.MustDo("DEL", "key")
	wait("del key")
	s.MustDo("FLUSHDB")
	wait("flush of database 0")
	s.MustDo("FLUSHALL")
	wait("flush of database -1")

	require.NoError(t, listener.Close())
	require.True(t, s.WaitLog("disconnected", 10*time.Second))
	require.Contains(t, s.Log(), " connected")
}
