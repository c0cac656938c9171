// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"slices"

	"github.com/iredismodule/redismodule"
)

// outsideTop is the innermost of state.outside, 0 for none. It has a name of its own
// for those methods that ask for it and are inlined.
var outsideTop redismodule.Ctx

// enterOutside begins a callback that is not a command's; endOutside ends it.
func enterOutside(c redismodule.Ctx, name string) Context {
	state.outside = append(state.outside, c)
	outsideTop = c
	return begun(c, name)
}

// endOutside ends such a callback with all that it has left open.
func endOutside(c redismodule.Ctx) {
	if !debugging && len(state.outside) == 1 && !state.userSet && !somethingLeft() {
		state.outside, outsideTop = state.outside[:0], 0
		return
	}
	if n := len(state.outside) - 1; n >= 0 { // else the callback has unloaded the module
		state.outside = state.outside[:n]
		if outsideTop = 0; n > 0 {
			outsideTop = state.outside[n-1]
		}
	}
	unsetUser(c) // the context may serve other callbacks
	endCallback(c)
	over(c)
}

// noCommand is ErrNoCommand as an error, made once: that keeps methods small.
var noCommand error = ErrNoCommand

// noCommand is the error of what needs another context than this one.
func (ctx Context) noCommand() error {
	ctx.alive()
	return noCommand
}

// inCommand tells whether a context is that of a command: not the innermost of the
// others, which is the one at hand where there is no command. It is one comparison, and
// no call, so that the methods that ask are inlined still.
func (ctx Context) inCommand() bool { return ctx.c != outsideTop }

// isOutside tells whether a context is one of those that are not a command's, be it not
// the innermost.
func isOutside(c redismodule.Ctx) bool { return slices.Contains(state.outside, c) }
