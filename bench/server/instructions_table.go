// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

// tools are what instructions depend on besides the code. Figures of different tools
// are not compared.
type tools struct {
	server, goVersion, cc, cpu, libc, valgrind string
}

// names returns the names of the tools in a table and where the values are.
func (t *tools) names() []struct {
	name  string
	value *string
} {
	return []struct {
		name  string
		value *string
	}{
		{"server", &t.server}, {"go", &t.goVersion}, {"cc", &t.cc}, {"cpu", &t.cpu}, {"libc", &t.libc}, {"valgrind", &t.valgrind},
	}
}

// difference says in what the tools differ, in one line; "" when they do not.
func (t tools) difference(now tools) string {
	if t == (tools{}) {
		return "there is no table"
	}
	var all []string
	values := now.names()
	for i, n := range t.names() {
		if *n.value != *values[i].value {
			all = append(all, fmt.Sprintf("the table is of %s %s, this is %s", n.name, *n.value, *values[i].value))
		}
	}
	return strings.Join(all, "; ")
}

// readTools asks for the versions.
func readTools(s *countedServer) (t tools, err error) {
	if t.server, err = s.version(); err != nil {
		return t, err
	}
	t.goVersion = runtime.Version()
	t.cpu = runtime.GOARCH
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil && slices.Contains(strings.Fields(string(b)), "avx2") {
		// By it valgrind chooses the processor that the program sees.
		t.cpu += " avx2"
	}
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "gcc"
	}
	for _, v := range []struct {
		to    *string
		words []string
	}{
		{&t.cc, append(strings.Fields(cc), "--version")},
		{&t.libc, []string{"getconf", "GNU_LIBC_VERSION"}},
		{&t.valgrind, []string{"valgrind", "--version"}},
	} {
		out, err := exec.Command(v.words[0], v.words[1:]...).Output()
		if err != nil {
			return t, fmt.Errorf("%s: %w", strings.Join(v.words, " "), err)
		}
		line, _, _ := strings.Cut(string(out), "\n")
		*v.to = strings.TrimSpace(line)
	}
	return t, nil
}

// row is one line of a table: instructions for each command on the server's thread.
type row struct {
	op   string
	c, g float64
}

// more is what Go's part is: all that the server's thread ran with the Go module, less
// what it ran with the C twin for the same bytes. Server code that Go code calls more
// often is in it, and so is what Go code saves.
func (r row) more() float64  { return r.g - r.c }
func (r row) ratio() float64 { return r.g / r.c }

// table is what bench/results has of a run.
type table struct {
	commit string
	tools  tools
	rows   []row
}

func (t table) row(op string) (row, bool) {
	for _, r := range t.rows {
		if r.op == op {
			return r, true
		}
	}
	return row{}, false
}

// resultsOf takes the mean of the runs.
func tableOf(now tools, ops []op, runs []pairs) table {
	t := table{commit: results.Commit(), tools: now}
	for _, o := range ops {
		r := row{op: o.name}
		for _, run := range runs {
			r.c += run[o.name].c.perCommand() / float64(len(runs))
			r.g += run[o.name].g.perCommand() / float64(len(runs))
		}
		t.rows = append(t.rows, r)
	}
	return t
}

// with returns the table after new results: those of other ops stay if they are of the
// same tools.
func (t table) with(now table) table {
	merged := table{commit: now.commit, tools: now.tools}
	for _, o := range append(allOps(), typeOps()...) {
		if r, ok := now.row(o.name); ok {
			merged.rows = append(merged.rows, r)
		} else if r, ok := t.row(o.name); ok && t.tools == now.tools {
			merged.rows = append(merged.rows, r)
			if t.commit != now.commit {
				merged.commit = t.commit + ", in part " + now.commit
			}
		}
	}
	return merged
}

const tableColumns = "op\tc\tgo\tmore\tratio"

func (t table) write(file string) error {
	var b strings.Builder
	b.WriteString("# Instructions for each command on the server's thread. Written by: make bench-instructions UPDATE=1\n")
	fmt.Fprintf(&b, "# commit: %s\n", t.commit)
	for _, n := range t.tools.names() {
		fmt.Fprintf(&b, "# %s: %s\n", n.name, *n.value)
	}
	b.WriteString(tableColumns + "\n")
	for _, r := range t.rows {
		fmt.Fprintf(&b, "%s\t%.1f\t%.1f\t%.1f\t%.3f\n", r.op, r.c, r.g, r.more(), r.ratio())
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

func readTable(file string) (table, error) {
	if file == "" {
		return table{}, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return table{}, err
	}
	t, err := parseTable(string(b))
	if err != nil {
		return t, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

func parseTable(text string) (table, error) {
	var t table
	columns := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if comment, ok := strings.CutPrefix(line, "# "); ok {
			key, value, _ := strings.Cut(comment, ": ")
			if key == "commit" {
				t.commit = value
			}
			for _, n := range t.tools.names() {
				if n.name == key {
					*n.value = value
				}
			}
			continue
		}
		if !columns {
			if line != tableColumns {
				return t, fmt.Errorf("the columns are %q, not %q", line, tableColumns)
			}
			columns = true
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != strings.Count(tableColumns, "\t")+1 {
			return t, fmt.Errorf("%q does not have the columns", line)
		}
		c, err1 := strconv.ParseFloat(f[1], 64)
		g, err2 := strconv.ParseFloat(f[2], 64)
		if err := errors.Join(err1, err2); err != nil {
			return t, err
		}
		t.rows = append(t.rows, row{op: f[0], c: c, g: g})
	}
	if !columns {
		return t, errors.New("an empty table")
	}
	return t, nil
}

// How much Go's part of an operation may rise: 3 per cent, and what two runs of the same
// build differ by, which shows where Go's part is small against the server's.
const (
	mostRise  = 0.03
	noise     = 3.0    // instructions for each command
	noisePart = 0.0005 // of the C twin's instructions

	// How often the server looks at its timers goes by the time.
	mostRiseOfTimer = 1.0
)

// limit returns what more may be at most.
func (r row) limit() float64 {
	rise := mostRise
	if r.op == "timer" {
		rise = mostRiseOfTimer
	}
	return r.more() + max(0, r.more())*rise + noise + r.c*noisePart
}

// compare fails if Go's part has risen at any operation. A table that has become too
// high is only said: it should be written anew.
func (t table) compare(now table, w io.Writer) error {
	var errs []error
	for _, r := range now.rows {
		was, ok := t.row(r.op)
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("op %s is not in the table; write it with UPDATE=1", r.op))
		case r.more() > was.limit():
			errs = append(errs, fmt.Errorf("op %s: Go's part has risen from %.1f to %.1f instructions, the limit is %.1f",
				r.op, was.more(), r.more(), was.limit()))
		case was.more() > r.limit():
			fmt.Fprintf(w, "op %s: Go's part has fallen from %.1f to %.1f instructions; write the table with UPDATE=1\n", r.op, was.more(), r.more())
		}
	}
	return errors.Join(errs...)
}
