// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"

	"github.com/iredismodule/redismodule"
)

// Account is kept of the direct replies of each command, so that its client gets
// exactly one whole reply, however the handler ends. A reply costs the increment of
// replySent; what it belongs to is worked out when an aggregate begins or ends, and when
// the handler returns. Whoever runs a command holds the server's lock, which guards all of it.

// replyContext is the context of the innermost command under way, the only one that
// takes replies. Without one it is something that no context is.
var replyContext = Context{c: noReplies}

const noReplies = redismodule.Ctx(1)

// replySent counts the replies since the last look at them. From uncommon on, more has
// to be looked at when the command ends than that it is 1.
var replySent int

const uncommon = 1 << 40

// replies is the rest of the account of the innermost command, and the accounts of the
// commands that called it.
var replies struct {
	replyState
	levels []replyLevel // the open aggregates of all commands, the innermost last
	outer  []replyState
}

// replyState is the account of one command.
type replyState struct {
	ctx  Context
	sent int
	got  int  // whole replies that are in no aggregate
	base int  // where its levels begin
	raw  bool // the raw layer has the context, and may reply, too

	begun bool // by BeginReplies
}

// replyLevel is an aggregate that has begun.
type replyLevel struct {
	kind aggregateKind
	got  int // elements so far, keys and values counted
	want int // how many there must be; -1: the length is said at the end
}

type aggregateKind uint8

const (
	arrayReply aggregateKind = iota
	mapReply
	setReply
	attributeReply
)

// width is how many elements one of the length is.
func (k aggregateKind) width() int {
	if k == mapReply || k == attributeReply {
		return 2
	}
	return 1
}

const (
	errSecondReply  = Error("ERR the command has replied already")
	errNotPostponed = Error("ERR no aggregate of that kind awaits its length")
	errLengthWrong  = Error("ERR the length of an aggregate is not the number of its elements; the client is told the latter")
)

// countReply counts a reply, as ReplyWithLongLong and others do in their own text.
func countReply() {
	if debugging {
		checkSecond()
	}
	replySent++
}

// checkSecond tells, in the debug build, of a reply after a whole one.
func checkSecond() {
	settleReplies()
	if len(replies.levels) == replies.base && replies.got > 0 && !replies.raw {
		_ = misuse(errSecondReply)
	}
}

// openReplies lays the account of the command under way aside, for one that it calls.
//
//go:noinline
func openReplies() {
	s := &replies.replyState
	s.ctx, s.sent = replyContext, replySent
	replies.outer = append(replies.outer, *s)
	*s = replyState{base: len(replies.levels)}
}

// closeReplies ends the account of a command, and takes up that of the one that
// called it.
//
//go:noinline
func closeReplies() {
	n := len(replies.outer) - 1
	if n < 0 {
		replyContext = Context{c: noReplies}
		return
	}
	replies.replyState = replies.outer[n]
	replies.outer = replies.outer[:n]
	replyContext, replySent = replies.ctx, replies.sent
}

// forgetReplies drops what an earlier load has left.
func forgetReplies() {
	replies.replyState = replyState{}
	replies.levels, replies.outer = replies.levels[:0], replies.outer[:0]
	replyContext, replySent = Context{c: noReplies}, 0
}

// settleReplies gives the replies since the last look to the aggregates that they
// belong to.
func settleReplies() {
	n := replySent & (uncommon - 1)
	replySent = uncommon
	for len(replies.levels) > replies.base {
		top := &replies.levels[len(replies.levels)-1]
		top.got += n
		if top.want < 0 || top.got < top.want {
			return
		}
		// What there is no room for belongs further out.
		if n = top.got - top.want; top.kind != attributeReply {
			n++
		}
		replies.levels = replies.levels[:len(replies.levels)-1]
	}
	replies.got += n
}

// beginAggregate notes that an aggregate begins.
func beginAggregate(kind aggregateKind, n int) {
	if debugging {
		checkSecond()
	}
	settleReplies()
	switch {
	case n == PostponedLen:
		replies.levels = append(replies.levels, replyLevel{kind, 0, -1})
	case n > 0:
		replies.levels = append(replies.levels, replyLevel{kind, 0, n * kind.width()})
	case kind != attributeReply:
		replySent++
	}
}

