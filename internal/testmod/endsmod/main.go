// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command endsmod is a module that tries, in all places, calls that end clients or change the server's role. OnLoad makes
// the call of the load arguments; those behind "commands" are the names of further commands, which reply with them.
package main

import (
	"errors"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

var (
	got       []string // what calls in places without a client have answered
	listeners []rm.Listener
	stops     []func(ctx rm.Context)
	inUnload  []string // what OnUnload calls, when it refuses
	threads   *rm.ThreadSafeContext
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{
		Name: "endsmod", Version: 1,
		Commands: []rm.Command{
			command("e.call", -2, func(ctx rm.Context, args rm.Args) error {
				return ctx.ReplyWithSimpleString(call(ctx, words(args.From(1)), 0))
			}),
			command("e.block", -2, block),
			command("e.close", 1, closeOwn),
			command("e.answer", -2, answer),
			command("e.keys", -3, onKeys),
			command("e.late", -2, late),
			command("e.in", -3, in),
			command("e.got", 1, results),
			command("e.later", -3, later),
			command("e.filter", -1, filter),
			command("e.pause", 2, pause),
		},
		OnLoad: func(ctx rm.Context, args rm.Args) error {
			got, listeners, stops, inUnload, threads = nil, nil, nil, nil, ctx.DetachedThreadSafeContext()
			if err := ctx.AllowNestedKeyspaceEvents(); err != nil && !errors.Is(err, rm.ErrUnsupported) {
				return err
			}
			if args.Len() > 0 && args.At(0).String() == "commands" {
				for _, name := range words(args.From(1)) {
					if err := ctx.CreateCommand(command(name, 1, func(ctx rm.Context, _ rm.Args) error {
						return rm.Go(ctx, func(rm.Job) (rm.Reply, error) {
							r := rm.NewReply()
							r.SimpleString("ran " + name)
							return r, nil
						})
					})); err != nil {
						return err
					}
				}
				return nil
			}
			if args.Len() > 0 {
				w := words(args)
				ctx.Log(rm.LevelWarning, "OnLoad: "+call(ctx, w, 0))
			}
			return nil
		},
		OnUnload: func(ctx rm.Context) error {
			if w := inUnload; w != nil {
				inUnload = nil
				return errors.New("OnUnload: " + call(ctx, w, 0))
			}
			threads.Free()
			return nil
		},
	})
}

func main() {}

func words(args rm.Args) (w []string) {
	for _, a := range args.All {
		w = append(w, a.Clone())
	}
	return w
}

func asArgs(w []string) (args []rm.Arg) {
	for _, word := range w {
		args = append(args, rm.Text(word))
	}
	return args
}

// call makes a call, or loads a file, and says what came of it.
func call(ctx rm.Context, w []string, flags rm.CallFlags) string {
	var reply rm.CallReply
	var err error
	if w[0] == "loadrdb" {
		err = ctx.LoadRDB(w[1])
	} else {
		reply, err = ctx.Call(w[0], flags, asArgs(w[1:])...)
	}
	defer reply.Free()
	switch {
	case errors.Is(err, rm.ErrDisconnectsHere):
		return "refused"
	case err != nil:
		return err.Error()
	case reply.Type() == rm.ReplyString && reply.String() != "OK":
		return strings.Clone(reply.String())
	}
	return "called"
}

// block is e.block COMMAND...: the call behind BlockClient, which is taken back.
func block(ctx rm.Context, args rm.Args) error {
	b, err := ctx.BlockClient(rm.BlockOptions{Timeout: time.Minute})
	if err != nil {
		return err
	}
	text := call(ctx, words(args.From(1)), 0)
	b.AbortBlock(ctx)
	return ctx.ReplyWithSimpleString(text)
}

// closeOwn is e.close: a client that is blocked, and answered later, is to be closed.
func closeOwn(ctx rm.Context, args rm.Args) error {
	b, err := ctx.BlockClient(rm.BlockOptions{Timeout: time.Minute})
	if err != nil {
		return err
	}
	err = ctx.DeauthenticateAndCloseClient(ctx.ClientID())
	b.Finish(func(ctx rm.Context, _ rm.Args) error { return err })
	return nil
}

