// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

// These are the module's own listeners, on the raw layer. The binding listens to
// three of these events too.

// count is how often events came; the server's thread alone writes it.
var count struct {
	before, after, progress, config, clients int
}

type listener struct {
	event redismodule.Event
	hear  func(sub uintptr)
	fn    redismodule.CFunc
	on    bool
}

var listeners = []*listener{
	{event: redismodule.EventEventLoop, hear: func(sub uintptr) {
		if sub == redismodule.SUBEVENT_EVENTLOOP_BEFORE_SLEEP {
			count.before++
		} else {
			count.after++
		}
	}},
	{event: redismodule.EventLoadingProgress, hear: func(uintptr) { count.progress++ }},
	{event: redismodule.EventConfig, hear: func(uintptr) { count.config++ }},
}

var clients = &listener{event: redismodule.EventClientChange, hear: func(uintptr) {
	count.clients++
	text := fmt.Sprint("client ", count.clients) // allocates
	work.sink.Store(&text)
}}

// forgetListeners is for a module that is loaded again: its callbacks are gone.
func forgetListeners() {
	for _, l := range append(listeners, clients) {
		l.fn, l.on = 0, false
	}
}

// set subscribes, or ends the subscription. One that is not there is not ended: some
// servers take that for a new one without a function.
func (l *listener) set(ctx rm.Context, on bool) error {
	if !on && !l.on {
		return nil
	}
	f := redismodule.CFunc(0)
	if on {
		if l.fn == 0 {
			fn, err := redismodule.NewCallback(func(_, _, _, sub, _, _ uintptr, _ unsafe.Pointer) uintptr {
				l.hear(sub)
				return 0
			}, nil)
			if err != nil {
				return err
			}
			l.fn = fn
		}
		f = l.fn
	}
	if redismodule.SubscribeToServerEvent(ctx.Raw(), l.event, f) != redismodule.OK {
		return rm.Error("ERR the server refused the event")
	}
	l.on = on
	return nil
}

func listen(ctx rm.Context, on bool) error {
	for _, l := range listeners {
		if err := l.set(ctx, on); err != nil {
			return err
		}
	}
	return nil
}

// subscribe is x.events on|off.
func subscribe(ctx rm.Context, args rm.Args) error {
	if err := listen(ctx, args.At(1).String() == "on"); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// subscribeClients is x.clients on|off.
func subscribeClients(ctx rm.Context, args rm.Args) error {
	if err := clients.set(ctx, args.At(1).String() == "on"); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func counts(ctx rm.Context, args rm.Args) error {
	return ctx.ReplyWithText(fmt.Sprintf("before=%d after=%d progress=%d config=%d clients=%d",
		count.before, count.after, count.progress, count.config, count.clients))
}
