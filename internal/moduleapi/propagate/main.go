// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module propagate is what the unit of the same name of the suite loads: it replicates from commands,
// timers, goroutines and in the middle of keyspace events.
package main

import (
	"errors"
	"time"

	"github.com/iredismodule/redismodule/internal/moduleapi/calls"
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, keys rm.KeyRange, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: "propagate-test." + name, Flags: rm.CmdWrite, Keys: keys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "propagate-test", Version: 1, OnLoad: load, Commands: []rm.Command{
		command("timer", rm.NoKeys, 1, timer),
		command("timer-nested", rm.NoKeys, 1, byTimer(func(s *steps) {
			s.send("INCRBY", "timer-nested-start", "1")
			s.send("INCRBY", "timer-nested-end", "1")
		})),
		command("timer-nested-repl", rm.NoKeys, 1, byTimer(func(s *steps) {
			s.send("INCRBY", "timer-nested-start", "1")
			s.call("propagate-test.nested")
			s.call("INCR", "timer-nested-middle")
			s.send("INCRBY", "timer-nested-end", "1")
		})),
		command("timer-maxmemory", rm.NoKeys, 1, byTimer(func(s *steps) {
			s.call("SETEX", "timer-maxmemory-volatile-start", "100", "1")
			s.call("CONFIG", "SET", "maxmemory", "1")
			s.send("INCR", "timer-maxmemory-middle")
			s.call("SETEX", "timer-maxmemory-volatile-end", "100", "1")
		})),
		command("timer-eval", rm.NoKeys, 1, byTimer(func(s *steps) {
			s.call("INCRBY", "timer-eval-start", "1")
			s.call("EVAL", "redis.call('set', 'foo', 'bar')", "0")
			s.send("INCR", "timer-eval-middle")
			s.call("INCRBY", "timer-eval-end", "1")
		})),
		command("thread", rm.NoKeys, 1, byGoroutine(3, func(s *steps) {
			s.send("INCR", "a-from-thread")
			s.call("INCR", "thread-call")
			s.send("INCR", "b-from-thread")
		})),
		command("detached-thread", rm.NoKeys, 1, byGoroutine(1, func(s *steps) {
			s.send("INCR", "thread-detached-before")
			s.call("INCR", "thread-detached-1")
			s.call("INCR", "thread-detached-2")
			s.send("INCR", "thread-detached-after")
		})),
		command("simple", rm.NoKeys, 1, atOnce(func(s *steps) {
			s.send("INCR", "counter-1")
			s.send("INCR", "counter-2")
		})),
		command("mixed", rm.NoKeys, 1, atOnce(func(s *steps) {
			s.call("INCR", "using-call")
			s.send("INCR", "counter-1")
			s.send("INCR", "counter-2")
			s.call("INCR", "after-call")
		})),
		command("nested", rm.NoKeys, 1, atOnce(func(s *steps) {
			s.call("INCR", "using-call")
			s.call("propagate-test.simple")
			s.send("INCR", "counter-3")
			s.send("INCR", "counter-4")
			s.call("INCR", "after-call")
			s.call("INCR", "before-call-2")
			s.call("keyspace.incr_case1", "asdf")
			s.call("keyspace.del_key_copy", "asdf")
			s.call("INCR", "after-call-2")
		})),
		command("incr", rm.OneKey, 2, incr),
		{Name: "propagate-test.obeyed", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, _ rm.Args) error {
			return ctx.ReplyWithLongLong(obeyed)
		}},
	}})
}

// steps is what a command does one after the other, until something fails.
type steps struct {
	ctx rm.Context
	err error
}

func words(list []string) (args []rm.Arg) {
	for _, w := range list {
		args = append(args, rm.Text(w))
	}
	return args
}

// send replicates a command that does not run here.
func (s *steps) send(command string, args ...string) {
	if s.err == nil {
		s.err = s.ctx.Replicate(command, 0, words(args)...)
	}
}

// call calls a command that is replicated.
func (s *steps) call(command string, args ...string) {
	if s.err != nil {
		return
	}
	reply, err := s.ctx.Call(command, rm.CallReplicate, words(args)...)
	reply.Free()
	s.err = err
}

// run takes the steps.
func run(ctx rm.Context, f func(s *steps)) error {
	s := steps{ctx: ctx}
	f(&s)
	return s.err
}

// atOnce takes the steps in the command.
func atOnce(f func(s *steps)) rm.Handler {
	return func(ctx rm.Context, _ rm.Args) error {
		if err := run(ctx, f); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}
}

// byTimer takes them in a timer.
func byTimer(f func(s *steps)) rm.Handler {
	return func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.CreateTimer(100*time.Millisecond, func(ctx rm.Context) {
			if err := run(ctx, f); err != nil {
				ctx.Warning(err.Error())
			}
		})
		if err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}
}

// byGoroutine has a goroutine take them, n times.
func byGoroutine(n int, f func(s *steps)) rm.Handler {
	return func(ctx rm.Context, _ rm.Args) error {
		threads := ctx.DetachedThreadSafeContext()
		go func() {
			defer threads.Free()
			for range n {
				if err := threads.Do(func(ctx rm.Context) error { return run(ctx, f) }); err != nil {
					rm.Log(rm.LevelWarning, err.Error())
				}
			}
		}()
		return ctx.ReplyWithOK()
	}
}

// timer replicates three times, each time in a timer of its own.
func timer(ctx rm.Context, _ rm.Args) error {
	left := 3
	var fire func(ctx rm.Context)
	fire = func(ctx rm.Context) {
		err := ctx.Replicate("INCR", 0, rm.Text("timer"))
		if left--; left > 0 && err == nil {
			_, err = ctx.CreateTimer(100*time.Millisecond, fire)
		}
		if err != nil {
			ctx.Warning(err.Error())
		}
	}
	if _, err := ctx.CreateTimer(100*time.Millisecond, fire); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// obeyed counts the commands incr that must not be refused.
var obeyed int64

// incr is propagate-test.incr KEY.
func incr(ctx rm.Context, args rm.Args) error {
	if must, err := ctx.MustObeyClient(); err == nil && must {
		obeyed++
	}
	if err := calls.Forward(ctx, 0, rm.ArgsOf(ctx.Str("INCR"), args.At(1))); err != nil {
		return err
	}
	return ctx.ReplicateVerbatim()
}

// counting tells that an event is being counted.
var counting bool

// load has all events counted, in their middle, where the server lets a module write there.
func load(ctx rm.Context, _ rm.Args) error {
	counting, obeyed = false, 0
	if err := ctx.AllowNestedKeyspaceEvents(); err != nil && !errors.Is(err, rm.ErrUnsupported) {
		return err
	}
	_, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyAll, func(c rm.NotifyContext, _ rm.KeyspaceEvent) {
		ctx, ok := c.Nested()
		if !ok || counting {
			return
		}
		counting = true
		defer func() { counting = false }()
		if err := run(ctx, func(s *steps) { s.call("INCR", "notifications") }); err != nil {
			ctx.Warning(err.Error())
		}
	})
	return err
}

func main() {}
