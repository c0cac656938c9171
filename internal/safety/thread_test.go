// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestThreadSafeContexts: no increment is lost, however many goroutines make them
// beside the clients and other modules.
//
// Drives: EventLoopAddOneShot.
func TestThreadSafeContexts(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, modules(t, mode, 2)...)
		s.MustDo("s.spin", 2)
		stop := clients(t, s, 3, []any{"s.nested", "k", 2}, []any{"beta.nested", "k", 3}, []any{"s.gc"})
		const goroutines, times = 8, 500
		for _, name := range []string{"s", "beta", "s"} {
			s.MustDo(name+".tsc", goroutines, times, "tsc")
		}
		for _, name := range []string{"s", "beta"} {
			eventually(t, 60*time.Second, "the goroutines", func() bool { return number(t, s, "running", name+".tscdone") == 0 })
			require.Zero(t, number(t, s, "problems", name+".tscdone"))
		}
		stop()
		require.Equal(t, goroutines*times, number(t, s, "tried", "s.tscdone"))
		require.Equal(t, strconv.Itoa(3*goroutines*times), s.MustDo("GET", "tsc"))
	})
}

// TestLockOnServerThread: waiting in a handler for the lock that the server's
// thread holds is an error.
func TestLockOnServerThread(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, modules(t, mode, 1)...)
		for range 5 {
			_, err := s.Do("s.dohere")
			require.ErrorContains(t, err, "ERR this is the server's thread already")
		}
	})
}

// TestLazyFree: the server's background threads free Go values while commands and
// saves run.
func TestLazyFree(t *testing.T) {
	s := start(t, []string{"lazyfree-lazy-user-del yes", "lazyfree-lazy-user-flush yes"}, module(t, "resident"))
	s.MustDo("s.spin", 3)
	s.MustDo("s.put", "stays", `{}`)
	stop := clients(t, s, 3, []any{"s.nested", "k", 2}, []any{"s.get", "stays"}, []any{"s.gc"})
	for i := range 3 {
		s.MustDo("s.fill", 50000, i, "v:")
		require.EqualValues(t, 50001, s.MustDo("s.alive"))
		var keys []any
		for k := range 10000 {
			keys = append(keys, fmt.Sprintf("v:%d", k))
		}
		s.MustDo(append([]any{"UNLINK"}, keys...)...)
		s.MustDo("s.fill", 10000, i, "v:")
		s.MustDo("FLUSHALL", "ASYNC")
		s.MustDo("s.put", "stays", `{}`)
		require.Equal(t, "ok", save(t, s, "BGSAVE"))
		eventually(t, 60*time.Second, "the values freed", func() bool { return s.MustDo("s.alive") == int64(1) })
	}
	stop()
	require.NotContains(t, s.Log(), "a callback failed")
}

// TestUnloadRefused: a module with a data type stays. One whose goroutines wait for the
// server does not: they get an error, and so do those that come later.
func TestUnloadRefused(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, module(t, mode, "datatype=no", "events=no"))
		s.MustDo("s.hold")
		for i := range 5 {
			s.MustDo("s.tsc", 20, 500, "tsc")
			require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "s"))
			_, err := s.Do("s.stats")
			require.ErrorContains(t, err, "unknown command")
			s.MustDo(loadArgs(module(t, mode, "datatype=no", "events=no"))...)
			eventually(t, patience, "the goroutines", func() bool { return number(t, s, "running", "s.tscdone") == 0 })
			require.Positive(t, number(t, s, "problems", "s.tscdone"))
			require.Equal(t, int64(1), s.MustDo("s.nested", "k"+strconv.Itoa(i), 2))
		}
		s.MustDo("s.release")
	})
	t.Run("datatype", func(t *testing.T) {
		s := start(t, nil, module(t, "resident"))
		_, err := s.Do("MODULE", "UNLOAD", "s")
		require.ErrorContains(t, err, "data types")
		require.Equal(t, int64(1), s.MustDo("s.nested", "k", 2))
		require.Equal(t, "ok", save(t, s, "BGSAVE"))
	})
}

func loadArgs(m rmtest.Module) []any {
	args := []any{"MODULE", "LOAD", m.Path}
	for _, a := range m.Args {
		args = append(args, a)
	}
	return args
}

