// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const configMod = "github.com/iredismodule/redismodule/internal/testmod/configmod"

func configmod(tb testing.TB, mode string, args ...string) rmtest.Module {
	return rmtest.Module{Path: rmtest.Build(tb, configMod), Args: append([]string{"rm-mode=" + mode}, args...)}
}

// withConfigs starts a server with the module, in each mode.
func withConfigs(t *testing.T, test func(t *testing.T, s *rmtest.Server, m rmtest.Module), env string, config ...string) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := configmod(t, mode)
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}, Config: config, Env: []string{env}})
		since70(t, s)
		test(t, s, m)
	})
}

// loadex loads a module with configs and arguments.
func loadex(s *rmtest.Server, m rmtest.Module, configs []string, args ...string) error {
	line := []any{"MODULE", "LOADEX", m.Path}
	for i := 0; i < len(configs); i += 2 {
		line = append(line, "CONFIG", configs[i], configs[i+1])
	}
	line = append(line, "ARGS")
	for _, a := range append(m.Args, args...) {
		line = append(line, a)
	}
	_, err := s.Do(line...)
	return err
}

// option is what CONFIG GET shows of an option, "(none)" when there is none.
func option(s *rmtest.Server, name string) string {
	for _, v := range s.MustDo("CONFIG", "GET", name).(map[any]any) {
		return v.(string)
	}
	return "(none)"
}

func set(s *rmtest.Server, pairs ...any) error {
	_, err := s.Do(append([]any{"CONFIG", "SET"}, pairs...)...)
	return err
}

// rewritten has a server write its configuration, and starts another one with the options
// of the module that are in it.
func rewritten(t *testing.T, s *rmtest.Server, m rmtest.Module) *rmtest.Server {
	t.Helper()
	s.MustDo("CONFIG", "REWRITE")
	text, err := os.ReadFile(filepath.Join(s.Dir(), "server.conf"))
	require.NoError(t, err)
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "configmod.") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	s.Stop()
	return rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}, Config: lines, Env: []string{"CONFIGMOD="}})
}

const configDefaults = "true 10 hello 4 3 1 9 plain"

// TestConfigs: CONFIG GET, SET, REWRITE and RESETSTAT of configs of all types.
//
// Drives: RegisterBoolConfig, RegisterNumericConfig, RegisterStringConfig,
// RegisterEnumConfig, LoadConfigs.
func TestConfigs(t *testing.T) {
	withConfigs(t, func(t *testing.T, s *rmtest.Server, m rmtest.Module) {
		require.Contains(t, s.Log(), `OnLoad sees true 10 "hello" 4 3 mode plain checked 1 applied 0`)
		require.Equal(t, configDefaults, s.MustDo("cm.values"))
		for name, want := range map[string]string{
			"enabled": "yes", "limit": "10", "memory": "1048576", "greeting": "hello", "color": "green", "mode": "plain",
			"fixed": "no", "secret": "", "guarded": "no", "steady": "no", "low": "1", "high": "9",
		} {
			require.Equal(t, want, option(s, "configmod."+name), name)
		}
		require.Contains(t, []string{"read write", "write read"}, option(s, "configmod.rights"))
		require.Len(t, s.MustDo("CONFIG", "GET", "configmod.*"), 12, "all but the hidden one")

		long := strings.Repeat("x", 100) + "\x00 \r\n"
		if !isValkey81(s) {
			long += "\"'" // Valkey 8.1 rewrites a quote without its backslash
		}
		require.NoError(t, set(s, "configmod.enabled", "no", "configmod.limit", "-5", "configmod.greeting", long, "CONFIGMOD.COLOR", "BLUE",
			"configmod.rights", "all", "configmod.memory", "2mb", "configmod.mode", "a\x00b", "configmod.secret", "s", "configmod.steady", "yes"))
		require.Equal(t, "false -5 "+long+" 5 7 1 9 a\x00b", s.MustDo("cm.values"))
		require.ElementsMatch(t, []any{"enabled false", "mode a\x00b db 0"}, s.MustDo("cm.applied"))
		require.Equal(t, long, option(s, "configmod.greeting"))
		require.Equal(t, "all", option(s, "configmod.rights"))
		require.Equal(t, "2097152", option(s, "configmod.memory"))
		require.NoError(t, set(s, "configmod.rights", "read admin"))
		require.Contains(t, s.MustDo("cm.values"), " 5 5 1 9 ")
		require.NoError(t, set(s, "configmod.rights", "none"))
		require.Equal(t, "none", option(s, "configmod.rights"))
		require.NoError(t, set(s, "configmod.rights", "admin"))
		s.MustDo("CONFIG", "RESETSTAT")
		require.Equal(t, "admin", option(s, "configmod.rights"))

		s = rewritten(t, s, m)
		require.Equal(t, "false -5 "+long+" 5 4 1 9 a\x00b", s.MustDo("cm.values"))
		require.Contains(t, s.Log(), "OnLoad sees false -5 ")
		require.Equal(t, "s", option(s, "configmod.secret"))

		// What the module stores itself is shown and rewritten, too.
		s.MustDo("cm.store", "by itself")
		require.Equal(t, "by itself", option(s, "configmod.mode"))
		require.NotPanics(t, func() { option(s, "configmod.color") }, "a value that is no word")
		require.NoError(t, set(s, "configmod.color", "red"))
		s = rewritten(t, s, m)
		require.Equal(t, "by itself", option(s, "configmod.mode"))
		require.Equal(t, "red", option(s, "configmod.color"))
	}, "CONFIGMOD=")
}

