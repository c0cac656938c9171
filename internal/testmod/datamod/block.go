// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// Clients that are blocked, and what becomes of them.

var _ = add(
	rm.Command{Name: "d.go", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: dGo},
	rm.Command{Name: "d.go.limit", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: dGoLimit},
	rm.Command{Name: "d.block", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: dBlock},
	rm.Command{Name: "d.block.fast", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: dBlockFast},
	rm.Command{Name: "d.block.answer", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: dBlockAnswer},
	rm.Command{Name: "d.block.ends", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dBlockEnds},
	rm.Command{Name: "d.block.state", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dBlockState},
	rm.Command{Name: "d.block.bad", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: dBlockBad},
	rm.Command{Name: "d.block.nested", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: dBlockNested},
	rm.Command{Name: "d.block.do", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: dBlockDo},
	rm.Command{Name: "d.pop", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: -3, Handler: dPop},
	rm.Command{Name: "d.pop.hidden", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: dPopHidden},
	rm.Command{Name: "d.pop.beside", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: -3, Handler: dPopHidden},
	rm.Command{Name: "d.signal", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: dSignal},
)

// Slots may move in one step, where the server can do that.
var _ = atLoad(func(ctx rm.Context) error {
	return ctx.SetModuleOptions(rm.ModuleHandleAtomicSlotMigration & rm.ModuleOptionsAll())
})

var (
	blockedMu     sync.Mutex
	blockedByName = map[string]rm.BlockedClient{}
	blockedEnds   []string
	blockedTold   atomic.Int64 // calls of OnFree
	goMost        atomic.Int64
	goRunning     atomic.Int64
)

func noteEnd(format string, args ...any) {
	blockedMu.Lock()
	defer blockedMu.Unlock()
	blockedEnds = append(blockedEnds, fmt.Sprintf(format, args...))
}

// dBlockEnds is d.block.ends: what the functions of blocked clients have noted.
func dBlockEnds(ctx rm.Context, _ rm.Args) error {
	blockedMu.Lock()
	defer blockedMu.Unlock()
	sort.Strings(blockedEnds)
	err := ctx.ReplyWithTexts(blockedEnds)
	blockedEnds = nil
	return err
}

// dBlockState is d.block.state: the number of goroutines, of calls of OnFree, and the most
// functions of Go at a time.
func dBlockState(ctx rm.Context, _ rm.Args) error {
	return ctx.ReplyWithLongLongs([]int64{int64(runtime.NumGoroutine()), blockedTold.Load(), goMost.Swap(0)})
}

// words puts a blank between all of them.
func words(a ...any) string { return strings.TrimSuffix(fmt.Sprintln(a...), "\n") }

func textReply(text string) rm.Reply {
	r := rm.NewReply()
	r.Text(text)
	return r
}

// dGo is d.go MS HOW [TEXT]: a function of Go, with a time-out.
func dGo(ctx rm.Context, args rm.Args) error {
	ms, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	how, text := args.At(2).Clone(), ""
	if args.Len() > 3 {
		text = args.At(3).Clone()
	}
	f := func(job rm.Job) (rm.Reply, error) { return goHow(job, how, text) }
	if ms == 0 {
		return rm.Go(ctx, f)
	}
	b, err := ctx.BlockClient(rm.BlockOptions{
		Timeout:   time.Duration(ms) * time.Millisecond,
		OnTimeout: func(rm.Context, rm.Args) error { return errors.New("too late") },
		OnFree:    func(any, rm.BlockEnd) { blockedTold.Add(1) },
	})
	if err != nil {
		return err
	}
	return b.Go(ctx, f)
}

