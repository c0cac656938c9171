// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command module is the Go half of the server benchmarks: the same commands as
// bench/native/twin.c, one by one. Name and prefix are set at build time, so
// that two builds can be loaded side by side:
//
//	go build -buildmode=c-shared -ldflags "-X main.name=benchp -X main.prefix=p."
//
// With -X main.only=ops the commands that are no operations are left out, so that both
// halves have the same ones in the same order.
package main

import (
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

var (
	name   = "bench"
	prefix = "g."
	only   = ""
)

func init() {
	const quick = rm.CmdReadOnly | rm.CmdFast
	onLoad := func(ctx rm.Context, _ rm.Args) error {
		return errors.Join(createValues(ctx), makeDict(), listen(ctx))
	}
	commands := slices.Concat(dataCommands(prefix), sliceCommands(prefix), eventCommands(prefix), kindCommands(prefix), []rm.Command{
		{Name: prefix + "noop", Flags: quick, Keys: rm.NoKeys, Arity: 1, Handler: noop},
		{Name: prefix + "echo", Flags: quick, Keys: rm.NoKeys, Arity: 2, Handler: echo},
		{Name: prefix + "get", Flags: quick, Keys: rm.OneKey, Arity: 2, Handler: get},
		{Name: prefix + "array", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: array},
		{Name: prefix + "call", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: call},
		{Name: prefix + "filter", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: filter},
		{Name: prefix + "limit", Flags: rm.CmdWrite | rm.CmdFast, Keys: rm.OneKey, Arity: 4, Handler: limit},
	}, valueCommands(prefix))
	if only == "" {
		commands = append(commands, moreCommands()...)
	}
	rm.Register(rm.Module{Name: name, Version: 1, Params: []rm.Param{rm.TextParam("values", &valueKinds)}, OnLoad: onLoad, Commands: commands})
}

// moreCommands are what other benchmarks need.
func moreCommands() []rm.Command {
	return slices.Concat(scaleCommands(prefix), []rm.Command{
		{Name: prefix + "collect", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: collect},
		{Name: prefix + "pool", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: pool},
		{Name: prefix + "busy", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: busy},
		{Name: prefix + "compute", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: compute},
		{Name: prefix + "do", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: do},
		{Name: prefix + "took", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: took},
		{Name: prefix + "child", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: child},
		{Name: prefix + "memstats", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: memstats},
	})
}

func main() {}

func noop(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(1) }

func echo(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithString(args.At(1)) }

func array(ctx rm.Context, _ rm.Args) error {
	if err := ctx.ReplyWithArray(100); err != nil {
		return err
	}
	for i := range 100 {
		if err := ctx.ReplyWithLongLong(int64(i)); err != nil {
			return err
		}
	}
	return nil
}

// memstats answers what the runtime has allocated so far: mallocs, bytes, heap
// in use, collections, goroutines.
func memstats(ctx rm.Context, _ rm.Args) error {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	for i, n := range []uint64{5, m.Mallocs, m.TotalAlloc, m.HeapAlloc, uint64(m.NumGC), uint64(runtime.NumGoroutine())} {
		var err error
		if i == 0 {
			err = ctx.ReplyWithArray(int(n))
		} else {
			err = ctx.ReplyWithLongLong(int64(n))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var busyGeneration atomic.Int64

// sink keeps what the busy goroutines allocate alive for a moment.
var sink [1000]atomic.Pointer[[1024]byte]

// busy starts n goroutines that compute and allocate, instead of those before.
func busy(ctx rm.Context, args rm.Args) error {
	return beside(ctx, args, func(i int64, sum *byte) {
		p := new([1024]byte)
		for j := 0; j < len(p); j += 64 {
			*sum += byte(j)
			p[j] = *sum
		}
		sink[i].Store(p)
	})
}

// compute starts n goroutines that only compute, instead of those before: Go's scheduler interrupts
// them by signals alone.
func compute(ctx rm.Context, args rm.Args) error {
	return beside(ctx, args, func(_ int64, sum *byte) {
		for j := range 10_000 {
			*sum = *sum*31 + byte(j)
		}
	})
}

// beside starts as many goroutines as args says, each of which calls work again and again.
func beside(ctx rm.Context, args rm.Args, work func(i int64, sum *byte)) error {
	n, err := args.At(1).Int64()
	if err != nil || n < 0 || n > int64(len(sink)) {
		return rm.Error("ERR a number from 0 to 1000")
	}
	generation := busyGeneration.Add(1)
	for i := range n {
		go func() {
			var sum byte
			for busyGeneration.Load() == generation {
				work(i, &sum)
			}
		}()
	}
	return ctx.ReplyWithLongLong(n)
}

// child registers a callback that may run in a forked child, so that forks are
// prepared from now on.
func child(ctx rm.Context, _ rm.Args) error {
	_, err := redismodule.NewChildCallback(func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return 0 }, nil)
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}
