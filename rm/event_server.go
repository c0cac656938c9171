// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// Events of the server itself and of its clients.

var (
	clientChange = serverEvent{raw: redismodule.EventClientChange, came: featureSubscribeToServerEvent}
	shutdown     = serverEvent{raw: redismodule.EventShutdown, came: featureSubscribeToServerEvent}
	cronLoop     = serverEvent{raw: redismodule.EventCronLoop, came: featureSubscribeToServerEvent}
	moduleChange = serverEvent{raw: redismodule.EventModuleChange, came: featureSubscribeToServerEvent}
	forkChild    = serverEvent{raw: redismodule.EventForkChild, came: featureEventForkChild}
	eventLoop    = serverEvent{raw: redismodule.EventEventLoop, came: featureEventEventLoop}
	configChange = serverEvent{raw: redismodule.EventConfig, came: featureEventConfig}
)

// ClientChangeSub is what a client has done.
type ClientChangeSub uint64

// What a client has done.
const (
	ClientChangeConnected    ClientChangeSub = redismodule.SUBEVENT_CLIENT_CHANGE_CONNECTED
	ClientChangeDisconnected ClientChangeSub = redismodule.SUBEVENT_CLIENT_CHANGE_DISCONNECTED
)

func (s ClientChangeSub) subEvent() (*serverEvent, uint64) { return &clientChange, uint64(s) }

// OnShutdown has f called when the server is about to end. The file that it leaves may be
// written already.
//
// C: RedisModule_SubscribeToServerEvent (Shutdown), since Redis 6.0.
func (ctx Context) OnShutdown(f func(ctx Context)) (Listener, error) {
	return ctx.listenTo(&shutdown, f != nil, func(ctx Context, _ occurrence) { f(ctx) })
}

// OnCronLoop has f called each time when the server does its periodic work, about hz times
// a second (the option hz).
//
// C: RedisModule_SubscribeToServerEvent (CronLoop), since Redis 6.0.
func (ctx Context) OnCronLoop(f func(ctx Context, hz int)) (Listener, error) {
	return ctx.listenTo(&cronLoop, f != nil, func(ctx Context, w occurrence) {
		hz := 0
		if d := dataOf[redismodule.CronLoop](w); d != nil {
			hz = int(d.Hz)
		}
		f(ctx, hz)
	})
}

// ModuleChangeSub is what has become of a module.
type ModuleChangeSub uint64

// What becomes of modules.
const (
	ModuleChangeLoaded   ModuleChangeSub = redismodule.SUBEVENT_MODULE_LOADED
	ModuleChangeUnloaded ModuleChangeSub = redismodule.SUBEVENT_MODULE_UNLOADED
)

func (s ModuleChangeSub) subEvent() (*serverEvent, uint64) { return &moduleChange, uint64(s) }

// ModuleChange is a module that was loaded or unloaded.
type ModuleChange struct {
	Sub     ModuleChangeSub
	Name    string // the server's, valid until the function that got it returns
	Version int
}

// OnModuleChange has f called when a module, another one, was loaded or unloaded.
//
// C: RedisModule_SubscribeToServerEvent (ModuleChange), since Redis 6.0.
func (ctx Context) OnModuleChange(f func(ctx Context, e ModuleChange)) (Listener, error) {
	return ctx.listenTo(&moduleChange, f != nil, func(ctx Context, w occurrence) {
		e := ModuleChange{Sub: ModuleChangeSub(w.sub)}
		if d := dataOf[redismodule.ModuleChange](w); d != nil {
			e.Name, e.Version = ctx.eventText(d.ModuleName), int(d.ModuleVersion)
		}
		f(ctx, e)
	})
}

// ForkChild is what has become of a forked child of the server.
type ForkChild uint64

// What becomes of children.
const (
	ForkChildBorn      ForkChild = redismodule.SUBEVENT_FORK_CHILD_BORN
	ForkChildDied      ForkChild = redismodule.SUBEVENT_FORK_CHILD_DIED
	ForkChildPre       ForkChild = redismodule.SUBEVENT_FORK_CHILD_PRE       // before the fork; since Redis 8.10, not in Valkey
	ForkChildCancelled ForkChild = redismodule.SUBEVENT_FORK_CHILD_CANCELLED // the fork failed; since Redis 8.10, not in Valkey
)

func (c ForkChild) subEvent() (*serverEvent, uint64) { return &forkChild, uint64(c) }

// OnForkChild has f called in the server, not in the child, when it has forked a child, and
// when that has ended: one that saves, or a module's.
//
// C: RedisModule_SubscribeToServerEvent (ForkChild), since Redis 6.2.
func (ctx Context) OnForkChild(f func(ctx Context, e ForkChild)) (Listener, error) {
	return ctx.listenTo(&forkChild, f != nil, func(ctx Context, w occurrence) { f(ctx, ForkChild(w.sub)) })
}

// EventLoopPoint is where in a turn of the event loop the server is.
type EventLoopPoint uint64

// Where it is.
const (
	EventLoopBeforeSleep EventLoopPoint = redismodule.SUBEVENT_EVENTLOOP_BEFORE_SLEEP
	EventLoopAfterSleep  EventLoopPoint = redismodule.SUBEVENT_EVENTLOOP_AFTER_SLEEP
)

func (p EventLoopPoint) subEvent() (*serverEvent, uint64) { return &eventLoop, uint64(p) }

// OnEventLoop has f called twice in each turn of the server's event loop, which is often.
//
// C: RedisModule_SubscribeToServerEvent (EventLoop), since Redis 7.0.
func (ctx Context) OnEventLoop(f func(ctx Context, e EventLoopPoint)) (Listener, error) {
	return ctx.listenTo(&eventLoop, f != nil, func(ctx Context, w occurrence) { f(ctx, EventLoopPoint(w.sub)) })
}

// ConfigChangeSub is what has happened to options.
type ConfigChangeSub uint64

// What happens to options.
const ConfigChanged ConfigChangeSub = redismodule.SUBEVENT_CONFIG_CHANGE

func (s ConfigChangeSub) subEvent() (*serverEvent, uint64) { return &configChange, uint64(s) }

// ConfigChange is the names of options that CONFIG SET has changed, together. It and they
// are the server's, valid until the function that got it returns.
type ConfigChange struct {
	ctx   Context
	names []*byte
}

// Len returns how many options there are.
func (c ConfigChange) Len() int { return len(c.names) }

// At returns the name of one, from 0; "" beyond the last one.
func (c ConfigChange) At(i int) string {
	if uint(i) >= uint(len(c.names)) {
		return ""
	}
	return c.ctx.eventText(c.names[i])
}

// All ranges over the names.
func (c ConfigChange) All(yield func(i int, name string) bool) {
	for i := range c.names {
		if !yield(i, c.At(i)) {
			return
		}
	}
}

// OnConfig has f called when options of the server, or of modules, have changed.
//
// C: RedisModule_SubscribeToServerEvent (Config), since Redis 7.0.
func (ctx Context) OnConfig(f func(ctx Context, e ConfigChange)) (Listener, error) {
	return ctx.listenTo(&configChange, f != nil, func(ctx Context, w occurrence) {
		e := ConfigChange{ctx: ctx}
		if d := dataOf[redismodule.ConfigChange](w); d != nil && d.ConfigNames != nil {
			// SAFETY(U75): the array has NumChanges names; holds because the server filled in
			// both; until the callback returns.
			e.names = unsafe.Slice(d.ConfigNames, d.NumChanges)
		}
		f(ctx, e)
	})
}
