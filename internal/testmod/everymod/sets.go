// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// What changes a set replicates itself; with "q" it does not, and the command replicates as it is.
var setOperations = map[string]operation{
	// add MODE [MEMBER ...]
	"add": {-1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := setOf(ctx, key, args).Add(args.From(1).Raw()...)
		return setDone(ctx, args, n, err)
	}},
	"remove": {-1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := setOf(ctx, key, args).Remove(args.From(1).Raw()...)
		return setDone(ctx, args, n, err)
	}},
	"contains": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		yes, err := ctx.SetKey(key).Contains(args.At(0))
		if err != nil {
			return err
		}
		return ctx.ReplyWithBool(yes)
	}},
	"len": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		n, err := ctx.SetKey(key).Len()
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(n))
	}},
	"pop": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		s, ok, err := ctx.SetKey(key).Pop()
		return stringOrNull(ctx, s, ok, err)
	}},
	"random": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		s, ok, err := ctx.SetKey(key).Random()
		return stringOrNull(ctx, s, ok, err)
	}},
	// members MODE: all of them; with "d" it removes each that it sees.
	"members": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		set := ctx.SetKey(key)
		members, err := set.Members()
		if err != nil {
			return err
		}
		n := 0
		_ = ctx.ReplyWithSet(rm.PostponedLen)
		if has(args.At(0), 'b') {
			for m := range members.Bytes {
				_ = ctx.ReplyWithBytes(m)
				n++
			}
		} else {
			for m := range members.All {
				_ = ctx.ReplyWithString(m)
				n++
				if has(args.At(0), 'd') {
					if _, err := set.Remove(m); err != nil {
						return err
					}
				}
			}
		}
		if err := members.Err(); err != nil {
			return err
		}
		return ctx.ReplySetSetLength(n)
	}},
	"scan": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		return scan(ctx, ctx.OpenReadKey(key), args.At(0), nil)
	}},
}

func setOf(ctx rm.Context, key rm.RStr, args rm.Args) rm.SetKey {
	s := ctx.SetKey(key)
	if has(args.At(0), 'q') {
		s = s.WithoutReplication()
	}
	return s
}

func setDone(ctx rm.Context, args rm.Args, n int, err error) error {
	if err == nil && has(args.At(0), 'q') {
		err = ctx.ReplicateVerbatim()
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(n))
}
