// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// Whole slices as one reply: all elements of tables of sliceLength.

const (
	sliceLength = 1000
	stringsSent = 100
)

var (
	someInts   [sliceLength]int64
	someFloats [sliceLength]float64
	someTexts  [sliceLength]string
)

func init() {
	for i := range sliceLength {
		someInts[i], someFloats[i], someTexts[i] = int64(i), float64(i)+0.5, element
	}
}

func sliceCommands(prefix string) []rm.Command {
	reply := func(name string, handler rm.Handler) rm.Command {
		return rm.Command{Name: prefix + name, Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: handler}
	}
	return []rm.Command{
		reply("ints", func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLongs(someInts[:]) }),
		reply("floats", func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithDoubles(someFloats[:]) }),
		reply("texts", func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithTexts(someTexts[:]) }),
		reply("textmap", func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithTextMap(someTexts[:]) }),
		{Name: prefix + "strings", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1 + stringsSent, Handler: func(ctx rm.Context, args rm.Args) error {
			return ctx.ReplyWithStrings(args.Raw()[1:]...)
		}},
		reply("buildints", func(ctx rm.Context, _ rm.Args) error {
			b := rm.NewReply()
			b.LongLongs(someInts[:])
			return send(ctx, b)
		}),
		reply("buildtexts", func(ctx rm.Context, _ rm.Args) error {
			b := rm.NewReply()
			b.Texts(someTexts[:])
			return send(ctx, b)
		}),
	}
}

// send sends a recorded reply and frees it.
func send(ctx rm.Context, b rm.Reply) error {
	err := b.ReplyTo(ctx)
	b.Free()
	return err
}
