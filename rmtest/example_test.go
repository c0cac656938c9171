// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// A test of a module as its clients see it.
func Example() {
	_ = func(t *testing.T) { // TestAdd
		so := rmtest.Build(t, "github.com/iredismodule/redismodule/examples/hello")
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: so}}})
		require.Equal(t, int64(5), s.MustDo("hello.add", "2", "3"))
	}
}

// Tests that run inside the server, in files inside_test.go of the module's package, in
// both modes; see [github.com/iredismodule/redismodule/rmtest/inside].
func ExampleInside() {
	_ = func(t *testing.T) { // TestInside
		rmtest.EachMode(t, func(t *testing.T, mode string) {
			rmtest.Inside(t, ".", rmtest.InsideOptions{LoadArgs: []string{"rm-mode=" + mode}})
		})
	}
}

// A test of what a module replicates and persists.
func ExampleServer_Replica() {
	_ = func(t *testing.T) { // TestSwapIsReplicated
		so := rmtest.Build(t, "github.com/iredismodule/redismodule/examples/hello")
		s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: []rmtest.Module{{Path: so}}})
		replica := s.Replica()
		s.MustDo("hello.swap", "color", "red")
		s.WaitReplica(replica)
		require.Equal(t, "red", replica.MustDo("GET", "color"))
		s.RestartFromAOF()
		require.Equal(t, "red", s.MustDo("GET", "color"))
	}
}