// endAggregate says the length of the innermost aggregate that awaits it. What is told
// to the client is what it has got.
func (ctx Context) endAggregate(kind aggregateKind, n int) error {
	switch {
	case ctx != replyContext:
		return ctx.noCommand()
	case n < 0:
		return errLength
	}
	settleReplies()
	i := len(replies.levels) - 1
	for i >= replies.base && replies.levels[i].want >= 0 {
		i--
	}
	if i < replies.base || replies.levels[i].kind != kind {
		if replies.raw && i < replies.base {
			setLength(ctx, kind, n) // it was begun with the raw layer
			return nil
		}
		return misuse(errNotPostponed)
	}
	whole := i == len(replies.levels)-1 && replies.levels[i].got == n*kind.width()
	if replies.raw {
		replies.levels[i].got = n * kind.width() // some elements may be the raw layer's
		whole = true
	}
	var f filler
	for len(replies.levels) > i {
		f.closeLevel(ctx)
	}
	if !whole {
		return misuse(errLengthWrong)
	}
	return nil
}

func setLength(ctx Context, kind aggregateKind, n int) {
	switch kind {
	case arrayReply:
		redismodule.ReplySetArrayLength(ctx.raw(), int64(n))
	case mapReply:
		redismodule.ReplySetMapLength(ctx.raw(), int64(n))
	case setReply:
		redismodule.ReplySetSetLength(ctx.raw(), int64(n))
	case attributeReply:
		redismodule.ReplySetAttributeLength(ctx.raw(), int64(n))
	}
}

// filler makes unfinished aggregates whole.
type filler struct {
	err     error // to be placed where an element is missing
	missing int   // elements that were filled in
	lengths int   // lengths that were said
	tooMany bool  // a client of such a reply cannot be helped
}

// mostMissing is how many elements are filled in.
const mostMissing = 1 << 20

// element fills in an element.
func (f *filler) element(ctx Context, key bool) {
	if f.err != nil && !key {
		ctx.sendError(f.err)
		f.err = nil
		return
	}
	redismodule.ReplyWithNull(ctx.raw())
}

// closeLevel ends the innermost aggregate.
func (f *filler) closeLevel(ctx Context) {
	top := replies.levels[len(replies.levels)-1]
	pairs := top.kind.width() == 2
	want := top.want
	switch {
	case replies.raw && want >= 0:
		want = top.got // the raw layer may have replied with elements
	case want < 0 && pairs:
		want = top.got + top.got&1
	case want < 0 && f.err != nil:
		want = top.got + 1
	case want < 0:
		want = top.got
	}
	f.tooMany = f.tooMany || want-top.got > mostMissing-f.missing
	for ; top.got < want && !f.tooMany; top.got++ {
		f.element(ctx, pairs && top.got%2 == 0)
		f.missing++
	}
	if top.want < 0 {
		setLength(ctx, top.kind, top.got/top.kind.width())
		f.lengths++
	}
	replies.levels = replies.levels[:len(replies.levels)-1]
	if top.kind != attributeReply {
		replySent++
	}
	settleReplies()
}

// finishReplies sees to it that the client of a command has got one whole reply,
// when its handler has ended: with err, without a reply, or in the middle of one.
func finishReplies(ctx Context, name string, err error) {
	for replyContext != ctx && len(replies.outer) > 0 {
		closeReplies() // BeginReplies without an end
	}
	settleReplies()
	whole := len(replies.levels) == replies.base
	switch {
	case whole && replies.got == 0 && err != nil:
		ctx.sendError(err) // as usual
	case whole && replies.got == 0 && !replies.raw:
		ctx.Log(LevelWarning, "command "+name+": it did not reply")
		ctx.sendError(Error("ERR command " + name + " did not reply"))
	case whole && err != nil:
		ctx.Log(LevelWarning, "command "+name+": it had replied, so its error is not sent: "+replyText(err))
	case whole && replies.got > 1:
		ctx.Log(LevelWarning, fmt.Sprintf("command %s: it replied %d times", name, replies.got))
	case !whole:
		completeReply(ctx, name, err)
	}
	replies.levels = replies.levels[:replies.base]
	replies.got, replies.raw, replySent = 0, false, 0
}

// completeReply closes the aggregates that a handler has left open.
func completeReply(ctx Context, name string, err error) {
	f := filler{err: err}
	if replies.raw {
		f.err = nil
	}
	for len(replies.levels) > replies.base {
		f.closeLevel(ctx)
	}
	if replies.got == 0 && !replies.raw { // of an attribute the reply itself is missing
		f.element(ctx, false)
		f.missing++
	}
	if f.missing > 0 || f.lengths > 0 || err != nil {
		line := fmt.Sprintf("command %s: its reply was not complete: %d elements were filled in, %d lengths were said", name, f.missing, f.lengths)
		if err != nil {
			line += "; its error: " + replyText(err)
		}
		ctx.Log(LevelWarning, line)
	}
	if f.tooMany {
		ctx.Log(LevelWarning, fmt.Sprintf("command %s: more than %d elements of its reply are missing, so its client is disconnected", name, mostMissing))
		redismodule.DeauthenticateAndCloseClient(ctx.raw(), redismodule.GetClientId(ctx.raw()))
	}
}