func goHow(job rm.Job, how, text string) (rm.Reply, error) {
	defer goRunning.Add(-1)
	for n, most := goRunning.Add(1), goMost.Load(); n > most && !goMost.CompareAndSwap(most, n); most = goMost.Load() {
	}
	switch how {
	case "text":
		return textReply(text), nil
	case "error":
		return rm.Reply{}, errors.New(text)
	case "both":
		return textReply(text), rm.Error("BOTH of them")
	case "panic":
		panic(text)
	case "goexit":
		runtime.Goexit()
	case "none":
		return rm.Reply{}, nil
	case "broken":
		r := rm.NewReply()
		r.BeginArray(2)
		r.Text(text)
		return r, nil
	case "freed":
		r := textReply(text)
		r.Free()
		return r, nil
	case "slower":
		time.Sleep(500 * time.Millisecond)
		return textReply(text), nil
	case "slow":
		time.Sleep(50 * time.Millisecond)
		return textReply(text), nil
	case "wait":
		noteEnd("go %s begins", text)
		<-job.Done()
		noteEnd("go %s: %v, %v, %v", text, job.Err(), context.Cause(job), job.Do(func(rm.Context) error { return nil }))
		return textReply(text), nil
	case "do":
		r := rm.NewReply()
		err := job.Do(func(ctx rm.Context) error {
			reply, err := ctx.Call("INCR", rm.CallReplicate, rm.Text(text))
			if err != nil {
				return err
			}
			defer reply.Free()
			r.BeginArray(2)
			r.LongLong(reply.Integer())
			r.LongLong(int64(ctx.SelectedDB()))
			return nil
		})
		return r, err
	case "sleep and write":
		time.Sleep(50 * time.Millisecond)
		job.Client().Finish(func(ctx rm.Context, _ rm.Args) error { return writeOne(ctx) })
		return rm.Reply{}, nil
	case "first":
		job.Client().ReplyWith(textReply("first"))
		return textReply(text), nil
	}
	return rm.Reply{}, fmt.Errorf("unknown %s", how)
}

func dGoLimit(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	rm.SetGoLimit(int(n))
	return ctx.ReplyWithOK()
}

// blockOptions makes options that note everything.
func blockOptions(name, how string, ms int64) rm.BlockOptions {
	o := rm.BlockOptions{
		Timeout: time.Duration(ms) * time.Millisecond,
		Data:    "data of " + name,
		Reply: func(ctx rm.Context, args rm.Args) error {
			data, ok := rm.PrivateData[string](ctx)
			_, bad := rm.PrivateData[int](ctx)
			b, handle := ctx.BlockedClientHandle()
			_, ready := ctx.BlockedClientReadyKey()
			return ctx.ReplyWithText(words(args.At(0), args.Len(), data, ok, bad, handle, ready, b.Waiting(), ctx.IsBlockedReplyRequest(), ctx.IsBlockedTimeoutRequest()))
		},
		OnTimeout: func(ctx rm.Context, args rm.Args) error {
			data, _ := rm.PrivateData[string](ctx)
			return ctx.ReplyWithText(words("timeout", args.At(1), data, ctx.IsBlockedReplyRequest(), ctx.IsBlockedTimeoutRequest()))
		},
		OnDisconnect: func(b rm.BlockedClient) { noteEnd("%s is gone: %t", name, b.Waiting()) },
		OnFree: func(data any, end rm.BlockEnd) {
			blockedTold.Add(1)
			noteEnd("%s: %v %v %t", name, data, end, end.Disconnected())
		},
	}
	switch how {
	case "bare":
		o = rm.BlockOptions{Timeout: o.Timeout}
	case "panics":
		o.Reply = func(rm.Context, rm.Args) error { panic("the reply") }
		o.OnTimeout = func(rm.Context, rm.Args) error { panic("the time-out") }
		o.OnDisconnect = func(rm.BlockedClient) { panic("gone") }
		o.OnFree = func(any, rm.BlockEnd) { panic("free") }
	case "goexits":
		o.Reply = func(rm.Context, rm.Args) error { runtime.Goexit(); return nil }
		o.OnTimeout = o.Reply
		o.OnDisconnect = func(rm.BlockedClient) { runtime.Goexit() }
		o.OnFree = func(any, rm.BlockEnd) { runtime.Goexit() }
	case "quiet":
		o.Reply = func(rm.Context, rm.Args) error { return nil }
		o.OnTimeout = o.Reply
	case "array":
		o.Reply = func(ctx rm.Context, _ rm.Args) error {
			if err := ctx.ReplyWithArray(3); err != nil {
				return err
			}
			_ = ctx.ReplyWithLongLong(1)
			return rm.Error("HALF of it")
		}
	case "writes":
		o.OnTimeout = func(ctx rm.Context, _ rm.Args) error { return writeOne(ctx) }
		o.Reply = o.OnTimeout
	}
	return o
}

func writeOne(ctx rm.Context) error {
	reply, err := ctx.Call("INCR", rm.CallReplicate, rm.Text("written"))
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithCallReply(reply)
}

