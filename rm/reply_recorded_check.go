// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "strconv"

// BeginArray begins an array of n elements, which ends by itself after the last one.
// With n PostponedLen it has as many as follow until [Reply.End].
func (b Reply) BeginArray(n int) { b.begin(opArray, n, 1) }

// BeginMap begins a map of n pairs: an array of 2n elements in RESP2. n is as for
// [Reply.BeginArray].
func (b Reply) BeginMap(n int) { b.begin(opMap, n, 2) }

// BeginSet begins a set of n elements: an array in RESP2. n is as for
// [Reply.BeginArray].
func (b Reply) BeginSet(n int) { b.begin(opSet, n, 1) }

// BeginAttribute begins n attribute pairs of the reply that follows them. In RESP2 they
// are left out. n is as for [Reply.BeginArray].
func (b Reply) BeginAttribute(n int) { b.begin(opAttribute, n, 2) }

func (b Reply) begin(kind opKind, n, times int) {
	r := b.live()
	switch {
	case r == nil || r.err != nil:
	case n < 0 && n != PostponedLen:
		r.fail("the length of " + aggregateName(kind) + " is negative")
	case n > maxElements:
		r.fail("the length of " + aggregateName(kind) + " is too large")
	case kind == opAttribute && r.attribute:
		r.fail(twoAttributes)
	case len(r.open) == maxReplyDepth:
		r.fail(tooDeep)
	case kind == opAttribute:
		if r.complete {
			r.fail(secondReply)
			return
		}
		r.push(kind, n, times)
	case r.next():
		r.push(kind, n, times)
	}
}

const (
	secondReply   = "a second reply follows the complete first one"
	twoAttributes = "an attribute follows an attribute"
	tooDeep       = "the nesting is deeper than 128 levels" // maxReplyDepth
	tooLarge      = "the recording is too large"
)

// push opens an aggregate, and closes it at once if it has no elements.
func (r *recording) push(kind opKind, n, times int) {
	op, want := len(r.ops), n*times
	if n == PostponedLen {
		n, want = 0, -1
	}
	if op == cap(r.ops) && !r.moreOps(1) {
		return
	}
	r.ops = append(r.ops, replyOp{N: uint64(n), Kind: kind})
	r.open = append(r.open, openReply{op: op, want: want})
	r.deepest = max(r.deepest, len(r.open))
	r.settle()
}

// End ends the aggregate that was begun last with the length PostponedLen.
func (b Reply) End() {
	r := b.live()
	if r == nil || r.err != nil {
		return
	}
	if len(r.open) == 0 {
		r.fail("there is nothing to end")
		return
	}
	top := &r.open[len(r.open)-1]
	op := &r.ops[top.op]
	switch pairs := op.Kind == opMap || op.Kind == opAttribute; {
	case top.want >= 0:
		r.fail("it ends by itself, and is not complete")
		return
	case r.attribute:
		r.fail("it ends after an attribute, without the reply that this belongs to")
		return
	case pairs && top.got%2 != 0:
		r.fail("it ends after a key without a value")
		return
	case pairs:
		op.N = uint64(top.got / 2)
	default:
		op.N = uint64(top.got)
	}
	top.want = top.got
	r.settle()
}

// next makes sure that a reply or an element may follow.
func (r *recording) next() bool {
	if r.err == nil && !r.complete {
		r.attribute = false
		return true
	}
	if r.err == nil {
		r.fail(secondReply)
	}
	return false
}

// room makes sure that there is room for n bytes of text more.
func (r *recording) room(n int) bool {
	return n <= cap(r.text)-len(r.text) || r.moreText(n)
}

// add records an element.
func (r *recording) add(op replyOp) {
	if len(r.ops) == cap(r.ops) && !r.moreOps(1) {
		return
	}
	r.ops = append(r.ops, op)
	r.count()
}

// count counts an element that has been recorded.
func (r *recording) count() {
	if len(r.open) == 0 {
		r.complete = true
		return
	}
	top := &r.open[len(r.open)-1]
	if top.got++; top.got == top.want {
		r.settle()
	} else {
		r.offer(top)
	}
}

// offer makes room for quick elements of the innermost aggregate: as many as fit into the
// memory of the operations, and never its last one.
func (r *recording) offer(top *openReply) {
	n := len(r.ops)
	room := cap(r.ops) - n
	if top.want >= 0 {
		room = min(room, top.want-top.got-1)
	}
	r.quick = r.ops[n : n : n+max(room, 0)]
}

