// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

var callbacksOf = regexp.MustCompile(`callbacks=\d+`)

// TestReload unloads and loads the module many times in one process: the
// library stays in memory, and everything begins anew each time.
func TestReload(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{})
		wantMode := mode
		if mode == "resident" && !is70(s) {
			wantMode = "gates"
		}
		var callbacks string
		for i := range 20 {
			require.NoError(t, load(s, testmod(t, mode, "number", strconv.Itoa(i%10), "text", fmt.Sprint("load-", i))))
			got := s.MustDo("t.state").(string)
			if i == 0 {
				callbacks = callbacksOf.FindString(got)
			}
			require.Equal(t, fmt.Sprintf("mode=%s loads=%d unloads=%d %s number=%d text=load-%d switch=false",
				wantMode, i+1, i, callbacks, i%10, i), got)
			w := dial(t, s, 3)
			require.Equal(t, bulk("x"), w.alone("t.echo", "x"))
			require.Equal(t, "+OK\r\n", w.alone("t.set", "k"))
			require.Equal(t, bulk("text of a constant"), w.alone("t.call", "do", "-", "s", "t.get", "k"))
			require.NoError(t, w.conn.Close())
			require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "testmod"))
			require.Equal(t, i+1, strings.Count(s.Log(), "unload hook ran"))
			_, err := s.Do("t.noop")
			require.ErrorContains(t, err, "unknown command")
			require.NotContains(t, modules(s), "testmod")
		}
	})
}

// TestReloadWithDefaults: a load without arguments has the defaults, whatever the load
// before was given, and whether it went well.
func TestReloadWithDefaults(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{})
		require.Error(t, load(s, testmod(t, mode, "number", "8", "switch", "yes", "text", "error")))
		for range 3 {
			require.NoError(t, load(s, testmod(t, mode)))
			require.Contains(t, s.MustDo("t.state"), " number=3 text=unset switch=false")
			s.MustDo("MODULE", "UNLOAD", "testmod")
			require.NoError(t, load(s, testmod(t, mode, "number", "5", "switch=on", "TEXT=given")))
			require.Contains(t, s.MustDo("t.state"), " number=5 text=given switch=true")
			s.MustDo("MODULE", "UNLOAD", "testmod")
		}
	})
}

// TestReloadInOneTurn unloads and loads in one pipeline, so that the server's
// event loop does not come around in between.
func TestReloadInOneTurn(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{})
		if kind, major, _, _ := s.Version(); kind == "valkey" && major >= 9 {
			t.Skip("the server looks up the commands of a pipeline before it runs the first")
		}
		m := testmod(t, mode)
		loading := append([]string{"MODULE", "LOAD", m.Path}, m.Args...)
		var all []byte
		for range 5 {
			for _, c := range [][]string{loading, {"t.noop"}, {"t.set", "k"}, {"MODULE", "UNLOAD", "testmod"}, {"t.noop"}} {
				all = append(all, command(c...)...)
			}
		}
		w := dial(t, s, 3)
		w.send(all)
		for range 5 {
			for _, want := range []string{"+OK", "+OK", "+OK", "+OK", "-ERR unknown command"} {
				got := w.read()
				require.True(t, strings.HasPrefix(got, want), "got %q, want %q", got, want)
			}
		}
		require.Equal(t, "+PONG\r\n", w.do("PING"))
	})
}

// TestSecondLoad loads the library that is loaded already: it is refused, and
// the module neither stops nor forgets how to be unloaded.
func TestSecondLoad(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := testmod(t, mode, "number", "4")
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}})
		before := s.MustDo("t.state")
		for range 3 {
			require.Error(t, load(s, testmod(t, mode, "number", "5", "text", "second")))
			require.Equal(t, before, s.MustDo("t.state"))
			require.Equal(t, "OK", s.MustDo("t.set", "k"))
			require.Equal(t, "text of a constant", s.MustDo("t.get", "k"))
		}
		require.Equal(t, 3, strings.Count(s.Log(), "load failed: the library of a module that is loaded already"))
		s.MustDo("MODULE", "UNLOAD", "testmod")
		require.Contains(t, s.Log(), "unload hook ran")
		require.NoError(t, load(s, testmod(t, mode, "number", "6")))
		require.Contains(t, s.MustDo("t.state"), " number=6 ")
		require.Equal(t, "hi", s.MustDo("t.echo", "hi"))
	})
}

