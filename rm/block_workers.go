// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"sync"
	"sync/atomic"

	"github.com/iredismodule/redismodule/internal/seat"
)

// SetGoLimit says how many functions of [Go] run at a time; less than 1 counts as 1. Without
// it 256. It may be called on any goroutine, at any time; what runs goes on. A
// function that never returns keeps its place for ever, also when the module is unloaded and loaded again.
func SetGoLimit(n int) {
	workers.limit.Store(int64(max(1, n)))
	workers.start(true)
}

// workers run the functions of Go. There are goroutines only while there is work, and a few of them wait for more for half a
// second: then they are woken, by the server's thread or by each other, which takes less than it takes a new one to begin. The
// server's thread adds work and never waits for a lock.
var workers workerPool

func init() { workers.limit.Store(256) }

type workerPool struct {
	limit      atomic.Int64
	running    atomic.Int64           // goroutines
	waiting    atomic.Int64           // work that nobody has taken
	newest     atomic.Pointer[goWork] // added last, the others behind it
	mu         sync.Mutex             // of the workers alone
	todo       *goWork                // the oldest first
	dismissals atomic.Int64
	seats      [4]seat.Seat // where workers wait for more, the first ones first
}

// add puts work into the list.
func (p *workerPool) add(w *goWork) {
	for {
		w.next = p.newest.Load()
		if p.newest.CompareAndSwap(w.next, w) {
			break
		}
	}
	p.waiting.Add(1) // so that who sees the number finds the work
	p.start(false)
}

// call calls a worker that waits for more; false when none does. One that has been called and has not got up yet is enough: it
// sees to all the work that is there when it does.
func (p *workerPool) call() bool {
	for i := range p.seats {
		if p.seats[i].Call() {
			return true
		}
	}
	return false
}

// sit waits while idle is true; false when it stays so for some time, or enough workers wait.
func (p *workerPool) sit(idle func() bool) bool {
	for i := range p.seats {
		if p.seats[i].Take() {
			return p.seats[i].Sit(idle, i == 0)
		}
	}
	return false
}

// dismiss ends the workers that wait for more.
func (p *workerPool) dismiss() {
	p.dismissals.Add(1) // before the calls: who sits down looks when the seat is taken
	for i := range p.seats {
		p.seats[i].Call()
	}
}

func (p *workerPool) idle() bool { return p.waiting.Load() <= 0 }

// start calls or starts a worker if there is work and room for one. Whoever ends as a worker looks
// once more after it has left. forAll tells that nobody has started others for the rest of the work: then
// the worker starts the next one.
func (p *workerPool) start(forAll bool) {
	for !p.idle() && !p.call() {
		n := p.running.Load()
		if n >= p.limit.Load() {
			return
		}
		if p.running.CompareAndSwap(n, n+1) {
			go p.work(forAll)
			return
		}
	}
}

// work is a worker.
func (p *workerPool) work(forAll bool) {
	defer func() {
		p.running.Add(-1)
		p.start(forAll)
	}()
	dismissals := p.dismissals.Load()
	stays := func() bool { return p.dismissals.Load() == dismissals }
	idle := func() bool { return p.idle() && stays() }
	for p.running.Load() <= p.limit.Load() {
		w := p.take()
		switch {
		case w != nil && forAll:
			p.start(true)
		case w == nil && !(stays() && p.sit(idle)):
			return
		}
		// Who has been called works for all that was added since the call.
		if forAll = w == nil; !forAll {
			w.run()
		}
	}
}

// take returns the oldest work, nil without any.
func (p *workerPool) take() *goWork {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.todo == nil {
		for w := p.newest.Swap(nil); w != nil; {
			older := w.next
			w.next, p.todo = p.todo, w
			w = older
		}
	}
	w := p.todo
	if w != nil {
		p.todo, w.next = w.next, nil
		p.waiting.Add(-1)
	}
	return w
}
