// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// Calls with arguments of each kind; bench/native/kinds.h says what each does.

func kindCommands(prefix string) []rm.Command {
	const read = rm.CmdReadOnly
	return []rm.Command{
		{Name: prefix + "callstr", Flags: read, Keys: rm.NoKeys, Arity: 2, Handler: callStr},
		{Name: prefix + "calltext", Flags: read, Keys: rm.NoKeys, Arity: 1, Handler: callText},
		{Name: prefix + "callbytes", Flags: read, Keys: rm.NoKeys, Arity: 1, Handler: callBytes},
		{Name: prefix + "callint", Flags: read, Keys: rm.NoKeys, Arity: 1, Handler: callInt},
		{Name: prefix + "callvector", Flags: read, Keys: rm.NoKeys, Arity: 1 + fields, Handler: callVector},
		{Name: prefix + "callmixed", Flags: read, Keys: rm.OneKey, Arity: 2, Handler: callMixed},
		{Name: prefix + "doargs", Flags: read, Keys: rm.OneKey, Arity: 2, Handler: doArgs},
	}
}

var buffer = []byte(element)

func callStr(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("ECHO", 0, rm.Str(args.At(1)))
	return passOn(ctx, reply, err)
}

func callText(ctx rm.Context, _ rm.Args) error {
	reply, err := ctx.Call("ECHO", 0, rm.Text(element))
	return passOn(ctx, reply, err)
}

func callBytes(ctx rm.Context, _ rm.Args) error {
	reply, err := ctx.Call("ECHO", 0, rm.Bytes(buffer))
	return passOn(ctx, reply, err)
}

func callInt(ctx rm.Context, _ rm.Args) error {
	reply, err := ctx.Call("ECHO", 0, rm.Int64(1234567))
	return passOn(ctx, reply, err)
}

func callVector(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("EXISTS", 0, rm.Strs(args.From(1)))
	return passOn(ctx, reply, err)
}

func callMixed(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("GETRANGE", 0, rm.Str(args.At(1)), rm.Int64(0), rm.Int64(-1))
	return passOn(ctx, reply, err)
}

// doArgs is callMixed with a call that is prepared.
func doArgs(ctx rm.Context, args rm.Args) error {
	reply, err := getRangeCall.DoArgs(ctx, rm.Str(args.At(1)), rm.Int64(0), rm.Int64(-1))
	return passOn(ctx, reply, err)
}
