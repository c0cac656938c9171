// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// ScanKey does one step of a scan of the elements of a hash, set or sorted set:
// it calls fn for each element of a part of the value, possibly for none, and moves
// the cursor. It is to be called again as long as more is true; when the scan is
// over, further calls do nothing.
//
// fn gets the field and value of a hash, the element and zero of a set, the
// element and its score of a sorted set. The score is text, to be read with
// [RStr.Float64]: the same score can have several spellings. Both are valid until
// fn returns; Retain keeps them. A small value, which the server stores in one
// piece, comes in one step; larger ones come with the guarantees of the command
// HSCAN: what is there from the start to the end is shown at least once.
//
// fn may change the key, but only through this open key: if the key goes in another
// way (through another open key, or by a command), the open key is not valid any
// more, as always.
//
// A key that is missing has no elements. The error is ErrWrongType for a value of another
// type.
//
// C: RedisModule_ScanKey, since Redis 6.0.
func (k ReadKey) ScanKey(cursor *ScanCursor, fn func(field, value RStr)) (more bool, err error) {
	raw, err := k.handle()
	if err != nil {
		return false, err
	}
	if err := cursor.begin(scansElements); err != nil {
		return false, err
	}
	if cursor.next == len(cursor.batch) && !cursor.done {
		cursor.collectElements(raw)
		if cursor.done && len(cursor.batch) == 0 {
			if err := k.scannable(); err != nil {
				cursor.done = false
				return false, err
			}
		}
	}
	var e scanned
	defer func() { e.free() }()
	for range len(cursor.batch) - cursor.next {
		var ok bool
		if e, ok = cursor.take(); !ok {
			break // fn has restarted or freed the cursor
		}
		fn(e.name.rstr, e.value.rstr)
		e.free()
	}
	return cursor.raw != 0 && cursor.more(), nil
}

// collectElements has the server fill the batch in one step.
func (c *ScanCursor) collectElements(key redismodule.Key) {
	c.use, state.scan.into = scansElements, c
	c.done = redismodule.ScanKey(key, c.raw, shownElement.slot, 0) == 0
	state.scan.into = nil
}

// scannable says why the server does not scan a key.
func (k ReadKey) scannable() error {
	switch k.Type() {
	case KeyTypeHash, KeyTypeSet, KeyTypeZSet, KeyTypeEmpty:
		return nil
	}
	return ErrWrongType
}

// ElementScan is a walk over the elements of a key; see [ReadKey.Elements].
type ElementScan struct {
	key    ReadKey
	cursor *ScanCursor
}

// Elements returns a walk over the elements of a hash, set or sorted set:
//
//	elements, err := key.Elements(nil)
//	for field, value := range elements.All {
//
// What the loop gets, what its body may do and the errors are those of
// [ReadKey.ScanKey]. With a cursor the walk begins where the cursor is; a loop that
// is left with break leaves it after what was seen last, and another loop, of the
// same key, goes on there. With nil every loop goes over all elements. Closing the
// key ends the loop.
//
// Nothing is allocated in Go, once the buffers have grown.
//
// C: RedisModule_ScanKey, since Redis 6.0.
func (k ReadKey) Elements(cursor *ScanCursor) (ElementScan, error) {
	if _, err := k.handle(); err != nil {
		return ElementScan{}, err
	}
	if err := k.scannable(); err != nil {
		return ElementScan{}, err
	}
	if err := beginWalk(cursor, scansElements); err != nil {
		return ElementScan{}, err
	}
	return ElementScan{k, cursor}, nil
}

// All shows the elements. They are valid until the loop's next step.
func (s ElementScan) All(yield func(field, value RStr) bool) {
	if s.key.k == nil {
		return
	}
	c := s.cursor
	if c == nil {
		c = walkCursor(scansElements)
		defer c.endWalk()
	}
	var e scanned
	defer func() { e.free() }()
	for c.alive(scansElements) {
		raw := s.key.here()
		if raw == 0 {
			return
		}
		var ok bool
		if e, ok = c.take(); !ok {
			if c.done {
				return
			}
			c.collectElements(raw)
			continue
		}
		if !yield(e.name.rstr, e.value.rstr) {
			return
		}
		e.free()
	}
}
