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

// replySent counts the replies of the innermost command since the last look at them. It is
// 1 when there has been one whole reply. From uncommon on, more has to be looked at when
// the command ends.
var replySent int

// replyFirst is the length of an array that began as the first reply, until the first
// look: of that array alone replySent counts the elements, up to 1 from as far below as
// it wants.
var replyFirst int

// replyArgv and replyArgc are the server's argument vector of the innermost command; no vector where the context comes from
// the raw layer.
var (
	replyArgv uintptr
	replyArgc int
)

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
	ctx   Context
	sent  int // replySent and replyFirst
	first int
	argv  uintptr // replyArgv and replyArgc
	argc  int
	wrote uint64 // keyWrites
	got   int    // whole replies that are in no aggregate
	base  int    // where its levels begin
	raw   bool   // the raw layer has the context, and may reply, too

	begun bool // by BeginReplies

	blocked *blocked // the client waits: the reply comes later
	blocks  bool     // the client has been blocked, also when that was taken back
}

// replyLevel is an aggregate that has begun.
type replyLevel struct {
	kind aggregateKind
	late bool // the server is told the length at the end, though it is known
	got  int  // elements so far, keys and values counted
	want int  // how many there must be; -1: the length is said at the end

	// An attribute has the reply that it belongs to as its last element, so that it
	// counts as one element of what is around it.
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

// Limits of direct replies. What is missing of an aggregate is filled in: of longer ones
// the server is told the length at the end, which can then be what there is. So no more
// than maxReplyDepth*longestFilled elements are ever filled in.
const longestFilled = 1 << 13

const (
	// ErrSecondReply means that the command has replied already. The debug build panics with it. Without
	// that the second reply is sent, the log has a line, and the client takes it for the reply
	// to its next command.
	ErrSecondReply = Error("ERR the command has replied already")
	// ErrNotPostponed means that no aggregate that was begun with [PostponedLen] is open.
	ErrNotPostponed = Error("ERR no aggregate of that kind awaits its length")
	// ErrReplyDeep means that a reply would be nested deeper than 128 levels.
	ErrReplyDeep = Error("ERR the reply is nested deeper than 128 levels") // maxReplyDepth
	// ErrLengthWrong means that a length that is said at the end is not the number of elements.
	// The client is told how many there are.
	ErrLengthWrong = Error("ERR the length of an aggregate is not the number of its elements; the client is told the latter")
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
		_ = misuse(ErrSecondReply)
	}
}

// takeRawReplies notes that the raw layer may reply, too.
func takeRawReplies() {
	settleReplies()
	replies.raw = true
}

// openReplies lays the account of the command under way aside, for one that it calls.
//
//go:noinline
func openReplies() {
	s := &replies.replyState
	s.ctx, s.sent, s.first, s.wrote = replyContext, replySent, replyFirst, keyWrites
	s.argv, s.argc = replyArgv, replyArgc
	replies.outer = append(replies.outer, *s)
	*s = replyState{base: len(replies.levels)}
}

// closeReplies ends the account of a command, and takes up that of the one that
// called it.
//
//go:noinline
func closeReplies() {
	replies.levels = replies.levels[:replies.base] // BeginReplies without an end leaves some
	n := len(replies.outer) - 1
	if n < 0 {
		replyContext = Context{c: noReplies}
		return
	}
	replies.replyState = replies.outer[n]
	replies.outer = replies.outer[:n]
	replyContext, replySent, replyFirst, keyWrites = replies.ctx, replies.sent, replies.first, replies.wrote
	replyArgv, replyArgc = replies.argv, replies.argc
}

// forgetReplies drops what an earlier load has left.
func forgetReplies() {
	replies.replyState = replyState{}
	replies.levels, replies.outer = replies.levels[:0], replies.outer[:0]
	replyContext, replySent, replyFirst = Context{c: noReplies}, 0, 0
}

// settleReplies gives the replies since the last look to the aggregates that they
// belong to.
func settleReplies() {
	if want := replyFirst; want != 0 {
		replies.levels = append(replies.levels, replyLevel{kind: arrayReply, want: want})
		replySent, replyFirst = replySent-1+want, 0
	}
	n := replySent & (uncommon - 1)
	replySent = uncommon
	for len(replies.levels) > replies.base {
		top := &replies.levels[len(replies.levels)-1]
		top.got += n
		if top.want < 0 || top.got < top.want {
			return
		}
		// What there is no room for belongs further out.
		n = top.got - top.want + 1
		if top.late {
			setLength(replyContext, top.kind, top.want/top.kind.width())
		}
		replies.levels = replies.levels[:len(replies.levels)-1]
	}
	replies.got += n
}

// beginAggregate notes that an aggregate begins, and returns the length that the server
// is to be told.
func beginAggregate(kind aggregateKind, n int) (told int64, err error) {
	if debugging {
		checkSecond()
	}
	if n == 0 && kind != attributeReply {
		replySent++
		return 0, nil
	}
	settleReplies()
	switch {
	case len(replies.levels)-replies.base == maxReplyDepth:
		return 0, ErrReplyDeep
	case kind == attributeReply && replies.got > 0 && len(replies.levels) == replies.base && !replies.raw:
		return 0, ErrSecondReply // it would become the next command's
	}
	level := replyLevel{kind: kind, late: n > longestFilled, want: n * kind.width()}
	switch {
	case n == PostponedLen:
		level.want = -1
	case kind == attributeReply:
		level.want++
	}
	replies.levels = append(replies.levels, level)
	if level.late {
		n = PostponedLen
	}
	return int64(n), nil
}

