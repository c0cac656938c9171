// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"time"

	"github.com/iredismodule/redismodule/rm"
)

var hashOperations = map[string]operation{
	// set FLAGS [FIELD VALUE ...]
	"set": {-1, func(ctx rm.Context, key rm.RStr, args rm.Args) (err error) {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		f, n := flags(args.At(0), "nxc", rm.HashNX, rm.HashXX, rm.HashCountAll), 0
		if args.Len() == 3 {
			n, err = k.HashSet(args.At(1), args.At(2), f)
		} else {
			n, err = k.HashSetMany(f, args.From(1).Raw()...)
		}
		if err != nil {
			return err
		}
		if err := ctx.ReplicateVerbatim(); err != nil {
			return err
		}
		return ctx.ReplyWithLongLongs([]int64{int64(n), int64(k.ReadKey().Len())})
	}},
	"get": {-1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		k := ctx.OpenReadKey(key)
		defer k.Close()
		if args.Len() == 1 {
			v, ok, err := k.HashGet(args.At(0))
			return stringOrNull(ctx, v, ok, err)
		}
		values := make([]rm.RString, args.Len()+1)
		if err := k.HashGetMany(values, args.Raw()...); err != nil {
			return err
		}
		list := make([]rm.RStr, args.Len())
		for i := range list {
			if !values[i].IsZero() {
				list[i] = values[i].HandOver(ctx)
			}
		}
		b := rm.NewReply()
		defer b.Free()
		b.BeginArray(len(list))
		for _, s := range list {
			b.Str(s)
		}
		return b.ReplyTo(ctx)
	}},
	"exists": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		yes, err := ctx.OpenReadKey(key).HashExists(args.At(0))
		if err != nil {
			return err
		}
		return ctx.ReplyWithBool(yes)
	}},
	"del": {-1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		if args.Len() == 1 {
			gone, err := k.HashDelete(args.At(0))
			if err != nil {
				return err
			}
			return told(ctx, gone)
		}
		n, err := k.HashDeleteMany(args.Raw()...)
		if err != nil {
			return err
		}
		return verbatim(ctx, int64(n))
	}},
	// ends FIELD is when a field ends, first when the first of them does.
	"ends": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		at, ok, err := ctx.OpenReadKey(key).HashFieldExpire(args.At(0))
		return timeOrNull(ctx, at, ok, err)
	}},
	"first": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		at, ok, err := ctx.OpenReadKey(key).HashFieldMinExpire()
		return timeOrNull(ctx, at, ok, err)
	}},
	// scan replies with the pairs; with "d" it deletes each field that it sees.
	"scan": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		if has(args.At(0), 'd') {
			k := ctx.OpenWriteKey(key)
			defer k.Close()
			return scan(ctx, k.ReadKey(), args.At(0), func(field rm.RStr) error {
				_, err := k.HashDelete(field)
				return err
			})
		}
		return scan(ctx, ctx.OpenReadKey(key), args.At(0), nil)
	}},
}

func timeOrNull(ctx rm.Context, at time.Time, ok bool, err error) error {
	if err != nil || !ok {
		return orNull(ctx, err)
	}
	return ctx.ReplyWithLongLong(at.UnixMilli())
}

// scan replies with the elements of a key as a map. With "s" it goes by steps, otherwise by a loop; seen is called
// for each, if it is not nil.
func scan(ctx rm.Context, k rm.ReadKey, mode rm.RStr, seen func(field rm.RStr) error) (err error) {
	reply := rm.NewReply()
	defer reply.Free()
	reply.BeginMap(rm.PostponedLen)
	see := func(field, value rm.RStr) {
		reply.Str(field)
		reply.Str(value)
		if seen != nil && err == nil {
			err = seen(field)
		}
	}
	if has(mode, 's') {
		cursor, e := rm.NewScanCursor()
		if e != nil {
			return e
		}
		defer cursor.Free()
		for more := true; more; {
			if more, e = k.ScanKey(cursor, see); e != nil {
				return e
			}
		}
	} else {
		elements, e := k.Elements(nil)
		if e != nil {
			return e
		}
		for field, value := range elements.All {
			see(field, value)
		}
	}
	reply.End()
	if err == nil && seen != nil {
		err = ctx.ReplicateVerbatim()
	}
	if err != nil {
		return err
	}
	return reply.ReplyTo(ctx)
}
