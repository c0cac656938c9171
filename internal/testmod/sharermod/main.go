// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command sharermod is a module that exports functions to others, and calls one of a module
// that has asked for it.
package main

import (
	"runtime"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

// deep is the other module's function by which the two call each other.
var deep func(int64) (int64, error)

func init() {
	rm.Register(rm.Module{Name: "sharer", Version: 1, OnLoad: load, Commands: []rm.Command{
		{Name: "sharer.import", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: imports},
		{Name: "sharer.export", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: exportOne},
		{Name: "sharer.collect", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: collect},
	}})
}

func main() {}

func load(ctx rm.Context, args rm.Args) error {
	deep = nil
	for name, f := range map[string]rm.SharedFunc{
		"sharer.zero": rm.Shared0(func() int32 { return -5 }),
		"sharer.int":  rm.Shared1(func(n int32) int32 { return n - 1 }),
		"sharer.add":  rm.Shared2(func(a, b int64) int64 { return a + b }),
		"sharer.mix":  rm.Shared3(func(a int8, b uint16, c int64) int64 { return int64(a) + int64(b) + c }),
		"sharer.four": rm.Shared4(func(a, b, c, d uint64) uint64 { return a<<48 | b<<32 | c<<16 | d }),
		"sharer.six": func(w rm.SharedWords) uintptr {
			return w[0] + 2*w[1] + 3*w[2] + 4*w[3] + 5*w[4] + 6*w[5]
		},
		"sharer.fail": rm.Shared1(fail),
		"sharer.deep": rm.Shared1(down),
		"sharer.ping": rm.Shared1(ping),
	} {
		if err := ctx.ExportSharedAPI(name, f); err != nil {
			return err
		}
	}
	if args.Len() > 0 {
		return rm.Error("ERR told to fail")
	}
	return nil
}

// collect has a goroutine collect garbage so many times.
func collect(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	go func() {
		for range n {
			runtime.GC()
		}
	}()
	return ctx.ReplyWithOK()
}

func fail(how int32) int32 {
	if how == 1 {
		panic("as it was told")
	}
	if how == 2 {
		runtime.Goexit()
	}
	return 7
}

// down calls the other module, which calls down again, until n is 0.
func down(n int64) int64 {
	if n == 0 || deep == nil {
		runtime.GC()
		return 0
	}
	below, err := deep(n - 1)
	if err != nil {
		return -1
	}
	return below + 1
}

// ping calls the server by the other module's context, and leaves a key open, and returns
// the length of the reply.
func ping(c redismodule.Ctx) int {
	ctx := rm.RawContext(c)
	defer ctx.EndCallback()
	ctx.OpenReadKey(ctx.Str("some key"))
	reply, err := ctx.Call("PING", 0)
	if err != nil {
		return -1
	}
	defer reply.Free()
	return reply.Len()
}

// imports is sharer.import NAME.
func imports(ctx rm.Context, args rm.Args) error {
	api, ok, err := ctx.SharedAPI(args.At(1).String())
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithNull()
	}
	deep = rm.Imported1[int64, int64](api)
	return ctx.ReplyWithOK()
}

// exportOne is sharer.export NAME.
func exportOne(ctx rm.Context, args rm.Args) error {
	if err := ctx.ExportSharedAPI(args.At(1).Clone(), rm.Shared0(func() int { return 1 })); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}
