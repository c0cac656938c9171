// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command twinmod is a module whose every command native/twin.c has in C: what is sent to both must
// come to the same.
package main

import (
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	const write, read = rm.CmdWrite, rm.CmdReadOnly
	one := func(name string, flags rm.CommandFlags, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: "w." + name, Flags: flags, Keys: rm.OneKey, Arity: arity, Handler: h}
	}
	// Where it has changed something, and only there, it is replicated: the handlers say so.
	rm.Register(rm.Module{Name: "twin", Version: 1, Configs: configs, OnLoad: load, Commands: []rm.Command{
		one("set", write, 3, set), one("get", read, 2, get), one("cut", write, 3, cut), one("incr", write, 3, incr),
		{Name: "w.del", Flags: write, Keys: rm.AllKeys, Arity: -2, Handler: del},
		one("push", write, -3, push), one("pop", write, 3, pop),
		one("hset", write, 4, hset), one("hdel", write, 3, hdel), one("hget", read, 3, hget),
		one("zadd", write, 4, zadd), one("zrem", write, 3, zrem), one("zrange", read, 4, zrange),
		one("zincr", write, 4, zincr), one("zlex", read, 4, zlex), one("list", write, 5, list),
		one("xadd", write, 6, xadd), one("xdel", write, 4, xdel), one("xrange", read, 2, xrange),
		one("expire", write, 3, expire), one("scan", read, 2, scan), one("append", write, 3, appendTo),
		{Name: "w.call", Flags: write, Keys: rm.NoKeys, Arity: -2, Handler: call},
		{Name: "w.reply", Flags: read, Keys: rm.NoKeys, Arity: 4, Handler: reply},
		{Name: "w.nest", Flags: read, Keys: rm.NoKeys, Arity: 2, Handler: nest},
		one("notify", write, 3, notify), one("later", write, 3, later),
		{Name: "w.via", Flags: write, Keys: rm.NoKeys, Arity: -2, Handler: words},
		{Name: "w.heard", Flags: write, Keys: rm.NoKeys, Arity: 1, Handler: hear},
		{Name: "w.jobs", Flags: write, Keys: rm.NoKeys, Arity: 2, Handler: setJobs},
		{Name: "w.done", Flags: read, Keys: rm.NoKeys, Arity: 1, Handler: done},
	}})
}

func main() {}

func set(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	if err := k.StringSet(args.At(2)); err != nil {
		return err
	}
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func get(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenReadKey(args.At(1))
	defer k.Close()
	b, ok, err := k.StringBytes()
	switch {
	case err != nil:
		return err
	case !ok:
		return ctx.ReplyWithNull()
	}
	return ctx.ReplyWithBytes(b)
}

func cut(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil || n < 0 || n > 1000 {
		return rm.ErrNotInteger
	}
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	if err := k.StringTruncate(int(n)); err != nil {
		return err
	}
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(k.ReadKey().Len()))
}

func incr(ctx rm.Context, args rm.Args) error {
	r, err := ctx.Call("INCRBY", rm.CallReplicate, rm.Str(args.At(1)), rm.Str(args.At(2)))
	if err != nil {
		return err
	}
	defer r.Free()
	return ctx.ReplyWithCallReply(r)
}

func del(ctx rm.Context, args rm.Args) error {
	n := int64(0)
	for _, name := range args.From(1).All {
		k := ctx.OpenWriteKey(name)
		there := k.ReadKey().Exists()
		if there {
			if err := k.Delete(); err != nil {
				return err
			}
			if err := ctx.Replicate("DEL", 0, rm.Str(name)); err != nil {
				return err
			}
			n++
		}
		k.Close()
	}
	return ctx.ReplyWithLongLong(n)
}

func push(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	for _, e := range args.From(2).All {
		if err := k.ListPush(rm.ListTail, e); err != nil {
			return err
		}
	}
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(k.ReadKey().Len()))
}

func pop(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	if t := k.ReadKey().Type(); t != rm.KeyTypeEmpty && t != rm.KeyTypeList {
		return rm.ErrWrongType
	}
	if err := ctx.ReplyWithArray(rm.PostponedLen); err != nil {
		return err
	}
	got := int64(0)
	for ; got < n; got++ {
		e, ok, err := k.ListPop(rm.ListHead)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := ctx.ReplyWithString(e.Str()); err != nil {
			return err
		}
		e.Free()
	}
	if err := ctx.ReplySetArrayLength(int(got)); err != nil || got == 0 {
		return err
	}
	return ctx.Replicate("LPOP", 0, rm.Str(args.At(1)), rm.Int64(got))
}

func hset(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	if _, err := k.HashSet(args.At(2), args.At(3), 0); err != nil {
		return err
	}
	if err := ctx.Replicate("HSET", 0, rm.Str(args.At(1)), rm.Str(args.At(2)), rm.Str(args.At(3))); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(k.ReadKey().Len()))
}

