// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// launcher builds internal/confined, once.
var launcher = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rmconfined")
	if err != nil {
		return "", err
	}
	launcherDir = dir
	file := filepath.Join(dir, "confined")
	cmd := exec.Command("go", "build", "-o", file, "github.com/iredismodule/redismodule/internal/confined")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return file, os.Chmod(dir, 0o755) // for tests as another user
})

var launcherDir string

func removeLauncher() {
	if launcherDir != "" {
		_ = os.RemoveAll(launcherDir) // what stays is a small program
	}
}

// serverCommand is the command of rmtest's server, or the test is skipped.
func serverCommand(t *testing.T) string {
	t.Helper()
	if command := os.Getenv("RM_SERVER"); command != "" {
		return command
	}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("RM_REQUIRE_SERVER") == "1" {
		require.Fail(t, "there is no server")
	}
	t.Skip("there is no server: neither RM_SERVER nor redis-server or valkey-server in PATH")
	return ""
}

// confined returns the command of the server under the system call filter of
// Debian's service files.
func confined(t *testing.T, flags string) string {
	t.Helper()
	server := serverCommand(t)
	if runtime.GOOS != "linux" || strings.Contains(server, "qemu") {
		t.Skip("the filter is the kernel's, for programs that it runs itself")
	}
	file, err := launcher()
	require.NoError(t, err)
	return strings.Join(strings.Fields(file+" "+flags+" "+server), " ")
}

// TestUnit: nothing that the binding or Go does is forbidden by the service files
// of Debian, which end a server at the first system call that they do not allow.
func TestUnit(t *testing.T) {
	for _, flags := range []string{"", "-nowx -nofile 128"} {
		t.Run("flags="+flags, func(t *testing.T) {
			rmtest.EachMode(t, func(t *testing.T, mode string) {
				other := named(t, "beta", mode, "datatype=no", "events=no")
				s := rmtest.Start(t, rmtest.Options{Server: confined(t, flags), Modules: []rmtest.Module{module(t, mode)}})
				for _, name := range []string{"s", "beta"} {
					if name == "beta" {
						s.MustDo(loadArgs(other)...)
					}
					s.MustDo(name+".spin", 8)
					s.MustDo(name+".block", 8)
					require.Equal(t, int64(1), s.MustDo(name+".nested", name, 3))
					s.MustDo(name+".busy", 50, "deep")
					s.MustDo(name + ".gc")
					_, err := s.Do(name + ".nil")
					require.ErrorContains(t, err, "nil pointer dereference")
					require.Equal(t, "a child of another kind", s.MustDo(name+".exec", "goroutine"))
					for _, record := range []string{"profile", "trace"} {
						s.MustDo(name+"."+record, filepath.Join(s.Dir(), record))
						s.MustDo(name+".busy", 50, "shallow")
						s.MustDo(name+"."+record, "stop")
					}
					require.Equal(t, mode, field(t, s, "mode", name+".stats"))
				}
				if mode == "resident" {
					fillValues(t, s, 1000)
				}
				require.Equal(t, "ok", save(t, s, "BGSAVE"))
				require.Equal(t, "ok", save(t, s, "BGREWRITEAOF"))
				s.MustDo("CONFIG", "SET", "watchdog-period", 500)
				s.MustDo("CONFIG", "SET", "watchdog-period", 0)
				for range 2 {
					s.MustDo("beta.stop")
					s.MustDo("MODULE", "UNLOAD", "beta")
					s.MustDo(loadArgs(other)...)
				}
				s.MustDo("s.stop")
				s.Stop()
			})
		})
	}
}

// TestUnitKills: the filter of these tests does what it is there for.
func TestUnitKills(t *testing.T) {
	words := strings.Fields(confined(t, ""))
	err := exec.Command(words[0], "nice", "true").Run()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	status, ok := exit.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.Equal(t, syscall.SIGSYS, status.Signal())
}

// TestNiceUnderFilter: a priority that is asked for is not tried where the system
// call may end the server.
func TestNiceUnderFilter(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Server: confined(t, ""), Modules: []rmtest.Module{module(t, mode, "rm-nice=5")}})
		s.MustDo("s.spin", 8)
		require.Contains(t, s.Log(), "s: the priority of Go's threads stays as it is: the process runs under a system call filter, which may end it")
		for _, tid := range threads(t, s.PID()) {
			require.Equal(t, own0(t), nice(t, s.PID(), tid))
		}
	})
}

// TestNoAddressSpace: where Go would die at its start for want of address space, the
// load fails with a line, and the server lives.
func TestNoAddressSpace(t *testing.T) {
	const line = "load failed: there is too little address space (ulimit -v): Go needs 1.5 GiB more than the server has"
	m := module(t, "resident")
	for _, mib := range []int{300, 600, 800, 1200} {
		server := confined(t, fmt.Sprintf("-memory %d", mib<<20))
		s := rmtest.Start(t, rmtest.Options{Server: server})
		for range 2 {
			_, err := s.Do(loadArgs(m)...)
			require.ErrorContains(t, err, "Error loading the extension", "%d MiB", mib)
		}
		require.Equal(t, 2, strings.Count(s.Log(), line))
		require.Equal(t, "PONG", s.MustDo("PING"))
		s.Stop()
		s = rmtest.Start(t, rmtest.Options{Server: server, Modules: []rmtest.Module{m}, WantFail: true})
		require.Contains(t, s.Log(), line)
	}
	s := rmtest.Start(t, rmtest.Options{Server: confined(t, fmt.Sprintf("-memory %d", 3<<30)), Modules: []rmtest.Module{m}})
	s.MustDo("s.spin", 8)
	s.MustDo("s.block", 8)
	require.Equal(t, int64(1), s.MustDo("s.nested", "k", 3))
}

// TestNoThreads: the same for want of threads. The limit is one of users other than
// root, so the server runs as one.
func TestNoThreads(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to become a user that has no threads yet")
	}
	const user = 61234
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	require.NoError(t, os.Chown(dir, user, user))
	library, err := os.ReadFile(module(t, "resident").Path)
	require.NoError(t, err)
	path := filepath.Join(dir, "m.so")
	require.NoError(t, os.WriteFile(path, library, 0o755))
	words := strings.Fields(confined(t, fmt.Sprintf("-uid %d -nproc 6", user)))
	words = append(words, "--port", "0", "--unixsocket", filepath.Join(dir, "sock"), "--dir", dir, "--loadmodule", path)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "%s", out)
	require.Equal(t, 1, exit.ExitCode(), "%s", out)
	require.Contains(t, string(out), "load failed: there are too few threads left (TasksMax, ulimit -u): Go needs 10 at its start")
}
