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
type Promise struct {
	i   int
	seq uint64
}

// promise stands behind a Promise.
type promise struct {
	seq      uint64 // 0: not in use
	reply    CallReply
	handler  func(ctx Context, reply CallReply)
	aborting bool
}

// promises are the calls that go on, with what C knows them by, their index, and
// those indexes that are free. Whoever touches them holds the server's lock.
var promises struct {
	all      []promise
	free     []int
	seq      uint64
	alive    int
	callback redismodule.CFunc
	handling []CallReply // replies of handlers that run
	seen     bool        // there has been a promise, ever
}

// lentReply tells whether a reply belongs to a handler that runs.
func lentReply(r CallReply) bool {
	for _, h := range promises.handling {
		if h == r {
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
	return promises.seen && r.Type() == ReplyPromise
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
	case !redismodule.Has(redismodule.FnCallReplyPromiseSetUnblockHandler):
		return Promise{}, ErrUnsupported
	case !r.IsPromise():
		return Promise{}, ErrReplyType
	case f == nil:
		return Promise{}, errNoHandler
	case len(left.automatic) > 0:
		return Promise{}, errAutomatic
	}
	p := &promises
	if p.callback == 0 {
		fn, err := redismodule.NewCallback(unblocked, unblockedFailed)
		if err != nil {
			return Promise{}, err
		}
		p.callback = fn
	}
	var i int
	if n := len(p.free); n > 0 {
		i, p.free = p.free[n-1], p.free[:n-1]
	} else {
		i = len(p.all)
		p.all = append(p.all, promise{})
	}
	p.seq++
	p.alive++
	p.all[i] = promise{seq: p.seq, reply: r, handler: f}
	redismodule.CallReplyPromiseSetUnblockHandler(r.Raw(), p.callback, uintptr(i))
	return Promise{i, p.seq}, nil
}

const (
	errNoHandler = Error("ERR there is no function for the call's end")
	errAutomatic = Error("ERR a context with automatic memory frees the call's promise")
)

// dropPromise frees the place of a promise and its reply.
func dropPromise(i int) {
	p := &promises
	p.all[i].reply.Free()
	p.all[i] = promise{}
	p.free = append(p.free, i)
	p.alive--
}

// unblocked is the server's callback: (ctx, reply, private data).
func unblocked(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	ctx, reply := Context{redismodule.Ctx(a0)}, CallReply{unsafeconv.Pointer(a1)}
	f := promises.all[a2].handler
	dropPromise(int(a2))
	if debugging {
		reply.begin()
	}
	promises.handling = append(promises.handling, reply)
	_ = reply.Type() // see finishCall
	enterOutside(ctx.c)
	f(ctx, reply)
	unblockedEnd(ctx, reply)
	return 0
}

// unblockedFailed answers for a handler that panicked.
func unblockedFailed(a0, a1 uintptr, f redismodule.Failure) uintptr {
	ctx := Context{redismodule.Ctx(a0)}
	ctx.Log(Warning, "the function for the end of a blocking call: "+describe(f))
	logLines(ctx, f.Stack)
	unblockedEnd(ctx, CallReply{unsafeconv.Pointer(a1)})
	return 0
}

// unblockedEnd ends what belongs to a handler.
func unblockedEnd(ctx Context, reply CallReply) {
	leaveOutside()
	endCallback(ctx.c)
	promises.handling = promises.handling[:len(promises.handling)-1]
	reply.Free()
}

// Abort ends the call, if it still waits, and tells whether it did: then the handler
// is not called. A blocking command of a module that does not listen for its
// client's end may go on all the same, unheard. Abort is false when the handler has
// been called, or is about to be.
//
// C: RedisModule_CallReplyPromiseAbort, since Redis 7.2.
func (p Promise) Abort() bool {
	if p.seq == 0 || p.i >= len(promises.all) || promises.all[p.i].seq != p.seq || promises.all[p.i].aborting {
		return false
	}
	// The server may call a disconnect callback, and that come back here.
	promises.all[p.i].aborting = true
	done := redismodule.CallReplyPromiseAbort(promises.all[p.i].reply.Raw(), nil) == redismodule.OK
	promises.all[p.i].aborting = false
	if done {
		dropPromise(p.i)
	}
	return done
}

// Pending tells whether the call goes on: neither has its handler been called nor was
// it aborted.
func (p Promise) Pending() bool {
	return p.seq != 0 && p.i < len(promises.all) && promises.all[p.i].seq == p.seq
}
