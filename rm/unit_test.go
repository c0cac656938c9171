// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
)

func nothing(rm.Context, rm.Args) error { return nil }

func TestCommandFlagsString(t *testing.T) {
	for _, c := range []struct {
		flags rm.CommandFlags
		want  string
	}{
		{0, ""},
		{rm.CmdWrite, "write"},
		{rm.CmdReadOnly | rm.CmdFast, "readonly fast"},
		{rm.CmdFast | rm.CmdReadOnly, "readonly fast"},
		{rm.CmdWrite | rm.CmdDenyOOM | rm.CmdNoCommandLog | rm.CmdAllDBs, "write deny-oom no-commandlog all-dbs"},
		{rm.CmdGetKeysAPI | rm.CmdGetChannelsAPI | rm.CmdInternal | rm.CmdTouchesArbitraryKeys, "getkeys-api getchannels-api internal touches-arbitrary-keys"},
		{1 << 31, "CommandFlags(0x80000000)"},
		{rm.CmdAdmin | 1<<30, "admin CommandFlags(0x40000000)"},
	} {
		require.Equal(t, c.want, c.flags.Words(), "%#x", uint32(c.flags))
	}
	all := (rm.CmdAllDBs << 1) - 1
	words := strings.Fields(all.Words())
	require.Len(t, words, 24)
	seen := map[string]bool{}
	for i, w := range words {
		require.Equal(t, w, rm.CommandFlags(1<<i).Words())
		require.False(t, seen[w], w)
		seen[w] = true
	}
}

