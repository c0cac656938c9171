// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"slices"

	"github.com/iredismodule/redismodule"
)

// outside is the contexts of the callbacks under way that are not a command's: events,
// work for the server's thread. They have no client, no arguments, and no command to
// repeat. Whoever runs a callback holds the server's lock, which guards them.
var outside []redismodule.Ctx

// outsideTop is the innermost of them, 0 for none.
var outsideTop redismodule.Ctx

// enterOutside begins such a callback; leaveOutside ends it.
func enterOutside(c redismodule.Ctx) {
	outside = append(outside, c)
	outsideTop = c
}

func leaveOutside() {
	n := len(outside) - 1
	outside = outside[:n]
	if outsideTop = 0; n > 0 {
		outsideTop = outside[n-1]
	}
}

// forgetOutside drops what a load that failed has left.
func forgetOutside() { outside, outsideTop = outside[:0], 0 }

// noCommand is ErrNoCommand as an error, made once: that keeps methods small.
var noCommand error = ErrNoCommand

// inCommand tells whether a context is that of a command: not the innermost of the
// others, which is the one at hand where there is no command. It is one comparison, and
// no call, so that the methods that ask are inlined still.
func (ctx Context) inCommand() bool { return ctx.c != outsideTop }

// isOutside tells whether a context is one of them.
func isOutside(c redismodule.Ctx) bool { return slices.Contains(outside, c) }
