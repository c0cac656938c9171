// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"sync/atomic"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// loadState is what package rm keeps for one load of the module, and forgets with it.
// What it keeps beyond a load is memory to reuse. Whoever runs a callback holds the
// server's lock, which guards it.
type loadState struct {
	// outside is the contexts of the callbacks under way that are not a command's:
	// events, work for the server's thread. They have no client, no arguments, and no
	// command to repeat.
	outside []redismodule.Ctx
	left    leftovers
	fork    forkState
	scan    scanState
	// handling is the replies of handlers of promises that run; promised tells that there
	// has been a promise in this load.
	handling []CallReply
	promised bool
	// ofModules is the promises of modules' commands that nobody has taken over.
	ofModules map[unsafe.Pointer]struct{}

	// serving is the callbacks under way that answer blocked clients. The server does not
	// hold them back while writes are paused, as it does commands.
	serving  []served
	yielding bool // a command lets the server do other things
	midway   int  // functions of data types under way, in which nothing may be called; see kind.midway
	fresh    bool // the function of a timer has begun, and done nothing yet that the server may have to replicate

	defrag   DefragSpec
	dictMove dictMove
	options  int32 // of the module, as the server was told; see addModuleOptions

	hearing     *heard                        // the innermost event under way to which listeners listen
	notify      [maxNotify]notifySubscription // to keyspace events
	notifyTypes NotifyFlags                   // that the server knows; 0: it was not asked yet
	events      [maxEvents]eventSubscription  // to server events, by their numbers

	halfCommand error             // what has gone wrong with a command that the server has a part of
	engineRuns  int               // callbacks of scripting engines under way
	auths       []redismodule.Ctx // of the callbacks under way that decide about logins
	categories  []string          // of ACLs, that this load has added
	configs     configState
	goInfo      bool // INFO has the section with the figures of this package

	autoMemory bool // some context has automatic memory, or had
	userSet    bool // a user is set in a context that may serve other callbacks

	stack serverStack

	threads     *threadCounts
	threadsOfGo *ThreadSafeContext // nil if there is no need of one yet
}

var state = loadState{threads: new(threadCounts)}

// forgetLoad forgets what belongs to an earlier load, or to one that failed. Handles of
// that load that are still about are dead.
func forgetLoad() {
	state = loadState{threads: new(threadCounts)}
	outsideTop, loopTop = 0, 0
	forgetReplies()
	for _, t := range tables {
		t.forget()
	}
}

// endRegistered ends what is registered with the server, and what runs: the module is
// about to go.
func (ctx Context) endRegistered() {
	for _, t := range tables {
		t.stop(ctx)
	}
}

// abandonLoad undoes, for a load that fails, what the server would come back to.
func (ctx Context) abandonLoad() {
	isLive = false
	ctx.endRegistered()
	if ctx.forkRuns() {
		_ = ctx.KillForkChild(int(state.fork.pid)) // it may have ended by itself
	}
	endCallback(ctx.c)
	endLogContext()
	core.Abandon(ctx.c)
}

// threadCounts counts what goroutines have of a load that cannot be stopped from
// outside.
type threadCounts struct {
	contexts atomic.Int64 // with a context of the server's behind them
	locked   atomic.Int64 // goroutines that hold the lock or wait for it
}

// holds is what keeps the module from being unloaded besides the entries of tables.
var holds = [...]struct {
	why string
	now func(ctx Context) bool
}{
	{"a goroutine holds the server's lock or waits for it", func(Context) bool { return state.threads.locked.Load() > 0 }},
	{"a thread-safe context is not freed", func(Context) bool { return state.threads.contexts.Load() > 0 }},
	{"a forked child is running", Context.forkRuns},
	{"clients are paused, and commands of the module may wait among theirs: wait for the end of the pause (CLIENT UNPAUSE)", func(Context) bool { return AvoidReplicaTraffic() }},
	{"a script of the module's engine is running", func(Context) bool { return state.engineRuns > 0 }},
	{"a login is being decided about", func(Context) bool { return len(state.auths) > 0 }},
	{"a command filter is running", func(Context) bool { return filterDepth > 0 }},
}

// unstoppable says why the module cannot be unloaded now, "" if it can.
func (ctx Context) unstoppable() string {
	for _, h := range holds {
		if h.now(ctx) {
			return h.why
		}
	}
	for _, t := range tables {
		if why := t.held(); why != "" {
			return why
		}
	}
	return ""
}
