// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// blocked counts clients that are blocked, freed those whose OnFree has run.
var blocked, freed atomic.Int64

func text(s string) rm.Reply {
	r := rm.NewReply()
	r.Text(s)
	return r
}

func block(ctx rm.Context, o rm.BlockOptions) (rm.BlockedClient, error) {
	o.OnFree = func(any, rm.BlockEnd) { freed.Add(1) }
	b, err := ctx.BlockClient(o)
	if err == nil {
		blocked.Add(1)
	}
	return b, err
}

// begin blocks the client and has f answer it.
func begin(o rm.BlockOptions, f func(ctx rm.Context, b rm.BlockedClient, s string) error) operation {
	return operation{1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		b, err := block(ctx, o)
		if err != nil {
			return err
		}
		return f(ctx, b, args.At(0).Clone())
	}}
}

// goes is begin with a function on a goroutine.
func goes(f func(job rm.Job, s string) (rm.Reply, error)) operation {
	return begin(rm.BlockOptions{}, func(ctx rm.Context, b rm.BlockedClient, s string) error {
		return b.Go(ctx, func(job rm.Job) (rm.Reply, error) { return f(job, s) })
	})
}

var blockOperations = map[string]operation{
	"go":   goes(func(_ rm.Job, s string) (rm.Reply, error) { return text(s), nil }),
	"fail": goes(func(_ rm.Job, s string) (rm.Reply, error) { return rm.Reply{}, errors.New("failed " + s) }),
	"exit": goes(func(rm.Job, string) (rm.Reply, error) { runtime.Goexit(); return rm.Reply{}, nil }),
	"die":  goes(func(rm.Job, string) (rm.Reply, error) { panic("in a job") }),
	"none": goes(func(rm.Job, string) (rm.Reply, error) { return rm.Reply{}, nil }),
	"do": goes(func(job rm.Job, s string) (rm.Reply, error) {
		r := rm.NewReply()
		return r, job.Do(func(ctx rm.Context) error {
			reply, err := ctx.Call("ECHO", 0, rm.Text(s))
			if err != nil {
				return err
			}
			defer reply.Free()
			r.Text("done " + reply.String())
			return nil
		})
	}),
	"finish": begin(rm.BlockOptions{}, func(_ rm.Context, b rm.BlockedClient, s string) error {
		go b.Finish(func(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithString(args.At(2)) })
		return nil
	}),
	"reply": begin(rm.BlockOptions{}, func(_ rm.Context, b rm.BlockedClient, s string) error {
		b.ReplyWith(text(s))
		return nil
	}),
	"twice": begin(rm.BlockOptions{}, func(_ rm.Context, b rm.BlockedClient, s string) error {
		if !b.ReplyWith(text(s)) || b.ReplyWithError(errors.New("second")) {
			return errors.New("it is not the first that counts")
		}
		return nil
	}),
	"error": begin(rm.BlockOptions{}, func(_ rm.Context, b rm.BlockedClient, s string) error {
		go b.ReplyWithError(rm.Error("BLOCKED " + s))
		return nil
	}),
	"unblock": begin(rm.BlockOptions{Reply: func(ctx rm.Context, _ rm.Args) error {
		s, ok := rm.PrivateData[string](ctx)
		if !ok || !ctx.IsBlockedReplyRequest() {
			return errors.New("no private data")
		}
		return ctx.ReplyWithText(s)
	}}, func(_ rm.Context, b rm.BlockedClient, s string) error {
		go b.UnblockClient(s)
		return nil
	}),
	"late": begin(rm.BlockOptions{Timeout: 1, OnTimeout: func(ctx rm.Context, args rm.Args) error {
		return ctx.ReplyWithString(args.At(2))
	}}, func(rm.Context, rm.BlockedClient, string) error { return nil }),
	"abort": begin(rm.BlockOptions{}, func(ctx rm.Context, b rm.BlockedClient, s string) error {
		if !b.AbortBlock(ctx) || b.Waiting() {
			return errors.New("it is still blocked")
		}
		return ctx.ReplyWithText(s)
	}),
	"refuse": begin(rm.BlockOptions{}, func(_ rm.Context, b rm.BlockedClient, s string) error {
		return errors.New("refused " + s) // the client gets it at once
	}),
	"timer": begin(rm.BlockOptions{}, func(ctx rm.Context, b rm.BlockedClient, s string) error {
		stopped, err := ctx.CreateTimer(time.Hour, func(rm.Context) { panic("it is stopped") })
		if err != nil {
			return err
		}
		_, err = ctx.CreateTimer(time.Millisecond, func(ctx rm.Context) {
			if _, yet := stopped.Remaining(ctx); !yet {
				panic("it is over")
			}
			stopped.Stop(ctx)
			b.ReplyWith(text(s))
		})
		return err
	}),
	"fork": begin(rm.BlockOptions{}, forking),
	// wait waits until its connection ends, or CLIENT UNBLOCK.
	"wait": begin(rm.BlockOptions{Timeout: time.Hour, OnTimeout: func(ctx rm.Context, args rm.Args) error {
		return ctx.ReplyWithString(args.At(2))
	}}, func(ctx rm.Context, b rm.BlockedClient, s string) error {
		return b.Go(ctx, func(job rm.Job) (rm.Reply, error) {
			<-job.Done()
			return text("nobody reads this"), nil
		})
	}),
}

// pop takes the first element of a list, or waits for one.
var popOperations = map[string]operation{
	"wait": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		done, err := pop(ctx, key)
		if done || err != nil {
			return err
		}
		_, err = ctx.BlockClientOnKeys(rm.BlockOptions{
			Timeout: time.Hour,
			OnFree:  func(any, rm.BlockEnd) { freed.Add(1) },
			Reply: func(ctx rm.Context, _ rm.Args) error {
				key, ok := ctx.BlockedClientReadyKey()
				if !ok {
					return errors.New("no key is ready")
				}
				done, err := pop(ctx, key)
				if err == rm.ErrWrongType || err == nil && !done {
					return rm.ErrKeepWaiting
				}
				return err
			},
		}, key)
		if err == nil {
			blocked.Add(1)
		}
		return err
	}},
}

func pop(ctx rm.Context, key rm.RStr) (bool, error) {
	k := ctx.OpenWriteKey(key)
	defer k.Close()
	s, ok, err := k.ListPop(rm.ListHead)
	if err != nil || !ok {
		return false, err
	}
	defer s.Free()
	if err := ctx.Replicate("LPOP", 0, rm.Str(key)); err != nil {
		return false, err
	}
	return true, ctx.ReplyWithString(s.Str())
}
