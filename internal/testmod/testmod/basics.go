// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// The commands of this file allocate nothing; a test counts.

func noop(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithOK() }

func echo(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithString(args.At(1)) }

func argc(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithLongLong(int64(args.Len())) }

func argv(ctx rm.Context, args rm.Args) error {
	_ = ctx.ReplyWithArray(args.Len() - 1)
	for _, a := range args.From(1).All {
		_ = ctx.ReplyWithString(a)
	}
	return nil
}

func array100(ctx rm.Context, args rm.Args) error {
	_ = ctx.ReplyWithArray(100)
	for i := range 100 {
		_ = ctx.ReplyWithLongLong(int64(i))
	}
	return nil
}

func smallMap(ctx rm.Context, args rm.Args) error {
	if err := ctx.ReplyWithMap(2); err != nil {
		return err
	}
	_ = ctx.ReplyWithText("one")
	_ = ctx.ReplyWithLongLong(1)
	_ = ctx.ReplyWithSimpleString("two")
	return ctx.ReplyWithLongLong(2)
}

const errBusy = rm.Error("BUSY try again")

func busy(ctx rm.Context, args rm.Args) error { return errBusy }

func double(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithDouble(1.5) }

func arity(ctx rm.Context, args rm.Args) error { return rm.ErrWrongArity }

var (
	get    = rm.NewCall("GET", 0)
	incrBy = rm.NewCall("INCRBY", 0)
)

func getKey(ctx rm.Context, args rm.Args) error {
	reply, err := get.Do(ctx, args.At(1))
	defer reply.Free()
	if err != nil {
		return err
	}
	return ctx.ReplyWithCallReply(reply)
}

func setText(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("SET", 0, rm.Text(args.At(1).String()), rm.Text("text of a constant"))
	defer reply.Free()
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func increment(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("INCRBY", 0, rm.Str(args.At(1)), rm.Int64(5))
	defer reply.Free()
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func incrementPrepared(ctx rm.Context, args rm.Args) error {
	reply, err := incrBy.DoArgs(ctx, rm.Bytes(args.At(1).Bytes()), rm.Int64(-5))
	defer reply.Free()
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// client replies with what the context knows of its client.
func client(ctx rm.Context, args rm.Args) error {
	_ = ctx.ReplyWithArray(3)
	_ = ctx.ReplyWithLongLong(int64(ctx.ClientID()))
	_ = ctx.ReplyWithLongLong(int64(ctx.SelectedDB()))
	n := int64(2)
	if ctx.RESP3() {
		n = 3
	}
	return ctx.ReplyWithLongLong(n)
}
