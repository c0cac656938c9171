// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/iredismodule/redismodule/rm"
)

// lists are the words of a command in each of the kinds that a reply of many elements takes.
type lists struct {
	strs  []rm.RStr
	texts []string
	bytes [][]byte
	ints  []int64
	reals []float64
}

// many makes the operation KIND MODE [WORD ...]: a reply of all words, recorded with "r".
func many(direct func(ctx rm.Context, l lists) error, recorded func(b rm.Reply, l lists)) operation {
	return operation{-1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		var l lists
		for _, s := range args.From(1).All {
			n, _ := s.Int64()
			l.strs, l.texts, l.bytes = append(l.strs, s), append(l.texts, s.Clone()), append(l.bytes, s.Bytes())
			l.ints, l.reals = append(l.ints, n), append(l.reals, float64(n%1000)/8)
		}
		if !has(args.At(0), 'r') {
			return direct(ctx, l)
		}
		b := rm.NewReply()
		defer b.Free()
		recorded(b, l)
		if err := b.Err(); err != nil {
			return err
		}
		return b.ReplyTo(ctx)
	}}
}

var manyOperations = map[string]operation{
	"strmap":   many(func(ctx rm.Context, l lists) error { return ctx.ReplyWithStringMap(l.strs...) }, func(b rm.Reply, l lists) { b.StrMap(l.strs...) }),
	"textmap":  many(func(ctx rm.Context, l lists) error { return ctx.ReplyWithTextMap(l.texts) }, func(b rm.Reply, l lists) { b.TextMap(l.texts) }),
	"bytesmap": many(func(ctx rm.Context, l lists) error { return ctx.ReplyWithBytesMap(l.bytes) }, func(b rm.Reply, l lists) { b.BytesMap(l.bytes) }),
	"strs":     many(func(ctx rm.Context, l lists) error { return ctx.ReplyWithStrings(l.strs...) }, func(b rm.Reply, l lists) { b.Strs(l.strs...) }),
	"texts":    many(func(ctx rm.Context, l lists) error { return ctx.ReplyWithTexts(l.texts) }, func(b rm.Reply, l lists) { b.Texts(l.texts) }),
	"bytes":    many(func(ctx rm.Context, l lists) error { return ctx.ReplyWithByteSlices(l.bytes) }, func(b rm.Reply, l lists) { b.ByteSlices(l.bytes) }),
	"ints":     many(func(ctx rm.Context, l lists) error { return ctx.ReplyWithLongLongs(l.ints) }, func(b rm.Reply, l lists) { b.LongLongs(l.ints) }),
	"reals":    many(func(ctx rm.Context, l lists) error { return ctx.ReplyWithDoubles(l.reals) }, func(b rm.Reply, l lists) { b.Doubles(l.reals) }),
	// keys MODE COMMAND [ARGUMENT ...]: which arguments are keys, with what becomes of them ("f") or without.
	"keys": {-2, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		if !has(args.At(0), 'f') {
			list, err := ctx.GetCommandKeys([]int{7}, args.From(1))
			if err != nil {
				return err
			}
			_ = ctx.ReplyWithArray(len(list))
			for _, i := range list {
				_ = ctx.ReplyWithLongLong(int64(i))
			}
			return nil
		}
		list, err := ctx.GetCommandKeysWithFlags(nil, args.From(1))
		if err != nil {
			return err
		}
		_ = ctx.ReplyWithArray(len(list) + 1)
		_ = ctx.ReplyWithLongLong(7)
		for _, k := range list {
			_ = ctx.ReplyWithLongLong(int64(k.Pos))
		}
		return nil
	}},
}
