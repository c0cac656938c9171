// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"context"
	"math"
	"time"

	"github.com/iredismodule/redismodule/internal/queue"
)

// Ticker is a function that runs again and again. It is two words and can be copied.
type Ticker struct{ h handle[ticker] }

// ticker is what stands behind a Ticker.
type ticker struct {
	cell[ticker]
	k *ticking
}

// ticking is what its goroutine needs. It is not used again, as entries are: the
// goroutine may come once more when it is over.
type ticking struct {
	server ThreadSafeContext
	c      context.Context // ends with it
	end    context.CancelFunc
	timer  *time.Timer
	period time.Duration
	f      func(ctx Context) error
}

var tickers = table[ticker]{cellOf: func(t *ticker) *cell[ticker] { return &t.cell }, perLoad: true}

// ErrPeriod is the error of a time that must be positive.
const ErrPeriod = Error("ERR the period is not positive")

// Every has f run on the server's thread again and again: the first time when period is
// over, then each time a period after it has returned. It runs as a function of
// [ThreadSafeContext.Do]: as a callback of its own, in database 0, and not while clients'
// writes are paused, nor while the server loads its data or runs a script; then it comes
// late. A panic or a runtime.Goexit of f goes to the log, and it comes again.
//
// It ends with Stop and when the module is unloaded, which it does not keep from that.
// [ErrUnsupported] before Redis 7.0: use [Context.CreateTimer] there.
//
// C: RedisModule_EventLoopAddOneShot, since Redis 7.0.
func (ctx Context) Every(period time.Duration, f func(ctx Context)) (Ticker, error) {
	ctx.alive()
	switch {
	case f == nil:
		return Ticker{}, ErrNoFunction
	case period <= 0:
		return Ticker{}, ErrPeriod
	case !has(featureEventLoopAddOneShot):
		return Ticker{}, lacks(featureEventLoopAddOneShot)
	}
	ctx.alive()
	k := &ticking{period: period}
	k.f = func(ctx Context) error {
		if k.c.Err() == nil { // Stop may have come while it was in the queue
			f(ctx)
		}
		return nil
	}
	k.server.load, k.server.counts = queue.LoadNumber(), state.threads
	k.c, k.end = context.WithCancel(context.Background())
	// It is set when the timer is in its place.
	k.timer = time.AfterFunc(math.MaxInt64, k.tick)
	k.timer.Reset(period)
	t := tickers.take()
	t.k = k
	return Ticker{t.handle()}, nil
}

// tick runs on a goroutine of its own.
func (k *ticking) tick() {
	// What f has come to is in the log. An unload that is refused gives ErrUnloaded, too, while
	// OnUnload runs; one that is not stops the ticker.
	_ = k.server.DoContext(k.c, k.f)
	if k.c.Err() == nil {
		k.timer.Reset(k.period)
	}
}

func (t *ticker) stop(Context) {
	t.k.end()
	t.k.timer.Stop()
	t.k = nil
	tickers.drop(&t.cell)
}

// Stop ends it: the function does not begin any more. Stopping it again does nothing. It
// may be stopped in its own function.
func (t Ticker) Stop(ctx Context) {
	if e := t.h.live(); e != nil {
		e.stop(ctx)
	}
}

// Running tells whether it has not been stopped.
func (t Ticker) Running() bool { return t.h.live() != nil }
