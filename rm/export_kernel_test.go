// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"context"

	"github.com/iredismodule/redismodule"
)

// InOutside runs f as in the innermost of callbacks that are not a command's. It gets
// the contexts of the outermost and of the innermost.
func InOutside(contexts []uintptr, f func(outer, inner Context)) {
	old, top := state.outside, outsideTop
	defer func() { state.outside, outsideTop = old, top }()
	for _, c := range contexts {
		enterOutside(redismodule.Ctx(c), "test")
	}
	f(Context{c: redismodule.Ctx(contexts[0])}, Context{c: outsideTop})
}

type testEntry struct {
	cell[testEntry]
	text string
}

// TestTable is a table of texts.
type TestTable struct{ t table[testEntry] }

// TestHandle is a handle for a text, and the word that C would get.
type TestHandle struct {
	h    handle[testEntry]
	word uintptr
}

// Take makes an entry.
func (t *TestTable) Take(text string) TestHandle {
	t.t.cellOf = func(e *testEntry) *cell[testEntry] { return &e.cell }
	t.t.holds = "an entry is left"
	e := t.t.take()
	e.text = text
	return TestHandle{e.handle(), e.word()}
}

// Live returns the text, "" when the entry has ended.
func (h TestHandle) Live() string { return textOf(h.h.live()) }

// Word is what C would get.
func (h TestHandle) Word() uintptr { return h.word }

// Drop ends the entry.
func (h TestHandle) Drop(t *TestTable) { t.t.drop(&h.h.live().cell) }

// At returns the text that a word stands for.
func (t *TestTable) At(word uintptr) string { return textOf(t.t.at(word)) }

// InUse returns the texts, the newest first.
func (t *TestTable) InUse() (texts []string) {
	for c := t.t.last(); c != nil; c = t.t.before(c) {
		texts = append(texts, c.of.text)
	}
	return texts
}

// Held is why the table keeps the module from being unloaded.
func (t *TestTable) Held() string { return t.t.held() }

// Forget drops all entries.
func (t *TestTable) Forget() { t.t.forget() }

func textOf(e *testEntry) string {
	if e == nil {
		return ""
	}
	return e.text
}

// LeaveErrors leaves an error with each of the contexts, ends the callbacks of others, and
// returns how many errors are left with each.
func LeaveErrors(contexts, ended []uintptr) map[uintptr]int {
	var l leftovers
	for _, c := range contexts {
		l.newError(redismodule.Ctx(c))
	}
	for _, c := range ended {
		l.end(redismodule.Ctx(c))
	}
	left := map[uintptr]int{}
	for i := range l.left {
		left[uintptr(l.left[i].ctx)] = len(l.left[i].errors)
	}
	if l.any != (len(left) > 0) {
		panic("leftovers.any is wrong")
	}
	return left
}

// TestWorkers is a pool for functions of [Go], without a server.
type TestWorkers struct{ p workerPool }

// SetLimit says how many functions run at a time.
func (t *TestWorkers) SetLimit(n int64) {
	t.p.limit.Store(n)
	t.p.start(true)
}

// Add adds a function. It is for one goroutine at a time, as the server's thread is one.
func (t *TestWorkers) Add(f func()) {
	w := &goWork{f: func(Job) (Reply, error) { f(); return Reply{}, ErrNoAnswer }}
	w.Context, w.cancel = context.WithCancelCause(context.Background())
	t.p.add(w)
}

// Dismiss ends the worker that waits for more.
func (t *TestWorkers) Dismiss() { t.p.dismiss() }

// Running is how many workers there are.
func (t *TestWorkers) Running() int64 { return t.p.running.Load() }
