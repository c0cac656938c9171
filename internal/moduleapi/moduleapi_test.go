// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestTable: the document shows the results, and each difference is explained.
func TestTable(t *testing.T) {
	results, err := readResults()
	require.NoError(t, err)
	require.NotEmpty(t, results)
	known, err := readDifferences()
	require.NoError(t, err)
	used := map[*difference]bool{}
	for _, r := range results {
		if r.module == notInGo {
			e := known.explain(r, "")
			require.NotNil(t, e, "%s %s is not in Go", r.server, r.unit)
			used[e] = true
		}
		for _, d := range r.differs {
			e := known.explain(r, d)
			require.NotNil(t, e, "%s %s %s: %s", r.server, r.unit, r.module, d)
			used[e] = true
		}
	}
	for i := range known {
		require.True(t, used[&known[i]], "explains nothing: %v", known[i])
	}
	doc, err := os.ReadFile(docFile)
	require.NoError(t, err)
	text, err := replaceTable(string(doc), table(results, known))
	require.NoError(t, err)
	require.Equal(t, text, string(doc), "make moduleapi writes it")
}

func TestParse(t *testing.T) {
	out := "Starting test server at port 1\n[ok]: first (3 ms)\n[err]: a name in the middle in tests/unit/moduleapi/x.tcl\nExpected 1 to be 2 (context: type source line 1 file /x)\n" +
		"[ok]: first (0 ms)\n[exception]: Executing test client: ERR no.\nERR no\n[1/1 done]: unit/moduleapi/x (1 seconds)\n" +
		"\n                   The End\n\n!!! WARNING The following tests failed:\n\n[err]: a name in the middle in tests/unit/moduleapi/x.tcl\n"
	require.Equal(t, []test{
		{"first", ""},
		{"a name in the middle", "Expected 1 to be 2"},
		{"first #2", ""},
		{"(exception)", "Executing test client: ERR no."},
	}, parse(out))
}

func TestCompare(t *testing.T) {
	c := []test{{"same", ""}, {"both", "x"}, {"go", ""}, {"c", "x"}, {"gone", ""}}
	golang := []test{{"same", ""}, {"both", "y"}, {"go", "why"}, {"c", ""}, {"(log)", "panic: z"}}
	require.Equal(t, []string{"go: why", "c: fails with C alone", "(log): panic: z", "(1 tests did not run)"}, compare(c, golang))
	require.Equal(t, []string{"both: x", "c: x"}, failures(c))
	require.Empty(t, compare(c, c))
}

func TestMerge(t *testing.T) {
	row := func(unit, module string, passed int) result {
		return result{unit: unit, server: "s", module: module, passed: passed}
	}
	old := []result{row("a", inC, 1), row("a", "resident", 1), row("b", notInGo, 0)}
	require.Equal(t, []result{row("a", inC, 1), row("a", "resident", 2), row("b", inC, 1), row("b", "portable", 1)},
		merge(old, []result{row("b", "portable", 1), row("b", inC, 1), row("a", "resident", 2)}))
}

// TestNotBuilt: where no server can be built, the table says why, until it can.
func TestNotBuilt(t *testing.T) {
	why := reason(errors.New("servers build sid valkey: exit status 1\nservers: make: exit status 2\nmore\n"))
	require.Equal(t, "make: exit status 2", why)
	unbuilt := []result{{server: "valkey-9.1.2", unit: "defrag", module: notBuilt, missing: []string{why}}}
	ran := []result{{server: "valkey-9.1.2", unit: "defrag", module: inC, passed: 3}, {server: "valkey-9.1.2", unit: "defrag", module: "resident", passed: 3}}
	require.Equal(t, unbuilt, merge(ran, unbuilt))
	require.Equal(t, ran, merge(unbuilt, ran))
	require.Contains(t, table(unbuilt, nil), "| defrag | * | valkey-9.1.2 | all | It did not run: no server for it could be built: make: exit status 2 |\n")
	require.NotContains(t, table(ran, nil), "did not run")
}
