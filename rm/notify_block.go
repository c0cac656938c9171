// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"time"

	"github.com/iredismodule/redismodule"
)

// HoldOptions say what becomes of a client whose reply is held back. The zero value holds it back without time
// limit until the client is unblocked.
type HoldOptions struct {
	// Timeout is how long the reply is held back at most, 0 for ever; it is rounded up to milliseconds. Then the client
	// gets the reply all the same.
	Timeout time.Duration
	// OnDisconnect is called when the client is gone before it was unblocked; see [BlockOptions].OnDisconnect. There is no
	// Context.
	OnDisconnect func(h HeldClient)
	// OnFree is called once for each held client, when nothing else is called any more: BlockAnswered when it was
	// unblocked, BlockTimedOut when it got its reply by Timeout. There is no Context.
	OnFree func(data any, end BlockEnd)
	// Data is what OnFree gets. It stays in Go.
	Data any
}

// HeldClient is a client whose command has run, and whose reply is held back. It is two words, can be copied, and may be used
// from any goroutine, as long as one likes. The module cannot be unloaded while a client is held. Who drops all copies of it
// has a client that never gets its reply, unless there is a Timeout; the debug build tells of that.
type HeldClient struct{ c BlockedClient }

// holdSince is the first release in full: Valkey 8.1.0 has the functions, and crashes when a module blocks in a keyspace event.
const holdSince = 8<<16 | 1<<8 | 1

// BlockClient holds back the reply of the command in whose middle the event has come, until [HeldClient.UnblockClient]: for
// work that has to be done elsewhere before the client hears that its write has succeeded. The reply itself is the
// command's, and nobody can change it. The command goes on, and is replicated as ever; other clients see what it writes at
// once. What the client has sent behind the command waits. Only a reply that has not begun by the time of the event is held
// back: a few commands reply first where they cause several events, and of these the last ones come too late (POP commands
// and "del", LMOVE and "lpop", GETSET). Then the client waits behind its reply.
//
// The error is [ErrCannotBlock] where there is no client that could wait: in transactions and scripts, in calls by modules,
// for keys that expire by themselves, timers, goroutines and other callbacks, on the link from the master, while the server
// loads its data, for subscribers; and where another listener has blocked the client already. So it is where the servers would end
// themselves, or send a reply out of order:
//   - for all but the server's own commands that always write. Commands that may block (BLPOP, XREAD), those of modules,
//     XREADGROUP, XCLAIM and XAUTOCLAIM, MIGRATE, SORT and GEORADIUS with STORE are not held back, either;
//   - for clients that track keys (CLIENT TRACKING), and for all clients of RESP3 as long as any client does: its messages may
//     be redirected to them.
//
// When the server changes its role it ends the waiting of all clients, and closes their connections. It forgets to close those of
// held ones, so this package does it. Valkey 8.1 loses the memory of the reply of a held client that leaves.
//
// ErrUnsupported on other servers. Redis (7.0 to 8.0 were tried) and Valkey before 8.1.1 let a module block the client there, and
// crash when it is unblocked.
//
// C: RedisModule_BlockClient, in keyspace events since Valkey 8.1.1.
func (c NotifyContext) BlockClient(o HoldOptions) (HeldClient, error) {
	ctx := c.ctx
	if err := ctx.mayHold(&o); err != nil {
		return HeldClient{}, err
	}
	b := newBlocked(ctx, BlockOptions{Timeout: o.Timeout, OnFree: o.OnFree, Data: o.Data})
	bc := redismodule.BlockClient(ctx.raw(), 0, 0, blockFree.slot, 0)
	if bc == 0 {
		return HeldClient{}, b.refused()
	}
	redismodule.BlockClientSetPrivateData(bc, b.word())
	b.took(bc)
	b.watch()
	b.waits()
	b.held = redismodule.GetClientId(ctx.raw())
	h := HeldClient{b.client()}
	if f := o.OnDisconnect; f != nil {
		b.options.OnDisconnect = func(b BlockedClient) { f(HeldClient{b}) }
	}
	if o.Timeout > 0 {
		seq := b.seq
		t, err := ctx.CreateTimer(o.Timeout, func(Context) {
			if b.move(seq, blockOpen, blockClaimed) {
				b.end = BlockTimedOut
				h.c.send(true)
			}
		})
		if err != nil { // no callback is free
			h.UnblockClient()
			return HeldClient{}, err
		}
		b.timer = t.h
	}
	return h, nil
}

// mayHold tells why no reply can be held back. After it the kinds of callbacks have their slots.
func (ctx Context) mayHold(o *HoldOptions) error {
	const never = redismodule.CTX_FLAGS_DENY_BLOCKING | redismodule.CTX_FLAGS_MULTI | redismodule.CTX_FLAGS_LUA | redismodule.CTX_FLAGS_LOADING
	ctx.alive()
	switch {
	case !has(featureHold) || redismodule.GetServerVersion() < holdSince:
		return lacks(featureHold)
	case ctx.inCommand(): // the event is over
		return ErrCannotBlock
	case redismodule.GetContextFlags(ctx.c)&never != 0 || !ctx.ownConnection():
		return ErrCannotBlock
	case o.Timeout < 0:
		return ErrBlockTimeout
	case !ctx.mayHoldCommand() || !ctx.mayHoldPushes():
		return ErrCannotBlock
	}
	for _, k := range [...]*kind{&blockFree, &blockDisconnect} {
		if _, err := k.fn(); err != nil {
			return err
		}
	}
	return nil
}

// UnblockClient lets the client have its reply. It may be called on any goroutine and returns at once: true for the
// first call for a client that waits.
//
// C: RedisModule_UnblockClient, in keyspace events since Valkey 8.1.1.
func (h HeldClient) UnblockClient() bool { return h.c.claim() && h.c.send(true) }

// Waiting tells whether the client still waits. It may be over the moment after.
func (h HeldClient) Waiting() bool { return h.c.Waiting() }

// endHolding ends what belongs to a held client besides, when the server has freed its part. Where the server has ended the
// waiting by itself it wants to close the connection behind the reply, which it never sends; so that is done here.
func (b *blocked) endHolding(c redismodule.Ctx) {
	if b.held == 0 {
		return
	}
	if t := b.timer.live(); t != nil {
		redismodule.StopTimer(c, t.id, nil)
		t.over()
	}
	if (b.end == BlockDisconnected || redismodule.BlockedClientDisconnected(c) != 0) && redismodule.GetClientInfoById(nil, b.held) == redismodule.OK {
		redismodule.DeauthenticateAndCloseClient(c, b.held)
	}
	b.held, b.timer = 0, handle[timer]{}
}
