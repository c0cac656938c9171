// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"sync"

	"github.com/iredismodule/redismodule/internal/testmod/replyprog"
	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.builder.run", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: runProgram},
	rm.Command{Name: "d.builder.again", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: replayAgain},
	rm.Command{Name: "d.builder.hot", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: hotReply},
	rm.Command{Name: "d.builder.many", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: manyElements},
	rm.Command{Name: "d.builder.goroutines", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: recordOnGoroutines},
	rm.Command{Name: "d.builder.call", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -3, Handler: recordCall},
	rm.Command{Name: "d.builder.freed", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: freedReply},
	rm.Command{Name: "d.builder.str", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: recordStrings},
)

// runProgram is d.builder.run PROGRAM.
func runProgram(ctx rm.Context, args rm.Args) error {
	b := rm.NewReply()
	replyprog.Run(replyprog.Decode(args.At(1).Bytes()), b)
	err := b.ReplyTo(ctx)
	b.Free()
	return err
}

// replayAgain is d.builder.again PROGRAM: the reply is sent three times, then more is
// recorded, which is a mistake and changes nothing of what was sent.
func replayAgain(ctx rm.Context, args rm.Args) error {
	b := rm.NewReply()
	replyprog.Run(replyprog.Decode(args.At(1).Bytes()), b)
	copied := b // the same recording
	_ = ctx.ReplyWithArray(4)
	for range 3 {
		if err := copied.ReplyTo(ctx); err != nil {
			return err
		}
	}
	b.Null()
	err := b.ReplyTo(ctx)
	_ = ctx.ReplyWithError(err)
	b.Free()
	return nil
}

// hotReply is d.builder.hot TEXT: what must not allocate.
func hotReply(ctx rm.Context, args rm.Args) error {
	b := rm.NewReply()
	b.BeginArray(rm.PostponedLen)
	for range 20 {
		b.BeginAttribute(1)
		b.Text("ttl")
		b.LongLong(60)
		b.BeginMap(3)
		b.Str(args.At(1))
		b.Double(1.5)
		b.Bytes(args.At(1).Bytes())
		b.BeginSet(3)
		b.Bool(true)
		b.Null()
		b.NullArray()
		b.OK()
		b.BeginMap(rm.PostponedLen)
		b.BigNumber("12345678901234567890")
		b.VerbatimString("text", "txt")
		b.Error(rm.ErrWrongType)
		b.LongDouble(0.25)
		b.End()
		b.Value(rm.LongLongValue(5))
	}
	b.End()
	err := b.ReplyTo(ctx)
	b.Free()
	return err
}

// manyElements is d.builder.many N TEXT: an array of N texts.
func manyElements(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	b := rm.NewReply()
	b.BeginArray(int(n))
	for range n {
		b.Str(args.At(2))
	}
	err = b.ReplyTo(ctx)
	b.Free()
	return err
}

// recordOnGoroutines records on eight goroutines, and on this one what they have
// recorded.
func recordOnGoroutines(ctx rm.Context, _ rm.Args) error {
	var parts [8]rm.Reply
	var wait sync.WaitGroup
	for i := range parts {
		wait.Go(func() {
			b := rm.NewReply()
			b.BeginMap(rm.PostponedLen)
			for n := range 100 {
				b.LongLong(int64(i*100 + n))
				b.Text("text of a goroutine")
			}
			b.End()
			parts[i] = b
		})
	}
	wait.Wait()
	all := rm.NewReply()
	all.BeginArray(rm.PostponedLen)
	for _, b := range parts {
		all.Reply(b)
		b.Free()
	}
	all.End()
	err := all.ReplyTo(ctx)
	all.Free()
	return err
}

// recordCall is d.builder.call FLAGS COMMAND [ARG...]: an array with the reply of a
// call, which is freed before the array is sent. FLAGS is - or 3.
func recordCall(ctx rm.Context, args rm.Args) error {
	var flags rm.CallFlags
	if args.At(1).String() == "3" {
		flags = rm.CallRESP3
	}
	var words []rm.Arg
	for _, a := range args.From(3).All {
		words = append(words, rm.Str(a))
	}
	reply, err := ctx.Call(args.At(2).String(), flags, words...)
	b := rm.NewReply()
	b.BeginArray(2)
	if err != nil {
		b.Error(err)
	} else {
		b.CallReply(reply)
	}
	b.CallReply(rm.CallReply{})
	reply.Free()
	err = b.ReplyTo(ctx)
	b.Free()
	return err
}

// freedReply is d.builder.freed TEXT: what methods say after Free.
func freedReply(ctx rm.Context, args rm.Args) error {
	b := rm.NewReply()
	b.Text("old")
	b.Free()
	fresh := rm.NewReply() // likely the same memory
	fresh.Str(args.At(1))
	b.Text("stale")
	b.BeginArray(3)
	b.End()
	b.Value(rm.LongLongValue(1))
	b.Reply(fresh)
	b.Free()
	_, errRESP := b.AppendRESP(nil, 2)
	errs := []error{b.Err(), b.ReplyTo(ctx), b.Reset(), errRESP, rm.Reply{}.ReplyTo(ctx), ctx.Reply(rm.ReplyValue(b))}
	for _, err := range errs {
		if err != rm.ErrReplyFreed {
			return rm.Error("ERR a method takes a freed recording")
		}
	}
	err := fresh.ReplyTo(ctx)
	fresh.Free()
	return err
}

// recordStrings is d.builder.str TEXT: the string is changed and freed before the
// reply is sent.
func recordStrings(ctx rm.Context, args rm.Args) error {
	own := args.At(1).Copy()
	b := rm.NewReply()
	b.BeginArray(3)
	b.Str(own.Str())
	b.Str(rm.RStr{})
	if err := own.Append([]byte("x")); err != nil {
		return err
	}
	b.Str(own.Str())
	own.Free()
	err := b.ReplyTo(ctx)
	b.Free()
	return err
}
