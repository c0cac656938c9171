// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// commandInfo is what the server says of a command.
type commandInfo struct {
	name              string
	arity             int64
	flags             []string
	first, last, step int64
}

func infoOf(t *testing.T, s *rmtest.Server, name string) commandInfo {
	t.Helper()
	all := s.MustDo("COMMAND", "INFO", name).([]any)
	require.Len(t, all, 1)
	require.NotNil(t, all[0], "COMMAND INFO %s", name)
	one := all[0].([]any)
	info := commandInfo{name: one[0].(string), arity: one[1].(int64), first: one[3].(int64), last: one[4].(int64), step: one[5].(int64)}
	for _, f := range one[2].([]any) {
		info.flags = append(info.flags, f.(string))
	}
	slices.Sort(info.flags)
	return info
}

// TestKeysOfReaders: a user who may only read keys may run a command that only reads them,
// and no other one.
func TestKeysOfReaders(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		s.MustDo("SET", "seen:1", "x")
		s.MustDo("ACL", "SETUSER", "reader", "on", "nopass", "+@all", "%R~seen:*")
		reader := dial(t, s, 3)
		require.Equal(t, "+OK\r\n", reader.alone("AUTH", "reader", "any"))
		require.Equal(t, bulk("x"), reader.alone("t.get", "seen:1"))
		for _, c := range [][]string{{"t.get", "other"}, {"t.set", "seen:1"}, {"t.keys.all", "seen:1", "other"}, {"t.keys.all", "other", "seen:1"}} {
			require.Regexp(t, "^-NOPERM", reader.alone(c...), "%v", c)
		}
		require.Equal(t, []any{"a", "b", "c"}, s.MustDo("COMMAND", "GETKEYS", "t.keys.all", "a", "b", "c"))
		require.Equal(t, []any{"a", "c"}, s.MustDo("COMMAND", "GETKEYS", "t.keys.second", "a", "b", "c", "d"))
		require.Equal(t, []any{"b", "c"}, s.MustDo("COMMAND", "GETKEYS", "t.keys.mid", "a", "b", "c", "d"))
	})
}

// TestCommandInfo asks the server what it knows of the commands.
//
// Drives: CreateCommand, GetCommand, SetCommandInfo.
func TestCommandInfo(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s) // before, the arity is always -1
		for _, want := range []commandInfo{
			{"t.noop", 1, []string{"fast", "module", "readonly"}, 0, 0, 0},
			{"t.echo", 2, []string{"fast", "module", "readonly"}, 0, 0, 0},
			{"t.argc", -1, []string{"fast", "module", "readonly"}, 0, 0, 0},
			{"t.atleast3", -3, []string{"fast", "module", "readonly"}, 0, 0, 0},
			{"t.keys.one", -2, []string{"denyoom", "module", "write"}, 1, 1, 1},
			{"t.keys.all", -2, []string{"module", "readonly"}, 1, -1, 1},
			{"t.keys.second", -3, []string{"module", "readonly"}, 1, -1, 2},
			{"t.keys.mid", 5, []string{"module", "readonly"}, 2, 3, 1},
		} {
			require.Equal(t, want, infoOf(t, s, want.name))
		}
		require.Equal(t, "t.mixedcase", strings.ToLower(infoOf(t, s, "t.mixedCASE").name))
	})
}

// TestCommandFlags looks for each flag where the server shows it.
//
// Drives: CreateCommand.
func TestCommandFlags(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		for name, want := range map[string][]string{
			"write":             {"module", "write"},
			"readonly":          {"module", "readonly"},
			"admin":             {"admin", "module"},
			"deny-oom":          {"denyoom", "module"},
			"deny-script":       {"module", "noscript"},
			"allow-loading":     {"loading", "module"},
			"pubsub":            {"module", "pubsub"},
			"random":            {"module"},
			"allow-stale":       {"module", "stale"},
			"no-monitor":        {"module", "skip_monitor"},
			"no-slowlog":        {"module", "skip_slowlog"},
			"fast":              {"fast", "module"},
			"no-cluster":        {"module"},
			"no-auth":           {"module", "no_auth"},
			"may-replicate":     {"module"}, // COMMAND INFO does not tell,
			"no-mandatory-keys": {"module", "no_mandatory_keys"},
			"blocking":          {"blocking", "module"},
			"allow-busy":        {"allow_busy", "module"},
		} {
			command := "t.flag.cmd" + strings.ReplaceAll(name, "-", "")
			got := infoOf(t, s, command)
			for i, f := range got.flags {
				if f == "skip_commandlog" { // the name in newer Valkeys
					got.flags[i] = "skip_slowlog"
				}
			}
			require.Equal(t, want, got.flags, name)
			require.Equal(t, "OK", s.MustDo(command), name)
		}
	})
}

