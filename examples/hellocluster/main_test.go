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

func TestPingAll(t *testing.T) {
	nodes := rmtest.StartCluster(t, 3, rmtest.Options{Modules: []rmtest.Module{{Path: rmtest.Build(t, ".")}}})
	for _, s := range nodes {
		require.Len(t, s.MustDo("hellocluster.list"), 3)
	}
	require.Equal(t, "OK", nodes[0].MustDo("hellocluster.pingall"))
	require.Eventually(t, func() bool { return nodes[0].MustDo("hellocluster.pongs") == int64(2) }, 10*time.Second, 10*time.Millisecond)
	for _, s := range nodes[1:] {
		require.Contains(t, s.Log(), "ping from ")
		require.Equal(t, int64(0), s.MustDo("hellocluster.pongs"))
	}
}

func TestNoCluster(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{WantFail: true, Modules: []rmtest.Module{{Path: rmtest.Build(t, ".")}}})
	require.Contains(t, s.Log(), "cluster")
}
