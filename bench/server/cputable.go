// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// cpuTable is what bench/results has of CPU time: for each op the ratio of the Go
// module to the C twin, the median of the rounds.
type cpuTable struct {
	header []string // what was measured, where
	ratios map[string]float64
}

const cpuColumns = "op\tratio\tmin\tmax"

// writeCPU writes the ratios of one implementation to the baseline.
func writeCPU(file, server, impl string, r results, ops []op) error {
	var b strings.Builder
	b.WriteString("# CPU time of the whole server, Go to C, median, least and most of the rounds. Written by: make bench UPDATE=1\n")
	fmt.Fprintf(&b, "# commit: %s\n# server: %s\n# go: %s\n# machine: %s\n# load before: %s\n",
		commit(), server, runtime.Version(), machine(), load())
	b.WriteString(cpuColumns + "\n")
	for _, o := range ops {
		q := ratios(r[o.name][impl], r[o.name][baseline])
		if len(q) == 0 {
			return fmt.Errorf("op %s: impl %s or %s was not measured", o.name, impl, baseline)
		}
		low, high := q[0], q[0]
		for _, v := range q {
			low, high = min(low, v), max(high, v)
		}
		fmt.Fprintf(&b, "%s\t%.3f\t%.3f\t%.3f\n", o.name, median(q), low, high)
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

func readCPUTable(file string) (cpuTable, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return cpuTable{}, err
	}
	t := cpuTable{ratios: map[string]float64{}}
	columns := false
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		comment, isComment := strings.CutPrefix(line, "# ")
		f := strings.Split(line, "\t")
		switch {
		case isComment && i > 0:
			t.header = append(t.header, comment)
		case isComment:
		case !columns:
			if columns = line == cpuColumns; !columns {
				return t, fmt.Errorf("%s: the columns are %q, not %q", file, line, cpuColumns)
			}
		case len(f) != 4:
			return t, fmt.Errorf("%s: %q does not have the columns", file, line)
		default:
			if t.ratios[f[0]], err = strconv.ParseFloat(f[1], 64); err != nil {
				return t, fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	if !columns {
		return t, errors.New(file + ": an empty table")
	}
	return t, nil
}

// machine names the processor and how many of it there are.
func machine() string {
	b, _ := os.ReadFile("/proc/cpuinfo") // what it says not is not shown
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return fmt.Sprintf("%d x %s", runtime.NumCPU(), strings.TrimSpace(value))
		}
	}
	return fmt.Sprintf("%d x %s", runtime.NumCPU(), runtime.GOARCH)
}

// load returns the load averages; a measurement needs a quiet machine.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	f := strings.Fields(string(b))
	if err != nil || len(f) < 3 {
		return "unknown"
	}
	return strings.Join(f[:3], " ")
}
