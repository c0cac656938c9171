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
	} {
		others[name] = f
	}
}
