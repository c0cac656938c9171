// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// Races for the answer of a blocked client.

var _ = add(
	rm.Command{Name: "d.race", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 4, Handler: dRace},
	rm.Command{Name: "d.race.account", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dRaceAccount},
	rm.Command{Name: "d.race.garbage", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: dRaceGarbage},
)

// account counts what becomes of blocked clients.
type account struct {
	blocks, frees, wins, timeouts, gone atomic.Int64
	// What must not be: a second call of OnFree, a second answer that won, an answer that
	// won where the functions said something else.
	wrong atomic.Int64
}

// raceAccount is that of all clients of d.race.
var raceAccount account

// race is one blocked client.
type race struct{ frees, wins atomic.Int32 }

func (a *account) won(r *race, ok bool) {
	if ok {
		a.wins.Add(1)
		if r.wins.Add(1) > 1 {
			a.wrong.Add(1)
		}
	}
}

// freed is the OnFree of r.
func (a *account) freed(r *race) func(data any, end rm.BlockEnd) {
	return func(data any, end rm.BlockEnd) {
		a.frees.Add(1)
		if r.frees.Add(1) != 1 || data != any(r) {
			a.wrong.Add(1)
		}
		switch end {
		case rm.BlockTimedOut:
			a.timeouts.Add(1)
		case rm.BlockDisconnected:
			a.gone.Add(1)
		}
	}
}

// dRace is d.race KEY SEED keys|odd|plain: blocks the client, on the key or not, with a time-out
// or not, and has goroutines answer it, or the key; the seed says how and when. Of those that are
// not plain some reply at once.
func dRace(ctx rm.Context, args rm.Args) error {
	seed, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	rnd := rand.New(rand.NewPCG(uint64(seed), 1))
	r := new(race)
	o := rm.BlockOptions{
		Data:         r,
		OnTimeout:    func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithText("late") },
		OnDisconnect: func(rm.BlockedClient) {},
		Reply: func(ctx rm.Context, _ rm.Args) error {
			if got, ok := rm.PrivateData[*race](ctx); !ok || got != r {
				raceAccount.wrong.Add(1)
			}
			if key, ok := ctx.BlockedClientReadyKey(); ok && len(key.Bytes())%2 == 0 && rnd.IntN(2) == 0 {
				return rm.ErrKeepWaiting
			}
			return ctx.ReplyWithText("by the callback")
		},
		OnFree: raceAccount.freed(r),
	}
	answers := 1 + rnd.IntN(3)
	if rnd.IntN(3) > 0 {
		o.Timeout = time.Duration(1+rnd.IntN(3)) * time.Millisecond
		answers = rnd.IntN(4)
	}
	var b rm.BlockedClient
	if args.At(3).String() == "keys" {
		b, err = ctx.BlockClientOnKeys(o, args.At(1))
	} else {
		b, err = ctx.BlockClient(o)
	}
	if err != nil {
		return err
	}
	raceAccount.blocks.Add(1)
	for range answers {
		how, wait := rnd.IntN(8), time.Duration(rnd.IntN(3000))*time.Microsecond
		go func() {
			if wait > 500*time.Microsecond {
				time.Sleep(wait)
			}
			raceAccount.won(r, raceAnswer(b, how, r))
		}()
	}
	what := rnd.IntN(20)
	if args.At(3).String() == "plain" {
		what += 3
	}
	switch what {
	case 0:
		return ctx.ReplyWithText("by the command")
	case 1:
		return errors.New("by the command")
	case 2:
		b.AbortBlock(ctx)
		return ctx.ReplyWithText("aborted")
	case 3, 4, 5, 6:
		wait := time.Duration(rnd.IntN(3000)) * time.Microsecond
		how := rnd.IntN(4)
		return b.Go(ctx, func(job rm.Job) (rm.Reply, error) {
			switch how {
			case 0:
				panic("in a race")
			case 1:
				runtime.Goexit()
			case 2:
				err := job.Do(func(ctx rm.Context) error { return nil })
				return textReply("done"), err
			}
			select {
			case <-job.Done():
			case <-time.After(wait):
			}
			return textReply("by a goroutine"), nil
		})
	}
	return nil
}

// raceAnswer answers in one of the ways.
func raceAnswer(b rm.BlockedClient, how int, r *race) bool {
	switch how {
	case 0:
		return b.ReplyWithError(errors.New("an answer"))
	case 1:
		return b.Finish(func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithText("by a function") })
	case 2:
		return b.UnblockClient(r)
	case 3:
		return b.Finish(func(rm.Context, rm.Args) error { panic("an answer") })
	case 4:
		b.MeasureTimeStart()
		defer b.MeasureTimeEnd()
	}
	reply := rm.NewReply()
	reply.BeginArray(2)
	reply.Text("an answer")
	reply.LongLong(int64(how))
	return b.ReplyWith(reply)
}

// dRaceAccount is d.race.account: blocked clients, calls of OnFree, answers that won,
// clients that timed out and that were gone, and what was wrong.
func dRaceAccount(ctx rm.Context, _ rm.Args) error {
	a := &raceAccount
	return ctx.ReplyWithLongLongs([]int64{a.blocks.Load(), a.frees.Load(), a.wins.Load(), a.timeouts.Load(), a.gone.Load(), a.wrong.Load()})
}

var garbageWanted atomic.Bool

// dRaceGarbage is d.race.garbage 1 or 0: a goroutine that has the collector run all the time.
func dRaceGarbage(ctx rm.Context, args rm.Args) error {
	if args.At(1).String() == "1" && garbageWanted.CompareAndSwap(false, true) {
		go func() {
			for garbageWanted.Load() {
				runtime.GC()
				time.Sleep(2 * time.Millisecond)
			}
		}()
	} else {
		garbageWanted.Store(false)
	}
	return ctx.ReplyWithOK()
}
