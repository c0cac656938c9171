// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strconv"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// The keyspace events of keys that begin with "re:" come back into this module in the
// middle of calls: each of three listeners opens the key and calls commands, which have
// events of their own. The server does not call a listener that runs, so the listeners
// nest three deep.

var _ = atLoad(func(ctx rm.Context) error {
	reentry.depth = 0
	for range maxDepth {
		fn, err := redismodule.NewCallback(heardEvent, nil)
		if err != nil {
			return err
		}
		const types = redismodule.NOTIFY_GENERIC | redismodule.NOTIFY_STRING | redismodule.NOTIFY_LIST | redismodule.NOTIFY_EXPIRED
		if redismodule.SubscribeToKeyspaceEvents(ctx.Raw(), types, fn) != redismodule.OK {
			return rm.Error("ERR no keyspace events")
		}
	}
	return nil
})

var _ = add(
	rm.Command{Name: "d.re.set", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 3, Handler: reSet},
	rm.Command{Name: "d.re.key", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: reKey},
	rm.Command{Name: "d.re.stats", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: reStats},
)

const maxDepth = 3

var reentry struct {
	depth, deepest int
	events, failed int64
	log            []string
	silent         bool
}

var re = struct{ get, incr, set, rpush *rm.Call }{
	rm.NewCall("GET", 0), rm.NewCall("INCR", 0), rm.NewCall("SET", 0), rm.NewCall("RPUSH", 0),
}

// heardEvent is the server's callback: (ctx, type, event, key).
func heardEvent(a0, _, a2, a3, _, _ uintptr, _ unsafe.Pointer) uintptr {
	key := rm.RawRStr(redismodule.String(a3))
	if b := key.Bytes(); len(b) < 3 || b[0] != 'r' || b[1] != 'e' || b[2] != ':' {
		return 0
	}
	reentry.events++
	if !reentry.silent {
		reentry.log = append(reentry.log, strconv.Itoa(reentry.depth)+" "+unsafeconv.CString(unsafeconv.Ptr[byte](a2))+" "+key.Clone())
	}
	reentry.depth++
	reentry.deepest = max(reentry.deepest, reentry.depth)
	ctx := rm.RawContext(redismodule.Ctx(a0))
	reenter(ctx, key)
	ctx.EndCallback()
	reentry.depth--
	return 0
}

// depthKeys are the keys that the listener writes to at each depth.
var depthKeys = [maxDepth + 1]string{"", "re:depth:1", "re:depth:2", "re:depth:3"}

// reenter uses the server from inside of an event: a key, replies, errors.
func reenter(ctx rm.Context, key rm.RStr) {
	k := ctx.OpenReadKey(key)
	t := k.Type()
	if t == rm.KeyTypeString {
		reply, err := re.get.Do(ctx, key)
		if err != nil || reply.Len() != k.Len() {
			reentry.failed++
		}
		reply.Free()
	}
	reply, err := re.incr.DoArgs(ctx, rm.Text(depthKeys[reentry.depth]))
	if err != nil || k.Type() != t { // the key is as it was, after all that was nested
		reentry.failed++
	}
	reply.Free()
	if _, err := re.rpush.DoArgs(ctx, rm.Text(depthKeys[reentry.depth]), rm.Int64(1)); !rm.IsCode(err, "WRONGTYPE") {
		reentry.failed++
	}
	k.Close()
}

// reSet is d.re.set KEY VALUE, with reply and error alive around the events.
func reSet(ctx rm.Context, args rm.Args) error {
	pushed, wrong := re.rpush.DoArgs(ctx, rm.Str(args.At(0)), rm.Int64(1))
	pushed.Free()
	before, err := re.get.Do(ctx, args.At(1))
	if err != nil {
		return err
	}
	n := before.Len()
	reply, err := re.set.Do(ctx, args.At(1), args.At(2))
	if err != nil {
		return err
	}
	reply.Free()
	if before.Len() != n || wrong != nil && !rm.IsCode(wrong, "WRONGTYPE") {
		reentry.failed++
	}
	before.Free()
	return ctx.ReplyWithOK()
}

// reKey is d.re.key KEY: opens a key for writing, whose time may be over, and deletes
// it by a call meanwhile.
func reKey(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	t := key.Type()
	key.Close()
	reply, err := ctx.Call("DEL", 0, rm.Str(args.At(1)))
	if err != nil {
		return err
	}
	reply.Free()
	return ctx.ReplyWithSimpleString(t.String())
}

// reStats replies with the deepest nesting, the events, the failures and the log, and
// clears them.
func reStats(ctx rm.Context, _ rm.Args) error {
	_ = ctx.ReplyWithArray(3 + len(reentry.log))
	_ = ctx.ReplyWithLongLong(int64(reentry.deepest))
	_ = ctx.ReplyWithLongLong(reentry.events)
	_ = ctx.ReplyWithLongLong(reentry.failed)
	for _, l := range reentry.log {
		_ = ctx.ReplyWithText(l)
	}
	reentry.deepest, reentry.events, reentry.failed, reentry.log, reentry.silent = 0, 0, 0, nil, true
	return nil
}
