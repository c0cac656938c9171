// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var modes = []string{"resident", "portable"}

// inC is what a result has in the place of a mode when the suite's own modules ran.
const inC = "C"

// runAll runs the units of a server.
func (t target) runAll(s *settings) ([]result, error) {
	source, err := t.source(s.dir)
	if err != nil {
		return nil, err
	}
	if err := t.programs(source); err != nil {
		return nil, err
	}
	tree, err := t.goTree(s.dir, source)
	if err != nil {
		return nil, err
	}
	all, err := units(source)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(u unit) bool { return u.two && t.other == "" })
	have, err := modules()
	if err != nil {
		return nil, err
	}
	wanted := words(s.units)
	var todo []unit
	var needed, foreign []string // modules in Go, and in C
	var results []result
	for _, u := range all {
		switch missing := u.missing(have); {
		case len(wanted) > 0 && !slices.Contains(wanted, u.name):
		case slices.Contains(missing, u.needs[0]):
			if len(wanted) > 0 {
				return nil, fmt.Errorf("unit %s needs modules that are not there in Go: %s", u.name, strings.Join(missing, " "))
			}
			results = append(results, result{server: t.name, unit: u.name, module: notInGo, missing: missing})
		default:
			todo = append(todo, u)
			results = append(results, result{server: t.name, unit: u.name, module: besideGo, missing: missing})
			for _, name := range u.needs {
				if slices.Contains(missing, name) && !slices.Contains(foreign, name) {
					foreign = append(foreign, name)
				} else if !slices.Contains(missing, name) && !slices.Contains(needed, name) {
					needed = append(needed, name)
				}
			}
		}
	}
	if err := build(s.dir, s.tags, needed); err != nil {
		return nil, err
	}
	for _, name := range foreign {
		so := filepath.Join("tests", "modules", name+".so")
		if err := os.Symlink(filepath.Join(source, so), filepath.Join(tree, so)); err != nil {
			return nil, err
		}
	}
	// Units for which another server is put there come last.
	slices.SortStableFunc(todo, func(a, b unit) int {
		switch {
		case a.defrag == b.defrag:
			return 0
		case b.defrag:
			return -1
		}
		return 1
	})
	for _, u := range todo {
		if u.defrag {
			if err := t.defragmenting(source); err != nil {
				r := result{server: t.name, unit: u.name, module: notBuilt, missing: []string{reason(err)}}
				r.show()
				results = append(results, r)
				continue
			}
		}
		baseline, err := u.run(s, source, "")
		if err != nil {
			return nil, err
		}
		results = append(results, result{server: t.name, unit: u.name, module: inC, tests: baseline, differs: failures(baseline)})
		results[len(results)-1].show()
		for _, mode := range modes {
			if len(words(s.modes)) > 0 && !slices.Contains(words(s.modes), mode) {
				continue
			}
			tests, err := u.run(s, tree, mode)
			if err != nil {
				return nil, err
			}
			results = append(results, result{server: t.name, unit: u.name, module: mode, tests: tests, differs: compare(baseline, tests)})
			results[len(results)-1].show()
		}
	}
	return results, nil
}

// reason is what the command internal/servers says in the error, in one line.
func reason(err error) string {
	for line := range strings.Lines(err.Error()) {
		if why, ok := strings.CutPrefix(line, "servers: "); ok {
			return strings.TrimSpace(why)
		}
	}
	return "it is not known why"
}

// missing returns the modules that the unit needs and that are not in Go.
func (u unit) missing(have []string) []string {
	return slices.DeleteFunc(slices.Clone(u.needs), func(name string) bool { return slices.Contains(have, name) })
}

// limit is how long a unit may take.
const limit = 5 * time.Minute

