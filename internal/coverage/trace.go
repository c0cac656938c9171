// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The states of a function in a trace file, which has a line for each: the state, a
// space, the bare name. See trace_on.go in the root.
const (
	stateAbsent  = '-' // the server lacks it
	statePresent = '.' // not called
	stateCalled  = '+'
)

// residentOnly are the functions that no trace shows: tracing works on the portable
// path, where they are refused.
var residentOnly = []string{"Fork", "ExitFromChild", "KillForkChild", "SendChildHeartbeat"}

// trace reads a trace file: the states by the bare name.
func trace(path string) (map[string]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	states := map[string]byte{}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) < 3 || !strings.ContainsRune("-.+", rune(line[0])) || line[1] != ' ' {
			return nil, fmt.Errorf("%s: %q is no line of a trace", path, line)
		}
		states[line[2:]] = line[0]
	}
	return states, nil
}

// check holds what the tests claim to drive against their traces in dir, one file
// by the test's name each. Servers without a function prove nothing.
func (a *api) check(dir string, w io.Writer) error {
	var proved, unproved int
	var wrong []string
	untraced := map[string]bool{}
	traces := map[string]map[string]byte{}
	for _, f := range a.functions {
		for _, test := range f.tests {
			if _, read := traces[test]; !read {
				states, err := trace(filepath.Join(dir, test))
				switch {
				case os.IsNotExist(err):
					untraced[test] = true
				case err != nil:
					return err
				}
				traces[test] = states
			}
			switch state := traces[test][f.bare()]; {
			case untraced[test], state == stateAbsent, slices.Contains(residentOnly, f.bare()):
				unproved++
			case state == stateCalled:
				proved++
			default:
				wrong = append(wrong, fmt.Sprintf("%s says that it drives %s, but no call was seen", test, f.bare()))
			}
		}
	}
	if err := a.unclaimed(dir, w); err != nil {
		return err
	}
	fmt.Fprintf(w, "%d claims of tests proved, %d not looked at (absent functions, forks, %d tests without a trace)\n", proved, unproved, len(untraced))
	for _, t := range slices.Sorted(maps.Keys(untraced)) {
		fmt.Fprintln(w, "  no trace of", t)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d wrong claims:\n%s", len(wrong), strings.Join(wrong, "\n"))
	}
	if proved == 0 {
		return fmt.Errorf("%s has no trace of any test", dir)
	}
	return nil
}

// unclaimed lists the typed functions that were called, but that no test claims.
func (a *api) unclaimed(dir string, w io.Writer) error {
	var paths []string
	for _, pattern := range []string{"*.Test*", "*.Inside*"} {
		more, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		paths = append(paths, more...)
	}
	by := map[string][]string{}
	for _, path := range paths {
		states, err := trace(path)
		if err != nil {
			return err
		}
		for name, state := range states {
			if state == stateCalled {
				by[name] = append(by[name], filepath.Base(path))
			}
		}
	}
	for _, f := range a.functions {
		if tests := by[f.bare()]; len(f.typed) > 0 && len(f.tests) == 0 && len(tests) > 0 {
			fmt.Fprintf(w, "called, but claimed by no test: %s (%s)\n", f.bare(), strings.Join(tests[:min(3, len(tests))], ", "))
		}
	}
	return nil
}
