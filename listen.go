// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"errors"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/internal/queue"
)

// The events that the binding itself listens to. A server keeps one listener for
// each module and event, the one that came last. So the binding's stands there
// (internal/cgate/events.c), and calls the module's own.

// hub is one of these events.
type hub struct {
	event Event
	sub   uint64 // one of its sub-events, which tells whether the server has it
	where string // in words
	on    bool   // the server calls ours
}

var hubs = [...]hub{
	edge.HubLoop:    {EventEventLoop, SUBEVENT_EVENTLOOP_BEFORE_SLEEP, "the event-loop event", false},
	edge.HubLoading: {EventLoadingProgress, SUBEVENT_LOADING_PROGRESS_RDB, "the loading-progress event", false},
	edge.HubConfig:  {EventConfig, SUBEVENT_CONFIG_CHANGE, "the event \"config changed\"", false},
	edge.HubModule:  {EventModuleChange, SUBEVENT_MODULE_LOADED, "the event \"module loaded\"", false},
}

// has tells whether the running server has an event.
func (h *hub) has() bool {
	return len(edge.Hubs) > 0 && Has(FnSubscribeToServerEvent) && Has(FnIsSubEventSupported) && IsSubEventSupported(h.event, h.sub) != 0
}

// SubscribeToServerEvent makes callback, of the C type RedisModuleEventCallback, the
// module's listener to an event, in place of an earlier one; 0 ends it (and does nothing
// when there is none; a server before 7.2 would call it at the next event). The events
// that the binding itself listens to (event loop, loading progress, config changed,
// module loaded) reach both.
//
// C: int RedisModule_SubscribeToServerEvent(RedisModuleCtx *ctx, RedisModuleEvent event, RedisModuleEventCallback callback)
// Since Redis 6.0, Valkey 7.2.
func SubscribeToServerEvent(ctx Ctx, event Event, callback CFunc) int32 {
	for i := range hubs {
		if h := &hubs[i]; event == h.event && h.has() {
			edge.HubSet(i, uintptr(callback))
			return OK
		}
	}
	bit := uint64(1) << (event.ID % 64)
	if callback == 0 && listening&bit == 0 {
		return OK
	}
	status := subscribeToServerEvent(ctx, event, callback)
	if status == OK {
		if listening |= bit; callback == 0 {
			listening &^= bit
		}
	}
	return status
}

// listening has a bit for each event with a listener of the module's.
var listening uint64

// listen makes the server call the binding's listeners. settle calls it.
// release is what gives the P away, 0 where there is none to give.
func listen(ctx Ctx, release uintptr) error {
	if len(edge.Hubs) == 0 {
		return nil
	}
	// SAFETY(U21): C reads and writes the words for as long as the process lives;
	// holds because they are package variables, which do not move, and no pointers.
	edge.HubSettle(unsafe.Pointer(&state.window), unsafe.Pointer(&state.hurried), unsafe.Pointer(&queue.Pending), unsafe.Pointer(&queue.Woken), release, uintptr(trampoline(drainIndex)))
	for i := range hubs {
		h := &hubs[i]
		if h.on = h.has(); h.on && subscribeToServerEvent(ctx, h.event, CFunc(edge.Hubs[i])) != OK {
			return errors.New("the server refused " + h.where)
		}
	}
	return nil
}

// forgetListeners drops the module's own listeners of an earlier load.
func forgetListeners() {
	listening = 0
	for i := range hubs {
		hubs[i].on = false
		if edge.HubSet != nil {
			edge.HubSet(i, 0)
		}
	}
}

// unlisten ends the binding's listening.
func unlisten(ctx Ctx) {
	for i := range hubs {
		if hubs[i].on {
			subscribeToServerEvent(ctx, hubs[i].event, 0)
		}
	}
	forgetListeners()
}
