// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module moduleparameter is the third one that the unit moduleconfigs of the suite loads.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	rm.Register(rm.Module{Name: "moduleparameter", Version: 1, OnLoad: func(rm.Context, rm.Args) error { return nil }, Commands: []rm.Command{
		{Name: "testmoduleparameter.update.parameter", Flags: rm.CmdFast, Keys: rm.NoKeys, Arity: -1, Handler: func(ctx rm.Context, args rm.Args) error {
			var list []rm.RStr
			for _, a := range args.All {
				list = append(list, a)
			}
			if err := ctx.UpdateRuntimeArgs(list[1:]...); err != nil {
				return err
			}
			return ctx.ReplyWithOK()
		}},
	}})
}

func main() {}
