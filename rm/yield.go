// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// YieldFlags say what other clients get while a command yields; YieldNone can be left out.
type YieldFlags uint32

const (
	// YieldNone serves the server's own work: saving, replication, connections that come and
	// go. Commands of clients wait.
	YieldNone YieldFlags = redismodule.YIELD_FLAG_NONE
	// YieldClients answers the commands of clients, too: those with CmdAllowBusy run, all
	// others get the error BUSY.
	YieldClients YieldFlags = redismodule.YIELD_FLAG_CLIENTS
)

// yieldText is the text for C: while a command yields, the server has its address.
var yieldText [512]byte

// Yield lets the server do other things in the middle of a long command. Call it often: it
// returns at once unless the time for it has come: when the command has run for the server's
// busy-reply-threshold, 5 seconds without it, and then hz times a second; always in a
// command that runs within another Yield, and in transactions, scripts and calls, which
// nobody may interrupt. busy is what clients get behind the word BUSY with
// YieldClients, one line of up to 511 bytes; "" is the server's own text. Functions of
// [ThreadSafeContext.Do], answers of blocked clients and timers wait meanwhile.
//
// Other clients' commands may run in the middle, and change everything that the handler
// has looked at. The error is [ErrKeysOpen] while a key is open, [ErrNoCommand] where there is
// no command, or the answer to a blocked client, and an [UnsupportedError] before Redis 7.0.
//
// C: RedisModule_Yield, since Redis 7.0.
func (ctx Context) Yield(flags YieldFlags, busy string) error {
	ctx.alive()
	switch {
	case !has(featureYield):
		return lacks(featureYield)
	case ctx != replyContext || state.unheld():
		return ctx.noCommand()
	case flags&^(YieldNone|YieldClients) != 0:
		return ErrFlags
	case len(busy) >= len(yieldText):
		return ErrRange
	case busy != "" && !oneLine(busy):
		return ErrNULByte
	case keys.any():
		return ErrKeysOpen
	case state.yielding, redismodule.GetContextFlags(ctx.raw())&(redismodule.CTX_FLAGS_DENY_BLOCKING|redismodule.CTX_FLAGS_MULTI|redismodule.CTX_FLAGS_LUA) != 0:
		return nil // of two that yield the server has the text of the first
	}
	var text *byte
	if busy != "" {
		n := copy(yieldText[:], busy)
		yieldText[n] = 0
		text = &yieldText[0]
	}
	state.yielding = true
	redismodule.Yield(ctx.raw(), int32(flags|YieldNone), text)
	state.yielding = false
	return nil
}
