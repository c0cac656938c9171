// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package results

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestName(t *testing.T) {
	require.Equal(t, "BenchmarkScale/of=keys/impl=go/n=10", Name("Scale", "of", "keys", "impl", "go", "n", 10))
	for _, bad := range [][]any{
		{"impl", "go", "op", "x"}, {"op", "x", "op", "y"}, {"size", 1}, {"op", "a-b"}, {"op", ""}, {"op", "A"}, {"op"},
	} {
		require.Panics(t, func() { Name("Scale", bad...) }, "%v", bad)
	}
	require.Panics(t, func() { Name("Nothing", "op", "x") })
}

func TestLine(t *testing.T) {
	require.Equal(t, "BenchmarkCall/impl=c 12 1.5000 ns/op 231.5 p50-ns 123456 p99-ns 7 GCs",
		Line(Name("Call", "impl", "c"), 12, Metric{1.5, "ns/op"}, Metric{231.46, "p50-ns"}, Metric{123456.4, "p99-ns"}, Metric{7, "GCs"}))
}

const some = `goos: linux
machine: 2 x A
BenchmarkCall/impl=gate-2   	 100	 3.00 ns/op	 0 B/op
BenchmarkServer/op=noop/impl=c 10 100 ns/op 5 cmds/s
BenchmarkServer/op=noop/impl=go 10 110 ns/op
BenchmarkServer/op=noop/impl=c 10 200 ns/op
BenchmarkServer/op=noop/impl=go 10 300 ns/op
BenchmarkServer/op=noop/impl=c 10 100 ns/op
BenchmarkServer/op=noop/impl=go 10 100 ns/op
BenchmarkScale/of=keys/impl=go/n=1 10 100 ns/op
PASS
`

func TestParse(t *testing.T) {
	f, err := Parse(some)
	require.NoError(t, err)
	require.Len(t, f.Lines, 8)
	require.Equal(t, "2 x A", f.Setting("machine"))
	require.Empty(t, f.Setting("nothing"))
	require.Equal(t, Measured{"Call", map[string]string{"impl": "gate"}, 100, map[string]float64{"ns/op": 3, "B/op": 0}}, f.Lines[0])
	require.Equal(t, []float64{100, 200, 100}, f.Values("Server", "ns/op", "op", "noop", "impl", "c"))
	require.Equal(t, []float64{5}, f.Values("Server", "cmds/s", "op", "noop", "impl", "c"))
	require.Empty(t, f.Values("Server", "ns/op", "op", "noop"), "other keys")
	v, ok := f.Median("Scale", "ns/op", "n", 1, "of", "keys", "impl", "go")
	require.True(t, ok)
	require.Equal(t, 100.0, v)
	_, ok = f.Median("Scale", "ns/op", "n", 2, "of", "keys", "impl", "go")
	require.False(t, ok)
	// By round 1.1, 1.5, 1.
	v, ok = f.Ratio("Server", "ns/op", "go", "c", "op", "noop")
	require.True(t, ok)
	require.InDelta(t, 1.1, v, 1e-9)
	_, ok = f.Ratio("Server", "ns/op", "portable", "c", "op", "noop")
	require.False(t, ok)
	require.Equal(t, []string{"c", "go"}, f.Distinct("Server", "impl"))

	for _, bad := range []string{"BenchmarkX/impl=c 1 1 ns/op", "BenchmarkCall/size=1 1 1 ns/op", "BenchmarkCall/impl=c 1",
		"BenchmarkCall/impl=c x 1 ns/op", "BenchmarkCall/impl=c 1 x ns/op", "BenchmarkCall/impl=c 1 1 ns/op 2"} {
		_, err := Parse(bad)
		require.Error(t, err, bad)
	}
	_, err = ReadFile(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestMedian(t *testing.T) {
	v := []float64{5, 1, 3}
	require.Equal(t, 3.0, Median(v))
	require.Equal(t, []float64{5, 1, 3}, v)
	require.Equal(t, 2.5, Median([]float64{4, 1, 3, 2}))
	require.Equal(t, 7.0, Median([]float64{7}))
}

// The header is made of settings that Parse and benchstat read.
func TestHeader(t *testing.T) {
	f, err := Parse(Header("Redis 1.2.3"))
	require.NoError(t, err)
	require.Equal(t, "Redis 1.2.3", f.Setting("server"))
	for _, key := range append([]string{"machine", "go", "goos", "goarch", "cc", "kernel"}, Changing...) {
		require.NotEmpty(t, f.Setting(key), key)
	}
}

// benchstat puts two runs of different commits into one table.
func TestBenchstatReads(t *testing.T) {
	dir := t.TempDir()
	for _, commit := range []string{"a", "b"} {
		text := "machine: m\ncommit: " + commit + "\nload: " + commit + "\ndate: " + commit + "\n" +
			strings.Repeat(Line(Name("Server", "op", "noop", "impl", "go"), 10, Metric{100, "ns/op"})+"\n", 6)
		require.NoError(t, os.WriteFile(filepath.Join(dir, commit), []byte(text), 0o600))
	}
	out, err := exec.Command("go", "tool", "benchstat", "-ignore", strings.Join(Changing, ","), filepath.Join(dir, "a"), filepath.Join(dir, "b")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "Server/op=noop/impl=go")
	require.Contains(t, string(out), "vs base")
	require.Contains(t, string(out), "~ (p=1.000 n=6)")
}

// The vocabulary is in the document, word by word.
func TestVocabularyIsDocumented(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	for family, means := range Families {
		require.True(t, strings.Contains(string(b), "| `"+family+"` | "+means+" |"), family)
	}
	for _, k := range Keys {
		require.True(t, strings.Contains(string(b), "| `"+k.Name+"` | "+k.Means+" |"), k.Name)
	}
}
