// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package results

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// File is what a file of results has.
type File struct {
	Config []Setting
	Lines  []Measured
}

// Setting is a line "key: value".
type Setting struct{ Key, Value string }

// Measured is one line of a benchmark.
type Measured struct {
	Family string
	Keys   map[string]string
	N      int
	Values map[string]float64 // by unit
}

// ReadFile reads a file of results.
func ReadFile(name string) (File, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return File{}, err
	}
	f, err := Parse(string(b))
	if err != nil {
		return f, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

var (
	setting    = regexp.MustCompile(`^([a-z][a-z-]*): (.*)$`)
	processors = regexp.MustCompile(`-[0-9]+$`) // what the testing package appends
)

// Parse reads results. Names must be in the vocabulary; lines that are neither settings nor
// benchmarks are passed over, as benchstat does.
func Parse(text string) (File, error) {
	var f File
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := setting.FindStringSubmatch(line); m != nil {
			f.Config = append(f.Config, Setting{m[1], m[2]})
			continue
		}
		if !strings.HasPrefix(line, "Benchmark") {
			continue
		}
		words := strings.Fields(line)
		family, keys, err := parseName(processors.ReplaceAllString(words[0], ""))
		if err != nil {
			return f, err
		}
		if len(words) < 4 || len(words)%2 != 0 {
			return f, fmt.Errorf("%q is no result", line)
		}
		m := Measured{Family: family, Keys: keys, Values: map[string]float64{}}
		if m.N, err = strconv.Atoi(words[1]); err != nil {
			return f, fmt.Errorf("%q: %w", line, err)
		}
		for i := 2; i < len(words); i += 2 {
			if m.Values[words[i+1]], err = strconv.ParseFloat(words[i], 64); err != nil {
				return f, fmt.Errorf("%q: %w", line, err)
			}
		}
		f.Lines = append(f.Lines, m)
	}
	return f, nil
}

// Setting returns the value of a setting, "" when there is none.
func (f File) Setting(key string) string {
	for _, s := range f.Config {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// Values returns a unit's figures of the lines that a family has with these values of keys
// and no other keys, in their order.
func (f File) Values(family, unit string, pairs ...any) (all []float64) {
	want := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		want[fmt.Sprint(pairs[i])] = fmt.Sprint(pairs[i+1])
	}
lines:
	for _, m := range f.Lines {
		if m.Family != family || len(m.Keys) != len(want) {
			continue
		}
		for k, v := range want {
			if m.Keys[k] != v {
				continue lines
			}
		}
		if v, ok := m.Values[unit]; ok {
			all = append(all, v)
		}
	}
	return all
}

// Median returns the middle of Values; false when there are none.
func (f File) Median(family, unit string, pairs ...any) (float64, bool) {
	v := f.Values(family, unit, pairs...)
	if len(v) == 0 {
		return 0, false
	}
	return Median(v), true
}

// Ratio returns how impl is to base: the median of the ratios of lines of the same round.
func (f File) Ratio(family, unit, impl, base string, pairs ...any) (float64, bool) {
	a := f.Values(family, unit, append(slices.Clone(pairs), "impl", impl)...)
	b := f.Values(family, unit, append(slices.Clone(pairs), "impl", base)...)
	var q []float64
	for i := range min(len(a), len(b)) {
		if b[i] != 0 {
			q = append(q, a[i]/b[i])
		}
	}
	if len(q) == 0 {
		return 0, false
	}
	return Median(q), true
}

// Distinct returns the values that a key has in lines of a family, in the order of the file.
func (f File) Distinct(family, key string) (all []string) {
	for _, m := range f.Lines {
		if v, ok := m.Keys[key]; ok && m.Family == family && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// Median returns the middle of v, which must not be empty and is left as it is.
func Median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	m := len(s) / 2
	if len(s)%2 == 1 {
		return s[m]
	}
	return (s[m-1] + s[m]) / 2
}