func TestCommandCheck(t *testing.T) {
	good := rm.Command{Name: "m.do", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: nothing}
	for _, c := range []struct {
		change func(*rm.Command)
		want   string // "" for a command that is right
	}{
		{func(c *rm.Command) {}, ""},
		{func(c *rm.Command) { c.Flags = 0 }, ""},
		{func(c *rm.Command) { c.Arity = -1 }, ""},
		{func(c *rm.Command) { c.Arity, c.Keys = -2, rm.AllKeys }, ""},
		{func(c *rm.Command) { c.Arity, c.Keys = 1, rm.NoKeys }, ""},
		{func(c *rm.Command) { c.Arity, c.Keys = 5, rm.KeyRange{First: 1, Last: -2, Step: 2} }, ""},
		{func(c *rm.Command) { c.Arity, c.Keys = 4, rm.KeyRange{First: 2, Last: 3, Step: 1} }, ""},
		{func(c *rm.Command) { c.Arity = 1 << 30 }, ""},
		{func(c *rm.Command) { c.Name = "ünï" }, ""},

		{func(c *rm.Command) { c.Name = "" }, `command "": Name: is empty`},
		{func(c *rm.Command) { c.Name = "a b" }, `command "a b": Name: contains a space or a control character`},
		{func(c *rm.Command) { c.Name = "a\x00" }, `command "a\x00": Name: contains a space or a control character`},
		{func(c *rm.Command) { c.Name = "a\x7f" }, `command "a\x7f": Name: contains a space or a control character`},
		{func(c *rm.Command) { c.Handler = nil }, `command "m.do": Handler: is nil; it is the function that runs the command`},
		{func(c *rm.Command) { c.Flags = 1 << 24 }, `command "m.do": Flags: unknown flag in 0x1000000`},
		{func(c *rm.Command) { c.Flags |= rm.CmdWrite }, `command "m.do": Flags: CmdWrite and CmdReadOnly exclude each other`},
		{func(c *rm.Command) { c.Arity = 0 }, `command "m.do": Arity: is 0; the name counts, and -1 takes any number of arguments`},
		{func(c *rm.Command) { c.Arity = 1<<30 + 1 }, `command "m.do": Arity: 1073741825 is out of range`},
		{func(c *rm.Command) { c.Arity = math.MinInt }, `command "m.do": Arity: -9223372036854775808 is out of range`},
		{func(c *rm.Command) { c.Arity = 1 }, `command "m.do": Arity: 1, the name included, leaves no room for the keys {First:1 Last:1 Step:1}`},
		{func(c *rm.Command) { c.Keys.Last = 2 }, `command "m.do": Arity: 2, the name included, leaves no room for the keys {First:1 Last:2 Step:1}`},
		{func(c *rm.Command) { c.Keys.Last = 0 }, `command "m.do": Keys: the last key (0) is before the first (1)`},
		{func(c *rm.Command) { c.Arity, c.Keys.Last = -2, 0 }, `command "m.do": Keys: the last key (0) is before the first (1)`},
		{func(c *rm.Command) { c.Keys.Last = -2 }, `command "m.do": Arity: 2, the name included, leaves no room for the keys {First:1 Last:-2 Step:1}`},
		{func(c *rm.Command) { c.Keys.Last = -1 }, ""},
		{func(c *rm.Command) { c.Keys.First = -1 }, `command "m.do": Keys: {First:-1 Last:1 Step:1} is not a key range`},
		{func(c *rm.Command) { c.Keys.Step = -1 }, `command "m.do": Keys: {First:1 Last:1 Step:-1} is not a key range`},
		{func(c *rm.Command) { c.Keys.Step = 0 }, `command "m.do": Keys: {First:1 Last:1 Step:0} is not a key range`},
		{func(c *rm.Command) { c.Keys = rm.KeyRange{First: 1<<32 + 1, Last: 1<<32 + 1, Step: 1} }, `command "m.do": Keys: {First:4294967297 Last:4294967297 Step:1} is out of range`},
		{func(c *rm.Command) { c.Keys = rm.KeyRange{Last: 1} }, `command "m.do": Keys: {First:0 Last:1 Step:0} is not a key range`},
		{func(c *rm.Command) { c.Keys = rm.KeyRange{Step: 1} }, `command "m.do": Keys: {First:0 Last:0 Step:1} is not a key range`},
		{func(c *rm.Command) { c.Flags, c.Replicate = rm.CmdWrite, rm.ReplicateVerbatim }, ""},
		{func(c *rm.Command) { c.Replicate = rm.ReplicateVerbatim }, `command "m.do": Replicate: the command has neither the flag CmdWrite nor CmdMayReplicate`},
		{func(c *rm.Command) { c.Replicate = 7 }, `command "m.do": Replicate: 7 is not known`},
		{func(c *rm.Command) { c.Keys = rm.KeyRange{} }, `command "m.do": Keys: is left out; it is rm.OneKey, rm.AllKeys or the range of the arguments that are keys, rm.NoKeys for a command without keys`},
		{func(c *rm.Command) { c.Flags |= rm.CmdGetKeysAPI }, `command "m.do": GetKeys: is nil, and CmdGetKeysAPI says that the command reports its keys itself`},
		{func(c *rm.Command) { c.Flags |= rm.CmdGetChannelsAPI }, `command "m.do": GetChannels: is nil, and CmdGetChannelsAPI says that the command reports its channels itself`},
		{func(c *rm.Command) { c.Keys, c.GetKeys = rm.KeyRange{}, func(rm.KeysRequest, rm.Args) {} }, ""},
		{func(c *rm.Command) { c.GetKeys = func(rm.KeysRequest, rm.Args) {} }, ""},
		{func(c *rm.Command) { c.Keys, c.GetKeys = rm.NoKeys, func(rm.KeysRequest, rm.Args) {} }, `command "m.do": Keys: NoKeys and GetKeys exclude each other`},
		{func(c *rm.Command) { c.Keys, c.GetChannels = rm.KeyRange{}, func(rm.ChannelsRequest, rm.Args) {} }, `command "m.do": Keys: is left out; it is rm.OneKey, rm.AllKeys or the range of the arguments that are keys, rm.NoKeys for a command without keys`},
		{func(c *rm.Command) { c.Arity, c.Keys = -9, rm.KeyRange{First: 3, Last: 2, Step: 1} }, `command "m.do": Keys: the last key (2) is before the first (3)`},
	} {
		command := good
		c.change(&command)
		checkError(t, c.want, command.Check())
	}
}

func checkError(t *testing.T, want string, err error) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	require.EqualError(t, err, want)
}

