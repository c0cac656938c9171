// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"runtime/debug"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// The callbacks of blocked clients.
var (
	blockReply   = kind{name: "the reply to a blocked client", context: clientContext, run: answerClient, failed: answerFailed}
	blockTimeout = kind{name: "the time-out of a blocked client", context: clientContext, run: timeClientOut, failed: answerFailed}
	blockFree    = kind{name: "the end of a blocked client", run: freeClient}
	// Where the module's own function fails, the client is gone all the same.
	blockDisconnect = kind{name: "the function for a blocked client that is gone", run: disconnectClient}
	blockFreed      = kind{name: "the function for the data of a blocked client"}
)

// served is a callback under way that answers a client.
type served struct {
	ctx  redismodule.Ctx
	b    *blocked
	name RStr // of the command, as the client wrote it
	// spares tells that the server is in the middle of nothing: not of what has ended the waiting, or made a key ready.
	spares bool
}

// servedCommand is the name of the command whose client the innermost callback answers.
func servedCommand() string {
	if n := len(state.serving); n > 0 && state.serving[n-1].name.s != 0 {
		return state.serving[n-1].name.Clone()
	}
	return "of a blocked client"
}

// noteCommand notes the command of the client that is answered.
func noteCommand(args Args) {
	if args.Len() > 0 {
		state.serving[len(state.serving)-1].name = args.At(0)
	}
}

// servedNow returns the blocked client that a context answers, nil for none.
func (ctx Context) servedNow() *blocked {
	for i := len(state.serving) - 1; i >= 0; i-- {
		if s := &state.serving[i]; s.ctx == ctx.c {
			return s.b
		}
	}
	return nil
}

// enterClient begins a callback with a client that takes a reply; endClient ends it.
func enterClient(c redismodule.Ctx, name string) {
	ctx := begun(c, name)
	if replyContext.c != noReplies {
		openReplies()
	}
	replyContext, replySent = ctx, 0
	state.serving = append(state.serving, served{ctx: c, b: blockedOf(c)})
}

func endClient(c redismodule.Ctx) {
	replies.got, replies.raw = 0, false // where nothing was to be sent
	closeReplies()
	if n := len(state.serving) - 1; n >= 0 { // else the callback has unloaded the module
		state.serving[n] = served{}
		state.serving = state.serving[:n]
	}
	if somethingLeft() {
		endCallback(c)
	}
	over(c)
}

// blockedOf finds the blocked client of a callback.
func blockedOf(c redismodule.Ctx) *blocked {
	if word := redismodule.GetBlockedClientPrivateData(c); word != 0 {
		return blockedClients.at(word)
	}
	// Before Redis 7.2, and not blocked on keys.
	return blockedByServer[redismodule.GetBlockedClientHandle(c)]
}

// The answers of a callback to the server.
const (
	clientServed = redismodule.OK
	clientWaits  = redismodule.ERR // only of those that are blocked on keys
)

// ErrKeepWaiting is returned by the Reply of a client that is blocked on keys, and
// nothing sent, when the key that is ready does not serve: the client goes on waiting,
// and Reply is called again when a key is ready. Elsewhere it is an error like others.
const ErrKeepWaiting = Error("ERR the client is to keep waiting")

// answerClient is the server's callback that replies: (ctx, argv, argc).
func answerClient(a0, argv, argc, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	ctx := replyContext
	s := &state.serving[len(state.serving)-1]
	b := s.b
	if b == nil || b.silent {
		return clientServed
	}
	args := args(ctx.o, argv, int(int32(argc)))
	noteCommand(args)
	if !b.onKeys {
		s.spares = true
		finishAnswer(ctx, args, b.answer(ctx, args))
		b.served()
		return clientServed
	}
	err := b.options.handle(ctx, args)
	if err == ErrKeepWaiting && replySent == 0 && !replies.raw {
		return clientWaits
	}
	if err == ErrKeepWaiting {
		err = nil // it has replied all the same
	}
	finishAnswer(ctx, args, err)
	b.served()
	return clientServed
}

