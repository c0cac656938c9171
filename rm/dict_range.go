// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

// DictRange is a walk over a dictionary that begins at a place of it: upwards with
// All, downwards with Backward. It can be used several times.
//
//	r, err := d.RangeBytes(rm.DictGreaterEqual, []byte("user:"))
//	for key, value := range r.All {
//
// The loop's body may change the dictionary: the walk goes on from the key that it
// has shown last, whether that is still there or not, and shows what comes after
// it then. When the body frees the dictionary, the loop ends. Nested loops, break
// and panics are harmless. Nothing is allocated, once the dictionary has as many
// iterators as there are nested loops; it keeps them until it is freed.
type DictRange struct {
	d   *Dict
	op  DictOp
	key []byte
}

// Range returns a walk that begins at the element which op and key say; DictFirst
// and DictLast do not look at the key. The key must stay valid and unchanged as long
// as the walk is used. The error is ErrDictFreed, or ErrRange for an unknown
// operator.
//
// C: RedisModule_DictIteratorStartC, since Redis 5.0.
func (d *Dict) Range(op DictOp, key RStr) (DictRange, error) { return d.RangeBytes(op, key.Bytes()) }

// RangeBytes is [Dict.Range] with bytes as the key.
//
// C: RedisModule_DictIteratorStartC, since Redis 5.0.
func (d *Dict) RangeBytes(op DictOp, key []byte) (DictRange, error) {
	if err := d.canSeek(op); err != nil {
		return DictRange{}, err
	}
	return DictRange{d, op, key}, nil
}

// start begins a loop; it is nil when the dictionary is freed.
func (r DictRange) start() (it *dictIter, seq uint64) {
	if r.d == nil || r.d.raw == 0 {
		return nil, 0
	}
	it = r.d.takeIter()
	it.seek(r.op, r.key)
	return it, it.seq
}

// endLoop stops a loop's iterator, unless the dictionary has been freed.
func (it *dictIter) endLoop(seq uint64) {
	if it.seq == seq {
		it.stop()
	}
}

// All shows keys and values upwards. A key is valid until the loop's next step, and
// must not be written to.
//
// C: RedisModule_DictNextC, since Redis 5.0.
func (r DictRange) All(yield func(key []byte, value uintptr) bool) {
	it, seq := r.start()
	if it == nil {
		return
	}
	defer it.endLoop(seq)
	for it.seq == seq {
		key, value, ok := it.next()
		if !ok || !yield(key, value) {
			return
		}
	}
}

// Backward shows keys and values downwards; see All.
//
// C: RedisModule_DictPrevC, since Redis 5.0.
func (r DictRange) Backward(yield func(key []byte, value uintptr) bool) {
	it, seq := r.start()
	if it == nil {
		return
	}
	defer it.endLoop(seq)
	for it.seq == seq {
		key, value, ok := it.prev()
		if !ok || !yield(key, value) {
			return
		}
	}
}

// AllStrings shows keys and values upwards, with each key as a string of the
// server. It is freed after the loop's body: use Retain for one to keep.
//
// C: RedisModule_DictNext, since Redis 5.0.
func (r DictRange) AllStrings(yield func(key RStr, value uintptr) bool) {
	it, seq := r.start()
	if it == nil {
		return
	}
	defer it.endLoop(seq)
	var key RString
	defer func() { key.Free() }()
	for it.seq == seq {
		var value uintptr
		var ok bool
		if key, value, ok = it.nextString(); !ok || !yield(key.rstr, value) {
			return
		}
		key.Free()
	}
}

// BackwardStrings shows keys and values downwards; see AllStrings.
//
// C: RedisModule_DictPrev, since Redis 5.0.
func (r DictRange) BackwardStrings(yield func(key RStr, value uintptr) bool) {
	it, seq := r.start()
	if it == nil {
		return
	}
	defer it.endLoop(seq)
	var key RString
	defer func() { key.Free() }()
	for it.seq == seq {
		var value uintptr
		var ok bool
		if key, value, ok = it.prevString(); !ok || !yield(key.rstr, value) {
			return
		}
		key.Free()
	}
}
