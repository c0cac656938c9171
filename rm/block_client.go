// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/queue"
)

// BlockOptions says what becomes of a client that is blocked. The zero value blocks it
// without time limit until it is answered.
type BlockOptions struct {
	// Timeout is how long the client waits, 0 for ever. Less than a millisecond counts as
	// one. When it has passed the client gets what OnTimeout replies.
	Timeout time.Duration
	// Reply replies to the client: after [BlockedClient.UnblockClient], and, of a client
	// that is blocked on keys, when one of them is ready. It runs on the server's thread
	// with the client's context and the arguments of the command; PrivateData has what
	// was given to UnblockClient, or Data. Other answers do not need it.
	Reply Handler
	// OnTimeout replies to the client when the time has passed, or CLIENT UNBLOCK says so.
	// nil replies with null. Like Reply it has a whole command's context. CLIENT UNBLOCK does not
	// unblock a client that has neither a Timeout nor OnTimeout and is not blocked on keys.
	OnTimeout Handler
	// OnDisconnect is called when the client is gone before it was answered: its
	// connection is closed, or the server has ended its waiting (CLIENT KILL, CLIENT
	// UNBLOCK with ERROR, a failover, keys that have moved to another node). It is
	// called in the middle of what the server does there, so there is no Context.
	OnDisconnect func(b BlockedClient)
	// OnFree is called once for each blocked client, when nothing of the others is
	// called any more, with the private data; there is no Context.
	OnFree func(data any, end BlockEnd)
	// Data is the private data. It stays in Go; see [PrivateData].
	Data any
	// Flags are for BlockClientOnKeys.
	Flags BlockFlags
}

// BlockEnd says how a client's waiting has ended.
type BlockEnd uint8

const (
	BlockAnswered     BlockEnd = iota // it was answered, or its command has replied by itself
	BlockTimedOut                     // the time has passed, or CLIENT UNBLOCK said so
	BlockDisconnected                 // the client was gone, or the server has ended its waiting
)

// BlockedClient is a client that waits for the answer of a command. It is two words, can be
// copied, and may be used from any goroutine, as long as one likes: the first answer
// wins, and when the client is answered, gone or has waited long enough, all others
// return false. The server is told on its own thread, by the queue of
// [ThreadSafeContext.Do]; nobody waits for it.
//
// The module cannot be unloaded while a client is blocked. Who drops all copies of it has a client that nobody answers;
// the debug build tells of that, once memory is collected, unless a time-out or keys answer.
type BlockedClient struct {
	grip
	b   *blocked
	seq uint64
}

// blocked is what stands behind a BlockedClient. It is in use from BlockClient until the
// server has freed its part and a job that is on its way to the server has run. What does not
// say otherwise belongs to the server's thread.
type blocked struct {
	cell[blocked]
	grips
	bc      redismodule.BlockedClient // 0 when the server has freed it
	options BlockOptions
	db      int
	onKeys  bool

	// state is seq<<blockPhaseBits and a phase; any goroutine changes it.
	state atomic.Uint64
	pins  atomic.Int32 // goroutines that use bc this moment

	measuring atomic.Bool // MeasureTimeStart has begun

	// The answer. Who has made the phase blockClaimed writes it; the server's thread
	// reads it since blockAnswered.
	reply   Reply
	finish  Handler
	failure error
	data    any

	job       queue.Job
	posted    bool // by the server's thread; an answer posts the job, too
	unblocked bool // the job has run
	freed     bool // the server has freed its part
	silent    bool // the client has its reply: nothing is sent any more
	end       BlockEnd

	work *goWork // of Go, nil without

	held  uint64        // the client's number, where its reply is held back; see HeldClient
	timer handle[timer] // of the time-out then
}

// The phases of a blocked client.
const (
	blockOpen     = iota // it waits for an answer
	blockClaimed         // somebody is about to answer
	blockAnswered        // the answer is there, and the job on its way
	blockOver            // it needs no answer any more

	blockPhaseBits = 2
	blockPhases    = 1<<blockPhaseBits - 1
)

// blockedClients are the clients that wait.
var blockedClients = table[blocked]{
	cellOf: func(b *blocked) *cell[blocked] { return &b.cell }, perLoad: true, holds: "a client is blocked",
}

