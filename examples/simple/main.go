// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command simple is the smallest module: one command that replies with its arguments' number.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	rm.Register(rm.Module{Name: "simple", Version: 1, Commands: []rm.Command{
		{Name: "simple.count", Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.NoKeys, Arity: -1, Handler: count},
	}})
}

func main() {}

func count(ctx rm.Context, args rm.Args) error {
	return ctx.ReplyWithLongLong(int64(args.Len() - 1))
}