// served notes that the client has its reply.
func (b *blocked) served() {
	b.silent = true
	b.work.leave(nil)
	if b.onKeys {
		b.move(b.seq, blockOpen, blockOver)
	}
}

// handle runs Reply.
func (o *BlockOptions) handle(ctx Context, args Args) error {
	if o.Reply == nil {
		return ErrNoReplyHandler
	}
	return o.Reply(ctx, args)
}

// ErrNoReplyHandler means that [BlockOptions].Reply, or the function of [BlockedClient.Finish], is
// missing where it is needed.
const ErrNoReplyHandler = Error("ERR the blocked client has no function for its reply: BlockOptions.Reply, or that of Finish, is nil")

// answer sends the answer, or returns the error that is the answer.
func (b *blocked) answer(ctx Context, args Args) error {
	switch {
	case b.failure != nil:
		return b.failure
	case b.finish != nil:
		return b.finish(ctx, args)
	case b.reply.r != nil:
		return b.reply.ReplyTo(ctx)
	}
	return b.options.handle(ctx, args)
}

// finishAnswer sees to it that the client has got one whole reply.
func finishAnswer(ctx Context, args Args, err error) {
	if err != nil || replySent != 1 {
		name := ""
		if args.Len() > 0 {
			name = args.At(0).Clone()
		}
		finishReplies(ctx, name, err)
	}
}

// answerFailed replies for a function that panicked or called runtime.Goexit.
func answerFailed(_, _ uintptr, f redismodule.Failure) uintptr {
	b, name := state.serving[len(state.serving)-1].b, servedCommand()
	finishReplies(replyContext, name, Error("ERR "+name+": "+firstLine(describe(f))))
	if b != nil {
		b.served()
	}
	return clientServed
}

// timeClientOut is the server's callback for a client that has waited long enough, and for
// one that is blocked on keys and was answered: (ctx, argv, argc).
func timeClientOut(a0, argv, argc, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	ctx := replyContext
	b := state.serving[len(state.serving)-1].b
	if b == nil || b.silent {
		return clientServed
	}
	args := args(ctx.o, argv, int(int32(argc)))
	noteCommand(args)
	// An answer that is there goes first. What must not run while writes are paused waits
	// for its turn.
	if b.unblocked || b.phase() == blockAnswered && b.job.ReadOnly {
		finishAnswer(ctx, args, b.answer(ctx, args))
		b.served()
		return clientServed
	}
	b.endMeasuring()
	b.over(BlockTimedOut, ErrTimedOut)
	if b.options.OnTimeout == nil {
		redismodule.ReplyWithNull(ctx.raw())
		return clientServed
	}
	finishAnswer(ctx, args, b.options.OnTimeout(ctx, args))
	return clientServed
}

// disconnectClient is the server's callback for a client that is gone: (ctx, blocked client).
func disconnectClient(_, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	bc := redismodule.BlockedClient(a1)
	var b *blocked
	if has(featureBlockClientSetPrivateData) {
		b = blockedClients.at(redismodule.BlockClientGetPrivateData(bc))
	} else if b = blockedByServer[bc]; b == nil {
		return 0
	}
	if b == nil || b.silent {
		return 0
	}
	b.over(BlockDisconnected, ErrClientGone)
	if f := b.options.OnDisconnect; f != nil {
		f(b.client())
	}
	return 0
}

// freeClient is the server's callback when it frees its part: (ctx, word).
func freeClient(a0, word, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	b := blockedClients.at(word)
	if b == nil {
		return 0
	}
	if b.end == BlockAnswered && !b.silent && redismodule.BlockedClientDisconnected(redismodule.Ctx(a0)) != 0 {
		b.end = BlockDisconnected
	}
	b.endHolding(redismodule.Ctx(a0))
	b.ended()
	return 0
}

// freeData calls OnFree. It runs in the server's callback or in a job.
func freeData(f func(data any, end BlockEnd), data any, end BlockEnd) {
	returned := false
	defer func() {
		if !returned {
			failure := redismodule.Failure{Value: recover(), Stack: debug.Stack()}
			failure.Goexit = failure.Value == nil
			logFailure(Context{}, blockFreed.name, failure)
		}
	}()
	f(data, end)
	returned = true
}
