// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const enginemod = "github.com/iredismodule/redismodule/internal/testmod/enginemod"

// withEngine runs a test against a server with that module, in each mode.
func withEngine(t *testing.T, test func(t *testing.T, s *rmtest.Server)) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		// One P alone: nothing may wait for a second one.
		s := rmtest.Start(t, rmtest.Options{Env: []string{"GOMAXPROCS=1"}, Modules: []rmtest.Module{{
			Path: rmtest.Build(t, enginemod), Args: []string{"rm-mode=" + mode, "engine", "no"},
		}}, Config: []string{"lua-time-limit 10"}})
		if kind, major, minor, _ := s.Version(); kind != "valkey" || major < 8 || major == 8 && minor < 1 {
			_, err := s.Do("en.start")
			require.ErrorContains(t, err, "ERR this server does not support RegisterScriptingEngine (since Valkey 8.1)")
			return
		}
		require.Equal(t, "OK", s.MustDo("en.start"))
		test(t, s)
	})
}

// TestScriptingEngine runs scripts and libraries of a module's language, and ends them in each way.
//
// Drives: RegisterScriptingEngine, UnregisterScriptingEngine, GetFunctionExecutionState.
func TestScriptingEngine(t *testing.T) {
	withEngine(t, func(t *testing.T, s *rmtest.Server) {
		fails := func(want string, args ...any) {
			t.Helper()
			v, err := s.Do(args...)
			require.ErrorContains(t, err, want, "%v: %v", args, v)
		}
		eval := func(code string, rest ...any) any {
			t.Helper()
			if len(rest) == 0 {
				rest = []any{0}
			}
			return s.MustDo(append([]any{"EVAL", "#!words\n" + code}, rest...)...)
		}
		evalFails := func(want, code string, rest ...any) {
			t.Helper()
			fails(want, append([]any{"EVAL", "#!words\n" + code, 0}, rest...)...)
		}
		require.Equal(t, "an argument", eval("echo", 0, "an argument"))
		require.Equal(t, "ScriptKindEval keys=2 args=1 script=true client=true killed=false late=true", eval("count", 2, "a", "b", "c"))
		eval("keep")
		require.Contains(t, eval("count"), "late=true")
		for _, c := range [][2]string{
			{"one function", "echo\necho"}, {"one function", ""}, {"line 1: no such word", "echo\ncompile.error"}, {"panic: in Compile", "compile.panic"},
			{"runtime.Goexit", "compile.goexit"}, {"flags that are not known", "compile.flags"}, {`the word "what"`, "what"}, {"WORDS of an error", "error of an error"},
			{"panic: in a script", "panic"}, {"runtime.Goexit", "goexit"}, {"without a reply", "nothing"}, {"index out of range", "echo"},
		} {
			_, err := s.Do("EVAL", "#!words\n"+c[1], 0)
			require.Error(t, err, c[1])
			if c[0] != "without a reply" && c[0] != "index out of range" {
				require.ErrorContains(t, err, c[0], c[1])
			}
		}
		require.Equal(t, "OK", eval("twice"))
		require.Equal(t, "PONG", s.MustDo("PING"))
		require.Equal(t, "false", eval("stop"), "not while it runs")
		evalFails("", "block")
		require.Equal(t, "OK", eval("call SET", 1, "key", "value"))
		require.Equal(t, "value", eval("call GET", 1, "key"))
		evalFails("", "call NOSUCH")
		evalFails("WRONGTYPE", "call LLEN", "key")
		evalFails("", "call SUBSCRIBE", "x")
		s.MustDo("MULTI")
		s.MustDo("EVAL", "#!words\ncall INCR", 1, "n")
		s.MustDo("EVAL", "#!words\npanic", 0)
		results, _ := s.Do("EXEC")
		require.Len(t, results, 2)
		require.Equal(t, "1", s.MustDo("GET", "n"))

		sha := s.MustDo("SCRIPT", "LOAD", "#!words\necho free.panic")
		require.Equal(t, "x", s.MustDo("EVALSHA", sha, 0, "x"))
		s.MustDo("SCRIPT", "FLUSH", "SYNC")
		s.MustDo("SCRIPT", "LOAD", "#!words\necho other")
		require.Contains(t, s.Log(), "in Free")
		s.MustDo("SCRIPT", "FLUSH", "ASYNC")
		fails("NOSCRIPT", "EVALSHA", sha, 0, "x")

		lib := "#!words name=lib\nfirst echo\nsecond ro count\nthird ro call SET\nfourth wait"
		require.Equal(t, "lib", s.MustDo("FUNCTION", "LOAD", lib))
		require.Equal(t, "x", s.MustDo("FCALL", "first", 0, "x"))
		require.Contains(t, s.MustDo("FCALL_RO", "second", 1, "k"), "ScriptKindFunction keys=1")
		fails("", "FCALL_RO", "first", 0, "x")
		if _, major, _, _ := s.Version(); major >= 9 { // before that it is for CallNoWrites
			fails("", "FCALL", "third", 1, "k", "v")
		}
		require.Contains(t, fmt.Sprint(s.MustDo("FUNCTION", "LIST")), "a line: echo")
		dump := s.MustDo("FUNCTION", "DUMP")
		fails("already exists", "FUNCTION", "LOAD", "#!words name=lib\nfirst echo")
		fails("line 0", "FUNCTION", "LOAD", "REPLACE", "#!words name=lib\ncompile.error")
		fails("panic: in Compile", "FUNCTION", "LOAD", "REPLACE", "#!words name=lib\ncompile.panic")
		fails("Function names", "FUNCTION", "LOAD", "#!words name=other\nbad-name echo")
		fails("", "FUNCTION", "LOAD", "#!words name=empty\n")
		require.Equal(t, "x", s.MustDo("FCALL", "first", 0, "x"))
		s.MustDo("FUNCTION", "FLUSH", "ASYNC")
		fails("Function not found", "FCALL", "first", 0, "x")
		s.MustDo("FUNCTION", "RESTORE", dump)
		require.Equal(t, "x", s.MustDo("FCALL", "first", 0, "x"))
		require.Equal(t, "lib", s.MustDo("FUNCTION", "LOAD", "REPLACE", lib))
		s.MustDo("DEBUG", "RELOAD")
		require.Equal(t, "x", s.MustDo("FCALL", "first", 0, "x"))
		s.MustDo("FUNCTION", "DELETE", "lib")
		require.Contains(t, s.MustDo("en.state"), "ScriptKindEval")
	})
}

