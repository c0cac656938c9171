// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package model

// wait is something that somebody waits for.
type wait struct {
	name string
	on   func(s *state) bool // somebody does
	by   kind                // the last kind of moves by which it must be served
}

// waits lists what must never last for ever. C may take as long as it likes on the
// server's thread, and only who waits for that thread waits for C. Without signals the
// others do, too: by is raised to c then.
var waits = []wait{
	{"a stop of the world", func(s *state) bool { return s.collector == stopping }, must},
	{"a stack's scan", func(s *state) bool { return s.collector == scanning }, must},
	{"the server's thread, for a P", func(s *state) bool {
		return !s.sp && (s.act == coming || s.act == nothing && isGo(s.top()))
	}, must},
	{"a goroutine, for a P", func(s *state) bool {
		return !s.wp && (s.worker == asks || s.worker == owner || s.worker == posts || s.worker == put)
	}, must},
	{"a C thread, for a P", func(s *state) bool { return !s.fp && (s.stranger == enters || s.stranger == inGo) }, must},
	{"the server's thread, for the lock", func(s *state) bool { return s.phase == wakes }, must},
	{"a job, for its turn", func(s *state) bool { return s.worker == waitsJob && s.job && !s.paused }, c},
}

// serverWaits is the only one that a forked child has: its other threads are gone.
const serverWaits = 2

// finding is a state that should not be.
type finding struct {
	what  string // who waits for ever, or what went wrong
	state state
	path  []string // the moves that lead there, the fewest
}

// result is what a search has found.
type result struct {
	states, moves int
	found         []finding // the nearest one of each kind
	// bad holds all states of each kind.
	bad map[string][]state
	// reached counts the states of certain sorts.
	reached map[string]int
}

// sorts are states that must be reached if the search is to mean something.
var sorts = map[string]func(s *state) bool{
	"released below a gate":         func(s *state) bool { return s.released && s.top() == gate },
	"an ordinary callback":          func(s *state) bool { return s.top() == ordinary },
	"a coroutine in C":              func(s *state) bool { return s.top() == slow },
	"a gate in the window":          func(s *state) bool { return s.top() == gate && s.window },
	"a child that runs Go":          func(s *state) bool { return s.fork == child && s.top() == handler },
	"the module gone":               func(s *state) bool { return s.gone },
	"a stop missed by the server":   func(s *state) bool { return s.collector == stopping && s.sp && s.released && s.act == nothing },
	"a stop missed by a C thread":   func(s *state) bool { return s.collector == stopping && s.fp && s.strangerInCall() },
	"a job held back":               func(s *state) bool { return s.held },
	"the lock with the goroutine":   func(s *state) bool { return s.lock == aWorker },
	"the lock with the C thread":    func(s *state) bool { return s.lock == aStranger && s.stranger == inGo },
	"the server waiting for a lock": func(s *state) bool { return s.phase == wakes && s.lock != nobody },
}

// search goes through all states that can be reached.
func (r setting) search() result {
	type edge struct {
		from int32
		kind kind
	}
	index := map[state]int32{start(): 0}
	states := []state{start()}
	parent := []edge{{-1, must}}
	name := []string{""}
	into := [][]edge{nil} // the moves that lead into each state
	res := result{bad: map[string][]state{}, reached: map[string]int{}}
	for i := 0; i < len(states); i++ {
		for _, m := range r.moves(states[i]) {
			res.moves++
			j, seen := index[m.to]
			if !seen {
				j = int32(len(states))
				index[m.to] = j
				states = append(states, m.to)
				parent = append(parent, edge{int32(i), m.kind})
				name = append(name, m.name)
				into = append(into, nil)
			}
			into[j] = append(into[j], edge{int32(i), m.kind})
		}
	}
	res.states = len(states)
	for what, is := range sorts {
		res.reached[what] = 0
		for i := range states {
			if is(&states[i]) {
				res.reached[what]++
			}
		}
	}
	report := func(what string, i int) {
		if res.bad[what] == nil {
			var path []string
			for j := int32(i); j > 0; j = parent[j].from {
				path = append([]string{name[j]}, path...)
			}
			res.found = append(res.found, finding{what, states[i], path})
		}
		res.bad[what] = append(res.bad[what], states[i])
	}
	for i := range states {
		if w := states[i].wrong; w != none {
			report(faults[w], i)
		}
	}
	for n, w := range waits {
		last := w.by
		if r.finite {
			last = max(last, c)
		}
		// Back from all states in which nobody waits, through moves that must come.
		served := make([]bool, len(states))
		var todo []int32
		on := func(s *state) bool { return (s.fork != child || n == serverWaits) && s.wrong == none && w.on(s) }
		for i := range states {
			if !on(&states[i]) {
				served[i] = true
				todo = append(todo, int32(i))
			}
		}
		for len(todo) > 0 {
			j := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for _, e := range into[j] {
				// A child is another process: it serves nobody here.
				if e.kind <= last && !served[e.from] && (states[j].fork == child) == (states[e.from].fork == child) {
					served[e.from] = true
					todo = append(todo, e.from)
				}
			}
		}
		for i := range states {
			if !served[i] {
				report(w.name, i)
			}
		}
	}
	return res
}
