// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"errors"
	"runtime/debug"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/queue"
)

// kind is a kind of callback: all calls of one sort that the server makes by one C
// function, or that this package makes of the module's code where no command runs. A
// kind is a package variable; docs/ARCHITECTURE.md says how to add one. What the module
// has given for each single call is found by a word that C passes back; see [table].
type kind struct {
	// name is what the log calls the module's function.
	name string
	// context says what the callback's first word is.
	context contextUse
	// run decodes the words and runs the module's function. Its result is the server's.
	run redismodule.Callback
	// whole, if it is not nil, is all of a callback in the place of run: a barrier that enters
	// and leaves by itself. For callbacks that come so often that the steps between count.
	whole core.Entry
	// failed answers the server in the place of a run that panicked or called
	// runtime.Goexit, when that is in the log already. nil answers 0.
	failed func(a0, a1 uintptr, f redismodule.Failure) uintptr
	// end, which may be nil, ends what run has begun, however run has ended. The
	// context is still valid.
	end func(a0, a1 uintptr)
	// inChildren tells that the server calls it in forked children, too: what writes an RDB
	// file or an AOF, what listens to that. It is called there where Go can run, which
	// docs/ARCHITECTURE.md says under "Fork", and must not wait. When it fails there the child
	// goes on; what writes a file has failed make that fail.
	inChildren bool

	// loop tells that the server's event loop begins it by itself, in the middle of nothing.
	loop bool

	slot redismodule.CFunc
	load uint64 // to which the slot belongs
}

// contextUse says what a kind of callback does with a context.
type contextUse uint8

const (
	// noContext: the first word is something else. Nothing is left behind by run that
	// a context would have to end.
	noContext contextUse = iota
	// ownContext: the first word is a context of this callback's that is not a
	// command's. It ends with the callback.
	ownContext
	// clientContext: the first word is a context of this callback's with a client that
	// takes a reply, as a command's does. run sees to it that there is one; see
	// finishReplies.
	clientContext
)

// fn returns the kind's C function. It takes a slot of the callback table at the first
// use in a load; the slot goes with the load, of which nobody needs to tell the kind.
func (k *kind) fn() (redismodule.CFunc, error) {
	if load := queue.LoadNumber(); k.load != load {
		entry := k.whole
		if entry == nil {
			entry = k.entry()
		}
		mode, _ := redismodule.CurrentMode()
		slot, err := core.NewEntry(entry, k.callFailed, k.inChildren && mode == redismodule.ModeResident)
		if err != nil {
			return 0, err
		}
		if k.inChildren {
			core.NameEntry(slot, k.name)
		}
		k.slot, k.load = slot, load
	}
	return k.slot, nil
}

// entry makes what the server calls.
//
//go:noinline
func (k *kind) entry() core.Entry {
	run := k.run
	return func(f unsafe.Pointer) {
		defer func() {
			if core.UnderWay(f) {
				core.Fail(f, recover())
			}
		}()
		w := core.WordsOf(f)
		a0, a1 := w.A[0], w.A[1]
		if k.context != noContext {
			k.enter(a0)
		}
		answer := run(a0, a1, w.A[2], w.A[3], w.A[4], w.A[5], w.More)
		if k.context != noContext || k.end != nil {
			k.leave(a0, a1)
		}
		core.Answer(f, answer)
	}
}

// call is the callback where another one has the words for it.
func (k *kind) call(a0, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr {
	k.enter(a0)
	answer := k.run(a0, a1, a2, a3, a4, a5, more)
	k.leave(a0, a1)
	return answer
}

// enter is the beginning of a callback.
func (k *kind) enter(a0 uintptr) {
	switch k.context {
	case ownContext:
		enterOutside(redismodule.Ctx(a0), k.name)
		if k.loop {
			loopTop, state.fresh = redismodule.Ctx(a0), true
		}
	case clientContext:
		enterClient(redismodule.Ctx(a0), k.name)
	}
}

// callFailed answers for a run that did not return.
func (k *kind) callFailed(a0, a1 uintptr, f redismodule.Failure) (answer uintptr) {
	var ctx Context
	if k.context != noContext {
		ctx = underWay(redismodule.Ctx(a0))
	}
	name := k.name
	if k.context == clientContext {
		name += " of the command " + servedCommand()
	}
	logFailure(ctx, name, f)
	if k.failed != nil {
		answer = k.failed(a0, a1, f)
	}
	k.leave(a0, a1)
	return answer
}

// leave is the end of a callback, whatever became of it.
func (k *kind) leave(a0, a1 uintptr) {
	if k.end != nil {
		k.end(a0, a1)
	}
	switch k.context {
	case ownContext:
		endOutside(redismodule.Ctx(a0))
		if k.loop {
			loopTop = 0
		}
	case clientContext:
		endClient(redismodule.Ctx(a0))
	}
}

// do runs a function of the module's in a context that is not a command's, where Go
// makes the call and not the server. A panic becomes a *[PanicError]; runtime.Goexit goes on, and
// then nothing is returned.
func (k *kind) do(c redismodule.Ctx, f func(ctx Context) error) (err error) {
	ctx := enterOutside(c, k.name)
	if k.loop {
		loopTop, state.fresh = c, false // the server replicates what several of them do together
	}
	returned := false
	defer func() {
		if !returned {
			failure := redismodule.Failure{Value: recover(), Stack: debug.Stack()}
			failure.Goexit = failure.Value == nil
			logFailure(ctx, k.name, failure)
			if !failure.Goexit {
				err = &PanicError{failure.Value, failure.Stack}
			}
		}
		endOutside(c)
		if k.loop {
			loopTop = 0
		}
	}()
	err = detached(f(ctx))
	returned = true
	return err
}

// hook is do for code that runs while the module is loaded or unloaded, where neither a
// panic nor runtime.Goexit may get any further: both become an error.
func (k *kind) hook(ctx Context, f func() error) (err error) {
	enterOutside(ctx.c, k.name)
	failure := redismodule.Protect(func() {
		if err = detached(f()); err != nil {
			err = errors.New(err.Error()) // which is the module's code, too
		}
	})
	if failure != nil {
		logFailure(ctx, k.name, *failure)
		err = errors.New(describe(*failure))
	}
	endOutside(ctx.c)
	return err
}

// logFailure writes how a function of the module's has failed, and its stack.
func logFailure(ctx Context, name string, f redismodule.Failure) {
	if text := name + ": " + describe(f); ctx.c == 0 {
		Log(LevelWarning, text)
	} else {
		ctx.Log(LevelWarning, text)
	}
	logLines(ctx, f.Stack)
}
