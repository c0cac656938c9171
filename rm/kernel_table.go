// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

// A table holds the entries that handles stand for: keys that are open, calls that go
// on. Its memory is reused, with another number each time, so that a handle that
// outlived its entry is recognised: live answers nil. Nothing is allocated once the
// table has grown. Whoever touches a table holds the server's lock.
//
// An entry is a struct that embeds its [cell]; docs/ARCHITECTURE.md says how to add one.
type table[T any] struct {
	cellOf func(*T) *cell[T] // where in an entry its cell is
	// perLoad tells that an entry belongs to a load of the module: its handles are dead
	// when that is over.
	perLoad bool
	// holds is why an entry keeps the module from being unloaded; "" if it does not.
	holds string

	newest cellPlace // the entries in use, linked by older
	free   cellPlace // those to reuse, linked by older
	seq    uint64    // of the entry that was taken last
	all    []*cell[T]
}

// cellPlace is where in table.all a cell is, counted from 1; 0 is none. Entries are linked by
// places since a pointer that is stored costs a look at the garbage collector.
type cellPlace uint32

// cell is what a table needs in an entry.
type cell[T any] struct {
	seq          uint64 // 0: not in use
	of           *T     // the entry
	older, newer cellPlace
	place        cellPlace
}

// handle stands for an entry. It is two words and can be copied; the zero handle
// stands for none.
type handle[T any] struct {
	c   *cell[T]
	seq uint64
}

// live returns the entry, nil when it has ended.
func (h handle[T]) live() *T {
	if h.c == nil || h.c.seq != h.seq {
		return nil
	}
	return h.c.of
}

// take returns an entry to use. It holds what it held when it ended.
func (t *table[T]) take() *T {
	if t.free == 0 {
		t.grow()
	}
	return t.link()
}

// last returns the entry in use that was taken last, nil if there is none.
func (t *table[T]) last() *cell[T] { return t.cell(t.newest) }

// before returns the one that was taken before c.
func (t *table[T]) before(c *cell[T]) *cell[T] { return t.cell(c.older) }

func (t *table[T]) cell(p cellPlace) *cell[T] {
	if p == 0 {
		return nil
	}
	return t.all[p-1]
}

// tables are the tables whose entries belong to a load. They come here by themselves, at
// their first entry.
var tables []interface {
	forget()
	held() string
	stop(ctx Context)
}

// grow makes a cell, the only one in free.
func (t *table[T]) grow() {
	if len(t.all) == 0 && t.perLoad {
		tables = append(tables, t)
	}
	p := new(T)
	c := t.cellOf(p)
	t.all = append(t.all, c)
	c.of, c.place = p, cellPlace(len(t.all))
	t.free = c.place
}

// link takes the first cell of free into use. It is all of take that is needed where
// free is known not to be empty, and small enough to be inlined.
func (t *table[T]) link() *T {
	place, older := t.free, t.newest
	c := t.all[place-1]
	t.seq++
	t.newest, t.free, c.older, c.seq = place, c.older, older, t.seq
	if older != 0 {
		t.all[older-1].newer = place
	}
	return c.of
}

// drop ends an entry: its handles are dead, and its memory is reused.
func (t *table[T]) drop(c *cell[T]) {
	older, newer := c.older, c.newer
	if newer != 0 {
		t.all[newer-1].older, c.newer = older, 0
	} else {
		t.newest = older
	}
	if older != 0 {
		t.all[older-1].newer = newer
	}
	c.seq = 0
	t.giveBack(c)
}

// borrow returns memory of the table that no handle stands for: what a single call or
// loop works with. It must be given back.
func (t *table[T]) borrow() (p *T) {
	if t.free == 0 {
		t.grow()
	}
	c := t.all[t.free-1]
	t.free = c.older
	return c.of
}

// giveBack takes back what was borrowed.
func (t *table[T]) giveBack(c *cell[T]) { c.older, t.free = t.free, c.place }

// any tells whether there is an entry.
func (t *table[T]) any() bool { return t.newest != 0 }

// forget drops all entries without ending what they stand for: the load that they
// belonged to is over.
func (t *table[T]) forget() {
	for t.newest != 0 {
		t.drop(t.last())
	}
}

// stop ends what the entries stand for, where the server would come back to it: when the
// module is unloaded, or its load fails. An entry that has something to end has a method
// stop.
func (t *table[T]) stop(ctx Context) {
	for _, c := range t.all {
		if e, ok := any(c.of).(interface{ stop(ctx Context) }); ok && c.seq != 0 {
			e.stop(ctx)
		}
	}
}

// held is why the module cannot be unloaded, "" if the table has nothing against it.
func (t *table[T]) held() string {
	if !t.any() {
		return ""
	}
	return t.holds
}

// handle returns a handle for an entry in use.
func (c *cell[T]) handle() handle[T] { return handle[T]{c, c.seq} }

// word is what C is given to know an entry by, as its private data: a place and, where
// a word has room for it, a part of the number.
func (c *cell[T]) word() uintptr { return uintptr(c.seq)<<32 | uintptr(c.place) }

// at returns the entry that a word of C's stands for, nil when it has ended.
func (t *table[T]) at(word uintptr) *T {
	if i := uint32(word) - 1; uint64(i) < uint64(len(t.all)) {
		if c := t.all[i]; c.seq != 0 && c.word() == word {
			return c.of
		}
	}
	return nil
}
