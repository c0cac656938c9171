// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package results

import (
	"fmt"
	"math"
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

// About says in one line what was measured, where; "" when the file has no settings.
func (f File) About() string {
	var all []string
	for _, key := range []string{"commit", "machine", "server", "go", "kernel", "date", "load"} {
		switch v := f.Setting(key); {
		case v == "":
		case key == "commit" || key == "load":
			all = append(all, key+" "+v)
		default:
			all = append(all, v)
		}
	}
	return strings.Join(all, ", ")
}
