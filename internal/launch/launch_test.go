// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package launch

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"":       `""`,
		"a b":    `"a b"`,
		`"\`:     `"\"\\"`,
		"\n\xff": `"\x0a\xff"`,
	} {
		require.Equal(t, want, Quote(in))
	}
}

func TestFind(t *testing.T) {
	require.Equal(t, []string{"l", "--library-path", "p", "x"}, Find("l --library-path p  x"))
	t.Setenv("RM_SERVER", "from env")
	require.Equal(t, []string{"from", "env"}, Find(""))
	dir := t.TempDir()
	require.Equal(t, []string{dir}, Find(dir))
}

func TestConfig(t *testing.T) {
	o := Options{Dir: "/a dir", Socket: "/socket", Config: []string{LoadModule("/m/c twin.so"), LoadModule("/m/g.so", "a=1", "b"), "port 7"}}
	require.Equal(t, `port 0
unixsocket "/socket"
unixsocketperm 700
save ""
appendonly no
dir "/a dir"
logfile "/log"
loadmodule "/m/c twin.so"
loadmodule "/m/g.so" "a=1" "b"
port 7
`, o.config("/log"))
}

// server starts a script in the place of a server.
func server(t *testing.T, script string) *Process {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "script")
	require.NoError(t, os.WriteFile(path, []byte(script), 0o700))
	p, err := Start(Options{Command: []string{"/bin/sh", path}, Dir: dir, Config: []string{"last line"}, Args: []string{"an argument"}, Env: []string{"OF_TEST=value"}})
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	return p
}

func TestServerThatEnds(t *testing.T) {
	p := server(t, "echo \"$PWD $OF_TEST $2\"; tail -n 1 $1; exit 3")
	err := p.WaitReady(context.Background(), 20*time.Second)
	require.ErrorIs(t, err, ErrEnded)
	require.ErrorContains(t, err, "exit status 3")
	require.Equal(t, 3, p.State().ExitCode())
	require.Equal(t, filepath.Dir(p.Log)+" value an argument\nlast line\n", p.LogText())
	require.Contains(t, p.LogTail(), "last line")
	require.ErrorContains(t, p.Stop(time.Second), "the server died: exit status 3")
}

func TestServerThatDoesNotAnswer(t *testing.T) {
	p := server(t, "exec sleep 1000")
	require.ErrorContains(t, p.WaitReady(context.Background(), 20*time.Millisecond), "neither answered nor ended within 20ms")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, p.WaitReady(ctx, 20*time.Second), context.Canceled)
	require.ErrorContains(t, p.Stop(20*time.Second), "the server failed while stopping: signal: terminated")
	<-p.Ended()
}

func TestServerThatDoesNotStop(t *testing.T) {
	p := server(t, "trap '' TERM; echo ready; while :; do sleep 1; done")
	for p.LogText() == "" {
		time.Sleep(pollEvery)
	}
	require.ErrorContains(t, p.Stop(10*time.Millisecond), "did not stop within 10ms and was killed")
	require.True(t, p.Exited(0))
}

func TestNoServer(t *testing.T) {
	_, err := Start(Options{Dir: t.TempDir()})
	require.ErrorIs(t, err, ErrNoServer)
	_, err = Start(Options{Command: []string{"/no/such/server"}, Dir: t.TempDir()})
	require.ErrorIs(t, err, os.ErrNotExist)
}
