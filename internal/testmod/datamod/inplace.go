// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// Walks that copy nothing, in whose body something happens to the key. Those of
// d.walk.zset.add, score and close break their promise, for the debug build.

var _ = add(
	rm.Command{Name: "d.walk.zset.dies", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: walkZSetDies},
	walkCommand("d.walk.zset.nothing", func(rm.WriteKey, rm.Args) error { return nil }),
	walkCommand("d.walk.zset.add", func(k rm.WriteKey, args rm.Args) error {
		_, err := k.ZSetAdd(1e9, args.At(0), 0)
		return err
	}),
	walkCommand("d.walk.zset.score", func(k rm.WriteKey, args rm.Args) error {
		_, err := k.ZSetAdd(1e9, args.At(1), 0)
		return err
	}),
	walkCommand("d.walk.zset.close", func(k rm.WriteKey, _ rm.Args) error {
		k.Close()
		return nil
	}),
)

// walkCommand is d.walk.zset.... KEY: walks over a sorted set with a body that calls f at the
// first element, and replies with the number of elements.
func walkCommand(name string, f func(k rm.WriteKey, args rm.Args) error) rm.Command {
	return rm.Command{Name: name, Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenWriteKey(args.At(1))
		r, err := key.ZSetByScore(rm.AllScores)
		if err != nil {
			return err
		}
		n := 0
		for range r.AllInPlace {
			if n++; n > 1 {
				continue
			}
			if err := f(key, args); err != nil {
				return err
			}
		}
		return ctx.ReplyWithLongLong(int64(n))
	}}
}

// walkZSetDies is d.walk.zset.dies KEY: a loop in place, on a goroutine, in whose body the
// key expires. It logs how many elements there were.
func walkZSetDies(ctx rm.Context, args rm.Args) error {
	name, t := args.At(1).Clone(), ctx.DetachedThreadSafeContext()
	go func() {
		defer t.Free()
		n := 0
		err := t.Do(func(ctx rm.Context) error {
			key := ctx.OpenReadKey(ctx.Str(name))
			defer key.Close()
			r, err := key.ZSetByScore(rm.AllScores)
			if err != nil {
				return err
			}
			for range r.AllInPlace {
				if n++; n > 1 {
					continue
				}
				time.Sleep(150 * time.Millisecond)
				r, err := ctx.Call("EXISTS", 0, rm.Text(name)) // which deletes it
				if err != nil {
					return err
				}
				r.Free()
			}
			return nil
		})
		rm.Log(rm.LevelWarning, fmt.Sprintf("walk of a dying key: %d elements, %v", n, err))
	}()
	return ctx.ReplyWithOK()
}
