// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "moduleapi:", err)
		os.Exit(1)
	}
}

// settings are the command's flags.
type settings struct {
	dir     string
	units   string
	servers string
	modes   string
	tags    string
	port    int
	verbose bool
}

// run is main with an error.
func run() error {
	var s settings
	flag.StringVar(&s.dir, "dir", filepath.Join(".servers", "moduleapi"), "scratch folder")
	flag.StringVar(&s.units, "units", "", "units, all otherwise")
	flag.StringVar(&s.servers, "servers", "", "servers, all otherwise: "+strings.Join(targetNames(), " "))
	flag.StringVar(&s.modes, "modes", "", "modes, all otherwise: "+strings.Join(modes, " "))
	flag.StringVar(&s.tags, "tags", "", "build tags of the Go modules; the results are shown and not kept")
	flag.IntVar(&s.port, "port", 26000, "first of the ports that the suite uses")
	flag.BoolVar(&s.verbose, "v", false, "show what the suite says")
	flag.Parse()
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return err
	}
	s.dir = dir
	chosen, err := chooseTargets(s.servers)
	if err != nil {
		return err
	}
	var faults []string
	for _, t := range chosen {
		ran, err := t.runAll(&s)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		faults = append(faults, unexplained(ran)...)
		if s.tags != "" {
			continue
		}
		all, err := readResults()
		if err != nil {
			return err
		}
		if err := writeResults(merge(all, ran)); err != nil {
			return err
		}
		if err := writeTable(); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("differences that %s does not explain:\n%s", differencesFile, strings.Join(faults, "\n"))
	}
	return nil
}

// unexplained returns the differences from C that are not explained.
func unexplained(ran []result) (faults []string) {
	known, err := readDifferences()
	if err != nil {
		return []string{err.Error()}
	}
	for _, r := range ran {
		if r.module == notInGo && known.reason(r.unit) == "" {
			faults = append(faults, fmt.Sprintf("%s %s: not in Go", r.server, r.unit))
		}
		for _, d := range r.differs {
			if known.explain(r, d) == nil {
				faults = append(faults, fmt.Sprintf("%s %s %s: %s", r.server, r.unit, r.module, d))
			}
		}
	}
	return faults
}

// words splits a list of names.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == ',' })
}

// command runs a program in a folder, and returns its output as an error when it fails.
func command(dir string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// merge puts new results in the place of old ones.
func merge(old, new []result) []result {
	same := func(a result) func(b result) bool {
		return func(b result) bool {
			return a.server == b.server && a.unit == b.unit && (a.module == b.module || notRun(a.module) || notRun(b.module))
		}
	}
	all := slices.DeleteFunc(slices.Clone(old), func(r result) bool { return slices.ContainsFunc(new, same(r)) })
	all = append(all, new...)
	slices.SortFunc(all, func(a, b result) int {
		return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(a.server, b.server), cmp.Compare(a.module, b.module))
	})
	return all
}
