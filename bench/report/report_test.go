// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

// some returns results with a line or more of every family.
func some() string {
	var b strings.Builder
	b.WriteString("machine: 2 x A\ncommit: c0ffee\nserver: Redis 7.0.15\n")
	line := func(name string, figures ...results.Metric) { fmt.Fprintln(&b, results.Line(name, 10, figures...)) }
	m := func(v float64, unit string) results.Metric { return results.Metric{Value: v, Unit: unit} }
	for i, impl := range []string{"c", "go", "portable", "lua", "builtin"} {
		ns := float64(100 * (i + 1))
		line(results.Name("Limiter", "impl", impl), m(ns, "ns/op"), m(1e9/ns, "cmds/s"))
		if i > 2 {
			continue
		}
		for _, op := range []string{"noop", "get"} {
			line(results.Name("Server", "op", op, "impl", impl), m(ns, "ns/op"))
		}
		for _, g := range grows {
			for n := 1; n <= 1000; n *= 10 {
				line(results.Name("Scale", "of", g.of, "impl", impl, "n", n), m(ns*float64(n), "ns/op"))
			}
		}
	}
	line(results.Name("Call", "impl", "gate"), m(3, "ns/op"), m(0, "allocs/op"))
	line(results.Name("ServerAllocs", "op", "noop", "impl", "go"), m(-0.001, "allocs/cmd"))
	for _, b := range besides {
		for _, c := range append(append([]command{}, plain...), blocked...) {
			for _, clients := range []int{1, 4} {
				line(results.Name("Latency", "op", c.op, "impl", c.impl, "clients", clients, "beside", b.key),
					m(1000, "p50-ns"), m(2000, "p99-ns"), m(3000, "p999-ns"), m(1e6, "max-ns"), m(5e4, "cmds/s"))
			}
		}
	}
	line(results.Name("Queue", "impl", "go", "n", 10, "beside", "nothing"), m(3000, "ns/op"), m(1000, "p50-ns"), m(2000, "p999-ns"), m(4e5, "rounds/s"), m(5e5, "ping-max-ns"))
	line(results.Name("Fork", "n", 10, "beside", "nothing", "protocol", "yes"), m(1e6, "p50-ns"), m(2e6, "max-ns"))
	for _, impl := range valueKinds {
		for _, n := range []int{1000, 10_000} {
			for _, v := range valueFigures {
				keys := []any{"op", v.op, "impl", impl, "n", n}
				if v.beside != "" {
					keys = append(keys, "beside", v.beside)
				}
				line(results.Name("Values", keys...), m(5000, v.unit))
			}
		}
	}
	return b.String()
}

