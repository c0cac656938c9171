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

// TestReplies sees the module as its clients do.
func TestReplies(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: rmtest.Build(t, ".")}}})
	require.Equal(t, int64(5), s.MustDo("hello.add", "2", "3"))
	require.Nil(t, s.MustDo("hello.swap", "color", "red"))
	require.Equal(t, "red", s.MustDo("hello.swap", "color", "blue"))
	_, err := s.Do("hello.oops")
	require.ErrorContains(t, err, "nil pointer")
}

// TestInside runs the tests of inside_test.go inside the server.
func TestInside(t *testing.T) { rmtest.Inside(t, ".", rmtest.InsideOptions{}) }
