// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module getkeys is what the unit getkeys of the suite loads.
package main

import (
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	rm.Register(rm.Module{Name: "getkeys", Version: 1, Commands: []rm.Command{
		{Name: "getkeys.command", Arity: -1, Handler: ok, GetKeys: behindKey(func(request rm.KeysRequest, i int) { _ = request.KeyAtPos(i) })},
		{Name: "getkeys.command_with_flags", Arity: -1, Handler: ok, GetKeys: behindKey(func(request rm.KeysRequest, i int) {
			_ = request.KeyAtPosWithFlags(i, rm.KeyFlagRO|rm.KeyFlagAccess)
		})},
		{Name: "getkeys.fixed", Keys: rm.KeyRange{First: 2, Last: 4, Step: 1}, Arity: -5, Handler: ok},
		{Name: "getkeys.introspect", Keys: rm.NoKeys, Arity: -3, Handler: introspect},
	}})
}

func ok(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() }

// behindKey reports each argument behind the word key.
func behindKey(report func(request rm.KeysRequest, i int)) func(rm.KeysRequest, rm.Args) {
	return func(request rm.KeysRequest, args rm.Args) {
		for i := 1; i < args.Len()-1; i++ {
			if strings.EqualFold(args.At(i).String(), "key") {
				i++
				report(request, i)
			}
		}
	}
}

// flagNames are the words that the suite uses.
var flagNames = []struct {
	flag rm.KeyFlags
	name string
}{{rm.KeyFlagRO, "RO"}, {rm.KeyFlagRW, "RW"}, {rm.KeyFlagOW, "OW"}, {rm.KeyFlagRM, "RM"}}

// getkeys.introspect FLAGS COMMAND ...: the keys of a command, with flags or without.
func introspect(ctx rm.Context, args rm.Args) error {
	command := args.From(2)
	keys, err := ctx.GetCommandKeysWithFlags(nil, command)
	switch err {
	case nil:
	case rm.ErrUnknownCommand:
		return rm.Error("ERR ENOENT")
	case rm.ErrCommandArity:
		return rm.Error("ERR EINVAL")
	default:
		return err
	}
	if args.At(1).String() == "0" {
		positions, err := ctx.GetCommandKeys(nil, command)
		if err != nil {
			return err
		}
		_ = ctx.ReplyWithArray(len(positions))
		for _, pos := range positions {
			_ = ctx.ReplyWithString(command.At(pos))
		}
		return nil
	}
	_ = ctx.ReplyWithArray(len(keys))
	for _, k := range keys {
		_ = ctx.ReplyWithArray(2)
		_ = ctx.ReplyWithString(command.At(k.Pos))
		name := "?"
		for _, f := range flagNames {
			if k.Flags&f.flag != 0 {
				name = f.name
			}
		}
		_ = ctx.ReplyWithText(name)
	}
	return nil
}

func main() {}
