// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// ErrKeyChanged tells of a loop in place whose body has changed the key.
const ErrKeyChanged = Error("ERR the body of a loop in place has changed the key")

// AllInPlace is All for a body that promises not to change the key, in any way, not to
// close it, and not to begin another loop over it by the same open key. It is cheaper:
// the server's iterator stays where it is. What breaks the promise can make the server
// use memory that is freed; the debug build tells of it, and is safe.
//
// element is the content, valid for the body of the loop. Breaking, returning and
// panicking are allowed, and so is everything with other keys.
//
// C: RedisModule_ZsetRangeCurrentElement, RedisModule_ZsetRangeNext,
// RedisModule_ZsetRangeStop, since Redis 4.0.
func (r ZSetRange) AllInPlace(yield func(element []byte, score float64) bool) {
	r.inPlace(false, yield)
}

// BackwardInPlace is AllInPlace from the last element on.
//
// C: RedisModule_ZsetRangeCurrentElement, RedisModule_ZsetRangePrev,
// RedisModule_ZsetRangeStop, since Redis 4.0.
func (r ZSetRange) BackwardInPlace(yield func(element []byte, score float64) bool) {
	r.inPlace(true, yield)
}

func (r *ZSetRange) inPlace(back bool, yield func(element []byte, score float64) bool) {
	if debugging {
		r.notInPlace(back, yield)
		return
	}
	raw, err := r.k.handle()
	if err != nil || raw == 0 {
		return
	}
	w := zsetWindow{k: r.k, ctx: r.k.k.ctx, raw: raw, first: math.NaN()}
	if back {
		w.how = core.ZSetBack
	}
	if r.min != 0 {
		w.how |= core.ZSetLex
	}
	defer w.end()
	w.done = !r.seek(raw, back, r.score, r.min, r.max)
	for w.read() {
		for i := range w.items[:w.n] {
			item := &w.items[i]
			if !yield(item.Element.Bytes(), item.Score) {
				return
			}
		}
	}
}

// zsetWindow are the elements that a loop in place has read. It is in the stack.
type zsetWindow struct {
	k     ReadKey
	ctx   redismodule.Ctx
	raw   redismodule.Key
	how   uintptr
	first float64 // the score of the range's first element, NaN before
	done  bool
	n     int
	items [32]core.ZSetItem
}

// read reads the next elements. If the key is closed, there are none.
func (w *zsetWindow) read() bool {
	core.FreeZSetItems(w.ctx, w.items[:w.n])
	w.n = 0
	if w.done || !w.there() {
		return false
	}
	w.n, w.done = core.ZSetInPlace(w.ctx, w.raw, w.items[:], &w.first, w.how)
	return w.n > 0
}

// end frees the elements and the server's iterator.
func (w *zsetWindow) end() {
	core.FreeZSetItems(w.ctx, w.items[:w.n])
	if w.there() {
		redismodule.ZsetRangeStop(w.raw)
	}
}

// there tells whether the key is open still, and its value there: it may have expired.
func (w *zsetWindow) there() bool {
	k := w.k.k
	if k.seq == w.k.seq && k.watch != 0 {
		k.look()
	}
	return k.seq == w.k.seq && k.raw != 0
}

// notInPlace is inPlace for the debug build: an ordinary loop, which compares the range
// before and after it.
func (r *ZSetRange) notInPlace(back bool, yield func(element []byte, score float64) bool) {
	if raw, err := r.k.handle(); err != nil || raw == 0 {
		return
	}
	length, before := r.k.Len(), r.digest()
	for element, score := range func(body func(RStr, float64) bool) { r.walk(back, body) } {
		more := yield(element.Bytes(), score)
		if r.k.k.seq != r.k.seq || r.k.Len() != length {
			_ = misuse(ErrKeyChanged)
		}
		if !more {
			break
		}
	}
	if r.digest() != before {
		_ = misuse(ErrKeyChanged)
	}
}

// digest is a number that tells the range's contents.
func (r *ZSetRange) digest() (d uint64) {
	for element, score := range r.All {
		d = digest(digest(d, element.Bytes()), nil) ^ math.Float64bits(score)
	}
	return d
}

// digest is FNV-1a over what is in d and b.
func digest(d uint64, b []byte) uint64 {
	for _, c := range b {
		d = (d ^ uint64(c)) * 1099511628211
	}
	return (d ^ uint64(len(b))) * 1099511628211
}
