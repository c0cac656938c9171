// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// Clients whose replies are held back in keyspace events.

var _ = add(
	rm.Command{Name: "d.hold", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -4, Handler: dHold},
	rm.Command{Name: "d.hold.release", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dHoldRelease},
	rm.Command{Name: "d.hold.stop", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dHoldStop},
	rm.Command{Name: "d.hold.races", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dHoldRaces},
	rm.Command{Name: "d.hold.account", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dHoldAccount},
	rm.Command{Name: "d.hold.notify", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Handler: dHoldNotify},
	rm.Command{Name: "d.hold.later", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Handler: dHoldLater},
)

const allEvents = rm.NotifyGeneric | rm.NotifyString | rm.NotifyList | rm.NotifySet | rm.NotifyHash | rm.NotifyZSet | rm.NotifyExpired |
	rm.NotifyStream | rm.NotifyKeyMiss | rm.NotifyModule

var (
	holding     rm.Listener
	held        []rm.HeldClient
	lateContext rm.NotifyContext
)

// dHold is d.hold EVENT|* COUNT HOW [MS [SKIP]]: the next events of the name, behind those that are skipped, hold their clients, until
// d.hold.release.
func dHold(ctx rm.Context, args rm.Args) error {
	holding.Stop(ctx)
	event, how := args.At(1).Clone(), args.At(3).Clone()
	count, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	ms, skip := int64(0), int64(0)
	for i, n := range []*int64{&ms, &skip} {
		if args.Len() > 4+i {
			if *n, err = args.At(4 + i).Int64(); err != nil {
				return err
			}
		}
	}
	holding, err = ctx.SubscribeToKeyspaceEvents(allEvents, func(c rm.NotifyContext, e rm.KeyspaceEvent) {
		if skip--; skip < 0 && count > 0 && (event == "*" || event == e.Event()) {
			count--
			hold(c, e, how, time.Duration(ms)*time.Millisecond)
		}
	})
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func hold(c rm.NotifyContext, e rm.KeyspaceEvent, how string, d time.Duration) {
	if how == "fast" {
		if h, err := c.BlockClient(rm.HoldOptions{}); err == nil {
			h.UnblockClient()
		}
		return
	}
	name := e.Event() + " " + e.Key().Clone()
	o := rm.HoldOptions{
		Timeout:      d,
		Data:         name,
		OnDisconnect: func(h rm.HeldClient) { noteEnd("%s is gone: %t", name, h.Waiting()) },
		OnFree:       func(data any, end rm.BlockEnd) { noteEnd("%v: %v", data, end) },
	}
	switch how {
	case "bare":
		o = rm.HoldOptions{Timeout: d}
	case "panics":
		o.OnDisconnect = func(rm.HeldClient) { panic("gone") }
		o.OnFree = func(any, rm.BlockEnd) { panic("free") }
	case "late":
		lateContext = c
	}
	h, err := c.BlockClient(o)
	noteEnd("%s: %v %t", name, err, h.Waiting())
	if err != nil {
		return
	}
	switch how {
	case "twice":
		_, err := c.BlockClient(rm.HoldOptions{})
		noteEnd("%s twice: %v", name, err)
	case "at once":
		noteEnd("%s unblocked: %t %t %t", name, h.UnblockClient(), h.UnblockClient(), h.Waiting())
	case "dropped":
		return
	case "fails":
		defer panic("with a client held")
	case "exits":
		defer runtime.Goexit()
	}
	held = append(held, h)
}

// dHoldRelease is d.hold.release: how many clients were waiting still.
func dHoldRelease(ctx rm.Context, _ rm.Args) error {
	done := make(chan int64)
	go func() {
		n := int64(0)
		for _, h := range held {
			if h.UnblockClient() {
				n++
			}
			if h.UnblockClient() || h.Waiting() {
				n += 1000
			}
		}
		done <- n
	}()
	n := <-done
	held = nil
	return ctx.ReplyWithLongLong(n)
}

// dHoldStop is d.hold.stop: what a context and a client give that are over.
func dHoldStop(ctx rm.Context, _ rm.Args) error {
	holding.Stop(ctx)
	var none rm.HeldClient
	if none.UnblockClient() || none.Waiting() {
		return rm.Error("ERR a client that is none was held")
	}
	if lateContext != (rm.NotifyContext{}) {
		if _, err := lateContext.BlockClient(rm.HoldOptions{}); err != rm.ErrCannotBlock {
			return rm.Error("ERR a context that is over holds a client")
		}
		lateContext = rm.NotifyContext{}
	}
	return ctx.ReplyWithOK()
}

// dHoldNotify is d.hold.notify KEY HOW: a command that sends an event, and whose client is blocked by itself before or behind
// it, or not.
func dHoldNotify(ctx rm.Context, args rm.Args) error {
	block := func() error {
		b, err := ctx.BlockClient(blockOptions("own", "-", 0))
		if err == nil {
			go func() {
				time.Sleep(20 * time.Millisecond)
				b.ReplyWith(textReply("own"))
			}()
		}
		return err
	}
	how := args.At(2).String()
	if how == "begun" {
		if err := ctx.ReplyWithArray(rm.PostponedLen); err != nil {
			return err
		}
		ctx.OpenReadKey(args.At(1)).Close()
	}
	if how == "before" {
		if err := block(); err != nil {
			return err
		}
	}
	if err := ctx.NotifyKeyspaceEvent(rm.NotifyModule, "notify", args.At(1)); err != nil {
		return err
	}
	switch how {
	case "before":
		return nil
	case "behind":
		return block()
	case "postponed":
		if err := ctx.ReplyWithArray(rm.PostponedLen); err != nil {
			return err
		}
		fallthrough
	case "begun":
		if err := ctx.ReplyWithText("element"); err != nil {
			return err
		}
		return ctx.ReplySetArrayLength(1)
	case "nested":
		_, err := ctx.Call("SET", rm.CallReplicate, rm.Str(args.At(1)), rm.Text("x"))
		if err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

// dHoldLater is d.hold.later KEY HOW: the key is set where no client's command runs.
func dHoldLater(ctx rm.Context, args rm.Args) error {
	key, direct := args.At(1).Clone(), false
	set := func(ctx rm.Context) error {
		if direct {
			k := ctx.OpenWriteKey(ctx.Str(key))
			defer k.Close()
			if err := k.StringSet(ctx.Str("x")); err != nil {
				return err
			}
			return ctx.NotifyKeyspaceEvent(rm.NotifyModule, "notify", ctx.Str(key))
		}
		reply, err := ctx.Call("SET", rm.CallReplicate, rm.Text(key), rm.Text("x"))
		reply.Free()
		return err
	}
	if ctx.ClientID() == 0 {
		return ctx.ReplyWithNull()
	}
	how := args.At(2).Clone()
	direct = len(how) > 6 && how[:6] == "direct"
	if direct {
		how = how[7:]
	}
	switch how {
	case "timer":
		if _, err := ctx.CreateTimer(0, func(ctx rm.Context) { noteEnd("%s: %v", how, set(ctx)) }); err != nil {
			return err
		}
	case "goroutine":
		threads := ctx.DetachedThreadSafeContext()
		go func() {
			defer threads.Free()
			noteEnd("%s: %v", how, threads.Do(set))
		}()
	case "answer":
		b, err := ctx.BlockClient(rm.BlockOptions{})
		if err != nil {
			return err
		}
		b.Finish(func(ctx rm.Context, _ rm.Args) error {
			noteEnd("%s: %v", how, set(ctx))
			return ctx.ReplyWithOK()
		})
		return nil
	}
	return ctx.ReplyWithOK()
}

// holdAccount is that of all held clients of races.
var holdAccount account

// dHoldRaces is d.hold.races: clients whose commands write keys that end with .held are held, until d.hold.stop.
func dHoldRaces(ctx rm.Context, _ rm.Args) (err error) {
	holding.Stop(ctx)
	holding, err = ctx.SubscribeToKeyspaceEvents(rm.NotifyString|rm.NotifyList, func(c rm.NotifyContext, e rm.KeyspaceEvent) {
		if strings.HasSuffix(e.Key().String(), ".held") {
			holdInRaces(c)
		}
	})
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// dHoldAccount is d.hold.account: held clients, calls of OnFree, clients that were unblocked, timed out and were gone, and what was wrong.
func dHoldAccount(ctx rm.Context, _ rm.Args) error {
	a := &holdAccount
	return ctx.ReplyWithLongLongs([]int64{a.blocks.Load(), a.frees.Load(), a.wins.Load(), a.timeouts.Load(), a.gone.Load(), a.wrong.Load()})
}

func holdInRaces(c rm.NotifyContext) {
	a, r := &holdAccount, new(race)
	o := rm.HoldOptions{
		Data:         r,
		OnDisconnect: func(rm.HeldClient) {},
		OnFree:       a.freed(r),
	}
	answers := 1 + rand.IntN(3)
	if rand.IntN(3) > 0 {
		o.Timeout = time.Duration(1+rand.IntN(3)) * time.Millisecond
		answers = rand.IntN(4)
	}
	h, err := c.BlockClient(o)
	if err != nil {
		return
	}
	a.blocks.Add(1)
	for range answers {
		wait := time.Duration(rand.IntN(3000)) * time.Microsecond
		go func() {
			if wait > 500*time.Microsecond {
				time.Sleep(wait)
			}
			a.won(r, h.UnblockClient())
		}()
	}
}