func TestModuleCheck(t *testing.T) {
	command := rm.Command{Name: "m.do", Keys: rm.NoKeys, Arity: 1, Handler: nothing}
	for _, c := range []struct {
		module rm.Module
		want   string
	}{
		{rm.Module{Name: "m", Commands: []rm.Command{command}}, ""},
		{rm.Module{Name: "m", Version: math.MaxInt32, OnLoad: nothing}, ""},
		{rm.Module{}, "module: Name: is empty"},
		{rm.Module{Name: "a\nb"}, "module: Name: contains a space or a control character"},
		{rm.Module{Name: "m", Version: -1}, "module: Version: -1 is out of range"},
		{rm.Module{Name: "m", Version: math.MaxInt32 + 1}, "module: Version: 2147483648 is out of range"},
		{rm.Module{Name: "m"}, "module: Commands: it registers nothing: no command and no OnLoad"},
		{rm.Module{Name: "m", Commands: []rm.Command{command, {}}}, `command "": Name: is empty`},
		{rm.Module{Name: "m", Commands: []rm.Command{command, {Name: "M.DO", Keys: rm.NoKeys, Arity: 1, Handler: nothing}}}, `command "M.DO": Name: is registered twice`},
		{rm.Module{Name: "m", Commands: []rm.Command{{Name: "\xff", Keys: rm.NoKeys, Arity: 1, Handler: nothing}, {Name: "\xfe", Keys: rm.NoKeys, Arity: 1, Handler: nothing}}}, ""},
		{rm.Module{Name: "m", OnLoad: nothing, Params: []rm.Param{{}}}, `param "": Name: is empty or contains '=' or a space`},
	} {
		checkError(t, c.want, c.module.Check())
	}
}

func TestParamsCheck(t *testing.T) {
	set := func(string) error { return nil }
	for _, c := range []struct {
		params []rm.Param
		want   string
	}{
		{nil, ""},
		{[]rm.Param{{Name: "a", Set: set}, {Name: "b-c", Set: set}}, ""},
		{[]rm.Param{{Name: "a b", Set: set}}, `param "a b": Name: is empty or contains '=' or a space`},
		{[]rm.Param{{Name: "a=", Set: set}}, `param "a=": Name: is empty or contains '=' or a space`},
		{[]rm.Param{{Name: "Rm-x", Set: set}}, `param "Rm-x": Name: the prefix rm- is taken`},
		{[]rm.Param{{Name: "a", Set: nil}}, `param "a": Set: is nil`},
		{[]rm.Param{rm.TextParam("a", nil)}, `param "a": the variable: is nil`},
		{[]rm.Param{rm.BoolParam("a", nil)}, `param "a": the variable: is nil`},
		{[]rm.Param{rm.Int64Param("a", nil, 0, 1)}, `param "a": the variable: is nil`},
		{[]rm.Param{{Name: "a", Set: set}, {Name: "A", Set: set}}, `param "A": Name: is registered twice`},
	} {
		checkError(t, c.want, rm.CheckParams(c.params))
	}
}

func TestParamValues(t *testing.T) {
	number, text, on := int64(1), "default", false
	params := map[string]rm.Param{
		"int": rm.Int64Param("int", &number, -5, 5), "string": rm.TextParam("string", &text), "bool": rm.BoolParam("bool", &on),
	}
	for _, c := range []struct{ param, value, want, err string }{
		{"int", "5", "5 default false", ""},
		{"int", "-5", "-5 default false", ""},
		{"int", "6", "-5 default false", `"6" is not an integer from -5 to 5`},
		{"int", "-6", "-5 default false", `"-6" is not an integer from -5 to 5`},
		{"int", "1.0", "-5 default false", `"1.0" is not an integer from -5 to 5`},
		{"int", "99999999999999999999", "-5 default false", `"99999999999999999999" is not an integer from -5 to 5`},
		{"string", "", "-5  false", ""},
		{"string", "a b", "-5 a b false", ""},
		{"bool", "Yes", "-5 a b true", ""},
		{"bool", "no", "-5 a b false", ""},
		{"bool", "TRUE", "-5 a b true", ""},
		{"bool", "False", "-5 a b false", ""},
		{"bool", "on", "-5 a b true", ""},
		{"bool", "OFF", "-5 a b false", ""},
		{"bool", "1", "-5 a b true", ""},
		{"bool", "0", "-5 a b false", ""},
		{"bool", "2", "-5 a b false", `"2" is neither yes nor no`},
		{"bool", "", "-5 a b false", `"" is neither yes nor no`},
	} {
		checkError(t, c.err, params[c.param].Set(c.value))
		require.Equal(t, c.want, fmt.Sprint(number, " ", text, " ", on), "%s %s", c.param, c.value)
	}
}

