// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

func start(t *testing.T) *rmtest.Server {
	t.Helper()
	return rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: rmtest.Build(t, ".")}}})
}

func TestTimers(t *testing.T) {
	s := start(t)
	require.Equal(t, "OK", s.MustDo("hellotimer.timer"))
	require.True(t, s.WaitLog("timer 0 fires", 10*time.Second))
	require.True(t, s.WaitLog("timer 1 fires", 10*time.Second))
	left, ok := s.MustDo("hellotimer.pending").([]any)
	require.True(t, ok)
	require.LessOrEqual(t, left[0], int64(8))
	require.LessOrEqual(t, left[1], int64(4500))

	s.MustDo("hellotimer.timer")
	_, err := s.Do("MODULE", "UNLOAD", "hellotimer")
	require.Error(t, err, "there are timers")
	require.GreaterOrEqual(t, s.MustDo("hellotimer.stop"), int64(1))
	require.Equal(t, []any{int64(0), int64(0)}, s.MustDo("hellotimer.pending"))
	require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "hellotimer"))
}