// take counts the quick elements. Until the next offer there are none.
func (r *recording) take() {
	if n := len(r.quick); n > 0 {
		r.ops = r.ops[:len(r.ops)+n]
		r.open[len(r.open)-1].got += n
	}
	r.quick = nil
}

// Reply records a copy of another recording, which must be complete.
func (b Reply) Reply(other Reply) {
	r, o := b.live(), other.live()
	if r == nil || r.err != nil {
		return
	}
	if o == nil {
		r.err = ErrReplyFreed
		return
	}
	afterAttribute, ops, text := r.attribute, len(r.ops), len(r.text)
	switch err := o.finished(); {
	case o == r || err != nil && o.err == nil:
		r.fail("a recording that is not complete is no element")
	case err != nil:
		r.err = err
	case afterAttribute && o.ops[0].Kind == opAttribute:
		r.fail(twoAttributes)
	case len(r.open)+o.deepest > maxReplyDepth:
		r.fail(tooDeep)
	case len(o.ops) > cap(r.ops)-len(r.ops) && !r.moreOps(len(o.ops)):
	case r.next() && r.room(len(o.text)):
		r.ops, r.text = append(r.ops, o.ops...), append(r.text, o.text...)
		for i := ops; i < len(r.ops); i++ {
			if op := &r.ops[i]; op.Kind == opAttribute {
				op.At += uint32(ops)
			} else {
				op.At += uint32(text)
			}
		}
		r.deepest = max(r.deepest, len(r.open)+o.deepest)
		r.count()
	}
}

// settle closes the innermost aggregate if it has all its elements, and then what
// this completes.
func (r *recording) settle() {
	for len(r.open) > 0 {
		top := &r.open[len(r.open)-1]
		if top.got != top.want {
			r.offer(top)
			return
		}
		op := &r.ops[top.op]
		r.open = r.open[:len(r.open)-1]
		if op.Kind == opAttribute { // is no element
			op.At = uint32(len(r.ops))
			r.attribute = true
			return
		}
		if len(r.open) > 0 {
			r.open[len(r.open)-1].got++
		}
	}
	r.complete = true
}

// finished returns the first mistake, or what the recording lacks.
func (r *recording) finished() error {
	switch {
	case r.err != nil:
		return r.err
	case r.complete:
		return nil
	case len(r.ops) == 0:
		return r.mistake("there is nothing")
	case len(r.open) == 0:
		return r.mistake("the reply that the attribute belongs to is missing")
	default:
		return r.mistake("it is not complete")
	}
}

// Err returns the first mistake in the recording so far, nil if there is none. It
// says nothing about what a recording lacks that may still go on: ReplyTo does.
func (b Reply) Err() error {
	r := b.live()
	if r == nil {
		return ErrReplyFreed
	}
	return r.err
}

// fail keeps the first mistake. It is kept out of line, away from the hot path.
//
//go:noinline
func (r *recording) fail(what string) {
	if r.err == nil {
		r.err = r.mistake(what)
	}
}

// mistake is an error that says where it happened.
func (r *recording) mistake(what string) error {
	return Error("ERR invalid reply: " + what + r.where())
}

// where names the place after the last recorded operation, from the inside to the
// outside: ", at value 2 of a map of 3, element 1 of an array of 1".
func (r *recording) where() string {
	var b []byte
	for i := len(r.open) - 1; i >= 0; i-- {
		switch len(r.open) - 1 - i {
		case 0:
			b = append(b, ", at "...)
		case whereDepth:
			return string(append(b, ", ..."...))
		default:
			b = append(b, ", "...)
		}
		o := &r.open[i]
		kind := r.ops[o.op].Kind
		element, number, of := "element ", o.got+1, o.want
		if kind == opMap || kind == opAttribute {
			element, number, of = [2]string{"key ", "value "}[o.got%2], o.got/2+1, o.want/2
		}
		b = strconv.AppendInt(append(b, element...), int64(number), 10)
		b = append(append(b, " of "...), aggregateName(kind)...)
		if o.want >= 0 {
			b = strconv.AppendInt(append(b, " of "...), int64(of), 10)
		}
	}
	return string(b)
}

const whereDepth = 8

func aggregateName(kind opKind) string {
	switch kind {
	case opArray:
		return "an array"
	case opMap:
		return "a map"
	case opSet:
		return "a set"
	default:
		return "an attribute"
	}
}