func TestReplyText(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{rm.Error("BUSY later"), "BUSY later"},
		{rm.Error("as it is"), "as it is"}, // a constant is the author's own choice
		{rm.Error(""), "ERR "},
		{rm.Error("CODE a\r\nb\x00c"), "CODE a  b c"},
		{rm.Error("no\ncode"), "ERR no code"},
		{errors.New("plain"), "ERR plain"},
		{errors.New("CODE text"), "CODE text"},
		{errors.New("A text"), "ERR A text"},
		{errors.New("CODE2 text"), "ERR CODE2 text"},
		{errors.New("CODE"), "ERR CODE"},
		{errors.New("\nEOF"), "ERR  EOF"},
		{fmt.Errorf("while reading: %w", rm.ErrWrongType), "ERR while reading: WRONGTYPE Operation against a key holding the wrong kind of value"},
		{errors.New("ünï"), "ERR ünï"},
		{errors.New("no\nUTF-8: \xc8\xff"), "ERR no UTF-8: \xc8\xff"},
	} {
		require.Equal(t, c.want, rm.ReplyText(c.err), "%q", c.err.Error())
	}
}

func TestTexts(t *testing.T) {
	for text, want := range map[string]bool{"ERR x": true, "OK ": true, "E x": false, "": false, " x": false, "Err x": false, "ERRx": false, "ERR": false} {
		require.Equal(t, want, rm.HasCode(text), "%q", text)
	}
	for text, want := range map[string]bool{"x": true, "": false, "a\nb": false, "a\r": false, "\x00": false, "a\tb": true} {
		require.Equal(t, want, rm.OneLine(text), "%q", text)
	}
	for text, want := range map[string]bool{"0": true, "-12": true, "+3": true, bigNumber: true, "": false, "-": false, "--1": false, "1.0": false, "1e3": false, " 1": false, "1\x00": false} {
		require.Equal(t, want, rm.IsDecimal(text), "%q", text)
	}
	require.Equal(t, "first", rm.FirstLine("first\nsecond"))
	require.Equal(t, "only", rm.FirstLine("only"))
	require.Equal(t, "7", rm.PanicText(7))
	require.Equal(t, "a rm_test.unprintable that cannot be printed", rm.PanicText(unprintable{}))
}

// unprintable is an error whose text cannot be had even by package fmt.
type unprintable struct{}

func (unprintable) Error() string { panic(unprintable{}) }

func TestErrors(t *testing.T) {
	require.EqualError(t, rm.ErrRange, "ERR index out of range")
	require.ErrorIs(t, fmt.Errorf("wrapped: %w", rm.ErrUnsupported), rm.ErrUnsupported)
	require.NotErrorIs(t, rm.ErrNotFloat, rm.ErrNotInteger)
}

// TestUnsupported: no server is here, so that everything is lacking. Of each kind of
// function and flag the error says what and since when, and only the first one is made.
func TestUnsupported(t *testing.T) {
	for want, try := range map[string]func() error{
		"ERR this server does not support TryAlloc (since Redis 7.0, Valkey 7.2)": func() error {
			_, err := rm.TryAlloc(1)
			return err
		},
		"ERR this server does not support HashSetStringRef (since Valkey 9.1)":  func() error { return rm.Lacks("HashSetStringRef") },
		"ERR this server does not support HashFieldMinExpire (since Redis 8.0)": func() error { return rm.Lacks("HashFieldMinExpire") },
		"ERR this server does not support one of the open modes (since Redis 7.2, Valkey 7.2)": func() error {
			return rm.LacksOpenModes()
		},
	} {
		err := try()
		require.EqualError(t, err, want)
		require.ErrorIs(t, err, rm.ErrUnsupported)
		require.ErrorIs(t, err, errors.ErrUnsupported)
		require.NotErrorIs(t, err, rm.ErrRange)
		var unsupported *rm.UnsupportedError
		require.ErrorAs(t, err, &unsupported)
		require.Contains(t, want, " "+unsupported.Function+" (since "+unsupported.Since+")")
		require.Same(t, err, try())
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = try() }))
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[slog.Level]rm.Level{
		-8: rm.LevelDebug, slog.LevelDebug: rm.LevelDebug, -3: rm.LevelVerbose, -1: rm.LevelVerbose, slog.LevelInfo: rm.LevelNotice, 3: rm.LevelNotice,
		slog.LevelWarn: rm.LevelWarning, slog.LevelError: rm.LevelWarning, 100: rm.LevelWarning,
	} {
		require.Equal(t, want, rm.LevelOf(level), level)
	}
}

// valuer is resolved when it is logged.
type valuer struct{}

func (valuer) LogValue() slog.Value { return slog.StringValue("resolved value") }

