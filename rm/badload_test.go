// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// faults are the ways to get a module wrong, by the name that badmod knows, with
// what the log must say.
var faults = []struct {
	fault string
	args  []string
	log   string
}{
	{"unregistered", nil, "(module without a name): load failed: module: rm.Register was not called"},
	{"twice", nil, "badmod: load failed: module: rm.Register was called 2 times"},
	{"noname", nil, "(module without a name): load failed: module: Name: is empty"},
	{"spacename", nil, "bad mod: load failed: module: Name: contains a space or a control character"},
	{"version", nil, "badmod: load failed: module: Version: -1 is out of range"},
	{"nothing", nil, "badmod: load failed: module: Commands: it registers nothing: no command and no OnLoad"},

	{"paramname", nil, `badmod: load failed: param "a=b": Name: is empty or contains '=' or a space`},
	{"paramprefix", nil, `badmod: load failed: param "RM-number": Name: the prefix rm- is taken`},
	{"paramset", nil, `badmod: load failed: param "number": Set: is nil`},
	{"paramtwice", nil, `badmod: load failed: param "NUMBER": Name: is registered twice`},

	{"none", []string{"number", "12"}, `badmod: load failed: load argument "number": "12" is not an integer from 1 to 9`},
	{"none", []string{"NUMBER=x"}, `badmod: load failed: load argument "NUMBER": "x" is not an integer from 1 to 9`},
	{"none", []string{"number="}, `badmod: load failed: load argument "number": "" is not an integer from 1 to 9`},
	{"none", []string{"number"}, `badmod: load failed: load argument "number": its value is missing`},
	{"none", []string{"number", "1", "color", "red"}, `badmod: load failed: load argument "color": the module does not take it`},
	{"unasked", []string{"number=1", "colour=red"}, `badmod: load failed: load argument "colour=red": the module does not take it`},
	{"noparams", []string{"number=1"}, `badmod: load failed: load argument "number=1": the module does not take it`},
	{"none", []string{"rm-speed=high"}, `badmod: load failed: load argument "rm-speed": there is no such argument`},
	{"none", []string{"RM-mode=fast"}, `badmod: load failed: load argument rm-mode: "fast" is not one of: portable, resident`},
	{"none", []string{"rm-mode="}, `badmod: load failed: load argument rm-mode: "" is not one of: portable, resident`},
	{"none", []string{"rm-mode"}, `badmod: load failed: load argument rm-mode: it is written rm-mode=VALUE`},

	{"onload", nil, "badmod: load failed: OnLoad: the licence has 100% run out"},
	{"panic", nil, "badmod: load failed: panic: out of ideas"},
	{"nilpointer", nil, "badmod: load failed: panic: runtime error: invalid memory address or nil pointer dereference"},
	{"goexit", nil, "badmod: load failed: the handler called runtime.Goexit"},
	{"param", []string{"leave=1"}, "badmod: load failed: the handler called runtime.Goexit"},
	{"leavingerror", nil, "badmod: load failed: the handler called runtime.Goexit"},
	{"leaver", nil, "badmod: load failed: panic: a main.leaver that cannot be printed"},
	{"atload", nil, "badmod: load failed: AtLoad: no room for more"},
	{"atloadpanic", nil, "badmod: load failed: panic: no room"},
	{"late", nil, `badmod: load failed: OnLoad: command "bad.one": Name: the server has a command of this name already`},

	{"noname.command", nil, `badmod: load failed: command "": Name: is empty`},
	{"spacename.command", nil, `badmod: load failed: command "bad two": Name: contains a space or a control character`},
	{"samename", nil, `badmod: load failed: command "BAD.one": Name: is registered twice`},
	{"taken", nil, `badmod: load failed: command "get": Name: the server has a command of this name already`},
	{"nohandler", nil, `badmod: load failed: command "bad.two": Handler: is nil; it is the function that runs the command`},
	{"flag", nil, `badmod: load failed: command "bad.two": Flags: unknown flag in 0x80000000`},
	{"exclusive", nil, `badmod: load failed: command "bad.two": Flags: CmdWrite and CmdReadOnly exclude each other`},
	{"arity", nil, `badmod: load failed: command "bad.two": Arity: is 0; the name counts, and -1 takes any number of arguments`},
	{"hugearity", nil, `badmod: load failed: command "bad.two": Arity: 2147483648 is out of range`},
	{"nokeys", nil, `badmod: load failed: command "bad.two": Keys: is left out; it is rm.OneKey, rm.AllKeys or the range of the arguments that are keys, rm.NoKeys for a command without keys`},
	{"getkeys", nil, `badmod: load failed: command "bad.two": GetKeys: is nil, and CmdGetKeysAPI says that the command reports its keys itself`},
	{"keys", nil, `badmod: load failed: command "bad.two": Keys: {First:1 Last:0 Step:0} is not a key range`},
	{"keyorder", nil, `badmod: load failed: command "bad.two": Keys: the last key (1) is before the first (2)`},
	{"keyroom", nil, `badmod: load failed: command "bad.two": Arity: 1, the name included, leaves no room for the keys {First:1 Last:1 Step:1}`},
}

