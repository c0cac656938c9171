// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Promise is a call that goes on (CallAllowBlock) and has a handler for its end.
// It is two words and can be copied; once the handler has run, or the call was
// aborted, it is over and Abort returns false.
type Promise struct{ h handle[promise] }

// promise stands behind a Promise.
type promise struct {
	cell[promise]
	reply    CallReply
	handler  func(ctx Context, reply CallReply)
	ofModule bool // the command is a module's
	aborting bool
}

// promises are the calls that go on.
var promises = table[promise]{
	cellOf: func(p *promise) *cell[promise] { return &p.cell }, perLoad: true, holds: "a blocking call goes on",
}

// promiseEnd is the callback for the end of such a call.
var promiseEnd = kind{name: "the function for the end of a blocking call", context: ownContext, run: unblocked, end: unblockedEnd}

// lentReply tells whether a reply belongs to a handler that runs.
func lentReply(r CallReply) bool {
	for _, h := range state.handling {
		if h.p == r.p {
			return true
		}
	}
	return false
}

// IsPromise tells whether the call goes on: a blocking command was called with
// CallAllowBlock and waits. Free then lets it go on with nobody to hear its result.
// To hear it, use OnUnblocked.
func (r CallReply) IsPromise() bool {
	// Of a promise nothing but the type may be read: the server sets no other field.
	return state.promised && r.Type() == ReplyPromise
}

// OnUnblocked has f called with the reply of a call that goes on. It must be used in
// the callback that made the call. It takes r over: r must not be used or freed any
// more. f runs on the server's main thread, in the database of the call, with a
// context that has no client: calls, keys and replication work, replies do not.
// The reply that f gets may be an error reply (see [CallReply.Err]) and is freed when
// f returns.
//
// The server does not end such a call when it becomes a replica or when the client
// that caused it goes away; the module must Abort it then. The module cannot be
// unloaded before it has ended.
//
// The error is ErrReplyType if r is not a promise (see IsPromise), ErrUnsupported
// before Redis 7.2, and it tells that [Context.AutoMemory] is on, which would free
// the promise; r is still the caller's then.
//
// C: RedisModule_CallReplyPromiseSetUnblockHandler, since Redis 7.2.
func (r CallReply) OnUnblocked(f func(ctx Context, reply CallReply)) (Promise, error) {
	switch {
	case !has(featureCallReplyPromiseSetUnblockHandler):
		return Promise{}, lacks(featureCallReplyPromiseSetUnblockHandler)
	case !r.IsPromise():
		return Promise{}, ErrReplyType
	case f == nil:
		return Promise{}, ErrNoFunction
	case state.left.someAutomatic():
		return Promise{}, ErrAutoMemory
	}
	callback, err := promiseEnd.fn()
	if err != nil {
		return Promise{}, err
	}
	p := promises.take()
	p.reply, p.handler = CallReply{p: r.p}, f
	_, p.ofModule = state.ofModules[r.p]
	delete(state.ofModules, r.p)
	redismodule.CallReplyPromiseSetUnblockHandler(r.Raw(), callback, p.word())
	r.end() // whoever has it is not to use it any more
	return Promise{p.handle()}, nil
}

// ErrAutoMemory means that a promise would be freed by the automatic memory of its context.
const ErrAutoMemory = Error("ERR a context with automatic memory frees the call's promise")

// notePromise notes whether a call that goes on is one of a module's command.
func (ctx Context) notePromise(r CallReply, command string) {
	if !ctx.commandHas(command, "module") {
		delete(state.ofModules, r.p) // of one that was there before
		return
	}
	if state.ofModules == nil {
		state.ofModules = map[unsafe.Pointer]struct{}{}
	}
	state.ofModules[r.p] = struct{}{}
}

// drop ends a promise, and frees its reply.
func (p *promise) drop() {
	p.reply.Free()
	p.reply, p.handler = CallReply{}, nil
	promises.drop(&p.cell)
}

// stop aborts the call of a load that fails.
func (p *promise) stop(Context) { Promise{p.handle()}.Abort() }

// unblocked is the server's callback: (ctx, reply, private data).
func unblocked(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	ctx, reply := underWay(redismodule.Ctx(a0)), CallReply{p: unsafeconv.Pointer(a1)}
	if debugging {
		reply.begin(ctx.o)
	}
	state.handling = append(state.handling, reply)
	_ = reply.Type() // see finishCall
	if p := promises.at(a2); p != nil {
		f := p.handler
		p.drop()
		f(ctx, reply)
	}
	return 0
}

// unblockedEnd ends what belongs to a handler.
func unblockedEnd(_, a1 uintptr) {
	state.handling = state.handling[:len(state.handling)-1]
	reply := CallReply{p: unsafeconv.Pointer(a1)}
	reply.Free()
}

// Abort ends the call, if it still waits, and tells whether it did: then the handler
// is not called. Abort is false when the handler has been called, or is about to be; and
// always for a blocking command of a module, this one or another: servers end themselves
// there, so that its end has to be awaited.
//
// C: RedisModule_CallReplyPromiseAbort, since Redis 7.2.
func (p Promise) Abort() bool {
	e := p.h.live()
	if e == nil || e.aborting || e.ofModule {
		return false
	}
	// The server may call a disconnect callback, and that come back here.
	e.aborting = true
	done := redismodule.CallReplyPromiseAbort(e.reply.Raw(), nil) == redismodule.OK
	e.aborting = false
	if done {
		e.drop()
	}
	return done
}

// Pending tells whether the call goes on: neither has its handler been called nor was
// it aborted.
func (p Promise) Pending() bool { return p.h.live() != nil }
