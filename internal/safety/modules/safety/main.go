// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command safety is the module of the safety tests and of the soak program: a
// data type of Go values or in C memory, background work that spins, allocates and
// blocks, and commands that do what must not take a server down. Its name is a
// link-time variable, so that several of it fit into one server:
//
//	go build -buildmode=c-shared -ldflags=-X=main.name=beta
//
// All commands begin with the name.
package main

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

// name of the module; the prefix of its commands.
var name = "s"

var params = struct {
	dataType string // typed (Go values), struct (in C memory), no; of the raw layer: raw, plain (with ordinary callbacks)
	events   string // child, plain: how persistence events are subscribed to
	fail     string // what OnLoad does at its end
	failed   bool   // the failure is for the first load only
}{dataType: "typed", events: "child"}

func main() {}

func init() {
	const quick = rm.CmdReadOnly | rm.CmdFast
	command := func(verb string, flags rm.CommandFlags, keys rm.KeyRange, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name + "." + verb, Flags: flags, Keys: keys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{
		Name: name, Version: 1,
		Commands: []rm.Command{
			command("fill", rm.CmdWrite, rm.NoKeys, 4, fill),
			command("put", rm.CmdWrite, rm.OneKey, 3, put),
			command("get", rm.CmdReadOnly, rm.OneKey, 2, get),
			command("digest", rm.CmdReadOnly, rm.NoKeys, 1, digest),
			command("alive", quick, rm.NoKeys, 1, alive),
			command("hang", quick, rm.NoKeys, 2, setHang),

			command("spin", quick, rm.NoKeys, 2, spin),
			command("block", quick, rm.NoKeys, 2, block),
			command("sit", quick, rm.NoKeys, 2, sit),
			command("stop", quick, rm.NoKeys, 1, stop),
			command("gc", quick, rm.NoKeys, 1, collect),
			command("busy", rm.CmdReadOnly, rm.NoKeys, 3, busy),
			command("nested", rm.CmdWrite, rm.OneKey, 3, nested),
			command("exec", rm.CmdReadOnly, rm.NoKeys, 2, execute),
			command("stats", quick, rm.NoKeys, 1, stats),

			command("nil", quick, rm.NoKeys, 1, nilDeref),
			command("panic", quick, rm.NoKeys, 1, panics),
			command("goexit", quick, rm.NoKeys, 1, goexits),
			command("leaver", quick, rm.NoKeys, 1, panicsWithLeaver),
			command("fault", quick, rm.NoKeys, 2, fault),
			command("fatal", quick, rm.NoKeys, 2, fatal),
			command("panicgoroutine", quick, rm.NoKeys, 1, panicGoroutine),

			command("sigflags", quick, rm.NoKeys, 2, signalFlags),

			command("fork", rm.CmdReadOnly, rm.NoKeys, 3, fork),
			command("rawfork", rm.CmdReadOnly, rm.NoKeys, 1, rawFork),
			command("forkresult", quick, rm.NoKeys, 1, forkResult),
			command("forkhere", rm.CmdReadOnly, rm.NoKeys, 1, forkHere),
			command("killfork", rm.CmdReadOnly, rm.NoKeys, 1, killFork),
			command("parentonly", rm.CmdReadOnly, rm.NoKeys, 1, parentOnly),

			command("tsc", rm.CmdReadOnly, rm.NoKeys, 4, threadSafe),
			command("tscdone", quick, rm.NoKeys, 1, threadSafeDone),
			command("dohere", rm.CmdReadOnly, rm.NoKeys, 1, doHere),
			command("hold", rm.CmdReadOnly, rm.NoKeys, 1, hold),
			command("release", rm.CmdReadOnly, rm.NoKeys, 1, release),
			command("lock", rm.CmdReadOnly, rm.NoKeys, 2, lock),
			command("callfrom", rm.CmdReadOnly, rm.NoKeys, -2, callFrom),

			command("profile", rm.CmdReadOnly, rm.NoKeys, 2, profile),
			command("trace", rm.CmdReadOnly, rm.NoKeys, 2, traceTo),
		},
		Params: []rm.Param{
			rm.TextParam("datatype", &params.dataType),
			rm.TextParam("events", &params.events),
			rm.TextParam("fail", &params.fail),
		},
		OnLoad:   onLoad,
		OnUnload: onUnload,
	})
}

func onLoad(ctx rm.Context, args rm.Args) error {
	forks.rawDone = 0 // of an earlier load
	if params.dataType != "no" {
		if err := createType(ctx); err != nil {
			return err
		}
	}
	if err := subscribe(ctx, params.events); err != nil {
		return err
	}
	switch params.fail {
	case "fork":
		// The first load cannot fork, a later one can.
		_, _ = ctx.Fork(func() int {
			burn(time.Now().Add(time.Minute))
			return 0
		}, nil)
		return errors.New("told to fail behind a fork")
	case "once":
		if !params.failed {
			params.failed = true
			return rm.Error("told to fail once")
		}
	case "":
	default:
		return fmt.Errorf("fail=%s: no such failure", params.fail)
	}
	return nil
}

func onUnload(ctx rm.Context) error {
	stopAll()
	return nil
}

// stats replies with figures of the Go runtime and the binding: name, value, ...
func stats(ctx rm.Context, args rm.Args) error {
	mode, why := redismodule.CurrentMode()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	_ = ctx.ReplyWithText(fmt.Sprintf("mode=%s procs=%d goroutines=%d heap=%d sys=%d numgc=%d callbacks=%d gcpercent=%d events=%d why=%s",
		mode, runtime.GOMAXPROCS(0), runtime.NumGoroutine(), m.HeapAlloc, m.Sys, m.NumGC, redismodule.Callbacks(), gcPercent(), eventCount.Load(), why))
	return nil
}

func gcPercent() int {
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	return percent
}

// collect empties the pools too, which takes two collections.
func collect(ctx rm.Context, args rm.Args) error {
	runtime.GC()
	runtime.GC()
	return ctx.ReplyWithOK()
}
