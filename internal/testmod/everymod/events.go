// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

// jobsKey has what the jobs have written.
const jobsKey = "jobs"

var (
	heard []string // what the listeners have heard since they were last asked
	jobs  bool     // keyspace events get a job
)

// listen registers the listeners. What is loaded is nothing that happens, and nobody asks on a replica: there jobs must be refused.
func listen(ctx rm.Context) error {
	_, err1 := ctx.SubscribeToKeyspaceEvents(rm.NotifyString|rm.NotifyModule, func(c rm.NotifyContext, e rm.KeyspaceEvent) {
		refused := c.ContextFlags()&(rm.CtxFlagLoading|rm.CtxFlagReplica) != 0
		if !refused {
			k := c.OpenReadKey(e.Key())
			heard = append(heard, fmt.Sprint(e.Event(), " ", e.Key(), " ", c.SelectedDB(), " ", k.Len(), " ", e.Type() == rm.NotifyString))
			k.Close()
		}
		if !jobs || e.Key().String() == jobsKey {
			return
		}
		event := e.Event() + ";"
		switch err := c.AddPostNotificationJob(func(ctx rm.Context) { work(ctx, event) }); {
		case refused && err == nil:
			heard = append(heard, "a job that should have been refused")
		case errors.Is(err, rm.ErrUnsupported) && !refused:
			heard = append(heard, "no job")
		case err != nil && !refused:
			heard = append(heard, err.Error())
		}
	})
	_, err2 := ctx.OnFlushDB(func(_ rm.Context, e rm.FlushDB) {
		heard = append(heard, fmt.Sprint("flush ", e.Sub == rm.FlushDBStart, " ", e.DB))
	})
	_, err3 := ctx.OnSwapDB(func(_ rm.Context, e rm.SwapDB) { heard = append(heard, fmt.Sprint("swap ", e.First, " ", e.Second)) })
	return errors.Join(err1, err2, err3)
}

// work is a job. It causes an event, which gets none.
func work(ctx rm.Context, text string) {
	r, err := ctx.Call("APPEND", rm.CallReplicate, rm.Text(jobsKey), rm.Text(text))
	if err != nil {
		heard = append(heard, err.Error())
		return
	}
	r.Free()
}

var eventOperations = map[string]operation{
	// send TYPE NAME
	"send": {2, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		types := map[string]rm.NotifyFlags{"string": rm.NotifyString, "module": rm.NotifyModule, "list": rm.NotifyList, "none": 0}
		if err := ctx.NotifyKeyspaceEvent(types[args.At(0).String()], args.At(1).Clone(), key); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}},
	// take replies with what was heard, and forgets it.
	"take": {0, func(ctx rm.Context, _ rm.RStr, _ rm.Args) error {
		list := heard
		heard = nil
		return ctx.ReplyWithTexts(list)
	}},
	// jobs WORD: on or off, also for a replica.
	"jobs": {1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		jobs = args.At(0).String() == "on"
		return verbatim(ctx, int64(len(heard)))
	}},
	// later WAY TEXT writes a key, when the command is over; TEXT is the value.
	"later": {2, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		return later(ctx, key.Clone(), args.At(0).String(), args.At(1).Clone())
	}},
	// done is how much of that is over.
	"done": {0, func(ctx rm.Context, _ rm.RStr, _ rm.Args) error { return ctx.ReplyWithLongLong(int64(done)) }},
}

// forking answers its client when the child is over, with the status and the signal that it ended with.
func forking(ctx rm.Context, b rm.BlockedClient, s string) error {
	_, err := ctx.Fork(func() int { return 3 * len(s) }, func(code, signal int) {
		b.ReplyWith(text(s + " " + strconv.Itoa(code) + " " + strconv.Itoa(signal)))
	})
	return err
}
