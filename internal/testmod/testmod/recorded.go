// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// recordedLate is t.recorded.late: it sends a recorded reply when the command has ended,
// and logs what comes of it.
func recordedLate(ctx rm.Context, _ rm.Args) error {
	go func() {
		time.Sleep(50 * time.Millisecond)
		rm.Log(rm.LevelWarning, fmt.Sprint("recorded late: ", recorded(ctx)))
	}()
	return ctx.ReplyWithOK()
}

// outerContext is the context of t.recorded.outer.
var outerContext rm.Context

// recordedOuter is t.recorded.outer: it calls t.recorded.inner, which sends a recorded
// reply to the client of t.recorded.outer.
func recordedOuter(ctx rm.Context, _ rm.Args) error {
	outerContext = ctx
	reply, err := ctx.Call("t.recorded.inner", 0)
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithCallReply(reply)
}

func recordedInner(rm.Context, rm.Args) error { return recorded(outerContext) }

// recorded sends a recorded integer.
func recorded(ctx rm.Context) error {
	r := rm.NewReply()
	defer r.Free()
	r.LongLong(99)
	return r.ReplyTo(ctx)
}
