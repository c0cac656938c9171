// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package seat is where a goroutine that has run out of work waits for more, in a system call on a thread of its own. Who
// has work wakes that thread itself, as C does with a condition variable: Go's scheduler has no part in it. A goroutine that is
// started, or waits on a channel, comes to run when a thread has been woken that looks for work, has found it with another
// processor, and has woken the next that looks for work.
package seat

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Seat is for one goroutine at a time. The zero value is empty.
type Seat struct{ word atomic.Uint32 }

// What the word says. Whoever sits makes it taken, and empty; who calls makes taken called.
const (
	empty = iota
	taken
	called
)

const (
	// keeps is how long who sits keeps its P, to have it at once when it is called: who sends one command after the other
	// calls again by then. The server may need that P meanwhile if others compute on all the rest; so it is short.
	keeps = 50 * time.Microsecond
	// stays is how long it stays after that, and after a signal to its thread.
	stays = 500 * time.Millisecond
)

// Call calls who sits; false when nobody does. Who has been called already, and not stood up, is called by
// that, too: it finds everything that was there before this call. It does not wait and has the server's thread make one
// system call at most.
func (s *Seat) Call() bool {
	if s.word.CompareAndSwap(taken, called) {
		s.wake()
		return true
	}
	return s.word.Load() == called
}

// Take makes a goroutine the one that sits here; false when another one does, or where nobody can sit.
func (s *Seat) Take() bool {
	// With one P the server's thread needs it now, to send the answer of who sits down.
	return possible && s.word.Load() == empty && runtime.GOMAXPROCS(0) > 1 && s.word.CompareAndSwap(empty, taken)
}

// Sit, of who has taken the seat, waits until it is called, and tells whether there may be something to do. It is false when nobody
// has called for some time. idle tells that there is nothing to do: who has work puts it where idle finds it, and calls then.
// keep tells to keep the P for a moment. The seat is empty afterwards.
func (s *Seat) Sit(idle func() bool, keep bool) bool {
	if idle() {
		if keep {
			s.waitWithP()
		}
		if s.word.Load() == taken {
			s.waitWithoutP()
		}
	}
	return s.word.Swap(empty) == called || !idle()
}
