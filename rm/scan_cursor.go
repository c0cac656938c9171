// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// ScanCursor is how far a scan has come: of the keys of a database
// ([Context.Scan], [Context.Keys]) or of the elements of a key
// ([ReadKey.ScanKey], [ReadKey.Elements]). It may outlive the callback that made
// it, so that a scan goes on later. It must be freed, and like everything about
// keys it is used only where the server's lock is held.
type ScanCursor struct {
	link cell[ScanCursor]
	raw  redismodule.ScanCursor // 0: freed
	use  uint8                  // what it has scanned since its start
	done bool                   // the server has no more
	busy bool                   // inside the server's Scan
	// What was asked for while it was busy.
	restart, free bool

	// batch is what the server has handed out and nobody has seen yet, from next
	// on.
	batch []scanned
	next  int
	// spent are names that loops have shown, to be freed together.
	spent []redismodule.String
}

// scanned is an element of a scan: a key's name, or a field and its value.
type scanned struct {
	name, value RString
	view        core.View // the name's content, if it has been read with it
}

// The uses of a cursor.
const (
	scansNothing = iota
	scansKeys
	scansElements
)

// scanState is the scans that run.
type scanState struct {
	into  *ScanCursor // of the scan of elements that collects
	calls []*scanCall // the running calls of Context.Scan, by number
}

// keysRead is what C reads names of keys with: memory that does not move.
var keysRead core.KeysRead

// walkCursors is the cursors of walks, to reuse.
var walkCursors = table[ScanCursor]{cellOf: func(c *ScanCursor) *cell[ScanCursor] { return &c.link }}

// The callbacks of the server's scan functions. They run in the middle of a function of
// this package, whose context they use.
var (
	shownElement = kind{name: "the scan of elements", run: collectElement}
	shownKey     = kind{name: "the function of a scan", run: eachKey}
)

// readyScans has both callbacks ready.
func readyScans() error {
	_, err := shownElement.fn()
	if err == nil {
		_, err = shownKey.fn()
	}
	return err
}

// collectElement is the server's callback: (key, field, value).
func collectElement(_, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	state.scan.into.keep(redismodule.String(a1), redismodule.String(a2))
	return 0
}

// keep puts what the server shows for the time of a callback into the batch.
func (c *ScanCursor) keep(name, value redismodule.String) {
	c.batch = append(c.batch, scanned{name: RStr{s: name}.Retain(), value: RStr{s: value}.Retain()})
}

// take returns the next element of the batch, which the caller frees.
func (c *ScanCursor) take() (e scanned, ok bool) {
	if c.next == len(c.batch) {
		return scanned{}, false
	}
	e = c.batch[c.next]
	c.next++
	if c.next == len(c.batch) {
		c.batch, c.next = c.batch[:0], 0
	}
	return e, true
}

func (e *scanned) free() {
	e.name.Free()
	e.value.Free()
}

// drop frees the batch.
func (c *ScanCursor) drop() {
	for i := c.next; i < len(c.batch); i++ {
		c.batch[i].free()
	}
	c.batch, c.next = c.batch[:0], 0
	c.freeSpent()
}

// spend frees a name that a loop has shown, with those of others.
func (c *ScanCursor) spend(name RString) {
	if name.s != 0 {
		name.freed()
		c.spent = append(c.spent, name.s)
	}
}

func (c *ScanCursor) freeSpent() {
	core.FreeStrings(0, c.spent)
	c.spent = c.spent[:0]
}

// NewScanCursor returns a cursor at the start. It must be freed. The error is
// ErrUnsupported on a server without scans.
//
// C: RedisModule_ScanCursorCreate, since Redis 6.0.
func NewScanCursor() (*ScanCursor, error) {
	if !has(featureScanCursorCreate) {
		return nil, lacks(featureScanCursorCreate)
	}
	return &ScanCursor{raw: redismodule.ScanCursorCreate()}, nil
}

// Restart puts the cursor back to the start, for a scan of anything. Called
// inside of the cursor's own [Context.Scan] it takes effect when that returns.
//
// C: RedisModule_ScanCursorRestart, since Redis 6.0.
func (c *ScanCursor) Restart() error {
	switch {
	case c.raw == 0 || c.free:
		return misuse(ErrCursorFreed)
	case c.busy:
		c.restart = true
	default:
		c.reset()
	}
	return nil
}

func (c *ScanCursor) reset() {
	c.drop()
	redismodule.ScanCursorRestart(c.raw)
	c.use, c.done, c.restart = scansNothing, false, false
}

// Free gives the cursor back, and loops that still run over it end. Freeing it again
// does nothing; the debug build tells of it.
//
// C: RedisModule_ScanCursorDestroy, since Redis 6.0.
func (c *ScanCursor) Free() {
	switch {
	case c.raw == 0 || c.free:
		_ = misuse(ErrCursorFreed)
	case c.busy:
		c.free = true
	default:
		c.destroy()
	}
}

func (c *ScanCursor) destroy() {
	c.drop()
	redismodule.ScanCursorDestroy(c.raw)
	c.raw, c.free = 0, false
}

// begin says whether the cursor can be used for a scan now.
func (c *ScanCursor) begin(use uint8) error {
	switch {
	case c.raw == 0 || c.free:
		return misuse(ErrCursorFreed)
	case c.busy || c.use != use && c.use != scansNothing:
		return misuse(ErrCursorBusy)
	}
	c.use = use
	return readyScans()
}

// alive tells whether a loop over the cursor can go on.
func (c *ScanCursor) alive(use uint8) bool {
	return c.raw != 0 && !c.busy && (c.use == use || c.use == scansNothing)
}

// more tells whether there is anything left.
func (c *ScanCursor) more() bool { return !c.done || c.next < len(c.batch) }

// maxIdleBatch is the largest batch that is kept for reuse.
const maxIdleBatch = 1 << 14

// walkCursor returns a cursor for one loop; endWalk takes it back.
func walkCursor(use uint8) *ScanCursor {
	c := walkCursors.borrow()
	c.raw, c.use, c.done = redismodule.ScanCursorCreate(), use, false
	return c
}

func (c *ScanCursor) endWalk() {
	c.destroy()
	if cap(c.batch) > maxIdleBatch {
		c.batch, c.spent = nil, nil
	}
	walkCursors.giveBack(&c.link)
}