// badmod returns the faulty module. A mode among the arguments wins.
func badmod(tb testing.TB, mode string, args []string) rmtest.Module {
	return rmtest.Module{Path: rmtest.Build(tb, bad), Args: append([]string{"rm-mode=" + mode}, args...)}
}

// TestBadModuleAtStart: the server ends with a message that says what is wrong.
func TestBadModuleAtStart(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, f := range faults {
			s := rmtest.Start(t, rmtest.Options{
				Modules: []rmtest.Module{badmod(t, mode, f.args)}, Env: []string{"BADMOD=" + f.fault}, WantFail: true,
			})
			require.Contains(t, s.Log(), f.log+"\n", f.fault)
			require.Equal(t, 1, s.Exit().ExitCode(), f.fault)
		}
	})
}

// TestBadModuleAtRunTime: MODULE LOAD fails, the server goes on, nothing of the
// module is left, and a good module loads.
func TestBadModuleAtRunTime(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		good := testmod(t, mode)
		badmod(t, mode, nil) // built before the server starts, which may want to preload it
		for _, f := range faults {
			s := rmtest.Start(t, rmtest.Options{Env: []string{"BADMOD=" + f.fault}})
			s.MustDo("SET", "k", "v")
			for range 2 { // the second load meets what the first has left
				require.ErrorContains(t, load(s, badmod(t, mode, f.args)), "Error loading the extension", f.fault)
				require.True(t, s.WaitLog(f.log+"\n", patience), "%s: want %q in\n%s", f.fault, f.log, s.Log())
				require.NotContains(t, modules(s), "badmod", f.fault)
				require.Equal(t, []any{nil, nil}, s.MustDo("COMMAND", "INFO", "bad.one", "bad.two"), f.fault)
				_, err := s.Do("bad.one")
				require.ErrorContains(t, err, "unknown command", f.fault)
				require.Equal(t, "v", s.MustDo("GET", "k"), f.fault)
			}
			require.Equal(t, 2, strings.Count(s.Log(), f.log+"\n"), f.fault)
			if f.fault == "none" { // nothing is wrong with it but the arguments
				require.NoError(t, load(s, badmod(t, mode, []string{"number=3"})))
				require.Equal(t, "OK", s.MustDo("bad.one"))
				require.Equal(t, "OK", s.MustDo("bad.two"))
			}
			require.NoError(t, load(s, good))
			require.Equal(t, "hi", s.MustDo("t.echo", "hi"))
			require.Equal(t, "OK", s.MustDo("t.set", "k"))
			require.Equal(t, "text of a constant", s.MustDo("t.get", "k"))
			s.Stop()
		}
	})
}

// modules returns the names of the loaded modules; newer servers have some of
// their own.
func modules(s *rmtest.Server) (names []string) {
	for _, m := range s.MustDo("MODULE", "LIST").([]any) {
		names = append(names, m.(map[any]any)["name"].(string))
	}
	return names
}

