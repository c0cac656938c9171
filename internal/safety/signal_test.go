// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// modules returns n test modules: s, beta, gamma.
func modules(t *testing.T, mode string, n int) (all []rmtest.Module) {
	for _, name := range []string{"s", "beta", "gamma"}[:n] {
		all = append(all, named(t, name, mode))
	}
	return all
}

// TestPanicsAreReplies: what goes wrong in a handler costs an error reply.
func TestPanicsAreReplies(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, modules(t, mode, 3)...)
		for range 20 {
			for _, name := range []string{"s", "beta", "gamma"} {
				_, err := s.Do(name + ".nil")
				require.ErrorContains(t, err, "ERR "+name+".nil: panic: runtime error: invalid memory address or nil pointer dereference")
				_, err = s.Do(name + ".panic")
				require.ErrorContains(t, err, "ERR "+name+".panic: panic: told to panic")
				_, err = s.Do(name + ".goexit")
				require.ErrorContains(t, err, "ERR "+name+".goexit: the handler called runtime.Goexit")
				_, err = s.Do(name + ".leaver")
				require.ErrorContains(t, err, "ERR "+name+".leaver: panic: a main.leaver that cannot be printed")
				s.MustDo(name + ".gc")
				s.MustDo(name+".nested", "n", 2)
			}
		}
		require.Equal(t, "60", s.MustDo("GET", "n"))
	})
}

// crashes ends a server by each of the commands and checks its report.
func crashes(t *testing.T, mode string, count int, config []string, before func(s *rmtest.Server), command ...any) (log string) {
	t.Helper()
	s := start(t, config, modules(t, mode, count)...)
	for _, name := range []string{"s", "beta", "gamma"}[:count] {
		s.MustDo(name+".spin", 8/count)
		s.MustDo(name+".block", 3)
	}
	if before != nil {
		before(s)
	}
	_, err := s.Do(command...)
	require.Error(t, err)
	state := s.WaitExit(patience)
	status, ok := state.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.True(t, status.Signaled(), "%v", state)
	log = s.Log()
	require.Contains(t, log, "BUG REPORT START", "%v", command)
	require.Contains(t, log, "BUG REPORT END", "%v", command)
	require.Equal(t, 1, strings.Count(log, "BUG REPORT START"), "%v", command)
	require.NotContains(t, log, "fatal error", "%v", command)
	require.NotContains(t, log, "unexpected signal during runtime execution", "%v", command)
	return log
}

// crashHint is in the log when the server crashes in what a module has called.
const crashHint = ": the server crashes in a function that the module has called"

// TestCrashReports: a fault in the server's code gives its whole report.
func TestCrashReports(t *testing.T) {
	times := 5
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, count := range []int{1, 3} {
			for _, command := range [][]any{{"DEBUG", "SEGFAULT"}, {"s.fault", "here"}, {"DEBUG", "PANIC"}} {
				t.Run(fmt.Sprintf("modules=%d/by=%v", count, command[0]), func(t *testing.T) {
					for range times {
						log := crashes(t, mode, count, nil, nil, command...)
						hints := 0
						// musl has no backtrace, by which the module knows.
						if command[0] == "s.fault" && !strings.Contains(serverCommand(t), "musl") {
							hints = 1
							require.Contains(t, log, "s"+crashHint)
							require.Less(t, strings.Index(log, crashHint), strings.Index(log, "BUG REPORT START"))
						}
						require.Equal(t, hints, strings.Count(log, crashHint), log)
					}
				})
			}
		}
	})
}

// TestCrashOnGoroutine: the same for a fault that C code makes on a thread of
// Go's.
func TestCrashOnGoroutine(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		crashes(t, mode, 1, nil, nil, "s.fault", "goroutine")
	})
}

// TestCrashLogSwitched: the handlers that the server installs at run time do not
// take Go's faults, and the router does not take the server's.
func TestCrashLogSwitched(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, count := range []int{1, 3} {
			crashes(t, mode, count, nil, func(s *rmtest.Server) {
				for i := range 6 {
					s.MustDo("CONFIG", "SET", "crash-log-enabled", []string{"no", "yes"}[i%2])
					for _, name := range []string{"s", "beta", "gamma"}[:count] {
						for range 3 {
							_, err := s.Do(name + ".nil")
							require.ErrorContains(t, err, "nil pointer dereference")
						}
					}
				}
			}, "DEBUG", "SEGFAULT")
		}
	})
}

// TestCrashLogOff: without the server's handlers a fault in C ends the server by
// the signal.
func TestCrashLogOff(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, at := range []string{"start", "run time"} {
			config := []string{}
			if at == "start" {
				config = append(config, "crash-log-enabled no")
			}
			s := start(t, config, modules(t, mode, 1)...)
			s.MustDo("CONFIG", "SET", "crash-log-enabled", "no")
			_, err := s.Do("s.nil")
			require.ErrorContains(t, err, "nil pointer dereference")
			_, err = s.Do("s.fault", "here")
			require.Error(t, err)
			status, ok := s.WaitExit(patience).Sys().(syscall.WaitStatus)
			require.True(t, ok)
			require.Equal(t, syscall.SIGSEGV, status.Signal())
			require.NotContains(t, s.Log(), "BUG REPORT START")
		}
	})
}

