// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

// table builds a table; all columns but the first are figures.
type table struct{ b strings.Builder }

func newTable(columns ...string) *table {
	t := &table{}
	t.row(columns...)
	marks := make([]string, len(columns))
	for i := range marks {
		marks[i] = "---:"
	}
	marks[0] = "---"
	t.row(marks...)
	return t
}

func (t *table) row(cells ...string) {
	fmt.Fprintf(&t.b, "| %s |\n", strings.Join(cells, " | "))
}

const none = "-"

// cell writes a figure if there is one.
func cell(v float64, ok bool, write func(float64) string) string {
	if !ok {
		return none
	}
	return write(v)
}

func times(v float64) string { return fmt.Sprintf("%.2f", v) }

const notMeasured = "Not measured.\n"

// code writes a name as code.
func code(s string) string { return "`" + s + "`" }

// text is a table and what it means, or that there are no figures.
func text(t *table, rows int, meaning string) string {
	if rows == 0 {
		return notMeasured
	}
	return t.b.String() + "\n" + meaning + "\n"
}

func aboutText(f results.File) string {
	if len(f.Config) == 0 {
		return notMeasured
	}
	return "* " + strings.Join(f.About(), ".\n* ") + ".\n"
}

var implementations = []string{"c", "go", "portable", "builtin", "lua"}

func limiterText(f results.File) string {
	t := newTable("a decision of the rate limiter", "CPU time of the server", "to C", "decisions per second, one core, pipelined")
	rows := 0
	for _, impl := range implementations {
		ns, ok := f.Median("Limiter", "ns/op", "impl", impl)
		if !ok {
			continue
		}
		rows++
		rate, hasRate := f.Median("Limiter", "cmds/s", "impl", impl)
		ratio, hasRatio := f.Ratio("Limiter", "ns/op", impl, "c")
		t.row(looks[impl].name, duration(ns), cell(ratio, hasRatio, times), cell(rate, hasRate, amount))
	}
	meaning := "The same limiter, so many events in a window of time, as people write it: a module in C, in Go, in Go by plain cgo, two commands of the server's " +
		"whose result the client judges, and a Lua script."
	if toC, ok := f.Ratio("Limiter", "ns/op", "go", "c"); ok {
		meaning += fmt.Sprintf(" A decision in Go costs %.2f of one in C", toC)
		for _, other := range []struct{ impl, is string }{{"lua", "the script costs"}, {"portable", "plain cgo"}, {"builtin", "the two commands"}} {
			if v, ok := f.Ratio("Limiter", "ns/op", other.impl, "go"); ok {
				meaning += fmt.Sprintf(", %s %.2f of Go", other.is, v)
			}
		}
		meaning += "."
	}
	return text(t, rows, meaning)
}

func microText(f results.File) string {
	t := newTable("", "time", "allocations")
	rows := 0
	for _, m := range []struct{ family, impl, what string }{
		{"Call", "c", "a call of a C function from C"},
		{"Call", "gate", "the same from Go"},
		{"Call", "beside", "from a goroutine that is not the server's thread"},
		{"Call", "portable", "in portable mode"},
		{"Call", "cgo", "by cgo"},
		{"Entry", "resident", "a call from C into Go, on the server's thread"},
		{"Entry", "sleep", "the same just after the server slept, with both events of it"},
		{"Entry", "portable", "in portable mode"},
		{"Entry", "ordinary", "on another thread"},
		{"Entry", "cgo", "by cgo"},
	} {
		ns, ok := f.Median(m.family, "ns/op", "impl", m.impl)
		if !ok {
			continue
		}
		rows++
		allocs, hasAllocs := f.Median(m.family, "allocs/op", "impl", m.impl)
		t.row(m.what, duration(ns), cell(allocs, hasAllocs, digits))
	}
	meaning := "No server here. Every command is one entry and a call or more: multiply to see what the way between the languages is in a command of yours."
	return text(t, rows, meaning)
}

func emulatedText(f results.File) string {
	t := newTable("instructions of", "arm64", "amd64")
	rows := 0
	for _, m := range []struct{ op, impl, what string }{
		{"call", "c", "a call of a C function, with the loop around it, from C"},
		{"call", "gate", "a call of a C function, with the loop around it, from Go on the server's thread"},
		{"call", "beside", "the same from a goroutine beside it"},
		{"call", "cgo", "the same by cgo"},
		{"entry", "resident", "a call from C into Go, on the server's thread"},
		{"entry", "portable", "the same in portable mode, which is cgo's way"},
		{"entry", "cgo", "the same by cgo, on another thread"},
	} {
		cells := []string{m.what}
		found := false
		for _, arch := range []string{"arm64", "amd64"} {
			v, ok := f.Median("Emulated", "insns/op", "op", m.op, "impl", m.impl, "arch", arch)
			found = found || ok
			cells = append(cells, cell(v, ok, func(v float64) string { return results.Grouped(v) }))
		}
		if found {
			rows++
			t.row(cells...)
		}
	}
	return text(t, rows, fmt.Sprintf("Counted under %s, %s, commit %s. A module on arm64 pays the same steps as on amd64; how many instructions they are says little of how long they take there.",
		f.Setting("qemu"), f.Setting("go"), f.Setting("commit")))
}

