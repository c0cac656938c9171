// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// DictOp says where in a dictionary an iterator begins, seen from a key, or how two
// keys compare.
type DictOp uint8

// The operators. DictFirst and DictLast take no key.
const (
	DictFirst        DictOp = iota // "^": the first key
	DictLast                       // "$": the last key
	DictEqual                      // "==": the key itself; nothing when it is missing
	DictGreaterEqual               // ">=": the key, or the next greater one
	DictGreater                    // ">": the next greater key
	DictLessEqual                  // "<=": the key, or the next smaller one
	DictLess                       // "<": the next smaller key
)

var dictOps = [...]unsafeconv.ZStr{
	unsafeconv.NewZ("^"), unsafeconv.NewZ("$"), unsafeconv.NewZ("=="), unsafeconv.NewZ(">="),
	unsafeconv.NewZ(">"), unsafeconv.NewZ("<="), unsafeconv.NewZ("<"),
}

// DictIterator is a position in a dictionary. It is two words and can be copied;
// it and all its copies end with Stop, at the latest when the dictionary is freed.
//
// The dictionary may change meanwhile: the iterator goes on from the key that it
// has shown last, whether that is still there or not.
type DictIterator struct{ h handle[dictIter] }

// dictIter is what stands behind the copies of a DictIterator. It keeps the
// server's iterator when it is stopped, for the next one over the same dictionary.
// The server's iterator points into the tree, so that any change of the dictionary
// makes it invalid; it must be put to its place again before its next step.
type dictIter struct {
	cell[dictIter]
	d       *Dict
	raw     redismodule.DictIter
	changes uint64 // of the dictionary, when it was put to its place
	state   uint8
	op      DictOp // where it was put, with from, while sought

	// last is the key that was shown last: the server's, in the iterator's own
	// memory, or from. A step makes it invalid, a change of the dictionary not.
	last, from []byte
}

// The states of a dictIter.
const (
	dictSought = iota // before the element that was sought
	dictAt            // at the element that was shown last
	dictEnded         // nothing is left
)

// Iterator returns an iterator that is put before the element which op and key
// say. It must be stopped. DictFirst and DictLast do not look at the key.
//
// C: RedisModule_DictIteratorStart, since Redis 5.0.
func (d *Dict) Iterator(op DictOp, key RStr) (DictIterator, error) {
	b := key.Bytes()
	if err := d.canSeek(op); err != nil {
		return DictIterator{}, err
	}
	it := d.takeIter()
	if it.raw == 0 && key.s != 0 {
		it.raw = redismodule.DictIteratorStart(d.raw, dictOps[op].Ptr(), key.raw())
		it.put(op, b)
	} else {
		it.seek(op, b)
	}
	return DictIterator{it.handle()}, nil
}

// IteratorBytes is [Dict.Iterator] with bytes as the key.
//
// C: RedisModule_DictIteratorStartC, since Redis 5.0.
func (d *Dict) IteratorBytes(op DictOp, key []byte) (DictIterator, error) {
	if err := d.canSeek(op); err != nil {
		return DictIterator{}, err
	}
	it := d.takeIter()
	it.seek(op, key)
	return DictIterator{it.handle()}, nil
}

func (d *Dict) canSeek(op DictOp) error {
	if d == nil || d.raw == 0 {
		return d.over()
	}
	if int(op) >= len(dictOps) {
		return ErrRange
	}
	return nil
}

// takeIter registers an iterator, which the caller puts to its place.
func (d *Dict) takeIter() *dictIter {
	it := d.iters.take()
	it.d = d
	return it
}

// stop puts the iterator among those to reuse.
func (it *dictIter) stop() {
	it.last = nil
	it.d.iters.drop(&it.cell)
}

// seek puts the server's iterator to a place, which is a new one where needed. The
// key may be the iterator's own, which a seek changes.
func (it *dictIter) seek(op DictOp, key []byte) {
	it.put(op, key)
	if it.raw == 0 {
		it.raw = redismodule.DictIteratorStartC(it.d.raw, dictOps[op].Ptr(), data(it.from), uintptr(len(it.from)))
		return
	}
	// The result says nothing: it tells only unknown operators.
	redismodule.DictIteratorReseekC(it.raw, dictOps[op].Ptr(), data(it.from), uintptr(len(it.from)))
}

// put notes where the server's iterator is put.
func (it *dictIter) put(op DictOp, key []byte) {
	it.op, it.from = op, append(it.from[:0], key...)
	it.state, it.changes, it.last = dictSought, it.d.changes, nil
}

// valid makes the server's iterator valid for a step, forward or back.
func (it *dictIter) valid(op DictOp) bool {
	if it.state == dictEnded {
		return false
	}
	if it.changes != it.d.changes {
		if it.state == dictSought {
			it.seek(it.op, it.from)
		} else {
			// SAFETY(U35): last can be read after the dictionary changed; holds
			// because the server's iterator has its key in memory of its own; until
			// its next step or seek, before which seek copies it.
			it.seek(op, it.last)
		}
	}
	return true
}

func (it *dictIter) next() (key []byte, value uintptr, ok bool) {
	if !it.valid(DictGreater) {
		return nil, 0, false
	}
	var n uintptr
	return it.shown(redismodule.DictNextC(it.raw, &n, &value), n, value)
}

func (it *dictIter) prev() (key []byte, value uintptr, ok bool) {
	if !it.valid(DictLess) {
		return nil, 0, false
	}
	var n uintptr
	return it.shown(redismodule.DictPrevC(it.raw, &n, &value), n, value)
}

