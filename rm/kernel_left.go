// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// leftovers are what callbacks leave to be ended behind them, besides keys.
// Whoever runs a callback holds the server's lock, which guards them.
type leftovers struct {
	any  bool       // there is something of a callback
	left []leftover // one for each callback under way that has left something, the innermost mostly last
}

// leftover is what was left with a context.
type leftover struct {
	ctx       redismodule.Ctx
	automatic bool                 // the server frees what is made with it
	user      redismodule.User     // that was set; 0 for none
	freed     []redismodule.User   // to free: the author has freed them while they were set
	errors    []*callError         // of calls
	strings   []redismodule.String // handed over without automatic memory
}

// callErrors is the errors to reuse.
var callErrors = table[callError]{cellOf: func(e *callError) *cell[callError] { return &e.cell }}

// maxErrors is how many errors are reused; a callback may make any number of calls
// that fail. The others are left to the garbage collector.
const maxErrors = 64

// somethingLeft tells whether endCallback has anything to do.
func somethingLeft() bool { return keys.any() || state.left.any }

// endCallback ends what a callback has left open: its keys, and the errors of its
// calls.
func endCallback(ctx redismodule.Ctx) {
	if keys.any() {
		closeLeft(ctx)
	}
	if state.left.any {
		state.left.end(ctx)
	}
}

// of returns what is left with a context. It is valid until something is left with
// another one.
func (l *leftovers) of(ctx redismodule.Ctx) *leftover {
	for i := len(l.left) - 1; i >= 0; i-- {
		if l.left[i].ctx == ctx {
			return &l.left[i]
		}
	}
	n := len(l.left)
	if n < cap(l.left) {
		l.left = l.left[:n+1] // with the memory of an earlier one
	} else {
		l.left = append(l.left, leftover{})
	}
	l.left[n].ctx, l.any = ctx, true
	return &l.left[n]
}

// newError returns an error without text that is valid until the callback ends.
func (l *leftovers) newError(ctx redismodule.Ctx) *callError {
	var e *callError
	switch o := l.of(ctx); {
	case len(o.errors) >= maxErrors:
		e = new(callError)
	case debugging: // it is not reused
		e = new(callError)
		o.errors = append(o.errors, e)
	default:
		e = callErrors.borrow()
		o.errors = append(o.errors, e)
	}
	e.ctx, e.text = ctx, e.text[:0]
	return e
}

// automatically notes that a context frees the replies made with it.
func (l *leftovers) automatically(ctx redismodule.Ctx) { l.of(ctx).automatic = true }

// someAutomatic tells whether a callback under way has automatic memory.
func (l *leftovers) someAutomatic() bool {
	for i := range l.left {
		if l.left[i].automatic {
			return true
		}
	}
	return false
}

// freeUser frees a user: at once, or, if a context under way has it, with the outermost of
// these, since the server would use it after its end.
func (l *leftovers) freeUser(u redismodule.User) {
	for i := range l.left {
		if o := &l.left[i]; o.user == u {
			o.freed = append(o.freed, u)
			return
		}
	}
	redismodule.FreeModuleUser(u)
}

// take frees a string when the callback ends.
func (l *leftovers) take(ctx redismodule.Ctx, s redismodule.String) redismodule.String {
	o := l.of(ctx)
	o.strings = append(o.strings, s)
	return s
}

// Memory that is kept: for texts of errors, and for lists of strings.
const (
	maxErrorText   = 4096
	maxLeftStrings = 4096
)

// end ends what a callback has left.
func (l *leftovers) end(ctx redismodule.Ctx) {
	for i := len(l.left) - 1; i >= 0; i-- {
		if l.left[i].ctx != ctx {
			continue
		}
		l.left[i].end()
		n := len(l.left) - 1
		l.left[i], l.left[n] = l.left[n], l.left[i]
		l.left = l.left[:n]
		l.any = n > 0
		return
	}
}

func (o *leftover) end() {
	for _, e := range o.errors {
		if debugging {
			e.over = true
			continue
		}
		if cap(e.text) > maxErrorText {
			e.text = nil
		}
		callErrors.giveBack(&e.cell)
	}
	for _, s := range o.strings {
		redismodule.FreeString(0, s)
	}
	for _, u := range o.freed {
		redismodule.FreeModuleUser(u)
	}
	clear(o.errors)
	if cap(o.strings) > maxLeftStrings {
		o.strings = nil
	}
	o.ctx, o.automatic, o.user, o.errors, o.strings, o.freed = 0, false, 0, o.errors[:0], o.strings[:0], nil
}
