// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// StreamRange is a range of a stream, to be looped over:
//
//	for id, entry := range r.All {
//		for field, value := range entry.Fields {
//
// The entry is valid for the body of its loop. The body may do anything: it may
// delete this entry and others, add some, close the key, loop over it again, break,
// return and panic. An entry that is there all the time comes exactly once. One that
// the body adds comes if it is after in the direction of the loop, except at the
// end of a short range; one that the body deletes may still come, since a loop is up
// to 128 entries (or 64 KB) ahead.
//
// A loop ends when its key is closed, when there is no such key any more, and when it
// has another type. If something else than the key itself, a call for example, has
// deleted or replaced the value, then the key must only be closed.
//
// A StreamRange can be copied, and looped over as often as its key is open.
type StreamRange struct {
	k        ReadKey
	from, to StreamID
	none     bool
}

// Stream returns the entries from one ID to another, both included; none when there
// is no key. Errors: ErrWrongType; ErrUnsupported before Redis 6.2.
//
// C: RedisModule_StreamIteratorStart, since Redis 6.2.
func (k ReadKey) Stream(from, to StreamID) (StreamRange, error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return StreamRange{}, err
	case !has(featureStreamIteratorStart):
		return StreamRange{}, lacks(featureStreamIteratorStart)
	case raw == 0:
		return StreamRange{k: k, none: true}, nil
	}
	return StreamRange{k: k, from: from, to: to}, k.unless(KeyTypeStream)
}

// Exclusive returns the range without its two ends.
func (r StreamRange) Exclusive() StreamRange {
	from, ok1 := r.from.next()
	to, ok2 := r.to.prev()
	return StreamRange{r.k, from, to, r.none || !ok1 || !ok2}
}

// StreamEntry is an entry of a stream, valid for the body of the loop that gives
// it. After that it has no fields.
type StreamEntry struct {
	w      *walk
	serial uint64
	id     StreamID
	at, n  int // its strings in the batch
}

// streamItem is an entry of a batch.
type streamItem struct {
	id     StreamID
	fields int
}

// All is the loop over the range from its first entry on.
//
// C: RedisModule_StreamIteratorNextID, RedisModule_StreamIteratorNextField,
// RedisModule_StreamIteratorStop, since Redis 6.2.
func (r StreamRange) All(yield func(id StreamID, entry StreamEntry) bool) { r.walk(0, yield) }

// Backward is the loop over the range from its last entry on.
//
// C: RedisModule_StreamIteratorNextID, RedisModule_StreamIteratorNextField,
// RedisModule_StreamIteratorStop, since Redis 6.2.
func (r StreamRange) Backward(yield func(id StreamID, entry StreamEntry) bool) {
	r.walk(redismodule.STREAM_ITERATOR_REVERSE, yield)
}

// IDs is the loop over the IDs and the numbers of fields alone, from the first
// entry on. It is cheaper, since the fields are not copied.
//
// C: RedisModule_StreamIteratorNextID, RedisModule_StreamIteratorNextField,
// RedisModule_StreamIteratorStop, since Redis 6.2.
func (r StreamRange) IDs(yield func(id StreamID, fields int) bool) { r.walkIDs(0, yield) }

// IDsBackward is IDs from the last entry on.
//
// C: RedisModule_StreamIteratorNextID, RedisModule_StreamIteratorNextField,
// RedisModule_StreamIteratorStop, since Redis 6.2.
func (r StreamRange) IDsBackward(yield func(id StreamID, fields int) bool) {
	r.walkIDs(redismodule.STREAM_ITERATOR_REVERSE, yield)
}

// entrySerial numbers the entries that bodies get, to know those that are over.
var entrySerial uint64

func (r *StreamRange) walk(flags int32, yield func(id StreamID, entry StreamEntry) bool) {
	left := *r
	w := left.start()
	if w == nil {
		return
	}
	defer w.end()
	for w.nextStreamBatch(&left, flags, streamStrings) {
		for _, e := range w.entries {
			entrySerial++
			w.serial = entrySerial
			w.step.end()
			w.step = newOrigin("step of a loop over a stream")
			at := w.lent
			w.lent += 2 * e.fields
			if !yield(e.id, StreamEntry{w, w.serial, e.id, at, 2 * e.fields}) || w.key == nil {
				return
			}
		}
	}
}

