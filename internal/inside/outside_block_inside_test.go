// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// The methods of a context that block clients, yield, and defragment.

func init() {
	nobody := func(rm.Context, rm.Args) error { return nil }
	for name, f := range map[string]func(ctx rm.Context) error{
		"BlockClient": func(ctx rm.Context) error {
			_, err := ctx.BlockClient(rm.BlockOptions{Reply: nobody})
			return wants("a client", err == rm.ErrCannotBlock)
		},
		"BlockClientOnKeys": withName(func(ctx rm.Context, s rm.RStr) error {
			_, err := ctx.BlockClientOnKeys(rm.BlockOptions{Reply: nobody}, s)
			return wants("a client", err == rm.ErrCannotBlock)
		}),
		"BlockedClientHandle": func(ctx rm.Context) error {
			_, ok := ctx.BlockedClientHandle()
			return wants("a blocked client", !ok)
		},
		"BlockedClientReadyKey": func(ctx rm.Context) error {
			_, ok := ctx.BlockedClientReadyKey()
			return wants("a key that is ready", !ok)
		},
		"IsBlockedReplyRequest":   func(ctx rm.Context) error { return wants("a blocked client", !ctx.IsBlockedReplyRequest()) },
		"IsBlockedTimeoutRequest": func(ctx rm.Context) error { return wants("a blocked client", !ctx.IsBlockedTimeoutRequest()) },
		"SignalKeyAsReady":        withName(func(ctx rm.Context, s rm.RStr) error { return ctx.SignalKeyAsReady(s) }),
		"Yield":                   func(ctx rm.Context) error { return wants("a command", ctx.Yield(rm.YieldNone, "") == rm.ErrNoCommand) },
		"RegisterDefrag":          func(ctx rm.Context) error { return ctx.RegisterDefrag(rm.DefragSpec{}) },
	} {
		outsideOthers[name] = f
	}
}
