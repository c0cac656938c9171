// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package local

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/bench/internal/built"
	"github.com/iredismodule/redismodule/internal/resp"
)

func TestNumbers(t *testing.T) {
	got, err := Numbers("1,50")
	require.NoError(t, err)
	require.Equal(t, []int{1, 50}, got)
	for _, bad := range []string{"", "1,", "0", "x"} {
		_, err := Numbers(bad)
		require.Error(t, err, bad)
	}
}

func TestLoads(t *testing.T) {
	built.NeedServer(t)
	s, err := Start("")
	require.NoError(t, err)
	defer s.Stop()
	took, elapsed, err := Load(s, []string{"INCR", "n"}, 3, 20*time.Millisecond)
	require.NoError(t, err)
	require.GreaterOrEqual(t, elapsed, 20*time.Millisecond)
	n, err := s.Do("GET", "n")
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(len(took)), n)
	_, _, err = Load(s, []string{"INCR"}, 1, time.Millisecond)
	require.ErrorContains(t, err, "ERR")

	for _, n := range []int{1, 9, 10, 11, 1000} {
		require.NoError(t, s.Pipeline(n, 10, func(dst []byte, i int) []byte { return resp.AppendCommand(dst, "SET", strconv.Itoa(i), "x") }))
	}
	size, err := s.Do("DBSIZE")
	require.NoError(t, err)
	require.Equal(t, "1001", size)
	require.ErrorContains(t, s.Pipeline(1, 10, func(dst []byte, _ int) []byte { return resp.AppendCommand(dst, "GET") }), "ERR")

	end := s.Pipelines("PING")
	require.NoError(t, end())
	saved, err := s.Save()
	require.NoError(t, err)
	require.Positive(t, saved.Fork)
	require.GreaterOrEqual(t, saved.Elapsed, saved.Fork)
	info, err := s.Info()
	require.NoError(t, err)
	require.Equal(t, "0", info["rdb_bgsave_in_progress"])
}
