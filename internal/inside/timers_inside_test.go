// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideTimers sees timers fire: not early, each once, in its database, in a context
// without a client.
//
// Drives: CreateTimer, StopTimer, GetTimerInfo.
func InsideTimers(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("DEL", "timers")
	begun := time.Now()
	var fired []string
	var early bool
	after := func(name string, d time.Duration) rm.Timer {
		timer, err := ctx.CreateTimer(d, func(ctx rm.Context) {
			early = early || time.Since(begun) < d
			fired = append(fired, name)
		})
		require.NoError(t, err)
		return timer
	}
	late, never := after("late", 20*time.Millisecond), after("never", time.Hour)
	after("at once", 0)
	after("in the past", -time.Hour)
	after("rounded up", 1500*time.Microsecond)
	require.NoError(t, ctx.SelectDB(7))
	var db int
	var id uint64
	var reply error
	_, err := ctx.CreateTimer(time.Millisecond, func(ctx rm.Context) {
		db, id, reply = ctx.SelectedDB(), ctx.ClientID(), ctx.ReplyWithOK()
		if got, err := ctx.Call("RPUSH", 0, rm.Text("timers"), rm.Text("x")); err == nil {
			got.Free()
		}
	})
	require.NoError(t, err)
	require.NoError(t, ctx.SelectDB(0))

	remaining, ok := never.Remaining(ctx)
	require.True(t, ok)
	require.Greater(t, remaining, 59*time.Minute)
	require.LessOrEqual(t, remaining, time.Hour)
	_, ok = late.Remaining(ctx)
	require.True(t, ok)

	await(t, func(t *inside.T, ctx rm.Context) bool {
		if len(fired) < 4 {
			return false
		}
		require.False(t, early)
		require.ElementsMatch(t, []string{"at once", "in the past", "rounded up", "late"}, fired)
		require.Equal(t, "late", fired[3])
		require.Equal(t, 7, db)
		require.Zero(t, id)
		require.Equal(t, rm.ErrNoCommand, reply)
		require.NoError(t, ctx.SelectDB(7))
		require.Equal(t, 1, env{t, ctx}.do("LLEN", "timers"))
		env{t, ctx}.do("DEL", "timers")
		require.NoError(t, ctx.SelectDB(0))

		_, ok := late.Remaining(ctx)
		require.False(t, ok, "it has fired")
		late.Stop(ctx)
		never.Stop(ctx)
		_, ok = never.Remaining(ctx)
		require.False(t, ok, "it is stopped")
		never.Stop(ctx)
		// A new one has the entry of an old one, whose handle is dead all the same.
		next, err := ctx.CreateTimer(time.Hour, func(rm.Context) {})
		require.NoError(t, err)
		never.Stop(ctx)
		late.Stop(ctx)
		_, ok = next.Remaining(ctx)
		require.True(t, ok)
		next.Stop(ctx)
		return true
	})
}

// InsideTimerRefusals: what is no timer answers, and what cannot be one is an error.
//
// Drives: CreateTimer, StopTimer, GetTimerInfo.
func InsideTimerRefusals(t *inside.T, ctx rm.Context) {
	_, err := ctx.CreateTimer(time.Second, nil)
	require.ErrorContains(t, err, "no function")
	_, err = ctx.Every(time.Second, nil)
	require.ErrorContains(t, err, "no function")
	for _, period := range []time.Duration{0, -1} {
		_, err = ctx.Every(period, func(rm.Context) {})
		require.ErrorContains(t, err, "not positive")
	}
	var timer rm.Timer
	timer.Stop(ctx)
	_, ok := timer.Remaining(ctx)
	require.False(t, ok)
	var ticker rm.Ticker
	ticker.Stop(ctx)
	require.False(t, ticker.Running())
}

