// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/testmod/keyspecs"
	"github.com/iredismodule/redismodule/rm"
)

// TestSubcommandCheck: what is wrong with a container or a subcommand is said before the
// server sees it.
func TestSubcommandCheck(t *testing.T) {
	for _, c := range []struct {
		change func(c, sub *rm.Command)
		want   string // "" for what is right
	}{
		{func(c, sub *rm.Command) {}, ""},
		{func(c, sub *rm.Command) { c.Keys = rm.NoKeys }, ""},
		{func(c, sub *rm.Command) { sub.Arity, sub.Keys = -2, rm.NoKeys }, ""},
		{func(c, sub *rm.Command) { sub.Keys = rm.KeyRange{First: 2, Last: -1, Step: 1} }, ""},
		{func(c, sub *rm.Command) { c.Info.Summary = "a family of commands" }, ""},

		{func(c, sub *rm.Command) { c.Name = "m|do" }, `command "m|do": Name: contains a '|'`},
		{func(c, sub *rm.Command) { sub.Name = "" }, `command "m.do|": Name: is empty`},
		{func(c, sub *rm.Command) { sub.Name = "a b" }, `command "m.do|a b": Name: contains a space`},
		{func(c, sub *rm.Command) { sub.Name = "a|b" }, `command "m.do|a|b": Name: contains a '|'`},
		{func(c, sub *rm.Command) { sub.Name = "a@b" }, `command "m.do|a@b": Name: contains a '|', which is between a command and its subcommand, or a '@'`},
		{func(c, sub *rm.Command) { sub.Name = "LIST" }, `command "m.do": Subcommands: "LIST" is there twice`},
		{func(c, sub *rm.Command) { sub.Name, c.Subcommands[0].Name = "\xff", "\xfe" }, ""},
		{func(c, sub *rm.Command) { sub.Name, c.Subcommands[0].Name = "k", "\u212a" }, ""}, // the sign of Kelvin, which is another name
		{func(c, sub *rm.Command) { sub.Handler = nil }, `command "m.do|get": Handler: is nil`},
		{func(c, sub *rm.Command) { sub.Handler, sub.Subcommands = nil, []rm.Command{{Name: "x"}} }, `command "m.do|get": Subcommands: a subcommand has none of its own`},
		{func(c, sub *rm.Command) { sub.Arity = 0 }, `command "m.do|get": Arity: is 0; the name counts, and -2 takes any`},
		{func(c, sub *rm.Command) { sub.Arity = -1 }, `command "m.do|get": Arity: -1: the names of the container and of the subcommand count`},
		{func(c, sub *rm.Command) { sub.Arity, sub.Keys = 1, rm.NoKeys }, `command "m.do|get": Arity: 1: the names`},
		{func(c, sub *rm.Command) { sub.Keys = rm.OneKey }, `command "m.do|get": Keys: {First:1 Last:1 Step:1}: argument 1 is the name of the subcommand; its first argument is 2`},
		{func(c, sub *rm.Command) { sub.Keys = rm.KeyRange{} }, `command "m.do|get": Keys: is left out`},

		{func(c, sub *rm.Command) { c.Handler = nothing }, `command "m.do": Handler: is given, and so are Subcommands`},
		{func(c, sub *rm.Command) { c.Flags = 1 << 31 }, `command "m.do": Flags: unknown flag`},
		{func(c, sub *rm.Command) { c.GetKeys = func(rm.KeysRequest, rm.Args) {} }, `command "m.do": Subcommands: GetKeys and GetChannels`},
		{func(c, sub *rm.Command) { c.Replicate = rm.ReplicateVerbatim }, `command "m.do": Replicate: is given`},
		{func(c, sub *rm.Command) { c.Arity = -2 }, `command "m.do": Arity: is given`},
		{func(c, sub *rm.Command) { c.Keys = rm.OneKey }, `command "m.do": Keys: is given`},
		{func(c, sub *rm.Command) { c.Info.Args = []rm.CommandArg{{Name: "x"}} }, `command "m.do": Info: KeySpecs and Args are those of the subcommands`},
		{func(c, sub *rm.Command) { c.Info.Summary = "a\x00" }, `command "m.do": Info.Summary: contains a NUL`},
	} {
		subs := []rm.Command{
			{Name: "list", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: nothing},
			{Name: "get", Flags: rm.CmdReadOnly, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 3, Handler: nothing},
		}
		container := rm.Command{Name: "m.do", Subcommands: subs}
		c.change(&container, &subs[1])
		checked(t, container.Check(), c.want)
	}
}

