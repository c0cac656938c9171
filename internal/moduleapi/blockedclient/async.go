// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// asyncCommands are the commands of the unit async_rm_call: they call blocking commands and do not wait
// for them. The module in C has each of them a second time, with another function of the server's for
// the call; ours is the same under both names.
func asyncCommands() (commands []rm.Command) {
	for _, way := range []string{"rm_call", "vm_call_argv"} {
		for name, h := range map[string]rm.Handler{
			"do_*_async":                         callAsync(rm.CallReplicate),
			"do_*_async_script_mode":             callAsync(rm.CallReplicate | rm.CallScriptMode),
			"do_*_async_no_replicate":            callAsync(0),
			"do_*_async_on_thread":               callAsyncOnThread,
			"do_*_fire_and_forget":               callAndForget,
			"wait_and_do_*":                      waitAndCall,
			"blpop_and_set_multiple_keys_with_*": popAndSet,
		} {
			commands = append(commands, rm.Command{
				Name: strings.ReplaceAll(name, "*", way), Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: h,
			})
		}
	}
	// The name that it has on Valkey 8.
	return append(commands, rm.Command{Name: "blpop_and_set_multiple_keys", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: popAndSet})
}

// words are a command that is called later.
func words(args rm.Args) (list []string) {
	for _, a := range args.All {
		list = append(list, a.Clone())
	}
	return list
}

func call(ctx rm.Context, flags rm.CallFlags, words ...string) (rm.CallReply, error) {
	var args []rm.Arg
	for _, w := range words[1:] {
		args = append(args, rm.Text(w))
	}
	return ctx.Call(words[0], flags, args...)
}

// answer answers a client with a reply, by a function that may do it elsewhere.
func answer(b rm.BlockedClient, reply rm.CallReply, by func(answer func())) {
	if err := reply.Err(); err != nil {
		b.ReplyWithError(rm.Error(err.Error()))
		return
	}
	r := rm.NewReply()
	r.CallReply(reply)
	by(func() { b.ReplyWith(r) })
}

func here(f func())        { f() }
func onGoroutine(f func()) { go f() }

// finish replies with the reply of a call, or blocks the client and has then called when it is there. A
// client that leaves takes the call with it.
func finish(ctx rm.Context, reply rm.CallReply, then func(ctx rm.Context, b rm.BlockedClient, reply rm.CallReply)) error {
	if !reply.IsPromise() {
		defer reply.Free()
		return ctx.ReplyWithCallReply(reply)
	}
	var promise rm.Promise
	b, err := ctx.BlockClient(rm.BlockOptions{OnDisconnect: func(rm.BlockedClient) { promise.Abort() }})
	if err == nil {
		promise, err = reply.OnUnblocked(func(ctx rm.Context, reply rm.CallReply) { then(ctx, b, reply) })
	}
	if err != nil {
		reply.Free()
	}
	return err
}

// mayBlock refuses what has to block the client.
func mayBlock(ctx rm.Context) error {
	if ctx.ContextFlags()&rm.CtxFlagDenyBlocking != 0 {
		return rm.Error("ERR blocking is not allowed")
	}
	return nil
}

// do_..._async COMMAND ...
func callAsync(flags rm.CallFlags) rm.Handler {
	return func(ctx rm.Context, args rm.Args) error {
		flags := flags
		if mayBlock(ctx) == nil {
			flags |= rm.CallAllowBlock
		}
		reply, err := call(ctx, flags, words(args.From(1))...)
		if err != nil {
			return err
		}
		return finish(ctx, reply, func(_ rm.Context, b rm.BlockedClient, reply rm.CallReply) { answer(b, reply, here) })
	}
}

// do_..._async_on_thread COMMAND ...: a goroutine answers.
func callAsyncOnThread(ctx rm.Context, args rm.Args) error {
	reply, err := call(ctx, rm.CallAllowBlock, words(args.From(1))...)
	if err != nil {
		return err
	}
	return finish(ctx, reply, func(_ rm.Context, b rm.BlockedClient, reply rm.CallReply) { answer(b, reply, onGoroutine) })
}

// do_..._fire_and_forget COMMAND ...
func callAndForget(ctx rm.Context, args rm.Args) error {
	reply, err := call(ctx, rm.CallReplicate|rm.CallAllowBlock, words(args.From(1))...)
	if err != nil {
		return err
	}
	defer reply.Free()
	if reply.IsPromise() {
		return ctx.ReplyWithText("Blocked")
	}
	return ctx.ReplyWithCallReply(reply)
}

// wait_and_do_... COMMAND ...: when there is a replica the command is called.
func waitAndCall(ctx rm.Context, args rm.Args) error {
	if err := mayBlock(ctx); err != nil {
		return err
	}
	command := words(args.From(1))
	reply, err := call(ctx, rm.CallReplicate|rm.CallAllowBlock, "WAIT", "1", "0")
	if err != nil {
		return err
	}
	return finish(ctx, reply, func(ctx rm.Context, b rm.BlockedClient, _ rm.CallReply) {
		reply, err := call(ctx, rm.CallReplicate|rm.CallAllowBlock, command...)
		switch {
		case err != nil:
		case reply.IsPromise():
			_, err = reply.OnUnblocked(func(_ rm.Context, reply rm.CallReply) { answer(b, reply, here) })
		default:
			answer(b, reply, here)
			reply.Free()
		}
		if err != nil {
			b.ReplyWithError(rm.Error(err.Error()))
		}
	})
}

// blpop_and_set_multiple_keys_with_... LIST [KEY VALUE]...: when the list has an element the keys are set.
func popAndSet(ctx rm.Context, args rm.Args) error {
	if err := mayBlock(ctx); err != nil {
		return err
	}
	if args.Len()%2 != 0 {
		return rm.ErrWrongArity
	}
	pairs := words(args.From(2))
	reply, err := call(ctx, rm.CallReplicate|rm.CallAllowBlock, "BLPOP", args.At(1).Clone(), "0")
	if err != nil {
		return err
	}
	return finish(ctx, reply, func(ctx rm.Context, b rm.BlockedClient, _ rm.CallReply) {
		for i := 0; i < len(pairs); i += 2 {
			reply, err := call(ctx, rm.CallReplicate, "SET", pairs[i], pairs[i+1])
			if err != nil {
				b.ReplyWithError(rm.Error(err.Error()))
				return
			}
			reply.Free()
		}
		r := rm.NewReply()
		r.OK()
		b.ReplyWith(r)
	})
}
