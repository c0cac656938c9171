// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

func TestGrouped(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999.4: "999", 999.6: "1,000", 1234567: "1,234,567", -1234: "-1,234", -0.2: "0"} {
		require.Equal(t, want, grouped(v))
	}
}

func TestReplaceSection(t *testing.T) {
	const document = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n"
	got, err := replaceSection(document, "x", "new\n")
	require.NoError(t, err)
	require.Equal(t, "a\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nb\n", got)
	again, err := replaceSection(got, "x", "new\n")
	require.NoError(t, err)
	require.Equal(t, got, again)
	for _, bad := range []string{"", "<!-- x: begin -->\n", "<!-- x: end -->\n<!-- x: begin -->\n"} {
		_, err := replaceSection(bad, "x", "new")
		require.Error(t, err, bad)
	}
}

func TestCPUTable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu.tsv")
	r := results{}
	for _, ns := range []int64{110, 120, 130} {
		r.add("noop", "c", sample{n: 1, cpu: 100 * time.Nanosecond})
		r.add("noop", "go", sample{n: 1, cpu: time.Duration(ns)})
	}
	require.NoError(t, writeCPU(file, "Redis 7.0.15", "go", r, []op{{name: "noop"}}))
	got, err := readCPUTable(file)
	require.NoError(t, err)
	require.Equal(t, map[string]float64{"noop": 1.2}, got.ratios)
	require.Contains(t, got.header, "server: Redis 7.0.15")
	require.Error(t, writeCPU(file, "", "go", r, []op{{name: "get"}}))
	for _, bad := range []string{"", "op\n", cpuColumns + "\nnoop\t1\n", cpuColumns + "\nnoop\tx\t1\t1\n"} {
		require.NoError(t, os.WriteFile(file, []byte(bad), 0o600))
		_, err := readCPUTable(file)
		require.Error(t, err, "%q", bad)
	}
}

func TestRunDocs(t *testing.T) {
	dir := t.TempDir()
	document, tsv := filepath.Join(dir, "B.md"), filepath.Join(dir, "i.tsv")
	args := []string{"-document", document, "-instructions", tsv, "-cpu", filepath.Join(dir, "none.tsv")}
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
}

// The document says what the tables of the repository say.
func TestBenchmarksAreCurrent(t *testing.T) {
	require.NoError(t, runDocs([]string{"-check", "-document", "../../docs/BENCHMARKS.md",
		"-instructions", "../results/instructions.tsv", "-cpu", "../results/cpu.tsv"}, io.Discard))
}