// run runs a unit in a tree of the suite. No mode means the modules in C.
func (u unit) run(s *settings, tree, mode string) ([]test, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit+time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "tclsh", "tests/test_helper.tcl", "--single", "unit/moduleapi/"+u.name, "--clients", "1",
		"--baseport", strconv.Itoa(s.port), "--portcount", "500", "--timeout", strconv.Itoa(int(limit.Seconds())), "--dont-clean")
	if other := filepath.Join(tree, otherServer); exists(other) {
		cmd.Args = append(cmd.Args, "--other-server-path", other)
	}
	cmd.Dir = tree
	cmd.Env = append(os.Environ(), "TERM=dumb")
	if mode != "" {
		cmd.Env = append(cmd.Env, "REDISMODULE_MODE="+mode)
	}
	out, err := cmd.CombinedOutput()
	if s.verbose {
		os.Stdout.Write(out)
	}
	tests := parse(string(out))
	if len(tests) == 0 {
		return nil, fmt.Errorf("unit %s said nothing of tests: %w\n%s", u.name, err, out)
	}
	if mode != "" {
		more, err := readLogs(tree, mode)
		if err != nil {
			return nil, fmt.Errorf("unit %s: %w", u.name, err)
		}
		tests = append(tests, more...)
	}
	tmp := filepath.Join(tree, "tests", "tmp")
	if err := os.RemoveAll(tmp); err != nil {
		return nil, err
	}
	return tests, os.Mkdir(tmp, 0o755)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// test is one test of a unit.
type test struct {
	name string
	// fault is what the suite says of a test that has failed.
	fault string
}

var (
	okLine    = regexp.MustCompile(`^\[ok\]: (.*) \(\d+ ms\)$`)
	errLine   = regexp.MustCompile(`^\[err\]: (.*?)(?: in (?:tests/)?unit/\S+)?$`)
	otherLine = regexp.MustCompile(`^\[(exception|timeout)\]:? ?(.*)$`)
)

// parse reads what the suite says. A test that is run again has a number behind its name.
func parse(out string) []test {
	var tests []test
	times := map[string]int{}
	add := func(name, fault string) {
		times[name]++
		if n := times[name]; n > 1 {
			name += fmt.Sprintf(" #%d", n)
		}
		tests = append(tests, test{name, fault})
	}
	lines := strings.Split(strings.ReplaceAll(out, "\r", "\n"), "\n")
	for i, line := range lines {
		switch {
		case okLine.MatchString(line):
			add(okLine.FindStringSubmatch(line)[1], "")
		case errLine.MatchString(line):
			why := "failed"
			if i+1 < len(lines) && lines[i+1] != "" {
				why, _, _ = strings.Cut(lines[i+1], " (context: ")
			}
			add(errLine.FindStringSubmatch(line)[1], why)
		case otherLine.MatchString(line):
			m := otherLine.FindStringSubmatch(line)
			add("("+m[1]+")", m[2])
		case strings.HasPrefix(line, "==="), strings.Contains(line, "The End"):
			return tests
		}
	}
	return tests
}

var (
	modeLine  = regexp.MustCompile(`: mode=(\w+)`)
	faultLine = regexp.MustCompile(`panic: .*|fatal error: .*|ASSERTION FAILED.*|crashed by signal.*`)
)

// readLogs reads the logs of the servers that the suite has started. All modules must have been in
// the mode that was asked for. What there is of panics and crashes counts as a test that has failed.
func readLogs(tree, mode string) ([]test, error) {
	files, err := filepath.Glob(filepath.Join(tree, "tests", "tmp", "*", "stdout"))
	if err != nil {
		return nil, err
	}
	var faults []test
	loads := 0
	for _, file := range files {
		log, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, m := range modeLine.FindAllSubmatch(log, -1) {
			loads++
			if string(m[1]) != mode {
				return nil, fmt.Errorf("a module was loaded in mode %s and not %s", m[1], mode)
			}
		}
		for _, m := range faultLine.FindAll(log, -1) {
			faults = append(faults, test{"(log)", string(m)})
		}
	}
	if loads == 0 {
		return nil, fmt.Errorf("no log of %d tells of a load", len(files))
	}
	return faults, nil
}
