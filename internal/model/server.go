// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package model

// system call of the goroutine on the server's thread: the runtime looks for a stop, and
// counts the goroutine as in a system call a moment later. then is what follows.
func (s *state) goes(then byte) {
	if s.collector == stopping { // it sees the stop
		s.sp = false
		s.arrive(then)
		return
	}
	s.act, s.then = going, then
}

const released = 'x' // of goes: it was in order to give the P away

func (s *state) arrive(then byte) {
	s.act, s.then = nothing, 0
	switch then {
	case released:
		s.released = true
	case unloading:
		s.gone = true
	}
}

// comes is the end of a system call.
func (s *state) comes(then byte) { s.released, s.act, s.then = false, coming, then }

// enter is a callback.
func (m *moves) enter(s *state, f byte) {
	switch {
	case s.released && m.enterWakes:
		s.comes(f)
	case s.top() == foreign || s.top() == slow:
		if !m.onlyInGate {
			s.wrong = notInGate
		} else {
			s.comes(ordinary)
		}
	case !s.sp || s.released:
		s.wrong = noP
	default:
		m.entered(s, f)
	}
}

func (m *moves) entered(s *state, f byte) {
	s.push(f)
	if f == draining {
		s.pending = false
		if !m.wokenRuns {
			s.woken = false
		}
		switch {
		case s.job && s.paused:
			s.held, s.pending = true, true
		case s.job:
			s.job, s.held = false, false
		}
	}
}

// release gives the P away if that can be.
func (m *moves) release(s *state) {
	if s.released || s.gone || !s.inGate() || s.fork != noFork && m.forkKeepsP {
		return
	}
	s.goes(released)
}

// left is the way out of a callback that was entered the fast way.
func (m *moves) left(s *state) {
	s.pop()
	if s.n() == 0 && s.window && m.leaveReleases {
		m.release(s)
	}
}

func (m *moves) server() {
	s := &m.from
	switch s.act {
	case going:
		m.add(must, "the server's thread is in its system call", func(s *state) { s.arrive(s.then) })
		return
	case coming:
		if s.sp || s.freeP() {
			m.add(must, "the server's thread has a P and goes on", func(s *state) {
				then := s.then
				s.sp, s.act, s.then = true, nothing, 0
				switch then {
				case gate, foreign, slow:
					s.pop()
				default:
					m.entered(s, then)
				}
			})
		}
		return
	}
	if isGo(s.top()) {
		m.serverGo()
		return
	}
	m.serverC()
	if s.n() == 0 && s.fork != ready && s.fork != child {
		m.loop()
	}
}

func (m *moves) serverGo() {
	s, f := &m.from, m.from.top()
	if !s.sp {
		if s.freeP() {
			m.add(must, "the server's thread gets a P again", func(s *state) { s.sp = true })
		}
		return
	}
	if !m.onlyOutside {
		m.add(must, "SIGURG in Go code", func(s *state) { s.wrong = notInGate })
	}
	if s.fork == noFork && (s.collector == stopping || s.worldRuns() && !s.freeP()) {
		m.add(must, "the server's thread is preempted", func(s *state) { s.sp = false })
	}
	switch f {
	case handler, draining:
		m.add(must, "a callback is left", func(s *state) { m.left(s) })
	case ordinary:
		m.add(must, "an ordinary callback is left", func(s *state) { s.pop(); s.goes(0) })
	case coroutine:
		m.add(must, "the coroutine ends", func(s *state) { s.pop() })
	case preparing:
		if s.collector == rests {
			m.add(must, "Go is at rest, the server's thread pinned", func(s *state) {
				s.wp, s.fp, s.fork = false, false, ready
				m.left(s)
			})
		}
	case after:
		m.add(must, "the pin is off", func(s *state) { s.fork = noFork; m.left(s) })
	case unloading:
		m.add(must, "the resident goroutine stays behind", func(s *state) {
			s.pop()
			s.job, s.pending, s.held, s.closed = false, false, false, true
			if s.n() > 0 {
				s.wrong = underfoot
				return
			}
			s.goes(unloading)
		})
	}
	if s.n() == m.depth {
		return
	}
	switch f {
	case handler, draining, ordinary:
		m.add(may, "a gate is called", func(s *state) { s.push(gate) })
		if s.hurried {
			m.add(may, "a gate for commands is called", func(s *state) { s.push(gate); m.release(s) })
		}
		if s.fork == noFork {
			m.add(may, "C is called through cgo", func(s *state) { s.push(foreign); s.goes(0) })
			m.add(may, "a coroutine is entered", func(s *state) { s.push(coroutine) })
		}
	case coroutine:
		m.add(may, "the coroutine calls a fast gate", func(s *state) { s.push(quick) })
		m.add(may, "the coroutine calls C through cgo", func(s *state) { s.push(slow); s.goes(0) })
	}
}

