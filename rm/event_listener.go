// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"slices"

	"github.com/iredismodule/redismodule"
)

// A server keeps one listener for each module and server event, and gives a listener to
// keyspace events no data of its own. So this package has the server call one C function,
// and goes through the module's listeners itself, in the order in which they came.

// Listener is a function that listens to events, of the server or of keys. It is two
// words and can be copied. It listens until Stop, or until the module is unloaded.
type Listener struct{ h handle[listener] }

// listener is what stands behind a Listener.
type listener struct {
	cell[listener]
	hear hearer
	// onKey is what hear calls for an event of these types, where it has no more to do: for a
	// subscription that it is the only listener of.
	onKey func(ctx NotifyContext, e KeyspaceEvent)
	types NotifyFlags
	// ended takes it out of the list that it is in, and out of the server if that can be.
	ended func(ctx Context, l handle[listener])
}

// hearer is given the words of the server's callback after the context, and for keyspace
// events the types of the subscription that has called.
type hearer func(ctx Context, a1, a2, a3, a4, a5 uintptr, of NotifyFlags)

var listeners = table[listener]{cellOf: func(l *listener) *cell[listener] { return &l.cell }, perLoad: true}

// newListener makes an entry. hear is given words of the server's, and must not keep them.
func newListener(hear hearer, ended func(ctx Context, l handle[listener])) handle[listener] {
	l := listeners.take()
	l.hear, l.ended, l.onKey = hear, ended, nil
	return l.handle()
}

func (l *listener) stop(ctx Context) {
	h, ended := l.handle(), l.ended
	l.hear, l.ended, l.onKey = nil, nil, nil
	listeners.drop(&l.cell)
	ended(ctx, h)
}

// Stop ends the listening, at once: for an event that is under way, too. Stopping it again
// does nothing. It may be stopped in its own function. The server itself goes on to call for keyspace events, which
// then reach nobody, where it cannot be told to end that: Redis before 8.2, and Valkey.
//
// C: RedisModule_UnsubscribeFromKeyspaceEvents, since Redis 8.2;
// RedisModule_UnsubscribeFromKeyspaceEventsWithSubkeys, since Redis 8.8.
func (l Listener) Stop(ctx Context) {
	if e := l.h.live(); e != nil {
		ctx.alive()
		e.stop(ctx)
	}
}

// Listening tells whether it has not been stopped.
func (l Listener) Listening() bool { return l.h.live() != nil }

// without returns a list without a listener. Lists are not changed: one may be gone
// through further out.
func without(list []handle[listener], l handle[listener]) []handle[listener] {
	return slices.DeleteFunc(slices.Clone(list), func(other handle[listener]) bool { return other == l })
}

// with returns a list with one listener more.
func with(list []handle[listener], l handle[listener]) []handle[listener] {
	return append(slices.Clip(list), l)
}

// heard is an event under way to which several listen.
type heard struct {
	cell[heard]
	ctx   redismodule.Ctx
	words [5]uintptr
	of    NotifyFlags
	list  []handle[listener]
	next  int    // in list
	outer *heard // the event in which this one comes
}

// heards is the memory for them.
var heards = table[heard]{cellOf: func(e *heard) *cell[heard] { return &e.cell }}

// hear goes through a list for an event.
func hear(list []handle[listener], ctx redismodule.Ctx, a1, a2, a3, a4, a5 uintptr, of NotifyFlags) {
	if len(list) == 1 {
		if l := list[0].live(); l != nil {
			l.hear(underWay(ctx), a1, a2, a3, a4, a5, of)
		}
		return
	}
	e := heards.borrow()
	e.ctx, e.words, e.of, e.list, e.next, e.outer = ctx, [...]uintptr{a1, a2, a3, a4, a5}, of, list, 0, state.hearing
	state.hearing = e
	e.rest()
	e.over()
}

// rest goes through what is left of the list.
func (e *heard) rest() {
	ctx, w := underWay(e.ctx), e.words
	for e.next < len(e.list) {
		l := e.list[e.next].live()
		if e.next++; l != nil {
			l.hear(ctx, w[0], w[1], w[2], w[3], w[4], e.of)
		}
	}
}

func (e *heard) over() {
	state.hearing = e.outer
	e.list, e.outer = nil, nil
	heards.giveBack(&e.cell)
}

// hearFailed is what kinds of listeners do when one has failed: the others are called.
func (k *kind) hearFailed(a0 uintptr) {
	e := state.hearing
	if e == nil || uintptr(e.ctx) != a0 {
		return
	}
	for e.next < len(e.list) {
		if failure := redismodule.Protect(e.rest); failure != nil {
			logFailure(underWay(e.ctx), k.name, *failure)
		}
	}
	e.over()
}
