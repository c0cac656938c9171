// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package model

import (
	"fmt"
	"strings"
)

// procs is how many Ps there are.
const procs = 2

// deepest bounds how far calls nest on the server's thread.
const deepest = 4

// What can lie on the server's thread above the server's own C code. Go code and C
// code take turns.
const (
	handler   = 'r' // Go, entered the fast way, on the resident goroutine
	preparing = 'p' // Go: before a fork
	after     = 'q' // Go: after a fork, in the parent
	draining  = 'd' // Go: runs the queue
	unloading = 'u' // Go: the unload callback
	gate      = 'g' // C, called through a gate
	foreign   = 'f' // C, called through cgo
	ordinary  = 'o' // Go, entered the ordinary way
	coroutine = 'k' // Go, another goroutine on the same thread
	quick     = 'G' // C, called by a coroutine through a gate: only what ends soon
	slow      = 'F' // C, called by a coroutine through cgo
)

// phase is where the server's own code is in a turn of its event loop.
type phase uint8

const (
	turn   phase = iota // after the event after sleep, before that before sleep
	event               // in the event before sleep, the module's own listener has been called
	look                // there, about to look at the queue
	let                 // there, about to release
	behind              // behind the event, awake as yet
	asleep              // without the lock
	wakes               // waits for the lock
	early               // has it; the event after sleep is still to come
)

// act is what the server's thread is in the middle of.
type act uint8

const (
	nothing act = iota
	going       // into a system call: it has seen no stop, and counts as running still
	coming      // out of a system call, without a P
)

// fork is how far one is.
type fork uint8

const (
	noFork fork = iota
	ready       // prepared: pinned, one P
	lost        // ended, but the parent's half was left out
	child       // this process is the child
)

// worker is what the goroutine that uses the server does.
type worker uint8

const (
	idle     worker = iota
	asks            // for the lock, again and again
	goesC           // into C, to wait there for the lock
	waitsC          // there
	owner           // has the lock
	posts           // has a job for the server's thread
	put             // has put it in, has not looked at the window yet
	waitsJob        // until it has run
)

// stranger is what the C module's thread does.
type stranger uint8

const (
	inC    stranger = iota // its own
	wants                  // waits for the lock
	has                    // has it
	enters                 // a callback of ours, without a P as yet
	inGo                   // there
	leaves                 // into the system call that a callback ends in
)

// collector is what the garbage collection does.
type collector uint8

const (
	rests    collector = iota
	stopping           // waits for all Ps
	stopped            // has them
	scanning           // waits for the resident goroutine to be stopped somewhere
)

type holder uint8

const (
	nobody holder = iota
	server
	aWorker
	aStranger
)

// state is the whole. It is comparable: the search keeps those that it has seen.
type state struct {
	stack    [deepest]byte
	phase    phase
	act      act
	then     byte // what follows on coming: 'g', 'f': back from there; else what is entered
	released bool
	window   bool
	hurried  bool // SIGURG has released in this turn
	closed   bool // unloaded: the queue takes no jobs
	gone     bool // unloaded: the resident goroutine is in a system call for ever
	fork     fork
	lock     holder

	// Who has a P. That of a goroutine in a system call is there to be taken.
	sp, wp, fp bool

	worker    worker
	stranger  stranger
	collector collector

	job, pending, woken, oneShot bool // the queue
	paused, held                 bool // writes are paused; a job waits for their end
	wrong                        fault
}

// fault is what must never be, whoever waits.
type fault uint8

const (
	none       fault = iota
	noP              // Go code runs without a P
	notInGate        // the resident goroutine was entered or released where it does not stand in a gate
	oddStack         // Go code runs on a stack that is not the thread's
	underfoot        // the module was unloaded from below a callback
	leftBehind       // the module was unloaded, and its goroutine lives on the server's thread still
)

var faults = [...]string{"", "Go code runs without a P", "the goroutine does not stand in a gate", "Go code on a foreign stack",
	"unloaded below a callback", "unloaded, with a resident goroutine"}

func start() state { return state{window: true, released: true, lock: server, phase: turn, sp: true} }

func (s *state) n() int {
	for i, f := range s.stack {
		if f == 0 {
			return i
		}
	}
	return deepest
}

// top is what the server's thread runs, 0 for the server's own code.
func (s *state) top() byte {
	if n := s.n(); n > 0 {
		return s.stack[n-1]
	}
	return 0
}

func (s *state) push(f byte) { s.stack[s.n()] = f }
func (s *state) pop()        { s.stack[s.n()-1] = 0 }

func isGo(f byte) bool { return f != 0 && strings.IndexByte("rpqduok", f) >= 0 }

// inGate tells whether the resident goroutine stands in a gate, in C.
func (s *state) inGate() bool { return !s.gone && (s.top() == 0 || s.top() == gate) }

// inCall tells whether the goroutine on the server's thread is in a system call.
func (s *state) inCall() bool {
	return s.act == nothing && (s.released || s.gone || s.top() == foreign || s.top() == slow)
}

// worldRuns tells whether Ps can be had.
func (s *state) worldRuns() bool { return s.collector != stopping && s.collector != stopped }

// freeP tells whether there is one to be had.
func (s *state) freeP() bool {
	n, all := 0, procs
	for _, has := range []bool{s.sp, s.wp, s.fp, s.collector == scanning} {
		if has {
			n++
		}
	}
	if s.fork != noFork {
		all = 1
	}
	return s.worldRuns() && n < all
}

// take is the stop's one look at who is in a system call.
func (s *state) take() {
	if s.inCall() {
		s.sp = false
	}
	if s.workerInCall() {
		s.wp = false
	}
	if s.strangerInCall() {
		s.fp = false
	}
}

func (s *state) workerInCall() bool { return s.worker == waitsC }
func (s *state) strangerInCall() bool {
	return s.stranger == inC || s.stranger == wants || s.stranger == has
}

func (s state) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "stack %q %v", strings.TrimRight(string(s.stack[:]), "\x00"), [...]string{"turn", "event", "look", "let",
		"behind", "asleep", "wakes", "early"}[s.phase])
	fmt.Fprintf(&b, " %v", [...]string{"", "going", "coming"}[s.act])
	for name, on := range map[string]bool{"released": s.released, "window": s.window, "hurried": s.hurried, "closed": s.closed, "gone": s.gone, "job": s.job, "pending": s.pending,
		"woken": s.woken, "oneShot": s.oneShot, "paused": s.paused, "held": s.held} {
		if on {
			b.WriteString(" " + name)
		}
	}
	fmt.Fprintf(&b, " fork %d, lock %v, Ps %v %v %v", s.fork, [...]string{"free", "server", "worker", "stranger"}[s.lock], s.sp, s.wp, s.fp)
	fmt.Fprintf(&b, ", worker %v", [...]string{"idle", "asks", "goesC", "waitsC", "owner", "posts", "put", "waitsJob"}[s.worker])
	fmt.Fprintf(&b, ", stranger %v", [...]string{"inC", "wants", "has", "enters", "inGo", "leaves"}[s.stranger])
	fmt.Fprintf(&b, ", collector %v", [...]string{"rests", "stopping", "stopped", "scanning"}[s.collector])
	if s.wrong != none {
		b.WriteString(": " + faults[s.wrong])
	}
	return b.String()
}
