// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBudgets(t *testing.T) {
	full := table{rows: []row{{"ok", 2000, 2120}, {"noop", 2000, 2100}, {"array100", 20_000, 24_400}, {"hget", 1000, 1060}}}
	got := map[string]string{}
	for _, b := range budgets() {
		for _, name := range b.ops {
			_, err := selectOps(name)
			require.NoError(t, err, "a budget of no operation")
		}
		if v, ok := b.figure(full); ok {
			got[b.what] = b.text(v)
		}
	}
	require.Equal(t, map[string]string{
		"empty command with a constant reply": "120",
		"one direct reply inside of an array": "43",
		"hget":                                "1.060",
	}, got)
	text := budgetsMarkdown(full)
	require.Contains(t, text, "| empty command with a constant reply | `ok` | 120 | 120 | met |\n")
	require.Contains(t, text, "| one direct reply inside of an array | `array100`, `noop` | 42 | 43 | **not met** |\n")
	require.Contains(t, text, "| hget | `hget` | 1.05 | 1.060 | **not met** |\n")
	require.Contains(t, text, "| get of a string key | `get` | 250 | - | not counted |\n")
}

func TestRunDocs(t *testing.T) {
	dir := t.TempDir()
	document, tsv := filepath.Join(dir, "B.md"), filepath.Join(dir, "i.tsv")
	args := []string{"-document", document, "-instructions", tsv, "-results", filepath.Join(dir, "bench.txt")}
	require.ErrorIs(t, runDocs(args, io.Discard), os.ErrNotExist)
	require.NoError(t, table{commit: "c0ffee", tools: someTools(), rows: []row{{"ok", 2000, 2500}}}.write(tsv))
	sections := "<!-- instructions: begin -->\n<!-- instructions: end -->\n<!-- budgets: begin -->\n<!-- budgets: end -->\n"
	require.NoError(t, os.WriteFile(document, []byte("text\n"+sections), 0o600))
	require.ErrorContains(t, runDocs(append(args, "-check"), io.Discard), "not current")
	require.NoError(t, runDocs(args, io.Discard))
	b, err := os.ReadFile(document)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(b), "text\n"))
	require.Contains(t, string(b), "commit c0ffee, Redis 7.0.15")
	require.Contains(t, string(b), "| `ok` | 2,000 | 2,500 | 500 | 1.250 | - |\n")
	require.Contains(t, string(b), "| 120 | 500 | **not met** |")
	require.NoError(t, runDocs(append(args, "-check"), io.Discard))

	line := "BenchmarkServer/op=ok/impl=%s 10 %d ns/op\n"
	text := "machine: 2 x A\n" + fmt.Sprintf(line, "c", 100) + fmt.Sprintf(line, "go", 120)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bench.txt"), []byte(text), 0o600))
	require.NoError(t, runDocs(args, io.Discard))
	b, err = os.ReadFile(document)
	require.NoError(t, err)
	require.Contains(t, string(b), "CPU time: 2 x A.\n")
	require.Contains(t, string(b), "| `ok` | 2,000 | 2,500 | 500 | 1.250 | 1.20 |\n")
}

// The document says what the tables of the repository say.
func TestBenchmarksAreCurrent(t *testing.T) {
	require.NoError(t, runDocs([]string{"-check", "-document", "../../docs/BENCHMARKS.md",
		"-instructions", "../results/instructions.tsv", "-results", "../results/bench.txt"}, io.Discard))
}
