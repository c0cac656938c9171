// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// StreamEntryBytes is an entry of a stream as [StreamRange.AllBytes] gives it, valid for
// the body of that loop. After that it has no fields.
type StreamEntryBytes struct {
	e     StreamEntry
	words int // where in walk.words its contents begin
}

// AllBytes is All with the contents of fields and values, which are read together: it is
// cheaper than to ask each of them for its content or length. The body may do what that
// of All may.
//
// C: RedisModule_StreamIteratorNextID, RedisModule_StreamIteratorNextField,
// RedisModule_StreamIteratorStop, since Redis 6.2; RedisModule_StringPtrLen, since Redis 4.0.
func (r StreamRange) AllBytes(yield func(id StreamID, entry StreamEntryBytes) bool) {
	r.walkBytes(0, yield)
}

// BackwardBytes is AllBytes from the last entry on.
//
// C: RedisModule_StreamIteratorNextID, RedisModule_StreamIteratorNextField,
// RedisModule_StreamIteratorStop, since Redis 6.2; RedisModule_StringPtrLen, since Redis 4.0.
func (r StreamRange) BackwardBytes(yield func(id StreamID, entry StreamEntryBytes) bool) {
	r.walkBytes(redismodule.STREAM_ITERATOR_REVERSE, yield)
}

func (r *StreamRange) walkBytes(flags int32, yield func(id StreamID, entry StreamEntryBytes) bool) {
	left := *r
	w := left.start()
	if w == nil {
		return
	}
	defer w.end()
	for w.nextStreamBatch(&left, flags, streamViews) {
		for at := 0; at+3 <= len(w.words); {
			id, n := StreamID{w.words[at], w.words[at+1]}, 2*int(w.words[at+2])
			entrySerial++
			w.serial = entrySerial
			if debugging {
				w.step.end()
				w.step = newOrigin("step of a loop over a stream")
			}
			e := StreamEntryBytes{StreamEntry{w, w.serial, id, w.lent, n}, at + 3}
			w.lent += n
			at += 3 + 2*n
			if !yield(id, e) || w.key == nil {
				return
			}
		}
	}
}

// NumFields returns the number of fields.
func (e StreamEntryBytes) NumFields() int { return e.e.NumFields() }

// Fields is the loop over the fields. Field and value are valid for the body of the loop
// that has given the entry, and must not be written to.
func (e StreamEntryBytes) Fields(yield func(field, value []byte) bool) {
	for i := 0; i < e.e.n; i += 2 {
		w := e.e.w
		if w == nil || w.serial != e.e.serial {
			return
		}
		pair := (*[4]uint64)(w.words[e.words+2*i:]) // as in pair, which is too much to be inlined
		field, value := core.ViewAt(pair[0], pair[1]).Bytes(), core.ViewAt(pair[2], pair[3]).Bytes()
		if debugging {
			field, value = w.step.show(field), w.step.show(value)
		}
		if !yield(field, value) {
			return
		}
	}
}

// Field returns field i and its value, nil when there are not so many. They are valid for
// the body of the loop that has given the entry, and must not be written to.
func (e StreamEntryBytes) Field(i int) (field, value []byte) {
	if i < 0 || i >= e.NumFields() {
		return nil, nil
	}
	return e.pair(i)
}

// pair returns field i, which there is, and its value.
func (e StreamEntryBytes) pair(i int) (field, value []byte) {
	pair := (*[4]uint64)(e.e.w.words[e.words+4*i:])
	field, value = core.ViewAt(pair[0], pair[1]).Bytes(), core.ViewAt(pair[2], pair[3]).Bytes()
	if debugging {
		field, value = e.e.w.step.show(field), e.e.w.step.show(value)
	}
	return field, value
}

// Delete is [StreamEntry.Delete].
//
// C: RedisModule_StreamDelete, since Redis 6.2.
func (e StreamEntryBytes) Delete() (bool, error) { return e.e.Delete() }
