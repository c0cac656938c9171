// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// moment is when keys expire at the earliest, in milliseconds: long after any test.
const moment = 33000000000000

var keyOperations = map[string]operation{
	"type": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		return ctx.ReplyWithText(ctx.OpenReadKey(key).Type().String())
	}},
	"look": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		k := ctx.OpenReadKey(key)
		defer k.Close()
		db, err := k.DB()
		if err != nil && k.Exists() {
			return err
		}
		_ = ctx.ReplyWithArray(5)
		_ = ctx.ReplyWithBool(k.Exists())
		_ = ctx.ReplyWithBool(ctx.KeyExists(key))
		_ = ctx.ReplyWithLongLong(int64(k.Len()))
		_ = ctx.ReplyWithLongLong(int64(db))
		return ctx.ReplyWithText(k.Name().Clone())
	}},
	"delete": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		return drop(ctx, key, rm.WriteKey.Delete)
	}},
	"unlink": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		return drop(ctx, key, rm.WriteKey.Unlink)
	}},
	// again deletes the value and makes another one by the same open key.
	"again": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		if err := k.Delete(); err != nil {
			return err
		}
		if err := k.ListPush(rm.ListTail, args.At(0)); err != nil {
			return err
		}
		return verbatim(ctx, int64(k.ReadKey().Len()))
	}},
	// at N ends the key's time N milliseconds after the moment, and replies with when it ended before.
	"at": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		at, ok, err := k.ReadKey().ExpireAt()
		if err != nil {
			return err
		}
		when := time.Time{}
		if n >= 0 {
			when = time.UnixMilli(moment + n)
		}
		if err := k.SetExpireAt(when); err != nil {
			return err
		}
		if err := ctx.ReplicateVerbatim(); err != nil {
			return err
		}
		if !ok {
			return ctx.ReplyWithNull()
		}
		return ctx.ReplyWithLongLong(at.UnixMilli())
	}},
	// ttl DAYS sets the time to live, and replies with when it ends.
	"ttl": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		if err := k.SetTTL(time.Duration(n) * 24 * time.Hour); err != nil {
			return err
		}
		at, _, err := k.ReadKey().ExpireAt()
		if err != nil {
			return err
		}
		if err := ctx.Replicate("PEXPIREAT", 0, rm.Str(key), rm.Int64(at.UnixMilli())); err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(at.UnixMilli())
	}},
	"lives": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		_, ok, err := ctx.OpenReadKey(key).TTL()
		if err != nil {
			return err
		}
		return ctx.ReplyWithBool(ok)
	}},
	"persist": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		if err := k.Persist(); err != nil {
			return err
		}
		return verbatim(ctx, 1)
	}},
	"lru": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenReadKey(key)
		defer k.Close()
		if err := k.SetLRU(time.Duration(n) * time.Second); err != nil {
			return err
		}
		idle, ok, err := k.LRUIdle()
		if err != nil || !ok {
			return err
		}
		return ctx.ReplyWithLongLong(int64(idle / time.Second))
	}},
	"lfu": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenReadKey(key)
		defer k.Close()
		if err := k.SetLFU(int(n)); err != nil {
			return err
		}
		_, _, err = k.LFUFreq()
		return err
	}},
}

func drop(ctx rm.Context, key rm.RStr, f func(k rm.WriteKey) error) error {
	k := ctx.OpenWriteKey(key)
	there := k.ReadKey().Exists()
	if err := f(k); err != nil {
		return err
	}
	return told(ctx, there)
}

var databaseOperations = map[string]operation{
	// set DB KEY VALUE: in another database, and back again.
	"set": {3, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		n, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		old := ctx.SelectedDB()
		if err := ctx.SelectDB(int(n)); err != nil {
			return err
		}
		k := ctx.OpenWriteKey(args.At(1))
		if err := k.StringSet(args.At(2)); err != nil {
			return err
		}
		if err := ctx.Replicate("SET", 0, rm.Str(args.At(1)), rm.Str(args.At(2))); err != nil {
			return err
		}
		if err := ctx.SelectDB(old); err != nil {
			return err
		}
		db, err := k.ReadKey().DB() // it stays in its own
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLongs([]int64{int64(old), int64(ctx.SelectedDB()), int64(db)})
	}},
	"size": {0, func(ctx rm.Context, _ rm.RStr, _ rm.Args) error {
		return ctx.ReplyWithLongLong(int64(ctx.DBSize()))
	}},
	"random": {0, func(ctx rm.Context, _ rm.RStr, _ rm.Args) error {
		s, ok := ctx.RandomKey()
		return stringOrNull(ctx, s, ok, nil)
	}},
	// keys MODE: the names, by steps ("s"), as bytes ("b") or as strings.
	"keys": {1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		reply := rm.NewReply()
		defer reply.Free()
		reply.BeginSet(rm.PostponedLen)
		if has(args.At(0), 's') {
			cursor, err := rm.NewScanCursor()
			if err != nil {
				return err
			}
			defer cursor.Free()
			for more := true; more; {
				if more, err = ctx.Scan(cursor, func(name rm.RStr, key rm.ReadKey) {
					if key.Exists() {
						reply.Str(name)
					}
				}); err != nil {
					return err
				}
			}
		} else {
			keys, err := ctx.Keys(nil)
			if err != nil {
				return err
			}
			if has(args.At(0), 'b') {
				for name := range keys.AllBytes {
					reply.Bytes(name)
				}
			} else {
				for name := range keys.All {
					reply.Str(name)
				}
			}
		}
		reply.End()
		return reply.ReplyTo(ctx)
	}},
}