func commandsText(f results.File) string {
	t := newTable("operation", "C", "Go", "plain cgo", "Go to C", "plain cgo to C", "Go allocations")
	rows := 0
	var all, cgo []float64
	for _, op := range f.Distinct("Server", "op") {
		c, hasC := f.Median("Server", "ns/op", "op", op, "impl", "c")
		g, hasG := f.Median("Server", "ns/op", "op", op, "impl", "go")
		p, hasP := f.Median("Server", "ns/op", "op", op, "impl", "portable")
		toC, ok := f.Ratio("Server", "ns/op", "go", "c", "op", op)
		pToC, okP := f.Ratio("Server", "ns/op", "portable", "c", "op", op)
		allocs, hasAllocs := f.Median("ServerAllocs", "allocs/cmd", "op", op, "impl", "go")
		if ok {
			all = append(all, toC)
		}
		if okP {
			cgo = append(cgo, pToC)
		}
		rows++
		t.row(code(op), cell(c, hasC, duration), cell(g, hasG, duration), cell(p, hasP, duration), cell(toC, ok, times), cell(pToC, okP, times),
			cell(allocs, hasAllocs, func(v float64) string { return fmt.Sprintf("%.1f", max(0, v)) }))
	}
	meaning := "CPU time of the whole server process, all threads, for each command; the server's own work of reading the command and writing the reply is in it, the network is not."
	if len(all) > 0 {
		meaning += fmt.Sprintf(" The middle of these operations is %.2f of C in Go", results.Median(all))
		if len(cgo) > 0 {
			meaning += fmt.Sprintf(" and %.2f by plain cgo", results.Median(cgo))
		}
		meaning += ". Above it are loops that make many small calls of the API (take the form for whole slices, or the walk in place, where there is one), Context.Call (prepare calls by rm.NewCall), and recorded replies of few elements (reply directly)."
	}
	return text(t, rows, meaning)
}

// grows are the kinds of Scale, in the order of their plots.
var grows = []struct{ of, what string }{
	{"args", "arguments that the command reads"},
	{"keys", "keys that the command opens"},
	{"elements", "elements of a direct reply"},
	{"recorded", "elements of a recorded reply"},
	{"filters", "filters that see the command"},
	{"timers", "timers that wait"},
	{"goroutines", "goroutines (in C threads) that wait"},
	{"depth", "depth of a command that calls itself"},
}

// counts returns the numbers that a kind was measured with.
func counts(f results.File, of string) (all []int) {
	for n := 1; n <= 1_000_000; n *= 10 {
		if _, ok := f.Median("Scale", "ns/op", "of", of, "impl", "go", "n", n); ok {
			all = append(all, n)
		}
	}
	return all
}

func scaleText(f results.File) string {
	t := newTable("what grows", "n", "C", "Go", "plain cgo", "Go to C", "each one more, C", "each one more, Go")
	rows := 0
	for _, g := range grows {
		ns := counts(f, g.of)
		for i, n := range ns {
			if i > 0 && i < len(ns)-1 {
				continue // all are in the plot
			}
			rows++
			cells := []string{g.what, results.Grouped(float64(n))}
			for _, impl := range []string{"c", "go", "portable"} {
				v, ok := f.Median("Scale", "ns/op", "of", g.of, "impl", impl, "n", n)
				cells = append(cells, cell(v, ok, duration))
			}
			ratio, ok := f.Ratio("Scale", "ns/op", "go", "c", "of", g.of, "n", n)
			cells = append(cells, cell(ratio, ok, times))
			for _, impl := range []string{"c", "go"} {
				most, ok := f.Median("Scale", "ns/op", "of", g.of, "impl", impl, "n", n)
				least, ok2 := f.Median("Scale", "ns/op", "of", g.of, "impl", impl, "n", 1)
				cells = append(cells, cell((most-least)/max(1, float64(n-1)), ok && ok2 && n > 1, perMore))
			}
			t.row(cells...)
		}
	}
	return text(t, rows, "One command with 1 of something, and with the most that was tried. In the plots, which have CPU time over the number, a line that "+
		"rises is a cost that grows with it, a flat one does not: look there at what waits, timers and goroutines. The difference between the lines is what each one more costs.")
}

// perMore writes a difference, which noise can make negative.
func perMore(ns float64) string {
	if ns < 0.05 {
		return "0 ns"
	}
	return duration(ns)
}
