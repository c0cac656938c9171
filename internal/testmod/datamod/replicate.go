// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// What goes to replicas and to the AOF. Each step pushes a letter to the list "steps", by a
// call, or only says so to the others.

var _ = add(
	stepsCommand("d.repl.call", func(ctx rm.Context) error { return called(ctx, rm.CallReplicate, "C") }),
	stepsCommand("d.repl.call.silent", func(ctx rm.Context) error { return called(ctx, 0, "c") }),
	stepsCommand("d.repl.send", func(ctx rm.Context) error { return sent(ctx, 0, "P") }),
	stepsCommand("d.repl.send.prepared", func(ctx rm.Context) error { return sentPrepared(ctx, rpush, "Q") }),
	stepsCommand("d.repl.call.then.send", func(ctx rm.Context) error {
		return errors.Join(called(ctx, rm.CallReplicate, "C"), sent(ctx, 0, "P"))
	}),
	stepsCommand("d.repl.send.then.call", func(ctx rm.Context) error {
		return errors.Join(sent(ctx, 0, "P"), called(ctx, rm.CallReplicate, "C"))
	}),
	stepsCommand("d.repl.mixed", mixed),
	stepsCommand("d.repl.destinations", destinations),
	stepsCommand("d.repl.send.no.aof", func(ctx rm.Context) error { return sent(ctx, rm.CallNoAOF, "A") }),
	stepsCommand("d.repl.send.no.replicas", func(ctx rm.Context) error { return sent(ctx, rm.CallNoReplicas, "R") }),
	stepsCommand("d.repl.send.neither", func(ctx rm.Context) error { return sentPrepared(ctx, neither, "B") }),
	stepsCommand("d.repl.send.long", func(ctx rm.Context) error { return sent(ctx, 0, strings.Split(strings.Repeat("L", 30), "")...) }),
	stepsCommand("d.repl.send.kinds", func(ctx rm.Context) error {
		return ctx.Replicate("RPUSH", 0, rm.Bytes([]byte("steps")), rm.Int64(-5), rm.ZText(zValue))
	}),
	stepsCommand("d.repl.timer", func(ctx rm.Context) error { return inTimer(ctx, mixed) }),
	stepsCommand("d.repl.timer.call", func(ctx rm.Context) error {
		return inTimer(ctx, func(ctx rm.Context) error { return called(ctx, rm.CallReplicate, "C") })
	}),
	stepsCommand("d.repl.thread", func(ctx rm.Context) error { return onThread(ctx, mixed) }),
	stepsCommand("d.repl.thread.call", func(ctx rm.Context) error {
		return onThread(ctx, func(ctx rm.Context) error { return called(ctx, rm.CallReplicate, "C") })
	}),
	rm.Command{Name: "d.repl.verbatim", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -1, Handler: replicateItself},
	rm.Command{Name: "d.repl.avoid", Flags: rm.CmdReadOnly | rm.CmdAllowStale, Keys: rm.NoKeys, Arity: 1, Handler: avoidTraffic},
	rm.Command{Name: "d.repl.hot", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: replicateHot},
)

// stepsCommand is a command without arguments that does the steps.
func stepsCommand(name string, steps func(ctx rm.Context) error) rm.Command {
	return rm.Command{Name: name, Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, _ rm.Args) error {
		if err := steps(ctx); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}}
}

// called pushes a letter by a call.
func called(ctx rm.Context, flags rm.CallFlags, letter string) error {
	reply, err := ctx.Call("RPUSH", flags, rm.Text("steps"), rm.Text(letter))
	reply.Free()
	return err
}

// sent replicates a push that does not happen here.
func sent(ctx rm.Context, flags rm.CallFlags, letters ...string) error {
	args := []rm.Arg{rm.Text("steps")}
	for _, l := range letters {
		args = append(args, rm.Text(l))
	}
	return ctx.Replicate("RPUSH", flags, args...)
}

func sentPrepared(ctx rm.Context, call *rm.Call, letter string) error {
	return call.Replicate(ctx, rm.Text("steps"), rm.Text(letter))
}

// mixed does C, c, P, C, Q, P.
func mixed(ctx rm.Context) error {
	return errors.Join(called(ctx, rm.CallReplicate, "C"), called(ctx, 0, "c"), sent(ctx, 0, "P"),
		called(ctx, rm.CallReplicate, "C"), sentPrepared(ctx, rpush, "Q"), sent(ctx, 0, "P"))
}