func TestLogHandler(t *testing.T) {
	bg := context.Background()
	require.False(t, rm.NewLogHandler(nil).Enabled(bg, slog.LevelDebug))
	require.True(t, rm.NewLogHandler(nil).Enabled(bg, slog.LevelInfo))
	require.True(t, rm.NewLogHandler(slog.LevelDebug).Enabled(bg, slog.LevelDebug))
	var level slog.LevelVar
	h := rm.NewLogHandler(&level)
	require.True(t, h.Enabled(bg, slog.LevelInfo))
	level.Set(slog.LevelError)
	require.False(t, h.Enabled(bg, slog.LevelWarn))
	require.Same(t, h, h.WithGroup(""))

	for _, c := range []struct {
		attr slog.Attr
		want string
	}{
		{slog.Int("n", 7), " n=7"},
		{slog.String("s", "word"), " s=word"},
		{slog.String("s", "two words"), ` s="two words"`},
		{slog.String("s", ""), ` s=""`},
		{slog.String("s", "a=b"), ` s="a=b"`},
		{slog.String("s", "a\nb"), ` s="a\nb"`},
		{slog.String("s", `"`), ` s="\""`},
		{slog.Bool("b", true), " b=true"},
		{slog.Duration("d", 1500*time.Millisecond), " d=1.5s"},
		{slog.Any("e", errors.New("went wrong")), ` e="went wrong"`},
		{slog.Any("v", valuer{}), ` v="resolved value"`},
		{slog.Group("g", "a", 1, "b", 2), " g.a=1 g.b=2"},
		{slog.Group("", "a", 1), " a=1"},
		{slog.Group("g"), ""},
		{slog.Attr{}, ""},
	} {
		require.Equal(t, c.want, h.WithAttrs([]slog.Attr{c.attr}).(*rm.LogHandler).Attrs(), "%v", c.attr)
	}
	grouped := h.WithAttrs([]slog.Attr{slog.Int("a", 1)}).WithGroup("g").WithAttrs([]slog.Attr{slog.Int("b", 2)}).WithGroup("h")
	grouped = grouped.WithAttrs([]slog.Attr{slog.Int("c", 3)})
	require.Equal(t, " a=1 g.b=2 g.h.c=3", grouped.(*rm.LogHandler).Attrs())
	require.Empty(t, h.Attrs(), "the handler itself is unchanged")
	// Without a server there is no log: a handler can be used in a unit test.
	require.NoError(t, grouped.Handle(bg, slog.NewRecord(time.Time{}, slog.LevelError, "message", 0)))
	rm.Log(rm.LevelWarning, "nobody hears")
}

// TestModuleFrames leaves of a stack what the module's author looks for.
func TestModuleFrames(t *testing.T) {
	const head, root, rmFrame = "goroutine 1 [running]:", "github.com/iredismodule/redismodule.barrier(0x1)", "github.com/iredismodule/redismodule/rm.(*Command).callback.func1()"
	at := "\t/x/y.go:1 +0x2"
	frames := func(names ...string) (lines []string) {
		lines = []string{head}
		for _, n := range names {
			lines = append(lines, n, at)
		}
		return lines
	}
	for _, c := range []struct{ in, want []string }{
		{frames("runtime/debug.Stack()", root, "panic({0x1, 0x2})", "main.deep(...)", "main.handler()", rmFrame, root), frames("main.deep(...)", "main.handler()")},
		{frames("runtime/debug.Stack()", "panic({0x1, 0x2})", "runtime.panicmem()", "main.handler()", rmFrame, "main.outer()", root), frames("runtime.panicmem()", "main.handler()", rmFrame, "main.outer()")},
		{frames("panic(1)", "main.f()", rmFrame, "created by github.com/iredismodule/redismodule/rm.(*pool).start in goroutine 1"), frames("main.f()")},
		{frames("panic(1)", "main.f()", "created by main.g in goroutine 1"), frames("main.f()", "created by main.g in goroutine 1")},
		{frames("panic(1)", rmFrame, root), frames("panic(1)", rmFrame, root)}, // none of the module's
		{frames("runtime/debug.Stack()", root, "main.goexit()", root), frames("runtime/debug.Stack()", root, "main.goexit()")},
		{[]string{head, "half a frame"}, []string{head, "half a frame"}},
		{[]string{""}, []string{""}},
	} {
		require.Equal(t, c.want, rm.ModuleFrames(c.in))
	}
}