// TestScriptKilled: a script that waits serves others, and can be killed; the module cannot be unloaded meanwhile.
//
// Drives: GetFunctionExecutionState.
func TestScriptKilled(t *testing.T) {
	withEngine(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("FUNCTION", "LOAD", "#!words name=lib\nslow ro wait")
		for _, c := range [][]string{{"EVAL", "#!words\nwait", "0"}, {"FCALL", "slow", "0"}} {
			w := dial(t, s, 2)
			w.send(command(c...))
			require.Eventually(t, func() bool {
				_, err := s.Do("PING")
				return err != nil
			}, patience, time.Millisecond)
			_, err := s.Do("PING")
			require.ErrorContains(t, err, "BUSY")
			if c[0] == "EVAL" {
				s.MustDo("SCRIPT", "KILL")
			} else {
				s.MustDo("FUNCTION", "KILL")
			}
			require.Contains(t, w.read(), "-ERR")
			require.Equal(t, "PONG", s.MustDo("PING"))
		}
	})
}

// TestScriptingEngineEnds: functions are freed, whoever ends the engine; and it can begin anew, with older layouts, too.
//
// Drives: RegisterScriptingEngine and UnregisterScriptingEngine.
func TestScriptingEngineEnds(t *testing.T) {
	withEngine(t, func(t *testing.T, s *rmtest.Server) {
		_, major, minor, patch := s.Version()
		newest := 1
		switch v := major<<16 | minor<<8 | patch; {
		case v >= 0x090100:
			newest = 4
		case v >= 0x080105:
			newest = 3
		case v >= 0x080101:
			newest = 2
		}
		for abi := range newest + 1 {
			if abi > 0 {
				s.MustDo("en.start", abi)
			}
			s.MustDo("FUNCTION", "LOAD", fmt.Sprintf("#!words name=lib%d\nf%d echo\ng%d echo", abi, abi, abi))
			require.Equal(t, "x", s.MustDo("FCALL", fmt.Sprint("f", abi), 0, "x"))
			require.Equal(t, "x", s.MustDo("EVAL", "#!words\necho", 0, "x"))
			s.MustDo("FUNCTION", "FLUSH", "SYNC")
			s.MustDo("FUNCTION", "LOAD", fmt.Sprintf("#!words name=lib%d\nf%d echo", abi, abi))
			require.Equal(t, "true false", s.MustDo("en.stop"))
			_, err := s.Do("FCALL", fmt.Sprint("f", abi), 0, "x")
			require.Error(t, err)
			require.Contains(t, s.MustDo("en.state"), fmt.Sprintf("compiled=%d freed=%d ", 4*(abi+1), 4*(abi+1)))
		}
		_, err := s.Do("en.start", newest+1)
		require.Error(t, err)
		require.Equal(t, "OK", s.MustDo("en.start", 0))
		_, err = s.Do("en.start")
		require.ErrorContains(t, err, "the name of the scripting engine is taken")
		s.MustDo("FUNCTION", "LOAD", "#!words name=lib\nf echo")
		if major >= 9 {
			s.MustDo("FUNCTION", "FLUSH", "ASYNC")
			s.MustDo("FUNCTION", "LOAD", "#!words name=lib\nf echo")
		}
		require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "enginemod"))
		_, err = s.Do("EVAL", "#!words\necho", 0, "x")
		require.Error(t, err)
		require.Equal(t, "PONG", s.MustDo("PING"))
		require.Equal(t, "OK", s.MustDo("MODULE", "LOAD", rmtest.Build(t, enginemod)))
		require.Contains(t, s.MustDo("en.refused"), "other characters")
		require.Equal(t, "x", s.MustDo("EVAL", "#!words\necho", 0, "x"))
	})
}

