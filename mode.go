// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"errors"
	"runtime"
	"strings"

	"github.com/iredismodule/redismodule/internal/edge"
)

// Mode is how the two languages meet in this process.
type Mode int

// The modes, from the slowest to the fastest. Behaviour is the same in all.
const (
	// ModePortable calls and is called through cgo.
	ModePortable Mode = iota
	// ModeGates calls through the gates and is called through cgo: for servers
	// without the event-loop event (Redis before 7.0).
	ModeGates
	// ModeResident calls through the gates and is called on the resident
	// goroutine.
	ModeResident
)

// String returns "portable", "gates" or "resident".
func (m Mode) String() string {
	switch m {
	case ModePortable:
		return "portable"
	case ModeGates:
		return "gates"
	case ModeResident:
		return "resident"
	}
	return "unknown"
}

var (
	mode     Mode
	modeWhy  string
	canAbort bool
)

// CurrentMode returns the mode of the process and, when it is not the fastest
// one, why.
func CurrentMode() (Mode, string) { return mode, modeWhy }

// OnServerThread tells whether the calling goroutine runs a callback on the
// server's main thread, in any mode. That thread has the server's lock already.
func OnServerThread() bool {
	return Resident() || edge.OnMainThread != nil && edge.OnMainThread()
}

// knownRuntime tells whether the offsets were looked up for this Go release.
func knownRuntime(version string) bool {
	for _, v := range []string{"go1.26", "go1.27"} {
		if version == v || strings.HasPrefix(version, v+".") || strings.HasPrefix(version, v+"rc") || strings.HasPrefix(version, v+"-") || strings.HasPrefix(version, v+" ") {
			return true
		}
	}
	return false
}

// Begin starts the call layer for one load of the module, behind Load: it drops
// the callbacks of an earlier load and chooses the mode. portable, when not empty, is the reason for choosing the
// portable path whatever the platform can do. It must be called in
// RedisModule_OnLoad, on the server's main thread, before any callback is
// registered. It returns false, and has done nothing, on the resident goroutine of an
// earlier load when this load wants another mode: then it must be begun again, in an
// ordinary cgo callback. It is not for modules.
func Begin(portable string) bool {
	if Resident() {
		if portable != "" || !canReside() {
			return false
		}
		resetCallbacks()
		edge.ForkWanted(false)
		state.gates = 1 // a load in between may have been portable
		mode, modeWhy = ModeResident, ""
		return true
	}
	resetCallbacks()
	if edge.ForkWanted != nil {
		edge.ForkWanted(false)
	}
	state.gates = 0
	forgetThread()
	mode, modeWhy, canAbort = ModePortable, "", false
	switch {
	case forcePortable != "":
		modeWhy = forcePortable
	case portable != "":
		modeWhy = portable
	case !haveAssembly:
		modeWhy = "no assembly for " + runtime.GOOS + "/" + runtime.GOARCH
	case !knownRuntime(runtime.Version()):
		modeWhy = "unknown Go release " + runtime.Version()
	default:
		modeWhy = checkRuntime()
	}
	// Goexit's rescue depends on fewer facts than the gates, so it has a check of
	// its own and serves the portable path too.
	canAbort = haveAssembly && knownRuntime(runtime.Version()) && checkPanicOffset() == ""
	if modeWhy != "" {
		return true
	}
	state.gates = 1
	if !canReside() {
		mode, modeWhy = ModeGates, "this server has no event-loop event"
		return true
	}
	mode = ModeResident
	return true
}

// canReside tells whether the server has the events at which a goroutine gives the P
// away.
func canReside() bool {
	return Has(FnSubscribeToServerEvent) && Has(FnIsSubEventSupported) &&
		IsSubEventSupported(EventEventLoop, SUBEVENT_EVENTLOOP_BEFORE_SLEEP) != 0
}

// Abandon undoes, for a load that fails, what is subscribed to by then: servers
// before 7.2 would go on to call a module that is not there.
func Abandon(ctx Ctx) {
	if !Has(FnSubscribeToServerEvent) || edge.ConfigChanged == 0 {
		return
	}
	const more = 32 // more than there are events; the server refuses the others
	for id := uint64(0); id < more; id++ {
		e := Event{ID: id, DataVer: 1}
		// The server takes the removal of what is not there for a subscription without
		// a callback, so there must be one first.
		if SubscribeToServerEvent(ctx, e, CFunc(edge.ConfigChanged)) == OK {
			SubscribeToServerEvent(ctx, e, 0)
		}
	}
}

// Settle is the last step of a load that succeeded, before Park: it installs the
// signal router, hooks into fork, and subscribes to the events at which the
// resident goroutine gives its P away.
func Settle(ctx Ctx) error {
	if edge.InstallSignals != nil {
		edge.InstallSignals(textBounds())
	}
	if Has(FnSubscribeToServerEvent) && Has(FnIsSubEventSupported) && IsSubEventSupported(EventConfig, SUBEVENT_CONFIG_CHANGE) != 0 {
		if SubscribeToServerEvent(ctx, EventConfig, CFunc(edge.ConfigChanged)) != OK {
			return errors.New("the server refused the event \"config changed\"")
		}
	}
	if mode == ModeGates {
		settleThread()
	}
	if mode >= ModeGates {
		settleGuard()
	}
	if mode != ModeResident {
		if edge.ForkHooks != nil {
			// Nothing to prepare, but children must be known: they must not enter Go.
			edge.ForkHooks(0, 0, 0, refuseChild(), fnTable[FnLog])
		}
		return nil
	}
	settleFork()
	onSleep, onEvent := releaseCallbacks()
	if SubscribeToServerEvent(ctx, EventEventLoop, CFunc(onSleep)) != OK {
		return errors.New("the server refused the event-loop event")
	}
	if SubscribeToServerEvent(ctx, EventLoadingProgress, CFunc(onEvent)) != OK {
		return errors.New("the server refused the loading-progress event")
	}
	return nil
}
