// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

// doing is a run of goroutines that have the server INCR a key again and again.
var doing struct {
	goroutines atomic.Int64
	rounds     atomic.Int64
	took       []int64 // nanoseconds of each round
}

var incrDone = rm.NewCall("INCR", 0)

// do begins a run: GOROUTINES ROUNDS, by Do, or by the server's lock with a third
// argument.
func do(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	rounds, err := args.At(2).Int64()
	if err != nil || n < 1 || n > 100_000 || rounds < 1 || rounds > 1<<20 || doing.goroutines.Load() != 0 {
		return rm.Error("ERR 1 to 100000 goroutines, 1 to 1048576 rounds, one run at a time")
	}
	doing.rounds.Store(0)
	doing.took = make([]int64, rounds)
	doing.goroutines.Store(n)
	round := byDo(ctx)
	if args.Len() > 3 {
		round = byLock(ctx)
	}
	for range n {
		go func() {
			defer doing.goroutines.Add(-1)
			for {
				i := doing.rounds.Add(1) - 1
				if i >= rounds {
					return
				}
				start := time.Now()
				round()
				doing.took[i] = time.Since(start).Nanoseconds()
			}
		}()
	}
	return ctx.ReplyWithLongLong(n)
}

func increment(ctx rm.Context) error {
	reply, err := incrDone.DoArgs(ctx, rm.Text("done"))
	reply.Free()
	return err
}

func byDo(ctx rm.Context) func() {
	t := ctx.DetachedThreadSafeContext()
	return func() {
		if err := t.Do(increment); err != nil {
			panic(err)
		}
	}
}

func byLock(ctx rm.Context) func() {
	c := redismodule.GetThreadSafeContext(0)
	return func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		redismodule.ThreadSafeContextLock(c)
		defer redismodule.ThreadSafeContextUnlock(c)
		if err := increment(rm.RawContext(c)); err != nil {
			panic(err)
		}
		rm.RawContext(c).EndCallback()
	}
}

// took answers when the run has ended: mean, median, p99.9 and worst time of its rounds.
func took(ctx rm.Context, _ rm.Args) error {
	if doing.goroutines.Load() != 0 || len(doing.took) == 0 {
		return ctx.ReplyWithNull()
	}
	t := doing.took
	slices.Sort(t)
	var sum int64
	for _, d := range t {
		sum += d
	}
	n := int64(len(t))
	return ctx.ReplyWithText(fmt.Sprint(sum/n, t[n/2], t[n*999/1000], t[n-1]))
}
