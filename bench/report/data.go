// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strconv"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

// valueKinds are the implementations of a data type, in their order.
var valueKinds = []string{"c", "struct", "go"}

// valueSizes returns the numbers of values that were measured, from small to large.
func valueSizes(f results.File) (all []int) {
	for n := 1; n <= 100_000_000; n *= 10 {
		for _, s := range f.Distinct("Values", "n") {
			if s == strconv.Itoa(n) {
				all = append(all, n)
			}
		}
	}
	return all
}

// valueFigure is a line of the table and a plot, perhaps.
type valueFigure struct {
	what, op, unit string
	beside         string
	each           bool // is divided by the number of values
	write          func(float64) string
}

var valueFigures = []valueFigure{
	{what: "memory of the server for each key and value", op: "memory", unit: "server-B/value", write: byteCount},
	{what: "Go heap for each value", op: "memory", unit: "heap-B/value", write: byteCount},
	{what: "memory of the process for each", op: "memory", unit: "resident-B/value", write: byteCount},
	{what: "set a value, CPU", op: "insert", unit: "ns/op", write: duration},
	{what: "of that, Go's collector, per cent", op: "insert", unit: "collector-%", write: digits},
	{what: "read a value, CPU", op: "read", unit: "ns/op", write: duration},
	{what: "BGSAVE, CPU of the child for each value", op: "save", unit: "child-cpu-ns", beside: "nothing", each: true, write: duration},
	{what: "BGSAVE, the fork", op: "save", unit: "fork-ns", beside: "nothing", write: duration},
	{what: "BGSAVE, copied on write", op: "save", unit: "copied-B", beside: "nothing", write: byteCount},
	{what: "the same beside writes", op: "save", unit: "copied-B", beside: "writes", write: byteCount},
	{what: "load from a file, each value", op: "load", unit: "ns/op", write: duration},
	{what: "FLUSHALL, each value", op: "flush", unit: "ns/op", write: duration},
	{what: "one collection of Go's, CPU", op: "collect", unit: "cpu-ns", write: duration},
	{what: "its pauses", op: "collect", unit: "pauses-ns", write: duration},
}

func byteCount(v float64) string {
	s := amount(v)
	if last := s[len(s)-1]; last >= '0' && last <= '9' {
		return s + " B"
	}
	return s[:len(s)-1] + " " + s[len(s)-1:] + "B"
}

// of returns the figure for an implementation and a number of values.
func (v valueFigure) of(f results.File, impl string, n int) (float64, bool) {
	keys := []any{"op", v.op, "impl", impl, "n", n}
	if v.beside != "" {
		keys = append(keys, "beside", v.beside)
	}
	figure, ok := f.Median("Values", v.unit, keys...)
	if v.each {
		figure /= float64(n)
	}
	return figure, ok
}

func valuesText(f results.File) string {
	sizes := valueSizes(f)
	if len(sizes) == 0 {
		return notMeasured
	}
	most := sizes[len(sizes)-1]
	t := newTable(results.Grouped(float64(most))+" values: a number and a text", "C", "C memory", "Go values")
	for _, v := range valueFigures {
		cells := []string{v.what}
		for _, impl := range valueKinds {
			figure, ok := v.of(f, impl, most)
			// Where the values are not Go's, there is no heap for them to be in.
			cells = append(cells, cell(figure, ok && (impl == "go" || v.unit != "heap-B/value"), v.write))
		}
		t.row(cells...)
	}
	meaning := "C is a type that is written in C, *C memory* one that `rm.NewStructType` makes, whose values C keeps, saves and frees, *Go values* one of `rm.NewType`. " +
		"A type of Go values costs memory of Go's beside the server's, and a collection that looks at all values each time that the heap has doubled, on threads of its own. " +
		"[DATATYPES.md](DATATYPES.md) says what that means and when to choose what."
	return text(t, 1, meaning)
}

func forkText(f results.File) string {
	t := newTable("keys", "beside", "protocol", "the server's fork: median", "worst")
	rows := 0
	for _, n := range f.Distinct("Fork", "n") {
		for _, b := range besides {
			for _, p := range []struct{ key, name string }{{"no", "nothing of Go's runs in the child"}, {"yes", "forks are prepared"}} {
				keys := []any{"n", n, "beside", b.key, "protocol", p.key}
				median, ok := f.Median("Fork", "p50-ns", keys...)
				worst, hasWorst := f.Median("Fork", "max-ns", keys...)
				if !ok {
					continue
				}
				rows++
				t.row(n, b.name, p.name, duration(median), cell(worst, hasWorst, duration))
			}
		}
	}
	return text(t, rows, "Before the server forks, for a save, Go is brought to rest, if the module has anything that runs in the child: a data type, or `Context.Fork`. That is the difference between the lines; "+
		"what the number of values adds is in the plots above.")
}

// readmeText is the short table of the README.
func readmeText(f results.File) string {
	t := newTable("", "C", "Go", "plain cgo", "Lua script", "built-in")
	rows := 0
	add := func(what, family, unit string, impls [5]string, keys ...any) {
		cells := []string{what}
		found := false
		for _, impl := range impls {
			v, ok := f.Median(family, unit, append(append([]any{}, keys...), "impl", impl)...)
			found = found || ok
			cells = append(cells, cell(v, ok, duration))
		}
		if found {
			rows++
			t.row(cells...)
		}
	}
	server := [5]string{"c", "go", "portable", "lua", "builtin"}
	add("one call of a C function", "Call", "ns/op", [5]string{"c", "gate", "cgo", "", ""})
	add("one call from C into Go", "Entry", "ns/op", [5]string{"", "resident", "cgo", "", ""})
	for _, o := range []struct{ op, what string }{
		{"noop", "empty command, CPU of the whole server"}, {"echo", "echo of an argument"}, {"get", "read of a string key"},
		{"array100", "reply of 100 integers, one call each"}, {"hget", "read of a hash field"}, {"call", "call of GET, its reply passed on"},
	} {
		add(o.what, "Server", "ns/op", server, "op", o.op)
	}
	add("rate limiter", "Limiter", "ns/op", server)
	if v, ok := f.Median("Latency", "p99-ns", "op", "noop", "impl", "c", "clients", 4, "beside", "nothing"); ok {
		g, _ := f.Median("Latency", "p99-ns", "op", "noop", "impl", "go", "clients", 4, "beside", "nothing")
		rows++
		t.row("p99 of the empty command, 4 clients", duration(v), duration(g), none, none, none)
	}
	return text(t, rows, fmt.Sprintf("Plain cgo is cgo itself in the first two rows, in the others the same module in portable mode, whose calls go by cgo. "+
		"`make bench UPDATE=1`: %s. The first two rows and the last are of parts that BENCHMARKS names.", f.AboutPart("server")))
}
