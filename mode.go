// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"runtime"
	"strings"
	"unsafe"

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
		beginLoad()
		edge.ForkWanted(false)
		mode, modeWhy = ModeResident, ""
		return true
	}
	beginLoad()
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
	settleAbort()
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

// settleAbort finds out whether runtime.Goexit can be rescued.
func settleAbort() {
	canAbort = haveAssembly && knownRuntime(runtime.Version()) && checkPanicOffset() == ""
}

// beginLoad drops what an earlier load has left.
func beginLoad() {
	resetCallbacks()
	forgetListeners()
	// Until an event tells: the server may be about to sleep.
	state.window, state.released, state.hurried, state.forking, state.nested = 1, 0, 0, 0, 0
	beginQueue()
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
	endQueue()
	beat(heartbeatAtRest)
	forgetListeners()
	if !Has(FnSubscribeToServerEvent) || edge.LoopWoken == 0 {
		return
	}
	const more = 32 // more than there are events; the server refuses the others
	for id := uint64(0); id < more; id++ {
		e := Event{ID: id, DataVer: 1}
		// The server takes the removal of what is not there for a subscription without
		// a callback, so there must be one first.
		if subscribeToServerEvent(ctx, e, CFunc(edge.LoopWoken)) == OK {
			subscribeToServerEvent(ctx, e, 0)
		}
	}
}

// Settle is the last step of a load that succeeded, before Park: it installs the
// signal router, hooks into fork, and listens to the events at which the
// resident goroutine gives its P away and the queue is run.
func Settle(ctx Ctx) error {
	var release, releaseNow, idle uintptr
	if mode == ModeResident {
		release, releaseNow, idle = callAddresses()
	}
	if edge.ReleaseOnSignal != nil {
		edge.ReleaseOnSignal(releaseNow)
		// SAFETY(U21): C reads the table for as long as the process lives; holds because
		// it is a package variable, which does not move, and holds no pointers.
		edge.OddStackSettle(fnTable[FnLog], fnTable[FnReplyWithError], unsafe.Pointer(&slotIsCommand))
	}
	if mode == ModeGates {
		settleThread()
	}
	if mode >= ModeGates {
		settleGuard()
		state.oddStack = edge.OddStack
		_, _, idle = callAddresses()
	}
	if edge.SetIdle != nil {
		edge.SetIdle(idle)
	}
	switch {
	case mode == ModeResident:
		settleFork()
	case edge.ForkHooks != nil:
		// Nothing to prepare, but children must be known: they must not enter Go.
		edge.ForkHooks(0, 0, 0, refuseChild(), fnTable[FnLog])
	}
	beat(heartbeatPeriod)
	return listen(ctx, release)
}
