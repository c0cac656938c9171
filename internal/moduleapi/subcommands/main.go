// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module subcommands is what the unit subcommands of the suite loads.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	// The suite has the key at argument 1, the subcommand's name, which package rm
	// refuses.
	key := func(flags rm.KeyFlags) rm.CommandInfo {
		return rm.CommandInfo{KeySpecs: []rm.KeySpec{{Flags: flags, Begin: rm.BeginIndex{Pos: 2}, Find: rm.FindRange{}}}}
	}
	rm.Register(rm.Module{Name: "subcommands", Version: 1, Commands: []rm.Command{
		{Name: "subcommands.bitarray", Subcommands: []rm.Command{
			{Name: "set", Arity: -2, Handler: upToThree, Info: key(rm.KeyFlagRW | rm.KeyFlagUpdate)},
			{Name: "get", Arity: -2, Handler: upToThree, Info: key(rm.KeyFlagRO | rm.KeyFlagAccess)},
		}},
		{Name: "subcommands.parent_get_fullname", Keys: rm.NoKeys, Arity: -1, Handler: fullName},
		{Name: "subcommands.sub", Subcommands: []rm.Command{
			{Name: "get_fullname", Keys: rm.NoKeys, Arity: -2, Handler: fullName},
		}},
	}})
}

func upToThree(ctx rm.Context, args rm.Args) error {
	if args.Len() > 4 {
		return ctx.WrongArity()
	}
	return ctx.ReplyWithOK()
}

func fullName(ctx rm.Context, _ rm.Args) error {
	name, _, err := ctx.GetCurrentCommandName()
	if err != nil {
		return err
	}
	return ctx.ReplyWithText(name)
}

func main() {}
