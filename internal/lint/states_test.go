// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package lint

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStates keeps docs/STATES.md in step with the code: each transition names a test,
// and the tests and functions that it names exist.
func TestStates(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(root, "docs", "STATES.md"))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(doc), "\n## Transitions\n")
	require.True(t, found)
	table, _, found := strings.Cut(rest, "\n## ")
	require.True(t, found)
	var code strings.Builder
	tests := map[string]bool{}
	sources(t, func(_, text string) {
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Inside)\w+)\(`).FindAllStringSubmatch(text, -1) {
			tests[m[1]] = true
		}
		code.WriteString(text)
	})
	rows := 0
	for _, line := range strings.Split(table, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || strings.Contains(line, "---") || strings.Contains(line, "| from |") {
			require.NotRegexp(t, `^\|.*Test`, strings.TrimSpace(line), "a row with another number of cells")
			continue
		}
		rows++
		require.Regexp(t, "`(Test|Inside)", cells[5], "a transition without a test: %s", line)
		for _, m := range regexp.MustCompile("`([\\w.]+)`").FindAllStringSubmatch(cells[4], -1) {
			if strings.HasSuffix(m[1], ".go") || strings.HasSuffix(m[1], ".c") {
				continue
			}
			require.Regexp(t, `\b`+m[1]+`\b`, code.String(), "%s is nowhere in the code", m[1])
		}
	}
	require.Greater(t, rows, 20)
	for _, m := range regexp.MustCompile("`((?:Test|Inside)\\w+)`").FindAllStringSubmatch(string(doc), -1) {
		require.True(t, tests[m[1]], "docs/STATES.md names %s, which does not exist", m[1])
	}
}
