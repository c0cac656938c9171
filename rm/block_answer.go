// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

// claim is true for the one who may answer.
func (c BlockedClient) claim() bool {
	return c.b != nil && c.b.move(c.seq, blockOpen, blockClaimed)
}

// send says that the answer is there.
func (c BlockedClient) send(readOnly bool) bool {
	c.b.job.ReadOnly = readOnly // read beside the phase
	c.b.state.Store(inPhase(c.seq, blockAnswered))
	c.b.post(readOnly)
	return true
}

// ReplyWith answers the client with a recorded reply, which it takes over: it is freed when
// it was sent, and when this is not the first answer. A reply that is not complete becomes
// an error reply. It may be called on any goroutine and returns at once: true for the
// first answer of a client that waits. Then nobody else answers it; the client may
// still go away, and its time-out may pass at this very moment.
//
// C: RedisModule_UnblockClient, since Redis 4.0.
func (c BlockedClient) ReplyWith(r Reply) bool {
	if !c.claim() {
		discard(r)
		return false
	}
	if c.b.reply = r; r.r == nil {
		c.b.failure = ErrReplyFreed
	}
	return c.send(true)
}

// ReplyWithError answers the client with an error, as a handler does that returns it; see
// [BlockedClient.ReplyWith].
//
// C: RedisModule_UnblockClient, since Redis 4.0.
func (c BlockedClient) ReplyWithError(err error) bool {
	if !c.claim() {
		return false
	}
	if err == nil {
		err = ErrNilError
	}
	c.b.failure = err
	return c.send(true)
}

// Finish answers the client by a function that runs on the server's thread, with the
// client's context and the arguments of the command, as [BlockOptions].Reply does. It may
// use keys and replicate. While clients' writes are paused it waits, and the time-out goes
// on. See [BlockedClient.ReplyWith] for the result.
//
// C: RedisModule_UnblockClient, since Redis 4.0.
func (c BlockedClient) Finish(f Handler) bool {
	if !c.claim() {
		return false
	}
	if c.b.finish = f; f == nil {
		c.b.failure = ErrNoReplyHandler
	}
	return c.send(false)
}

// UnblockClient answers the client by [BlockOptions].Reply, for which data becomes the private
// data; see [PrivateData] and [BlockedClient.Finish].
//
// C: RedisModule_UnblockClient, since Redis 4.0.
func (c BlockedClient) UnblockClient(data any) bool {
	if !c.claim() {
		return false
	}
	c.b.data = data
	return c.send(false)
}

// AbortBlock takes the blocking back, in the handler that has blocked the client: it replies
// then, as it would have otherwise. It is false when the handler has returned, and
// in other callbacks and goroutines. The functions of the options are not called, but
// OnFree. What other goroutines answer meanwhile is dropped.
//
// C: RedisModule_AbortBlock, since Redis 4.0.
func (c BlockedClient) AbortBlock(ctx Context) bool {
	ctx.alive()
	if c.b == nil || ctx != replyContext || replies.blocked != c.b || c.b.seq != c.seq {
		return false
	}
	replies.blocked = nil
	c.b.abort()
	return true
}

// Waiting tells whether the client still waits for its first answer. Without an answer of
// one's own it may be over the moment after.
func (c BlockedClient) Waiting() bool {
	return c.b != nil && c.b.state.Load() == inPhase(c.seq, blockOpen)
}

// discard frees a recorded reply, unless that has been done.
func discard(r Reply) {
	if r.r != nil && r.r.seq.Load() == r.seq {
		r.Free()
	}
}