func checked(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
	} else {
		require.ErrorContains(t, err, want)
	}
}

// TestCommandInfoCheck: what servers refuse of a command's documentation without a word
// for the client, or take and cannot show, is an error that says where.
func TestCommandInfoCheck(t *testing.T) {
	key := rm.KeySpec{Flags: rm.KeyFlagRO, Begin: rm.BeginIndex{Pos: 1}}
	deep := rm.CommandArg{Name: "x"}
	for range 40 {
		deep = rm.CommandArg{Name: "x", Type: rm.ArgTypeBlock, Args: []rm.CommandArg{deep}}
	}
	args := func(a ...rm.CommandArg) rm.CommandInfo {
		return rm.CommandInfo{KeySpecs: []rm.KeySpec{key}, Args: a}
	}
	for _, c := range []struct {
		info rm.CommandInfo
		want string
	}{
		{rm.CommandInfo{}, ""},
		{args(rm.CommandArg{Name: "key", Type: rm.ArgTypeKey}, rm.CommandArg{Name: "n", Type: rm.ArgTypeInteger, Flags: rm.ArgFlagOptional | rm.ArgFlagMultiple}), ""},
		{rm.CommandInfo{Complexity: "a\x00"}, "Info.Complexity: contains a NUL"},
		{rm.CommandInfo{Since: "a\x00"}, "Info.Since: contains a NUL"},
		{rm.CommandInfo{History: []rm.CommandHistory{{"1", "x"}, {"", "x"}}}, "Info.History[1]: Since and Changes must be given"},
		{rm.CommandInfo{History: []rm.CommandHistory{{"1", ""}}}, "Info.History[0]: Since and Changes must be given"},
		{rm.CommandInfo{History: []rm.CommandHistory{{"1", "\x00"}}}, "Info.History[0]: contains a NUL"},
		{rm.CommandInfo{Tips: []string{"a", "b c"}}, "Info.Tips[1]: is empty, or contains a space"},
		{rm.CommandInfo{Tips: []string{""}}, "Info.Tips[0]: is empty"},
		{args(rm.CommandArg{}), "Info.Args[0]: Name is empty"},
		{args(rm.CommandArg{Name: "a", Token: "\x00"}), "Info.Args[0]: contains a NUL"},
		{args(rm.CommandArg{Name: "a", Type: 9}), "Info.Args[0]: the type ArgType(9) is not known"},
		{args(rm.CommandArg{Name: "a", Type: -1}), "Info.Args[0]: the type"},
		{args(rm.CommandArg{Name: "a", Flags: 8}), "Info.Args[0]: unknown flag"},
		{args(rm.CommandArg{Name: "a", Type: rm.ArgTypePureToken}), "Info.Args[0]: an ArgTypePureToken without a Token"},
		{args(rm.CommandArg{Name: "a", Flags: rm.ArgFlagMultipleToken}), "Info.Args[0]: ArgFlagMultipleToken without a Token"},
		{args(rm.CommandArg{Name: "a", KeySpec: 1}), "Info.Args[0]: KeySpec is for an ArgTypeKey"},
		{args(rm.CommandArg{Name: "a", Type: rm.ArgTypeKey, KeySpec: 1}), "Info.Args[0]: there is no KeySpecs[1]"},
		{args(rm.CommandArg{Name: "a", Type: rm.ArgTypeKey, KeySpec: -1}), "Info.Args[0]: there is no KeySpecs[-1]"},
		{args(rm.CommandArg{Name: "a", Type: rm.ArgTypeOneOf}), "Info.Args[0]: Args is empty, and the type is ArgTypeOneOf"},
		{args(rm.CommandArg{Name: "a", Args: []rm.CommandArg{{Name: "b"}}}), "Info.Args[0]: Args is for an ArgTypeOneOf or ArgTypeBlock"},
		{args(rm.CommandArg{Name: "a", Type: rm.ArgTypeBlock, Args: []rm.CommandArg{{Name: "b"}, {}}}), "Info.Args[0].Args[1]: Name is empty"},
		{args(deep), "Info.Args: is deeper than 32 levels"},
	} {
		command := rm.Command{Name: "m.do", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: -2, Handler: nothing, Info: c.info}
		checked(t, command.Check(), c.want)
	}
	command := rm.Command{Name: "m.do", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -2, Handler: nothing, Info: args()}
	checked(t, command.Check(), "Keys: NoKeys and Info.KeySpecs exclude each other")
	command.Info.KeySpecs[0].Flags |= rm.KeyFlagNotKey
	checked(t, command.Check(), "")
	command.Keys = rm.KeyRange{}
	checked(t, command.Check(), "")
}

