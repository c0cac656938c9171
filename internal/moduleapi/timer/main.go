// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module timer is what the unit timer of the suite loads.
package main

import (
	"time"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "timer", Version: 1, Commands: []rm.Command{
		command("test.createtimer", 3, func(ctx rm.Context, args rm.Args) error { return create(ctx, args, false) }),
		command("test.selfstoptimer", 3, func(ctx rm.Context, args rm.Args) error { return create(ctx, args, true) }),
		command("test.gettimer", 2, get),
		command("test.stoptimer", 2, stop),
	}})
}

// entry is a timer and the key that it increments.
type entry struct {
	timer rm.Timer
	key   string
}

var (
	entries = map[int64]entry{}
	last    int64
)

var incr = rm.NewCall("INCR", rm.CallReplicate)

// create is test.createtimer MILLISECONDS KEY; with stopItself the timer is stopped while it fires.
func create(ctx rm.Context, args rm.Args, stopItself bool) error {
	ms, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	last++
	id, key := last, args.At(2).Clone()
	timer, err := ctx.CreateTimer(time.Duration(ms)*time.Millisecond, func(ctx rm.Context) {
		if stopItself {
			entries[id].timer.Stop(ctx)
		}
		delete(entries, id)
		reply, err := incr.DoArgs(ctx, rm.Text(key))
		if err != nil {
			ctx.Warning(err.Error())
			return
		}
		reply.Free()
	})
	if err != nil {
		return err
	}
	entries[id] = entry{timer, key}
	return ctx.ReplyWithLongLong(id)
}

// of returns the timer with the number of the first argument, if it has yet to fire, and what remains.
func of(ctx rm.Context, args rm.Args) (id int64, remains time.Duration, ok bool, err error) {
	if id, err = args.At(1).Int64(); err != nil {
		return 0, 0, false, err
	}
	remains, ok = entries[id].timer.Remaining(ctx)
	return id, remains, ok, nil
}

// test.gettimer ID replies with key and milliseconds, or null.
func get(ctx rm.Context, args rm.Args) error {
	id, remains, ok, err := of(ctx, args)
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithNull()
	}
	if err := ctx.ReplyWithArray(2); err != nil {
		return err
	}
	if err := ctx.ReplyWithText(entries[id].key); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(remains.Milliseconds())
}

// test.stoptimer ID
func stop(ctx rm.Context, args rm.Args) error {
	id, _, ok, err := of(ctx, args)
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithLongLong(0)
	}
	entries[id].timer.Stop(ctx)
	delete(entries, id)
	return ctx.ReplyWithLongLong(1)
}

func main() {}
