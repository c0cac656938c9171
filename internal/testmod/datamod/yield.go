// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"time"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

// A long command that yields.

var _ = add(rm.Command{Name: "d.yield", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 4, Handler: dYield})

// d.busy is served while another command yields.
var _ = atLoad(func(ctx rm.Context) error {
	if !redismodule.Has(redismodule.FnYield) {
		return nil
	}
	return ctx.CreateCommand(rm.Command{Name: "d.busy", Flags: rm.CmdReadOnly | rm.CmdAllowBusy, Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, _ rm.Args) error {
		busyRan++
		if err := ctx.Yield(rm.YieldClients, "within"); err != nil {
			return err
		}
		return ctx.ReplyWithText("served")
	}})
})

var busyRan int64

// dYield is d.yield MS FLAGS TEXT: yields for a time, and replies with the commands
// that were served meanwhile, within an array that it has begun before.
func dYield(ctx rm.Context, args rm.Args) error {
	ms, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	flags, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	text, before := args.At(3).Clone(), busyRan
	if text == "key" {
		k := ctx.OpenWriteKey(args.At(3))
		err := ctx.Yield(rm.YieldClients, "")
		k.Close()
		return err
	}
	_ = ctx.ReplyWithArray(2)
	for end := time.Now().Add(time.Duration(ms) * time.Millisecond); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if err := ctx.Yield(rm.YieldFlags(flags), text); err != nil {
			return err
		}
	}
	_ = ctx.ReplyWithText(args.At(3).String())
	return ctx.ReplyWithLongLong(busyRan - before)
}
