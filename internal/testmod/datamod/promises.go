// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// Calls that block, for tests with several clients, and of unloading. The name is by which a
// later command finds the promise, and what its handler notes.

var _ = add(
	rm.Command{Name: "d.promise.wait", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 3, Handler: promiseWait},
	rm.Command{Name: "d.promise.free", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 3, Handler: promiseFree},
	rm.Command{Name: "d.promise.panic", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 3, Handler: promisePanic},
	rm.Command{Name: "d.promise.forget", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: promiseForget},
	rm.Command{Name: "d.promise.call", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: promiseCall},
	rm.Command{Name: "d.promise.abort", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: promiseAbort},
	rm.Command{Name: "d.promise.heard", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: promiseHeard},
)

var (
	heard    []string
	promised = map[string]rm.Promise{}
)

// blpop calls BLPOP for a list, whose element is noted when it comes; then f is called.
func blpop(ctx rm.Context, name string, list rm.RStr, f func(ctx rm.Context, reply rm.CallReply)) error {
	reply, err := ctx.Call("BLPOP", rm.CallAllowBlock|rm.CallReplicate, rm.Str(list), rm.Int64(0))
	if err != nil {
		return err
	}
	p, err := reply.OnUnblocked(func(ctx rm.Context, reply rm.CallReply) {
		heard = append(heard, name+": "+reply.Element(0).String()+" "+reply.Element(1).String())
		f(ctx, reply)
	})
	if err != nil {
		reply.Free()
		return err
	}
	promised[name] = p
	return ctx.ReplyWithSimpleString("waits")
}

// promiseWait is d.promise.wait NAME LIST.
func promiseWait(ctx rm.Context, args rm.Args) error {
	return blpop(ctx, args.At(1).Clone(), args.At(2), func(rm.Context, rm.CallReply) {})
}

// promiseFree is d.promise.free NAME LIST: the handler frees the reply, which is not its own.
func promiseFree(ctx rm.Context, args rm.Args) error {
	return blpop(ctx, args.At(1).Clone(), args.At(2), func(_ rm.Context, reply rm.CallReply) {
		reply.Free()
		reply.Free()
	})
}

// promisePanic is d.promise.panic NAME LIST: the handler panics and leaves a key open.
func promisePanic(ctx rm.Context, args rm.Args) error {
	return blpop(ctx, args.At(1).Clone(), args.At(2), func(ctx rm.Context, _ rm.CallReply) {
		ctx.OpenWriteKey(ctx.Str("left open"))
		panic("a handler that panics")
	})
}

// promiseForget is d.promise.forget LIST: nobody hears the result.
func promiseForget(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Str(args.At(1)), rm.Int64(0))
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithSimpleString(reply.Type().String())
}

// promiseCall is d.promise.call NAME COMMAND ARG...: the command blocks, and its reply or
// error is noted when it comes.
func promiseCall(ctx rm.Context, args rm.Args) error {
	name := args.At(1).Clone()
	reply, err := ctx.Call(args.At(2).String(), rm.CallAllowBlock, rm.Strs(args.From(3)))
	if err != nil {
		return err
	}
	p, err := reply.OnUnblocked(func(_ rm.Context, reply rm.CallReply) {
		heard = append(heard, name+": "+reply.String())
	})
	if err != nil {
		reply.Free()
		return err
	}
	promised[name] = p
	return ctx.ReplyWithSimpleString("waits")
}

// promiseAbort is d.promise.abort NAME: replies with 1 if the call has ended by that.
func promiseAbort(ctx rm.Context, args rm.Args) error {
	if promised[args.At(1).String()].Abort() {
		return ctx.ReplyWithLongLong(1)
	}
	return ctx.ReplyWithLongLong(0)
}

// promiseHeard replies with what is noted, and forgets it.
func promiseHeard(ctx rm.Context, _ rm.Args) error {
	list := heard
	heard = nil
	return ctx.ReplyWithTexts(list)
}
