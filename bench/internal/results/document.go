// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package results

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ReplaceSection replaces what stands between the two markers of a section.
func ReplaceSection(document, name, text string) (string, error) {
	begin, end := "<!-- "+name+": begin -->\n", "<!-- "+name+": end -->\n"
	before, rest, ok := strings.Cut(document, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("the markers of section %s are missing", name)
	}
	return before + begin + "\n" + text + "\n" + end + after, nil
}

// Grouped returns a whole number with commas between its thousands.
func Grouped(v float64) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if v < 0 && s != "0" {
		return "-" + s
	}
	return s
}

// About says in a line for each part of the file what was measured, where; none when the file
// has no settings. A part begins with the setting "part"; a file without it is one part.
func (f File) About() (lines []string) {
	for _, p := range f.parts() {
		line := about(p)
		if name := p.Setting("part"); name != "" {
			line = name + ": " + line
		}
		lines = append(lines, line)
	}
	return lines
}

// AboutPart says it for one part, or for the whole file if that has no parts; "" when there is
// no such part.
func (f File) AboutPart(name string) string {
	for _, p := range f.parts() {
		if n := p.Setting("part"); n == name || n == "" {
			return about(p)
		}
	}
	return ""
}

// parts returns the settings of each part.
func (f File) parts() (all []File) {
	for rest := f.Config; len(rest) > 0; {
		n := 1 + slices.IndexFunc(rest[1:], func(s Setting) bool { return s.Key == "part" })
		if n == 0 {
			n = len(rest)
		}
		all = append(all, File{Config: rest[:n]})
		rest = rest[n:]
	}
	return all
}

func about(part File) string {
	var all []string
	for _, key := range []string{"commit", "machine", "server", "go", "kernel", "date", "load"} {
		switch v := part.Setting(key); {
		case v == "":
		case key == "commit" || key == "load":
			all = append(all, key+" "+v)
		default:
			all = append(all, v)
		}
	}
	return strings.Join(all, ", ")
}