// TestKeySpecCheck: a spec by which a server would read what is not there is refused.
func TestKeySpecCheck(t *testing.T) {
	const ro, noRoom, crash = rm.KeyFlagRO, "the arity leaves no room for its keys", "servers crash then"
	at, after := func(pos int) rm.KeySpecBegin { return rm.BeginIndex{Pos: pos} }, func(from int) rm.KeySpecBegin {
		return rm.BeginKeyword{Keyword: "KEYS", StartFrom: from}
	}
	for _, c := range []struct {
		arity int
		spec  rm.KeySpec
		want  string
	}{
		{-2, rm.KeySpec{Flags: ro, Begin: at(1)}, ""},
		{-1, rm.KeySpec{Flags: ro, Begin: at(1)}, ""}, // no key, or one
		{-1, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindRange{LastKey: -1, Step: 2}}, ""},
		{-2, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindRange{LastKey: -1, Limit: 2}}, ""},
		{-2, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindKeyNum{}}, ""},
		{-2, rm.KeySpec{Flags: ro, Begin: after(1), Find: rm.FindKeyNum{}}, ""},
		{-4, rm.KeySpec{Flags: ro, Begin: after(-3), Find: rm.FindKeyNum{KeyNumIdx: 1, FirstKey: 2}}, ""},
		{-2, rm.KeySpec{Flags: ro, Begin: after(7)}, ""},
		{-2, rm.KeySpec{Flags: ro | rm.KeyFlagIncomplete, Begin: rm.BeginUnknown{}}, ""},
		{-2, rm.KeySpec{Flags: ro | rm.KeyFlagVariable, Begin: at(1), Find: rm.FindUnknown{}}, ""},

		{-2, rm.KeySpec{Begin: at(1)}, "Flags must have exactly one of"},
		{-2, rm.KeySpec{Flags: ro | rm.KeyFlagRW, Begin: at(1)}, "Flags must have exactly one of"},
		{-2, rm.KeySpec{Flags: rm.KeyFlagNotKey, Begin: at(1)}, "Flags must have exactly one of"},
		{-2, rm.KeySpec{Flags: rm.KeyFlagRW | rm.KeyFlagInsert | rm.KeyFlagDelete, Begin: at(1)}, "exclude each other"},
		{-2, rm.KeySpec{Flags: ro | 1<<20, Begin: at(1)}, "unknown flag"},
		{-2, rm.KeySpec{Flags: ro}, "Begin is nil"},
		{-2, rm.KeySpec{Flags: ro, Begin: at(1), Notes: "\x00"}, "Notes contains a NUL"},
		{-2, rm.KeySpec{Flags: ro, Begin: at(0)}, "Pos is out of range"},
		{-2, rm.KeySpec{Flags: ro, Begin: at(1 << 40)}, "Pos is out of range"},
		{-2, rm.KeySpec{Flags: ro, Begin: rm.BeginKeyword{StartFrom: 1}}, "Keyword is empty"},
		{-2, rm.KeySpec{Flags: ro, Begin: after(0)}, "StartFrom is out of range"},
		{-2, rm.KeySpec{Flags: ro, Begin: after(-2)}, "before the first argument"},
		{2, rm.KeySpec{Flags: ro, Begin: at(2)}, noRoom},
		{3, rm.KeySpec{Flags: ro, Begin: at(2), Find: rm.FindRange{LastKey: 1}}, noRoom},
		{2, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindRange{LastKey: -2}}, noRoom},
		{2, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindRange{LastKey: -1, Limit: 2}}, noRoom},
		{-2, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindRange{LastKey: 1}}, noRoom},
		{-2, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindRange{LastKey: -2, Limit: 1}}, "Limit is for LastKey -1"},
		{-2, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindRange{Step: -1}}, "out of range"},
		{-2, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindRange{LastKey: -1, Limit: -1}}, "out of range"},
		{-3, rm.KeySpec{Flags: ro, Begin: at(3), Find: rm.FindKeyNum{}}, crash},
		{-1, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindKeyNum{}}, crash},
		{-3, rm.KeySpec{Flags: ro, Begin: after(1), Find: rm.FindKeyNum{KeyNumIdx: 1, FirstKey: 2}}, crash},
		{-3, rm.KeySpec{Flags: ro, Begin: after(-1), Find: rm.FindKeyNum{}}, crash},
		{-4, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindKeyNum{KeyNumIdx: -1}}, "out of range"},
		{-4, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindKeyNum{KeyNumIdx: 1, FirstKey: 1}}, "FirstKey is not behind KeyNumIdx"},
		{-4, rm.KeySpec{Flags: ro, Begin: at(1), Find: rm.FindKeyNum{FirstKey: -3}}, "FirstKey is not behind KeyNumIdx"},
	} {
		command := rm.Command{Name: "m.do", Flags: rm.CmdReadOnly, Arity: c.arity, Handler: nothing, Info: rm.CommandInfo{KeySpecs: []rm.KeySpec{c.spec}}}
		t.Log(c.arity, c.spec)
		checked(t, command.Check(), c.want)
	}
	two := []rm.KeySpec{{Flags: ro, Begin: at(1)}, {Flags: ro, Begin: at(2)}}
	command := rm.Command{Name: "m.do", Flags: rm.CmdReadOnly, Arity: -3, Handler: nothing, Info: rm.CommandInfo{KeySpecs: two}}
	checked(t, command.Check(), "")
	command.Arity = -2 // the second may be missing: then the server would not see the first
	checked(t, command.Check(), `command "m.do": Info.KeySpecs[1]: `+noRoom)
}

