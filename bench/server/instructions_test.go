// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/bench/internal/callgrind"
)

func TestParseInstructions(t *testing.T) {
	so := filepath.Join(t.TempDir(), "x.so")
	require.NoError(t, os.WriteFile(so, nil, 0o600))
	files := "-c " + so + " -go " + so + " -steady " + so
	cfg, err := parseInstructions(strings.Fields(files))
	require.NoError(t, err)
	require.Equal(t, so, cfg.c)
	require.Equal(t, 2, cfg.runs)
	require.Len(t, cfg.ops, len(allOps())+len(typeOps()))
	for args, want := range map[string]string{
		"":                         "are needed",
		files + " surplus":         "unexpected argument",
		files + " -runs 0":         "at least 1",
		files + " -update":         "need -table",
		files + " -same-only":      "need -table",
		files + " -ops nope":       "unknown op",
		files + " -steady missing": "no such file",
	} {
		_, err := parseInstructions(strings.Fields(args))
		require.ErrorContains(t, err, want, args)
	}
}

// A batch is one turn of the event loop: it fits into one read and one write.
func TestBatchesOf(t *testing.T) {
	for _, c := range []struct{ n, request, reply, batches, size int }{
		{4000, 16, 4, 4, 1000},
		{4000, 40, 22, 10, 409},
		{400, 16, 490, 4, 100},
		{400, 30, 15000, 100, 4},
		{12, 20, 10, 4, 3},
		{2, 20, 10, 2, 1},
		{10, 20000, 100000, 10, 1},
	} {
		batches, size := batchesOf(c.n, c.request, c.reply)
		require.Equal(t, [2]int{c.batches, c.size}, [2]int{batches, size}, "%+v", c)
		require.GreaterOrEqual(t, batches*size, c.n)
	}
}

func cost(commands int, self map[callgrind.Function]uint64) counted {
	return counted{commands: commands, profile: &callgrind.Profile{Self: self},
		leave: func(f callgrind.Function) bool { return f.Object == "/steady.so" }}
}

func TestApart(t *testing.T) {
	f := callgrind.Function{Object: "server", Name: "f"}
	run := func(c, g uint64) pairs {
		return pairs{"noop": {cost(1, map[callgrind.Function]uint64{f: c}), cost(1, map[callgrind.Function]uint64{f: g})}}
	}
	ops := []op{{name: "noop"}}
	worst, name := apart(ops, []pairs{run(1000, 1200), run(1001, 1200), run(1000, 1206)})
	require.InDelta(t, 0.005, worst, 1e-9)
	require.Equal(t, "noop", name)
	worst, _ = apart(ops, []pairs{run(1010, 1200), run(1000, 1200)})
	require.InDelta(t, 0.01, worst, 1e-9)
	worst, _ = partApart(ops, []pairs{run(1010, 1200), run(1000, 1200)})
	require.InDelta(t, 10/190.0, worst, 1e-9)
}

func TestByFunction(t *testing.T) {
	cfg := instructionsConfig{c: "/c.so", goModule: "/g.so"}
	p := pair{
		c: cost(10, map[callgrind.Function]uint64{
			{Object: "/bin/server", Name: "call"}: 2000, {Object: "/c.so", Name: "cmd_get"}: 340, {Object: "/steady.so", Name: "gettimeofday"}: 90,
		}),
		g: cost(20, map[callgrind.Function]uint64{
			{Object: "/bin/server", Name: "call"}: 4020, {Object: "/g.so", Name: "main.get"}: 800,
		}),
	}
	require.Equal(t, []functionCost{
		{"module", "main.get", 0, 40},
		{"module", "cmd_get", 34, 0},
		{"server", "call", 200, 201},
	}, byFunction(cfg, p))
	require.InDelta(t, 234, p.c.perCommand(), 1e-9)

	cfg.ops = []op{{name: "get"}}
	file := filepath.Join(t.TempDir(), "profile.txt")
	require.NoError(t, writeProfile(file, cfg, pairs{"get": p}))
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(b), "\n== get: C 234.0, Go 241.0, more 7.0\n")
	require.Contains(t, string(b), "\n      40.0        0.0       40.0  module  main.get\n")
}