// endAggregate says the length of the innermost aggregate that awaits it. What is told
// to the client is what it has got.
func (ctx Context) endAggregate(kind aggregateKind, n int) error {
	switch {
	case ctx != replyContext:
		return ctx.noCommand()
	case uint(n) > maxElements:
		return ErrLength
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
		return misuse(ErrNotPostponed)
	}
	whole := i == len(replies.levels)-1 && replies.levels[i].got == n*kind.width()
	if replies.raw {
		replies.levels[i].got = n * kind.width() // some elements may be the raw layer's
		whole = true
	}
	var f filler
	for len(replies.levels) > i+1 {
		f.closeLevel(ctx)
	}
	if f.closeElements(ctx); kind != attributeReply { // whose reply follows
		f.closeLevel(ctx)
	}
	if !whole {
		return misuse(ErrLengthWrong)
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
}

// fill fills in an element. An error takes the place of one that may be an error.
func (f *filler) fill(ctx Context, mayFail bool) {
	f.missing++
	if f.err != nil && mayFail {
		ctx.sendError(f.err)
		f.err = nil
		return
	}
	redismodule.ReplyWithNull(ctx.raw())
}

// replyDepth is how deep an element of the innermost aggregate would be. Only to a depth
// of 1 it may be an error: deeper ones break the scripts of Valkey 9.1.
func replyDepth() (depth int) {
	for _, l := range replies.levels[replies.base:] {
		if l.kind != attributeReply || l.got != l.want-1 {
			depth++
		}
	}
	return depth
}

// closeElements fills in the elements of the innermost aggregate, and says its length if
// that is not said yet.
func (f *filler) closeElements(ctx Context) {
	top := &replies.levels[len(replies.levels)-1]
	pairs, open := top.kind.width() == 2, top.want < 0 || top.late
	end, last := top.want, 0
	if top.kind == attributeReply {
		last = 1 // the reply that it belongs to
	}
	errorFits := f.err != nil && replyDepth() == 1 && last == 0
	switch {
	case replies.raw && top.late:
		top.got = top.want - last // the raw layer may have replied with elements
		end = top.got
	case replies.raw && !open:
		end = top.got
	case open && pairs:
		end = top.got + top.got&1
	case open && errorFits:
		end = top.got + 1
	case open:
		end = top.got
	default:
		end -= last
	}
	for ; top.got < end; top.got++ {
		f.fill(ctx, errorFits && !(pairs && top.got%2 == 0))
	}
	if open {
		setLength(ctx, top.kind, end/top.kind.width())
		f.lengths++
		top.late = false
	}
	top.want = end + last
}

// closeLevel ends the innermost aggregate.
func (f *filler) closeLevel(ctx Context) {
	f.closeElements(ctx)
	i := len(replies.levels) - 1
	if l := &replies.levels[i]; l.kind == attributeReply && l.got < l.want && !replies.raw {
		f.fill(ctx, replyDepth() == 0)
	}
	replies.levels = replies.levels[:i]
	replySent++
	settleReplies()
}

// finishReplies sees to it that the client of a command has got one whole reply,
// when its handler has ended: with err, without a reply, or in the middle of one.
func finishReplies(ctx Context, name string, err error) {
	for replyContext != ctx && len(replies.outer) > 0 {
		closeReplies() // BeginReplies without an end
	}
	replies.blocks = false
	settleReplies()
	whole := len(replies.levels) == replies.base
	if b := replies.blocked; b != nil {
		replies.blocked = nil
		if whole && replies.got == 0 && err == nil {
			replies.raw, replySent = false, 0
			b.waits()
			return // the client waits
		}
		b.abort() // this is the reply
	}
	switch {
	case whole && replies.got == 0 && err != nil:
		ctx.sendError(err) // as usual
	case whole && replies.got == 0 && !replies.raw:
		ctx.Log(LevelWarning, "command "+name+": it did not reply")
		ctx.sendError(didNotReply(name))
	case whole && err != nil:
		ctx.Log(LevelWarning, "command "+name+": it had replied, so its error is not sent: "+replyText(err))
	case whole && replies.got > 1:
		ctx.Log(LevelWarning, fmt.Sprintf("command %s: it replied %d times: the client is out of step from here on; the build tag rm_debug finds the line that does it", name, replies.got))
	case !whole:
		completeReply(ctx, name, err)
	}
	replies.levels = replies.levels[:replies.base]
	replies.got, replies.raw, replySent = 0, false, 0
}

// completeReply closes the aggregates that a handler has left open.
func completeReply(ctx Context, name string, err error) {
	var f filler
	text := ""
	if err != nil {
		text = replyText(err) // before anything is sent: the error's method may fail
	}
	top := &replies.levels[len(replies.levels)-1]
	switch {
	case replies.raw:
	case err == ErrWrongArity:
		f.err = err
	case err != nil:
		f.err = Error(text)
	case top.kind == attributeReply && len(replies.levels) == replies.base+1:
		f.err = didNotReply(name)
	}
	for len(replies.levels) > replies.base {
		f.closeLevel(ctx)
	}
	if f.missing > 0 || f.lengths > 0 || err != nil {
		line := fmt.Sprintf("command %s: its reply was not complete: %d elements were filled in, %d lengths were said", name, f.missing, f.lengths)
		if err != nil {
			line += "; its error: " + text
		}
		ctx.Log(LevelWarning, line)
	}
}

// didNotReply is the reply of a command that has none.
func didNotReply(name string) error { return Error("ERR command " + name + " did not reply") }
