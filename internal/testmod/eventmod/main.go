// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command eventmod is the module of the tests of what runs without a client: timers, the
// event loop, keyspace and server events. Tests that need one server and no client are in
// internal/inside.
package main

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

func main() {}

var commands []rm.Command

// add puts commands into the module: var _ = add(...).
func add(c ...rm.Command) struct{} {
	commands = append(commands, c...)
	return struct{}{}
}

func init() {
	rm.Register(rm.Module{Name: "eventmod", Version: 1, Commands: commands, OnLoad: onLoad})
}

// onLoad registers something of each kind when the first argument is "all", and fails
// then when there is a second one.
func onLoad(ctx rm.Context, args rm.Args) error {
	results, counts = nil, map[string]int{}
	clear(listening)
	if args.Len() == 0 {
		return nil
	}
	for where, put := range places {
		if err := put(ctx, func(rm.Context) { note("fired: %s", where) }); err != nil && !errors.Is(err, rm.ErrUnsupported) {
			return err
		}
	}
	for name, to := range listeners {
		if _, err := to(ctx); err != nil && !errors.Is(err, rm.ErrUnsupported) {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	_, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyAll|rm.NotifyKeyMiss, func(_ rm.NotifyContext, e rm.KeyspaceEvent) {
		note("fired: keyspace %s", e.Event())
	})
	if err != nil {
		return err
	}
	if args.Len() > 1 {
		return errors.New("it is to fail")
	}
	return nil
}

// results are what the callbacks have noted.
var results []string

func note(format string, args ...any) { results = append(results, fmt.Sprintf(format, args...)) }

// places are where a function can be put, to run once or again and again.
var places = map[string]func(ctx rm.Context, f func(ctx rm.Context)) error{
	"timer": func(ctx rm.Context, f func(ctx rm.Context)) error {
		_, err := ctx.CreateTimer(time.Millisecond, f)
		return err
	},
	"oneshot": func(ctx rm.Context, f func(ctx rm.Context)) error { return ctx.EventLoopAddOneShot(f) },
	"fd": func(ctx rm.Context, f func(ctx rm.Context)) error {
		fd, err := alwaysReadable()
		if err == nil {
			// It comes in each turn, until the module goes.
			_, err = ctx.EventLoopAdd(fd, rm.EventLoopReadable, func(ctx rm.Context, _ rm.EventLoopMask) { f(ctx) })
			_ = syscall.Close(fd)
		}
		return err
	},
	"every": func(ctx rm.Context, f func(ctx rm.Context)) error {
		_, err := ctx.Every(time.Millisecond, f)
		return err
	},
}

// alwaysReadable makes a pipe without a writer.
func alwaysReadable() (int, error) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return 0, err
	}
	return fds[0], syscall.Close(fds[1])
}

// acts are what a function does there with a key.
var acts = map[string]func(ctx rm.Context, key string) error{
	"write": func(ctx rm.Context, key string) error {
		return ctx.OpenWriteKey(ctx.Str(key)).StringSet(ctx.Str("written"))
	},
	"replicate": func(ctx rm.Context, key string) error {
		return ctx.Replicate("SET", 0, rm.Text(key), rm.Text("replicated"))
	},
	"call": func(ctx rm.Context, key string) error {
		reply, err := ctx.Call("RPUSH", rm.CallReplicate, rm.Text(key), rm.Text("called"))
		if err != nil {
			return err
		}
		reply.Free()
		return nil
	},
	"read": func(ctx rm.Context, key string) error {
		note("type %s", ctx.OpenReadKey(ctx.Str(key)).Type())
		return nil
	},
	"panic":  func(rm.Context, string) error { panic("on purpose") },
	"goexit": func(rm.Context, string) error { runtime.Goexit(); return nil },
}

var _ = add(
	rm.Command{Name: "e.in", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 4, Handler: in},
	rm.Command{Name: "e.hour", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: hour},
	rm.Command{Name: "e.results", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: takeResults},
)

// in puts an act on a key somewhere: e.in PLACE ACT KEY. What comes of it is noted.
func in(ctx rm.Context, args rm.Args) error {
	place, act, key := args.At(1).Clone(), args.At(2).Clone(), args.At(3).Clone()
	if places[place] == nil || acts[act] == nil {
		return rm.Error("ERR no such place or act")
	}
	ran := false
	err := places[place](ctx, func(ctx rm.Context) {
		if ran {
			return
		}
		ran = true
		how := "it did not return"
		defer func() { note("%s %s: %s", place, act, how) }()
		if err := acts[act](ctx, key); err != nil {
			how = err.Error()
		} else {
			how = "ok"
		}
	})
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func takeResults(ctx rm.Context, _ rm.Args) error {
	defer func() { results = nil }()
	return ctx.ReplyWithTexts(results)
}

var hourTimer rm.Timer

// hour makes a timer that runs in an hour, or stops it, and replies with how long it was to
// last.
func hour(ctx rm.Context, _ rm.Args) (err error) {
	remaining, ok := hourTimer.Remaining(ctx)
	if hourTimer.Stop(ctx); !ok {
		hourTimer, err = ctx.CreateTimer(time.Hour, func(rm.Context) {})
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(remaining.Milliseconds())
}