// InsideTimerInItself: a timer that runs is over. What it does to itself does nothing,
// others it may stop and make.
//
// Drives: CreateTimer, StopTimer, GetTimerInfo.
func InsideTimerInItself(t *inside.T, ctx rm.Context) {
	var self, other rm.Timer
	var again, known, otherFired int
	var f func(ctx rm.Context)
	f = func(ctx rm.Context) {
		if _, ok := self.Remaining(ctx); ok {
			known++
		}
		self.Stop(ctx)
		self.Stop(ctx)
		other.Stop(ctx)
		if again++; again < 100 {
			self, _ = ctx.CreateTimer(0, f)
			if again%3 == 0 {
				self.Stop(ctx)
				self, _ = ctx.CreateTimer(time.Millisecond, f)
			}
		}
	}
	var err error
	self, err = ctx.CreateTimer(0, f)
	require.NoError(t, err)
	other, err = ctx.CreateTimer(time.Millisecond, func(rm.Context) { otherFired++ })
	require.NoError(t, err)
	await(t, func(t *inside.T, ctx rm.Context) bool {
		if again < 100 {
			return false
		}
		require.Zero(t, known, "a timer that runs is over")
		require.LessOrEqual(t, otherFired, 1)
		return true
	})
}

// InsideTimerFailures: a panic and a Goexit end one timer's function, close its keys, and
// leave the others alone.
//
// Drives: CreateTimer.
func InsideTimerFailures(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("SET", "timer.k", "v")
	fired := 0
	const times = 30
	for i := range times {
		_, err := ctx.CreateTimer(time.Millisecond, func(ctx rm.Context) {
			fired++
			ctx.OpenReadKey(ctx.Str("timer.k"))
			switch i % 3 {
			case 0:
				panic("a timer panics")
			case 1:
				if canGoexit() {
					runtime.Goexit()
				}
			}
		})
		require.NoError(t, err)
	}
	await(t, func(t *inside.T, ctx rm.Context) bool {
		if fired < times {
			return false
		}
		env{t, ctx}.do("DEL", "timer.k")
		return true
	})
}

// InsideManyTimers: 100,000 at a time, twice. They take one trampoline, and leave nothing.
//
// Drives: CreateTimer, StopTimer.
func InsideManyTimers(t *inside.T, ctx rm.Context) {
	const many = 100_000
	warm, err := ctx.CreateTimer(time.Hour, func(rm.Context) {})
	require.NoError(t, err)
	warm.Stop(ctx)
	callbacks := redismodule.Callbacks()
	var fired int
	count := func(rm.Context) { fired++ }
	stopped := make([]rm.Timer, 0, many/10)
	round := func(ctx rm.Context) (allocs uint64) {
		fired, stopped = 0, stopped[:0]
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		before := stats.Mallocs
		for i := range many {
			timer, err := ctx.CreateTimer(time.Duration(i%10)*time.Millisecond, count)
			if err != nil {
				panic(err)
			}
			if i%10 == 0 {
				stopped = append(stopped, timer)
			}
		}
		for _, timer := range stopped {
			timer.Stop(ctx)
		}
		runtime.ReadMemStats(&stats)
		return stats.Mallocs - before
	}
	before := env{t, ctx}.usedMemory()
	round(ctx)
	rounds := 1
	await(t, func(t *inside.T, ctx rm.Context) bool {
		if fired < many-many/10 {
			return false
		}
		require.Equal(t, many-many/10, fired)
		require.Equal(t, callbacks, redismodule.Callbacks())
		require.Less(t, env{t, ctx}.usedMemory()-before, 1<<20)
		if rounds == 2 {
			return true
		}
		rounds++
		if allocs := round(ctx); !debugBuild && canGoexit() { // without assembly each call allocates
			require.Less(t, allocs, uint64(1000), "entries are reused")
		}
		return false
	})
}

// InsideTimerCosts: a timer that makes itself again allocates nothing in Go, and takes no
// more memory of the server.
//
// Drives: CreateTimer, StopTimer, GetTimerInfo.
func InsideTimerCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	f := func(rm.Context) {}
	// The server keeps an event of its loop for the first timer, and until the next turn
	// those of timers that were the first.
	first, err := ctx.CreateTimer(time.Minute, f)
	require.NoError(t, err)
	e.costs(func() {
		timer, err := ctx.CreateTimer(time.Hour, f)
		if _, ok := timer.Remaining(ctx); err != nil || !ok {
			panic("no timer")
		}
		timer.Stop(ctx)
	})
	first.Stop(ctx)
	const times, chains = 2000, 50
	var before, after runtime.MemStats
	fired := 0
	var again func(ctx rm.Context)
	again = func(ctx rm.Context) {
		switch fired++; {
		case fired == times/2:
			runtime.ReadMemStats(&before)
		case fired == times:
			runtime.ReadMemStats(&after)
		case fired > times:
			return
		}
		if _, err := ctx.CreateTimer(0, again); err != nil {
			panic(err)
		}
	}
	for range chains {
		_, err := ctx.CreateTimer(0, again)
		require.NoError(t, err)
	}
	await(t, func(t *inside.T, _ rm.Context) bool {
		if fired < times+chains {
			return false
		}
		if !debugBuild && canGoexit() { // without assembly each call allocates
			// The test's own commands run in between.
			require.Less(t, after.Mallocs-before.Mallocs, uint64(times/4), "allocations in %d firings", times/2)
		}
		return true
	})
}

