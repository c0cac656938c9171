// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

var listOperations = map[string]operation{
	"push": {-1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		for _, e := range args.From(1).All {
			if err := k.ListPush(listEnd(args.At(0)), e); err != nil {
				return err
			}
		}
		return verbatim(ctx, int64(k.ReadKey().Len()))
	}},
	"pop": {2, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := args.At(1).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		var got []rm.RStr
		for int64(len(got)) < n {
			e, ok, err := k.ListPop(listEnd(args.At(0)))
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			got = append(got, e.HandOver(ctx))
		}
		if len(got) > 0 {
			if err := ctx.ReplicateVerbatim(); err != nil {
				return err
			}
		}
		return ctx.ReplyWithStrings(got...)
	}},
	"get": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		i, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		e, ok, err := ctx.OpenReadKey(key).ListGet(int(i))
		return stringOrNull(ctx, e, ok, err)
	}},
	"set":    {2, change(func(k rm.WriteKey, i int, e rm.RStr) error { return k.ListSet(i, e) })},
	"insert": {2, change(func(k rm.WriteKey, i int, e rm.RStr) error { return k.ListInsert(i, e) })},
	"delete": {1, change(func(k rm.WriteKey, i int, _ rm.RStr) error { return k.ListDelete(i) })},
	"range": {3, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		r, err := listRange(ctx.OpenReadKey(key), args)
		if err != nil {
			return err
		}
		n, walk := 0, r.All
		if has(args.At(2), 'b') {
			walk = r.Backward
		}
		_ = ctx.ReplyWithArray(rm.PostponedLen)
		for i, e := range walk {
			_ = ctx.ReplyWithLongLong(int64(i))
			_ = ctx.ReplyWithString(e)
			n += 2
		}
		return ctx.ReplySetArrayLength(n)
	}},
	// thin deletes the elements with an even index, replaces the others, and replies with what it has seen.
	"thin": {2, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		r, err := listRange(k.ReadKey(), args)
		if err != nil {
			return err
		}
		reply := rm.NewReply()
		defer reply.Free()
		reply.BeginArray(rm.PostponedLen)
		for i, e := range r.Backward {
			reply.Str(e)
			if i%2 == 0 {
				err = k.ListDelete(i)
			} else {
				err = k.ListSet(i, args.At(0))
			}
			if err != nil {
				return err
			}
		}
		reply.End()
		if err := ctx.ReplicateVerbatim(); err != nil {
			return err
		}
		return reply.ReplyTo(ctx)
	}},
}

func listEnd(s rm.RStr) rm.ListEnd {
	switch s.String() {
	case "head":
		return rm.ListHead
	case "tail":
		return rm.ListTail
	}
	return 7
}

func listRange(k rm.ReadKey, args rm.Args) (r rm.ListRange, err error) {
	first, err := args.At(0).Int64()
	if err != nil {
		return r, err
	}
	last, err := args.At(1).Int64()
	if err != nil {
		return r, err
	}
	return k.List(int(first), int(last))
}

func change(f func(k rm.WriteKey, i int, e rm.RStr) error) func(ctx rm.Context, key rm.RStr, args rm.Args) error {
	return func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		i, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		var e rm.RStr
		if args.Len() > 1 {
			e = args.At(1)
		}
		if err := f(k, int(i), e); err != nil {
			return err
		}
		return verbatim(ctx, int64(k.ReadKey().Len()))
	}
}