func load(s *rmtest.Server, m rmtest.Module) error {
	args := []any{"MODULE", "LOAD", m.Path}
	for _, a := range m.Args {
		args = append(args, a)
	}
	_, err := s.Do(args...)
	return err
}

// TestStaleCallback: what the server still calls of a load that failed does nothing, and
// its C function is not that of something else in the next load. Most servers keep the
// keyspace listeners of such a load.
//
// Drives: SubscribeToKeyspaceEvents.
func TestStaleCallback(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Env: []string{"BADMOD=listens"}})
		for range 3 {
			require.Error(t, load(s, badmod(t, mode, []string{"number=1"})))
			s.MustDo("SET", "k", "v")
		}
		require.NoError(t, load(s, badmod(t, mode, []string{"number=9"})))
		s.MustDo("SET", "k", "v")
		require.Equal(t, "OK", s.MustDo("bad.one"))
		require.NotContains(t, s.Log(), "unload hook ran")
		require.NotContains(t, s.Log(), "a listener of a load that failed")
		require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "badmod"), "whatever a load that failed has left")
		require.Contains(t, s.Log(), "unload hook ran")
	})
}

// TestFlagOfNewerServer: the error names the flags, of which the server refuses
// one.
//
// Drives: CreateCommand.
func TestFlagOfNewerServer(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Env: []string{"BADMOD=serverflag"}})
		require.Error(t, load(s, badmod(t, mode, nil)))
		require.Contains(t, s.Log(), `badmod: load failed: command "bad.two": Flags: the server does not know all of CmdReadOnly|CmdInternal|CmdAllDBs`)
		require.NotContains(t, modules(s), "badmod")
	})
}

// TestModuleNameTaken: a module by the name of one that is loaded is refused,
// and the one that is loaded goes on.
//
// Drives: IsModuleNameBusy.
func TestModuleNameTaken(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{testmod(t, mode)}, Env: []string{"BADMOD=takenname"}})
		for _, m := range []rmtest.Module{badmod(t, mode, nil), testmod(t, mode)} {
			require.Error(t, load(s, m))
			require.Equal(t, "hi", s.MustDo("t.echo", "hi"))
		}
		require.Equal(t, "OK", s.MustDo("t.set", "k"))
		require.Equal(t, "text of a constant", s.MustDo("t.get", "k"))
		require.Contains(t, s.Log(), "testmod: load failed: module: Name: a module of this name is loaded already")
	})
}

// TestParams reads load arguments of each kind.
func TestParams(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, c := range []struct {
			args []string
			want string
		}{
			{nil, "number=3 text=unset switch=false"},
			{[]string{"number", "-10", "TEXT", "a b", "Switch", "YES"}, "number=-10 text=a b switch=true"},
			{[]string{"number=10", "text=a=b", "switch=on"}, "number=10 text=a=b switch=true"},
			{[]string{"text", "number=1"}, "number=3 text=number=1 switch=false"},
			{[]string{"text="}, "number=3 text= switch=false"},
			{[]string{"switch=1", "switch=off"}, "number=3 text=unset switch=false"},
		} {
			s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{testmod(t, mode, c.args...)}})
			require.Regexp(t, `callbacks=\d+ \Q`+c.want+`\E$`, s.MustDo("t.state"), "%q", c.args)
			s.Stop()
		}
	})
}

// TestLoadInsideLoad: a module that loads its own file while it is being loaded gets an
// error, at the first load and at later ones.
func TestLoadInsideLoad(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := badmod(t, mode, nil)
		m.Args = append(m.Args, m.Path)
		s := rmtest.Start(t, rmtest.Options{Env: []string{"BADMOD=self"}})
		for range 3 {
			require.ErrorContains(t, load(s, m), "Error loading the extension")
			require.Equal(t, "PONG", s.MustDo("PING"))
		}
		require.Equal(t, 3, strings.Count(s.Log(), "load failed: the library of a module that is being loaded"))
		require.Equal(t, 3, strings.Count(s.Log(), "badmod: load failed: OnLoad: the load inside is refused"))
		require.NoError(t, load(s, testmod(t, mode)))
	})
}