// serverC is what happens while C runs on the server's thread.
func (m *moves) serverC() {
	s, f := &m.from, m.from.top()
	inTurn := f != 0 || s.phase == turn || s.phase == behind || s.phase == early
	if m.urgeReleases && s.sp && !s.released && !s.gone && s.fork != child && (s.inGate() || !m.onlyInGate) {
		m.add(must, "SIGURG in C", func(s *state) {
			if !s.inGate() {
				s.wrong = notInGate
				return
			}
			m.release(s)
			s.hurried = s.released || s.act == going
		})
	}
	if s.fork == ready {
		m.add(must, "the fork, in the parent", func(s *state) { m.enter(s, after) })
		m.add(must, "the fork, in the child", func(s *state) { s.fork = child })
		return
	}
	if inTurn && s.n() < m.depth && !s.gone && f != quick {
		m.add(c, "the server calls back", func(s *state) { m.enter(s, handler) })
		m.add(may, "a callback comes on another stack", func(s *state) {
			if !m.onlyOwnStack {
				s.wrong = oddStack
			}
		})
		if s.inGate() && s.fork == noFork {
			m.add(may, "the server forks", func(s *state) { m.enter(s, preparing) })
			if s.phase == turn && (s.n() == 0 || !m.idleUnload) {
				m.add(may, "the module is unloaded", func(s *state) { m.enter(s, unloading) })
			}
		}
	}
	switch f {
	case gate:
		m.add(c, "a gate comes back", func(s *state) {
			switch {
			case !s.released:
				s.pop()
			case m.gateWakes:
				s.comes(gate)
			default:
				s.wrong = noP
			}
		})
	case foreign, slow:
		m.add(c, "C comes back through cgo", func(s *state) { s.comes(f) })
	case quick:
		m.add(must, "the fast gate comes back", func(s *state) { s.pop() })
	}
}

// loop is the server's event loop.
func (m *moves) loop() {
	s := &m.from
	drain := func(s *state) {
		if s.pending && !s.gone {
			m.enter(s, draining)
		}
	}
	switch s.phase {
	case turn:
		if s.oneShot {
			m.add(must, "what woke the server is called", func(s *state) {
				s.oneShot = false
				if m.wokenRuns {
					s.woken = false
				}
			})
		}
		m.add(c, "the event before sleep", func(s *state) { s.phase = event })
	case event:
		m.add(must, "before sleep, the window", func(s *state) {
			s.phase, s.hurried = look, false
			if m.windowFirst {
				s.window = true
			} else {
				drain(s)
			}
		})
	case look:
		m.add(must, "before sleep, the queue", func(s *state) {
			s.phase = let
			if m.windowFirst {
				drain(s)
			} else {
				s.window = true
			}
		})
	case let:
		m.add(must, "before sleep, the release", func(s *state) {
			s.phase = behind
			if m.sleepReleases {
				m.release(s)
			}
		})
	case behind:
		m.add(c, "the server sleeps", func(s *state) { s.phase, s.lock = asleep, nobody })
	case asleep:
		m.add(may, "a client wakes the server", func(s *state) { s.phase = wakes })
		if s.oneShot {
			m.add(must, "the server is woken for the queue", func(s *state) { s.phase = wakes })
		}
		if s.held && !s.paused {
			m.add(must, "the server's clock wakes it", func(s *state) { s.phase = wakes })
		}
	case wakes:
		if s.lock == nobody {
			m.add(must, "the server has the lock", func(s *state) { s.phase, s.lock = early, server })
		}
	case early:
		m.add(c, "the event after sleep", func(s *state) { s.phase, s.window = turn, false })
	}
	if s.phase == turn || s.phase == asleep {
		m.add(may, "writes are paused, or no longer", func(s *state) { s.paused = !s.paused })
	}
}