// readsOf are the arguments that a server reads to find keys by one spec, as those do that
// check the least, and the first that it takes for a key.
func readsOf(s rm.KeySpec, args []string) (reads []int) {
	argc, first := len(args), 0
	switch b := s.Begin.(type) {
	case rm.BeginIndex:
		first = b.Pos
	case rm.BeginKeyword:
		from, to := b.StartFrom, argc-1 // all servers leave the last one out
		if from < 0 {
			from, to = argc+from, argc+from+1 // and look at this one alone
		}
		for i := from; i < to; i++ {
			reads = append(reads, i)
			if i >= 0 && i < argc && strings.EqualFold(args[i], b.Keyword) {
				first = i + 1
				break
			}
		}
	}
	if f, ok := s.Find.(rm.FindKeyNum); ok && first != 0 {
		reads = append(reads, first+f.KeyNumIdx)
		if f.KeyNumIdx == 0 && f.FirstKey == 0 {
			f.FirstKey = 1
		}
		reads = append(reads, -min(0, first+f.FirstKey-1)) // a first key before the first argument
	}
	return reads
}

// TestKeySpecsStayInside: by no spec that is accepted a server reads an argument that is
// not there, whatever the number of arguments that the arity permits.
func TestKeySpecsStayInside(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 200000 {
		arity, spec := keyspecs.Random(r)
		command := rm.Command{Name: "m.do", Flags: rm.CmdReadOnly, Arity: arity, Handler: nothing, Info: rm.CommandInfo{KeySpecs: []rm.KeySpec{spec}}}
		if command.Check() != nil {
			continue
		}
		accepted++
		most := arity
		if arity < 0 {
			arity, most = -arity, -arity+5
		}
		for argc := arity; argc <= most; argc++ {
			for keyword := -1; keyword < argc; keyword++ { // where it is
				args := make([]string, argc)
				if keyword > 0 {
					args[keyword] = "kw"
				}
				for _, i := range readsOf(spec, args) {
					require.True(t, i >= 0 && i < argc, "arity %d, %d arguments, %+v reads argument %d", command.Arity, argc, spec, i)
				}
			}
		}
	}
	require.Greater(t, accepted, 20000)
}
