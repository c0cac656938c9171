// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// leftovers are what callbacks leave to be ended behind them, besides keys.
// Whoever runs a callback holds the server's lock, which guards them.
type leftovers struct {
	any       bool              // there is something of a callback
	errors    []*callError      // of callbacks that run
	automatic []redismodule.Ctx // contexts with automatic memory
	strings   []leftString      // handed over in contexts without it
}

// leftString is a string to be freed after a callback.
type leftString struct {
	ctx redismodule.Ctx
	s   redismodule.String
}

// callErrors is the errors to reuse.
var callErrors = table[callError]{cellOf: func(e *callError) *cell[callError] { return &e.cell }}

// maxErrors is how many errors are reused; a callback may make any number of calls
// that fail. The others are left to the garbage collector.
const maxErrors = 64

// somethingLeft tells whether endCallback has anything to do.
func somethingLeft() bool { return keys.newest != nil || state.left.any }

// endCallback ends what a callback has left open: its keys, and the errors of its
// calls.
func endCallback(ctx redismodule.Ctx) {
	if keys.newest != nil {
		closeLeft(ctx)
	}
	if state.left.any {
		state.left.end(ctx)
	}
}

// newError returns an error without text that is valid until the callback ends.
func (l *leftovers) newError(ctx redismodule.Ctx) *callError {
	var e *callError
	switch {
	case len(l.errors) >= maxErrors:
		e = new(callError)
	case debugging: // it is not reused
		e = new(callError)
		l.errors = append(l.errors, e)
	default:
		e = callErrors.borrow()
		l.errors = append(l.errors, e)
	}
	e.ctx, e.text = ctx, e.text[:0]
	l.any = true
	return e
}

// automatically notes that a context frees the replies made with it.
func (l *leftovers) automatically(ctx redismodule.Ctx) {
	for _, c := range l.automatic {
		if c == ctx {
			return
		}
	}
	l.automatic = append(l.automatic, ctx)
	l.any = true
}

// take frees a string when the callback ends.
func (l *leftovers) take(ctx redismodule.Ctx, s redismodule.String) redismodule.String {
	l.strings = append(l.strings, leftString{ctx, s})
	l.any = true
	return s
}

// maxErrorText is how long a text may be whose memory is kept.
const maxErrorText = 4096

// end ends what a callback has left.
func (l *leftovers) end(ctx redismodule.Ctx) {
	kept := l.errors[:0]
	for _, e := range l.errors {
		switch {
		case e.ctx != ctx:
			kept = append(kept, e)
		case debugging:
			e.over = true
		default:
			if cap(e.text) > maxErrorText {
				e.text = nil
			}
			callErrors.giveBack(&e.cell)
		}
	}
	clear(l.errors[len(kept):])
	l.errors = kept
	for i, c := range l.automatic {
		if c == ctx {
			l.automatic = append(l.automatic[:i], l.automatic[i+1:]...)
			break
		}
	}
	others := l.strings[:0]
	for _, t := range l.strings {
		if t.ctx == ctx {
			redismodule.FreeString(0, t.s)
		} else {
			others = append(others, t)
		}
	}
	l.strings = others
	l.any = len(l.errors)+len(l.automatic)+len(l.strings) > 0
}
