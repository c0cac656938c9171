// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"iter"
	"os/exec"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// pull is x.pull COMMAND ...: it walks over the reply of the command, an array, by a
// coroutine, and calls back into the module at each element.
func pull(ctx rm.Context, args rm.Args) error {
	reply, err := run(ctx, 0, words(args[1:]))
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
		if err := pingCalled(ctx); err != nil {
			return err
		}
	}
}

// coroutine is x.coroutine COMMAND ...: the same, and it is the coroutine that calls
// back.
func coroutine(ctx rm.Context, args rm.Args) error {
	reply, err := run(ctx, 0, words(args[1:]))
	defer reply.Free()
	if err != nil {
		return err
	}
	var failed error
	next, stop := iter.Pull(func(yield func(int) bool) {
		for i, e := range reply.Elements {
			if failed = pingCalled(ctx); failed != nil || e.Len() > 0 && !yield(i) {
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

// pingCalled runs a command of this module through the server.
func pingCalled(ctx rm.Context) error {
	reply, err := ctx.Call(name+".ping", 0)
	defer reply.Free()
	if err == nil && reply.String() != "OK" {
		err = fmt.Errorf("%s.ping replied %q", name, reply.String())
	}
	return err
}

// execute is x.exec here|goroutine: the nice value of a program that Go starts.
func execute(ctx rm.Context, args rm.Args) error {
	var out []byte
	var err error
	run := func() { out, err = exec.Command("nice").Output() }
	if args[1].String() == "goroutine" {
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
	reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Str(args[1]), rm.Int(0))
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
