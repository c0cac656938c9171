// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package results is the form that all benchmarks write and all tables are made from:
// lines of Go's benchmark format, which benchstat reads, whose names are key=value
// throughout, with lines "key: value" above that say where it was measured.
//
//	BenchmarkLatency/op=noop/impl=go/beside=nothing 51234 14300 p50-ns 31200 p99-ns
package results

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Families are the benchmarks, and what one line of each is.
var Families = map[string]string{
	"Call":         "one call from Go to C, no server",
	"Entry":        "one call from C to Go, no server",
	"Server":       "one command inside of a server, CPU time of all its threads",
	"ServerAllocs": "what a command allocates in Go",
	"Limiter":      "one decision of a rate limiter, CPU time of the whole server",
	"Scale":        "one command as something grows, CPU time of the whole server",
	"Latency":      "the time until a client without pipelining has its reply",
	"Queue":        "one round of work that a thread of a module's own has the server do",
	"Fork":         "a fork of the server",
	"Emulated":     "instructions of one call or entry, no server, under qemu",
	"Values":       "values of a module's data type",
}

// Keys are the keys in names, in their order, and what each says.
var Keys = []struct{ Name, Means string }{
	{"op", "the operation"},
	{"of", "what grows"},
	{"impl", "who does it: c, go, portable (Go by plain cgo), struct (Go, its values in C memory), lua, builtin (the server's own commands), and ways of the call layer"},
	{"arch", "the processor: amd64, arm64"},
	{"n", "how many"},
	{"clients", "connections that send at the same time"},
	{"beside", "what else goes on: nothing, threads and goroutines that compute, pipelines (of PING), writes, foreign (other programs that compute)"},
	{"protocol", "whether the module prepares forks: yes, no"},
}

var word = regexp.MustCompile(`^[a-z0-9][a-z0-9_]*$`)

// Name returns the name of a benchmark: a family and pairs of key and value in the order of
// Keys. It panics when the name is none.
func Name(family string, pairs ...any) string {
	var b strings.Builder
	b.WriteString("Benchmark" + family)
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&b, "/%v=%v", pairs[i], pairs[i+1])
	}
	if _, _, err := parseName(b.String()); err != nil || len(pairs)%2 != 0 {
		panic(fmt.Sprintf("%s is no name of a benchmark: %v", b.String(), err))
	}
	return b.String()
}

// Metric is a figure of a line.
type Metric struct {
	Value float64
	Unit  string
}

// Line returns a line: a name, how often it was done, and what that took.
func Line(name string, n int, metrics ...Metric) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d", name, n)
	for _, m := range metrics {
		b.WriteString(" " + strconv.FormatFloat(m.Value, 'f', decimals(m.Value), 64) + " " + m.Unit)
	}
	return b.String()
}

// decimals keeps four digits or so.
func decimals(v float64) int {
	switch {
	case v == float64(int64(v)) || v >= 1e4:
		return 0
	case v >= 10:
		return 1
	}
	return 4
}

// parseName splits a name into the family and the values of its keys.
func parseName(name string) (family string, values map[string]string, err error) {
	rest, ok := strings.CutPrefix(name, "Benchmark")
	parts := strings.Split(rest, "/")
	if _, known := Families[parts[0]]; !ok || !known {
		return "", nil, fmt.Errorf("%s is no family", parts[0])
	}
	values = map[string]string{}
	last := -1
	for _, part := range parts[1:] {
		key, value, ok := strings.Cut(part, "=")
		at := slices.IndexFunc(Keys, func(k struct{ Name, Means string }) bool { return k.Name == key })
		switch {
		case !ok || at < 0:
			return "", nil, fmt.Errorf("%s: %q is not one of the keys", name, part)
		case at <= last:
			return "", nil, fmt.Errorf("%s: key %s is not in its place", name, key)
		case !word.MatchString(value):
			return "", nil, fmt.Errorf("%s: %q cannot be a value", name, value)
		}
		last, values[key] = at, value
	}
	return parts[0], values, nil
}