// destinations does a, C, r, A, P, R: a and A are not for the AOF, r and R not for replicas.
func destinations(ctx rm.Context) error {
	return errors.Join(called(ctx, rm.CallReplicate|rm.CallNoAOF, "a"), called(ctx, rm.CallReplicate, "C"),
		called(ctx, rm.CallReplicate|rm.CallNoReplicas, "r"), sent(ctx, rm.CallNoAOF, "A"), sent(ctx, 0, "P"), sent(ctx, rm.CallNoReplicas, "R"))
}

// inTimer does the steps in a timer.
func inTimer(ctx rm.Context, steps func(ctx rm.Context) error) error {
	_, err := ctx.CreateTimer(time.Millisecond, func(ctx rm.Context) {
		if err := steps(ctx); err != nil {
			rm.Log(rm.LevelWarning, err.Error())
		}
	})
	return err
}

// onThread does the steps on a goroutine, under one lock.
func onThread(ctx rm.Context, steps func(ctx rm.Context) error) error {
	t := ctx.DetachedThreadSafeContext()
	go func() {
		if err := t.Do(steps); err != nil {
			rm.Log(rm.LevelWarning, err.Error())
		}
		t.Free()
	}()
	return nil
}

var (
	rpush   = rm.NewCall("RPUSH", 0)
	neither = rm.NewCall("RPUSH", rm.CallNoAOF|rm.CallNoReplicas)
	zValue  = unsafeconv.Z("value\x00")
)

// replicateItself is d.repl.verbatim ELEMENT ...: it writes and replicates itself; a replica
// runs it again.
func replicateItself(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("RPUSH", 0, rm.Text("verbatim"), rm.Strs(args.From(1)))
	if err != nil {
		return err
	}
	reply.Free()
	_ = ctx.ReplicateVerbatim()
	return ctx.ReplyWithOK()
}

func avoidTraffic(ctx rm.Context, _ rm.Args) error {
	n := int64(0)
	if rm.AvoidReplicaTraffic() {
		n = 1
	}
	return ctx.ReplyWithLongLong(n)
}

