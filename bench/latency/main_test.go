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
	require.NoError(t, run([]string{"-c", c, "-go", g, "-rounds", "1", "-each", "10ms", "-clients", "1,3", "-foreign", "1", "-busy", "2"}, &out))
	f, err := results.Parse(out.String())
	require.NoError(t, err)
	require.Len(t, f.Lines, 6*2*len(operations))
	require.Equal(t, []string{"nothing", "threads", "goroutines", "computing", "pipelines", "foreign"}, f.Distinct("Latency", "beside"))
	for _, l := range f.Lines {
		require.LessOrEqual(t, l.Values["p50-ns"], l.Values["p999-ns"])
		require.Positive(t, l.Values["p50-ns"])
	}
	require.Error(t, run([]string{"-c", c}, &out))
	require.Error(t, run([]string{"-c", c, "-go", g, "-clients", "0"}, &out))
	require.Error(t, run([]string{"-c", c, "-go", c + "x", "-rounds", "1"}, &out))
}
