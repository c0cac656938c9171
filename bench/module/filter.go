// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

var (
	onCommands rm.CommandFilter
	keysSeen   int64
)

// filter is filter on|off: a command filter that counts the commands KEYS.
func filter(ctx rm.Context, args rm.Args) error {
	onCommands.Stop(ctx)
	if args.At(1).String() == "on" {
		f, err := ctx.RegisterCommandFilter(0, seeCommand)
		if err != nil {
			return err
		}
		onCommands = f
	}
	return ctx.ReplyWithLongLong(keysSeen)
}

func seeCommand(c rm.FilteredCommand) {
	if c.At(0).String() == "KEYS" {
		keysSeen++
	}
}
