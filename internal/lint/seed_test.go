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

// TestSeed: every row of docs/SEED.md names a test and an example, and each link leads to a
// file that has the function of its name, or to a folder with a program.
func TestSeed(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	b, err := os.ReadFile(filepath.Join(docs, "SEED.md"))
	require.NoError(t, err)
	link := regexp.MustCompile(`\[([^\]]*)\]\(([^)]*)\)`)
	rows := 0
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || strings.HasPrefix(line, "| item ") || strings.HasPrefix(line, "| --- ") {
			continue
		}
		rows++
		for i, of := range []string{3: "test", 4: "example"} {
			if of == "" {
				continue
			}
			links := link.FindAllStringSubmatch(cells[i], -1)
			require.NotEmpty(t, links, "no %s: %s", of, line)
			for _, l := range links {
				name, path := l[1], filepath.Join(docs, l[2])
				if of == "example" && !strings.HasPrefix(name, "Example") {
					path = filepath.Join(path, "main.go")
					name = "main"
				}
				text, err := os.ReadFile(path)
				require.NoError(t, err, line)
				require.Contains(t, string(text), "\nfunc "+name+"(", line)
			}
		}
	}
	require.Greater(t, rows, 50)
}
