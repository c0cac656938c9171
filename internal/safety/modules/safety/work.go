// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// work is what runs in the background until stop.
var work struct {
	mu    sync.Mutex
	stop  chan struct{}
	group sync.WaitGroup
	turns atomic.Int64
	sink  atomic.Pointer[string]
}

// start runs n goroutines.
func start(n int64, f func(i int, stop <-chan struct{})) {
	work.mu.Lock()
	defer work.mu.Unlock()
	if work.stop == nil {
		work.stop = make(chan struct{})
	}
	stop := work.stop
	for i := range int(n) {
		work.group.Go(func() { f(i, stop) })
	}
}

func stopAll() {
	work.mu.Lock()
	defer work.mu.Unlock()
	if work.stop != nil {
		close(work.stop)
		work.stop = nil
		work.group.Wait()
	}
}

// spin starts goroutines that compute and allocate.
func spin(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	start(n, func(_ int, stop <-chan struct{}) {
		for {
			select {
			case <-stop:
				return
			default:
			}
			var parts []string
			for i := range 100 {
				parts = append(parts, fmt.Sprint(i, work.turns.Add(1)))
			}
			text := strings.Join(parts, " ")
			work.sink.Store(&text)
		}
	})
	return ctx.ReplyWithOK()
}

// block starts goroutines that wait: on channels, for locks and for time.
func block(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	var mu sync.Mutex
	passed := make(chan int)
	start(n, func(i int, stop <-chan struct{}) {
		for {
			select {
			case <-stop:
				return
			case passed <- i:
			case <-passed:
			case <-time.After(time.Duration(i%7+1) * time.Millisecond):
			}
			mu.Lock()
			time.Sleep(time.Duration(i%5) * 100 * time.Microsecond)
			mu.Unlock()
		}
	})
	return ctx.ReplyWithOK()
}

func stop(ctx rm.Context, args rm.Args) error {
	stopAll()
	return ctx.ReplyWithOK()
}

// busy computes for args.At(1) milliseconds on a stack that is deep or shallow.
func busy(ctx rm.Context, args rm.Args) error {
	ms, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	until := time.Now().Add(time.Duration(ms) * time.Millisecond)
	if args.At(2).String() == "deep" {
		return ctx.ReplyWithLongLong(burnDeep(until, 2000))
	}
	return ctx.ReplyWithLongLong(burn(until))
}

//go:noinline
func burnDeep(until time.Time, depth int) int64 {
	if depth == 0 {
		return burn(until)
	}
	var pad [64]int64
	pad[depth%64] = burnDeep(until, depth-1)
	return pad[depth%64]
}

//go:noinline
func burn(until time.Time) int64 {
	var n, x int64
	for time.Now().Before(until) {
		for range 10000 {
			x = x*6364136223846793005 + 1442695040888963407
		}
		n++
	}
	return n + x&1
}

// nested calls itself args.At(2) deep through the server and counts in a key.
func nested(ctx rm.Context, args rm.Args) error {
	depth, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	if depth <= 0 {
		reply, err := ctx.Call("INCR", rm.CallReplicate, rm.Str(args.At(1)))
		defer reply.Free()
		if err != nil {
			return err
		}
		return ctx.ReplyWithCallReply(reply)
	}
	reply, err := ctx.Call(name+".nested", 0, rm.Str(args.At(1)), rm.Int64(depth-1))
	defer reply.Free()
	if err != nil {
		return err
	}
	return ctx.ReplyWithCallReply(reply)
}

// execute runs a program, in the handler or on a goroutine of its own.
func execute(ctx rm.Context, args rm.Args) error {
	run := func() (string, error) {
		out, err := exec.Command("/bin/echo", "a child of another kind").Output()
		return strings.TrimSpace(string(out)), err
	}
	var text string
	var err error
	if args.At(1).String() == "goroutine" {
		done := make(chan struct{})
		go func() {
			defer close(done)
			text, err = run()
		}()
		<-done
	} else {
		text, err = run()
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithText(text)
}

var output *os.File

// profile writes a CPU profile to a file, until it is told "stop".
func profile(ctx rm.Context, args rm.Args) error {
	return record(ctx, args.At(1).Clone(), func() error { return pprof.StartCPUProfile(output) }, pprof.StopCPUProfile)
}

// traceTo writes an execution trace to a file, until it is told "stop".
func traceTo(ctx rm.Context, args rm.Args) error {
	return record(ctx, args.At(1).Clone(), func() error { return trace.Start(output) }, trace.Stop)
}

func record(ctx rm.Context, file string, start func() error, stop func()) error {
	if file == "stop" {
		stop()
		if err := output.Close(); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}
	var err error
	if output, err = os.Create(file); err != nil {
		return err
	}
	if err := start(); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}
