// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module propagate is what the unit propagate of the suite loads: what is replicated by commands, timers and goroutines, and
// for keyspace events.
package main

import (
	"errors"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, flags rm.CommandFlags, keys rm.KeyRange, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: "propagate-test." + name, Flags: flags, Keys: keys, Arity: arity, Handler: h}
	}
	plain := func(name string, flags rm.CommandFlags, f func(ctx rm.Context) error) rm.Command {
		return command(name, flags, rm.NoKeys, 1, func(ctx rm.Context, _ rm.Args) error {
			if err := f(ctx); err != nil {
				return err
			}
			return ctx.ReplyWithOK()
		})
	}
	rm.Register(rm.Module{Name: "propagate-test", Version: 1, OnLoad: load, Commands: []rm.Command{
		plain("timer", 0, soon(counted(3))),
		plain("timer-nested", 0, soon(nestedInTimer(0))),
		plain("timer-nested-repl", 0, soon(nestedInTimer(rm.CallReplicate))),
		plain("timer-maxmemory", 0, soon(steps{
			call("SETEX", "timer-maxmemory-volatile-start", "100", "1"), call("CONFIG", "SET", "maxmemory", "1"),
			replicate("INCR", "timer-maxmemory-middle"), call("SETEX", "timer-maxmemory-volatile-end", "100", "1"),
		}.do)),
		plain("timer-eval", 0, soon(steps{
			call("INCRBY", "timer-eval-start", "1"), call("EVAL", "redis.call('set',KEYS[1],ARGV[1])", "1", "foo", "bar"),
			replicate("INCR", "timer-eval-middle"), call("INCRBY", "timer-eval-end", "1"),
		}.do)),
		plain("thread", 0, func(rm.Context) error {
			part := steps{replicate("INCR", "a-from-thread"), call("INCR", "thread-call"), replicate("INCR", "b-from-thread")}
			go inTurns(part, part, part)
			return nil
		}),
		plain("detached-thread", 0, func(rm.Context) error {
			go inTurns(steps{
				replicate("INCR", "thread-detached-before"), call("INCR", "thread-detached-1"),
				call("INCR", "thread-detached-2"), replicate("INCR", "thread-detached-after"),
			})
			return nil
		}),
		plain("simple", 0, steps{replicate("INCR", "counter-1"), replicate("INCR", "counter-2")}.do),
		plain("mixed", rm.CmdWrite, steps{
			call("INCR", "using-call"), replicate("INCR", "counter-1"), replicate("INCR", "counter-2"), call("INCR", "after-call"),
		}.do),
		plain("nested", rm.CmdWrite, steps{
			call("INCR", "using-call"), call("propagate-test.simple"), replicate("INCR", "counter-3"), replicate("INCR", "counter-4"),
			call("INCR", "after-call"), call("INCR", "before-call-2"), call("keyspace.incr_case1", "asdf"),
			call("keyspace.del_key_copy", "asdf"), call("INCR", "after-call-2"),
		}.do),
		command("incr", rm.CmdWrite, rm.OneKey, 2, incr),
		command("obeyed", 0, rm.NoKeys, 1, func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(obeyed) }),
	}})
}

func main() {}

// step is one command that is called, or only replicated.
type step struct {
	command   string
	args      []rm.Arg
	flags     rm.CallFlags
	replicate bool
}

type steps []step

func texts(list []string) (args []rm.Arg) {
	for _, text := range list {
		args = append(args, rm.Text(text))
	}
	return args
}

func call(command string, args ...string) step {
	return step{command: command, args: texts(args), flags: rm.CallReplicate}
}

func replicate(command string, args ...string) step {
	return step{command: command, args: texts(args), replicate: true}
}

func (list steps) do(ctx rm.Context) error {
	for _, s := range list {
		if s.replicate {
			if err := ctx.Replicate(s.command, 0, s.args...); err != nil {
				return err
			}
			continue
		}
		reply, err := ctx.Call(s.command, s.flags, s.args...)
		reply.Free()
		if err != nil {
			return err
		}
	}
	return nil
}

// soon makes a command that has a timer do it.
func soon(f func(ctx rm.Context) error) func(ctx rm.Context) error {
	return func(ctx rm.Context) error {
		_, err := ctx.CreateTimer(100*time.Millisecond, func(ctx rm.Context) {
			if err := f(ctx); err != nil {
				ctx.Warning(err.Error())
			}
		})
		return err
	}
}

// counted counts in a timer, and in as many as are left after it.
func counted(n int) func(ctx rm.Context) error {
	return func(ctx rm.Context) error {
		if n > 1 {
			if err := soon(counted(n - 1))(ctx); err != nil {
				return err
			}
		}
		return ctx.Replicate("INCR", 0, rm.Text("timer"))
	}
}

// nestedInTimer calls a command that replicates, with these flags.
func nestedInTimer(flags rm.CallFlags) func(ctx rm.Context) error {
	nested, middle := call("propagate-test.nested"), call("INCR", "timer-nested-middle")
	nested.flags, middle.flags = flags, flags
	return steps{replicate("INCRBY", "timer-nested-start", "1"), nested, middle, replicate("INCRBY", "timer-nested-end", "1")}.do
}

var threads *rm.ThreadSafeContext

// inTurns does each part in a turn of its own on the server's thread.
func inTurns(parts ...steps) {
	for _, part := range parts {
		if err := threads.Do(part.do); err != nil {
			rm.Log(rm.LevelWarning, err.Error())
		}
	}
}

var obeyed int64

// incr is propagate-test.incr KEY: it is replicated itself, and not what it calls.
func incr(ctx rm.Context, args rm.Args) error {
	if obey, err := ctx.MustObeyClient(); err == nil && obey { // the suites of servers without the question do not ask
		obeyed++
	}
	reply, err := ctx.Call("INCR", 0, rm.Str(args.At(1)))
	if err != nil {
		return err
	}
	defer reply.Free()
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithCallReply(reply)
}

func load(ctx rm.Context, _ rm.Args) error {
	threads = ctx.DetachedThreadSafeContext()
	obeyed, counting = 0, false
	if err := ctx.SetModuleOptions(rm.ModuleSkipCommandValidation & rm.ModuleOptionsAll()); err != nil {
		return err
	}
	if err := threads.SelectDB(9); err != nil { // the suite's
		return err
	}
	_, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyAll, notified)
	return err
}

// counting is true while what is counted is the counter itself.
var counting bool

// notified counts an event, in a job behind it: in the middle of an event package rm lets nobody write.
// On a replica nobody may; there the counter comes from the master.
func notified(c rm.NotifyContext, _ rm.KeyspaceEvent) {
	if counting || c.ContextFlags()&rm.CtxFlagMaster == 0 {
		return
	}
	count := func(ctx rm.Context) {
		counting = true
		defer func() { counting = false }()
		if err := (steps{call("INCR", "notifications")}).do(ctx); err != nil {
			ctx.Warning(err.Error())
		}
	}
	db := c.SelectedDB()
	err := c.AddPostNotificationJob(count)
	if errors.Is(err, rm.ErrUnsupported) {
		err = c.EventLoopAddOneShot(func(ctx rm.Context) {
			if err := ctx.SelectDB(db); err != nil {
				ctx.Warning(err.Error())
				return
			}
			count(ctx)
		})
	}
	if err != nil {
		c.Log(rm.LevelWarning, err.Error())
	}
}
