// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

var _ = add(
	rm.Command{Name: "d.repl", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: dReplicate},
	rm.Command{Name: "d.repl.verbatim", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -1, Handler: dReplicateVerbatim},
	rm.Command{Name: "d.repl.timer", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -1, Handler: dReplicateTimer},
	rm.Command{Name: "d.repl.thread", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -1, Handler: dReplicateThread},
	rm.Command{Name: "d.repl.avoid", Flags: rm.CmdReadOnly | rm.CmdAllowStale, Keys: rm.NoKeys, Arity: 1, Handler: dAvoidTraffic},
	rm.Command{Name: "d.repl.hot", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: dReplicateHot},
)

// steps are the commands of one callback: each step pushes a letter to the list
// "steps" or only says so.
func steps(ctx rm.Context, how string) error {
	for _, c := range how {
		text := rm.Text(string(c))
		var err error
		call := func(flags rm.CallFlags) {
			var reply rm.CallReply
			reply, err = ctx.Call("RPUSH", flags, rm.Text("steps"), text)
			reply.Free()
		}
		switch c {
		case 'c': // a call that is not replicated
			call(0)
		case 'C':
			call(rm.CallReplicate)
		case 'a': // not in the AOF
			call(rm.CallReplicate | rm.CallNoAOF)
		case 'r': // not at replicas
			call(rm.CallReplicate | rm.CallNoReplicas)
		case 'P':
			err = ctx.Replicate("RPUSH", 0, rm.Text("steps"), text)
		case 'Q': // prepared
			err = rpush.Replicate(ctx, rm.Text("steps"), text)
		case 'A':
			err = ctx.Replicate("RPUSH", rm.CallNoAOF, rm.Text("steps"), text)
		case 'R':
			err = ctx.Replicate("RPUSH", rm.CallNoReplicas, rm.Text("steps"), text)
		case 'B': // prepared, neither
			err = neither.Replicate(ctx, rm.Text("steps"), text)
		case 'L': // many arguments
			args := []rm.Arg{rm.Text("steps")}
			for range 30 {
				args = append(args, text)
			}
			err = ctx.Replicate("RPUSH", 0, args...)
		case 'K': // of every kind
			err = ctx.Replicate("RPUSH", 0, rm.Bytes([]byte("steps")), rm.Int64(-5), rm.ZText(zValue))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	rpush   = rm.NewCall("RPUSH", 0)
	neither = rm.NewCall("RPUSH", rm.CallNoAOF|rm.CallNoReplicas)
)

// dReplicate is d.repl STEPS ...
func dReplicate(ctx rm.Context, args rm.Args) error {
	for _, a := range args.From(1).All {
		if err := steps(ctx, a.String()); err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

// dReplicateVerbatim runs a command that writes, and replicates itself; a replica
// runs it again.
func dReplicateVerbatim(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("RPUSH", 0, rm.Text("verbatim"), rm.Strs(args.From(1)))
	if err != nil {
		return err
	}
	reply.Free()
	_ = ctx.ReplicateVerbatim()
	return ctx.ReplyWithOK()
}

// dReplicateTimer is d.repl.timer STEPS: in a timer.
func dReplicateTimer(ctx rm.Context, args rm.Args) error {
	how := args.At(1).Clone()
	var fn redismodule.CFunc
	fn, err := redismodule.NewCallback(func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		if err := steps(rm.RawContext(redismodule.Ctx(a0)), how); err != nil {
			rm.Log(rm.LevelWarning, err.Error())
		}
		return 0
	}, nil)
	if err != nil {
		return err
	}
	redismodule.CreateTimer(ctx.Raw(), 1, fn, 0)
	return ctx.ReplyWithOK()
}

// dReplicateThread is d.repl.thread STEPS ...: on a goroutine, under one lock for each
// argument.
func dReplicateThread(ctx rm.Context, args rm.Args) error {
	var list []string
	for _, a := range args.From(1).All {
		list = append(list, a.Clone())
	}
	t := ctx.DetachedThreadSafeContext()
	go func() {
		for _, how := range list {
			if err := t.Do(func(ctx rm.Context) error { return steps(ctx, how) }); err != nil {
				rm.Log(rm.LevelWarning, err.Error())
			}
		}
		t.Free()
	}()
	return ctx.ReplyWithOK()
}

func dAvoidTraffic(ctx rm.Context, _ rm.Args) error {
	n := int64(0)
	if rm.AvoidReplicaTraffic() {
		n = 1
	}
	return ctx.ReplyWithLongLong(n)
}

var zValue = unsafeconv.Z("value\x00")

// dReplicateHot is d.repl.hot KEY: what must not allocate.
func dReplicateHot(ctx rm.Context, args rm.Args) error {
	if err := ctx.Replicate("RPUSH", 0, rm.Str(args.At(1)), rm.Text("x"), rm.Int64(7)); err != nil {
		return err
	}
	if err := rpush.Replicate(ctx, rm.Str(args.At(1)), rm.ZText(zValue)); err != nil {
		return err
	}
	if err := ctx.Replicate("no.such.command", 0); err == nil {
		return rm.ErrRange
	}
	return ctx.ReplyWithOK()
}

// dReplicateAuto is d.repl.auto VALUE, which is replicated by its description. It
// fails for the value "fail" and panics for "panic", after its write.
func dReplicateAuto(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("RPUSH", 0, rm.Text("auto"), rm.Str(args.At(1)))
	if err != nil {
		return err
	}
	reply.Free()
	switch args.At(1).String() {
	case "fail":
		return rm.ErrRange
	case "panic":
		panic("after the write")
	}
	return ctx.ReplyWithOK()
}

var _ = add(rm.Command{Name: "d.repl.auto", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Replicate: rm.ReplicateVerbatim, Handler: dReplicateAuto})

var _ = add(rm.Command{Name: "d.repl.write", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 3, Handler: dReplicateWrite})

// dReplicateWrite is d.repl.write HOW KEY: it writes to the key and replicates that, or not.
func dReplicateWrite(ctx rm.Context, args rm.Args) error {
	how, name := args.At(1).String(), args.At(2)
	k := ctx.OpenWriteKey(name)
	if how == "read" {
		_, _, err := k.StringBytes()
		k.Close()
		return errors.Join(err, ctx.ReplyWithOK())
	}
	if err := k.StringSet(ctx.Str("1")); err != nil {
		return err
	}
	k.Close()
	switch how {
	case "call", "prepared":
		reply, err := ctx.Call("INCR", rm.CallReplicate, rm.Str(name))
		if how == "prepared" {
			reply.Free()
			reply, err = incr.Do(ctx, name)
		}
		if err != nil {
			return err
		}
		reply.Free()
	case "replicate":
		if err := ctx.Replicate("SET", 0, rm.Str(name), rm.Text("1")); err != nil {
			return err
		}
	case "verbatim":
		if err := ctx.ReplicateVerbatim(); err != nil {
			return err
		}
	case "fail":
		return rm.Error("ERR as asked for")
	case "panic":
		panic("as asked for")
	}
	return ctx.ReplyWithOK()
}

var incr = rm.NewCall("INCR", rm.CallReplicate)
