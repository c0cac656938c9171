// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// The commands on events and timers; bench/native/events.h says what each does.

const events = 100

func eventCommands(prefix string) []rm.Command {
	return []rm.Command{
		{Name: prefix + "notify", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: notify},
		{Name: prefix + "timer", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: timer},
	}
}

var heard int // bytes of keys

func listen(ctx rm.Context) error {
	_, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyModule, func(_ rm.NotifyContext, e rm.KeyspaceEvent) { heard += e.Key().Len() })
	return err
}

func notify(ctx rm.Context, args rm.Args) error {
	heard = 0
	for range events {
		if err := ctx.NotifyKeyspaceEvent(rm.NotifyModule, "bench", args.At(1)); err != nil {
			return err
		}
	}
	return ctx.ReplyWithLongLong(int64(heard))
}

func onTimer(rm.Context) {}

func timer(ctx rm.Context, _ rm.Args) error {
	t, err := ctx.CreateTimer(time.Hour, onTimer)
	if err != nil {
		return err
	}
	left := int64(0)
	if remaining, ok := t.Remaining(ctx); ok && remaining > 0 {
		left = 1
	}
	t.Stop(ctx)
	return ctx.ReplyWithLongLong(left)
}
