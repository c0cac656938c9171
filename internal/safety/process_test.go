// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/launch"
	"github.com/iredismodule/redismodule/internal/resp"
	"github.com/iredismodule/redismodule/rmtest"
)

// background is a server that has left its parent.
type background struct {
	pid  int
	conn net.Conn
	r    *bufio.Reader
}

// daemon starts a server in the background; rmtest keeps its servers in the
// foreground.
func daemon(t *testing.T, dir, pidfile string, m rmtest.Module) *background {
	t.Helper()
	return serve(t, dir, pidfile, m, "yes")
}

// serve is daemon, or with daemonize "no" a server that stays a child of the test's and
// has the file stderr for its standard error.
func serve(t *testing.T, dir, pidfile string, m rmtest.Module, daemonize string) *background {
	t.Helper()
	var socket string
	if socket = filepath.Join(dir, "sock"); len(socket) > 100 {
		short, err := os.MkdirTemp("", "rm")
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(short) })
		socket = filepath.Join(short, "s")
	}
	if len(launch.Find("")) == 0 && os.Getenv("RM_REQUIRE_SERVER") != "1" {
		t.Skip(launch.ErrNoServer)
	}
	stderr, err := os.Create(filepath.Join(dir, "stderr"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = stderr.Close() })
	p, err := launch.Start(launch.Options{
		Command: launch.Find(""), Dir: dir, Socket: socket, Log: filepath.Join(dir, "log"), Stderr: stderr,
		Config: []string{"daemonize " + daemonize, "pidfile " + launch.Quote(pidfile), launch.LoadModule(m.Path, m.Args...)},
	})
	require.NoError(t, err)
	if daemonize == "yes" {
		require.True(t, p.Exited(patience), "the server goes into the background")
		require.True(t, p.State().Success(), "%v", p.State())
	}

	d := &background{}
	t.Cleanup(func() {
		if d.pid != 0 && running(d.pid) {
			_ = syscall.Kill(d.pid, syscall.SIGKILL)
		}
		if t.Failed() {
			text, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("log of the server:\n%s", text)
		}
	})
	eventually(t, patience, "the server in the background", func() bool {
		text, err := os.ReadFile(pidfile)
		if err == nil {
			d.pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		if d.pid == 0 {
			return false
		}
		d.conn, err = net.Dial("unix", socket)
		return err == nil
	})
	t.Cleanup(func() { _ = d.conn.Close() })
	require.NoError(t, d.conn.SetDeadline(time.Now().Add(time.Minute)))
	d.r = bufio.NewReader(d.conn)
	require.Equal(t, "+PONG", d.do(t, "PING"))
	return d
}

func (d *background) send(t *testing.T, args ...string) {
	t.Helper()
	_, err := d.conn.Write(resp.AppendCommand(nil, args...))
	require.NoError(t, err)
}

// do sends a command and returns its reply: the line of a simple one, or the text of a
// bulk string.
func (d *background) do(t *testing.T, args ...string) string {
	t.Helper()
	d.send(t, args...)
	r, err := resp.Read(d.r)
	require.NoError(t, err)
	if r.Kind == '$' {
		return r.Text
	}
	return string(r.Kind) + r.Text
}

// running tells whether a process exists and is no zombie.
func running(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	return fields(string(text))[0] != "Z"
}

// fields are those of a stat file behind the name, which may have spaces.
func fields(stat string) []string {
	return strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
}

func threads(t *testing.T, pid int) (tids []int) {
	t.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	require.NoError(t, err)
	for _, e := range all {
		n, err := strconv.Atoi(e.Name())
		require.NoError(t, err)
		tids = append(tids, n)
	}
	return tids
}

func comm(pid, tid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/comm", pid, tid)) // a thread that has ended has no name
	return strings.TrimSpace(string(text))
}

func nice(t *testing.T, pid, tid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/stat", pid, tid))
	require.NoError(t, err)
	n, err := strconv.Atoi(fields(string(text))[16])
	require.NoError(t, err)
	return n
}

// own0 is the priority that the server inherits from the test.
func own0(t *testing.T) int { return nice(t, os.Getpid(), os.Getpid()) }

func cpus(t *testing.T) int {
	t.Helper()
	return runtime.NumCPU()
}