// TestSecondLoadInOneTurn does so while the module's goroutine holds the
// server's thread.
func TestSecondLoadInOneTurn(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := testmod(t, mode)
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}})
		w := dial(t, s, 3)
		again := command(append([]string{"MODULE", "LOAD", m.Path}, m.Args...)...)
		for range 3 {
			w.send(append(append(command("t.set", "k"), again...), command("t.get", "k")...))
			require.Equal(t, "+OK\r\n", w.read())
			require.Contains(t, w.read(), "-ERR Error loading the extension")
			require.Equal(t, bulk("text of a constant"), w.read())
		}
	})
}

// TestLoadHookFails: a load hook that fails in any way leaves nothing behind, and the
// next load goes well.
func TestLoadHookFails(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{})
		s.MustDo("SET", "k", "v")
		for how, want := range map[string]string{
			"error":  "testmod: load failed: OnLoad: load hook is against it\n",
			"panic":  "testmod: load failed: panic: load hook broke\n",
			"goexit": "testmod: load failed: the handler called runtime.Goexit\n",
		} {
			for i := range 2 {
				require.Error(t, load(s, testmod(t, mode, "text", how)), how)
				require.Equal(t, i+1, strings.Count(s.Log(), want), how)
			}
			require.NoError(t, load(s, testmod(t, mode, "text", "ok")))
			require.Equal(t, int64(0), s.MustDo("t.kept"), "%s: the hook's key is closed", how)
			require.Equal(t, "OK", s.MustDo("t.set", "other"))
			require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "testmod"))
		}
	})
}

// TestUnloadRefused: an error and a panic of the hook keep the module loaded.
func TestUnloadRefused(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{testmod(t, mode)}})
		for how, want := range map[string]string{
			"refuse": "testmod: unload refused: there is still work to do",
			"panic":  "testmod: unload refused: panic: unload hook broke",
			"goexit": "testmod: unload refused: the handler called runtime.Goexit",
		} {
			s.MustDo("t.unload", how)
			for i := range 3 {
				_, err := s.Do("MODULE", "UNLOAD", "testmod")
				require.ErrorContains(t, err, "ERR Error unloading module", how)
				require.Equal(t, i+1, strings.Count(s.Log(), want+"\n"), how)
				require.Equal(t, "hi", s.MustDo("t.echo", "hi"), how)
				require.Equal(t, "OK", s.MustDo("t.set", "k"), how)
				require.Equal(t, int64(0), s.MustDo("t.kept"), "%s: the hook's key is closed", how)
			}
		}
		s.MustDo("t.unload", "allow")
		require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "testmod"))
		require.Contains(t, s.Log(), "unload hook ran")
		require.NoError(t, load(s, testmod(t, mode)))
		require.Equal(t, "hi", s.MustDo("t.echo", "hi"))
	})
}

// TestUnloadWaits: OnUnload may wait for goroutines that are in Do, and these hear of the
// unload, also when it is refused then.
func TestUnloadWaits(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{testmod(t, mode)}})
		since70(t, s) // before, Do waits for the server's lock
		for range 5 {
			s.MustDo("t.unload", "wait and refuse")
			_, err := s.Do("MODULE", "UNLOAD", "testmod")
			require.ErrorContains(t, err, "ERR Error unloading module")
			require.Contains(t, s.Log(), "testmod: unload refused: they have ended, and it stays")
			ticks := s.MustDo("t.unload", "ticks").(int64)
			require.Eventually(t, func() bool { return s.MustDo("t.unload", "ticks").(int64) > ticks+10 }, patience, time.Millisecond, "what stays goes on")
		}
		require.Equal(t, "hi", s.MustDo("t.echo", "hi"))
		for range 5 {
			s.MustDo("t.unload", "wait")
			require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "testmod"))
			require.NoError(t, load(s, testmod(t, mode)))
		}
		require.True(t, s.Alive())
	})
}

// TestTwoModules has two Go runtimes in one process.
func TestTwoModules(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{
			Modules: []rmtest.Module{testmod(t, mode), badmod(t, mode, nil)}, Env: []string{"BADMOD=none"},
		})
		w := dial(t, s, 3)
		var send []byte
		for range 100 {
			for _, c := range [][]string{{"t.set", "k"}, {"bad.one"}, {"t.call", "do", "-", "s", "bad.two"}, {"t.get", "k"}} {
				send = append(send, command(c...)...)
			}
		}
		for range 10 {
			w.send(send)
			for range 100 {
				require.Equal(t, "+OK\r\n+OK\r\n+OK\r\n"+bulk("text of a constant"), w.read()+w.read()+w.read()+w.read())
			}
		}
		require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "badmod"))
		require.Equal(t, "hi", s.MustDo("t.echo", "hi"))
		require.NoError(t, load(s, badmod(t, mode, nil)))
		require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "testmod"))
		require.Equal(t, "OK", s.MustDo("bad.one"))
	})
}

