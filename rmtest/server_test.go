// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest_test

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const patience = 10 * time.Second

// tiny returns the C module of this package's tests.
func tiny(tb testing.TB, args ...string) []rmtest.Module {
	tb.Helper()
	return []rmtest.Module{{Path: rmtest.BuildC(tb, "testdata/tiny.c"), Args: args}}
}

func TestStartWithAModule(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{Modules: tiny(t, "two words", `q"\`, "\x01\xff")})
	require.True(t, s.Alive())
	require.Nil(t, s.Exit())
	require.Equal(t, "PONG", s.MustDo("PING"))
	require.Equal(t, "tiny", s.MustDo("tiny.ping"))
	require.Equal(t, int64(3), s.MustDo("tiny.count", "a", "b"))
	require.Nil(t, s.MustDo("tiny.null"))
	require.Contains(t, s.Log(), "argument 0: <two words>")
	require.Contains(t, s.Log(), `argument 1: <q"\>`)
	require.Contains(t, s.Log(), "argument 2: <\x01\xff>")
	require.True(t, s.WaitLog("argument 0", patience))
	require.False(t, s.WaitLog("never written", time.Millisecond))

	_, err := s.Do("no.such.command")
	require.ErrorContains(t, err, "unknown command")
}

func TestWhatTheServerSaysOfItself(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{})
	kind, major, minor, patch := s.Version()
	field := "redis_version"
	if kind == "valkey" {
		field = "valkey_version"
	}
	want := strings.Join([]string{strconv.Itoa(major), strconv.Itoa(minor), strconv.Itoa(patch)}, ".")
	require.Equal(t, want, s.InfoField("server", field))
	require.Equal(t, strconv.Itoa(s.PID()), s.InfoField("server", "process_id"))
	require.Equal(t, "0", s.InfoField("server", "tcp_port"))
	require.Equal(t, "", s.InfoField("server", "no_such_field"))
}

func TestClientsOfBothProtocols(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{})
	ctx := context.Background()
	require.Same(t, s.Client(), s.Client())
	s.MustDo("HSET", "h", "f", "v")
	v3, err := s.Client().Do(ctx, "HGETALL", "h").Result()
	require.NoError(t, err)
	require.Equal(t, map[any]any{"f": "v"}, v3)
	v2, err := s.Client2().Do(ctx, "HGETALL", "h").Result()
	require.NoError(t, err)
	require.Equal(t, []any{"f", "v"}, v2)
	require.ErrorIs(t, s.Client().Get(ctx, "none").Err(), redis.Nil)
}

func TestRawConn(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{})
	c := s.RawConn()
	_, err := c.Write([]byte("*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n"))
	require.NoError(t, err)
	r := bufio.NewReader(c)
	line, err := r.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "$2\r\n", line)
}

func TestConfigArgsAndEnv(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{
		Modules: tiny(t),
		Config:  []string{"maxmemory 12mb", "databases 3"},
		Args:    []string{"--databases", "5"},
		Env:     []string{"RMTEST_PROBE=seen"},
	})
	ctx := context.Background()
	got, err := s.Client().ConfigGet(ctx, "*").Result()
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(12<<20), got["maxmemory"])
	require.Equal(t, "5", got["databases"])
	require.Equal(t, "", got["save"])
	require.Equal(t, s.Dir(), got["dir"])
	if kind, major, _, _ := s.Version(); kind == "valkey" || major >= 7 {
		require.Equal(t, "yes", got["enable-module-command"])
		require.Equal(t, "yes", got["enable-debug-command"])
	}
	require.Contains(t, s.Log(), "RMTEST_PROBE is seen")
}

func TestPasswordedServerStarts(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{Config: []string{"requirepass secret"}})
	_, err := s.Do("PING")
	require.ErrorContains(t, err, "NOAUTH")
}

func TestWantFail(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{Modules: tiny(t, "fail"), WantFail: true})
	require.False(t, s.Alive())
	require.NotNil(t, s.Exit())
	require.False(t, s.Exit().Success())
	require.Contains(t, s.Log(), "told to fail")
}

func TestWantFailBeforeTheLogIsOpen(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{Config: []string{"no-such-directive yes"}, WantFail: true})
	require.Contains(t, s.Log(), "no-such-directive")
}

func TestStop(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{})
	s.Stop()
	require.False(t, s.Alive())
	require.True(t, s.Exit().Success())
	require.NoFileExists(t, filepath.Join(s.Dir(), "dump.rdb"))
	s.Stop()
}

func TestStopDoesNotSave(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{Config: []string{"save 3600 1"}})
	if kind, major, _, _ := s.Version(); kind == "redis" && major < 7 {
		t.Skip("servers before 7.0 save at SIGTERM if they have save points")
	}
	s.MustDo("SET", "k", "v")
	s.Stop()
	require.NoFileExists(t, filepath.Join(s.Dir(), "dump.rdb"))
}

func TestRestartKeepsTheData(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{Modules: tiny(t)})
	pid := s.PID()
	s.MustDo("SET", "k", "v")
	s.MustDo("SAVE")
	s.Restart()
	require.NotEqual(t, pid, s.PID())
	require.Equal(t, "v", s.MustDo("GET", "k"))
	require.Equal(t, "tiny", s.MustDo("tiny.ping"))
}

func TestKillAndRestart(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{Config: []string{"appendonly yes", "appendfsync always"}})
	s.MustDo("SET", "k", "v")
	s.Kill()
	require.False(t, s.Alive())
	s.Kill()
	s.Restart()
	require.Equal(t, "v", s.MustDo("GET", "k"))
}

func TestWaitExit(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{Modules: tiny(t)})
	_, err := s.Do("tiny.abort")
	require.Error(t, err)
	state := s.WaitExit(patience)
	require.False(t, state.Success())
}

func TestLongFolderGetsAShortSocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	require.NoError(t, os.Mkdir(dir, 0o755))
	s := rmtest.Start(t, rmtest.Options{Dir: dir})
	require.Less(t, len(s.Addr()), 101)
	require.Equal(t, "PONG", s.MustDo("PING"))
	require.Equal(t, dir, s.Dir())
	require.FileExists(t, filepath.Join(dir, "server.log"))
}
