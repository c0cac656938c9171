// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// NotifyDelivery says of which events a listener that gets subkeys hears.
type NotifyDelivery int32

// The deliveries.
const (
	NotifyDeliverAll     NotifyDelivery = redismodule.NOTIFY_FLAG_NONE             // all, without subkeys too
	NotifyDeliverSubkeys NotifyDelivery = redismodule.NOTIFY_FLAG_SUBKEYS_REQUIRED // those with subkeys
)

// notifySubscription is one subscription of the module's: the server calls its function.
// Its types are in no other one of the same sort, so that an event of one type comes once.
// A module can cause an event of several types; then the lowest one that a listener
// listens to counts.
type notifySubscription struct {
	types NotifyFlags // 0: not in use
	sort  notifySort
	list  []handle[listener]
}

// notifySort is what a subscription is made with besides its types.
type notifySort struct {
	subkeys  bool
	delivery NotifyDelivery
}

// maxNotify is how many subscriptions there may be: one for each type and sort would do.
const maxNotify = 64

// notified are their callbacks. The server gives them no data of the module's.
var notified [maxNotify]kind

func init() {
	for i := range notified {
		k := &notified[i]
		*k = kind{
			name: "a listener to keyspace events", context: ownContext,
			whole: state.notify[i].entry(k),
			failed: func(a0, _ uintptr, _ redismodule.Failure) uintptr {
				k.hearFailed(a0)
				return 0
			},
		}
	}
}

// entry makes what the server calls for a subscription: (ctx, type, event, key), and
// (subkeys, count) for those that get them.
//
//go:noinline
func (s *notifySubscription) entry(k *kind) core.Entry {
	return func(f unsafe.Pointer) {
		defer func() {
			if core.UnderWay(f) {
				core.Fail(f, recover())
			}
		}()
		w := core.WordsOf(f)
		ctx := enterOutside(redismodule.Ctx(w.A[0]), k.name)
		if len(s.list) == 1 { // what hear would do
			l := s.list[0].live()
			if t := NotifyFlags(int32(w.A[1])); l != nil && l.onKey != nil {
				if mine := t & l.types; mine&-mine&s.types != 0 {
					l.onKey(NotifyContext{ctx}, KeyspaceEvent{o: ctx.o, typ: t, event: w.A[2], key: redismodule.String(w.A[3])})
				}
			} else if l != nil {
				l.hear(ctx, w.A[1], w.A[2], w.A[3], w.A[4], w.A[5], s.types)
			}
		} else {
			hear(s.list, ctx.c, w.A[1], w.A[2], w.A[3], w.A[4], w.A[5], s.types)
		}
		endOutside(ctx.c)
		core.Answer(f, 0)
	}
}

// SubscribeToKeyspaceEvents has f called for keyspace events of some types, on the server's
// thread, at once, in the middle of what causes them; so f should be short. It is not
// called for events that it causes itself. There may be several listeners in a module; they
// are called in the order in which they came, also when one of them fails.
//
// f hears of keys of all databases ([NotifyContext.SelectedDB]), and on replicas of what
// comes from the master. ErrUnsupported for a type that the server lacks.
//
// C: RedisModule_SubscribeToKeyspaceEvents, since Redis 4.0.9.
func (ctx Context) SubscribeToKeyspaceEvents(types NotifyFlags, f func(ctx NotifyContext, e KeyspaceEvent)) (Listener, error) {
	ctx.alive()
	if !has(featureSubscribeToKeyspaceEvents) {
		return Listener{}, lacks(featureSubscribeToKeyspaceEvents)
	}
	return ctx.subscribeToKeys(types, notifySort{}, f)
}