// dBlock is d.block NAME HOW [MS]: blocks the client until d.block.answer NAME.
func dBlock(ctx rm.Context, args rm.Args) error {
	name, how := args.At(1).Clone(), args.At(2).Clone()
	ms := int64(0)
	if args.Len() > 3 {
		n, err := args.At(3).Int64()
		if err != nil {
			return err
		}
		ms = n
	}
	if how == "replied" {
		_ = ctx.ReplyWithOK()
	}
	b, err := ctx.BlockClient(blockOptions(name, how, ms))
	if err != nil {
		if how == "replied" {
			noteEnd("%s: %v", name, err)
			return nil
		}
		return err
	}
	blockedMu.Lock()
	blockedByName[name] = b
	blockedMu.Unlock()
	switch how {
	case "replies":
		return ctx.ReplyWithText("at once")
	case "fails":
		return rm.Error("FAILED at once")
	case "dies":
		panic("at once")
	case "half":
		_ = ctx.ReplyWithArray(2)
		return ctx.ReplyWithLongLong(1)
	case "aborts":
		noteEnd("%s aborts: %t %t %t", name, b.Waiting(), b.AbortBlock(ctx), b.AbortBlock(ctx))
		return ctx.ReplyWithText("aborted")
	case "twice":
		_, err := ctx.BlockClient(rm.BlockOptions{})
		noteEnd("%s twice: %v", name, err)
	case "answered":
		b.ReplyWith(textReply("before the handler has returned"))
	case "answered and replies":
		b.ReplyWith(textReply("never seen"))
		return ctx.ReplyWithText("at once")
	}
	return nil
}

// dBlockAnswer is d.block.answer NAME HOW [TEXT]: whether it was the first answer.
func dBlockAnswer(ctx rm.Context, args rm.Args) error {
	name, how, text := args.At(1).Clone(), args.At(2).Clone(), ""
	if args.Len() > 3 {
		text = args.At(3).Clone()
	}
	blockedMu.Lock()
	b := blockedByName[name]
	blockedMu.Unlock()
	first := make(chan bool)
	go func() { first <- answerAs(b, how, text) }() // answers come from any goroutine
	return ctx.ReplyWithText(words(<-first))
}

func answerAs(b rm.BlockedClient, how, text string) bool {
	switch how {
	case "reply":
		return b.ReplyWith(textReply(text))
	case "error":
		return b.ReplyWithError(errors.New(text))
	case "nil error":
		return b.ReplyWithError(nil)
	case "no reply":
		return b.ReplyWith(rm.Reply{})
	case "unblock":
		return b.UnblockClient(text)
	case "number":
		return b.UnblockClient(len(text))
	case "nil":
		return b.Finish(nil)
	case "finish":
		return b.Finish(func(ctx rm.Context, args rm.Args) error {
			return ctx.ReplyWithText(words(text, args.Len(), ctx.SelectedDB(), ctx.ClientID() != 0))
		})
	case "write":
		return b.Finish(func(ctx rm.Context, _ rm.Args) error { return writeOne(ctx) })
	case "verbatim":
		return b.Finish(func(ctx rm.Context, _ rm.Args) error {
			if err := ctx.ReplicateVerbatim(); err != nil {
				return err
			}
			return ctx.ReplyWithOK()
		})
	case "block":
		return b.Finish(func(ctx rm.Context, _ rm.Args) error {
			if _, err := ctx.BlockClient(rm.BlockOptions{}); err != nil {
				return err
			}
			return nil
		})
	case "keys left":
		return b.Finish(func(ctx rm.Context, _ rm.Args) error {
			ctx.OpenWriteKey(ctx.Str("left"))
			panic("with a key open")
		})
	case "measure":
		ok := b.MeasureTimeStart()
		time.Sleep(20 * time.Millisecond)
		return ok && b.MeasureTimeEnd()
	}
	panic(how)
}

// dBlockBad is d.block.bad KEY: what is refused.
func dBlockBad(ctx rm.Context, args rm.Args) error {
	reply := func(rm.Context, rm.Args) error { return nil }
	var errs []string
	tell := func(b rm.BlockedClient, err error) {
		errs = append(errs, words(err, b.Waiting()))
	}
	tell(ctx.BlockClient(rm.BlockOptions{Timeout: -1}))
	tell(ctx.BlockClientOnKeys(rm.BlockOptions{}, args.At(1)))
	tell(ctx.BlockClientOnKeys(rm.BlockOptions{Reply: reply}))
	tell(ctx.BlockClientOnKeys(rm.BlockOptions{Reply: reply}, args.At(1), rm.RStr{}))
	tell(ctx.BlockClientOnKeys(rm.BlockOptions{Reply: reply, Flags: 8}, args.At(1)))
	tell(rm.BlockedClient{}, rm.Go(ctx, nil))
	var none rm.BlockedClient
	errs = append(errs, words(none.Waiting(), none.ReplyWith(textReply("x")), none.ReplyWithError(nil), none.Finish(nil), none.UnblockClient(nil),
		none.AbortBlock(ctx), none.MeasureTimeStart(), none.MeasureTimeEnd(), none.Go(ctx, nil), ctx.SignalKeyAsReady(rm.RStr{})))
	_, ok := ctx.BlockedClientHandle()
	_, ready := ctx.BlockedClientReadyKey()
	_, data := rm.PrivateData[string](ctx)
	errs = append(errs, words(ok, ready, data, ctx.IsBlockedReplyRequest(), ctx.IsBlockedTimeoutRequest()))
	return ctx.ReplyWithTexts(errs)
}

