// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/bench/internal/built"
	"github.com/iredismodule/redismodule/bench/internal/results"
)

func TestRun(t *testing.T) {
	c, g := built.Modules(t)
	var out bytes.Buffer
	require.NoError(t, run([]string{"-c", c, "-go", g, "-rounds", "1", "-n", "500,2000"}, &out))
	f, err := results.Parse(out.String())
	require.NoError(t, err)
	require.Len(t, f.Lines, 2*(3*7+1))
	for _, op := range []string{"insert", "read", "flush", "load"} {
		for _, impl := range []string{"c", "struct", "go"} {
			v, ok := f.Median("Values", "ns/op", "op", op, "impl", impl, "n", 2000)
			require.True(t, ok, op)
			require.Positive(t, v, op)
		}
	}
	heap, ok := f.Median("Values", "heap-B/value", "op", "memory", "impl", "go", "n", 2000)
	require.True(t, ok)
	require.Greater(t, heap, 40.0)
	// The struct is laid out as C's, and its text is not ended by a zero.
	inC, ok := f.Median("Values", "server-B/value", "op", "memory", "impl", "c", "n", 2000)
	require.True(t, ok)
	inStruct, ok := f.Median("Values", "server-B/value", "op", "memory", "impl", "struct", "n", 2000)
	require.True(t, ok)
	require.Less(t, inStruct, 1.05*inC)
}
