// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// serverEvent is a kind of server event.
type serverEvent struct {
	raw  redismodule.Event
	came feature
	only serverKind
	// gone tells that servers from Redis 7.0 on, and Valkey, know it and never have it.
	gone bool
	// forks tells that it comes in forked children, too.
	forks bool
}

// serverKind is which servers have something. The numbers of the newer events mean one
// thing for Redis and another for Valkey.
type serverKind uint8

const (
	bothServers serverKind = iota
	redisOnly
	valkeyOnly
)

// maxEvents is more than the numbers of the events.
const maxEvents = 32

// eventSubscription is the module's listeners to an event.
type eventSubscription struct {
	on   bool // the server calls ours
	list []handle[listener]
}

// Their callbacks: (ctx, event, version, sub-event, data).
var (
	eventComes = kind{name: "a listener to a server event", context: ownContext, run: eventCame}
	// eventForks is for the event that comes in forked children, too. A listener's failure
	// does not end a save.
	eventForks = kind{name: "a listener to a server event", context: ownContext, run: eventCame, inChildren: true}
)

func init() {
	eventComes.failed = func(a0, _ uintptr, _ redismodule.Failure) uintptr { eventComes.hearFailed(a0); return 0 }
	eventForks.failed = eventComes.failed
}

func eventCame(a0, a1, _, a3, a4, _ uintptr, _ unsafe.Pointer) uintptr {
	if a1 < maxEvents {
		hear(state.events[a1].list, redismodule.Ctx(a0), a3, a4, 0, 0, 0, 0)
	}
	return 0
}

// occurrence is an event as its listeners see it.
type occurrence struct{ sub, data uintptr }

// dataOf is the event's data, which is valid as long as the callback; nil for none.
func dataOf[T any](o occurrence) *T { return unsafeconv.Ptr[T](o.data) }

// here tells whether the running server has the event.
func (e *serverEvent) here() bool {
	switch {
	case e.only == redisOnly && redismodule.IsValkey(), e.only == valkeyOnly && !redismodule.IsValkey():
		return false
	case e.gone && has(featureEventLoopAdd):
		return false
	case e.only == valkeyOnly:
		return true // it came with no function; the server is asked
	}
	return has(e.came)
}

// listenTo adds a listener to an event. What hear is given is the server's.
func (ctx Context) listenTo(event *serverEvent, known bool, hear func(ctx Context, o occurrence)) (Listener, error) {
	ctx.alive()
	if !known {
		return Listener{}, ErrNoFunction
	}
	if !event.here() {
		return Listener{}, lacks(event.came)
	}
	s := &state.events[event.raw.ID]
	if !s.on {
		k := &eventComes
		if event.forks {
			k = &eventForks
		}
		fn, err := k.fn()
		if err != nil {
			return Listener{}, err
		}
		if redismodule.SubscribeToServerEvent(ctx.raw(), event.raw, fn) != redismodule.OK {
			return Listener{}, lacks(event.came)
		}
		s.on = true
	}
	l := newListener(func(ctx Context, sub, data, _, _, _ uintptr, _ NotifyFlags) { hear(ctx, occurrence{sub, data}) },
		func(ctx Context, l handle[listener]) { event.leave(ctx, l) })
	s.list = with(s.list, l)
	return Listener{l}, nil
}

// leave takes a listener out of the list. Without listeners the server is told, but not in
// the middle of an event, when it goes through its list of them.
func (e *serverEvent) leave(ctx Context, l handle[listener]) {
	s := &state.events[e.raw.ID]
	if s.list = without(s.list, l); len(s.list) == 0 && len(state.outside) == 0 {
		if redismodule.SubscribeToServerEvent(ctx.raw(), e.raw, 0) == redismodule.OK {
			s.on = false
		}
	}
}

// SubEvent is a part of a server event that servers can lack one by one.
type SubEvent interface {
	subEvent() (*serverEvent, uint64)
}

// IsSubEventSupported tells whether the running server has a sub-event, and the event. False
// on servers before Redis 6.0.9, which do not tell.
//
// C: RedisModule_IsSubEventSupported, since Redis 6.0.9.
func IsSubEventSupported(s SubEvent) bool {
	event, sub := s.subEvent()
	return has(featureIsSubEventSupported) && event.here() && redismodule.IsSubEventSupported(event.raw, sub) != 0
}

// eventText is a text of the server's in the data of an event, without a copy; "" for none.
func (ctx Context) eventText(p *byte) string {
	if p == nil {
		return ""
	}
	text := unsafeconv.CString(p)
	if debugging {
		return unsafeconv.String(ctx.o.show(unsafeconv.Bytes(text)))
	}
	return text
}