// TestZeroReply: the zero reply is read without a server.
func TestZeroReply(t *testing.T) {
	var r rm.CallReply
	require.True(t, r.IsZero())
	require.Equal(t, rm.ReplyUnknown, r.Type())
	require.Zero(t, r.Len())
	require.Nil(t, r.Bytes())
	require.Nil(t, r.Proto())
	require.Empty(t, r.String())
	require.Zero(t, r.Integer())
	require.Zero(t, r.Double())
	require.False(t, r.Bool())
	require.Empty(t, r.BigNumber())
	text, format := r.Verbatim()
	require.Empty(t, text+format)
	require.True(t, r.Element(0).IsZero())
	_, _, ok := r.Pair(0)
	require.False(t, ok)
	require.True(t, r.Attribute().IsZero())
	require.NoError(t, r.Err())
	r.Free()
}

func TestContextString(t *testing.T) {
	require.Equal(t, "Context(0x10)", rm.RawContext(16).String())
	require.EqualValues(t, 16, rm.RawContext(16).Raw())
}

// TestEnumTexts: constants have their names, whatever the type, and one of them allocates
// nothing.
func TestEnumTexts(t *testing.T) {
	for want, v := range map[string]fmt.Stringer{
		"LevelNotice": rm.LevelNotice, "Level(-3)": rm.Level(-3), "ReplyUnknown": rm.ReplyUnknown, "ReplyBigNumber": rm.ReplyBigNumber,
		"ReplyType(99)": rm.ReplyType(99), "KeyTypeZSet": rm.KeyTypeZSet, "DictGreaterEqual": rm.DictGreaterEqual, "DictOp(99)": rm.DictOp(99),
		"ListTail": rm.ListTail, "ZAddSame": rm.ZAddResult(0), "ZAddNop": rm.ZAddNop, "ReplicateVerbatim": rm.ReplicateVerbatim,
		"OpenNoTouch|OpenNoExpire|OpenAccessTrimmed": rm.OpenNoTouch | rm.OpenNoExpire | rm.OpenAccessTrimmed, "0": rm.OpenMode(0),
		"OpenNoStats|0x40000001": rm.OpenNoStats | 1<<30 | 1, "AuxBeforeRDB|AuxAfterRDB": rm.AuxBeforeRDB | rm.AuxAfterRDB,
		"CmdFast": rm.CmdFast, "CmdReadOnly|CmdFast": rm.CmdFast | rm.CmdReadOnly, "0x80000000": rm.CommandFlags(1 << 31),
		"FilterNoSelf|0x80000004": rm.FilterNoSelf | 4 | -1<<31, "FilterNoSelf|0xfffffffe": rm.FilterFlags(-1),
	} {
		require.Equal(t, want, v.String())
	}
	for _, f := range []func() string{rm.LevelNotice.String, rm.ReplyArray.String, rm.OpenNoExpire.String, rm.CmdAllDBs.String, rm.OpenMode(0).String} {
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = f() }))
	}
}

// TestOutsideOfAServer calls what needs a server where there is none.
func TestOutsideOfAServer(t *testing.T) {
	require.PanicsWithError(t, "redismodule: RedisModule_CreateString is called outside of a server: "+
		"rmtest.Inside runs Go tests inside of one (package rmtest/inside)", func() { rm.NewRStringText("x") })
}

// TestHandlesShown: %v of handles that stand for nothing.
func TestHandlesShown(t *testing.T) {
	require.Equal(t, "Timer(none) Ticker(none) Listener(none) Promise(none) DictIterator(none) CommandFilter(none) ClusterReceiver(none) "+
		"EventLoopFD(none) BlockedClient(none) Job(none) Reply(none) User(none) SharedAPI(none) Memory(0x0, 0 bytes) [] Key(closed) Key(closed) Context(0x0)",
		fmt.Sprintf("%v %v %v %v %v %v %v %v %v %v %v %v %v %v %v %v %v %v", rm.Timer{}, rm.Ticker{}, rm.Listener{}, rm.Promise{}, rm.DictIterator{}, rm.CommandFilter{},
			rm.ClusterReceiver{}, rm.EventLoopFD{}, rm.BlockedClient{}, rm.Job{}, rm.Reply{}, rm.User{}, rm.SharedAPI{}, rm.Memory{}, rm.Args{}, rm.ReadKey{}, rm.WriteKey{}, rm.Context{}))
	reply := rm.NewReply()
	require.Regexp(t, `^Reply\(\d+\)$`, fmt.Sprint(reply))
	reply.Free()
}
