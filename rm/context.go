// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"

	"github.com/iredismodule/redismodule"
)

// Context is the server's context of a callback: for whom it runs, in which
// database, where replies go. It is one word, valid until the callback returns,
// and only on the goroutine that runs the callback.
type Context struct {
	o origin
	c redismodule.Ctx
}

// RawContext wraps a handle of the raw layer. A callback that was made with that
// layer ends with EndCallback, and begins with BeginReplies if it replies through the
// context. The context counts as a command's, whatever it is: who wraps that of a
// timer or an event must leave alone what needs a command.
func RawContext(c redismodule.Ctx) Context { return Context{c: c} }

// BeginReplies makes a context of [RawContext] take replies, until EndCallback: for a
// callback of the raw layer that has a client. It must run on the server's thread. It
// does nothing in a context that is known to have no client.
func (ctx Context) BeginReplies() {
	if ctx != replyContext && ctx.c != 0 && ctx.inCommand() {
		openReplies()
		replyContext, replySent, replyFirst, replies.begun = ctx, 0, 0, true
		replyArgv, replyArgc = 0, 0
	}
}

// EndCallback ends what a callback of the raw layer has left open: its keys, the
// errors of its calls, and since BeginReplies its reply. The callbacks of this package
// do so by themselves.
func (ctx Context) EndCallback() {
	if ctx == replyContext && replies.begun {
		if replySent != 1 {
			finishReplies(ctx, "of the raw layer", nil)
		}
		closeReplies()
	}
	endCallback(ctx.c)
}

// Raw returns the handle for the raw layer. A command whose handler has asked for it
// may reply with that layer, too, so it is not looked into whether there are replies
// enough; use it for other functions, and reply with one layer alone. A postponed
// aggregate that was begun with the raw layer and is left open ends the server.
func (ctx Context) Raw() redismodule.Ctx {
	ctx.alive()
	if ctx == replyContext {
		takeRawReplies()
	}
	return ctx.c
}

// raw is Raw for this package.
func (ctx Context) raw() redismodule.Ctx {
	ctx.alive()
	return ctx.c
}

// String shows the handle, for log lines.
func (ctx Context) String() string { return fmt.Sprintf("Context(%#x)", uintptr(ctx.c)) }

// ClientID returns the unique, growing number of the calling client, 0 when
// there is none: in a context that is not a command's.
//
// C: RedisModule_GetClientId, since Redis 4.0.
func (ctx Context) ClientID() uint64 {
	if debugging {
		ctx.alive()
	}
	if !ctx.inCommand() {
		return 0 // the server may have lent a client of its own
	}
	return redismodule.GetClientId(ctx.c)
}

// SelectedDB returns the number of the selected database.
//
// C: RedisModule_GetSelectedDb, since Redis 4.0.
func (ctx Context) SelectedDB() int { return int(redismodule.GetSelectedDb(ctx.raw())) }

// AutoMemory makes the server free, when the callback returns, the strings,
// replies and keys that the callback made through this context. It does nothing in a
// context that is not a command's: that may outlive the callback, and serve others, such
// as a later function of [ThreadSafeContext.Do].
//
// C: RedisModule_AutoMemory, since Redis 4.0.
func (ctx Context) AutoMemory() {
	ctx.alive()
	if isOutside(ctx.c) { // not the innermost alone
		return
	}
	state.autoMemory = true
	redismodule.AutoMemory(ctx.raw())
	state.left.automatically(ctx.c)
}

// RESP3 tells whether the calling client speaks RESP3. False on servers before
// 7.0, which do not tell, and in a context that is not a command's.
//
// C: RedisModule_GetContextFlags, since Redis 4.0.
func (ctx Context) RESP3() bool {
	if debugging {
		ctx.alive()
	}
	return ctx.inCommand() && redismodule.GetContextFlags(ctx.c)&redismodule.CTX_FLAGS_RESP3 != 0
}
