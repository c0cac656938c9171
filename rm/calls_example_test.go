// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"github.com/iredismodule/redismodule/rm"
)

var getRange = rm.NewCall("LRANGE", 0)

// A command that adds up the numbers in a list: a prepared call, its error, a walk over
// its reply.
func ExampleCall() {
	sum := func(ctx rm.Context, args rm.Args) error {
		reply, err := getRange.DoArgs(ctx, rm.Str(args.At(1)), rm.Int64(0), rm.Int64(-1))
		if err != nil {
			return err // the client gets it as the server has put it
		}
		defer reply.Free()
		total := int64(0)
		for _, e := range reply.Elements {
			n, err := e.Int64()
			if err != nil {
				return err
			}
			total += n
		}
		return ctx.ReplyWithLongLong(total)
	}
	_ = sum
}

// A hash as pairs, in whatever protocol the reply is.
func ExampleCallReply_Pairs() {
	show := func(ctx rm.Context, args rm.Args) error {
		reply, err := ctx.Call("HGETALL", 0, rm.Str(args.At(1)))
		if err != nil {
			return err
		}
		defer reply.Free()
		for field, value := range reply.Pairs {
			ctx.Log(rm.LevelNotice, field.String()+"="+value.String())
		}
		return ctx.ReplyWithOK()
	}
	_ = show
}

// An error with a code that is expected.
func ExampleIsCode() {
	run := func(ctx rm.Context, args rm.Args) error {
		reply, err := ctx.Call("EVALSHA", 0, rm.Strs(args.From(1)))
		if rm.IsCode(err, "NOSCRIPT") {
			return rm.Error("ERR load the script first")
		}
		if err != nil {
			return err
		}
		defer reply.Free()
		return ctx.ReplyWithCallReply(reply)
	}
	_ = run
}

// Waits for an element of a list without blocking anybody.
func ExampleCallReply_OnUnblocked() {
	wait := func(ctx rm.Context, args rm.Args) error {
		reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Str(args.At(1)), rm.Int64(60))
		if err != nil {
			return err
		}
		if !reply.IsPromise() { // there was an element
			defer reply.Free()
			return ctx.ReplyWithCallReply(reply)
		}
		_, err = reply.OnUnblocked(func(ctx rm.Context, reply rm.CallReply) {
			if !reply.IsNull() {
				ctx.Log(rm.LevelNotice, "got "+reply.Element(1).String())
			}
		})
		if err != nil {
			reply.Free()
			return err
		}
		return ctx.ReplyWithSimpleString("waiting")
	}
	_ = wait
}

// A call with the rights of a user that may read little.
func ExampleContext_SetUser() {
	read := func(ctx rm.Context, args rm.Args) error {
		reader, err := rm.NewUser("reader")
		if err != nil {
			return err
		}
		defer reader.Free()
		if err := reader.SetACL("on +@read ~public:*"); err != nil {
			return err
		}
		if err := ctx.SetUser(reader); err != nil {
			return err
		}
		reply, err := ctx.Call("GET", rm.CallAsUser, rm.Str(args.At(1)))
		_ = ctx.SetUser(rm.User{})
		if err != nil {
			return err
		}
		defer reply.Free()
		return ctx.ReplyWithCallReply(reply)
	}
	_ = read
}

// Replicates the effect of a command, not the command: every copy gets the same random
// value.
func ExampleContext_Replicate() {
	roll := func(ctx rm.Context, args rm.Args) error {
		reply, err := ctx.Call("SET", 0, rm.Str(args.At(1)), rm.Int64(4))
		if err != nil {
			return err
		}
		reply.Free()
		if err := ctx.Replicate("SET", 0, rm.Str(args.At(1)), rm.Int64(4)); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}
	_ = roll
}

// Tells subscribers.
func ExampleContext_PublishMessage() {
	tell := func(ctx rm.Context, args rm.Args) error {
		receivers, err := ctx.PublishMessage(args.At(1), args.At(2))
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(receivers))
	}
	_ = tell
}
