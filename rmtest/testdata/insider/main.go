// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command insider is a module with tests that run inside the server, and fail in all
// ways.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	rm.Register(rm.Module{Name: "insider", Version: 1, Commands: []rm.Command{
		{Name: "insider.twice", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: func(ctx rm.Context, args rm.Args) error {
			n, err := args.At(1).Int64()
			if err != nil {
				return err
			}
			return ctx.ReplyWithLongLong(twice(n))
		}},
	}})
}

func main() {}

func twice(n int64) int64 { return 2 * n }
