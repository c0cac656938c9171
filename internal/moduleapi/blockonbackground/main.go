// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module blockonbackground is what the unit blockonbackground of the suite loads.
package main

import (
	"time"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "block", Version: 1, Commands: []rm.Command{
		command("block.debug", 3, debug),
		command("block.double_debug", 2, doubleDebug),
		command("block.debug_no_track", 3, debugNoTrack),
		command("block.block", 2, block),
		command("block.is_blocked", 1, isBlocked),
		command("block.release", 2, release),
	}})
}

// milliseconds reads an argument.
func milliseconds(args rm.Args, i int) (time.Duration, error) {
	n, err := args.At(i).Int64()
	return time.Duration(n) * time.Millisecond, err
}

// delayed blocks the client as long as the first argument says, at most as long as the second does.
func delayed(ctx rm.Context, args rm.Args) (b rm.BlockedClient, delay time.Duration, err error) {
	if delay, err = milliseconds(args, 1); err != nil {
		return b, 0, err
	}
	timeout, err := milliseconds(args, 2)
	if err != nil {
		return b, 0, err
	}
	b, err = ctx.BlockClient(rm.BlockOptions{Timeout: timeout, OnTimeout: func(ctx rm.Context, _ rm.Args) error {
		return ctx.ReplyWithSimpleString("Request timedout")
	}})
	return b, delay, err
}

// debug is block.debug MILLISECONDS TIMEOUT; the time counts as the command's.
func debug(ctx rm.Context, args rm.Args) error {
	b, delay, err := delayed(ctx, args)
	if err != nil {
		return err
	}
	return b.Go(ctx, func(job rm.Job) (rm.Reply, error) {
		select {
		case <-time.After(delay):
		case <-job.Done():
		}
		return number(delay), nil
	})
}

// debugNoTrack is block.debug_no_track MILLISECONDS TIMEOUT; the time does not count.
func debugNoTrack(ctx rm.Context, args rm.Args) error {
	b, delay, err := delayed(ctx, args)
	if err != nil {
		return err
	}
	time.AfterFunc(delay, func() { b.ReplyWith(number(delay)) })
	return nil
}

// doubleDebug is block.double_debug MILLISECONDS: this long counts twice, and once not in between.
func doubleDebug(ctx rm.Context, args rm.Args) error {
	delay, err := milliseconds(args, 1)
	if err != nil {
		return err
	}
	b, err := ctx.BlockClient(rm.BlockOptions{})
	if err != nil {
		return err
	}
	go func() {
		for range 2 {
			b.MeasureTimeStart()
			time.Sleep(delay)
			b.MeasureTimeEnd()
			time.Sleep(delay)
		}
		b.ReplyWith(number(delay))
	}()
	return nil
}

func number(d time.Duration) rm.Reply {
	reply := rm.NewReply()
	reply.LongLong(d.Milliseconds())
	return reply
}

// blocked is the client of block.block.
var blocked rm.BlockedClient

// block is block.block TIMEOUT; 0 is none.
func block(ctx rm.Context, args rm.Args) error {
	timeout, err := milliseconds(args, 1)
	if err != nil {
		return err
	}
	if blocked.Waiting() {
		return rm.Error("ERR another client is blocked")
	}
	options := rm.BlockOptions{Timeout: timeout}
	if timeout > 0 {
		options.OnTimeout = func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithSimpleString("Timed out") }
	}
	blocked, err = ctx.BlockClient(options)
	return err
}

func isBlocked(ctx rm.Context, _ rm.Args) error {
	if blocked.Waiting() {
		return ctx.ReplyWithLongLong(1)
	}
	return ctx.ReplyWithLongLong(0)
}

// release is block.release TEXT.
func release(ctx rm.Context, args rm.Args) error {
	reply := rm.NewReply()
	reply.Str(args.At(1))
	if !blocked.ReplyWith(reply) {
		return rm.Error("ERR No blocked client")
	}
	return ctx.ReplyWithOK()
}

func main() {}
