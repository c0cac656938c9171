// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command stall is the module of the tests that a server never stands still: what
// a module's goroutines, handlers and events do while the server answers its
// clients. Its name is a link-time variable, so that several of it fit into one
// server:
//
//	go build -buildmode=c-shared -ldflags=-X=main.name=y
//
// All commands begin with the name.
package main

import (
	"fmt"
	"runtime"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

// name of the module; the prefix of its commands.
var name = "x"

// events is the load argument that subscribes to events while the module loads.
var events bool

func main() {}

func init() {
	command := func(verb string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name + "." + verb, Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	quick := func(verb string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name + "." + verb, Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{
		Name: name, Version: 1,
		Commands: []rm.Command{
			quick("ping", 1, ping),
			quick("stats", 1, stats),
			quick("nil", 1, nilDeref),
			quick("collect", 2, collect),

			quick("do", -4, loopDo),
			quick("try", -3, loopTry),
			quick("gc", 3, loopGC),
			quick("spin", 2, spin),
			quick("trace", 1, loopTrace),
			command("wait", 2, wait),
			quick("stop", 1, stop),
			quick("tick", 2, tick),

			command("call", -2, call),
			command("calls", -3, calls),
			command("pull", -2, pull),
			command("deep", 2, deep),
			command("coroutine", -2, coroutine),
			command("doing", 1, doing),
			command("exec", 2, execute),
			command("unload", 1, unload),
			command("unloadlater", 2, unloadLater),
			quick("later", 1, later),

			quick("once", -2, doOnce),
			quick("replicates", -1, replicates),
			command("replicateswrite", -1, replicates),
			quick("result", 1, result),

			quick("events", 2, subscribe),
			quick("clients", 2, subscribeClients),
			quick("counts", 1, counts),
		},
		Params: []rm.Param{rm.BoolParam("events", &events)},
		OnLoad: func(ctx rm.Context, args rm.Args) error {
			forgetListeners()
			if events {
				return listen(ctx, true)
			}
			return nil
		},
		OnUnload: func(ctx rm.Context) error {
			stopTick()
			return nil
		},
	})
}

func ping(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithOK() }

// stats replies with figures: name=value ...
func stats(ctx rm.Context, args rm.Args) error {
	mode, _ := redismodule.CurrentMode()
	failed := ""
	if p := work.failure.Load(); p != nil {
		failed = *p
	}
	return ctx.ReplyWithText(fmt.Sprintf("mode=%s running=%d rounds=%d failed=%d goroutines=%d last=%s",
		mode, work.running.Load(), work.rounds.Load(), work.failed.Load(), runtime.NumGoroutine(), failed))
}

func nilDeref(ctx rm.Context, args rm.Args) error {
	var p *rm.Args
	return ctx.ReplyWithLongLong(int64(p.Len()))
}

// collect is x.collect N: so many collections, one after the other.
func collect(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	for range n {
		runtime.GC()
	}
	return ctx.ReplyWithOK()
}

// words copies arguments, for those who use them after the handler.
func words(args rm.Args) (all []string) {
	for _, a := range args.All {
		all = append(all, a.Clone())
	}
	return all
}

// run calls a command.
func run(ctx rm.Context, flags rm.CallFlags, words []string) (rm.CallReply, error) {
	var args []rm.Arg
	for _, w := range words[1:] {
		args = append(args, rm.Text(w))
	}
	return ctx.Call(words[0], flags, args...)
}

// call is x.call COMMAND ...: its reply.
func call(ctx rm.Context, args rm.Args) error {
	reply, err := run(ctx, rm.CallReplicate, words(args.From(1)))
	defer reply.Free()
	if err != nil {
		return err
	}
	return ctx.ReplyWithCallReply(reply)
}

// calls is x.calls N COMMAND ...: the reply of the last of so many calls.
func calls(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	again := words(args.From(2))
	for range n - 1 {
		reply, err := run(ctx, rm.CallReplicate, again)
		reply.Free()
		if err != nil {
			return err
		}
	}
	return call(ctx, args.From(1))
}
