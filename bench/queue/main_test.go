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
	require.NoError(t, run([]string{"-c", c, "-go", g, "-rounds", "1", "-cycles", "1100"}, &out))
	f, err := results.Parse(out.String())
	require.NoError(t, err)
	require.Len(t, f.Lines, 2*3*len(ways))
	for _, impl := range []string{"c", "lock", "go"} {
		v, ok := f.Median("Queue", "ns/op", "impl", impl, "n", 10, "beside", "nothing")
		require.True(t, ok)
		require.Positive(t, v)
	}
}
