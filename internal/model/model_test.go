// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package model

import (
	"strings"
	"testing"
)

// quiet is GODEBUG=asyncpreemptoff=1: no signals, and C that ends.
func quiet(r rules, depth int) setting {
	r.urgeReleases = false
	return setting{rules: r, finite: true, depth: depth}
}

// urged has signals, and C that never ends.
func urged(r rules, depth int) setting { return setting{rules: r, depth: depth} }

func (f finding) String() string {
	return f.what + ": " + f.state.String() + "\n\t" + strings.Join(f.path, "\n\t")
}

// TestNobodyWaitsForEver goes through all states. Those that it reaches are many, and
// of all sorts: else it would have shown nothing.
func TestNobodyWaitsForEver(t *testing.T) {
	for name, s := range map[string]setting{"signals": urged(all(), 3), "no signals": quiet(all(), 3)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := s.search()
			for _, f := range res.found {
				t.Error(f)
			}
			t.Logf("%d states, %d moves", res.states, res.moves)
			for what, n := range res.reached {
				if n == 0 && (s.urgeReleases || what != "released below a gate") {
					t.Errorf("no state is reached with %s", what)
				}
			}
			if res.states < 100_000 {
				t.Errorf("%d states are less than there are", res.states)
			}
		})
	}
}

// TestEachRule switches off one rule at a time, and wants the fault back against which
// it stands: what waits, or what goes wrong, and how the state looks in which it does.
func TestEachRule(t *testing.T) {
	const stop, scan, serverP, goroutineP, forLock, forTurn = "a stop of the world", "a stack's scan", "the server's thread, for a P",
		"a goroutine, for a P", "the server's thread, for the lock", "a job, for its turn"
	anyState := func(*state) bool { return true }
	for _, test := range []struct {
		name  string
		off   func(r *rules)
		run   func(rules, int) setting
		what  string
		like  func(s *state) bool // one of the bad states
		depth int                 // how deep calls must nest for it
	}{
		{"enter looks at released", func(r *rules) { r.enterWakes = false }, urged, faults[noP], anyState, 1},
		{"a gate looks at released", func(r *rules) { r.gateWakes = false }, urged, faults[noP], func(s *state) bool { return s.top() == gate }, 2},
		// The hang of a command behind BLPOP: the server waits for the lock, its owner for a
		// P, the collection for the server's thread.
		{"callbacks in the window release", func(r *rules) { r.leaveReleases = false }, quiet, forLock, func(s *state) bool {
			return s.phase == wakes && s.sp && s.collector == stopping && s.lock == aWorker && !s.wp
		}, 1},
		{"the event before sleep releases", func(r *rules) { r.sleepReleases = false }, quiet, stop, func(s *state) bool { return s.phase == asleep && s.sp }, 1},
		// Goroutines beside a slow script or an RDB load stand still.
		{"SIGURG releases", func(r *rules) { r.urgeReleases = false }, urged, stop, func(s *state) bool { return s.top() == 0 && s.phase == turn && s.sp }, 1},
		{"SIGURG releases below a handler", func(r *rules) { r.urgeReleases = false }, urged, scan, func(s *state) bool { return s.top() == gate && s.sp }, 2},
		{"only what stands in a gate", func(r *rules) { r.onlyInGate = false }, urged, faults[notInGate], func(s *state) bool { return s.top() == foreign }, 2},
		{"a coroutine", func(r *rules) { r.onlyInGate = false }, urged, faults[notInGate], func(s *state) bool { return s.top() == quick }, 3},
		{"only outside of Go's text", func(r *rules) { r.onlyOutside = false }, urged, faults[notInGate], func(s *state) bool { return s.top() == handler }, 1},
		{"only on the thread's own stack", func(r *rules) { r.onlyOwnStack = false }, urged, faults[oddStack], anyState, 1},
		// Saves hang: the child waits for a P that another thread had.
		{"no release while forking", func(r *rules) { r.forkKeepsP = false }, urged, serverP, func(s *state) bool { return s.fork == child && s.wp }, 1},
		{"a fork on another thread", func(r *rules) { r.forkFlagOwn = false }, urged, goroutineP, func(s *state) bool { return s.fork == lost }, 1},
		{"no unload below a callback", func(r *rules) { r.idleUnload = false }, urged, faults[underfoot], anyState, 3},
		{"no unload on another thread", func(r *rules) { r.unloadHere = false }, urged, faults[leftBehind], anyState, 1},
		// A stop that missed the resident goroutine: the server sleeps.
		{"the timer", func(r *rules) { r.timer = false }, urged, stop, func(s *state) bool { return s.released && s.sp && s.phase == asleep }, 1},
		{"the timer, without signals", func(r *rules) { r.timer = false }, quiet, stop, func(s *state) bool { return s.released && s.sp && s.phase == asleep }, 1},
		{"the timer outlives the module", func(r *rules) { r.timerStays = false }, urged, stop, func(s *state) bool { return s.gone && s.sp }, 1},
		// The stall of 60 s under tight loops: a goroutine waits for the lock in C and has a
		// P, the server's thread, which has the lock, waits for a P, the stop for the goroutine.
		{"the lock is asked for, without the timer", func(r *rules) { r.lockAsks, r.timer = false, false }, urged, serverP, func(s *state) bool {
			return s.worker == waitsC && s.wp && s.lock == server && s.collector == stopping && !s.fp
		}, 1},
		{"the window before the look", func(r *rules) { r.windowFirst = false }, urged, forTurn, func(s *state) bool { return s.phase == asleep && !s.oneShot }, 1},
		{"a wake-up is over when it has been", func(r *rules) { r.wokenRuns = false }, urged, forTurn, func(s *state) bool { return s.phase == asleep && s.woken && !s.oneShot }, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := all()
			test.off(&r)
			in := test.run(r, test.depth)
			in.alone = r.forkFlagOwn && r.unloadHere
			for _, s := range in.search().bad[test.what] {
				if test.like(&s) {
					return
				}
			}
			t.Errorf("%s: not found without the rule", test.what)
		})
	}
}

// TestLockWithTimer: with the timer a goroutine that waits for the lock in C keeps its P
// for no longer than the timer lets it.
func TestLockWithTimer(t *testing.T) {
	t.Parallel()
	r := all()
	r.lockAsks = false
	for _, f := range urged(r, 2).search().found {
		t.Error(f)
	}
}