func (r *StreamRange) walkIDs(flags int32, yield func(id StreamID, fields int) bool) {
	left := *r
	w := left.start()
	if w == nil {
		return
	}
	defer w.end()
	for w.nextStreamBatch(&left, flags, streamIDs) {
		for _, e := range w.entries {
			if !yield(e.id, e.fields) || w.key == nil {
				return
			}
		}
	}
}

func (r *StreamRange) start() *walk {
	if r.none || r.from.Compare(r.to) > 0 {
		return nil
	}
	return r.k.startWalk()
}

const (
	streamBatch       = 128
	streamBatchFields = 2048
)

// streamPart is what of the entries a walk reads.
type streamPart int32

const (
	streamIDs streamPart = iota
	streamStrings
	streamViews // strings and their contents
)

// nextStreamBatch reads the first entries of what is left of a range, and takes them
// off it.
func (w *walk) nextStreamBatch(left *StreamRange, flags int32, part streamPart) bool {
	raw := w.open()
	if raw == 0 {
		return false
	}
	w.release(len(w.strs))
	w.clear()
	first, last := left.from.raw(), left.to.raw()
	if redismodule.StreamIteratorStart(raw, flags, &first, &last) == redismodule.OK {
		w.readStream(raw, part)
		redismodule.StreamIteratorStop(raw)
	}
	w.close(raw)
	if len(w.entries) == 0 {
		return false
	}
	ok := false
	if id := w.entries[len(w.entries)-1].id; flags&redismodule.STREAM_ITERATOR_REVERSE == 0 {
		left.from, ok = id.next()
	} else {
		left.to, ok = id.prev()
	}
	w.done = w.done || !ok || left.from.Compare(left.to) > 0
	return true
}

func (w *walk) readStream(raw redismodule.Key, part streamPart) {
	q := &w.stream
	*q = core.StreamRead{Key: raw, Limit: uint64(w.limit), LimitBytes: batchBytes, LimitStrings: 2 * streamBatchFields}
	w.limit = min(8*w.limit, streamBatch)
	q.Fields = int32(part)
	q.Read()
	w.strs, w.bytes = append(w.strs, q.Strings()...), q.Bytes()
	n := q.Numbers()
	if part == streamViews {
		w.words = append(w.words, n...)
		last := 0
		for at := 0; at < len(n); at += 3 + 4*int(n[at+2]) {
			last = at
		}
		if len(n) == 0 {
			return
		}
		n = n[last : last+3] // of entries the last one is enough
	}
	for ; len(n) > 0; n = n[3:] {
		w.entries = append(w.entries, streamItem{StreamID{n[0], n[1]}, int(n[2])})
	}
	w.done = w.done || q.Done != 0
}

// strings are the entry's names and values, none if its body is over.
func (e StreamEntry) strings() []redismodule.String {
	if e.w == nil || e.w.serial != e.serial {
		return nil
	}
	return e.w.strs[e.at : e.at+e.n]
}

// NumFields returns the number of fields.
func (e StreamEntry) NumFields() int { return len(e.strings()) / 2 }

// Fields is the loop over the fields. Field and value are valid for the body of the
// loop that has given the entry.
func (e StreamEntry) Fields(yield func(field, value RStr) bool) {
	for i := 0; ; i += 2 {
		s := e.strings()
		if i >= len(s) {
			return
		}
		field, value := RStr{s: s[i]}, RStr{s: s[i+1]}
		if debugging {
			field.o, value.o = e.w.step, e.w.step
		}
		if !yield(field, value) {
			return
		}
	}
}

// Field returns field i and its value, zero RStrs when there are not so many. They
// are valid for the body of the loop that has given the entry.
func (e StreamEntry) Field(i int) (field, value RStr) {
	s := e.strings()
	if i < 0 || i >= len(s)/2 {
		return RStr{}, RStr{}
	}
	field, value = RStr{s: s[2*i]}, RStr{s: s[2*i+1]}
	if debugging {
		field.o, value.o = e.w.step, e.w.step
	}
	return
}

// Delete deletes the entry from the stream and tells whether it was there; its
// fields can still be read. The loop goes on. Errors: ErrRefused when the key is
// open for reading only, ErrKeyClosed when it is closed or the body of the loop is
// over.
//
// C: RedisModule_StreamDelete, since Redis 6.2.
func (e StreamEntry) Delete() (bool, error) {
	if e.w == nil || e.w.serial != e.serial || e.w.key == nil {
		return false, misuse(ErrKeyClosed)
	}
	return WriteKey{ReadKey{e.w.key, e.w.key.seq}}.StreamDelete(e.id)
}
