// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"context"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/queue"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Go blocks the client, runs f on a goroutine, and answers the client with what f
// returns:
//
//	return rm.Go(ctx, func(job rm.Job) (rm.Reply, error) { ... })
//
// is all of a handler. It is BlockClient with the zero [BlockOptions] and then
// [BlockedClient.Go], which says more; who wants a time-out, or has something to free, uses these.
func Go(ctx Context, f func(job Job) (Reply, error)) error {
	if f == nil {
		return ErrNoFunction
	}
	b, err := ctx.BlockClient(BlockOptions{})
	if err != nil {
		return err
	}
	return b.Go(ctx, f)
}

// runningCommand is the name of the command under way.
func (ctx Context) runningCommand() string {
	if !has(featureGetCurrentCommandName) {
		return "of a blocked client"
	}
	return strings.Clone(unsafeconv.CString(redismodule.GetCurrentCommandName(ctx.raw())))
}

// Job is the work for a blocked client. It is a [context.Context] that ends when the client is
// answered, gone, or has waited long enough; [context.Cause] tells [ErrClientGone] or
// [ErrTimedOut] then. A Job has nothing that touches the server but Do.
type Job struct {
	jobContext
	w *goWork
}

type jobContext = context.Context

// Err is nil as long as the client waits. Then it is [context.DeadlineExceeded] when the client has
// waited long enough, and else [context.Canceled]. Contexts that are derived from the job are canceled with
// it; of them [context.Cause] tells why.
func (j Job) Err() error {
	err := j.jobContext.Err()
	if err != nil && context.Cause(j.jobContext) == ErrTimedOut {
		return context.DeadlineExceeded
	}
	return err
}

// Client returns the client that waits.
func (j Job) Client() BlockedClient { return j.w.client }

// Do has the server's thread run f, in the client's database; see [ThreadSafeContext.Do]. It
// gives up when the job's context ends before f has begun.
func (j Job) Do(f func(ctx Context) error) error {
	return j.w.threads.do(j, f, false, j.w.db)
}

// Go runs f on a goroutine and answers the client with what it returns: the reply, which is
// freed when it was sent, or the error. When f panics or calls runtime.Goexit, or returns
// a reply that is not complete, the client gets an error, and the log the stack. What
// f returns for a client that waits no more is freed and nothing else. f must not use the
// handler's context and arguments, which are over; clone what is needed.
//
// At most as many functions run at a time as [SetGoLimit] says, the others wait for their
// turn. f does not run at all when the client is gone, or has waited long enough, before its turn:
// what f is to free or give back in any case belongs to [BlockOptions].OnFree. The time that f takes counts as the command's own; see
// [BlockedClient.MeasureTimeStart].
//
// The goroutine is used again for the function of another client: what f sets of its goroutine or thread it takes back before it
// returns (runtime.LockOSThread, labels of pprof, debug.SetPanicOnFault).
//
// Go must be called in the handler that has blocked the client, once, with its ctx. Otherwise the
// error is [ErrCannotBlock].
func (c BlockedClient) Go(ctx Context, f func(job Job) (Reply, error)) error {
	ctx.alive()
	b := c.b
	switch {
	case b == nil || ctx != replyContext || replies.blocked != b || b.seq != c.seq || b.work != nil:
		return ErrCannotBlock
	case f == nil:
		return ErrNoFunction
	}
	w := &goWork{f: f, client: c, db: b.db, threads: state.queued(), name: ctx.runningCommand()}
	b.work = w
	w.Context, w.cancel = context.WithCancelCause(context.Background())
	workers.add(w)
	return nil
}

// queued is what goroutines of Go get to the server by.
func (s *loadState) queued() *ThreadSafeContext {
	if s.threadsOfGo == nil {
		s.threadsOfGo = &ThreadSafeContext{load: queue.LoadNumber(), counts: s.threads}
	}
	return s.threadsOfGo
}

// goWork is one function of Go.
type goWork struct {
	context.Context
	cancel  context.CancelCauseFunc
	f       func(job Job) (Reply, error)
	client  BlockedClient
	db      int
	threads *ThreadSafeContext
	done    atomic.Bool // nobody needs the context any more
	next    *goWork     // in the list of those that wait
	name    string      // of the command
}

// leave ends the context, on the server's thread. Contexts have locks, for which that must
// not wait.
func (w *goWork) leave(cause error) {
	if w != nil && w.done.CompareAndSwap(false, true) {
		go w.cancel(cause)
	}
}

// ErrNoAnswer is the reply of a client whose function of [Go] has ended without an answer: by
// runtime.Goexit, or with the zero Reply.
const ErrNoAnswer = Error("ERR the goroutine of the command ended without an answer: its function returned the zero Reply and no error, or called runtime.Goexit")

// run runs the function and answers. runtime.Goexit goes on when the client has its answer.
func (w *goWork) run() {
	returned, ends := false, false
	defer func() {
		if ends || w.done.CompareAndSwap(false, true) {
			defer w.cancel(nil)
		}
		if returned {
			return
		}
		failure := redismodule.Failure{Value: recover(), Stack: debug.Stack()}
		if failure.Goexit = failure.Value == nil; failure.Goexit {
			Log(LevelWarning, "the function of Go of the command "+w.name+": it called runtime.Goexit")
			w.client.ReplyWithError(ErrNoAnswer)
			return
		}
		logFailure(Context{}, "the function of Go of the command "+w.name, failure)
		w.client.ReplyWithError(Error("ERR " + w.name + ": " + firstLine(describe(failure))))
	}()
	if w.Err() == nil {
		w.client.MeasureTimeStart()
		reply, err := w.f(Job{w, w})
		w.client.MeasureTimeEnd()
		// Before the answer: else the server's thread, which may be faster, starts a goroutine for it.
		ends = w.done.CompareAndSwap(false, true)
		switch {
		case err != nil:
			discard(reply)
			w.client.ReplyWithError(err)
		case reply.r == nil:
			Log(LevelWarning, "the function of Go of the command "+w.name+": it returned neither a reply nor an error")
			w.client.ReplyWithError(ErrNoAnswer)
		default:
			w.client.ReplyWith(reply)
		}
	}
	returned = true
}
