// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// Calls and replies.

var (
	getCall      = rm.NewCall("GET", 0)
	incrCall     = rm.NewCall("INCR", 0)
	pingCall     = rm.NewCall("PING", 0)
	getRangeCall = rm.NewCall("GETRANGE", 0)
	lrangeCall   = rm.NewCall("LRANGE", 0)
)

// passOn replies with the reply of a call, an error too, and frees it.
func passOn(ctx rm.Context, reply rm.CallReply, err error) error {
	if reply.IsZero() {
		return err
	}
	err = ctx.ReplyWithCallReply(reply)
	reply.Free()
	return err
}

func call(ctx rm.Context, args rm.Args) error {
	reply, err := getCall.Do(ctx, args.At(1))
	return passOn(ctx, reply, err)
}

func call0(ctx rm.Context, _ rm.Args) error {
	reply, err := pingCall.Do(ctx)
	return passOn(ctx, reply, err)
}

func call3(ctx rm.Context, args rm.Args) error {
	reply, err := getRangeCall.Do(ctx, args.At(1), args.At(2), args.At(3))
	return passOn(ctx, reply, err)
}

func incr(ctx rm.Context, args rm.Args) error {
	reply, err := incrCall.Do(ctx, args.At(1))
	if err != nil {
		return passOn(ctx, reply, err)
	}
	reply.Free()
	return ctx.ReplyWithOK()
}

func walk(ctx rm.Context, args rm.Args) error {
	reply, err := lrangeCall.Do(ctx, args.At(1), args.At(2), args.At(3))
	if err != nil {
		return passOn(ctx, reply, err)
	}
	sum := 0
	for i := range reply.Len() {
		sum += len(reply.Element(i).Bytes())
	}
	reply.Free()
	return ctx.ReplyWithLongLong(int64(sum))
}

// walkBytes is walk by ElementBytes.
func walkBytes(ctx rm.Context, args rm.Args) error {
	reply, err := lrangeCall.Do(ctx, args.At(1), args.At(2), args.At(3))
	if err != nil {
		return passOn(ctx, reply, err)
	}
	sum := 0
	for _, b := range reply.ElementBytes {
		sum += len(b)
	}
	reply.Free()
	return ctx.ReplyWithLongLong(int64(sum))
}

const (
	element     = "0123456789abcdef"
	errNoLength = rm.Error("ERR not a length")
)

func reply(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil || n < 0 {
		return errNoLength
	}
	if err := ctx.ReplyWithArray(int(n)); err != nil {
		return err
	}
	for i := range n {
		if i%2 == 0 {
			err = ctx.ReplyWithLongLong(i)
		} else {
			err = ctx.ReplyWithText(element)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func build(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil || n < 0 {
		return errNoLength
	}
	b := rm.NewReply()
	b.BeginArray(int(n))
	for i := range n {
		if i%2 == 0 {
			b.LongLong(i)
		} else {
			b.Text(element)
		}
	}
	err = b.ReplyTo(ctx)
	b.Free()
	return err
}
