// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command shop is a module that calls the function of another one: see package tax beside it.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	rm.Register(rm.Module{Name: "helloshop", Version: 1, Commands: []rm.Command{
		{Name: "helloshop.price", Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.NoKeys, Arity: 2, Handler: price},
	}})
}

func main() {}

// price is helloshop.price CENTS: with the tax. The function is looked for when it is needed, since the modules may be loaded
// in any order. From then on it stays: the server does not unload the other module before this one.
func price(ctx rm.Context, args rm.Args) error {
	cents, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	api, ok, err := ctx.SharedAPI("hellotax.add")
	if err != nil {
		return err
	}
	if !ok {
		return rm.Error("ERR the module hellotax is not loaded")
	}
	total, err := rm.Imported1[int64, int64](api)(cents)
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(total)
}