// TestCommandKeys has the server find the keys in commands.
//
// Drives: CreateCommand.
func TestCommandKeys(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		for _, c := range []struct {
			command string
			keys    []any
		}{
			{"t.keys.one a b c", []any{"a"}},
			{"t.keys.all a b c", []any{"a", "b", "c"}},
			{"t.keys.second a b c d", []any{"a", "c"}},
			{"t.keys.mid a b c d", []any{"b", "c"}},
		} {
			args := []any{"COMMAND", "GETKEYS"}
			for _, a := range strings.Fields(c.command) {
				args = append(args, a)
			}
			require.Equal(t, c.keys, s.MustDo(args...), c.command)
		}
		_, err := s.Do("COMMAND", "GETKEYS", "t.echo", "x")
		require.ErrorContains(t, err, "no key arguments")
	})
}

// TestArity calls with every wrong number of arguments around the right one,
// from clients and from a call inside the server.
//
// Drives: CreateCommand, SetCommandInfo.
func TestArity(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		for _, c := range []struct {
			name     string
			min, max int
		}{
			{"t.noop", 1, 1}, {"t.echo", 2, 2}, {"t.argc", 1, 9}, {"t.atleast3", 3, 9}, {"t.keys.mid", 5, 5},
		} {
			for n := 1; n <= 9; n++ {
				args := append([]string{c.name}, slices.Repeat([]string{"x"}, n-1)...)
				wrong := fmt.Sprintf("-ERR wrong number of arguments for '%s' command\r\n", c.name)
				for _, got := range []string{
					w.alone(args...),
					w.alone(append([]string{"t.call", "call", "-", "s"}, args...)...),
				} {
					if n < c.min || n > c.max {
						require.Equal(t, wrong, got, "%s with %d arguments", c.name, n)
					} else {
						require.NotEqual(t, byte('-'), got[0], "%s with %d arguments: %s", c.name, n, got)
					}
				}
			}
		}
		require.Equal(t, "+OK\r\n", w.do("T.MIXEDCASE"))
		require.Contains(t, strings.ToLower(w.do("t.mixedcase", "x")), "wrong number of arguments for 't.mixedcase'")
		require.Contains(t, w.do("t.unknown"), "unknown command")
	})
}

// TestStrings reads and makes server strings of every kind.
//
// Drives: CreateString, CreateStringFromLongLong, FreeString, HoldString,
// StringAppendBuffer, StringCompare, StringPtrLen, StringToDouble,
// StringToLongLong.
func TestStrings(t *testing.T) {
	binary := "\x00\r\n\xff%s\x00"
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		const notInt, notFloat = "-ERR value is not an integer or out of range\r\n", "-ERR value is not a valid float\r\n"
		for _, c := range []struct {
			want string
			args []string
		}{
			{":0\r\n", []string{"len", ""}},
			{":7\r\n", []string{"len", binary}},
			{":-12\r\n", []string{"int", "-12"}},
			{":9223372036854775807\r\n", []string{"int", "9223372036854775807"}},
			{notInt, []string{"int", "9223372036854775808"}},
			{notInt, []string{"int", ""}},
			{notInt, []string{"int", "1.5"}},
			{notInt, []string{"int", "12\x00"}},
			{bulk("-2.5"), []string{"float", "-2.5"}},
			{bulk("1024"), []string{"float", "1024"}},
			{notFloat, []string{"float", "x"}},
			{notFloat, []string{"float", ""}},
			{notFloat, []string{"float", "1.5\x00"}},
			{":0\r\n", []string{"compare", binary, binary}},
			{":-1\r\n", []string{"compare", "a", "a\x00"}},
			{":1\r\n", []string{"compare", "b", "a"}},
			{":-1\r\n", []string{"compare", "", "a"}},
			{bulk(binary), []string{"bytes", binary}},
			{bulk(binary), []string{"text", binary}},
			{bulk(binary), []string{"clone", binary}},
			{bulk(""), []string{"clone", ""}},
			{bulk(binary), []string{"new", binary}},
			{bulk(""), []string{"new", ""}},
			{bulk(binary), []string{"newtext", binary}},
			{bulk(""), []string{"newtext", ""}},
			{bulk("-9223372036854775808"), []string{"newint", "-9223372036854775808"}},
			{bulk("7"), []string{"newint", "7"}},
			{bulk(binary), []string{"retain", binary}},
			{bulk(binary), []string{"raw", binary}},
			{bulk(binary + "+" + binary), []string{"append", binary + "+", binary}},
			{bulk("a"), []string{"append", "a", ""}},
			{bulk(""), []string{"zero", "some"}},
		} {
			require.Equal(t, c.want, w.alone(append([]string{"t.str"}, c.args...)...), "%q", c.args)
		}
		got := w.alone("t.str", "append.shared", "a string of more than one owner")
		require.Equal(t, "-ERR the string has other owners\r\n", got)
	})
}
