// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"io"
	"runtime"
	"runtime/trace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// work is what runs in the background until stop. Nothing here waits for its end
// in a handler: goroutines that wait for the server's thread could then not end.
var work struct {
	mu      sync.Mutex
	stop    chan struct{}
	running atomic.Int64
	rounds  atomic.Int64
	failed  atomic.Int64
	failure atomic.Pointer[string] // the first error
	sink    atomic.Pointer[string]
}

// start runs f again and again on n goroutines.
func start(n int64, f func()) {
	work.mu.Lock()
	defer work.mu.Unlock()
	if work.stop == nil {
		work.stop = make(chan struct{})
	}
	stop := work.stop
	work.running.Add(n)
	for range n {
		go func() {
			defer work.running.Add(-1)
			for {
				select {
				case <-stop:
					return
				default:
					f()
				}
			}
		}()
	}
}

func stop(ctx rm.Context, args rm.Args) error {
	work.mu.Lock()
	defer work.mu.Unlock()
	if work.stop != nil {
		close(work.stop)
		work.stop = nil
	}
	return ctx.ReplyWithOK()
}

// note counts what a round has come to.
func note(err error) {
	if err == nil {
		work.rounds.Add(1)
		return
	}
	text := err.Error()
	work.failure.CompareAndSwap(nil, &text)
	work.failed.Add(1)
}

// sleep waits so many microseconds.
func sleep(us int64) {
	if us > 0 {
		time.Sleep(time.Duration(us) * time.Microsecond)
	}
}

var lock struct {
	once sync.Once
	t    *rm.ThreadSafeContext
}

// safe returns the context of all goroutines. With it the module cannot be unloaded.
func safe(ctx rm.Context) *rm.ThreadSafeContext {
	lock.once.Do(func() { lock.t = ctx.DetachedThreadSafeContext() })
	return lock.t
}

// caller returns the function that calls a command.
func caller(command []string) func(ctx rm.Context) error {
	return func(ctx rm.Context) error {
		reply, err := run(ctx, rm.CallReplicate, command)
		reply.Free()
		return err
	}
}

// loopDo is x.do N PAUSE COMMAND ...: n goroutines call it under Do, with a pause of
// so many microseconds.
func loopDo(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	us, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	t, f := safe(ctx), caller(words(args.From(3)))
	start(n, func() {
		note(t.Do(f))
		sleep(us)
	})
	return ctx.ReplyWithOK()
}

// loopTry is x.try N COMMAND ...: n goroutines call it under TryDo, without a pause.
func loopTry(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	t, f := safe(ctx), caller(words(args.From(2)))
	start(n, func() {
		if ok, err := t.TryDo(f); ok || err != nil {
			note(err)
		}
	})
	return ctx.ReplyWithOK()
}

// loopGC is x.gc N PAUSE: n goroutines that collect garbage, with a pause of so many
// microseconds.
func loopGC(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	us, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	start(n, func() {
		runtime.GC()
		sleep(us)
	})
	return ctx.ReplyWithOK()
}

// loopTrace is x.trace: a goroutine that starts and stops the execution tracer.
func loopTrace(ctx rm.Context, _ rm.Args) error {
	start(1, func() {
		if err := trace.Start(io.Discard); err == nil {
			sleep(5000)
			trace.Stop()
		}
	})
	return ctx.ReplyWithOK()
}

// spin is x.spin N: n goroutines that compute and allocate.
func spin(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	start(n, func() {
		var parts []string
		for i := range 100 {
			parts = append(parts, strconv.Itoa(i))
		}
		text := strings.Join(parts, " ")
		work.sink.Store(&text)
	})
	return ctx.ReplyWithOK()
}

// clock is the goroutine that wants to run every millisecond.
var clock struct {
	stop  chan struct{}
	worst atomic.Int64 // microseconds
}

// tick is x.tick start|reset|read|stop. It reads the worst delay so far in
// microseconds.
func tick(ctx rm.Context, args rm.Args) error {
	switch args.At(1).String() {
	case "start":
		stopTick()
		stop := make(chan struct{})
		clock.stop = stop
		clock.worst.Store(0)
		go ticks(stop)
	case "reset":
		clock.worst.Store(0)
	case "read":
		return ctx.ReplyWithLongLong(clock.worst.Load())
	case "stop":
		stopTick()
	default:
		return rm.Error("ERR start, reset, read or stop")
	}
	return ctx.ReplyWithOK()
}

func stopTick() {
	if clock.stop != nil {
		close(clock.stop)
		clock.stop = nil
	}
}

func ticks(stop chan struct{}) {
	const every = time.Millisecond
	for {
		begin := time.Now()
		select {
		case <-stop:
			return
		case <-time.After(every):
		}
		late := (time.Since(begin) - every).Microseconds()
		for {
			worst := clock.worst.Load()
			if late <= worst || clock.worst.CompareAndSwap(worst, late) {
				break
			}
		}
	}
}
