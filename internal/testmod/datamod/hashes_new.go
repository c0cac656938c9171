// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

// The event of a new key comes back into Go in the middle of HashSetMany, before the
// first field is set.

var newHash struct {
	key   rm.WriteKey
	close bool
	heard int
}

var _ = atLoad(func(ctx rm.Context) error {
	fn, err := redismodule.NewCallback(func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		if newHash.key.Raw() == 0 {
			return 0
		}
		newHash.heard++
		deepStack(2000)
		runtime.GC()
		if newHash.close {
			newHash.key.Close()
		}
		return 0
	}, nil)
	if err == nil && redismodule.SubscribeToKeyspaceEvents(ctx.Raw(), redismodule.NOTIFY_NEW, fn) != redismodule.OK {
		err = rm.Error("ERR no keyspace events")
	}
	return err
})

var _ = add(rm.Command{Name: "d.hash.new", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Handler: hashNew})

// hashNew is d.hash.new KEY stay|close: sets 25 fields from pairs in the stack, and
// replies with what HashSetMany says, and whether the event came back.
func hashNew(ctx rm.Context, args rm.Args) error {
	var pairs [50]rm.RStr
	for i := range len(pairs) / 2 {
		field := rm.NewRStringText(string(rune('a' + i)))
		defer field.Free()
		pairs[2*i], pairs[2*i+1] = field.Str(), args.At(1)
	}
	newHash.key, newHash.close, newHash.heard = ctx.OpenWriteKey(args.At(1)), args.At(2).String() == "close", 0
	n, err := newHash.key.HashSetMany(rm.HashCountAll, pairs[:]...)
	_ = ctx.ReplyWithArray(3)
	_ = ctx.ReplyWithLongLong(int64(n))
	if err != nil {
		_ = ctx.ReplyWithError(err)
	} else {
		newHash.key.Close()
		_ = ctx.ReplyWithOK()
	}
	newHash.key = rm.WriteKey{}
	return ctx.ReplyWithLongLong(int64(newHash.heard))
}

//go:noinline
func deepStack(n int) (sum byte) {
	var place [256]byte
	if n > 0 {
		place[n%256] = deepStack(n - 1)
	}
	return place[(n+1)%256]
}