func markers(all ...string) string {
	text := "begin\n"
	for _, name := range all {
		text += "<!-- " + name + ": begin -->\n<!-- " + name + ": end -->\n"
	}
	return text
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func contains(t *testing.T, text string, pieces ...string) {
	t.Helper()
	for _, piece := range pieces {
		if !strings.Contains(text, piece) {
			t.Errorf("%q is not in\n%s", piece, text)
		}
	}
}

// A file of results becomes tables in two documents, and plots.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	file, document, readme := filepath.Join(dir, "bench.txt"), filepath.Join(dir, "docs.md"), filepath.Join(dir, "readme.md")
	args := []string{"-emulated", filepath.Join(dir, "emulated.txt"), "-results", file, "-document", document, "-readme", readme}
	var names []string
	for _, s := range sections(results.File{}) {
		names = append(names, s.name)
	}
	must(t, os.WriteFile(document, []byte(markers(names...)), 0o600))
	must(t, os.WriteFile(readme, []byte(markers("measured")), 0o600))
	must(t, run(args, io.Discard)) // without results the README stays
	b, err := os.ReadFile(document)
	must(t, err)
	contains(t, string(b), "<!-- emulated: begin -->\n\nNot measured.\n")
	must(t, os.WriteFile(file, []byte(some()), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "emulated.txt"), []byte("qemu: qemu 7\nBenchmarkEmulated/op=call/impl=gate/arch=arm64 10 40.4 insns/op\n"), 0o600))
	if err := run(append(args, "-check"), io.Discard); err == nil || !strings.Contains(err.Error(), "not current") {
		t.Fatal(err)
	}
	must(t, run(args, io.Discard))
	must(t, run(append(args, "-check"), io.Discard))
	b, err = os.ReadFile(document)
	must(t, err)
	contains(t, string(b), "from Go on the server's thread | 40 | - |", "Counted under qemu 7,", "begin\n", "commit c0ffee, 2 x A, Redis 7.0.15.",
		"| Go | 200 ns | 2.00 | 5M |", "costs 2.00 of one in C, the script costs 2.00 of Go",
		"| the same from Go | 3 ns | 0 |",
		"| `noop` | 100 ns | 200 ns | 300 ns | 2.00 | 3.00 | 0.0 |", "in Go and 3.00 by plain cgo",
		"| keys that the command opens | 1,000 | 100 µs | 200 µs | 300 µs | 2.00 | 100 ns | 200 ns |",
		"| a full machine | 4 | command in Go | 1 µs | 2 µs | 3 µs | 1 ms | 50k |",
		"| nothing else | 1 | answered by a goroutine | 1 µs |", "waits 1.00 of the time in Go",
		"| 10 | nothing else | `Do` | 3 µs | 1 µs | 2 µs | 400k | 500 µs |",
		"| 10,000 values: a number and a text | C | C memory | Go values |", "| Go heap for each value | - | - | 5 kB |",
		"| 10 | nothing else | forks are prepared | 1 ms | 2 ms |",
		"![limiter](plots/limiter.svg)", "![values](plots/values.svg)")
	b, err = os.ReadFile(readme)
	must(t, err)
	contains(t, string(b), "| rate limiter | 100 ns | 200 ns | 300 ns | 400 ns | 500 ns |", "| one call of a C function | - | 3 ns | - | - | - |")
	for _, s := range sections(results.File{}) {
		if s.plot == nil {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, "plots", s.name+".svg"))
		must(t, err)
		contains(t, string(b), "<svg", "</svg>", "Arial")
	}
	var out strings.Builder
	must(t, run(append(args, "-print"), &out))
	contains(t, out.String(), "## queue\n", "## README\n")
	must(t, run(append(args, "-png", filepath.Join(dir, "png")), io.Discard))
	b, err = os.ReadFile(filepath.Join(dir, "png", "scale.png"))
	must(t, err)
	contains(t, string(b[:8]), "PNG")
}

// What was not measured is said, and has no plot.
func TestNothingMeasured(t *testing.T) {
	f, err := results.Parse("machine: 2 x A\n")
	must(t, err)
	for _, s := range sections(results.File{}) {
		if s.plot != nil && s.plot(f) != nil {
			t.Errorf("%s has a plot", s.name)
		}
		if s.name != "about" && s.text(f) != notMeasured { // nothing but settings is there
			t.Errorf("%s: %s", s.name, s.text(f))
		}
	}
}

// The documents say what the results of the repository say.
func TestDocumentsAreCurrent(t *testing.T) { must(t, run([]string{"-check"}, io.Discard)) }

func TestUnits(t *testing.T) {
	for ns, want := range map[float64]string{0: "0 ns", 0.456: "0.46 ns", 3: "3 ns", 999.4: "999 ns", 999.6: "1.00 µs", 12345: "12.3 µs", 2e6: "2 ms", 1.5e9: "1.50 s"} {
		if got := duration(ns); got != want {
			t.Errorf("%v: %s, want %s", ns, got, want)
		}
	}
	for v, want := range map[float64]string{1: "1", 1000: "1k", 12345: "12.3k", 1e6: "1M", 999_900: "1M"} {
		if got := amount(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float64]string{64.2: "64.2 B", 709_000: "709 kB"} {
		if got := byteCount(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}