// dBlockNested is d.block.nested COMMAND ...: calls it.
func dBlockNested(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call(args.At(1).String(), 0, rm.Strs(args.From(2)))
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithCallReply(reply)
}

// dBlockDo is d.block.do: blocks where there is no command.
func dBlockDo(ctx rm.Context, _ rm.Args) error {
	threads := ctx.DetachedThreadSafeContext()
	return rm.Go(ctx, func(rm.Job) (rm.Reply, error) {
		defer threads.Free()
		return rm.Reply{}, threads.Do(func(ctx rm.Context) error {
			_, err := ctx.BlockClient(rm.BlockOptions{})
			return err
		})
	})
}

// dPop is d.pop KEY MS [HOW]: pops of a list, or waits for an element.
func dPop(ctx rm.Context, args rm.Args) error {
	ms, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	how := ""
	if args.Len() > 3 {
		how = args.At(3).Clone()
	}
	pop := func(ctx rm.Context, key rm.RStr) (bool, error) {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		s, ok, err := k.ListPop(rm.ListHead)
		if err != nil || !ok {
			return false, err
		}
		defer s.Free()
		return true, ctx.ReplyWithString(s.Str())
	}
	if done, err := pop(ctx, args.At(1)); done || err != nil && how != "deleted" {
		return err
	}
	name := args.At(1).Clone()
	o := blockOptions(name, how, ms)
	o.Reply = func(ctx rm.Context, args rm.Args) error {
		key, ok := ctx.BlockedClientReadyKey()
		if !ok || key.String() != name {
			return fmt.Errorf("the key is %s, %t", key, ok)
		}
		switch how {
		case "panics":
			panic("at the key")
		case "deleted":
			return ctx.ReplyWithText("woken")
		}
		done, err := pop(ctx, key)
		if err == nil && !done {
			return rm.ErrKeepWaiting
		}
		return err
	}
	if how == "deleted" {
		o.Flags = rm.BlockUnblockDeleted
	}
	b, err := ctx.BlockClientOnKeys(o, args.At(1))
	if err != nil {
		return err
	}
	blockedMu.Lock()
	blockedByName[name] = b
	blockedMu.Unlock()
	if strings.HasPrefix(how, "go") {
		return b.Go(ctx, func(job rm.Job) (rm.Reply, error) {
			noteEnd("go at %s begins", name)
			<-job.Done()
			noteEnd("go at %s: %v", name, context.Cause(job))
			return rm.Reply{}, nil
		})
	}
	return nil
}

// dPopHidden is d.pop.hidden KEY ... and d.pop.beside KEY KEY ...: waits for all keys, of which the server knows none, or one.
func dPopHidden(ctx rm.Context, args rm.Args) error {
	o := rm.BlockOptions{Reply: func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithText("woken") }}
	var keys []rm.RStr
	for _, key := range args.From(1).All {
		keys = append(keys, key)
	}
	_, err := ctx.BlockClientOnKeys(o, keys...)
	return err
}

func dSignal(ctx rm.Context, args rm.Args) error {
	if err := ctx.SignalKeyAsReady(args.At(1)); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

var fastOptions = rm.BlockOptions{
	Reply:  func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(2) },
	OnFree: func(any, rm.BlockEnd) { blockedTold.Add(1) },
}

func fastFinish(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(1) }

// dBlockFast is d.block.fast HOW: blocks its client and answers it.
func dBlockFast(ctx rm.Context, args rm.Args) error {
	b, err := ctx.BlockClient(fastOptions)
	if err != nil {
		return err
	}
	switch args.At(1).String() {
	case "reply":
		r := rm.NewReply()
		r.Text("fast")
		b.ReplyWith(r)
	case "finish":
		b.Finish(fastFinish)
	case "unblock":
		b.UnblockClient(nil)
	}
	return nil
}