const (
	// ErrCannotBlock means that a client cannot be blocked here: in a transaction, a
	// script, a call without [CallAllowBlock], for the AOF; where there is no command (in
	// events, timers and other callbacks; for keyspace events see
	// [NotifyContext.BlockClient]); in the answer to a blocked client; by a command that has
	// replied, or has blocked its client already.
	ErrCannotBlock = Error("ERR the client cannot be blocked here: in a transaction, a script, or another place that must not wait; or its command has replied, or blocked it, before")
	// ErrBlockTimeout means that a time-out is negative.
	ErrBlockTimeout = Error("ERR the timeout is negative")
	// ErrTimedOut is the cause of the end of a [Job]'s context: the client's time-out.
	ErrTimedOut = Error("ERR the client has waited long enough")
	// ErrClientGone is the cause of the end of a [Job]'s context: the client is gone.
	ErrClientGone = Error("ERR the client is gone")
)

// BlockClient blocks the client of the command under way: the handler returns nil without
// a reply, and the client gets its answer later by the methods of the result, which may
// be given to other goroutines. Should the handler reply all the same, or fail, then that
// is the reply, and the client is not blocked.
//
// [CmdBlocking] among the command's flags tells users that it may block (COMMAND INFO); without it the client can be
// blocked just as well.
//
// The arguments of the command do not live on; clone what is needed. ReplicateVerbatim
// in the [Command] would replicate it when it blocks; who writes in the answer
// replicates there.
//
// The error is [ErrCannotBlock] where a client must not wait; then the command may do its
// work at once, or return the error. On servers before Redis 7.0 it is an
// [UnsupportedError]. A listener to keyspace events can have the client wait for the
// reply of its command on some servers: [NotifyContext.BlockClient].
//
// C: RedisModule_BlockClient, since Redis 4.0; RedisModule_SetDisconnectCallback,
// since Redis 5.0; RedisModule_BlockClientSetPrivateData, since Redis 7.2.
func (ctx Context) BlockClient(o BlockOptions) (BlockedClient, error) {
	ms, err := ctx.mayBlock(&o)
	if err != nil {
		return BlockedClient{}, err
	}
	b := newBlocked(ctx, o)
	timeout := blockTimeout.slot
	if ms == 0 && o.OnTimeout == nil {
		timeout = 0
	}
	bc := redismodule.BlockClient(ctx.raw(), blockReply.slot, timeout, blockFree.slot, ms)
	if bc == 0 {
		return BlockedClient{}, b.refused()
	}
	if has(featureBlockClientSetPrivateData) {
		redismodule.BlockClientSetPrivateData(bc, b.word())
	}
	return b.begin(bc), nil
}

// mayBlock tells why the client cannot be blocked, and else the time-out in milliseconds.
// After it the kinds of callbacks have their slots.
func (ctx Context) mayBlock(o *BlockOptions) (ms int64, err error) {
	const never = redismodule.CTX_FLAGS_DENY_BLOCKING | redismodule.CTX_FLAGS_MULTI | redismodule.CTX_FLAGS_LUA
	ctx.alive()
	switch {
	case !has(featureEventLoopAddOneShot):
		return 0, lacks(featureEventLoopAddOneShot)
	case ctx != replyContext || replies.blocked != nil || ctx.servedNow() != nil:
		return 0, ErrCannotBlock
	case redismodule.GetContextFlags(ctx.c)&never != 0:
		return 0, ErrCannotBlock
	case o.Timeout < 0:
		return 0, ErrBlockTimeout
	case o.Timeout > 0:
		ms = max(1, o.Timeout.Milliseconds())
	}
	if settleReplies(); replies.got > 0 || len(replies.levels) > replies.base {
		return 0, ErrCannotBlock
	}
	for _, k := range [...]*kind{&blockReply, &blockTimeout, &blockFree, &blockDisconnect} {
		if _, err := k.fn(); err != nil {
			return 0, err
		}
	}
	return ms, nil
}

