// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"runtime"
	"sync/atomic"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// NotifyKeyspaceEvent sends a keyspace event of the module's own to those who listen to its
// type: modules, and clients if the option notify-keyspace-events is set so. Commands that
// are called send theirs by themselves; what is written through an open key sends none.
// The module's listeners are called before it returns. ErrUnsupported before Redis 6.0.
//
// C: RedisModule_NotifyKeyspaceEvent, since Redis 6.0.
func (ctx Context) NotifyKeyspaceEvent(typ NotifyFlags, event string, key RStr) error {
	name := sentName(event)
	if name == nil || key.IsZero() || typ == 0 || typ&^state.notifyTypes != 0 {
		return ctx.notify(featureNotifyKeyspaceEvent, typ, event, key, nil)
	}
	redismodule.NotifyKeyspaceEvent(ctx.raw(), int32(typ), name, key.raw())
	return nil
}

// sentNames are names of events that have been sent, as C wants them: where there is one,
// the server has the function. They stay, in memory that nobody changes. A name that finds its
// place taken has none.
var sentNames [64]atomic.Pointer[string]

// maxSentName is how long they may be.
const maxSentName = 64

func sentPlace(name string) *atomic.Pointer[string] {
	first, last := name[0], name[len(name)-1]
	return &sentNames[(uint(len(name))+uint(first)+uint(last)<<3)%uint(len(sentNames))]
}

// sentName returns the name for C, nil if it is not among sentNames.
func sentName(name string) *byte {
	if name == "" {
		return nil
	}
	if z := sentPlace(name).Load(); z != nil && len(*z) == len(name)+1 && (*z)[:len(name)] == name {
		return unsafeconv.Data(*z)
	}
	return nil
}

// keepSentName puts a name among sentNames if there is room.
func keepSentName(name string) {
	if p := sentPlace(name); len(name) <= maxSentName && p.Load() == nil {
		z := name + "\x00"
		p.CompareAndSwap(nil, &z)
	}
}

// NotifyKeyspaceEventWithSubkeys is [Context.NotifyKeyspaceEvent] with the fields that are
// concerned. ErrUnsupported before Redis 8.8.
//
// C: RedisModule_NotifyKeyspaceEventWithSubkeys, since Redis 8.8.
func (ctx Context) NotifyKeyspaceEventWithSubkeys(typ NotifyFlags, event string, key RStr, subkeys ...RStr) error {
	return ctx.notify(featureNotifyKeyspaceEventWithSubkeys, typ, event, key, subkeys)
}

// ErrNoEventName is the error of an event without a name.
const ErrNoEventName = Error("ERR the event has no name")

func (ctx Context) notify(what feature, typ NotifyFlags, event string, key RStr, subkeys []RStr) error {
	switch {
	case !has(what):
		return lacks(what)
	case event == "":
		return ErrNoEventName
	case unsafeconv.HasNUL(event):
		return ErrNULByte
	case key.IsZero():
		return misuse(ErrNoString)
	}
	typ, err := notifyUsable(typ)
	if err != nil {
		return err
	}
	f := newCallFrame()
	f.name = append(append(f.name, event...), 0)
	if what == featureNotifyKeyspaceEvent {
		redismodule.NotifyKeyspaceEvent(ctx.raw(), int32(typ), &f.name[0], key.raw())
		keepSentName(event)
	} else {
		raw := append(rawStrings(subkeys), 0) // there may be none
		redismodule.NotifyKeyspaceEventWithSubkeys(ctx.raw(), int32(typ), &f.name[0], key.raw(), &raw[0], int32(len(subkeys)))
	}
	runtime.KeepAlive(f)
	f.release()
	return nil
}