// TestWatchdog: the server's watchdog interrupts Go code on the server's thread
// with a signal handler that needs a stack of its own.
func TestWatchdog(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, at := range []string{"start", "run time"} {
			config := []string{}
			if at == "start" {
				config = append(config, "watchdog-period 200")
			}
			s := start(t, config, modules(t, mode, 1)...)
			s.MustDo("s.spin", 4)
			if at == "run time" {
				s.MustDo("CONFIG", "SET", "watchdog-period", 200)
			}
			for _, stack := range []string{"deep", "shallow", "deep", "shallow"} {
				before := strings.Count(s.Log(), "WATCHDOG TIMER EXPIRED")
				require.Positive(t, s.MustDo("s.busy", 500, stack))
				require.Equal(t, "PONG", s.MustDo("PING"))
				require.Greater(t, strings.Count(s.Log(), "WATCHDOG TIMER EXPIRED"), before)
			}
			require.Contains(t, s.Log(), "STACK TRACE")
			require.Equal(t, "kind=handler onstack=true", s.MustDo("s.sigflags", int(syscall.SIGALRM)))
			s.MustDo("CONFIG", "SET", "watchdog-period", 0)
			s.MustDo("s.busy", 500, "deep")
		}
	})
}

// TestSignalStacks: no signal runs a handler of the server's on the small stack of
// a goroutine.
func TestSignalStacks(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, modules(t, mode, 2)...)
		for range 2 {
			for sig := 1; sig <= 64; sig++ {
				require.NotEqual(t, "kind=handler onstack=false", s.MustDo("s.sigflags", sig), "%v", syscall.Signal(sig))
			}
			s.MustDo("CONFIG", "SET", "watchdog-period", 500)
			s.MustDo("CONFIG", "SET", "crash-log-enabled", "no")
			s.MustDo("CONFIG", "SET", "crash-log-enabled", "yes")
		}
	})
}

// TestProfiles: the Go profilers work inside a server under load.
func TestProfiles(t *testing.T) {
	seconds := 3 * time.Second
	if os.Getenv("RM_LONG") != "" {
		seconds = 10 * time.Second
	}
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, modules(t, mode, 1)...)
		s.MustDo("s.spin", 3)
		s.MustDo("s.block", 3)
		cpu, events := filepath.Join(s.Dir(), "cpu"), filepath.Join(s.Dir(), "trace")
		s.MustDo("s.profile", cpu)
		stop := clients(t, s, 3, []any{"s.busy", 5, "shallow"}, []any{"s.nested", "k", 3}, []any{"s.stats"}, []any{"PING"})
		time.Sleep(seconds)
		s.MustDo("s.profile", "stop")
		s.MustDo("s.trace", events)
		time.Sleep(seconds / 3)
		s.MustDo("s.trace", "stop")
		require.Positive(t, stop())

		out, err := exec.Command("go", "tool", "pprof", "-top", "-nodecount=500", module(t, mode).Path, cpu).CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "main.burn", "the handler's function")
		out, err = exec.Command("go", "tool", "pprof", "-raw", cpu).CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "samples/count cpu/nanoseconds")
		text, err := os.ReadFile(events)
		require.NoError(t, err)
		require.Regexp(t, `^go 1\.\d+ trace`, string(text[:16]))
		require.Greater(t, len(text), 10000)
	})
}

// TestPanicOnGoroutine: a panic on a goroutine of the module's own ends the
// process, and its trace is in the log.
func TestPanicOnGoroutine(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, modules(t, mode, 1)...)
		_, _ = s.Do("s.panicgoroutine") // the reply may come or not
		status, ok := s.WaitExit(patience).Sys().(syscall.WaitStatus)
		require.True(t, ok)
		require.Equal(t, syscall.SIGABRT, status.Signal())
		require.Contains(t, s.Log(), "panic: a goroutine of the module's own gave up")
		require.Contains(t, s.Log(), "main.panicGoroutine.func1")
	})
}

// TestFaultsAfterFailedLoads: a fault in Go finds its runtime after loads that failed,
// beside another module that came in between, and after the server has changed its
// crash handlers while the module was not loaded.
func TestFaultsAfterFailedLoads(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		load := func(t *testing.T, s *rmtest.Server, m rmtest.Module, more ...any) error {
			_, err := s.Do(append(loadArgs(m), more...)...)
			return err
		}
		faults := func(t *testing.T, s *rmtest.Server, names ...string) {
			t.Helper()
			for range 3 {
				for _, n := range names {
					_, err := s.Do(n + ".nil")
					require.ErrorContains(t, err, "nil pointer dereference")
				}
			}
		}
		x, y := stall(t, "x", mode), stall(t, "y", mode)
		t.Run("how=between", func(t *testing.T) {
			s := start(t, nil)
			require.Error(t, load(t, s, x, "rm-speed=high"))
			require.NoError(t, load(t, s, y))
			require.NoError(t, load(t, s, x))
			faults(t, s, "x", "y")
			require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "y"))
			faults(t, s, "x")
		})
		t.Run("how=handlers", func(t *testing.T) {
			s := start(t, nil)
			require.Error(t, load(t, s, x, "rm-speed=high"))
			for _, value := range []string{"no", "yes", "no"} {
				s.MustDo("CONFIG", "SET", "crash-log-enabled", value)
				require.NoError(t, load(t, s, x))
				faults(t, s, "x")
				require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "x"))
			}
		})
	})
}