// TestConfigRefusals: what is refused, by the server or by the module, leaves the old
// values, and the client gets the reason.
func TestConfigRefusals(t *testing.T) {
	withConfigs(t, func(t *testing.T, s *rmtest.Server, m rmtest.Module) {
		for _, c := range []struct {
			pairs []any
			want  string
		}{
			{[]any{"configmod.limit", "13"}, "CONFIG SET failed (possibly related to argument 'configmod.limit') - thirteen brings bad luck"},
			{[]any{"configmod.limit", "1001"}, "argument must be between -5 and 1000"},
			{[]any{"configmod.limit", "x"}, "argument couldn't be parsed into an integer"},
			{[]any{"configmod.enabled", "maybe"}, "argument must be 'yes' or 'no'"},
			{[]any{"configmod.color", "pink"}, "argument(s) must be one of the following: red, green, blue"},
			{[]any{"configmod.memory", "-1"}, "argument must be a memory value"},
			{[]any{"configmod.fixed", "yes"}, "can't set immutable config"},
			{[]any{"configmod.guarded", "yes"}, "can't set protected config"},
			{[]any{"configmod.greeting", "panic"}, "- panic: no more values"},
			{[]any{"configmod.greeting", "nil"}, "- panic: runtime error: invalid memory address"},
			{[]any{"configmod.greeting", "goexit"}, "- the handler called runtime.Goexit"},
			{[]any{"configmod.greeting", "lines"}, "- one  two three"},
			{[]any{"configmod.greeting", "empty"}, "- the module refuses the value"},
			{[]any{"configmod.greeting", "const"}, "- not this one"},
			{[]any{"configmod.mode", "late"}, "- too late"},
			{[]any{"configmod.mode", "apply-panic"}, "- panic: no more values"},
			{[]any{"configmod.mode", "apply-goexit"}, "- the handler called runtime.Goexit"},
			{[]any{"configmod.mode", "apply-refused"}, `- "refused" is refused`},
			{[]any{"configmod.mode", "replies"}, "- there is no command in this context"},
			{[]any{"configmod.low", "9"}, "- low 9 is not below high 9"},
			{[]any{"configmod.enabled", "no", "configmod.limit", "5", "configmod.greeting", "refused"}, `- "refused" is refused`},
			{[]any{"configmod.enabled", "no", "configmod.low", "50", "configmod.high", "40"}, "- low 50 is not below high 40"},
		} {
			require.ErrorContains(t, set(s, c.pairs...), c.want, "%q", c.pairs)
			require.Equal(t, configDefaults, s.MustDo("cm.values"), "%q", c.pairs)
		}
		for _, want := range []string{"Check or Set of a config: panic: no more values", "Check or Set of a config: the handler called runtime.Goexit",
			"Apply of configs: panic: no more values", "main.faulty("} {
			require.Contains(t, s.Log(), want)
		}
		s.MustDo("cm.applied")
		require.NoError(t, set(s, "configmod.low", "10", "configmod.high", "20", "configmod.limit", "3"))
		require.Equal(t, []any{"range 10 20"}, s.MustDo("cm.applied"), "once for both")

		// A Get that fails shows what was there before.
		require.NoError(t, set(s, "configmod.mode", "seen"))
		require.Equal(t, "seen", option(s, "configmod.mode"))
		s.MustDo("cm.store", "panic")
		require.Equal(t, "seen", option(s, "configmod.mode"))
		require.Contains(t, s.Log(), "Get of a config: panic: no more values")
		s.MustDo("cm.store", "goexit")
		require.Equal(t, "seen", option(s, "configmod.mode"))
		s.MustDo("cm.store", "fine")

		_, err := s.Do("cm.late")
		require.ErrorContains(t, err, "configs can be registered and loaded while the module loads only")
		require.Equal(t, "OK", s.MustDo("cm.race"))
		s.MustDo("MODULE", "UNLOAD", "configmod")
		require.Empty(t, s.MustDo("CONFIG", "GET", "configmod.*"))
	}, "CONFIGMOD=")
}

