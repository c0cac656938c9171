// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	// paused WHAT: something is done under DoReadOnly. Names: in pausedActs.
	ways["paused"] = func(t *rm.ThreadSafeContext, args []string) (string, error) {
		f := pausedActs[args[0]]
		if f == nil {
			return "", errors.New("ERR no such act")
		}
		return "done", t.DoReadOnly(context.Background(), f)
	}
}

// reading is what a module may do while writes are paused; anything of it that is
// refused is an error.
func reading(ctx rm.Context) error {
	name, channel := rm.NewRStringText("mortal"), rm.NewRStringText("channel")
	defer name.Free()
	defer channel.Free()
	if _, err := ctx.PublishMessage(channel.Str(), name.Str()); err != nil {
		return err
	}
	if ctx.KeyExists(name.Str()) {
		return errors.New("ERR the key whose time is over is there")
	}
	k := ctx.OpenReadKey(name.Str())
	defer k.Close()
	if k.Exists() {
		return errors.New("ERR the key whose time is over is open")
	}
	for range 20 {
		random, _ := ctx.RandomKey()
		random.Free()
	}
	keys, err := ctx.Keys(nil)
	if err != nil {
		return err
	}
	for n := range keys.All {
		ctx.KeyExists(n)
	}
	for _, command := range [][]string{{"GET", "mortal"}, {"EXISTS", "mortal"}, {"LLEN", "list"}, {"SCAN", "0"}, {"PING"}} {
		if err := quietly(ctx, command...); err != nil {
			return err
		}
	}
	return nil
}

// writing opens a key for writing, and does something with it.
func writing(key string, f func(k rm.WriteKey, s rm.RStr) error) func(rm.Context) error {
	return func(ctx rm.Context) error {
		name := rm.NewRStringText(key)
		defer name.Free()
		k := ctx.OpenWriteKey(name.Str())
		defer k.Close()
		return f(k, name.Str())
	}
}

func calling(flags rm.CallFlags, words ...string) func(rm.Context) error {
	return func(ctx rm.Context) error {
		reply, err := run(ctx, flags, words)
		reply.Free()
		return err
	}
}

var spop, evalRead = rm.NewCall("SPOP", 0), rm.NewCall("EVAL_RO", 0)

var pausedActs = map[string]func(ctx rm.Context) error{
	"reading":   reading,
	"replicate": func(ctx rm.Context) error { return ctx.Replicate("SET", 0, rm.Text("a"), rm.Text("b")) },
	"call":      calling(rm.CallReplicate, "SET", "a", "b"),
	"lpush":     calling(0, "LPUSH", "waited", "1"),
	"set":       calling(0, "SET", "a", "b"),
	"spop":      calling(0, "SPOP", "set", "2"),
	"eval":      calling(0, "EVAL", "return redis.call('SET', 'a', 'b')", "0"),
	"pfcount":   calling(0, "PFCOUNT", "hll"),
	"function":  calling(0, "FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() return 1 end)"),
	"xgroup":    calling(0, "xgroup", "create", "stream", "g", "0"),
	"nested":    calling(0, "x.replicates"),
	"prepared": func(ctx rm.Context) error {
		name, n := rm.NewRStringText("set"), rm.NewRStringText("2")
		defer name.Free()
		defer n.Free()
		reply, err := spop.Do(ctx, name.Str(), n.Str())
		reply.Free()
		return err
	},
	"evalro": func(ctx rm.Context) error {
		reply, err := evalRead.DoArgs(ctx, rm.Text("return redis.call('GET', 'a')"), rm.Int64(0))
		reply.Free()
		return err
	},
	"push":     writing("waited", func(k rm.WriteKey, s rm.RStr) error { return k.ListPush(rm.ListHead, s) }),
	"zadd":     writing("zset", func(k rm.WriteKey, s rm.RStr) error { _, err := k.ZSetAdd(1, s, 0); return err }),
	"hset":     writing("hash", func(k rm.WriteKey, s rm.RStr) error { _, err := k.HashSet(s, s, 0); return err }),
	"setkey":   writing("a", func(k rm.WriteKey, s rm.RStr) error { return k.StringSet(s) }),
	"dma":      writing("string", func(k rm.WriteKey, s rm.RStr) error { _, _, err := k.StringDMA(); return err }),
	"delete":   writing("string", func(k rm.WriteKey, s rm.RStr) error { return k.Delete() }),
	"unlink":   writing("string", func(k rm.WriteKey, s rm.RStr) error { return k.Unlink() }),
	"expire":   writing("string", func(k rm.WriteKey, s rm.RStr) error { return k.SetTTL(1e6) }),
	"persist":  writing("string", func(k rm.WriteKey, s rm.RStr) error { return k.Persist() }),
	"truncate": writing("string", func(k rm.WriteKey, s rm.RStr) error { return k.StringTruncate(1) }),
	"pop":      writing("list", func(k rm.WriteKey, s rm.RStr) error { e, _, err := k.ListPop(rm.ListHead); e.Free(); return err }),
	"xadd": writing("stream", func(k rm.WriteKey, s rm.RStr) error {
		_, err := k.StreamAdd(rm.StreamID{Ms: 1 << 42}, s, s)
		return err
	}),
	"hdel": writing("hash", func(k rm.WriteKey, s rm.RStr) error { _, err := k.HashDelete(s); return err }),
	"zrem": writing("zset", func(k rm.WriteKey, s rm.RStr) error { _, err := k.ZSetRem(s); return err }),
	"readkey": writing("string", func(k rm.WriteKey, s rm.RStr) error {
		if b, ok, err := k.StringBytes(); err != nil || !ok || string(b) != "text" {
			return fmt.Errorf("the value is %q: %w", b, err)
		}
		return nil
	}),
}

// replicates is a command that does not say that it replicates, and does.
func replicates(ctx rm.Context, args rm.Args) error {
	err := ctx.ReplicateVerbatim()
	if e := ctx.Replicate("SET", 0, rm.Text("a"), rm.Text("b")); e != err {
		return fmt.Errorf("ERR ReplicateVerbatim gives %v, Replicate %v", err, e)
	}
	if e := calling(rm.CallReplicate, "SET", "a", "b")(ctx); e != err {
		return fmt.Errorf("ERR ReplicateVerbatim gives %v, a call %v", err, e)
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}