func hdel(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	gone, err := k.HashDelete(args.At(2))
	return changed(ctx, gone, err)
}

// changed replies whether something was changed, and replicates it.
func changed(ctx rm.Context, yes bool, err error) error {
	if err == nil && yes {
		err = ctx.ReplicateVerbatim()
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithBool(yes)
}

func hget(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenReadKey(args.At(1))
	defer k.Close()
	v, ok, err := k.HashGet(args.At(2))
	if err != nil {
		return err
	}
	if err := ctx.ReplyWithMap(1); err != nil {
		return err
	}
	if err := ctx.ReplyWithString(args.At(2)); err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithNull()
	}
	defer v.Free()
	return ctx.ReplyWithString(v.Str())
}

func zadd(ctx rm.Context, args rm.Args) error {
	score, err := args.At(2).Float64()
	if err != nil {
		return err
	}
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	if _, err := k.ZSetAdd(score, args.At(3), 0); err != nil {
		return err
	}
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(k.ReadKey().Len()))
}

func zrem(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	gone, err := k.ZSetRem(args.At(2))
	return changed(ctx, gone, err)
}

func zrange(ctx rm.Context, args rm.Args) error {
	min, err := args.At(2).Float64()
	if err != nil {
		return err
	}
	max, err := args.At(3).Float64()
	if err != nil {
		return err
	}
	k := ctx.OpenReadKey(args.At(1))
	defer k.Close()
	r, err := k.ZSetByScore(rm.ScoreRange{Min: min, Max: max})
	if err != nil {
		return err
	}
	b := rm.NewReply()
	defer b.Free()
	b.BeginMap(rm.PostponedLen)
	for e, score := range r.All {
		b.Str(e)
		b.Double(score)
	}
	b.End()
	return b.ReplyTo(ctx)
}

func call(ctx rm.Context, args rm.Args) error {
	name := args.At(1).Clone()
	if name == "" || len(name) >= 64 {
		return rm.Error("ERR no name")
	}
	r, err := ctx.Call(name, rm.CallReplicate|rm.CallRESPAuto, rm.Strs(args.From(2)))
	switch {
	case err == rm.ErrNULByte:
		return rm.Error("ERR no name")
	case err == rm.ErrNoReply:
		return rm.Error("ERR no reply")
	case err != nil:
		return err
	}
	defer r.Free()
	return ctx.ReplyWithCallReply(r)
}

func reply(ctx rm.Context, args rm.Args) error {
	kind, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	number, err := args.At(3).Int64()
	if err != nil {
		return err
	}
	text := args.At(2)
	switch kind {
	case 0:
		return ctx.ReplyWithLongLong(number)
	case 1:
		return ctx.ReplyWithDouble(float64(number) / 8)
	case 2:
		return ctx.ReplyWithBool(number != 0)
	case 3:
		return ctx.ReplyWithNull()
	case 4:
		return ctx.ReplyWithNullArray()
	case 5:
		return ctx.ReplyWithString(text)
	case 6:
		return ctx.ReplyWithVerbatimString(text.String(), "txt")
	case 7:
		return ctx.ReplyWithBigNumber("123456789012345678901234567890")
	case 8:
		f, err := text.Float64()
		if err != nil {
			return err
		}
		return ctx.ReplyWithDouble(f)
	case 9:
		b := rm.NewReply()
		defer b.Free()
		b.BeginSet(2)
		b.LongLong(number)
		b.Bytes(text.Bytes())
		return b.ReplyTo(ctx)
	case 10:
		b := rm.NewReply()
		defer b.Free()
		b.BeginAttribute(1)
		b.SimpleString("k")
		b.LongLong(number)
		b.Str(text)
		return b.ReplyTo(ctx)
	case 11:
		b := rm.NewReply()
		defer b.Free()
		b.BeginArray(2)
		b.BeginArray(rm.PostponedLen)
		b.Null()
		b.End()
		b.Error(rm.Error("CODE inside"))
		return b.ReplyTo(ctx)
	case 12:
		return rm.Error("CODE of the module's own")
	}
	return rm.Error("ERR no such kind")
}

func nest(ctx rm.Context, args rm.Args) error {
	depth, err := args.At(1).Int64()
	switch {
	case err != nil || depth < 0 || depth > 20:
		return rm.ErrNotInteger
	case depth == 0:
		return ctx.ReplyWithSimpleString("bottom")
	}
	r, err := ctx.Call("w.nest", 0, rm.Int64(depth-1))
	if err != nil {
		return err
	}
	defer r.Free()
	if err := ctx.ReplyWithArray(2); err != nil {
		return err
	}
	if err := ctx.ReplyWithLongLong(depth); err != nil {
		return err
	}
	return ctx.ReplyWithCallReply(r)
}
