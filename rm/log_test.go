// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// line of a server's log: the mark of the level, then the text.
var logLine = regexp.MustCompile(`^\d+:M .{23,25} ([.\-*#]) <testmod> (.*)$`)

// logged returns the lines of the module as level mark, space, text.
func logged(s *rmtest.Server) []string {
	var lines []string
	for line := range strings.Lines(s.Log()) {
		if m := logLine.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
			lines = append(lines, m[1]+" "+m[2])
		}
	}
	return lines
}

var levelMarks = []struct{ name, mark string }{{"debug", "."}, {"verbose", "-"}, {"notice", "*"}, {"warning", "#"}}

// TestLogLevels logs at each level, in each way.
//
// Drives: Log.
func TestLogLevels(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		for _, l := range levelMarks {
			for _, how := range []string{"context", "method", "package", "goroutine"} {
				s.MustDo("t.log", how, l.name, how+" at "+l.name)
				require.Contains(t, logged(s), l.mark+" "+how+" at "+l.name)
			}
		}
		for _, l := range []struct{ level, mark string }{
			{"DEBUG-4", "."}, {"DEBUG", "."}, {"DEBUG+1", "-"}, {"INFO", "*"}, {"INFO+2", "*"}, {"WARN", "#"}, {"ERROR", "#"},
		} {
			s.MustDo("t.log", "slog", l.level, "slog at "+l.level)
			line := l.mark + ` <testmod> slog at ` + l.level + ` pid=7 g.k="two words" g.sub.n=1`
			if l.level == "DEBUG-4" { // below the level of the handler
				require.NotContains(t, s.Log(), line)
			} else {
				require.Contains(t, s.Log(), line+"\n")
			}
		}
	}, "loglevel debug")
}

// TestLogWhileUnloading has goroutines that write lines while the module goes and comes
// again, and while it is gone.
//
// Drives: Log, GetDetachedThreadSafeContext, FreeThreadSafeContext.
func TestLogWhileUnloading(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{})
		for range 10 {
			require.NoError(t, load(s, testmod(t, mode)))
			s.MustDo("t.log", "storm", "notice", "storm at sea")
			require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "testmod")) // waits for lines, not for the storm
		}
		count := func(text string) int { return strings.Count(s.Log(), text+"\n") }
		lines := count("storm at sea")
		require.NotZero(t, lines)
		require.Equal(t, lines, count("* <testmod> storm at sea")+count("* <module> testmod: storm at sea"), "a name that is not the module's")
		require.True(t, s.Alive())
	})
}

// TestLogThreshold: the server's own level decides what is written.
//
// Drives: Log.
func TestLogThreshold(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		for _, l := range levelMarks {
			s.MustDo("t.log", "context", l.name, "above or below: "+l.name)
		}
		require.NotContains(t, s.Log(), "above or below: debug")
		require.NotContains(t, s.Log(), "above or below: notice")
		require.Contains(t, s.Log(), "above or below: warning")
	}, "loglevel warning")
}

// TestLogText logs texts that a format or a C string would spoil.
//
// Drives: Log.
func TestLogText(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		for _, how := range []string{"context", "method", "package", "goroutine"} {
			before := strings.Count(s.Log(), "\n")
			for _, text := range []string{
				"100% of %s %n %d %%", "", "first\nsecond\nthird", "cut here\x00never seen", "tail\n",
				strings.Repeat("0123456789", 1024), "ünïcödé \x01\x7f\xff",
			} {
				s.MustDo("t.log", how, "notice", how+": "+text)
			}
			log := s.Log()
			for _, want := range []string{
				": 100% of %s %n %d %%\n", ": \n", ": first second third\n", ": cut here\n", ": tail \n", ": ünïcödé \x01\x7f\xff\n",
			} {
				require.Contains(t, log, how+want)
			}
			require.NotContains(t, log, "never seen")
			require.Contains(t, log, how+": "+strings.Repeat("0123456789", 80))
			require.Equal(t, before+7, strings.Count(log, "\n"), "each text is one line")
		}
		require.Equal(t, "OK", s.MustDo("t.noop"))
	})
}

// TestLogAtLoad: the load tells the mode, and why it is not the fast one.
func TestLogAtLoad(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{testmod(t, mode)}})
		want := regexp.QuoteMeta("testmod: mode=" + mode)
		if mode == "portable" {
			want += ` \(go.*\): asked for by load argument rm-mode`
		} else if !is70(s) {
			want = `testmod: mode=gates \(go.*\): this server has no event-loop event`
		}
		require.Regexp(t, want, s.Log())
	})
}

// TestModeByEnvironment: the environment chooses the mode where no argument
// does.
func TestModeByEnvironment(t *testing.T) {
	so := rmtest.Build(t, module)
	env := []string{"REDISMODULE_MODE=portable"}
	s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: so}}, Env: env})
	require.Contains(t, s.MustDo("t.state"), "mode=portable ")
	require.Contains(t, s.Log(), "asked for by environment variable REDISMODULE_MODE")

	s = rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{testmod(t, "resident")}, Env: env})
	require.NotContains(t, s.MustDo("t.state"), "mode=portable ")

	s = rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: so}}, Env: []string{"REDISMODULE_MODE=fast"}, WantFail: true})
	require.Contains(t, s.Log(), `environment variable REDISMODULE_MODE: "fast" is not one of: portable, resident`)
}

// TestPortableBuild is a module built without the fast path.
func TestPortableBuild(t *testing.T) {
	so := rmtest.Build(t, module, rmtest.Tags("rm_portable"))
	s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: so, Args: []string{"rm-mode=resident"}}}})
	require.Contains(t, s.MustDo("t.state"), "mode=portable ")
	require.Contains(t, s.Log(), "built with -tags rm_portable")
	w := dial(t, s, 2)
	require.Equal(t, bulk("x\x00"), w.alone("t.echo", "x\x00"))
	require.Equal(t, replies["array.postponed"][0], w.alone("t.reply", "array.postponed"))
	require.Equal(t, bulk("-2.25"), w.alone("t.reply", "double"))
	require.Equal(t, "+OK\r\n", w.alone("t.set", "k"))
	require.Equal(t, bulk("text of a constant"), w.alone("t.get", "k"))
	require.Equal(t, "*2\r\n"+bulk("a")+bulk("b"), w.alone("t.call", "do", "-", "s", "t.argv", "a", "b"))
}

// TestAssert: what does not hold ends the server, and the log says what and where.
//
// Drives: _Assert.
func TestAssert(t *testing.T) {
	for _, where := range []string{"here", "goroutine"} {
		rmtest.EachMode(t, func(t *testing.T, mode string) {
			s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{testmod(t, mode)}})
			require.Equal(t, "OK", s.MustDo("t.assert", where, ""))
			_, err := s.Do("t.assert", where, "the sum is 100% right\x00never seen")
			require.Error(t, err)
			s.WaitExit(patience)
			require.Contains(t, s.Log(), "'the sum is 100% right' is not true")
			require.Regexp(t, `testmod/strings\.go:\d+`, s.Log())
			require.Contains(t, s.Log(), "BUG REPORT START")
		})
	}
}