func someTools() tools {
	return tools{"Redis 7.0.15", "go1.26.8", "gcc 12.2.0", "amd64 avx2", "glibc 2.36", "valgrind-3.19.0"}
}

func TestTableFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.tsv")
	_, err := readTable(file)
	require.ErrorIs(t, err, os.ErrNotExist)
	want := table{commit: "0123456789ab-dirty", tools: someTools(), rows: []row{{"noop", 2000.5, 2200.1}, {"get", 3000, 2900}}}
	require.NoError(t, want.write(file))
	got, err := readTable(file)
	require.NoError(t, err)
	require.Equal(t, want, got)
	for text, want := range map[string]string{
		"":                                    "empty",
		"# go: x\n":                           "empty",
		"op\tc\n":                             "the columns are",
		tableColumns + "\nnoop\t1\t2\n":       "does not have the columns",
		tableColumns + "\nnoop\tx\t2\t1\t1\n": "invalid syntax",
	} {
		_, err := parseTable(text)
		require.ErrorContains(t, err, want, text)
	}
}

func TestTableWith(t *testing.T) {
	before := table{commit: "w", tools: someTools(), rows: []row{{"noop", 1, 2}, {"gone", 1, 2}, {"get", 3, 4}}}
	now := table{commit: "x", tools: someTools(), rows: []row{{"echo", 7, 8}, {"noop", 5, 6}}}
	require.Equal(t, table{commit: "w, in part x", tools: someTools(), rows: []row{{"noop", 5, 6}, {"echo", 7, 8}, {"get", 3, 4}}}, before.with(now))
	before.tools.goVersion = "go1.27"
	require.Equal(t, table{commit: "x", tools: someTools(), rows: []row{{"noop", 5, 6}, {"echo", 7, 8}}}, before.with(now), "figures of other tools stay")
}

func TestToolsDifference(t *testing.T) {
	now := someTools()
	require.Empty(t, now.difference(someTools()))
	now.goVersion, now.cpu = "go1.27.3", "arm64"
	require.Equal(t, "the table is of go go1.26.8, this is go1.27.3; the table is of cpu amd64 avx2, this is arm64", someTools().difference(now))
	require.Equal(t, "there is no table", tools{}.difference(now))
}

func TestCompare(t *testing.T) {
	before := table{rows: []row{{"noop", 2000, 2300}, {"scan10000", 10_000_000, 13_000_000}, {"timer", 5000, 5400}}}
	for _, c := range []struct {
		now       row
		want, out string
	}{
		{row{"noop", 2000, 2300}, "", ""},
		{row{"noop", 2500, 2800}, "", ""}, // the server's own part does not matter
		{row{"noop", 2000, 2312}, "", ""},
		{row{"noop", 2000, 2314}, "op noop: Go's part has risen from 300.0 to 314.0 instructions, the limit is 313.0", ""},
		{row{"noop", 2000, 2200}, "", "op noop: Go's part has fallen from 300.0 to 200.0 instructions"},
		{row{"scan10000", 10_000_000, 13_090_000}, "", ""},
		{row{"scan10000", 10_000_000, 13_100_000}, "op scan10000: Go's part has risen", ""},
		{row{"timer", 5000, 5790}, "", ""},
		{row{"timer", 5000, 5850}, "op timer: Go's part has risen", ""},
		{row{"new", 1, 2}, "op new is not in the table", ""},
	} {
		var out strings.Builder
		err := before.compare(table{rows: []row{c.now}}, &out)
		if c.want == "" {
			require.NoError(t, err, "%v", c.now)
		} else {
			require.ErrorContains(t, err, c.want)
		}
		require.Contains(t, out.String(), c.out)
		require.Equal(t, c.out == "", out.Len() == 0, out.String())
	}
}
