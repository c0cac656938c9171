// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "fmt"

// budget is what Go's part of something may be at most, in instructions on amd64 with
// Redis 7.0.15.
type budget struct {
	what  string
	ops   []string // that the figure is made of
	limit float64
	ratio bool // the figure is Go to C, not what Go needs more
	of    func(rows []row) float64
}

// more and ratio are the figures of one operation.
func more(rows []row) float64  { return rows[0].more() }
func ratio(rows []row) float64 { return rows[0].ratio() }

// perElement returns what one of n elements needs more, as the difference of two operations
// of which the first has n elements more than the second.
func perElement(n float64) func([]row) float64 {
	return func(rows []row) float64 { return (rows[0].more() - rows[1].more()) / n }
}

// budgets are the targets.
func budgets() []budget {
	all := []budget{
		{what: "empty command with a constant reply", ops: []string{"ok"}, limit: 120, of: more},
		{what: "one direct reply inside of an array", ops: []string{"array100", "noop"}, limit: 42, of: perElement(100)},
		{what: "an element of a recorded reply, over C's direct one", ops: []string{"build1000", "build10"}, limit: 30, of: perElement(990)},
		{what: "an element of a whole slice of numbers", ops: []string{"ints1000", "noop"}, limit: 8, of: perElement(1000)},
		{what: "an element of a whole slice of texts", ops: []string{"texts1000", "noop"}, limit: 8, of: perElement(1000)},
		{what: "get of a string key", ops: []string{"get"}, limit: 250, of: more},
	}
	for _, of := range []struct {
		limit float64
		ops   []string
	}{
		{1.05, []string{"hget", "hset", "pushpop", "zadd", "xadd", "dictget", "incr"}},
		{1.10, []string{"walk1000", "walkbytes1000", "scan10000", "scanbytes10000", "scanin10000", "zrange100", "zrangein100", "xread10", "xreadbytes10", "filter", "notify100"}},
		// A value in C memory, to the twin's: what Go does of it, and what C does.
		{1.05, []string{"sset", "sget", "ssave", "sload"}},
	} {
		for _, name := range of.ops {
			all = append(all, budget{what: name, ops: []string{name}, limit: of.limit, ratio: true, of: ratio})
		}
	}
	return all
}

// figure returns the budget's figure in a table; false when the table lacks an
// operation.
func (b budget) figure(t table) (float64, bool) {
	var rows []row
	for _, name := range b.ops {
		r, ok := t.row(name)
		if !ok {
			return 0, false
		}
		rows = append(rows, r)
	}
	return b.of(rows), true
}

// text writes a figure of the budget as it is shown.
func (b budget) text(v float64) string {
	if b.ratio {
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
