// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/tracetest"
	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) {
	tracetest.Install()
	code := rmtest.Main(m)
	removeLauncher()
	os.Exit(code)
}

const (
	patience = 20 * time.Second
	pkg      = "github.com/iredismodule/redismodule/internal/safety/modules/safety"
)

// module returns the test module in a mode. Only resident modules can have the
// data type, whose callbacks run in forked children.
func module(tb testing.TB, mode string, args ...string) rmtest.Module {
	tb.Helper()
	return named(tb, "s", mode, args...)
}

// named is module under another name.
func named(tb testing.TB, name, mode string, args ...string) rmtest.Module {
	tb.Helper()
	var opts []rmtest.BuildOption
	if name != "s" {
		opts = append(opts, rmtest.Env("GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -ldflags=-X=main.name="+name)))
	}
	all := []string{"rm-mode=" + mode}
	if mode == "portable" {
		all = append(all, "datatype=no", "events=no")
	}
	return rmtest.Module{Path: rmtest.Build(tb, pkg, opts...), Args: append(all, args...)}
}

// start starts a server with the modules.
func start(tb testing.TB, config []string, modules ...rmtest.Module) *rmtest.Server {
	tb.Helper()
	return rmtest.Start(tb, rmtest.Options{Modules: modules, Config: config})
}

// is70 tells whether the server is Redis 7.0 or younger, or Valkey.
func is70(s *rmtest.Server) bool {
	kind, major, _, _ := s.Version()
	return kind == "valkey" || major >= 7
}

// field reads name=value out of the reply of a command.
func field(t testing.TB, s *rmtest.Server, name string, command ...any) string {
	t.Helper()
	text, ok := s.MustDo(command...).(string)
	require.True(t, ok)
	m := regexp.MustCompile(`(?:^| )` + name + `=(\S*)`).FindStringSubmatch(text)
	require.NotNil(t, m, "%s in %q", name, text)
	return m[1]
}

func number(t testing.TB, s *rmtest.Server, name string, command ...any) int {
	t.Helper()
	n, err := strconv.Atoi(field(t, s, name, command...))
	require.NoError(t, err)
	return n
}

// eventually waits for a condition.
func eventually(t testing.TB, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			require.Fail(t, "in vain for "+limit.String(), "%s", what)
		}
	}
}

// clients runs commands from n connections until the returned function is called,
// which returns how many there were. An error fails the test.
func clients(t *testing.T, s *rmtest.Server, n int, commands ...[]any) (stop func() int) {
	t.Helper()
	var group sync.WaitGroup
	done := make(chan struct{})
	counts, failures := make([]int, n), make([]error, n)
	for i := range n {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				c := commands[counts[i]%len(commands)]
				if _, err := s.Do(c...); err != nil {
					failures[i] = fmt.Errorf("%v: %w", c, err)
					return
				}
				counts[i]++
			}
		})
	}
	return func() (sum int) {
		t.Helper()
		close(done)
		group.Wait()
		for i := range n {
			require.NoError(t, failures[i])
			sum += counts[i]
		}
		return sum
	}
}

// children returns the process ids of a process's children.
func children(pid int) (pids []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, f := range files {
		text, _ := os.ReadFile(f) // a thread that has ended has no children
		for _, w := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(w); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

// dump describes where the threads of a process and of its children are.
func dump(pid int) string {
	var b strings.Builder
	for _, p := range append([]int{pid}, children(pid)...) {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p))
		for _, dir := range files {
			fmt.Fprintf(&b, "%s:", dir)
			for _, f := range []string{"stat", "wchan", "syscall"} {
				text, err := os.ReadFile(filepath.Join(dir, f))
				if err != nil {
					text = []byte(err.Error())
				}
				fmt.Fprintf(&b, " [%s]", strings.TrimSpace(string(text)))
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// checker returns the path of a tool that belongs to the server, such as
// redis-check-rdb: the server's own binary under that name.
func checker(t *testing.T, s *rmtest.Server, tool string) []string {
	t.Helper()
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", s.PID()))
	require.NoError(t, err)
	kind, _, _, _ := s.Version()
	words := strings.Fields(os.Getenv("RM_SERVER"))
	if strings.Contains(filepath.Base(exe), "ld-linux") {
		// Started through a loader: its last word is the server.
		server := words[len(words)-1]
		return append(words[:len(words)-1:len(words)-1], filepath.Join(filepath.Dir(server), kind+"-"+tool))
	}
	return []string{filepath.Join(filepath.Dir(exe), kind+"-"+tool)}
}
