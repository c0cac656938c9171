// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// walk is a loop over a range of a key. The server's iterators point into the
// value and do not notice that it changes, so none of them is in use while the
// loop's body runs. A walk reads the elements in batches: it goes to where it was,
// copies what comes next, and forgets the server's iterator. The body gets the
// copies one by one.
//
// The first batch is read through the key itself. For the others the key is opened
// once more for a moment, since the body may have made the server free the value,
// which an open key does not notice either.
//
// Walks are guarded by the server's lock.
type walk struct {
	cell[walk]
	key   *openKey // nil: it was closed
	ctx   redismodule.Ctx
	db    int32 // where the key is, if the server does not tell
	begun bool
	done  bool  // nothing is after the last element of the batch
	next  *walk // in key.walks

	// The strings of the batch, which the walk owns: strs[:freed] are given back,
	// strs[freed:lent] are with the body.
	strs        []redismodule.String
	freed, lent int
	bytes       int

	limit   int          // how many elements the next batch has at most
	scores  []float64    // of a sorted set's elements
	equal   equals       // where in a sorted set the batch ends
	entries []streamItem // of a stream
	words   []uint64     // of entries with contents, as core.StreamRead has them
	step    origin       // of that body
	serial  uint64       // of the entry that the body has
	bound   []byte       // for an end of a range

	// What C reads a batch with. Here, since a walk is on the heap.
	zset   core.ZsetRead
	stream core.StreamRead
}

// Batches grow, so that few elements are copied in vain by a loop that ends early.
// They end when there are more bytes than batchBytes.
const (
	firstBatch = 16
	batchBytes = 64 << 10
)

// walks holds them.
var walks = table[walk]{cellOf: func(w *walk) *cell[walk] { return &w.cell }}

// startWalk returns a walk over the key, nil if the key is closed or missing. It
// must be ended.
func (k ReadKey) startWalk() *walk {
	raw, err := k.handle()
	if err != nil || raw == 0 {
		return nil
	}
	w := walks.borrow()
	w.key, w.ctx, w.begun, w.done, w.limit, w.equal = k.k, k.k.ctx, false, false, firstBatch, equals{}
	w.next, k.k.walks = k.k.walks, w
	if !has(featureGetDbIdFromModuleKey) {
		w.db = redismodule.GetSelectedDb(w.ctx)
	}
	return w
}

// end gives everything back.
func (w *walk) end() {
	w.release(len(w.strs))
	w.clear()
	if w.key != nil {
		p := &w.key.walks
		for *p != w {
			p = &(*p).next
		}
		*p = w.next
		w.key = nil
	}
	// Buffers that a rare walk has made large are not kept.
	if cap(w.strs) > 4096 {
		w.strs, w.scores, w.entries, w.words = nil, nil, nil, nil
	}
	if cap(w.bound) > batchBytes {
		w.bound = nil
	}
	w.next = nil
	walks.giveBack(&w.cell)
}

// stopWalks ends the walks over the key, which is about to be closed. What the
// bodies of the loops have stays with them, unless the callback ends.
func (k *openKey) stopWalks(callbackEnds bool) {
	for w := k.walks; w != nil; w = k.walks {
		k.walks, w.key, w.next = w.next, nil, nil
		keep := w.lent
		if callbackEnds {
			keep, w.serial = w.freed, 0
		}
		for _, s := range w.strs[keep:] {
			redismodule.FreeString(w.ctx, s)
		}
		w.strs, w.lent = w.strs[:keep], keep
	}
}

// release frees the strings of the batch in front of n.
func (w *walk) release(n int) {
	if w.freed < n {
		// With the context, in case that it has automatic memory.
		core.FreeStrings(w.ctx, w.strs[w.freed:n])
		w.freed = n
	}
	w.lent = max(w.lent, w.freed)
}

// clear begins a new batch.
func (w *walk) clear() {
	w.strs, w.scores, w.entries, w.words = w.strs[:0], w.scores[:0], w.entries[:0], w.words[:0]
	w.freed, w.lent, w.bytes, w.serial = 0, 0, 0, 0
	w.step.end()
}

// reopenMode opens a key again with as little effect as the server is able to, and
// also one that has expired since it was opened.
const reopenMode = redismodule.OPEN_KEY_NOTOUCH | redismodule.OPEN_KEY_NONOTIFY | redismodule.OPEN_KEY_NOSTATS |
	redismodule.OPEN_KEY_NOEXPIRE | redismodule.OPEN_KEY_NOEFFECTS | redismodule.OPEN_KEY_ACCESS_EXPIRED |
	redismodule.OPEN_KEY_ACCESS_TRIMMED

// open returns a handle to read the next batch with, 0 if there is nothing any
// more. It must be given to close.
func (w *walk) open() redismodule.Key {
	if w.key != nil && w.key.watch != 0 {
		w.key.look()
	}
	switch {
	case w.key == nil || w.key.raw == 0 || w.done:
		return 0
	case !w.begun:
		w.begun = true
		return w.key.raw
	}
	mode := int32(redismodule.OPEN_KEY_NOTOUCH)
	if has(featureGetOpenKeyModesAll) {
		mode = redismodule.GetOpenKeyModesAll() & reopenMode
	} else if ms := redismodule.GetExpire(w.key.raw); ms >= 0 && ms < 1000 {
		// Opening it could delete it, and leave the open key with a value that
		// is freed.
		return w.key.raw
	}
	return w.reopen(mode)
}

func (w *walk) reopen(mode int32) redismodule.Key {
	db := w.db
	if has(featureGetDbIdFromModuleKey) {
		db = redismodule.GetDbIdFromModuleKey(w.key.raw)
	}
	name := redismodule.GetKeyNameFromModuleKey(w.key.raw)
	selected := redismodule.GetSelectedDb(w.ctx)
	if selected == db {
		return redismodule.OpenKey(w.ctx, name, redismodule.READ|mode)
	}
	redismodule.SelectDb(w.ctx, db)
	raw := redismodule.OpenKey(w.ctx, name, redismodule.READ|mode)
	redismodule.SelectDb(w.ctx, selected)
	return raw
}

// close gives a handle back that open has returned. No Go code but that of the walk
// has run meanwhile.
func (w *walk) close(raw redismodule.Key) {
	if w.key == nil || raw != w.key.raw {
		redismodule.CloseKey(raw)
	}
}
