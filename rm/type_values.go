// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "sync/atomic"

// typeValues holds the values of a data type. The server has a word for each: the number
// of its slot, and how often the slot was used before, so that a word that is over is
// recognised. Nobody waits here: a forked child reads what another thread was about to
// change at the fork, and threads of the server's free values beside its own thread. The
// table grows by one leaf at a time, and nothing in it ever moves.
type typeValues[T any] struct {
	root  [1 << rootBits]atomic.Pointer[branch[T]]
	grown atomic.Uint64 // slots that have been used, from number 1 on
	free  atomic.Uint64 // the first slot to be used again, and how often this was changed (the upper half)
	count atomic.Int64  // values
}

const (
	leafBits   = 11 // 32 KB, the largest that Go's allocator has ready
	branchBits = 11
	rootBits   = 9
	maxValues  = 1<<(leafBits+branchBits+rootBits) - 1
)

type (
	branch[T any] [1 << branchBits]atomic.Pointer[leaf[T]]
	leaf[T any]   [1 << leafBits]valueSlot[T]
)

// valueSlot is the place of one value.
type valueSlot[T any] struct {
	v    atomic.Pointer[T]
	uses atomic.Uint32
	next atomic.Uint32 // in the list of those to be used again, 0 for none
}

// slot returns the slot of a number, nil if there is none.
func (t *typeValues[T]) slot(i uint32) *valueSlot[T] {
	if i == 0 || i > maxValues {
		return nil
	}
	b := t.root[i>>(leafBits+branchBits)].Load()
	if b == nil {
		return nil
	}
	l := b[i>>leafBits%(1<<branchBits)].Load()
	if l == nil {
		return nil
	}
	return &l[i%(1<<leafBits)]
}

// newSlot takes the next slot that was never used.
func (t *typeValues[T]) newSlot() (uint32, error) {
	n := t.grown.Add(1)
	if n > maxValues {
		t.grown.Add(^uint64(0))
		return 0, ErrNoMemory
	}
	i := uint32(n)
	root := &t.root[i>>(leafBits+branchBits)]
	b := root.Load()
	if b == nil {
		root.CompareAndSwap(nil, new(branch[T]))
		b = root.Load()
	}
	if place := &b[i>>leafBits%(1<<branchBits)]; place.Load() == nil {
		place.CompareAndSwap(nil, new(leaf[T]))
	}
	return i, nil
}

// take keeps a value and returns its word, which is not 0.
func (t *typeValues[T]) take(v *T) (uintptr, error) {
	for {
		head := t.free.Load()
		i := uint32(head)
		if i == 0 {
			var err error
			if i, err = t.newSlot(); err != nil {
				return 0, err
			}
		} else if !t.free.CompareAndSwap(head, (head>>32+1)<<32|uint64(t.slot(i).next.Load())) {
			continue
		}
		s := t.slot(i)
		s.v.Store(v)
		t.count.Add(1)
		return uintptr(s.uses.Load())<<32 | uintptr(i), nil
	}
}

// get returns the value of a word, nil if it has none.
func (t *typeValues[T]) get(word uintptr) *T {
	s := t.slot(uint32(word))
	if s == nil || s.uses.Load() != uint32(word>>32) {
		return nil
	}
	return s.v.Load()
}

// drop forgets a value, which it returns; nil if the word has none.
func (t *typeValues[T]) drop(word uintptr) *T {
	i, uses := uint32(word), uint32(word>>32)
	s := t.slot(i)
	if s == nil || s.v.Load() == nil || !s.uses.CompareAndSwap(uses, uses+1) {
		return nil
	}
	v := s.v.Swap(nil)
	t.count.Add(-1)
	for {
		head := t.free.Load()
		s.next.Store(uint32(head))
		if t.free.CompareAndSwap(head, (head>>32+1)<<32|uint64(i)) {
			return v
		}
	}
}
