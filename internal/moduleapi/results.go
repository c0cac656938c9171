// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	resultsFile     = folder + "/results.tsv"
	differencesFile = folder + "/differences.tsv"
	head            = "# SPDX-FileCopyrightText: The redismodule authors\n# SPDX-License-Identifier: BSD-3-Clause\n"
)

// What a result has in the place of a mode when the unit's own module is missing in Go, and when it
// names the modules in C that the unit loads beside ours, and when the unit needs a server that could
// not be built.
const (
	notInGo  = "none"
	besideGo = "beside"
	notBuilt = "unbuilt"
)

// notRun tells that a result stands for a unit that did not run.
func notRun(module string) bool { return module == notInGo || module == notBuilt }

// result is what became of a unit.
type result struct {
	server, unit string
	// module is "C", a mode, "none", "beside" or "unbuilt".
	module string
	tests  []test
	// passed and failed count tests; they are read from the file, or made of tests.
	passed, failed int
	// differs are the tests that fail with C, or with Go end otherwise than with C.
	differs []string
	// missing are modules, or with "unbuilt" the reason.
	missing []string
}

// show prints the result.
func (r result) show() {
	fmt.Printf("%s  %-14s %-20s %-9s %s\n", time.Now().Format(time.TimeOnly), r.server, r.unit, r.module, r.count())
}

// count returns passed of all tests as text.
func (r result) count() string {
	if r.module == notInGo {
		return "not in Go: " + strings.Join(r.missing, " ")
	}
	if r.module == notBuilt {
		return "no server for it could be built: " + strings.Join(r.missing, " ")
	}
	passed, failed := r.numbers()
	return fmt.Sprintf("%d of %d", passed, passed+failed)
}

func (r result) numbers() (passed, failed int) {
	if r.tests == nil {
		return r.passed, r.failed
	}
	for _, t := range r.tests {
		if t.fault == "" {
			passed++
		} else {
			failed++
		}
	}
	return passed, failed
}

// failures lists the tests that have failed.
func failures(tests []test) []string {
	var list []string
	for _, t := range tests {
		if t.fault != "" {
			list = append(list, t.name+": "+t.fault)
		}
	}
	return list
}

// compare lists the tests that did not end as those with C did.
func compare(c, golang []test) []string {
	var list []string
	find := func(tests []test, name string) *test {
		if i := slices.IndexFunc(tests, func(t test) bool { return t.name == name }); i >= 0 {
			return &tests[i]
		}
		return nil
	}
	var missing []string
	for _, t := range c {
		switch other := find(golang, t.name); {
		case other == nil:
			missing = append(missing, t.name)
		case t.fault == "" && other.fault != "":
			list = append(list, t.name+": "+other.fault)
		case t.fault != "" && other.fault == "":
			list = append(list, t.name+": fails with C alone")
		}
	}
	for _, t := range golang {
		if find(c, t.name) == nil {
			list = append(list, t.name+": "+t.fault)
		}
	}
	if len(missing) > 0 {
		list = append(list, fmt.Sprintf("(%d tests did not run)", len(missing)))
	}
	return list
}

// writeResults writes the file of results.
func writeResults(all []result) error {
	var b strings.Builder
	b.WriteString(head + "# Written by make moduleapi: unit, server, C or mode, passed, failed, what differs.\n")
	for _, r := range all {
		passed, failed := r.numbers()
		last := r.differs
		if notRun(r.module) || r.module == besideGo {
			last = r.missing
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\t%d\t%d", r.unit, r.server, r.module, passed, failed)
		for _, d := range last {
			b.WriteString("\t" + strings.ReplaceAll(d, "\t", " "))
		}
		b.WriteString("\n")
	}
	return os.WriteFile(filepath.FromSlash(resultsFile), []byte(b.String()), 0o644)
}

// readResults reads the file of results; none is no results.
func readResults() ([]result, error) {
	lines, err := readTSV(resultsFile)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []result
	for _, f := range lines {
		if len(f) < 5 {
			return nil, fmt.Errorf("%s: %q has too few fields", resultsFile, f)
		}
		r := result{unit: f[0], server: f[1], module: f[2], differs: f[5:]}
		for i, n := range []*int{&r.passed, &r.failed} {
			if *n, err = strconv.Atoi(f[3+i]); err != nil {
				return nil, fmt.Errorf("%s: %w", resultsFile, err)
			}
		}
		if notRun(r.module) || r.module == besideGo {
			r.missing, r.differs = r.differs, nil
		}
		all = append(all, r)
	}
	return all, nil
}

// readTSV reads a file of fields with tabs between them; lines with # are comments.
func readTSV(file string) ([][]string, error) {
	text, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		return nil, err
	}
	var lines [][]string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && line[0] != '#' {
			lines = append(lines, strings.Split(line, "\t"))
		}
	}
	return lines, nil
}

// difference explains why tests of a unit end otherwise than with C, or fail with C.
type difference struct {
	unit string
	// test is the beginning of what is listed, the test's name; "*" is all tests.
	test string
	// servers and modules are lists, or "all". "none" is why the unit's own module is not there in Go.
	servers, modules string
	why              string
}

type differences []difference

// readDifferences reads the explanations.
func readDifferences() (differences, error) {
	lines, err := readTSV(differencesFile)
	if err != nil {
		return nil, err
	}
	var all differences
	for _, f := range lines {
		if len(f) != 5 {
			return nil, fmt.Errorf("%s: %q has not five fields", differencesFile, f)
		}
		all = append(all, difference{f[0], f[1], f[2], f[3], f[4]})
	}
	return all, nil
}

// explain returns the explanation of a difference, nil if there is none.
func (all differences) explain(r result, text string) *difference {
	has := func(list, word string) bool { return list == "all" || slices.Contains(words(list), word) }
	for i, d := range all {
		if d.unit == r.unit && (d.test == "*" || strings.HasPrefix(text, d.test)) && has(d.servers, r.server) && has(d.modules, r.module) {
			return &all[i]
		}
	}
	return nil
}

// reason returns why a unit's own module is not there in Go, "" if nothing says so.
func (all differences) reason(unit string) string {
	for _, d := range all {
		if d.unit == unit && d.modules == notInGo {
			return d.why
		}
	}
	return ""
}
