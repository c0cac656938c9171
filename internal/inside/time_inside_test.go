// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideClocks compares the server's clocks with Go's.
//
// Drives: Milliseconds, Microseconds, CachedMicroseconds, MonotonicMicroseconds.
func InsideClocks(t *inside.T, ctx rm.Context) {
	near := func(function string, us int64, err error) {
		t.Helper()
		if !serverHas(t, function) {
			require.ErrorIs(t, err, rm.ErrUnsupported, function)
			require.ErrorContains(t, err, function)
			return
		}
		require.NoError(t, err, function)
		since := time.Now().UnixMicro() - us
		require.GreaterOrEqual(t, since, int64(0), function)
		require.Less(t, since, int64(1_000_000), function)
	}
	near("Milliseconds", rm.Milliseconds()*1000, nil)
	us, err := rm.Microseconds()
	near("Microseconds", us, err)
	us, err = rm.CachedMicroseconds()
	near("CachedMicroseconds", us, err)
	near("Milliseconds", rm.Now().UnixMicro(), nil)
	cached, err := rm.CachedNow()
	near("CachedMicroseconds", cached.UnixMicro(), err)

	before, err := rm.MonotonicMicroseconds()
	begin, err2 := rm.Monotonic()
	require.Equal(t, err, err2)
	if !serverHas(t, "MonotonicMicroseconds") {
		requireError(t, rm.ErrUnsupported, err)
		return
	}
	require.NoError(t, err)
	time.Sleep(time.Millisecond)
	after, err := rm.MonotonicMicroseconds()
	require.NoError(t, err)
	end, err := rm.Monotonic()
	require.NoError(t, err)
	for _, passed := range []int64{int64(after - before), (end - begin).Microseconds()} {
		require.GreaterOrEqual(t, passed, int64(1000))
		require.Less(t, passed, int64(1_000_000))
	}
}

// InsideRandom fills buffers.
//
// Drives: GetRandomBytes, GetRandomHexChars.
func InsideRandom(t *inside.T, ctx rm.Context) {
	random := func(fill func([]byte), n int) string {
		t.Helper()
		b := make([]byte, n+2)
		b[0], b[n+1] = '<', '>'
		fill(b[1 : n+1])
		fill(nil)
		require.True(t, b[0] == '<' && b[n+1] == '>', "the bytes around it stay")
		return string(b[1 : n+1])
	}
	for _, n := range []int{0, 1, 19, 20, 21, 40, 64, 1000} {
		require.Empty(t, strings.Trim(random(rm.RandomHex, n), "0123456789abcdef"))
		if n >= 19 {
			require.NotEqual(t, random(rm.RandomHex, n), random(rm.RandomHex, n))
			require.NotEqual(t, random(rm.RandomBytes, n), random(rm.RandomBytes, n))
		}
	}
	different := func(s string) int {
		seen := map[byte]bool{}
		for i := range len(s) {
			seen[s[i]] = true
		}
		return len(seen)
	}
	require.Equal(t, 256, different(random(rm.RandomBytes, 1<<20)))
	require.Equal(t, 16, different(random(rm.RandomHex, 10_000)))
}

var randomBuffer [16]byte

// InsideClockCosts counts the Go allocations of clocks and of random bytes.
//
// Drives: Milliseconds, GetRandomBytes, GetRandomHexChars.
func InsideClockCosts(t *inside.T, ctx rm.Context) {
	env{t, ctx}.costs(func() {
		_ = rm.Milliseconds()
		_, _ = rm.Microseconds()
		_, _ = rm.CachedNow()
		_, _ = rm.Monotonic()
		_ = rm.Now()
		var local [40]byte
		rm.RandomHex(local[:])
		rm.RandomBytes(randomBuffer[:])
	})
}