// newBlocked takes an entry.
func newBlocked(ctx Context, o BlockOptions) *blocked {
	b := blockedClients.take()
	for b.word() == 0 { // which the server would take for no private data
		blockedClients.drop(&b.cell)
		b = blockedClients.take()
	}
	if b.job.Run == nil {
		b.job.Run, b.job.Done = func(uintptr) { b.unblock() }, func(error) {}
	}
	b.options, b.data, b.db = o, o.Data, int(redismodule.GetSelectedDb(ctx.raw()))
	b.end = BlockAnswered
	b.state.Store(inPhase(b.seq, blockOpen))
	return b
}

// refused ends an entry for a client that the server has not blocked.
func (b *blocked) refused() error {
	b.options.OnFree = nil
	b.forget()
	return ErrCannotBlock
}

// begin notes that the server has blocked the client.
func (b *blocked) begin(bc redismodule.BlockedClient) BlockedClient {
	b.took(bc)
	b.watch()
	replies.blocked, replies.blocks = b, true
	replySent |= uncommon
	return b.client()
}

// took notes the server's handle.
func (b *blocked) took(bc redismodule.BlockedClient) {
	b.bc = bc
	if !has(featureBlockClientSetPrivateData) {
		blockedByServer[bc] = b
	}
	redismodule.SetDisconnectCallback(bc, blockDisconnect.slot)
}

func (b *blocked) client() BlockedClient { return BlockedClient{b.grip(), b, b.seq} }

// blockedByServer finds entries where the server does not keep a word of ours for all
// callbacks: before Redis 7.2.
var blockedByServer = map[redismodule.BlockedClient]*blocked{}

// inPhase is the state of an entry in a phase.
func inPhase(seq, phase uint64) uint64 { return seq<<blockPhaseBits | phase }

// move changes the phase, if it is what it should be.
func (b *blocked) move(seq uint64, from, to uint64) bool {
	return b.state.CompareAndSwap(inPhase(seq, from), inPhase(seq, to))
}

func (b *blocked) phase() uint64 { return b.state.Load() & blockPhases }

// post sends the job to the server's thread.
func (b *blocked) post(readOnly bool) {
	b.job.ReadOnly = readOnly
	// The queue is closed while no module is loaded, and the server unloads none that
	// has blocked clients.
	_ = queue.Post(&b.job)
}

// over notes, on the server's thread, that no answer is needed any more. The server frees its
// part by itself if the client is blocked on keys; else it has to be told.
func (b *blocked) over(end BlockEnd, cause error) {
	b.end = end
	b.work.leave(cause)
	if b.move(b.seq, blockOpen, blockOver) && !b.onKeys {
		b.posted = true
		b.post(true)
	}
}

// abort notes that the client has got its reply from the command itself.
func (b *blocked) abort() {
	b.silent = true
	b.work.leave(nil)
	if b.move(b.seq, blockOpen, blockOver) {
		b.posted = true
		b.post(true)
	}
}

// unblock is the job: the server is told.
func (b *blocked) unblock() {
	if b.pins.Load() != 0 && b.bc != 0 {
		// Somebody measures this moment, in the middle of a function of the server's.
		b.post(b.job.ReadOnly)
		return
	}
	b.unblocked = true
	switch bc := b.bc; {
	case b.freed:
		b.forget()
	case b.silent:
		redismodule.AbortBlock(bc)
		if !b.onKeys { // else the server comes with its word
			b.ended()
		}
	default:
		redismodule.UnblockClient(bc, b.word())
	}
}

// ended notes that the server has freed its part.
func (b *blocked) ended() {
	if !has(featureBlockClientSetPrivateData) {
		delete(blockedByServer, b.bc)
	}
	b.bc, b.freed = 0, true
	if b.move(b.seq, blockOpen, blockOver) || b.unblocked || b.phase() == blockOver && !b.posted {
		b.forget()
	}
}

// forget ends the entry.
func (b *blocked) forget() {
	b.state.Store(inPhase(b.seq, blockOver))
	b.work.leave(nil)
	discard(b.reply)
	free, data, end := b.options.OnFree, b.data, b.end
	b.options, b.data = BlockOptions{}, nil
	b.reply, b.finish, b.failure = Reply{}, nil, nil
	b.posted, b.unblocked, b.freed, b.silent, b.onKeys = false, false, false, false, false
	b.work = nil
	b.ends()
	b.measuring.Store(false)
	blockedClients.drop(&b.cell)
	if free != nil {
		freeData(free, data, end)
	}
}
