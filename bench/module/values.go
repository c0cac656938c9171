// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// A number and a text, as a data type of Go values and as one in C memory, and what they cost;
// bench/native/values.h has the same in C.

type value struct {
	number uint64
	text   string
}

var values *rm.Type[value]

// The same in C memory.
var (
	structs      *rm.StructType
	structNumber = &rm.NumberField[uint64]{Name: "number"}
	structText   = &rm.BytesField{Name: "text"}
)

// valueKinds is which of the two the module has: go, struct, or all. A type of Go values has forks prepared,
// and its cost would be charged to the other.
var valueKinds = "all"

func createValues(ctx rm.Context) (err error) {
	if valueKinds != "go" {
		structs, err = rm.NewStructType(ctx, rm.StructSpec{
			Name: "benchstr" + prefix[:1], Version: 1, Fields: []rm.StructField{structNumber, structText},
		})
		if err != nil || valueKinds == "struct" {
			return err
		}
	}
	values, err = rm.NewType(ctx, rm.TypeSpec[value]{
		Name: "benchval" + prefix[:1], Version: 1,
		Save: func(w *rm.Saver, v *value) error {
			w.SaveUnsigned(v.number)
			w.SaveText(v.text)
			return nil
		},
		Load: func(r *rm.Loader, _ int) (*value, error) {
			v := &value{number: r.LoadUnsigned(), text: r.LoadText()}
			return v, r.Err()
		},
	})
	return err
}

func valueCommands(prefix string) []rm.Command {
	return []rm.Command{
		{Name: prefix + "vset", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 4, Handler: vset},
		{Name: prefix + "vget", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: vget},
		{Name: prefix + "sset", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 4, Handler: sset},
		{Name: prefix + "sget", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: sget},
	}
}

func vset(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return rm.Error("ERR not a number")
	}
	key := ctx.OpenWriteKey(args.At(1))
	err = values.Set(key, &value{number: uint64(n), text: args.At(3).Clone()})
	key.Close()
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func vget(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	v, ok, err := values.Get(key)
	switch {
	case ok:
		err = ctx.ReplyWithLongLong(int64(v.number))
	case err == nil:
		err = ctx.ReplyWithNull()
	}
	key.Close()
	return err
}

func sset(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return rm.Error("ERR not a number")
	}
	key := ctx.OpenWriteKey(args.At(1))
	v, err := structs.New(key)
	if err == nil {
		err = structNumber.Set(v, uint64(n))
	}
	if err == nil {
		err = structText.Set(v, args.At(3).Bytes())
	}
	key.Close()
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func sget(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	v, ok, err := structs.Get(key)
	switch {
	case ok:
		err = ctx.ReplyWithLongLong(int64(structNumber.Get(v)))
	case err == nil:
		err = ctx.ReplyWithNull()
	}
	key.Close()
	return err
}

// collect has a goroutine run the garbage collection, and replies with its time, the pauses in
// it, its CPU time, and as they were before it: CPU time of all collections, their number, the
// sum of all pauses; and the heap in use after it. Times are in nanoseconds.
func collect(ctx rm.Context, _ rm.Args) error {
	return rm.Go(ctx, func(rm.Job) (rm.Reply, error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		cpu := collectorCPU()
		count := before.NumGC
		begin := time.Now()
		runtime.GC()
		took := time.Since(begin)
		runtime.ReadMemStats(&after)
		r := rm.NewReply()
		r.BeginArray(7)
		for _, n := range []int64{
			took.Nanoseconds(), int64(after.PauseTotalNs - before.PauseTotalNs), collectorCPU() - cpu, cpu,
			int64(count), int64(before.PauseTotalNs), int64(after.HeapAlloc),
		} {
			r.LongLong(n)
		}
		return r, nil
	})
}

// collectorCPU is the CPU time that the garbage collector has had so far, as of the last one.
func collectorCPU() int64 {
	s := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(s)
	return int64(s[0].Value.Float64() * 1e9)
}
