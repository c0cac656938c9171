// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package model

// worker is the goroutine that uses the server.
func (m *moves) worker() {
	s := &m.from
	switch s.worker {
	case idle:
		m.add(may, "a goroutine wants the lock", func(s *state) { s.worker = asks })
		if !s.closed {
			m.add(may, "a goroutine has work for the server's thread", func(s *state) { s.worker = posts })
		}
		return
	case goesC:
		m.add(must, "the goroutine waits for the lock in C", func(s *state) { s.worker = waitsC })
		return
	case waitsC:
		if s.lock == nobody {
			m.add(must, "the goroutine has the lock", func(s *state) { s.worker, s.lock = owner, aWorker })
		}
		return
	case waitsJob:
		if !s.job {
			m.add(must, "its work is done", func(s *state) { s.worker = idle })
		}
		return
	}
	// In Go.
	if !s.wp {
		if s.freeP() {
			m.add(must, "the goroutine gets a P", func(s *state) { s.wp = true })
		}
		return
	}
	if s.collector == stopping || s.worldRuns() && !s.freeP() {
		m.add(must, "the goroutine is preempted", func(s *state) { s.wp = false })
	}
	switch s.worker {
	case asks:
		if !m.lockAsks {
			m.add(must, "the goroutine goes into C for the lock", func(s *state) {
				if s.worker = goesC; s.collector == stopping {
					s.wp, s.worker = false, waitsC
				}
			})
		} else if s.lock == nobody {
			m.add(must, "the goroutine has the lock", func(s *state) { s.worker, s.lock = owner, aWorker })
		}
	case owner:
		m.add(must, "the goroutine gives the lock back", func(s *state) { s.worker, s.wp, s.lock = idle, false, nobody })
	case posts:
		m.add(must, "a job is put into the queue", func(s *state) {
			if s.closed {
				s.worker, s.wp = idle, false
				return
			}
			s.worker, s.job, s.pending = put, true, true
		})
	case put:
		m.add(must, "its owner looks at the window", func(s *state) {
			if s.window && !s.woken {
				s.woken, s.oneShot = true, true
			}
			s.worker, s.wp = waitsJob, false
		})
	}
}

// stranger is a thread of a C module, which uses the server's lock, and functions of
// this module.
func (m *moves) stranger() {
	s := &m.from
	back := func(s *state) {
		if s.stranger = inC; s.lock == aStranger {
			s.stranger = has
		}
	}
	switch s.stranger {
	case inC:
		m.add(may, "a C thread wants the lock", func(s *state) { s.stranger = wants })
		if s.fork == ready {
			m.add(may, "a C thread forks meanwhile", func(s *state) {
				if !m.forkFlagOwn {
					s.fork = lost
				}
			})
		}
	case wants:
		if s.lock == nobody {
			m.add(must, "the C thread has the lock", func(s *state) { s.stranger, s.lock = has, aStranger })
		}
	case has:
		if !s.gone && !m.unloadHere {
			m.add(may, "the C thread unloads the module", func(s *state) { s.wrong = leftBehind })
		}
		m.add(must, "the C thread gives the lock back", func(s *state) { s.stranger, s.lock = inC, nobody })
	case enters:
		if s.fp || s.freeP() {
			m.add(must, "the C thread is in Go", func(s *state) { s.stranger, s.fp = inGo, true })
		}
	case inGo:
		if !s.fp {
			if s.freeP() {
				m.add(must, "the C thread gets a P again", func(s *state) { s.fp = true })
			}
			return
		}
		if s.collector == stopping || s.worldRuns() && !s.freeP() {
			m.add(must, "the C thread is preempted", func(s *state) { s.fp = false })
		}
		m.add(must, "the C thread leaves Go", func(s *state) {
			if s.stranger = leaves; s.collector == stopping {
				s.fp = false
				back(s)
			}
		})
	case leaves:
		m.add(must, "the C thread is in C", back)
	}
	if s.stranger == inC && !s.gone || s.stranger == has {
		m.add(may, "a C thread calls back", func(s *state) { s.stranger = enters })
	}
}

func (m *moves) collector() {
	s := &m.from
	switch s.collector {
	case rests:
		if s.freeP() {
			m.add(may, "a stop of the world begins", func(s *state) { s.collector = stopping; s.take() })
			m.add(may, "the resident goroutine's stack is to be scanned", func(s *state) { s.collector = scanning })
		}
	case stopping:
		if !s.sp && !s.wp && !s.fp {
			m.add(must, "the world is stopped", func(s *state) { s.collector = stopped })
		}
	case stopped:
		m.add(must, "the world goes on", func(s *state) { s.collector = rests })
	case scanning:
		if s.act != going && (!s.sp || s.inCall() || !s.inGate()) {
			m.add(must, "the stack is scanned", func(s *state) { s.collector = rests })
		}
	}
}

// monitor takes the Ps of those in system calls. While a stop is under way it sleeps,
// until a timer is due.
func (m *moves) monitor() {
	s := &m.from
	if s.collector == stopping && !(m.timer && (m.timerStays || !s.gone)) {
		return
	}
	if s.sp && s.inCall() {
		m.add(must, "the monitor takes the P of the server's thread", func(s *state) { s.sp = false })
	}
	if s.wp && s.workerInCall() {
		m.add(must, "the monitor takes the goroutine's P", func(s *state) { s.wp = false })
	}
	if s.fp && s.strangerInCall() {
		m.add(must, "the monitor takes the C thread's P", func(s *state) { s.fp = false })
	}
}
