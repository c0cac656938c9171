// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command usermod is a module that calls functions of others, and exports one.
package main

import (
	"runtime"

	"github.com/iredismodule/redismodule/rm"
)

// kept is a function that outlives a load.
var kept rm.SharedAPI

func init() {
	command := func(name string, arity int, handler rm.Handler) rm.Command {
		return rm.Command{Name: "user." + name, Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: arity, Handler: handler}
	}
	rm.Register(rm.Module{Name: "user", Version: 1, Commands: []rm.Command{
		command("call", -2, call), command("typed", 1, typed), command("kept", 1, callKept), command("costs", 2, costs),
		command("ping", 2, ping), command("goroutine", 2, goroutine),
	}, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		return ctx.ExportSharedAPI("user.deep", rm.Shared1(func(n int64) int64 {
			api, ok, err := current.SharedAPI("sharer.deep")
			if err != nil || !ok {
				return -1000
			}
			below, err := rm.Imported1[int64, int64](api)(n - 1)
			if err != nil || n == 0 {
				return 0
			}
			return below + 1
		}))
	}})
}

func main() {}

// current is the context of the command under way.
var current rm.Context

// call is user.call NAME N...: replies with the result as a C long long, or null.
func call(ctx rm.Context, args rm.Args) error {
	current = ctx
	api, ok, err := ctx.SharedAPI(args.At(1).Clone())
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithNull()
	}
	kept = api
	var words []uintptr
	for _, arg := range args.From(2).All {
		n, err := arg.Int64()
		if err != nil {
			return err
		}
		words = append(words, uintptr(n))
	}
	r, err := api.Call(words...)
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(r))
}

func callKept(ctx rm.Context, _ rm.Args) error {
	r, err := kept.Call()
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(r))
}

func get(ctx rm.Context, name string) rm.SharedAPI {
	api, _, err := ctx.SharedAPI(name)
	if err != nil {
		panic(err)
	}
	return api
}

// typed calls functions of all shapes.
func typed(ctx rm.Context, _ rm.Args) error {
	zero, err := rm.Imported0[int32](get(ctx, "sharer.zero"))()
	if err != nil {
		return err
	}
	one, _ := rm.Imported1[int32, int32](get(ctx, "sharer.int"))(-1 << 31)
	two, _ := rm.Imported2[int64, int64, int64](get(ctx, "sharer.add"))(1<<62, -1)
	three, _ := rm.Imported3[int8, uint16, int64, int64](get(ctx, "sharer.mix"))(-128, 65535, -1)
	four, _ := rm.Imported4[uint64, uint64, uint64, uint64, uint64](get(ctx, "sharer.four"))(1, 2, 3, 4)
	return ctx.ReplyWithLongLongs([]int64{int64(zero), int64(one), two, three, int64(four)})
}

// costs is user.costs NAME: how many Go allocations many calls of a function of two
// arguments made.
func costs(ctx rm.Context, args rm.Args) error {
	f := rm.Imported2[int64, int64, int64](get(ctx, args.At(1).Clone()))
	var before, after runtime.MemStats
	best := uint64(1 << 62)
	for range 3 {
		runtime.ReadMemStats(&before)
		for i := range int64(1000) {
			if n, err := f(i, 1); err != nil || n != i+1 {
				return rm.Error("ERR a wrong sum")
			}
		}
		runtime.ReadMemStats(&after)
		best = min(best, after.Mallocs-before.Mallocs)
	}
	return ctx.ReplyWithLongLong(int64(best))
}

// ping is user.ping NAME: the other module calls the server by this one's context.
func ping(ctx rm.Context, args rm.Args) error {
	n, err := rm.Imported1[uintptr, int](get(ctx, args.At(1).Clone()))(uintptr(ctx.Raw()))
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(n))
}

// goroutine is user.goroutine NAME: a function of two arguments from many goroutines at
// once.
func goroutine(ctx rm.Context, args rm.Args) error {
	f := rm.Imported2[int64, int64, int64](get(ctx, args.At(1).Clone()))
	sums := make(chan int64)
	for i := range int64(8) {
		go func() {
			sum := int64(0)
			for range 1000 {
				n, err := f(sum, i)
				if err != nil {
					panic(err)
				}
				sum = n
			}
			sums <- sum
		}()
	}
	all := int64(0)
	for range 8 {
		all += <-sums
	}
	return ctx.ReplyWithLongLong(all)
}
