// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math/bits"
	"slices"
	"sync"
)

// The memory of recordings. What a recording needs for a reply of usual length is its own and
// stays with it in the pool. For more it borrows memory from a lender, which has it in sizes of
// powers of two, until it needs the next size or is freed. So a large reply finds the memory of
// the one before it; and since no small reply uses that, memory that no large reply needs any
// more goes back: a sync.Pool lets go of what was in it during two collections, of which
// there is one every two minutes at least.

const (
	ownOps  = 4 << 10 // steps that a recording has memory of its own for, at most
	ownText = ownOps * 16

	lentSizes = 8 // of twice as much, and so on; what is larger is not kept: 1 << 20 steps, 16 MiB
)

// lender lends memory for elements of one kind.
type lender[T any] struct {
	least int // elements that there is memory for at first
	own   int // elements for which a recording has memory of its own
	most  int // elements that a recording may have
	sizes [lentSizes]sync.Pool
}

var (
	opsLender  = lender[replyOp]{least: 4, own: ownOps, most: maxReplyOps}
	textLender = lender[byte]{least: 64, own: ownText, most: maxReplyText}
)

// borrowed says where the memory is from that a recording uses.
type borrowed[T any] struct {
	own  []T  // the recording's own, while it uses larger memory
	lent *[]T // the lender's, all of it; nil when the memory in use is none of the lender's
}

// grow returns s in memory that has room for n elements more and never for more than l.most in
// all, of which there must be that many left.
func (l *lender[T]) grow(b *borrowed[T], s []T, n int) []T {
	need := len(s) + n
	if need <= l.own {
		more := make([]T, len(s), max(l.least, ceilPower(need)))
		copy(more, s)
		return more
	}
	old, more := b.lent, []T(nil)
	if size := bits.Len(uint(need-1) / uint(l.own)); size <= lentSizes {
		lent, ok := l.sizes[size-1].Get().(*[]T)
		if !ok {
			fresh := make([]T, l.own<<size)
			lent = &fresh
		}
		more, b.lent = append((*lent)[:0], s...), lent
	} else {
		more, b.lent = slices.Grow(s, n), nil
		if cap(more) > l.most {
			more = more[:len(s):l.most]
		}
	}
	if cap(s) <= l.own {
		b.own = s[:0]
	}
	l.take(old)
	return more
}

// giveBack returns what a recording whose memory is s keeps.
func (l *lender[T]) giveBack(b *borrowed[T], s []T) []T {
	if cap(s) > l.own {
		l.take(b.lent)
		s = b.own
		*b = borrowed[T]{}
	}
	return s
}

// take takes back what was lent.
func (l *lender[T]) take(lent *[]T) {
	if lent != nil {
		l.sizes[bits.TrailingZeros(uint(len(*lent)/l.own))-1].Put(lent)
	}
}

// ceilPower returns the smallest power of two that is not below n.
func ceilPower(n int) int { return 1 << bits.Len(uint(max(n, 1)-1)) }

// moreOps makes room for n steps more. It is kept out of line, away from the hot path.
//
//go:noinline
func (r *recording) moreOps(n int) bool {
	have := len(r.ops)
	if n > maxReplyOps-have {
		r.fail(tooLarge)
		return false
	}
	// What the innermost aggregate still wants is likely to follow. But its length may be anything,
	// and little of it may come.
	if len(r.open) > 0 {
		top := &r.open[len(r.open)-1]
		n = max(n, min(top.want-top.got, max(ownOps, 4*have)-have))
	}
	r.ops = opsLender.grow(&r.opsFrom, r.ops, min(n, maxReplyOps-have))
	return true
}

// moreText makes room for n bytes of text more. It is kept out of line, away from the hot path.
//
//go:noinline
func (r *recording) moreText(n int) bool {
	if n > maxReplyText-len(r.text) {
		r.fail(tooLarge)
		return false
	}
	r.text = textLender.grow(&r.textFrom, r.text, n)
	return true
}

// keep gives back what the recording has borrowed.
//
//go:noinline
func (r *recording) keep() {
	r.ops, r.text = opsLender.giveBack(&r.opsFrom, r.ops), textLender.giveBack(&r.textFrom, r.text)
}
