// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command hello is a first module: a handful of commands that show how
// arguments, replies, errors and calls look.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	rm.Register(rm.Module{
		Name: "hello", Version: 1,
		Commands: []rm.Command{
			{Name: "hello.ping", Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.NoKeys, Arity: 1, Handler: ping},
			{Name: "hello.echo", Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.NoKeys, Arity: 2, Handler: echo},
			{Name: "hello.add", Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.NoKeys, Arity: 3, Handler: add},
			{Name: "hello.info", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: info},
			{Name: "hello.swap", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Handler: swap},
			{Name: "hello.oops", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: oops},
		},
	})
}

func main() {}

func ping(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithSimpleString("PONG from Go") }

func echo(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithString(args.At(1)) }

func add(ctx rm.Context, args rm.Args) error {
	a, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	b, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(a + b)
}

// info answers with a map: an array of names and values for clients of RESP2.
func info(ctx rm.Context, args rm.Args) error {
	if err := ctx.ReplyWithMap(2); err != nil {
		return err
	}
	_ = ctx.ReplyWithText("client")
	_ = ctx.ReplyWithLongLong(int64(ctx.ClientID()))
	_ = ctx.ReplyWithText("database")
	return ctx.ReplyWithLongLong(int64(ctx.SelectedDB()))
}

var (
	get = rm.NewCall("GET", 0)
	set = rm.NewCall("SET", rm.CallReplicate)
)

// swap stores a value and answers with the one before.
func swap(ctx rm.Context, args rm.Args) error {
	old, err := exchange(ctx, args.At(1), args.At(2))
	defer old.Free()
	if err != nil {
		return err
	}
	return ctx.ReplyWithCallReply(old)
}

// exchange stores a value and returns the reply with the one before, which the caller
// frees.
func exchange(ctx rm.Context, key, value rm.RStr) (rm.CallReply, error) {
	old, err := get.Do(ctx, key)
	if err != nil {
		return old, err
	}
	done, err := set.Do(ctx, key, value)
	done.Free()
	return old, err
}

// oops shows that a mistake in a handler costs an error reply, not the server.
func oops(ctx rm.Context, args rm.Args) error {
	var nothing *struct{ field int64 }
	return ctx.ReplyWithLongLong(nothing.field)
}
