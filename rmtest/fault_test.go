// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// These tests drive the package with a test that has to fail.

// needServer ends the test early where there is no server, so that the pretended tests
// below are not skipped unnoticed.
func needServer(t *testing.T) { rmtest.Start(t, rmtest.Options{}).Stop() }

func TestDeathIsAFault(t *testing.T) {
	needServer(t)
	var s *rmtest.Server
	fake := pretend(t, func(tb testing.TB) {
		s = rmtest.Start(tb, rmtest.Options{Modules: tiny(tb)})
		_, err := s.Do("tiny.abort")
		require.Error(tb, err)
		for s.Alive() {
			time.Sleep(time.Millisecond)
		}
	})
	require.True(t, fake.failed)
	require.Contains(t, fake.text.String(), "the server died")
	require.Contains(t, fake.text.String(), "log of the server:")
	require.Contains(t, fake.text.String(), "Module 'tiny' loaded")
}

func TestFailureAtTheStopIsAFault(t *testing.T) {
	needServer(t)
	fake := pretend(t, func(tb testing.TB) {
		rmtest.Start(tb, rmtest.Options{Modules: tiny(tb)}).MustDo("tiny.atexit")
	})
	require.True(t, fake.failed)
	require.Contains(t, fake.text.String(), "failed while stopping: exit status 3")
}

func TestLogIsShownOnlyOnFailure(t *testing.T) {
	needServer(t)
	for _, fail := range []bool{false, true} {
		fake := pretend(t, func(tb testing.TB) {
			s := rmtest.Start(tb, rmtest.Options{})
			if fail {
				s.MustDo("no.such.command")
			}
		})
		require.Equal(t, fail, fake.failed)
		require.Equal(t, fail, strings.Contains(fake.text.String(), "log of the server:"))
	}
}

func TestRefusedLoadIsAFault(t *testing.T) {
	needServer(t)
	fake := pretend(t, func(tb testing.TB) {
		rmtest.Start(tb, rmtest.Options{Modules: tiny(tb, "fail")})
	})
	require.True(t, fake.failed)
	require.Contains(t, fake.text.String(), "did not start: exit status 1")
	require.Contains(t, fake.text.String(), "told to fail")
}

func TestUnwantedStartIsAFault(t *testing.T) {
	needServer(t)
	var s *rmtest.Server
	fake := pretend(t, func(tb testing.TB) {
		defer func() { tb.Log("left") }()
		s = rmtest.Start(tb, rmtest.Options{WantFail: true})
	})
	require.True(t, fake.failed)
	require.Nil(t, s)
	require.Contains(t, fake.text.String(), "should have failed")
}

func TestWaitExitOfALivingServerIsAFault(t *testing.T) {
	needServer(t)
	fake := pretend(t, func(tb testing.TB) {
		rmtest.Start(tb, rmtest.Options{}).WaitExit(time.Millisecond)
	})
	require.True(t, fake.failed)
	require.Contains(t, fake.text.String(), "still runs")
}

func TestNoServer(t *testing.T) {
	t.Setenv("RM_SERVER", "")
	t.Setenv("PATH", t.TempDir())
	for _, require1 := range []string{"", "1"} {
		t.Setenv("RM_REQUIRE_SERVER", require1)
		fake := pretend(t, func(tb testing.TB) { rmtest.Start(tb, rmtest.Options{}) })
		require.Equal(t, require1 == "1", fake.failed)
		require.Equal(t, require1 == "", fake.skipped)
		require.Contains(t, fake.text.String(), "there is no server")
	}
}

func TestNamedServerMustExist(t *testing.T) {
	fake := pretend(t, func(tb testing.TB) {
		rmtest.Start(tb, rmtest.Options{Server: filepath.Join(t.TempDir(), "none")})
	})
	require.True(t, fake.failed)
	require.False(t, fake.skipped)
}

// TestServerMayBeACommand starts the server through a command with an argument.
func TestServerMayBeACommand(t *testing.T) {
	env, err := exec.LookPath("env")
	require.NoError(t, err)
	command := os.Getenv("RM_SERVER")
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil && command == "" {
			command = path
		}
	}
	s := rmtest.Start(t, rmtest.Options{Server: env + " RMTEST_A=1 " + command})
	require.Equal(t, "PONG", s.MustDo("PING"))
}

// TestServerDiesWithTheTest kills a test process that runs a server.
func TestServerDiesWithTheTest(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a child with its parent")
	}
	const key = "RMTEST_HOLD"
	if socket := os.Getenv(key); socket != "" {
		s := rmtest.Start(t, rmtest.Options{})
		conn, err := net.Dial("unix", socket)
		require.NoError(t, err)
		fmt.Fprintln(conn, s.PID())
		time.Sleep(time.Hour)
	}
	needServer(t)
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	require.NoError(t, err)
	defer l.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^TestServerDiesWithTheTest$")
	cmd.Env = append(os.Environ(), key+"="+l.Addr().String())
	require.NoError(t, cmd.Start())
	conn, err := l.Accept()
	require.NoError(t, err)
	defer conn.Close()
	var pid int
	_, err = fmt.Fscan(conn, &pid)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, 0))
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.Eventually(t, func() bool { return !running(pid) }, patience, 5*time.Millisecond)
}

// running reports whether the process runs; one that ended and that nobody has
// waited for does not.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}

// TestMisuseFails: a server whose log tells of misuse fails its test, unless that is wanted.
func TestMisuseFails(t *testing.T) {
	for _, want := range []bool{false, true} {
		fake := pretend(t, func(tb testing.TB) {
			s := rmtest.Start(tb, rmtest.Options{WantMisuse: want})
			s.MustDo("EVAL", "redis.log(redis.LOG_WARNING, 'rm_debug: ERR on purpose')", 0)
		})
		require.Equal(t, !want, fake.Failed(), fake.text.String())
		require.Equal(t, !want, strings.Contains(fake.text.String(), "rm_debug: ERR on purpose"))
	}
}