// TestConfigReload: nothing of an earlier load is left, whether it went well, was
// unloaded, or failed at any point.
func TestConfigReload(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := configmod(t, mode)
		s := rmtest.Start(t, rmtest.Options{})
		since70(t, s)
		for range 3 {
			require.NoError(t, loadex(s, m, []string{"configmod.enabled", "no", "configmod.limit", "7", "configmod.color", "red", "configmod.fixed", "yes", "configmod.mode", "given"}))
			require.Equal(t, "false 7 hello 3 3 1 9 given", s.MustDo("cm.values"))
			require.Equal(t, "yes", option(s, "configmod.fixed"))
			s.MustDo("MODULE", "UNLOAD", "configmod")

			for _, bad := range [][]string{
				{"configmod.limit", "13"}, {"configmod.limit", "x"}, {"configmod.greeting", "panic"}, {"configmod.greeting", "goexit"},
				{"configmod.nothing", "1"}, {"maxclients", "333"},
			} {
				require.Error(t, loadex(s, m, append([]string{"configmod.low", "5"}, bad...)), bad)
				require.Equal(t, "(none)", option(s, "configmod.limit"))
			}
			require.Error(t, loadex(s, m, []string{"configmod.limit", "8"}, "error"), "OnLoad fails after the configs are loaded")
			require.Equal(t, "(none)", option(s, "configmod.limit"))

			require.NoError(t, load(s, m))
			require.Equal(t, configDefaults, s.MustDo("cm.values"))
			require.NoError(t, set(s, "configmod.enabled", "no", "configmod.greeting", "bye", "configmod.high", "99", "configmod.mode", "set"))
			s.MustDo("MODULE", "UNLOAD", "configmod")
			require.NoError(t, load(s, m))
			require.Equal(t, configDefaults, s.MustDo("cm.values"))
			s.MustDo("MODULE", "UNLOAD", "configmod")
		}
		require.Contains(t, s.Log(), "load failed: config limit: thirteen brings bad luck")
		require.Contains(t, s.Log(), "load failed: config greeting: panic: no more values")
		require.Contains(t, s.Log(), "load failed: configs: the server refuses a value; see the line above")
		require.Error(t, load(s, configmod(t, mode, "late")))
		require.Contains(t, s.Log(), "the configs are loaded already")
		require.Error(t, load(s, configmod(t, mode, "again")))
		require.NoError(t, load(s, m))
		require.Equal(t, configDefaults, s.MustDo("cm.values"))
	})
}

// TestConfigFile: the configuration file is heard, and a value in it that is refused ends
// the server's start with the reason.
func TestConfigFile(t *testing.T) {
	withConfigs(t, func(t *testing.T, s *rmtest.Server, m rmtest.Module) {
		require.Contains(t, s.Log(), `OnLoad sees false 700 "from file" 5 6 mode filed`)
		require.Equal(t, "false 700 from file 5 6 3 4 filed", s.MustDo("cm.values"))
		require.NoError(t, set(s, "configmod.guarded", "yes"))
		s.Stop()
		bad := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}, Config: []string{"configmod.limit 13"}, WantFail: true})
		require.Contains(t, bad.Log(), "thirteen brings bad luck")
	}, "CONFIGMOD=", "configmod.enabled no", "configmod.limit 700", `configmod.greeting "from file"`, "configmod.color blue",
		`configmod.rights "write admin"`, "configmod.low 3", "configmod.high 4", "configmod.mode filed", "enable-protected-configs yes")
}

// TestConfigFaults: what is wrong with a config is told, and fails the load; the next load
// goes well.
func TestConfigFaults(t *testing.T) {
	faults := map[string]string{
		"name":      `config "a b": Name: is empty, or has other characters`,
		"noname":    `config "": Name: is empty, or has other characters`,
		"twice":     `config "LIMIT": Name: is registered twice`,
		"flags":     `config "bad": Flags: unknown flag in 0x100000`,
		"memory":    `config "bad": Flags: ConfigMemory is for numbers`,
		"bits":      `config "bad": Flags: ConfigBitflags is for an EnumConfig`,
		"novalue":   `config "bad": Value: is nil, and there are no Get and Set in its place`,
		"both":      `config "bad": Value: there are Get or Set, too`,
		"getonly":   `config "bad": Value: is nil, and of Get and Set there is one alone`,
		"checked":   `config "bad": Check: is for a Value`,
		"nomax":     `config "bad": Max: is less than Min`,
		"range":     `config "bad": Default: 5 is not from 1 to 4`,
		"nul":       `config "bad": Default: has a NUL byte`,
		"nowords":   `config "bad": Words: is empty`,
		"word":      `config "bad": Words: has a word that is empty, or has a space`,
		"wordtwice": `config "bad": Words: has the word "A" twice`,
		"default":   `config "bad": Default: 5 is none of the Words`,
		"nil":       "module: Configs: has a config that is nil",
		"group":     "config group: Configs[0]: has an Apply of its own",
		"check":     "config bad: no value is good",
		"panics":    "config bad: panic: no more values",
	}
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Env: []string{"CONFIGMOD=faults"}})
		since70(t, s)
		for fault, want := range faults {
			for range 2 {
				require.ErrorContains(t, load(s, configmod(t, mode, fault)), "Error loading the extension", fault)
				require.Equal(t, "(none)", option(s, "configmod.limit"))
				require.NotContains(t, modules(s), "configmod")
			}
			require.Contains(t, s.Log(), want, fault)
		}
		require.NoError(t, load(s, configmod(t, mode)))
		require.Equal(t, "10", option(s, "configmod.limit"))
	})
}

