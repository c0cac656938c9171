// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// The commands on strings, hashes and lists; bench/native/data.h says what each
// does.

const fields = 10 // of the commands with several

func dataCommands(prefix string) []rm.Command {
	const write, read = rm.CmdWrite, rm.CmdReadOnly
	return []rm.Command{
		{Name: prefix + "ok", Flags: read | rm.CmdFast, Keys: rm.NoKeys, Arity: 1, Handler: ok},
		{Name: prefix + "set", Flags: write, Keys: rm.OneKey, Arity: 3, Handler: set},
		{Name: prefix + "incr", Flags: write, Keys: rm.OneKey, Arity: 2, Handler: incr},
		{Name: prefix + "hget", Flags: read, Keys: rm.OneKey, Arity: 3, Handler: hget},
		{Name: prefix + "hget10", Flags: read, Keys: rm.OneKey, Arity: 2 + fields, Handler: hget10},
		{Name: prefix + "hset", Flags: write, Keys: rm.OneKey, Arity: 4, Handler: hset},
		{Name: prefix + "hset10", Flags: write, Keys: rm.OneKey, Arity: 2 + 2*fields, Handler: hset10},
		{Name: prefix + "pushpop", Flags: write, Keys: rm.OneKey, Arity: 3, Handler: pushPop},
		{Name: prefix + "lwalk", Flags: read, Keys: rm.OneKey, Arity: 2, Handler: lwalk},
		{Name: prefix + "zadd", Flags: write, Keys: rm.OneKey, Arity: 3, Handler: zadd},
		{Name: prefix + "zrange", Flags: read, Keys: rm.OneKey, Arity: 2, Handler: zrange},
		{Name: prefix + "zrangein", Flags: read, Keys: rm.OneKey, Arity: 2, Handler: zrangeIn},
		{Name: prefix + "scan", Flags: read, Keys: rm.NoKeys, Arity: 2, Handler: scan},
		{Name: prefix + "scanbytes", Flags: read, Keys: rm.NoKeys, Arity: 2, Handler: scanBytes},
		{Name: prefix + "scanin", Flags: read, Keys: rm.NoKeys, Arity: 2, Handler: scanIn},
		{Name: prefix + "xadd", Flags: write, Keys: rm.OneKey, Arity: 4, Handler: xadd},
		{Name: prefix + "xread", Flags: read, Keys: rm.OneKey, Arity: 2, Handler: xread},
		{Name: prefix + "xreadbytes", Flags: read, Keys: rm.OneKey, Arity: 2, Handler: xreadBytes},
		{Name: prefix + "dictget", Flags: read, Keys: rm.NoKeys, Arity: 2, Handler: dictGet},
		{Name: prefix + "call0", Flags: read, Keys: rm.NoKeys, Arity: 1, Handler: call0},
		{Name: prefix + "call3", Flags: read, Keys: rm.OneKey, Arity: 4, Handler: call3},
		{Name: prefix + "walk", Flags: read, Keys: rm.OneKey, Arity: 4, Handler: walk},
		{Name: prefix + "walkbytes", Flags: read, Keys: rm.OneKey, Arity: 4, Handler: walkBytes},
		{Name: prefix + "reply", Flags: read, Keys: rm.NoKeys, Arity: 2, Handler: reply},
		{Name: prefix + "build", Flags: read, Keys: rm.NoKeys, Arity: 2, Handler: build},
	}
}

func ok(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() }

func get(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	value, ok, err := key.StringBytes()
	switch {
	case ok:
		err = ctx.ReplyWithBytes(value)
	case err == nil:
		err = ctx.ReplyWithNull()
	}
	key.Close()
	return err
}

func set(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	err := key.StringSet(args.At(2))
	key.Close()
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func hget(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	value, _, err := key.HashGet(args.At(2))
	key.Close()
	if err != nil {
		return err
	}
	err = ctx.ReplyWithString(value.Str()) // null when there is none
	value.Free()
	return err
}

func hget10(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	var values [fields]rm.RString
	err := key.HashGetMany(values[:], args.From(2).Raw()...)
	key.Close()
	if err != nil {
		return err
	}
	if err := ctx.ReplyWithArray(fields); err != nil {
		return err
	}
	for i := range values {
		if err := ctx.ReplyWithString(values[i].Str()); err != nil {
			return err
		}
		values[i].Free()
	}
	return nil
}

func hset(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	_, err := key.HashSet(args.At(2), args.At(3), 0)
	key.Close()
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func hset10(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	var pairs [2 * fields]rm.RStr
	for i := range pairs {
		pairs[i] = args.At(2 + i)
	}
	_, err := key.HashSetMany(0, pairs[:]...)
	key.Close()
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func pushPop(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	if err := key.ListPush(rm.ListTail, args.At(2)); err != nil {
		return err
	}
	element, _, err := key.ListPop(rm.ListHead)
	key.Close()
	if err != nil {
		return err
	}
	err = ctx.ReplyWithString(element.Str())
	element.Free()
	return err
}
