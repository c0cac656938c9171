// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package lint

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// sources calls f with every source file of the project.
func sources(t *testing.T, f func(path, text string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		switch filepath.Ext(path) {
		case ".go", ".s", ".c", ".h":
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			f(path, string(b))
		}
		return nil
	})
	require.NoError(t, err)
}

// TestUnsafeInvariants keeps the SAFETY comments and docs/UNSAFE.md in step.
func TestUnsafeInvariants(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(root, "docs", "UNSAFE.md"))
	require.NoError(t, err)
	rows := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\| (U\d+) \|(.*)$`).FindAllStringSubmatch(string(doc), -1) {
		require.NotContains(t, rows, m[1], "row twice in docs/UNSAFE.md")
		rows[m[1]] = m[2]
	}
	require.NotEmpty(t, rows)
	last := 0
	for _, m := range regexp.MustCompile(`(?m)^\| U(\d+) \|`).FindAllStringSubmatch(string(doc), -1) {
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		require.Greater(t, n, last, "the rows of docs/UNSAFE.md are not in the order of their ids")
		last = n
	}
	// Where the kinds of steps are that need no id; see docs/UNSAFE.md.
	plain := regexp.MustCompile(`^(zapi_functions_\w+|structs(_valkey)?|internal/apigen/.*|internal/ctest/.*|unsafeconv/.*)\.(go|golden|c|h)$`)
	inCode, tests := map[string]bool{}, map[string]bool{}
	mark := regexp.MustCompile(`SAFETY\((U\d+)\)`)
	name := regexp.MustCompile(`(?m)^func ((?:Test|Inside)\w+)\(`)
	sources(t, func(path, text string) {
		if name, err := filepath.Rel(root, path); err == nil && !plain.MatchString(name) && !strings.HasPrefix(name, "internal/lint/") {
			require.NotContains(t, text, "SAFETY:", "%s: a step without an id", name)
		}
		for _, m := range mark.FindAllStringSubmatch(text, -1) {
			inCode[m[1]] = true
			require.Contains(t, rows, m[1], "%s: SAFETY(%s) has no row in docs/UNSAFE.md", path, m[1])
		}
		for _, m := range name.FindAllStringSubmatch(text, -1) {
			tests[m[1]] = true
		}
	})
	for id, row := range rows {
		require.True(t, inCode[id], "%s in docs/UNSAFE.md has no SAFETY comment", id)
		named := regexp.MustCompile("`((?:Test|Inside)\\w+)`").FindAllStringSubmatch(row, -1)
		require.NotEmpty(t, named, "%s names no test", id)
		for _, m := range named {
			require.True(t, tests[m[1]], "%s names %s, which does not exist", id, m[1])
		}
	}
}