// TestReload: unloading and loading again leaves nothing behind, under load by
// another module and clients.
func TestReload(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := named(t, "beta", mode, "datatype=no")
		s := start(t, nil, module(t, mode), m)
		s.MustDo("s.spin", 2)
		stop := clients(t, s, 3, []any{"s.nested", "k", 3}, []any{"s.gc"}, []any{"PING"})
		var callbacks, goroutines int
		const loads = 6
		for i := range loads {
			_, err := s.Do("beta.nil")
			require.ErrorContains(t, err, "nil pointer dereference")
			s.MustDo("beta.spin", 2)
			s.MustDo("beta.nested", "b", 4)
			s.MustDo("beta.tsc", 2, 20, "t")
			eventually(t, patience, "the goroutines", func() bool { return number(t, s, "running", "beta.tscdone") == 0 })
			s.MustDo("beta.stop")
			s.MustDo("beta.gc")
			if c := number(t, s, "callbacks", "beta.stats"); i == 1 {
				callbacks, goroutines = c, number(t, s, "goroutines", "beta.stats")
			} else if i > 1 {
				require.Equal(t, callbacks, c)
			}
			require.Equal(t, mode, field(t, s, "mode", "beta.stats"))
			if mode == "resident" {
				require.Equal(t, "ok", save(t, s, "BGSAVE"))
			}
			s.MustDo("MODULE", "UNLOAD", "beta")
			_, err = s.Do("beta.stats")
			require.ErrorContains(t, err, "unknown command")
			s.MustDo(loadArgs(m)...)
		}
		stop()
		require.InDelta(t, goroutines, number(t, s, "goroutines", "beta.stats"), 3)
		require.Equal(t, strconv.Itoa(loads), s.MustDo("GET", "b"))
		require.Equal(t, strconv.Itoa(loads*2*20), s.MustDo("GET", "t"))
	})
}

// TestReloadInOtherMode: each load chooses its mode.
func TestReloadInOtherMode(t *testing.T) {
	s := start(t, nil)
	for i := range 8 {
		mode := []string{"resident", "portable"}[i%2]
		s.MustDo(loadArgs(module(t, mode, "datatype=no", "events=no"))...)
		require.Equal(t, mode, field(t, s, "mode", "s.stats"))
		_, err := s.Do("s.nil")
		require.ErrorContains(t, err, "nil pointer dereference")
		s.MustDo("s.nested", "k", 5)
		_, err = s.Do("s.dohere")
		require.ErrorContains(t, err, "ERR this is the server's thread already")
		s.MustDo("SET", "x", i)
		require.Equal(t, "ok", save(t, s, "BGSAVE"))
		s.MustDo("MODULE", "UNLOAD", "s")
	}
	require.Equal(t, "8", s.MustDo("GET", "k"))
}

// TestLoadEx loads with the command that newer servers have.
func TestLoadEx(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil)
		if !is70(s) {
			t.Skip("MODULE LOADEX came with Redis 7.0")
		}
		m := module(t, mode)
		args := []any{"MODULE", "LOADEX", m.Path, "ARGS"}
		for _, a := range m.Args {
			args = append(args, a)
		}
		require.Equal(t, "OK", s.MustDo(args...))
		require.Equal(t, mode, field(t, s, "mode", "s.stats"))
	})
}

// TestFailedLoad: a load that fails at its end leaves nothing behind.
func TestFailedLoad(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil)
		// The event subscription is made before the failure; in portable mode no child
		// may meet it, so it is switched off again below.
		m := module(t, mode, "datatype=no", "events=plain", "fail=once")
		_, err := s.Do(loadArgs(m)...)
		require.ErrorContains(t, err, "Error loading the extension")
		require.Contains(t, s.Log(), "s: load failed: OnLoad: told to fail once")
		require.NotContains(t, fmt.Sprint(s.MustDo("MODULE", "LIST")), "name:s ")
		_, err = s.Do("s.stats")
		require.ErrorContains(t, err, "unknown command")
		s.MustDo("SET", "k", "v")
		require.Equal(t, "ok", save(t, s, "BGSAVE"), "no event reaches the module")
		s.MustDo("CONFIG", "SET", "maxmemory-samples", 7)

		m = module(t, mode, "datatype=no", "events=no", "fail=once")
		s.MustDo(loadArgs(m)...)
		require.Equal(t, mode, field(t, s, "mode", "s.stats"))
		require.Equal(t, int64(1), s.MustDo("s.nested", "n", 3))
		_, err = s.Do("s.nil")
		require.ErrorContains(t, err, "nil pointer dereference")
		require.Equal(t, "ok", save(t, s, "BGSAVE"))
		require.Zero(t, number(t, s, "events", "s.stats"))
		s.MustDo("MODULE", "UNLOAD", "s")
	})
}

// TestDaemon: a server in the background works as one in the foreground, and its
// log has the trace of an uncaught panic.
func TestDaemon(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		dir := t.TempDir()
		pidfile := filepath.Join(dir, "pid")
		d := daemon(t, dir, pidfile, module(t, mode))
		if mode == "resident" {
			d.do(t, "s.fill", "1000", "1", "v:")
			d.do(t, "s.spin", "2")
			d.do(t, "BGSAVE")
			eventually(t, saveTimeout, "the save", func() bool {
				return strings.Contains(d.do(t, "INFO", "persistence"), "rdb_bgsave_in_progress:0")
			})
			require.Contains(t, d.do(t, "INFO", "persistence"), "rdb_last_bgsave_status:ok")
		}
		require.Contains(t, d.do(t, "s.nil"), "nil pointer dereference")
		require.Contains(t, d.do(t, "s.nested", "k", "4"), ":1")
		d.send(t, "s.panicgoroutine")
		eventually(t, patience, "the end of the server", func() bool { return !running(d.pid) })
		text, err := os.ReadFile(filepath.Join(dir, "log"))
		require.NoError(t, err)
		require.Contains(t, string(text), "panic: a goroutine of the module's own gave up")
	})
}

