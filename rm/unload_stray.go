// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// A client that waits with a command of a module (behind CLIENT PAUSE) keeps the server from nothing: the
// module is unloaded, and the server calls the command's C function all the same, in memory of its own that is freed. By then the
// function is nobody's, or that of another command of a later load.

// strays tells that the module has been unloaded in this process. Until then no command looks any further.
var strays bool

// isLive tells, once strays does, whether a load is live.
var isLive bool

var (
	unloadedText = unsafeconv.NewZ("ERR the module is unloaded")
	reloadedText = unsafeconv.NewZ("ERR the module was unloaded and loaded again while the command waited: send it again")
)

// isStray answers a call of the command's function that is not for the command.
//
//go:noinline
func (c *Command) isStray(raw redismodule.Ctx, argv uintptr, argc int) bool {
	ctx, text := Context{c: raw}, &unloadedText
	if isLive {
		if c.isNamed(args(ctx.o, argv, argc)) {
			return false
		}
		text = &reloadedText
	}
	if !ctx.IsKeysPositionRequest() && !ctx.IsChannelsPositionRequest() {
		redismodule.ReplyWithError(raw, text.Ptr())
	}
	return true
}

// isNamed tells whether the arguments begin with the command's name, or the container's and the subcommand's.
func (c *Command) isNamed(args Args) bool {
	name, sub, both := strings.Cut(c.Name, "|")
	is := func(i int, name string) bool {
		return i < args.Len() && strings.EqualFold(unsafeconv.String(args.At(i).Bytes()), name)
	}
	return is(0, name) && (!both || is(1, sub))
}
