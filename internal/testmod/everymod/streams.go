// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

var streamOperations = map[string]operation{
	// add ID [FIELD VALUE ...]
	"add": {-1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		id, err := args.At(0).StreamID()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		if id, err = k.StreamAdd(id, args.From(1).Raw()...); err != nil {
			return err
		}
		if err := ctx.ReplicateVerbatim(); err != nil {
			return err
		}
		return ctx.ReplyWithText(id.String())
	}},
	"auto": {-1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		id, err := k.StreamAddAuto(args.Raw()...)
		if err != nil {
			return err
		}
		s := rm.NewRStringStreamID(id)
		defer s.Free()
		if err := ctx.Replicate("XADD", 0, rm.Str(key), rm.Str(s.Str()), rm.Strs(args)); err != nil {
			return err
		}
		return ctx.ReplyWithString(s.Str())
	}},
	"del": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		id, err := args.At(0).StreamID()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		gone, err := k.StreamDelete(id)
		if err != nil {
			return err
		}
		return told(ctx, gone)
	}},
	"delrange": {2, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		from, to, err := ids(args)
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		n, err := k.StreamDeleteRange(from, to)
		if err != nil {
			return err
		}
		return verbatim(ctx, int64(n))
	}},
	// trim FLAGS LENGTH
	"trim": {2, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := args.At(1).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		gone, err := k.StreamTrimByLength(int(n), flags[rm.StreamTrimFlags](args.At(0), ""))
		if err != nil {
			return err
		}
		return verbatim(ctx, int64(gone))
	}},
	"trimid": {2, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		id, err := args.At(1).StreamID()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		gone, err := k.StreamTrimByID(id, flags[rm.StreamTrimFlags](args.At(0), ""))
		if err != nil {
			return err
		}
		return verbatim(ctx, int64(gone))
	}},
	// range FROM TO MODE
	"range": {3, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		from, to, err := ids(args)
		if err != nil {
			return err
		}
		mode := args.At(2)
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		r, err := k.ReadKey().Stream(from, to)
		if err != nil {
			return err
		}
		if has(mode, 'x') {
			r = r.Exclusive()
		}
		reply := rm.NewReply()
		defer reply.Free()
		reply.BeginArray(rm.PostponedLen)
		if has(mode, 'i') {
			walk := r.IDs
			if has(mode, 'b') {
				walk = r.IDsBackward
			}
			for id, fields := range walk {
				reply.Text(id.String())
				reply.LongLong(int64(fields))
			}
		} else {
			walk := r.All
			if has(mode, 'b') {
				walk = r.Backward
			}
			for id, entry := range walk {
				reply.Text(id.String())
				if has(mode, 'd') {
					if _, err := entry.Delete(); err != nil {
						return err
					}
				}
				reply.BeginArray(2 * entry.NumFields())
				for field, value := range entry.Fields {
					reply.Str(field)
					reply.Str(value)
				}
			}
		}
		reply.End()
		if has(mode, 'd') {
			if err := ctx.ReplicateVerbatim(); err != nil {
				return err
			}
		}
		return reply.ReplyTo(ctx)
	}},
}

func ids(args rm.Args) (from, to rm.StreamID, err error) {
	if from, err = args.At(0).StreamID(); err == nil {
		to, err = args.At(1).StreamID()
	}
	return from, to, err
}
