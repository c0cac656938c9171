// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.time", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: clocks},
	rm.Command{Name: "d.random", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: random},
	rm.Command{Name: "d.time.count", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: clocksCount},
)

// clocks replies with the difference of each clock to Go's, in microseconds, or its
// error as a text, and with the difference of the monotonic clock over a sleep of a
// millisecond.
func clocks(ctx rm.Context, _ rm.Args) error {
	since := func(us int64, err error) {
		if err != nil {
			_ = ctx.ReplyWithText(err.Error())
			return
		}
		_ = ctx.ReplyWithLongLong(time.Now().UnixMicro() - us)
	}
	_ = ctx.ReplyWithArray(7)
	since(rm.Milliseconds()*1000, nil)
	since(rm.Microseconds())
	since(rm.CachedMicroseconds())
	since(rm.Now().UnixMicro(), nil)
	cached, err := rm.CachedNow()
	since(cached.UnixMicro(), err)
	before, err := rm.MonotonicMicroseconds()
	begin, err2 := rm.Monotonic()
	time.Sleep(time.Millisecond)
	after, _ := rm.MonotonicMicroseconds()
	end, _ := rm.Monotonic()
	if !errors.Is(err2, err) {
		return rm.Error("ERR the forms differ")
	}
	if err != nil {
		_ = ctx.ReplyWithText(err.Error())
		return ctx.ReplyWithText(err.Error())
	}
	_ = ctx.ReplyWithLongLong(int64(after - before))
	return ctx.ReplyWithLongLong((end - begin).Microseconds())
}

var randomBuffer [16]byte

// clocksCount reads every clock and makes random bytes: nothing is allocated.
func clocksCount(ctx rm.Context, _ rm.Args) error {
	_ = rm.Milliseconds()
	_, _ = rm.Microseconds()
	_, _ = rm.CachedNow()
	_, _ = rm.Monotonic()
	now := rm.Now()
	var local [40]byte
	rm.RandomHex(local[:])
	rm.RandomBytes(randomBuffer[:])
	m := rm.Alloc(100)
	m.Realloc(200)
	n := m.MallocSize()
	m.Free()
	d, _ := rm.Strdup("text")
	d.Free()
	b := ctx.PoolAlloc(100)
	b[0] = local[0]
	return ctx.ReplyWithLongLong(now.Unix() + int64(n))
}

// random is d.random bytes|hex N.
func random(ctx rm.Context, args rm.Args) error {
	b := make([]byte, number(args.At(2))+2)
	b[0], b[len(b)-1] = '<', '>'
	if args.At(1).String() == "hex" {
		rm.RandomHex(b[1 : len(b)-1])
		rm.RandomHex(nil)
	} else {
		rm.RandomBytes(b[1 : len(b)-1])
		rm.RandomBytes(nil)
	}
	return ctx.ReplyWithText(string(b))
}
