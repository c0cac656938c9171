// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

// runDocs puts the tables of bench/results into docs/BENCHMARKS.md.
func runDocs(args []string, stdout io.Writer) error {
	fs := flag.NewFlagSet("docs", flag.ContinueOnError)
	document := fs.String("document", "docs/BENCHMARKS.md", "what is written, between its markers")
	instructions := fs.String("instructions", "bench/results/instructions.tsv", "table of instructions")
	cpu := fs.String("results", "bench/results/bench.txt", "results, for the CPU time")
	check := fs.Bool("check", false, "fail if something would change, instead of writing")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	t, err := readTable(*instructions)
	if err != nil {
		return err
	}
	c, err := results.ReadFile(*cpu)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	was, err := os.ReadFile(*document)
	if err != nil {
		return err
	}
	text := string(was)
	for _, section := range []struct{ name, text string }{
		{"instructions", t.markdown(c)},
		{"budgets", budgetsMarkdown(t)},
	} {
		if text, err = results.ReplaceSection(text, section.name, section.text); err != nil {
			return fmt.Errorf("%s: %w", *document, err)
		}
	}
	if text == string(was) {
		return nil
	}
	if *check {
		return fmt.Errorf("%s is not current: go run ./bench/server docs", *document)
	}
	fmt.Fprintf(stdout, "%s is written\n", *document)
	return os.WriteFile(*document, []byte(text), 0o644)
}

// markdown returns the table of instructions, with the ratio of CPU time where it was
// measured.
func (t table) markdown(cpu results.File) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Instructions: commit %s, %s, %s, %s, %s, %s, %s.\n", t.commit,
		t.tools.server, t.tools.goVersion, t.tools.cc, t.tools.cpu, t.tools.libc, t.tools.valgrind)
	if about := cpu.AboutPart("server"); about != "" {
		fmt.Fprintf(&b, "CPU time: %s.\n", about)
	}
	b.WriteString("\n| operation | C | Go | more | ratio | CPU, Go to C |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	for _, r := range t.rows {
		ratio := "-"
		if v, ok := cpuRatio(cpu, r.op); ok {
			ratio = fmt.Sprintf("%.2f", v)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %.3f | %s |\n", r.op, results.Grouped(r.c), results.Grouped(r.g), results.Grouped(r.more()), r.ratio(), ratio)
	}
	return b.String()
}

// budgetsMarkdown returns the table of the budgets.
func budgetsMarkdown(t table) string {
	var b strings.Builder
	b.WriteString("| what | from | budget | figure | |\n| --- | --- | ---: | ---: | --- |\n")
	for _, g := range budgets() {
		figure, met := "-", "not counted"
		if v, ok := g.figure(t); ok {
			figure, met = g.text(v), "met"
			if v > g.limit {
				met = "**not met**"
			}
		}
		limit := strconv.FormatFloat(g.limit, 'f', -1, 64)
		if g.ratio {
			limit = fmt.Sprintf("%.2f", g.limit)
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s |\n", g.what, strings.Join(g.ops, "`, `"), limit, figure, met)
	}
	return b.String()
}

// cpuRatio returns what an op costs in Go to what it costs in C, in CPU time of the server.
func cpuRatio(f results.File, opName string) (float64, bool) {
	ops, err := selectOps(opName)
	if err != nil {
		return 0, false
	}
	if ops[0].group == groupLimiter {
		return f.Ratio("Limiter", "ns/op", "go", baseline)
	}
	return f.Ratio("Server", "ns/op", "go", baseline, "op", opName)
}
