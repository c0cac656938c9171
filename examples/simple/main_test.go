// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

func start(t *testing.T) *rmtest.Server {
	t.Helper()
	return rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: rmtest.Build(t, ".")}}})
}

func TestCount(t *testing.T) {
	s := start(t)
	require.Equal(t, int64(0), s.MustDo("simple.count"))
	require.Equal(t, int64(3), s.MustDo("simple.count", "a", "b", "c"))
}