// TestLastWords: the log file has the reason and the trace of what ends the process,
// whether the server runs in the background or not; then its standard error has the
// trace as well.
func TestLastWords(t *testing.T) {
	for _, c := range []struct {
		command []string
		reason  string
		trace   string
	}{
		{[]string{"s.fatal", "map"}, "fatal error: concurrent map writes", "main.fatal.func"},
		{[]string{"s.fatal", "stack"}, "fatal error: stack overflow", "main.deeper("},
		{[]string{"s.panicgoroutine"}, "panic: a goroutine of the module's own gave up", "main.panicGoroutine.func"},
	} {
		check := func(t *testing.T, dir string) {
			text, err := os.ReadFile(filepath.Join(dir, "log"))
			require.NoError(t, err)
			require.Contains(t, string(text), c.reason)
			require.Contains(t, string(text)[strings.Index(string(text), c.reason):], c.trace)
		}
		for _, daemonize := range []string{"yes", "no"} {
			t.Run(c.reason+"/daemonize="+daemonize, func(t *testing.T) {
				dir := t.TempDir()
				pidfile := filepath.Join(dir, "pid")
				d := serve(t, dir, pidfile, module(t, "resident"), daemonize)
				d.send(t, c.command...)
				eventually(t, saveTimeout, "the end of the server", func() bool { return !running(d.pid) })
				check(t, dir)
				if daemonize == "no" {
					text, err := os.ReadFile(filepath.Join(dir, "stderr"))
					require.NoError(t, err)
					require.Contains(t, string(text), c.trace)
				}
			})
		}
	}
}

// TestThreadNames: the threads of each Go runtime have a name of their own, wherever
// they were started, and nobody else has it.
func TestThreadNames(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, named(t, "safe-number-one", mode, "datatype=no"), named(t, "safe-number-two", mode, "datatype=no"))
		for _, name := range []string{"safe-number-one", "safe-number-two"} {
			s.MustDo(name+".spin", 4)
			s.MustDo(name+".block", 6)
			s.MustDo(name+".exec", "goroutine")
			s.MustDo(name + ".gc")
		}
		got := map[string]int{}
		for _, tid := range threads(t, s.PID()) {
			got[comm(s.PID(), tid)]++
		}
		for _, name := range []string{"go-safe-number-", "go-safe-num-2"} {
			require.Greater(t, got[name], 3, "%v", got)
		}
		require.Equal(t, 1, got[comm(s.PID(), s.PID())], "the server's thread: %v", got)
	})
}

// TestTurns: how many Ps Go has, and the priority of its threads.
func TestTurns(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, c := range []struct {
			args        []string
			env         []string
			procs, nice int
		}{
			{nil, nil, cpus(t) + 4, 0},
			{[]string{"rm-procs=3", "rm-nice=5"}, nil, 3, 5},
			{[]string{"rm-nice=0"}, []string{"GOMAXPROCS=5"}, 5, 0},
			{nil, []string{"REDISMODULE_PROCS=7", "REDISMODULE_NICE=19"}, 7, 19},
			{[]string{"rm-procs=2"}, []string{"REDISMODULE_PROCS=7", "REDISMODULE_NICE=10"}, 2, 10},
		} {
			s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{module(t, mode, c.args...)}, Env: append([]string{"GOMAXPROCS="}, c.env...)})
			require.Equal(t, c.procs, number(t, s, "procs", "s.stats"), "%v", c)
			own := nice(t, s.PID(), s.PID())
			require.Equal(t, own0(t), own, "the server's thread keeps its priority")
			s.MustDo("s.spin", 8)
			s.MustDo("s.block", 8)
			s.MustDo("s.exec", "goroutine")
			s.MustDo("s.gc")
			var go1 int
			for _, tid := range threads(t, s.PID()) {
				if comm(s.PID(), tid) == "go-s" {
					go1++
					require.Equal(t, min(own+c.nice, 19), nice(t, s.PID(), tid), "%v: thread %d", c, tid)
				}
			}
			require.Greater(t, go1, 2)
			s.Stop()
		}
		for _, arg := range []string{"rm-procs=0", "rm-procs=x", "rm-procs=99999", "rm-nice=-1", "rm-nice=20", "rm-nice=", "rm-child-timeout=0", "rm-memcheck=maybe"} {
			s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{module(t, mode, arg)}, WantFail: true})
			name, value, _ := strings.Cut(arg, "=")
			require.Contains(t, s.Log(), fmt.Sprintf("s: load failed: load argument %s: %q is not", name, value))
		}
	})
}
