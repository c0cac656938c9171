// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"runtime"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// scanCall is a running call of Context.Scan.
type scanCall struct {
	ctx    Context
	cursor *ScanCursor
	fn     func(name RStr, key ReadKey)
	busy   bool

	// How fn ended when it did not return.
	failed bool
	value  any // what it panicked with; nil for runtime.Goexit
	stack  []byte
}

// Scan does one step of a scan of the selected database: it calls fn for each key
// of a small part of it, possibly for none, and moves the cursor. It is to be
// called again as long as more is true; when the scan is over, further calls do
// nothing.
//
// The guarantees are those of the command SCAN: a key that is there from the
// start to the end of the scan is shown at least once, others perhaps, and any key
// possibly several times. Keys that have expired but which the server has not yet
// deleted are shown too.
//
// name is valid until fn returns (Retain keeps it), and so is key, which the
// server lends. fn runs inside of the server's scan: it may delete or change the
// key that it is called for, but no other key; [Context.Keys] has no such rule.
// When fn panics, or calls runtime.Goexit, Scan does the same after the step; the
// keys of that step which were not shown come first in the next one. A fn that
// captures variables costs one Go allocation per call of Scan, unless it is kept
// in a variable.
//
// C: RedisModule_Scan, since Redis 6.0.
func (ctx Context) Scan(cursor *ScanCursor, fn func(name RStr, key ReadKey)) (more bool, err error) {
	if err := cursor.begin(scansKeys); err != nil {
		return false, err
	}
	if cursor.next < len(cursor.batch) {
		return ctx.scanKept(cursor, fn)
	}
	if cursor.done {
		return false, nil
	}
	id := 0
	for id < len(state.scan.calls) && state.scan.calls[id].busy {
		id++
	}
	if id == len(state.scan.calls) {
		state.scan.calls = append(state.scan.calls, new(scanCall))
	}
	c := state.scan.calls[id]
	c.ctx, c.cursor, c.fn, c.busy = ctx, cursor, fn, true
	cursor.busy = true
	cursor.done = redismodule.Scan(ctx.raw(), cursor.raw, shownKey.slot, uintptr(id)) == 0
	cursor.busy = false
	if cursor.free {
		cursor.destroy()
	} else if cursor.restart {
		cursor.reset()
	}
	failed, value, stack := c.failed, c.value, c.stack
	*c = scanCall{}
	if failed {
		scanFailed(ctx, value, stack)
	}
	return cursor.raw != 0 && cursor.more(), nil
}

// scanFailed passes on how the function of a scan ended. The panic that Scan's
// caller sees has another stack, so the log gets the first one.
func scanFailed(ctx Context, value any, stack []byte) {
	if value == nil {
		runtime.Goexit()
	}
	ctx.Log(LevelWarning, "the function of a scan: panic: "+panicText(value))
	logLines(ctx, stack)
	panic(value)
}

// eachKey is the server's callback: (ctx, name, key, number of the call).
func eachKey(_, a1, a2, a3, _, _ uintptr, _ unsafe.Pointer) uintptr {
	c := state.scan.calls[a3]
	if c.failed {
		c.cursor.keep(redismodule.String(a1), 0)
		return 0
	}
	name := RStr{newOrigin("function of a scan"), redismodule.String(a1)}
	if a2 != 0 {
		c.call(name, lendKey(c.ctx.raw(), redismodule.Key(a2)))
		return 0
	}
	// The server may show a key without a handle.
	if key := c.ctx.openScanned(name); key.k.raw != 0 {
		c.call(name, key)
	} else {
		key.k.end()
	}
	return 0
}

func (c *scanCall) call(name RStr, key ReadKey) {
	returned := false
	defer func() {
		if key.k.seq == key.seq {
			key.k.end()
		}
		name.o.end()
		if !returned {
			c.failed, c.value, c.stack = true, recover(), stack()
		}
	}()
	c.fn(name, key)
	returned = true
}

// openScanned opens a key that the server itself does not hand out, for reading
// and without trace.
func (ctx Context) openScanned(name RStr) ReadKey {
	return newOpenKey(ctx.c, redismodule.OpenKey(ctx.raw(), name.raw(), redismodule.READ|redismodule.OPEN_KEY_NOTOUCH))
}

// scanKept is a step that shows what an earlier one has left.
func (ctx Context) scanKept(cursor *ScanCursor, fn func(name RStr, key ReadKey)) (bool, error) {
	var e scanned
	defer func() { e.free() }()
	for range len(cursor.batch) - cursor.next {
		var ok bool
		if e, ok = cursor.take(); !ok {
			break // fn has restarted or freed the cursor
		}
		ctx.showKept(e.name.rstr, fn)
		e.free()
	}
	return cursor.raw != 0 && cursor.more(), nil
}

