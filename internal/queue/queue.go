// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package queue is work for the server's thread. Any goroutine puts a Job into the queue; the server
// runs the jobs before it sleeps, in the callback of its event: nobody waits for the
// server's lock, and no thread waits at all. Everything that a job does is replicated
// in the same turn of the event loop.
//
// The server's thread never waits here: putting a job in is one compare-and-swap.
package queue

import (
	"errors"
	"sync/atomic"
	"time"
)

// Job is work for the server's thread. Its owner may use it again when it is Done or
// Post has refused it.
type Job struct {
	// Run does the work on the server's thread, with the context of the event (a
	// redismodule.Ctx). It may
	// panic or end its goroutine, which ends this job only.
	Run func(ctx uintptr)
	// Done is called when Run has ended in any way, and, with an error, when it will
	// not run: on the server's thread. It must not block, panic or end its goroutine.
	Done func(err error)
	// ReadOnly tells that Run may run while clients' writes are paused.
	ReadOnly bool
	// Waited tells that a goroutine waits until it is Done; see EndWaited.
	Waited bool

	next  *Job
	since time.Duration // when it was put in, after epoch
	begun atomic.Bool   // by whoever runs it, or took it back
}

// What the queue needs of the server; the root package fills it in.
var (
	// WakeLoop makes the event loop turn, and call what sets Woken to 0.
	WakeLoop func()
	// WritesPaused tells whether clients' writes are paused.
	WritesPaused func() bool
	// Window is 1, atomic, while the server sleeps or may be about to: then somebody
	// must wake it.
	Window *uintptr
)

// Errors of the queue.
var (
	// ErrNoQueue: this server has no event to run jobs at (Redis before 7.0).
	ErrNoQueue = errors.New("redismodule: this server runs no jobs: it has no event-loop event")
	// ErrUnloaded: the module is not loaded, or is unloaded before the job ran.
	ErrUnloaded = errors.New("redismodule: the module is unloaded")
)

// turnTime bounds what the queue takes of one turn of the event loop; one job runs in
// any case.
const turnTime = time.Millisecond

// queue is the queue. What does not say otherwise belongs to the server's thread.
var queue struct {
	waiting atomic.Int64        // jobs that are put in and have not begun
	dead    atomic.Int64        // jobs that are taken back, and still in a list
	new     atomic.Pointer[Job] // put in by any goroutine, the newest first
	todo    jobs
	held    jobs // until clients' writes are no longer paused
	waits   Waits
}

// epoch is what times are measured from: the clock that only goes on.
var epoch = time.Now()

// Waits is how long the jobs that have run had waited.
type Waits struct {
	Jobs         uint64
	Total, Worst time.Duration
}

// Waited returns the figures since the library was loaded. It is called on the server's thread,
// or under its lock.
func Waited() Waits { return queue.waits }

// Pending, atomic, is 1 when there may be jobs. C reads it at the event.
var Pending uint32

// Woken, atomic, is 1 when a call from the event loop to C is under way, which
// sets it to 0: then the loop turns.
var Woken uint32

// jobs is a list, the oldest first.
type jobs struct{ first, last *Job }

func (l *jobs) push(j *Job) {
	if j.next = nil; l.last == nil {
		l.first = j
	} else {
		l.last.next = j
	}
	l.last = j
}

// pop returns nil when the list is empty.
func (l *jobs) pop() *Job {
	j := l.first
	if j != nil {
		if l.first = j.next; l.first == nil {
			l.last = nil
		}
		j.next = nil
	}
	return j
}

// closed stands in queue.new while no module is loaded.
var closed = new(Job)

func init() { queue.new.Store(closed) }

// hasEvent is true when the running server has the event at which jobs are run.
var hasEvent atomic.Bool

// Has tells whether jobs can be run on the running server.
func Has() bool { return hasEvent.Load() }

// loads counts the loads of the module.
var loads atomic.Uint64

// LoadNumber is the number of the module's load, from 1. What outlives an unload can
// tell by it that it belongs to an earlier one.
func LoadNumber() uint64 { return loads.Load() }

// Over is the end of a load that has failed: what belongs to it is not the process's
// present load's.
func Over() { loads.Add(1) }

// Begin opens the queue for a load, if the running server has the event.
func Begin(has bool) {
	loads.Add(1)
	queue.todo, queue.held = jobs{}, jobs{}
	atomic.StoreUint32(&Woken, 0)
	hasEvent.Store(has)
	if has {
		queue.new.CompareAndSwap(closed, nil)
	}
}

// End closes the queue: what has not run does not any more.
func End() {
	if newest := queue.new.Swap(closed); newest != closed {
		take(newest)
	}
	for _, list := range []*jobs{&queue.held, &queue.todo} {
		for j := list.pop(); j != nil; j = list.pop() {
			if begin(j) {
				j.Done(ErrUnloaded)
			} else {
				queue.dead.Add(-1)
			}
		}
	}
	atomic.StoreUint32(&Pending, 0)
}

