// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"

	"github.com/iredismodule/redismodule/rm"
)

// familyCommand is a container with subcommands of every kind.
func familyCommand() rm.Command {
	first := rm.KeyRange{First: 2, Last: 2, Step: 1}
	return rm.Command{
		Name: "t.family",
		Info: rm.CommandInfo{Summary: "Commands that belong together.", Since: "1.0.0"},
		Subcommands: []rm.Command{
			{Name: "echo", Flags: quick, Keys: rm.NoKeys, Arity: 3, Handler: func(ctx rm.Context, args rm.Args) error {
				return ctx.ReplyWithString(args.At(2))
			}},
			{Name: "Names", Flags: quick, Keys: rm.NoKeys, Arity: -2, Handler: func(ctx rm.Context, args rm.Args) error {
				return ctx.ReplyWithText(args.At(0).String() + " " + args.At(1).String())
			}},
			{Name: "set", Flags: rm.CmdWrite, Keys: first, Arity: 4, Replicate: rm.ReplicateVerbatim, Handler: func(ctx rm.Context, args rm.Args) error {
				key := ctx.OpenWriteKey(args.At(2))
				defer key.Close()
				if err := key.StringSet(args.At(3)); err != nil {
					return err
				}
				return ctx.ReplyWithOK()
			}},
			{Name: "counted", Flags: rm.CmdReadOnly, Arity: -3, Handler: ran, GetKeys: func(request rm.KeysRequest, args rm.Args) {
				n, err := args.At(2).Int64()
				for i := range n {
					if err == nil {
						err = request.KeyAtPosWithFlags(3+int(i), rm.KeyFlagRO)
					}
				}
			}},
			{Name: "badkeys", Flags: rm.CmdReadOnly, Arity: -3, Handler: ran, GetKeys: func(rm.KeysRequest, rm.Args) { panic("no keys in the family") }},
			{Name: "lostkeys", Flags: rm.CmdReadOnly, Arity: -3, Handler: ran, GetKeys: func(rm.KeysRequest, rm.Args) { runtime.Goexit() }},
			{Name: "badchannels", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -3, Handler: ran, GetChannels: func(rm.ChannelsRequest, rm.Args) { runtime.Goexit() }},
			{Name: "error", Flags: quick, Keys: rm.NoKeys, Arity: 2, Handler: func(rm.Context, rm.Args) error { return rm.Error("BUSY the family is busy") }},
			{Name: "panic", Flags: quick, Keys: rm.NoKeys, Arity: 2, Handler: func(rm.Context, rm.Args) error { panic("a quarrel") }},
			{Name: "goexit", Flags: quick, Keys: rm.NoKeys, Arity: 2, Handler: func(rm.Context, rm.Args) error { runtime.Goexit(); return nil }},
			{Name: "silent", Flags: quick, Keys: rm.NoKeys, Arity: 2, Handler: func(rm.Context, rm.Args) error { return nil }},
			{Name: "arity", Flags: quick, Keys: rm.NoKeys, Arity: -2, Handler: func(ctx rm.Context, _ rm.Args) error { return ctx.WrongArity() }},
		},
	}
}