// replicateHot is d.repl.hot KEY: what must not allocate.
func replicateHot(ctx rm.Context, args rm.Args) error {
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

// The commands d.auto push an element, and are replicated by their description.
var _ = add(
	autoCommand("d.auto.ok", func() error { return nil }),
	autoCommand("d.auto.fail", func() error { return rm.ErrRange }),
	autoCommand("d.auto.panic", func() error { panic("after the write") }),
	autoKeyCommand("d.auto.key.fail", func(_ rm.Context, k rm.WriteKey, v rm.RStr) error {
		return errors.Join(k.StringSet(v), rm.ErrRange)
	}),
	autoKeyCommand("d.auto.key.panic", func(_ rm.Context, k rm.WriteKey, v rm.RStr) error {
		panic(k.StringSet(v))
	}),
	autoKeyCommand("d.auto.key.refused", func(_ rm.Context, k rm.WriteKey, v rm.RStr) error {
		return errors.Join(k.Delete(), k.ListPush(3, v))
	}),
	autoKeyCommand("d.auto.key.inner", func(ctx rm.Context, k rm.WriteKey, v rm.RStr) error {
		k.Close()
		reply, err := ctx.Call("d.write.verbatim", rm.CallReplicate, rm.Text("inner"))
		reply.Free()
		return errors.Join(err, rm.ErrRange)
	}),
)

// autoKeyCommand is d.auto.key.... KEY VALUE, which does to the key what f does.
func autoKeyCommand(name string, f func(ctx rm.Context, k rm.WriteKey, v rm.RStr) error) rm.Command {
	return rm.Command{
		Name: name, Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Replicate: rm.ReplicateVerbatim,
		Handler: func(ctx rm.Context, args rm.Args) error { return f(ctx, ctx.OpenWriteKey(args.At(1)), args.At(2)) },
	}
}

// autoCommand is d.auto.... ELEMENT, which ends with end.
func autoCommand(name string, end func() error) rm.Command {
	return rm.Command{
		Name: name, Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Replicate: rm.ReplicateVerbatim,
		Handler: func(ctx rm.Context, args rm.Args) error {
			reply, err := ctx.Call("RPUSH", 0, rm.Text("auto"), rm.Str(args.At(1)))
			if err != nil {
				return err
			}
			reply.Free()
			if err := end(); err != nil {
				return err
			}
			return ctx.ReplyWithOK()
		},
	}
}

// d.bounce OTHER THIS calls OTHER, which calls THIS, until that is refused.
var _ = add(rm.Command{Name: "d.bounce", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: func(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call(args.At(1).Clone(), 0, rm.Str(args.At(2)), rm.Str(args.At(1)))
	reply.Free()
	return err
}})

// The commands d.write write to a key and then replicate that, in a way of their own, or not.
var _ = add(
	rm.Command{Name: "d.write.readonly", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: writeCommand("", func(ctx rm.Context, key rm.RStr) error {
		return ctx.Replicate("SET", 0, rm.Str(key), rm.Text("1"))
	}).Handler},
	rm.Command{Name: "d.write.nothing", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: writeNothing},
	rm.Command{Name: "d.write.silentcall", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: func(ctx rm.Context, args rm.Args) error {
		reply, err := ctx.Call("INCR", 0, rm.Str(args.At(1)))
		reply.Free()
		return errors.Join(err, ctx.ReplyWithOK())
	}},
	rm.Command{Name: "d.write.silentdo", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: func(ctx rm.Context, args rm.Args) error {
		reply, err := quietIncr.Do(ctx, args.At(1))
		reply.Free()
		return errors.Join(err, ctx.ReplyWithOK())
	}},
	rm.Command{Name: "d.write.reading", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: func(ctx rm.Context, args rm.Args) error {
		reply, err := ctx.Call("GET", 0, rm.Str(args.At(1)))
		reply.Free()
		return errors.Join(err, ctx.ReplyWithOK())
	}},
	rm.Command{Name: "d.write.readonlycall", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: func(ctx rm.Context, args rm.Args) error {
		reply, err := ctx.Call("INCR", rm.CallReplicate, rm.Str(args.At(1)))
		reply.Free()
		return errors.Join(err, ctx.ReplyWithOK())
	}},
	writeCommand("d.write.call", func(ctx rm.Context, key rm.RStr) error {
		reply, err := ctx.Call("INCR", rm.CallReplicate, rm.Str(key))
		reply.Free()
		return err
	}),
	writeCommand("d.write.prepared", func(ctx rm.Context, key rm.RStr) error {
		reply, err := incr.Do(ctx, key)
		reply.Free()
		return err
	}),
	writeCommand("d.write.replicate", func(ctx rm.Context, key rm.RStr) error {
		return ctx.Replicate("SET", 0, rm.Str(key), rm.Text("1"))
	}),
	writeCommand("d.write.verbatim", func(ctx rm.Context, _ rm.RStr) error { return ctx.ReplicateVerbatim() }),
	rm.Command{Name: "d.write.refused", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: func(ctx rm.Context, args rm.Args) error {
		k := ctx.OpenWriteKey(args.At(1))
		return errors.Join(k.Delete(), k.ListPush(3, args.At(1)), k.StringSet(rm.RStr{}))
	}},
	rm.Command{Name: "d.write.early", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: func(ctx rm.Context, args rm.Args) error {
		ctx.OpenWriteKey(args.At(1))
		panic("before it writes")
	}},
	writeCommand("d.write.silent", func(rm.Context, rm.RStr) error { return nil }),
	writeCommand("d.write.fail", func(rm.Context, rm.RStr) error { return rm.Error("ERR as asked for") }),
	writeCommand("d.write.panic", func(rm.Context, rm.RStr) error { panic("as asked for") }),
)

// writeCommand is d.write.... KEY, which ends with end.
func writeCommand(name string, end func(ctx rm.Context, key rm.RStr) error) rm.Command {
	return rm.Command{Name: name, Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: func(ctx rm.Context, args rm.Args) error {
		k := ctx.OpenWriteKey(args.At(1))
		if err := k.StringSet(ctx.Str("1")); err != nil {
			return err
		}
		k.Close()
		if err := end(ctx, args.At(1)); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}}
}

// writeNothing is d.write.nothing KEY: it opens the key for writing and reads.
func writeNothing(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	_, _, err := k.StringBytes()
	k.Close()
	return errors.Join(err, ctx.ReplyWithOK())
}

var (
	incr      = rm.NewCall("INCR", rm.CallReplicate)
	quietIncr = rm.NewCall("INCR", 0)
)