// TestConfigsOfOnLoad: OnLoad registers, and may load itself; between the defaults and
// the configuration it sets values of its own.
//
// Drives: LoadDefaultConfigs.
func TestConfigsOfOnLoad(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Env: []string{"CONFIGMOD=registers"}})
		since70(t, s)
		kind, major, _, _ := s.Version()
		defaults := kind == "redis" && major >= 8
		for _, args := range [][]string{nil, {"load"}} {
			m := configmod(t, mode, args...)
			require.NoError(t, load(s, m))
			if defaults {
				require.Equal(t, "77", option(s, "configmod.limit"), "what OnLoad has set")
				require.Contains(t, s.Log(), "defaults: <nil>, limit 10")
			} else {
				require.Equal(t, "10", option(s, "configmod.limit"))
				require.Contains(t, s.Log(), "defaults: ERR this server does not support LoadDefaultConfigs (since Redis 8.0), limit 1")
			}
			s.MustDo("MODULE", "UNLOAD", "configmod")
			require.NoError(t, loadex(s, m, []string{"configmod.limit", "5"}))
			require.Equal(t, "5", option(s, "configmod.limit"))
			s.MustDo("MODULE", "UNLOAD", "configmod")
		}
	})
}

// TestConfigOfOtherServers: names without a prefix, and unsigned numbers, where the server
// has them; elsewhere the load is refused.
//
// Drives: RegisterUnsignedNumericConfig.
func TestConfigOfOtherServers(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := configmod(t, mode)
		s := rmtest.Start(t, rmtest.Options{Env: []string{"CONFIGMOD=unprefixed"}})
		since70(t, s)
		kind, major, minor, _ := s.Version()
		if kind == "redis" && major >= 8 {
			require.NoError(t, load(s, m))
			require.Equal(t, "4", option(s, "configmod-depth"))
			require.NoError(t, set(s, "configmod-depth", "6"))
			require.Equal(t, "6", option(s, "configmod-alias"))
			s.MustDo("cm.applied")
			require.NoError(t, set(s, "configmod-b", "new", "configmod.plain", "newer"))
			require.Equal(t, "new", option(s, "configmod-a"))
			require.Equal(t, "newer", option(s, "configmod.plain"))
			require.Equal(t, []any{"pair"}, s.MustDo("cm.applied"))
			s.MustDo("CONFIG", "REWRITE")
		} else {
			require.Error(t, load(s, m))
			require.Contains(t, s.Log(), "load failed: ERR this server does not support CONFIG_UNPREFIXED (since Redis 8.0)")
		}
		s = rmtest.Start(t, rmtest.Options{Env: []string{"CONFIGMOD=unsigned"}})
		if kind == "valkey" && (major > 9 || major == 9 && minor >= 1) {
			require.NoError(t, load(s, m))
			require.Equal(t, "9223372036854775808", option(s, "configmod.big"))
			require.NoError(t, set(s, "configmod.big", "9223372036854775900"))
			require.Equal(t, "9223372036854775900", option(s, "configmod.big"))
			require.ErrorContains(t, set(s, "configmod.big", "9223372036854779000"), "argument must be between")
			require.ErrorContains(t, set(s, "configmod.big", "-1"), "argument couldn't be parsed")
		} else {
			require.Error(t, load(s, m))
			require.Contains(t, s.Log(), "ERR this server does not support RegisterUnsignedNumericConfig (since Valkey 9.1)")
		}
	})
}

// TestConfigWithoutConfigs: CONFIG for a module that has none fails the load, as the server
// wants it.
func TestConfigWithoutConfigs(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := configmod(t, mode)
		s := rmtest.Start(t, rmtest.Options{Env: []string{"CONFIGMOD=none"}})
		since70(t, s)
		for range 2 {
			require.Error(t, loadex(s, m, []string{"configmod.limit", "5"}))
			require.NotContains(t, modules(s), "configmod")
			require.NoError(t, load(s, m))
			s.MustDo("MODULE", "UNLOAD", "configmod")
		}
	})
}
