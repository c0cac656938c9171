// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.left", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: leaveOpen},
	rm.Command{Name: "d.left.stale", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -1, Handler: useStale},
	rm.Command{Name: "d.left.do", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 3, Handler: leaveInDo},
	rm.Command{Name: "d.left.done", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: doneCount},
)

// left are the keys that commands have left open, outer the context of the
// command around this one.
var (
	left  []rm.WriteKey
	outer rm.Context
)

var day = time.UnixMilli(1)

func leave(ctx rm.Context, names rm.Args) {
	for i, name := range names.All {
		if i%2 == 0 {
			left = append(left, ctx.OpenWriteKey(name))
		} else {
			left = append(left, forged(ctx.OpenReadKey(name)))
		}
	}
}

// leaveOpen is d.left HOW KEY ...: it leaves the keys open, and ends as HOW says.
func leaveOpen(ctx rm.Context, args rm.Args) error {
	names := args.From(2)
	switch how := args.At(1).String(); how {
	case "mixed": // keys of this context and of the outer one, in turn
		leave(ctx, rm.ArgsOf(names.At(0)))
		leave(outer, rm.ArgsOf(names.At(1)))
		leave(ctx, names.From(2))
	default:
		leave(ctx, names)
		switch how {
		case "error":
			return rm.ErrRange
		case "panic":
			panic("left open")
		case "goexit":
			runtime.Goexit()
		case "some": // the first is closed
			left[0].Close()
		case "nested.return", "nested.error", "nested.panic", "nested.goexit", "nested.mixed":
			return nest(ctx, how[len("nested."):])
		}
	}
	return ctx.ReplyWithOK()
}

// nest calls the command again, and replies which keys are open behind it.
func nest(ctx rm.Context, how string) error {
	outer = ctx
	reply, _ := ctx.Call("d.left", 0, rm.Text(how), rm.Text("inner1"), rm.Text("inner2"), rm.Text("inner3"))
	reply.Free()
	_ = ctx.ReplyWithArray(len(left))
	for _, k := range left {
		_ = ctx.ReplyWithText(yesNo(k.String() != "Key(closed)"))
	}
	return nil
}

// useStale is d.left.stale KEY ...: it opens the keys, and uses the ones left open
// before in every way. It replies how many there were, and with whatever is not
// the error for a closed key.
func useStale(ctx rm.Context, args rm.Args) error {
	for _, name := range args.From(1).All {
		ctx.OpenWriteKey(name)
	}
	_ = ctx.ReplyWithArray(rm.PostponedLen)
	_ = ctx.ReplyWithLongLong(int64(len(left)))
	n := 1
	for _, k := range left {
		n += useClosed(ctx, k, args.At(0))
	}
	left = left[:0]
	return ctx.ReplySetArrayLength(n)
}

// useClosed calls every method of a closed key and replies what is wrong.
func useClosed(ctx rm.Context, k rm.WriteKey, s rm.RStr) (wrong int) {
	_, _, ttl := k.TTL()
	_, _, at := k.ExpireAt()
	_, _, idle := k.LRUIdle()
	_, _, freq := k.LFUFreq()
	_, db := k.DB()
	_, _, bytes := k.StringBytes()
	_, _, dma := k.StringDMA()
	_, _, text := k.StringAppendTo(nil)
	k.Close()
	for i, err := range [...]error{
		ttl, at, idle, freq, db, bytes, dma, text, k.SetTTL(1), k.SetExpireAt(day), k.Persist(),
		k.SetLRU(1), k.SetLFU(1), k.Delete(), k.Unlink(), k.StringSet(s), k.StringTruncate(1), k.StringAppend(nil),
	} {
		if err != rm.ErrKeyClosed {
			wrong += 2
			_ = ctx.ReplyWithLongLong(int64(i))
			result(ctx, err)
		}
	}
	if k.Type() != rm.KeyTypeEmpty || k.Exists() || k.Len() != 0 || k.Raw() != 0 || !k.Name().IsZero() || k.String() != "Key(closed)" {
		wrong++
		_ = ctx.ReplyWithText("not closed: " + k.String())
	}
	return wrong
}

var done atomic.Int64

// leaveInDo is d.left.do HOW N: N goroutines each leave a key open in Do.
func leaveInDo(ctx rm.Context, args rm.Args) error {
	how := args.At(1).Clone()
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	t := ctx.DetachedThreadSafeContext()
	var running atomic.Int64
	running.Store(n)
	for range n {
		go func() {
			defer func() {
				_ = recover()
				if running.Add(-1) == 0 {
					t.Free()
				}
				done.Add(1)
			}()
			name := rm.NewRStringText("do")
			defer name.Free()
			_ = t.Do(func(ctx rm.Context) error {
				left = append(left, ctx.OpenWriteKey(name.Str()), forged(ctx.OpenReadKey(name.Str())))
				switch how {
				case "panic":
					panic("left open")
				case "goexit":
					runtime.Goexit()
				}
				return nil
			})
		}()
	}
	return ctx.ReplyWithOK()
}

func doneCount(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(done.Load()) }
