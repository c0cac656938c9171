// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command datamod is the module of the tests of the data side of package rm: keys
// and values, calls, replies. Each file adds the commands of one area.
package main

import (
	"runtime"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

var (
	commands []rm.Command
	onLoads  []func(ctx rm.Context) error
)

// add puts commands of an area into the module: var _ = add(...).
func add(c ...rm.Command) struct{} {
	commands = append(commands, c...)
	return struct{}{}
}

// atLoad has f run when the module is loaded: var _ = atLoad(...).
func atLoad(f func(ctx rm.Context) error) struct{} {
	onLoads = append(onLoads, f)
	return struct{}{}
}

func init() {
	rm.Register(rm.Module{Name: "datamod", Version: 1, Commands: commands, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		for _, f := range onLoads {
			if err := f(ctx); err != nil {
				return err
			}
		}
		return nil
	}})
}

func main() {}

var _ = add(
	rm.Command{Name: "d.mallocs", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: mallocs},
	rm.Command{Name: "d.gc", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: collect},
	rm.Command{Name: "d.has", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: has},
)

var stats runtime.MemStats

// mallocs replies with the number of Go allocations so far.
func mallocs(ctx rm.Context, _ rm.Args) error {
	runtime.ReadMemStats(&stats)
	return ctx.ReplyWithLongLong(int64(stats.Mallocs))
}

// collect empties the pools too, which takes two collections.
func collect(ctx rm.Context, _ rm.Args) error {
	runtime.GC()
	runtime.GC()
	return ctx.ReplyWithOK()
}

// has is d.has FUNCTION: does the running server provide it?
func has(ctx rm.Context, args rm.Args) error {
	for id := range redismodule.Funcs() {
		if f := redismodule.FuncID(id); f.Name() == args.At(1).String() {
			if redismodule.Has(f) {
				return ctx.ReplyWithLongLong(1)
			}
			return ctx.ReplyWithLongLong(0)
		}
	}
	return rm.Error("ERR no such function in the table")
}

// result replies with err as a text, "ok" for none: for commands that show several
// results in one reply.
func result(ctx rm.Context, err error) {
	if err == nil {
		_ = ctx.ReplyWithSimpleString("ok")
		return
	}
	_ = ctx.ReplyWithText(err.Error())
}