// TestEnvironment: a module sees the environment, although the server's process
// title takes the memory from which Go reads it.
func TestEnvironment(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{
			Modules: []rmtest.Module{testmod(t, mode)},
			Env:     []string{"TESTMOD_VARIABLE=a=b \xff", "TESTMOD_EMPTY="},
		})
		require.Equal(t, "a=b \xff", s.MustDo("t.env", "TESTMOD_VARIABLE"))
		require.Equal(t, "", s.MustDo("t.env", "TESTMOD_EMPTY"))
		require.Nil(t, s.MustDo("t.env", "TESTMOD_NONE"))
		require.Equal(t, os.Getenv("PATH"), s.MustDo("t.env", "PATH"))
	})
}

// TestRuntimeVariables: what Go's runtime reads at its start counts. A value that
// makes no sense is left out, with a line in the log.
func TestRuntimeVariables(t *testing.T) {
	const most = int64(1<<63 - 1)
	ignored := func(name, value string) string {
		return fmt.Sprintf("environment variable %s: %q is ignored\n", name, value)
	}
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, c := range []struct {
			env  []string
			want []any
			note string
		}{
			{[]string{"GOGC=37", "GOMEMLIMIT=100MiB", "GOMAXPROCS=3"}, []any{int64(37), int64(100 << 20), int64(3)}, ""},
			{[]string{"GOGC=off", "GOMEMLIMIT=123456789", "GOMAXPROCS=1"}, []any{int64(-1), int64(123456789), int64(1)}, ""},
			{[]string{"GOGC=", "GOMEMLIMIT=", "GOMAXPROCS=2"}, []any{int64(100), most, int64(2)}, ""},
			{[]string{"GOGC=many", "GOMEMLIMIT=off", "GOMAXPROCS=2"}, []any{int64(100), most, int64(2)}, ignored("GOGC", "many")},
			{[]string{"GOGC=200", "GOMEMLIMIT=12x", "GOMAXPROCS=4"}, []any{int64(200), most, int64(4)}, ignored("GOMEMLIMIT", "12x")},
			{[]string{"GOGC=1", "GOMEMLIMIT=off", "GOMAXPROCS=0"}, []any{int64(1), most, int64(runtime.NumCPU() + 4)}, ignored("GOMAXPROCS", "0")},
		} {
			s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{testmod(t, mode)}, Env: c.env})
			require.Equal(t, c.want, s.MustDo("t.runtime"), "%v", c.env)
			if c.note == "" {
				require.NotContains(t, s.Log(), "is ignored")
			} else {
				require.Contains(t, s.Log(), c.note)
			}
			s.Stop()
		}
	})
}

// TestMemoryLimits: Go dies of a memory limit that it does not understand, so it must
// get to see only those that it does.
func TestMemoryLimits(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
	}{
		{"7B", 7}, {"64KiB", 64 << 10}, {"2GiB", 2 << 30}, {"3TiB", 3 << 40}, {"9223372036854775807", 1<<63 - 1}, {"8388607TiB", 8388607 << 40},
		{"8388608TiB", 0}, {"9223372036854775808", 0}, {"MiB", 0}, {"-1", 0}, {"+1", 0}, {" 1", 0}, {"1.5GiB", 0}, {"1MB", 0}, {"1 MiB", 0}, {"OFF", 0},
	} {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{testmod(t, "resident")}, Env: []string{"GOMEMLIMIT=" + c.text}})
		want := c.want
		if want == 0 {
			want = 1<<63 - 1
		}
		require.Equal(t, want, s.MustDo("t.runtime").([]any)[1], c.text)
		require.Equal(t, c.want == 0, strings.Contains(s.Log(), "is ignored"), c.text)
		s.Stop()
	}
}

// TestModuleList shows the module's name, version and file.
//
// Drives: SetModuleAttribs.
func TestModuleList(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		list := s.MustDo("MODULE", "LIST").([]any)
		i := slices.Index(modules(s), "testmod")
		require.GreaterOrEqual(t, i, 0)
		entry := list[i].(map[any]any)
		require.Equal(t, int64(7), entry["ver"])
		if is70(s) {
			require.Equal(t, "testmod.so", filepath.Base(entry["path"].(string)))
		}
	})
}
