// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

// TestBitmaps sees the module as its clients do.
func TestBitmaps(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: []rmtest.Module{{Path: rmtest.Build(t, ".")}}})
	require.Equal(t, int64(3), s.MustDo("roar.add", "a", 1, 2, 4294967295, 2))
	require.Equal(t, int64(3), s.MustDo("roar.count", "a"))
	require.Equal(t, true, s.MustDo("roar.has", "a", 2))
	require.Equal(t, false, s.MustDo("roar.has", "missing", 2))
	require.Equal(t, []any{int64(2), int64(4294967295)}, s.MustDo("roar.range", "a", 2, 10))
	require.Equal(t, []any{int64(1)}, s.MustDo("roar.range", "a", 0, 1))
	s.MustDo("roar.add", "b", 2, 3)
	for op, want := range map[string]int64{"and": 1, "or": 4, "xor": 3, "andnot": 2} {
		require.Equal(t, want, s.MustDo("roar.op", op, "c", "a", "b"), op)
		require.Equal(t, want, s.MustDo("roar.count", "c"), op)
	}
	require.Equal(t, int64(0), s.MustDo("roar.op", "xor", "c", "a", "a"))
	require.Equal(t, int64(0), s.MustDo("EXISTS", "c"))
	require.Equal(t, int64(2), s.MustDo("roar.remove", "b", 2, 3, 4))
	require.Equal(t, int64(0), s.MustDo("EXISTS", "b"), "an empty bitmap goes")
	for _, bad := range []any{-1, "x", 4294967296} {
		_, err := s.Do("roar.add", "a", 9, bad)
		require.Error(t, err, "%v", bad)
	}
	require.Equal(t, false, s.MustDo("roar.has", "a", 9), "nothing is added")
	s.MustDo("SET", "text", "x")
	_, err := s.Do("roar.add", "text", 1)
	require.ErrorContains(t, err, "WRONGTYPE")
	_, err = s.Do("roar.op", "nand", "c", "a")
	require.ErrorContains(t, err, "not one of")
}

// TestPersistence: files, replicas, copies and dumps have what was there.
func TestPersistence(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: []rmtest.Module{{Path: rmtest.Build(t, ".")}}})
	for i := range 300 {
		s.MustDo("roar.add", "dense", i, 100_000+7*i, i*i*1000)
	}
	s.MustDo("roar.add", "small", 42)
	s.MustDo("COPY", "dense", "copied")
	s.MustDo("roar.add", "copied", 424242)
	require.Equal(t, false, s.MustDo("roar.has", "dense", 424242))
	usage, _ := s.MustDo("MEMORY", "USAGE", "dense").(int64)
	require.Greater(t, usage, int64(1000))
	before := s.MustDo("DEBUG", "DIGEST")
	s.MustDo("DEBUG", "RELOAD")
	require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
	r := s.Replica()
	require.Equal(t, before, r.MustDo("DEBUG", "DIGEST"))
	s.MustDo("roar.op", "or", "all", "dense", "small", "copied")
	s.WaitReplica(r)
	before = s.MustDo("DEBUG", "DIGEST")
	require.Equal(t, before, r.MustDo("DEBUG", "DIGEST"))

	dump, _ := s.MustDo("DUMP", "small").(string)
	for i := range len(dump) {
		_, err := s.Do("RESTORE", "x", 0, dump[:i]+string([]byte{dump[i] ^ 1})+dump[i+1:])
		require.Error(t, err)
	}
	s.MustDo("RESTORE", "x", 0, dump)
	require.Equal(t, []any{int64(42)}, s.MustDo("roar.range", "x", 0, 10))
	s.MustDo("DEL", "x")
	require.Eventually(t, func() bool { // the save for the replica may still run
		_, err := s.Do("SAVE")
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
	s.Restart()
	require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
	require.False(t, strings.Contains(s.Log(), "panic"))
}

// TestInside runs the tests of inside_test.go inside the server.
func TestInside(t *testing.T) { rmtest.Inside(t, ".", rmtest.InsideOptions{}) }
