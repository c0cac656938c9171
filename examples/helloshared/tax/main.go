// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command tax is a module with a function for other modules, in Go or in C: hellotax.add adds the tax to a price.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	rm.Register(rm.Module{Name: "hellotax", Version: 1, OnLoad: onLoad, Commands: []rm.Command{
		{Name: "hellotax.rate", Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.NoKeys, Arity: 2, Handler: setRate},
	}})
}

func main() {}

// percent is the rate. Shared functions run on the thread that calls them, here always the server's, as commands do.
var percent int64 = 20

// onLoad offers the function. In C it is: int64_t add(int64_t cents). It goes with the module.
func onLoad(ctx rm.Context, _ rm.Args) error {
	return ctx.ExportSharedAPI("hellotax.add", rm.Shared1(addTax))
}

func addTax(cents int64) int64 { return cents + (cents*percent+50)/100 }

// setRate is hellotax.rate PERCENT.
func setRate(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	if n < 0 || n > 1000 {
		return rm.Error("ERR a rate is from 0 to 1000 percent")
	}
	percent = n
	return ctx.ReplyWithOK()
}
