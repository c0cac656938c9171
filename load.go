// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"runtime"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/internal/queue"
)

// The steps of a load, in their order. internal/core has them for package rm.

// load fills the table by asking getAPI, the server's
//
//	int GetApi(const char *name, void **target)
//
// whose address is the first word of the context given to RedisModule_OnLoad.
// A RedisModule_ name is asked first, then the ValkeyModule_ one. load can be
// called again (a module loaded a second time). It returns how many functions the server provides.
func load(getAPI uintptr) int {
	endRest()
	n := 0
	buf := make([]byte, 0, 96)
	out := new(uintptr)
	escape(unsafe.Pointer(&buf[:1][0]))
	escape(unsafe.Pointer(out))
	ask := func(prefix, name string) bool {
		buf = append(append(append(buf[:0], prefix...), name...), 0)
		*out = 0
		// SAFETY(U8): buf and out are heap memory that outlives the call; GetApi
		// keeps neither and calls nothing of ours.
		r := callPtr(getAPI, uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(out)), 0, 0, 0, 0)
		runtime.KeepAlive(buf)
		runtime.KeepAlive(out)
		return int32(r) == 0
	}
	// A goroutine that outlived an unload may be calling meanwhile: a function that
	// stays must not be missing for a moment.
	table := new([numFuncs]uintptr)
	for id := range table {
		if ask("RedisModule_", fnNames[id]) || ask("ValkeyModule_", fnNames[id]) {
			table[id] = *out
			n++
		}
	}
	stand := func(id FuncID, in func(uintptr) uintptr) {
		if in != nil && table[id] != 0 {
			table[id] = in(table[id])
		}
	}
	stand(FnFork, edge.ServerFork)
	stand(FnSubscribeToServerEvent, edge.ServerSubscribe)
	stand(FnRegisterInfoFunc, edge.ServerInfo)
	for id, fn := range table {
		setFunc(FuncID(id), fn)
	}
	valkey = ask("ValkeyModule_", "Alloc")
	startTrace()
	settleAbort()
	// Before any code of the module runs: it may fail, or load another module.
	if edge.InstallSignals != nil {
		edge.InstallSignals(textBounds())
	}
	return n
}

// begin starts the call layer for one load of the module, behind load: it drops
// the callbacks of an earlier load and chooses the mode. portable, when not empty, is the reason for choosing the
// portable path whatever the platform can do. It must be called in
// RedisModule_OnLoad, on the server's main thread, before any callback is
// registered. It returns false, and has done nothing, on the resident goroutine of an
// earlier load when this load wants another mode: then it must be begun again, in an
// ordinary cgo callback.
func begin(portable string) bool {
	if isResident() {
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

// begun tells that a load has begun and has not ended.
var begun bool

// beginLoad drops what an earlier load has left.
func beginLoad() {
	begun = true
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

// abandon undoes, for a load that fails, what is subscribed to by then: servers
// before 7.2 would go on to call a module that is not there.
func abandon(ctx Ctx) {
	if begun {
		begun = false
		retireCallbacks()
		queue.Over()
	}
	queue.End()
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

// settle is the last step of a load that succeeded, before becomeResident: it installs the
// signal router, hooks into fork, and listens to the events at which the
// resident goroutine gives its P away and the queue is run.
func settle(ctx Ctx) error {
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

// beginQueue opens the queue for a load.
func beginQueue() {
	has := hubs[edge.HubLoop].has() && Has(FnEventLoopAddOneShot)
	if has {
		slots[drainIndex].fn = guarded(func(ctx, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			queue.Drain(ctx)
			return 0
		})
	}
	queue.Begin(has)
}

func init() {
	queue.Window = &state.window
	queue.WakeLoop = func() { EventLoopAddOneShot(CFunc(edge.LoopWoken), 0) }
	queue.WritesPaused = func() bool { return Has(FnAvoidReplicaTraffic) && AvoidReplicaTraffic() != 0 }
}

var valkey bool

// IsValkey tells whether the running server is Valkey.
func IsValkey() bool { return valkey }
