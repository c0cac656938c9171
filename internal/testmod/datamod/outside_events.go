// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"syscall"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// The methods of a context that make timers and listen to events.

func init() {
	for name, f := range map[string]func(ctx rm.Context) error{
		"CreateTimer": func(ctx rm.Context) error {
			timer, err := ctx.CreateTimer(time.Hour, func(rm.Context) {})
			timer.Stop(ctx)
			return err
		},
		"Every": func(ctx rm.Context) error {
			ticker, err := ctx.Every(time.Hour, func(rm.Context) {})
			ticker.Stop(ctx)
			return err
		},
		"EventLoopAddOneShot": func(ctx rm.Context) error { return ctx.EventLoopAddOneShot(func(rm.Context) {}) },
		"EventLoopAdd": func(ctx rm.Context) error {
			_, err := ctx.EventLoopAdd(-1, rm.EventLoopReadable, func(rm.Context, rm.EventLoopMask) {})
			return wants("a file", errors.Is(err, syscall.EBADF))
		},
		"SubscribeToKeyspaceEvents": func(ctx rm.Context) error {
			l, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyModule, func(rm.NotifyContext, rm.KeyspaceEvent) {})
			l.Stop(ctx)
			return err
		},
		"SubscribeToKeyspaceEventsWithSubkeys": func(ctx rm.Context) error {
			l, err := ctx.SubscribeToKeyspaceEventsWithSubkeys(rm.NotifyModule, rm.NotifyDeliverAll, func(rm.NotifyContext, rm.KeyspaceEvent) {})
			l.Stop(ctx)
			return supported(err)
		},
		"NotifyKeyspaceEvent": withName(func(ctx rm.Context, s rm.RStr) error {
			return ctx.NotifyKeyspaceEvent(rm.NotifyModule, "outside", s)
		}),
		"NotifyKeyspaceEventWithSubkeys": withName(func(ctx rm.Context, s rm.RStr) error {
			return supported(ctx.NotifyKeyspaceEventWithSubkeys(rm.NotifyModule, "outside", s, s))
		}),
		"NotifiedToClients":         func(ctx rm.Context) error { _, err := ctx.NotifiedToClients(); return err },
		"AllowNestedKeyspaceEvents": func(ctx rm.Context) error { return supported(ctx.AllowNestedKeyspaceEvents()) },
		"AddPostNotificationJob": func(ctx rm.Context) error {
			return supported(ctx.AddPostNotificationJob(func(rm.Context) {}))
		},
	} {
		others[name] = f
	}
}

// supported forgets that the server lacks something.
func supported(err error) error {
	if errors.Is(err, rm.ErrUnsupported) {
		return nil
	}
	return err
}