// TestScriptDebugger steps through a script, with commands that fail, and clients that leave.
//
// Drives: ScriptingEngineDebuggerLog, ScriptingEngineDebuggerLogRespReply, ScriptingEngineDebuggerFlushLogs,
// ScriptingEngineDebuggerProcessCommands.
func TestScriptDebugger(t *testing.T) {
	withEngine(t, func(t *testing.T, s *rmtest.Server) {
		if _, major, minor, _ := s.Version(); major < 9 || major == 9 && minor < 1 {
			return
		}
		for _, leave := range []bool{false, true, false} {
			w := dial(t, s, 2)
			require.Equal(t, "+OK\r\n", w.do("SCRIPT", "DEBUG", "SYNC", "words"))
			w.send(command("EVAL", "#!words\necho", "0", "the end"))
			require.Contains(t, w.read(), "at: echo")
			if leave {
				require.NoError(t, w.conn.Close())
				require.Eventually(t, func() bool { v, err := s.Do("PING"); return err == nil && v == "PONG" }, patience, time.Millisecond)
				continue
			}
			shown := w.do("show", "a", "b")
			require.Contains(t, shown, "3 arguments of \"#!words\\necho\"")
			require.Contains(t, shown, "l ...\r\n")
			require.Contains(t, w.do("panic"), "panic: in a debugger")
			require.Contains(t, w.do("nonsense"), "Unknown debugger command")
			last := w.do("next")
			require.Contains(t, last, "a reply")
			require.Contains(t, last, "<endsession>")
			require.Equal(t, bulk("the end"), w.read())
			require.Equal(t, "PONG", s.MustDo("PING"))
		}
		require.Equal(t, "x", s.MustDo("EVAL", "#!words\necho", 0, "x"))
		w := dial(t, s, 2)
		require.Equal(t, "+OK\r\n", w.do("SCRIPT", "DEBUG", "YES", "words"))
		w.send(command("EVAL", "#!words\necho", "0", "x"))
		_, err := w.r.ReadByte()
		require.Error(t, err, "a session in a forked child ends")
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}
