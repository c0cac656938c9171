// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// A container: "tree.node ADD key child" and "tree.node COUNT key". The arguments of
// a subcommand are counted from the container's name.
func ExampleCommand_subcommands() {
	add := func(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithOK() }
	count := func(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithLongLong(0) }
	key := rm.KeyRange{First: 2, Last: 2, Step: 1}
	node := rm.Command{
		Name: "tree.node",
		Info: rm.CommandInfo{Summary: "The nodes of a tree."},
		Subcommands: []rm.Command{
			{Name: "add", Flags: rm.CmdWrite, Keys: key, Arity: 4, Replicate: rm.ReplicateVerbatim, Handler: add},
			{Name: "count", Flags: rm.CmdReadOnly, Keys: key, Arity: 3, Handler: count},
		},
	}
	_ = node
}

// What COMMAND DOCS says of a command, and where its keys are: "tree.merge target
// numkeys key [key ...] [FAST|SAFE]".
func ExampleCommandInfo() {
	merge := rm.Command{
		Name: "tree.merge", Flags: rm.CmdWrite, Arity: -4,
		Handler: func(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithOK() },
		Info: rm.CommandInfo{
			Summary:    "Puts several trees into one.",
			Complexity: "O(N), N is the number of nodes",
			Since:      "1.0.0",
			History:    []rm.CommandHistory{{Since: "1.1.0", Changes: "Added FAST and SAFE."}},
			Tips:       []string{"nondeterministic_output"},
			KeySpecs: []rm.KeySpec{
				{Flags: rm.KeyFlagOW | rm.KeyFlagUpdate, Begin: rm.BeginIndex{Pos: 1}},
				{Flags: rm.KeyFlagRO | rm.KeyFlagAccess, Begin: rm.BeginIndex{Pos: 2}, Find: rm.FindKeyNum{}},
			},
			Args: []rm.CommandArg{
				{Name: "target", Type: rm.ArgTypeKey},
				{Name: "numkeys", Type: rm.ArgTypeInteger},
				{Name: "key", Type: rm.ArgTypeKey, KeySpec: 1, Flags: rm.ArgFlagMultiple},
				{Name: "how", Type: rm.ArgTypeOneOf, Flags: rm.ArgFlagOptional, Args: []rm.CommandArg{
					{Name: "fast", Type: rm.ArgTypePureToken, Token: "FAST"},
					{Name: "safe", Type: rm.ArgTypePureToken, Token: "SAFE"},
				}},
			},
		},
	}
	_ = merge
}

// A command that finds its keys itself: "tree.copy key ... INTO key", where what is
// only read is said to be, so that a user who may not write it can copy it.
func ExampleKeysRequest() {
	keys := func(request rm.KeysRequest, args rm.Args) {
		flags := rm.KeyFlagRO | rm.KeyFlagAccess
		for i, arg := range args.From(1).All {
			if arg.String() == "INTO" {
				flags = rm.KeyFlagOW | rm.KeyFlagUpdate
			} else if request.KeyAtPosWithFlags(1+i, flags) != nil {
				return
			}
		}
	}
	command := rm.Command{
		Name: "tree.copy", Flags: rm.CmdWrite, Arity: -4, GetKeys: keys,
		Handler: func(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithOK() },
	}
	_ = command
}

// A command that runs another one, and tells which keys it goes to: "tree.wrap GET k".
func ExampleContext_GetCommandKeysWithFlags() {
	wrap := func(ctx rm.Context, args rm.Args) error {
		inner := args.From(1)
		keys, err := ctx.GetCommandKeysWithFlags(nil, inner)
		if err != nil {
			return err
		}
		for _, k := range keys {
			ctx.Log(rm.LevelNotice, inner.At(k.Pos).String()+": "+k.Flags.String())
		}
		return ctx.ReplyWithLongLong(int64(len(keys)))
	}
	_ = wrap
}
