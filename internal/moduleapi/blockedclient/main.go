// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module blockedclient is what the unit blockedclient of the suite loads, and async_rm_call, and others for its calls.
package main

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule/internal/moduleapi/calls"
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	busy := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdAllowBusy, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "blockedclient", Version: 1, Commands: append(asyncCommands(), []rm.Command{
		command("acquire_gil", 1, acquire),
		command("do_rm_call", -2, calls.With(0)),
		{Name: "do_bg_rm_call", Flags: rm.CmdMayReplicate, Keys: rm.NoKeys, Arity: -2, Handler: func(ctx rm.Context, args rm.Args) error {
			return background(ctx, 0, args.From(1))
		}},
		{Name: "do_bg_rm_call_format", Flags: rm.CmdMayReplicate, Keys: rm.NoKeys, Arity: -3, Handler: func(ctx rm.Context, args rm.Args) error {
			flags, err := calls.Flags(args.At(1))
			if err != nil {
				return err
			}
			return background(ctx, flags, args.From(2))
		}},
		command("do_fake_bg_true", 1, func(ctx rm.Context, _ rm.Args) error {
			return rm.Go(ctx, func(rm.Job) (rm.Reply, error) {
				reply := rm.NewReply()
				reply.Bool(true)
				return reply, nil
			})
		}),
		command("slow_fg_command", 2, slow),
		busy("stop_slow_fg_command", 1, func(ctx rm.Context, _ rm.Args) error {
			stopSlow.Store(true)
			return ctx.ReplyWithOK()
		}),
		busy("set_slow_bg_operation", 2, setSlowBackground),
		busy("is_in_slow_bg_operation", 1, func(ctx rm.Context, _ rm.Args) error { return flag(ctx, inSlowBackground.Load()) }),
		command("unblock_by_timer", 3, byTimer),
	}...)})
}

func flag(ctx rm.Context, b bool) error {
	if b {
		return ctx.ReplyWithLongLong(1)
	}
	return ctx.ReplyWithLongLong(0)
}

// whyNot replies why a client cannot be blocked.
func whyNot(ctx rm.Context, err error) error {
	if !errors.Is(err, rm.ErrCannotBlock) {
		return err
	}
	if ctx.ContextFlags()&rm.CtxFlagMulti != 0 {
		return ctx.ReplyWithText("Blocked client is not supported inside multi")
	}
	return ctx.ReplyWithText("Blocked client is not allowed")
}

// acquire blocks the client while a goroutine has something done on the server's thread.
func acquire(ctx rm.Context, _ rm.Args) error {
	b, err := ctx.BlockClient(rm.BlockOptions{})
	if err != nil {
		return whyNot(ctx, err)
	}
	return b.Go(ctx, func(job rm.Job) (rm.Reply, error) {
		reply := rm.NewReply()
		return reply, job.Do(func(rm.Context) error {
			reply.OK()
			return nil
		})
	})
}

// What slows the calls of goroutines down.
var slowBackground, inSlowBackground atomic.Bool

// set_slow_bg_operation 0|1
func setSlowBackground(ctx rm.Context, args rm.Args) error {
	slowBackground.Store(args.At(1).String() != "0")
	return ctx.ReplyWithOK()
}

// background blocks the client while a goroutine calls a command for it.
func background(ctx rm.Context, flags rm.CallFlags, command rm.Args) error {
	words := words(command)
	b, err := ctx.BlockClient(rm.BlockOptions{})
	if err != nil {
		return whyNot(ctx, err)
	}
	return b.Go(ctx, func(job rm.Job) (rm.Reply, error) {
		reply := rm.NewReply()
		return reply, job.Do(func(ctx rm.Context) error { return record(ctx, reply, flags, words) })
	})
}

// record calls a command and records what it replies.
func record(ctx rm.Context, reply rm.Reply, flags rm.CallFlags, words []string) error {
	if slowBackground.Load() {
		inSlowBackground.Store(true)
		defer inSlowBackground.Store(false)
		for end := time.Now().Add(longest); slowBackground.Load() && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
	r, err := call(ctx, flags, words...)
	if err != nil {
		reply.Error(err)
		return nil
	}
	defer r.Free()
	if r.IsZero() {
		reply.Error(rm.Error("NULL reply returned"))
		return nil
	}
	reply.CallReply(r)
	return nil
}

// longest is how long a call of a goroutine is slow at most: the server serves nobody meanwhile, and
// so nobody can stop it.
const longest = 2 * time.Second

// stopSlow ends a command that runs on the server's thread.
var stopSlow atomic.Bool

// slow is slow_fg_command MICROSECONDS: 0 is until it is stopped.
func slow(ctx rm.Context, args rm.Args) error {
	micro, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	stopSlow.Store(false)
	flags := rm.YieldClients
	if micro > 0 { // it ends by itself
		flags = rm.YieldNone
	}
	// In a call package rm does not yield, so nobody could stop it there.
	limit := 5 * longest
	if ctx.ContextFlags()&rm.CtxFlagDenyBlocking != 0 {
		limit = longest
	}
	if micro > 0 {
		limit = time.Duration(micro) * time.Microsecond
	}
	for begun := time.Now(); !stopSlow.Load() && time.Since(begun) < limit; {
		if err := ctx.Yield(flags, "Slow module operation"); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return ctx.ReplyWithLongLong(1)
}

// byTimer is unblock_by_timer PERIOD TIMEOUT, in milliseconds: the client gets OK when the period is
// over, and nothing when the time-out comes first.
func byTimer(ctx rm.Context, args rm.Args) error {
	period, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	timeout, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	b, err := ctx.BlockClient(rm.BlockOptions{Timeout: time.Duration(timeout) * time.Millisecond})
	if err != nil {
		return whyNot(ctx, err)
	}
	_, err = ctx.CreateTimer(time.Duration(period)*time.Millisecond, func(rm.Context) {
		reply := rm.NewReply()
		reply.OK()
		b.ReplyWith(reply)
	})
	return err
}

func main() {}
