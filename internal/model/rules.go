// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package model

// rules are those of the call layer. The search is also run with one of them off.
type rules struct {
	enterWakes    bool // enter looks at released
	gateWakes     bool // a gate looks at released on its way back (WOKEN)
	leaveReleases bool // in the window a callback that is left releases (leavego)
	sleepReleases bool // the event before sleep releases
	urgeReleases  bool // SIGURG releases (releaseNow)
	onlyInGate    bool // only what stands in a gate is entered the fast way, or released
	onlyOutside   bool // the handler of SIGURG leaves alone what is in Go's text
	onlyOwnStack  bool // a callback on another stack is not run
	forkKeepsP    bool // no release from the preparation of a fork to its end
	forkFlagOwn   bool // a fork on another thread does not change what the server's thread knows of its own
	idleUnload    bool // no unload below a callback
	unloadHere    bool // no unload on a thread that is not the server's
	lockAsks      bool // who wants the lock asks for it, and does not wait in C
	timer         bool // there is always a timer that is due soon, so that the monitor does not sleep
	timerStays    bool // also when the module is unloaded
	windowFirst   bool // before-sleep opens the window, and looks at the queue then
	wokenRuns     bool // what the loop was woken with says itself that it has been called; the look at the queue does not
}

func all() rules {
	return rules{true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true}
}

// setting is what one search goes through.
type setting struct {
	rules
	// finite: C that the server's thread runs ends by itself. Without signals
	// (GODEBUG=asyncpreemptoff=1) that is what all have to wait for; but for nothing more.
	finite bool
	depth  int  // how far calls nest on the server's thread, at most deepest
	alone  bool // without the C module's thread: some eight times fewer states
}

// kind says who makes a move; see the package's text.
type kind uint8

const (
	must kind = iota
	c
	may
)

// move is one step of somebody's.
type move struct {
	name string
	kind kind
	to   state
}

// moves collects what can happen in a state.
type moves struct {
	setting
	from state
	list []move
}

// add adds a move: what it changes is in f.
func (m *moves) add(k kind, name string, f func(s *state)) {
	to := m.from
	f(&to)
	m.list = append(m.list, move{name, k, to})
}

func (r setting) moves(s state) []move {
	m := moves{setting: r, from: s}
	if s.wrong != none {
		return nil
	}
	m.server()
	if s.fork != child {
		m.worker()
		if !r.alone {
			m.stranger()
		}
		m.collector()
		m.monitor()
	}
	return m.list
}