// SubscribeToKeyspaceEventsWithSubkeys is [Context.SubscribeToKeyspaceEvents] for a
// listener that hears of the fields that are concerned, too ([KeyspaceEvent.Subkeys]).
// ErrUnsupported before Redis 8.8.
//
// C: RedisModule_SubscribeToKeyspaceEventsWithSubkeys, since Redis 8.8.
func (ctx Context) SubscribeToKeyspaceEventsWithSubkeys(types NotifyFlags, delivery NotifyDelivery, f func(ctx NotifyContext, e KeyspaceEvent)) (Listener, error) {
	ctx.alive()
	switch {
	case !has(featureSubscribeToKeyspaceEventsWithSubkeys):
		return Listener{}, lacks(featureSubscribeToKeyspaceEventsWithSubkeys)
	case delivery != NotifyDeliverAll && delivery != NotifyDeliverSubkeys:
		return Listener{}, fmt.Errorf("rm: %d is no delivery of keyspace events", delivery)
	}
	return ctx.subscribeToKeys(types, notifySort{true, delivery}, f)
}

func (ctx Context) subscribeToKeys(types NotifyFlags, sort notifySort, f func(ctx NotifyContext, e KeyspaceEvent)) (Listener, error) {
	ctx.alive()
	if f == nil {
		return Listener{}, ErrNoFunction
	}
	types, err := notifyUsable(types)
	if err == nil {
		err = ctx.coverTypes(types, sort)
	}
	if err != nil {
		return Listener{}, err
	}
	subkeys := sort.subkeys
	l := newListener(func(ctx Context, a1, a2, a3, a4, a5 uintptr, of NotifyFlags) {
		t := NotifyFlags(int32(a1))
		mine := t & types
		if mine&-mine&of == 0 {
			return // it is none, or comes from another subscription
		}
		e := KeyspaceEvent{o: ctx.o, typ: t, event: a2, key: redismodule.String(a3)}
		if subkeys {
			e.subkeys, e.count = a4, int32(a5)
		}
		f(NotifyContext{ctx}, e)
	}, leaveTypes)
	if !subkeys {
		l.c.of.types, l.c.of.onKey = types, f
	}
	for i := range state.notify {
		if s := &state.notify[i]; s.sort == sort && s.types&types != 0 {
			s.list = with(s.list, l)
		}
	}
	return Listener{l}, nil
}

// coverTypes subscribes to what no subscription of the sort has.
func (ctx Context) coverTypes(types NotifyFlags, sort notifySort) error {
	free := -1
	for i := range state.notify {
		switch s := &state.notify[i]; {
		case s.types == 0 && free < 0:
			free = i
		case s.sort == sort:
			types &^= s.types
		}
	}
	if types == 0 {
		return nil
	}
	fn, err := notified[free].fn()
	if err != nil {
		return err
	}
	var status int32
	if sort.subkeys {
		status = redismodule.SubscribeToKeyspaceEventsWithSubkeys(ctx.raw(), int32(types), int32(sort.delivery), fn)
	} else {
		status = redismodule.SubscribeToKeyspaceEvents(ctx.raw(), int32(types), fn)
	}
	if status != redismodule.OK {
		return ErrRefused
	}
	state.notify[free] = notifySubscription{types: types, sort: sort}
	return nil
}

// leaveTypes takes a listener out of the subscriptions, and ends those that nobody listens
// to any more, where the server can do that: not in the middle of an event, when it goes
// through them.
func leaveTypes(ctx Context, l handle[listener]) {
	for i := range state.notify {
		s := &state.notify[i]
		if s.types == 0 {
			continue
		}
		had := len(s.list)
		if s.list = without(s.list, l); had == 0 || len(s.list) > 0 || len(state.outside) > 0 {
			continue
		}
		fn, err := notified[i].fn()
		switch {
		case err != nil:
		case s.sort.subkeys:
			if redismodule.UnsubscribeFromKeyspaceEventsWithSubkeys(ctx.raw(), int32(s.types), int32(s.sort.delivery), fn) == redismodule.OK {
				*s = notifySubscription{}
			}
		case has(featureUnsubscribeFromKeyspaceEvents):
			if redismodule.UnsubscribeFromKeyspaceEvents(ctx.raw(), int32(s.types), fn) == redismodule.OK {
				*s = notifySubscription{}
			}
		}
	}
}
