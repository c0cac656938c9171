// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// FilterFlags say which commands a command filter does not see.
type FilterFlags int32

// FilterNoSelf leaves out the commands that the module itself calls (Context.Call).
const FilterNoSelf FilterFlags = redismodule.CMDFILTER_NOSELF

// CommandFilter is a command filter that is registered. The zero value is none.
type CommandFilter struct{ h handle[filter] }

// filter is a registered command filter. The server passes a filter nothing of ours, so
// each has a C function of its own, which goes with the memory when that is reused.
type filter struct {
	cell[filter]
	kind kind
	f    func(c FilteredCommand)
	raw  redismodule.CommandFilter
}

var filters = table[filter]{cellOf: func(f *filter) *cell[filter] { return &f.cell }, perLoad: true}

// stoppedFilters tells that a filter was stopped while one was running, and is still
// registered.
var stoppedFilters bool

// RegisterCommandFilter has f called with every command before the server looks it up: of
// clients, logged in or not, of modules, of scripts, of the master on a replica. f may
// change the command; see [FilteredCommand]. It is called once for a command: of a
// transaction when that is queued, and of a command that blocks when that comes in. What
// the server loads from its append only file is not seen.
//
// The filters of all modules run in the order in which they were registered. A filter
// runs on the server's thread, like a command, and makes every command slower by the time
// it takes. It has no [Context]: nothing can be called or replied there. When it panics
// or calls runtime.Goexit the command goes on as it came to this filter.
//
// Calls that the server would not bear are refused by their names ([Context.Call]), before filters see them. When a filter of
// this module makes such a command of a call of this module's, its changes are undone, and the log has a line. Of filters
// of other modules, and of calls of theirs, nothing is known here: a filter should make of a command none that ends clients, changes the
// server's role, runs scripts or unloads modules (CLIENT, REPLICAOF, SYNC, EVAL, MODULE).
//
// A filter ends with [CommandFilter.Stop] or with the module. The error is
// [ErrFilterFlags], or that there are too many callbacks.
//
// C: RedisModule_RegisterCommandFilter, since Redis 5.0.5.
func (ctx Context) RegisterCommandFilter(flags FilterFlags, f func(c FilteredCommand)) (CommandFilter, error) {
	ctx.alive()
	switch {
	case !has(featureRegisterCommandFilter):
		return CommandFilter{}, lacks(featureRegisterCommandFilter)
	case f == nil:
		return CommandFilter{}, ErrNoFunction
	case flags&^FilterNoSelf != 0:
		return CommandFilter{}, ErrFilterFlags
	}
	unregisterStopped(ctx)
	e := filters.take()
	if e.kind.whole == nil {
		e.kind = kind{name: "a command filter", whole: e.callback(), failed: filterFailed}
	}
	fn, err := e.kind.fn()
	if err != nil {
		filters.drop(&e.cell)
		return CommandFilter{}, err
	}
	e.f, e.raw = f, redismodule.RegisterCommandFilter(ctx.raw(), fn, int32(flags))
	return CommandFilter{e.handle()}, nil
}

// Stop ends the filter: it is not called any more, from the next command on. It does
// nothing when the filter has ended.
//
// C: RedisModule_UnregisterCommandFilter, since Redis 5.0.5.
func (f CommandFilter) Stop(ctx Context) {
	ctx.alive()
	if e := f.h.live(); e != nil && e.f != nil {
		e.stop(ctx)
	}
}

// stop ends a filter. While one is running the server is on its way along the list of
// them, from which none must be taken: then it is unregistered later.
func (f *filter) stop(ctx Context) {
	f.f, stoppedFilters = nil, true
	unregisterStopped(ctx)
}

// unregisterStopped takes the filters that are stopped off the server's list.
func unregisterStopped(ctx Context) {
	if !stoppedFilters || filterDepth > 0 {
		return
	}
	for _, c := range filters.all {
		if c.seq != 0 && c.of.f == nil {
			redismodule.UnregisterCommandFilter(ctx.raw(), c.of.raw)
			filters.drop(c)
		}
	}
	stoppedFilters = false
}

// filterRun is a command that a filter has at hand. Its memory is used again, with another
// number, so that a command which is kept is recognised.
type filterRun struct {
	o       origin
	c       redismodule.CommandFilterCtx
	seq     uint64 // 0: the filter has returned
	changes []filterChange
}

// The filters that run: several, when one calls a command. Of filterRuns the first
// filterDepth are in use. It is no table: this is done for every command of the server.
var (
	filterRuns  []*filterRun
	filterDepth int
	filterSeq   uint64
)

// callback is what the server calls: (filter context). It ends by itself what a kind would
// end in more steps.
//
//go:noinline
func (f *filter) callback() core.Entry {
	return func(of unsafe.Pointer) {
		defer func() {
			if core.UnderWay(of) {
				core.Fail(of, recover())
			}
		}()
		if filterDepth == len(filterRuns) {
			filterRuns = append(filterRuns, new(filterRun))
		}
		r := filterRuns[filterDepth]
		filterDepth++
		filterSeq++
		r.c, r.seq = redismodule.CommandFilterCtx(core.WordsOf(of).A[0]), filterSeq
		if debugging {
			r.o = newOrigin("command filter")
		}
		if f.f != nil { // else it was stopped
			f.f(FilteredCommand{r.o, r, r.seq})
		}
		if len(r.changes) != 0 {
			if callDepth != 0 && r.guarded() {
				r.undo()
				Log(LevelWarning, "a command filter: what it makes of a call is nothing that may be called so; the call goes on as it came")
			}
			r.keep()
		}
		r.end()
		core.Answer(of, 0)
	}
}

// end ends the innermost run.
func (r *filterRun) end() {
	r.o.end()
	r.seq = 0
	filterDepth--
}

// filterFailed undoes what a filter has changed that did not return, and ends it.
func filterFailed(_, _ uintptr, _ redismodule.Failure) uintptr {
	r := filterRuns[filterDepth-1]
	r.undo()
	r.end()
	return 0
}