// shown notes the result of a step.
func (it *dictIter) shown(key, n, value uintptr) ([]byte, uintptr, bool) {
	if key == 0 {
		it.state, it.last = dictEnded, nil
		return nil, 0, false
	}
	it.state, it.last = dictAt, unsafeconv.BytesAt(unsafeconv.Ptr[byte](key), n)
	return it.last, value, true
}

func (it *dictIter) nextString() (key RString, value uintptr, ok bool) {
	if !it.valid(DictGreater) {
		return RString{}, 0, false
	}
	return it.shownString(redismodule.DictNext(0, it.raw, &value), value)
}

func (it *dictIter) prevString() (key RString, value uintptr, ok bool) {
	if !it.valid(DictLess) {
		return RString{}, 0, false
	}
	return it.shownString(redismodule.DictPrev(0, it.raw, &value), value)
}

// shownString notes the result of a step that made a string, of which the caller
// may do away at once.
func (it *dictIter) shownString(key redismodule.String, value uintptr) (RString, uintptr, bool) {
	if key == 0 {
		it.state, it.last = dictEnded, nil
		return RString{}, 0, false
	}
	s := owned(key)
	it.from = append(it.from[:0], s.Bytes()...)
	it.state, it.last = dictAt, it.from
	return s, value, true
}

// live returns what stands behind an iterator that is not stopped.
func (i DictIterator) live() (*dictIter, error) {
	it := i.h.live()
	if it == nil {
		return nil, misuse(ErrIteratorStopped)
	}
	return it, nil
}

// Next returns the next element: first the one that was sought, then the greater
// ones. ok is false when there is none; then only Seek makes the iterator go on. The
// key is valid until the next step or seek, and must not be written to.
//
// C: RedisModule_DictNextC, since Redis 5.0.
func (i DictIterator) Next() (key []byte, value uintptr, ok bool) {
	it, err := i.live()
	if err != nil {
		return nil, 0, false
	}
	return it.next()
}

// Prev returns the previous element: first the one that was sought, then the
// smaller ones. See [DictIterator.Next] for the rest.
//
// C: RedisModule_DictPrevC, since Redis 5.0.
func (i DictIterator) Prev() (key []byte, value uintptr, ok bool) {
	it, err := i.live()
	if err != nil {
		return nil, 0, false
	}
	return it.prev()
}

// NextString is [DictIterator.Next] with the key as a string of its own, which
// must be freed.
//
// C: RedisModule_DictNext, since Redis 5.0.
func (i DictIterator) NextString() (key RString, value uintptr, ok bool) {
	it, err := i.live()
	if err != nil {
		return RString{}, 0, false
	}
	return it.nextString()
}

// PrevString is [DictIterator.Prev] with the key as a string of its own, which
// must be freed.
//
// C: RedisModule_DictPrev, since Redis 5.0.
func (i DictIterator) PrevString() (key RString, value uintptr, ok bool) {
	it, err := i.live()
	if err != nil {
		return RString{}, 0, false
	}
	return it.prevString()
}

// Seek puts the iterator before another element; see [Dict.Iterator].
//
// C: RedisModule_DictIteratorReseek, since Redis 5.0.
func (i DictIterator) Seek(op DictOp, key RStr) error {
	it, err := i.canSeek(op)
	if err != nil {
		return err
	}
	if key.s == 0 {
		it.seek(op, nil)
		return nil
	}
	redismodule.DictIteratorReseek(it.raw, dictOps[op].Ptr(), key.raw())
	it.put(op, key.Bytes())
	return nil
}

// SeekBytes is [DictIterator.Seek] with bytes as the key.
//
// C: RedisModule_DictIteratorReseekC, since Redis 5.0.
func (i DictIterator) SeekBytes(op DictOp, key []byte) error {
	it, err := i.canSeek(op)
	if err == nil {
		it.seek(op, key)
	}
	return err
}

func (i DictIterator) canSeek(op DictOp) (*dictIter, error) {
	it, err := i.live()
	if err == nil && int(op) >= len(dictOps) {
		err = ErrRange
	}
	return it, err
}

// Compare tells whether the key that the iterator has shown last, or will show
// first after a seek, stands in the relation op to key. It is false when the
// iterator has come to its end, and for DictFirst and DictLast.
//
// C: RedisModule_DictCompare, since Redis 5.0.
func (i DictIterator) Compare(op DictOp, key RStr) bool {
	it, err := i.canSeek(op)
	if err != nil || !it.comparable() {
		return false
	}
	if key.s == 0 {
		return i.CompareBytes(op, nil)
	}
	return redismodule.DictCompare(it.raw, dictOps[op].Ptr(), key.raw()) == redismodule.OK
}

// CompareBytes is [DictIterator.Compare] with bytes as the key.
//
// C: RedisModule_DictCompareC, since Redis 5.0.
func (i DictIterator) CompareBytes(op DictOp, key []byte) bool {
	it, err := i.canSeek(op)
	if err != nil || !it.comparable() {
		return false
	}
	return redismodule.DictCompareC(it.raw, dictOps[op].Ptr(), data(key), uintptr(len(key))) == redismodule.OK
}

// comparable makes what a comparison reads right: the iterator's key. That stays
// what it is when the dictionary changes, unless it was never shown.
func (it *dictIter) comparable() bool { return it.state == dictAt || it.valid(DictEqual) }

// Stop gives the iterator back. Stopping it again does nothing; the debug build tells of
// it.
//
// C: RedisModule_DictIteratorStop, since Redis 5.0.
func (i DictIterator) Stop() {
	if it, err := i.live(); err == nil {
		it.stop()
	}
}