// showKept calls fn for a key that an earlier step has left, if it is still there.
func (ctx Context) showKept(name RStr, fn func(name RStr, key ReadKey)) {
	key := ctx.openScanned(name)
	key.k.lent = true // fn is not to close it
	defer func() {
		if key.k.seq == key.seq {
			key.k.lent = false
			key.k.end()
		}
	}()
	if key.k.raw != 0 {
		fn(name, key)
	}
}

// KeyScan is a walk over the keys of a database; see [Context.Keys].
type KeyScan struct {
	ctx    Context
	cursor *ScanCursor
	db     int32
}

// Keys returns a walk over the names of all keys of the selected database:
//
//	keys, err := ctx.Keys(nil)
//	for name := range keys.All {
//
// With a cursor the walk begins where the cursor is. A loop that is left with
// break, by a panic or otherwise, leaves it after the name that was seen last, and
// another loop, now or in a later callback, goes on there. With nil every loop goes
// over all keys.
//
// The guarantees are those of the command SCAN: a key that is there from the
// start to the end of the walk is shown at least once, others perhaps, and any key
// possibly several times. So the loop's body may add, change and delete any keys,
// and a name may be that of a key which has gone a moment ago: the walk is up to
// some tens of names ahead, and more where the server hands out more at once. It
// may also select
// another database: the walk stays in its own. Walks can be nested; loops over one
// cursor share its names between them.
//
// Nothing is allocated in Go, once the buffers have grown.
//
// C: RedisModule_Scan, since Redis 6.0.
func (ctx Context) Keys(cursor *ScanCursor) (KeyScan, error) {
	if err := beginWalk(cursor, scansKeys); err != nil {
		return KeyScan{}, err
	}
	return KeyScan{ctx, cursor, redismodule.GetSelectedDb(ctx.raw())}, nil
}

// beginWalk says whether a walk with a cursor, or without one, is possible.
func beginWalk(cursor *ScanCursor, use uint8) error {
	if cursor != nil {
		return cursor.begin(use)
	}
	if !has(featureScanCursorCreate) {
		return lacks(featureScanCursorCreate)
	}
	return readyScans()
}

// All shows the names. A name is valid until the loop's next step.
func (s KeyScan) All(yield func(name RStr) bool) { s.walk(yield, nil) }

// AllBytes is All with the contents of the names, which are read together: it is cheaper
// than to ask each name for its content or length. A content is valid until the loop's
// next step, and must not be written to.
//
// C: RedisModule_Scan, since Redis 6.0; RedisModule_StringPtrLen, since Redis 4.0.
func (s KeyScan) AllBytes(yield func(name []byte) bool) { s.walk(nil, yield) }

// walk is the loop for one of two bodies.
func (s KeyScan) walk(yield func(name RStr) bool, bytes func(name []byte) bool) {
	c := s.cursor
	if c == nil {
		if s.ctx.c == 0 {
			return
		}
		c = walkCursor(scansKeys)
		defer c.endWalk()
	}
	var name RString
	defer func() {
		c.spend(name)
		c.freeSpent()
	}()
	for c.alive(scansKeys) {
		if c.next == len(c.batch) {
			if c.done {
				return
			}
			s.collect(c)
			continue
		}
		e := &c.batch[c.next]
		c.next++
		name = e.name
		more := false
		switch view := e.view.Bytes(); {
		case bytes == nil:
			more = yield(name.rstr)
		case debugging || view == nil:
			more = bytes(name.Bytes())
		default:
			more = bytes(view)
		}
		if !more {
			return
		}
		c.spend(name)
		name = RString{}
	}
}

// keysBatch is how many keys a batch has at least, but for the last one.
const keysBatch = 64

// collect has the server fill the cursor's batch, from the walk's database.
func (s KeyScan) collect(c *ScanCursor) {
	now := redismodule.GetSelectedDb(s.ctx.raw())
	if now != s.db {
		redismodule.SelectDb(s.ctx.raw(), s.db)
	}
	c.use = scansKeys
	q := &keysRead
	*q = core.KeysRead{Ctx: s.ctx.raw(), Cursor: c.raw, Want: keysBatch}
	q.Read()
	c.freeSpent()
	c.batch, c.next = c.batch[:0], 0
	views := q.Views()
	for i, name := range q.Strings() {
		c.batch = append(c.batch, scanned{name: owned(name), view: views[i]})
	}
	c.done = q.Done != 0
	if now != s.db {
		redismodule.SelectDb(s.ctx.raw(), now)
	}
}
