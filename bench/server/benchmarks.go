// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
)

// runDocs puts the tables of bench/results into docs/BENCHMARKS.md.
func runDocs(args []string, stdout io.Writer) error {
	fs := flag.NewFlagSet("docs", flag.ContinueOnError)
	document := fs.String("document", "docs/BENCHMARKS.md", "what is written, between its markers")
	instructions := fs.String("instructions", "bench/results/instructions.tsv", "table of instructions")
	cpu := fs.String("cpu", "bench/results/cpu.tsv", "table of CPU time")
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
	c, err := readCPUTable(*cpu)
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
		if text, err = replaceSection(text, section.name, section.text); err != nil {
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

// replaceSection replaces what stands between the two markers of a section.
func replaceSection(document, name, text string) (string, error) {
	begin, end := "<!-- "+name+": begin -->\n", "<!-- "+name+": end -->\n"
	before, rest, ok := strings.Cut(document, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("the markers of section %s are missing", name)
	}
	return before + begin + "\n" + text + "\n" + end + after, nil
}

// markdown returns the table of instructions, with the ratio of CPU time where it was
// measured.
func (t table) markdown(cpu cpuTable) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Instructions: commit %s, %s, %s, %s, %s, %s, %s.\n", t.commit,
		t.tools.server, t.tools.goVersion, t.tools.cc, t.tools.cpu, t.tools.libc, t.tools.valgrind)
	if len(cpu.ratios) > 0 {
		fmt.Fprintf(&b, "CPU time: %s.\n", strings.Join(cpu.header, "; "))
	}
	b.WriteString("\n| operation | C | Go | more | ratio | CPU, Go to C |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	for _, r := range t.rows {
		ratio := "-"
		if v, ok := cpu.ratios[r.op]; ok {
			ratio = fmt.Sprintf("%.2f", v)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %.3f | %s |\n", r.op, grouped(r.c), grouped(r.g), grouped(r.more()), r.ratio(), ratio)
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

// grouped returns a whole number with commas between its thousands.
func grouped(v float64) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if v < 0 && s != "0" {
		return "-" + s
	}
	return s
}
