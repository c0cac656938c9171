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

func TestIt(t *testing.T) {
	s := start(t)
	require.Equal(t, "ALL TESTS PASSED", s.MustDo("test.it"))
	require.Contains(t, s.MustDo("test.ctxflags"), "CtxFlagMaster")
	require.Len(t, s.MustDo("test.random"), 40)
	_, err := s.Do("test.panic")
	require.ErrorContains(t, err, "on purpose")
	_, err = s.Do("test.unlink", "missing")
	require.ErrorContains(t, err, "no such key")
	require.Equal(t, []any{"a", "b"}, s.MustDo("COMMAND", "GETKEYS", "test.keypos", "a", "x", "b", "y"))
	require.Equal(t, int64(0), s.MustDo("DBSIZE"), "nothing is left")
}
