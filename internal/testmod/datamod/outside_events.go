// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
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
	} {
		others[name] = f
	}
}
