// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"iter"
	"os/exec"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// pull is x.pull COMMAND ...: it walks over the reply of the command, an array, by a
// coroutine, and calls back into the module at each element.
func pull(ctx rm.Context, args rm.Args) error {
	reply, err := run(ctx, 0, words(args.From(1)))
	defer reply.Free()
	if err != nil {
		return err
	}
	next, stop := iter.Pull2(reply.Elements)
	defer stop()
	n := int64(0)
	for {
		_, e, ok := next()
		if !ok {
			return ctx.ReplyWithLongLong(n)
		}
		if e.Len() > 0 {
			n++
		}
		if err := back(ctx, int(n)); err != nil {
			return err
		}
	}
}

// coroutine is x.coroutine COMMAND ...: the same, and it is the coroutine that calls
// back.
func coroutine(ctx rm.Context, args rm.Args) error {
	reply, err := run(ctx, 0, words(args.From(1)))
	defer reply.Free()
	if err != nil {
		return err
	}
	var failed error
	next, stop := iter.Pull(func(yield func(int) bool) {
		for i, e := range reply.Elements {
			if failed = back(ctx, i); failed != nil || e.Len() > 0 && !yield(i) {
				return
			}
		}
	})
	defer stop()
	n := int64(0)
	for {
		if _, ok := next(); !ok {
			break
		}
		n++
	}
	if failed != nil {
		return failed
	}
	return ctx.ReplyWithLongLong(n)
}

// back runs commands of this module through the server: what they do needs a stack
// that grows, a collection, a panic that is caught.
func back(ctx rm.Context, turn int) error {
	for _, verb := range [][]string{{".ping"}, {".deep", "1000"}, {".collect", "1"}, {".nil"}}[:1+turn%4] {
		reply, err := run(ctx, 0, append([]string{name + verb[0]}, verb[1:]...))
		if verb[0] == ".nil" {
			if err == nil || !strings.Contains(err.Error(), "nil pointer dereference") {
				err = fmt.Errorf("%s.nil: %v", name, err)
			} else {
				err = nil
			}
		} else if err == nil && reply.String() != "OK" {
			err = fmt.Errorf("%s%s replied %q", name, verb[0], reply.String())
		}
		reply.Free()
		if err != nil {
			return err
		}
	}
	return nil
}

// wait is x.wait N: a coroutine that sleeps and calls back, n times.
func wait(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	var failed error
	next, stop := iter.Pull(func(yield func(int64) bool) {
		for i := range n {
			time.Sleep(time.Millisecond)
			if failed = back(ctx, 0); failed != nil || !yield(i) {
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
	defer stop()
	for _, ok := next(); ok; _, ok = next() {
	}
	if failed != nil {
		return failed
	}
	return ctx.ReplyWithOK()
}

// deep is x.deep N: so many Go calls, one in the other, of which the innermost calls a
// command.
func deep(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err == nil {
		err = descend(ctx, n)
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

//go:noinline
func descend(ctx rm.Context, n int64) error {
	if n == 0 {
		reply, err := ctx.Call(name+".ping", 0)
		reply.Free()
		return err
	}
	var room [32]int64
	room[n%32] = n
	err := descend(ctx, n-1)
	if err == nil && room[n%32] != n {
		err = fmt.Errorf("the stack has changed at depth %d", n)
	}
	return err
}

// execute is x.exec here|goroutine: the nice value of a program that Go starts.
func execute(ctx rm.Context, args rm.Args) error {
	var out []byte
	var err error
	run := func() { out, err = exec.Command("nice").Output() }
	if args.At(1).String() == "goroutine" {
		done := make(chan struct{})
		go func() {
			defer close(done)
			run()
		}()
		<-done
	} else {
		run()
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithText(strings.TrimSpace(string(out)))
}

// unload is x.unload: the module wants to unload itself.
func unload(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("MODULE", 0, rm.Text("UNLOAD"), rm.Text(name))
	defer reply.Free()
	if err != nil {
		return err
	}
	return ctx.ReplyWithCallReply(reply)
}

var heard string

// unloadLater is x.unloadlater LIST: the same in the function that hears the end of a
// blocking call.
func unloadLater(ctx rm.Context, args rm.Args) error {
	heard = ""
	reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Str(args.At(1)), rm.Int64(0))
	if err != nil {
		return err
	}
	_, err = reply.OnUnblocked(func(ctx rm.Context, _ rm.CallReply) {
		reply, err := ctx.Call("MODULE", 0, rm.Text("UNLOAD"), rm.Text(name))
		reply.Free()
		heard = "unloaded"
		if err != nil {
			heard = err.Error()
		}
	})
	if err != nil {
		reply.Free()
		return err
	}
	return ctx.ReplyWithOK()
}

// later replies with what came of it.
func later(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithText(heard) }