// EndWaited ends the jobs for which goroutines wait: the server's thread is about to run
// what may wait for these goroutines. Others stay. A job that is put in later is not ended.
func EndWaited() {
	if queue.new.Load() == closed {
		return
	}
	take(queue.new.Swap(nil))
	for _, list := range []*jobs{&queue.held, &queue.todo} {
		var stay jobs
		for j := list.pop(); j != nil; j = list.pop() {
			switch {
			case !j.Waited:
				stay.push(j)
			case begin(j):
				j.Done(ErrUnloaded)
			default:
				queue.dead.Add(-1)
			}
		}
		*list = stay
	}
}

// begin is true for the one who may run a job, or end it unrun.
func begin(j *Job) bool {
	if !j.begun.CompareAndSwap(false, true) {
		return false
	}
	queue.waiting.Add(-1)
	return true
}

// Post puts a job into the queue and returns at once. It may be called on any
// goroutine, in a callback too; then the job runs in the same turn or the next.
func Post(j *Job) error {
	j.begun.Store(false)
	j.since = time.Since(epoch)
	queue.waiting.Add(1)
	for {
		newest := queue.new.Load()
		if newest == closed {
			queue.waiting.Add(-1)
			return ErrUnloaded
		}
		j.next = newest
		if queue.new.CompareAndSwap(newest, j) {
			break
		}
	}
	atomic.StoreUint32(&Pending, 1)
	// A server in the middle of a turn looks by itself before it sleeps: it says that
	// it is about to sleep first, and looks then.
	if atomic.LoadUintptr(Window) != 0 {
		wakeLoop()
	}
	return nil
}

// wakeLoop makes the server's event loop turn.
func wakeLoop() {
	if atomic.CompareAndSwapUint32(&Woken, 0, 1) {
		WakeLoop()
	}
}

// TakeBack tells that a job will not run; false when it has begun. Its owner must not
// use it again: the queue still holds it, until the server's thread comes by.
func TakeBack(j *Job) bool {
	if !begin(j) {
		return false
	}
	queue.dead.Add(1)
	return true
}

// TakenBack is how many jobs that are taken back the queue still holds.
func TakenBack() int { return int(queue.dead.Load()) }

// drop tells whether a job is one that was taken back. Then the list may forget it.
func drop(j *Job) bool {
	if !j.begun.Load() {
		return false
	}
	queue.dead.Add(-1)
	return true
}

// sweep drops what was taken back while it was held.
func sweep() {
	const many = 1000
	if queue.dead.Load() < many {
		return
	}
	var live jobs
	for j := queue.held.pop(); j != nil; j = queue.held.pop() {
		if !drop(j) {
			live.push(j)
		}
	}
	queue.held = live
}

// Waiting is how many jobs wait.
func Waiting() int { return int(queue.waiting.Load()) }

// take appends a list, the newest first, to the jobs to be run.
func take(newest *Job) {
	var oldest *Job
	for j := newest; j != nil; {
		older := j.next
		j.next, oldest = oldest, j
		j = older
	}
	for j := oldest; j != nil; {
		newer := j.next
		queue.todo.push(j)
		j = newer
	}
}

// Drain runs the jobs, in the callback of the event.
func Drain(ctx uintptr) {
	if queue.new.Load() == closed { // only this thread closes and opens it
		return
	}
	// In this order: whoever posts does it the other way round.
	atomic.StoreUint32(&Pending, 0)
	take(queue.new.Swap(nil))
	// However a job ends, those behind it have their turn.
	wrote := false
	defer func() { comeBack(wrote) }()
	if WritesPaused() {
		sweep()
	} else if queue.held.first != nil {
		queue.held.last.next = queue.todo.first
		if queue.todo.first == nil {
			queue.todo.last = queue.held.last
		}
		queue.todo.first, queue.held = queue.held.first, jobs{}
	}
	start := time.Since(epoch)
	for now := start; ; {
		j := queue.todo.pop()
		switch {
		case j == nil:
			return
		case drop(j):
		case !j.ReadOnly && WritesPaused(): // perhaps by the job before
			queue.held.push(j)
		case begin(j):
			wrote = wrote || !j.ReadOnly
			queue.waits.add(now - j.since)
			run(j, ctx)
			if now = time.Since(epoch); now-start > turnTime {
				return
			}
		default: // taken back this moment
			queue.dead.Add(-1)
		}
	}
}

// add counts a job. One that was put in by the job before may seem to have waited less than
// nothing.
func (w *Waits) add(wait time.Duration) {
	wait = max(wait, 0)
	w.Jobs++
	w.Total += wait
	w.Worst = max(w.Worst, wait)
}

// run runs one job.
func run(j *Job, ctx uintptr) {
	defer j.Done(nil)
	j.Run(ctx)
}

// comeBack sees to it that the event comes again for jobs that are left, and that the
// server turns once more when jobs may have written: some servers have looked already
// for clients that wait for the keys.
func comeBack(wrote bool) {
	if queue.todo.first != nil || queue.held.first != nil {
		// For those that are held the server turns by itself, some times a second.
		atomic.StoreUint32(&Pending, 1)
	}
	if queue.todo.first != nil || wrote {
		wakeLoop()
	}
}