// answer is e.answer COMMAND...: the call in the answer to a blocked client.
func answer(ctx rm.Context, args rm.Args) error {
	w := words(args.From(1))
	b, err := ctx.BlockClient(rm.BlockOptions{})
	if err != nil {
		return err
	}
	b.Finish(func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithSimpleString(call(ctx, w, 0)) })
	return nil
}

// onKeys is e.keys KEY COMMAND...: the call in the answer to a client that has waited for a key.
func onKeys(ctx rm.Context, args rm.Args) error {
	w := words(args.From(2))
	_, err := ctx.BlockClientOnKeys(rm.BlockOptions{Reply: func(ctx rm.Context, _ rm.Args) error {
		return ctx.ReplyWithSimpleString(call(ctx, w, 0))
	}}, args.At(1))
	return err
}

// late is e.late COMMAND...: the call when the client has waited for long enough.
func late(ctx rm.Context, args rm.Args) error {
	w := words(args.From(1))
	_, err := ctx.BlockClient(rm.BlockOptions{Timeout: time.Minute, OnTimeout: func(ctx rm.Context, _ rm.Args) error {
		return ctx.ReplyWithSimpleString(call(ctx, w, 0))
	}})
	return err
}

// in is e.in PLACE COMMAND...: the call whenever something happens.
func in(ctx rm.Context, args rm.Args) error {
	w := words(args.From(2))
	try := func(ctx rm.Context) { got = append(got, call(ctx, w, 0)) }
	listen := func(l rm.Listener, err error) error {
		if err == nil {
			listeners = append(listeners, l)
		}
		return err
	}
	var err error
	switch args.At(1).String() {
	case "flush":
		err = listen(ctx.OnFlushDB(func(ctx rm.Context, _ rm.FlushDB) { try(ctx) }))
	case "swap":
		err = listen(ctx.OnSwapDB(func(ctx rm.Context, _ rm.SwapDB) { try(ctx) }))
	case "config":
		err = listen(ctx.OnConfig(func(ctx rm.Context, _ rm.ConfigChange) { try(ctx) }))
	case "module":
		err = listen(ctx.OnModuleChange(func(ctx rm.Context, _ rm.ModuleChange) { try(ctx) }))
	case "role":
		err = listen(ctx.OnReplicationRoleChanged(func(ctx rm.Context, _ rm.ReplicationRoleChange) { try(ctx) }))
	case "link":
		err = listen(ctx.OnMasterLinkChange(func(ctx rm.Context, _ rm.MasterLinkChange) { try(ctx) }))
	case "replica":
		err = listen(ctx.OnReplicaChange(func(ctx rm.Context, _ rm.ReplicaChange) { try(ctx) }))
	case "loading":
		err = listen(ctx.OnLoading(func(ctx rm.Context, _ rm.Loading) { try(ctx) }))
	case "save":
		err = listen(ctx.OnPersistence(func(ctx rm.Context, _ rm.Persistence) { try(ctx) }))
	case "client":
		err = listen(ctx.OnClientChange(func(ctx rm.Context, _ rm.ClientChange) { try(ctx) }))
	case "cron":
		err = listen(ctx.OnCronLoop(func(ctx rm.Context, _ int) { try(ctx) }))
	case "attempt":
		err = listen(ctx.OnAuthenticationAttempt(func(ctx rm.Context, _ rm.AuthenticationAttempt) { try(ctx) }))
	case "auth":
		var c rm.AuthCallback
		if c, err = ctx.RegisterAuthCallback(func(ctx rm.Context, _ rm.Auth) (rm.AuthVerdict, error) {
			try(ctx)
			return rm.AuthSkip(), nil
		}); err == nil {
			stops = append(stops, c.Stop)
		}
	case "key":
		err = listen(ctx.SubscribeToKeyspaceEvents(rm.NotifyString, func(c rm.NotifyContext, _ rm.KeyspaceEvent) {
			reply, err := c.Call(w[0], 0, asArgs(w[1:])...)
			reply.Free()
			if errors.Is(err, rm.ErrDisconnectsHere) {
				got = append(got, "refused")
			} else {
				got = append(got, "not refused")
			}
		}))
	case "nested":
		err = listen(ctx.SubscribeToKeyspaceEvents(rm.NotifyString, func(c rm.NotifyContext, _ rm.KeyspaceEvent) {
			if ctx, ok := c.Nested(); ok {
				try(ctx)
			}
		}))
	case "held":
		err = listen(ctx.SubscribeToKeyspaceEvents(rm.NotifyString, func(c rm.NotifyContext, _ rm.KeyspaceEvent) {
			h, err := c.BlockClient(rm.HoldOptions{})
			if err != nil {
				got = append(got, err.Error())
				return
			}
			if ctx, ok := c.Nested(); ok {
				try(ctx)
			}
			h.UnblockClient()
		}))
	case "job":
		err = listen(ctx.SubscribeToKeyspaceEvents(rm.NotifyString, func(c rm.NotifyContext, _ rm.KeyspaceEvent) {
			if err := c.AddPostNotificationJob(try); err != nil {
				got = append(got, err.Error())
			}
		}))
	case "unload":
		inUnload = w
	default:
		return rm.ErrWrongArity
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// results is e.got: what was answered since, and the end of all that listens.
func results(ctx rm.Context, _ rm.Args) error {
	for _, l := range listeners {
		l.Stop(ctx)
	}
	for _, stop := range stops {
		stop(ctx)
	}
	err := ctx.ReplyWithTexts(got)
	got, listeners, stops = nil, nil, nil
	return err
}

// later is e.later HOW COMMAND...: the call in what the event loop begins.
func later(ctx rm.Context, args rm.Args) error {
	w := words(args.From(2))
	try := func(ctx rm.Context) { got = append(got, call(ctx, w, 0)) }
	var err error
	switch args.At(1).String() {
	case "oneshot":
		err = ctx.EventLoopAddOneShot(try)
	case "timer":
		_, err = ctx.CreateTimer(0, try)
	case "do":
		t := threads
		go func() {
			_ = t.Do(func(ctx rm.Context) error {
				try(ctx)
				return nil
			})
		}()
	default:
		err = rm.ErrWrongArity
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// filter is e.filter COMMAND...: from now on ECHO becomes that command.
func filter(ctx rm.Context, args rm.Args) error {
	w := words(args.From(1))
	f, err := ctx.RegisterCommandFilter(0, func(c rm.FilteredCommand) {
		if c.At(0).String() != "echo" {
			return
		}
		for i, word := range w {
			s := rm.NewRStringText(word)
			if i < c.Len() {
				err := c.Replace(i, &s)
				if err != nil {
					panic(err)
				}
			} else if err := c.Insert(i, &s); err != nil {
				panic(err)
			}
		}
	})
	if err != nil {
		return err
	}
	stops = append(stops, f.Stop)
	return ctx.ReplyWithOK()
}

// pause is e.pause HOW: a write that is replicated, and a pause of the writes.
func pause(ctx rm.Context, args rm.Args) error {
	write := func(ctx rm.Context) string { return call(ctx, []string{"SET", "written", "1"}, rm.CallReplicate) }
	read := func(ctx rm.Context) string {
		k := ctx.OpenReadKey(ctx.Str("written"))
		defer k.Close()
		return "called"
	}
	stop := func(ctx rm.Context) string { return call(ctx, []string{"CLIENT", "PAUSE", "50", "WRITE"}, 0) }
	both := func(first, second func(ctx rm.Context) string) func(ctx rm.Context) {
		return func(ctx rm.Context) { got = append(got, first(ctx), second(ctx)) }
	}
	var err error
	switch args.At(1).String() {
	case "command":
		both(write, stop)(ctx)
	case "timer":
		_, err = ctx.CreateTimer(0, both(write, stop))
	case "timer-read":
		_, err = ctx.CreateTimer(0, both(read, stop))
	case "timer-first":
		_, err = ctx.CreateTimer(0, both(stop, write))
	case "oneshot":
		err = ctx.EventLoopAddOneShot(both(stop, write))
	default:
		err = rm.ErrWrongArity
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}
