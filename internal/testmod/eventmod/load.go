// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// All that runs without a client at once, beside goroutines that compute and allocate.

var load struct {
	on     atomic.Bool
	posted atomic.Int64
	others sync.WaitGroup
	stops  []func(ctx rm.Context)
}

var _ = add(
	rm.Command{Name: "e.load", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: loadBegins},
	rm.Command{Name: "e.load.end", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: loadEnds},
	rm.Command{Name: "e.posted", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, _ rm.Args) error {
		return ctx.ReplyWithLongLong(load.posted.Load())
	}},
)

func loadBegins(ctx rm.Context, _ rm.Args) error {
	clear(counts)
	load.posted.Store(0)
	load.on.Store(true)
	count := func(name string) func(rm.Context) { return func(rm.Context) { counts[name]++ } }

	job := func(ctx rm.Context) {
		if reply, err := ctx.Call("INCR", rm.CallReplicate, rm.Text("jobs")); err == nil {
			reply.Free()
		}
	}
	keys, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyString, func(ctx rm.NotifyContext, e rm.KeyspaceEvent) {
		if e.Key().String() == "jobs" {
			return
		}
		counts["heard"]++
		if ctx.AddPostNotificationJob(job) == nil {
			counts["jobs"]++
		}
	})
	if err != nil {
		return err
	}
	loop, err := ctx.OnEventLoop(func(rm.Context, rm.EventLoopPoint) { counts["loop"]++ })
	if err != nil {
		return err
	}
	every, err := ctx.Every(time.Millisecond, count("every"))
	if err != nil {
		return err
	}
	file, err := alwaysReadable()
	if err != nil {
		return err
	}
	fd, err := ctx.EventLoopAdd(file, rm.EventLoopReadable, func(rm.Context, rm.EventLoopMask) { counts["fd"]++ })
	if err != nil {
		return err
	}
	load.stops = []func(ctx rm.Context){keys.Stop, loop.Stop, every.Stop, fd.Stop}
	for range 50 {
		var again func(ctx rm.Context)
		again = func(ctx rm.Context) {
			if counts["timer"]++; load.on.Load() {
				_, _ = ctx.CreateTimer(0, again)
			}
		}
		if _, err := ctx.CreateTimer(0, again); err != nil {
			return err
		}
	}
	server := ctx.DetachedThreadSafeContext()
	ran := count("oneshot")
	for range 3 {
		load.others.Go(func() {
			for load.on.Load() {
				if err := server.Post(ran); errors.Is(err, rm.ErrUnloaded) {
					return
				}
				if load.posted.Add(1)%100 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	load.others.Go(func() {
		var keep [][]byte
		for load.on.Load() {
			if keep = append(keep, make([]byte, 10_000)); len(keep) > 1000 {
				keep = nil
				runtime.GC()
			}
		}
	})
	return ctx.ReplyWithOK()
}

func loadEnds(ctx rm.Context, _ rm.Args) error {
	load.on.Store(false)
	load.others.Wait() // they wait for nothing of the server's
	for _, stop := range load.stops {
		stop(ctx)
	}
	return ctx.ReplyWithOK()
}
