// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command emulated counts the instructions of the call layer's benchmarks under qemu's user
// emulation, which has a plugin for it (bench/native/count.c): of one call from Go to C, and
// of one entry from C into Go, on any processor that qemu knows. Each benchmark runs
// a number of rounds and twice as many, and the busiest thread is counted; the difference has
// nothing of what the program does besides. ci/emulated.sh builds what it needs.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "emulated:", err)
		os.Exit(1)
	}
}

// program is the test program of the root package for one architecture.
type program struct {
	arch  string
	words []string // the emulator and its arguments, up to the program
	path  string
}

// parseProgram reads "arch=program=emulator argument...".
func parseProgram(s string) (program, error) {
	arch, rest, _ := strings.Cut(s, "=")
	path, emulator, _ := strings.Cut(rest, "=")
	p := program{arch, strings.Fields(emulator), path}
	if arch == "" || path == "" || len(p.words) == 0 {
		return p, fmt.Errorf("%q is not arch=program=emulator", s)
	}
	return p, nil
}

// benchmark is one of the benchmarks of the root package, and how many rounds of it are more than what the
// program needs to start, on any thread.
type benchmark struct {
	op, impl, name string
	rounds         int
	moves          bool // from thread to thread: all threads are counted
}

var benchmarks = []benchmark{
	{"call", "c", "BenchmarkCall", 8_000_000, false},
	{"call", "gate", "BenchmarkCall", 1_000_000, false},
	{"call", "beside", "BenchmarkCall", 1_000_000, true},
	{"call", "cgo", "BenchmarkCall", 200_000, true},
	{"entry", "resident", "BenchmarkEntry", 300_000, false},
	{"entry", "portable", "BenchmarkEntry", 100_000, false},
	{"entry", "cgo", "BenchmarkEntry", 100_000, false},
}

func run(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("emulated", flag.ContinueOnError)
	var programs []program
	fs.Func("program", "arch=program=emulator argument...; may be repeated", func(s string) error {
		p, err := parseProgram(s)
		programs = append(programs, p)
		return err
	})
	plugin := fs.String("plugin", "", "bench/native/count.c as a shared object")
	runs := fs.Int("runs", 3, "runs, of which the middle counts")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if len(programs) == 0 || *plugin == "" || *runs < 1 {
		return errors.New("-program and -plugin are needed")
	}
	path, err := filepath.Abs(*plugin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "rmbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := counter{path, filepath.Join(dir, "n"), *runs}
	for _, p := range programs {
		for _, b := range benchmarks {
			n, err := c.perRound(p, b)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", b.name, p.arch, err)
			}
			name := results.Name("Emulated", "op", b.op, "impl", b.impl, "arch", p.arch)
			fmt.Fprintln(out, results.Line(name, b.rounds, results.Metric{Value: n, Unit: "insns/op"}))
		}
	}
	return nil
}

// counter runs programs and counts.
type counter struct {
	plugin, file string
	runs         int
}

// perRound returns the instructions of one round.
func (c counter) perRound(p program, b benchmark) (float64, error) {
	var small, large []float64
	for range c.runs {
		s, err := c.count(p, b, b.rounds)
		if err != nil {
			return 0, err
		}
		l, err := c.count(p, b, 2*b.rounds)
		if err != nil {
			return 0, err
		}
		small, large = append(small, s), append(large, l)
	}
	return (results.Median(large) - results.Median(small)) / float64(b.rounds), nil
}

func (c counter) count(p program, b benchmark, rounds int) (float64, error) {
	words := append(slices.Clone(p.words), "-plugin", c.plugin+",out="+c.file, p.path, "-test.run=NONE",
		fmt.Sprintf("-test.bench=^%s$/^impl=%s$", b.name, b.impl), fmt.Sprintf("-test.benchtime=%dx", rounds))
	cmd := exec.Command(words[0], words[1:]...)
	// The collector's work would be counted, too.
	cmd.Env = append(os.Environ(), "GOGC=off")
	text, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%w: %s", err, text)
	}
	if !strings.Contains(string(text), b.name+"/impl="+b.impl) {
		return 0, fmt.Errorf("there is no such benchmark: %s", text)
	}
	n, err := os.ReadFile(c.file)
	if err != nil {
		return 0, err
	}
	if err := os.Remove(c.file); err != nil {
		return 0, err
	}
	var most, all float64
	if _, err := fmt.Sscan(string(n), &most, &all); err != nil {
		return 0, fmt.Errorf("what the plugin has written: %w", err)
	}
	if b.moves {
		return all, nil
	}
	return most, nil
}