// InsideEveryDue stops tickers that are due: the function waits for the server's thread, and does
// not run any more.
//
// Drives: EventLoopAddOneShot.
func InsideEveryDue(t *inside.T, ctx rm.Context) {
	if !serverHas(t, "EventLoopAddOneShot") {
		return
	}
	var round func(t *inside.T, ctx rm.Context, left int)
	round = func(t *inside.T, ctx rm.Context, left int) {
		ran := 0
		ticker, err := ctx.Every(100*time.Microsecond, func(rm.Context) { ran++ })
		require.NoError(t, err)
		time.Sleep(2 * time.Millisecond) // long enough for it to be due
		ticker.Stop(ctx)
		t.Later(time.Millisecond, func(t *inside.T, ctx rm.Context) {
			require.Zero(t, ran)
			if left > 0 {
				round(t, ctx, left-1)
			}
		})
	}
	round(t, ctx, 50)
}

// InsideEvery: a ticker comes again and again, not too often, survives failures, and ends
// when it is stopped: from outside, and in its own function.
//
// Drives: EventLoopAddOneShot.
func InsideEvery(t *inside.T, ctx rm.Context) {
	if !serverHas(t, "EventLoopAddOneShot") {
		_, err := ctx.Every(time.Second, func(rm.Context) {})
		require.ErrorIs(t, err, rm.ErrUnsupported)
		return
	}
	const period = 2 * time.Millisecond
	var outside, inItself rm.Ticker
	var ran, ranInItself, db int
	begun := time.Now()
	ctx.SelectDB(5)
	outside, err := ctx.Every(period, func(ctx rm.Context) {
		db += ctx.SelectedDB()
		switch ran++; ran % 3 {
		case 0:
			panic("a ticker panics")
		case 1:
			if canGoexit() {
				runtime.Goexit()
			}
		}
	})
	require.NoError(t, err)
	inItself, err = ctx.Every(time.Microsecond, func(ctx rm.Context) {
		if ranInItself++; ranInItself == 5 {
			inItself.Stop(ctx)
			inItself.Stop(ctx)
		}
	})
	ctx.SelectDB(0)
	require.NoError(t, err)
	require.True(t, inItself.Running())
	stopped := -1
	await(t, func(t *inside.T, ctx rm.Context) bool {
		if stopped < 0 {
			if ran < 10 || ranInItself < 5 {
				return false
			}
			require.LessOrEqual(t, ran, int(time.Since(begun)/period))
			outside.Stop(ctx)
			require.False(t, outside.Running())
			stopped = ran
			t.Later(10*period, func(t *inside.T, _ rm.Context) {
				require.Equal(t, stopped, ran)
				require.Equal(t, 5, ranInItself)
				require.Zero(t, db)
			})
		}
		return true
	})
}

// InsideHandlesShown shows handles that stand for something, and args.
//
// Drives: CreateTimer, StopTimer.
func InsideHandlesShown(t *inside.T, ctx rm.Context) {
	timer, err := ctx.CreateTimer(time.Hour, func(rm.Context) {})
	require.NoError(t, err)
	require.Regexp(t, `^Timer\(\d+\)$`, fmt.Sprintf("%v", timer))
	timer.Stop(ctx)
	require.Regexp(t, `^Timer\(\d+\)$`, fmt.Sprintf("%v", timer))
	require.Equal(t, `["a b" "\x00"]`, fmt.Sprintf("%v", rm.ArgsOf(ctx.Str("a b"), ctx.Str("\x00"))))
	m := rm.Alloc(3)
	require.Regexp(t, `^Memory\(0x[0-9a-f]+, 3 bytes\)$`, fmt.Sprint(m))
	m.Free()
}
