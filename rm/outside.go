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

// enterOutside begins such a callback; leaveOutside ends it.
func enterOutside(c redismodule.Ctx) { outside = append(outside, c) }

func leaveOutside() { outside = outside[:len(outside)-1] }

// inCommand tells whether a context is that of a command. It is inlined: one load and
// one branch for a command that a client has sent.
func (ctx Context) inCommand() bool { return len(outside) == 0 || !isOutside(ctx.c) }

//go:noinline
func isOutside(c redismodule.Ctx) bool { return slices.Contains(outside, c) }
