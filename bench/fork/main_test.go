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
	_, g := built.Modules(t)
	var out bytes.Buffer
	require.NoError(t, run([]string{"-go", g, "-rounds", "1", "-saves", "2", "-keys", "100"}, &out))
	f, err := results.Parse(out.String())
	require.NoError(t, err)
	require.Len(t, f.Lines, 4)
	v, ok := f.Median("Fork", "p50-ns", "n", 100, "beside", "goroutines", "protocol", "yes")
	require.True(t, ok)
	require.Positive(t, v)
}
