// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"math"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// near wants a duration that is at most a second off.
func near(t *inside.T, want time.Duration, got any, about ...any) {
	t.Helper()
	require.IsType(t, want, got, about...)
	require.InDelta(t, float64(want), float64(got.(time.Duration)), float64(2*time.Second), about...)
}

func ttl(k rm.WriteKey) any { return there(k.TTL()) }

func expireAt(k rm.WriteKey) any {
	at, ok, err := k.ExpireAt()
	return there(at.UnixMilli(), ok, err)
}

// InsideKeyTTL gives keys a time to live and takes it away.
//
// Drives: GetExpire, SetExpire.
func InsideKeyTTL(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	run := func(how, key string, f func(k rm.WriteKey) []any, want ...any) {
		t.Helper()
		require.Equal(t, want, e.open(how, key, f))
	}
	for _, how := range []string{read, write} {
		run(how, "none", func(k rm.WriteKey) []any { return answers(ttl(k)) }, "(none)")
	}
	run(write, "none", func(k rm.WriteKey) []any { return answers(k.SetTTL(time.Second), k.Persist(), k.SetTTL(0)) }, rm.ErrNoKey, rm.ErrNoKey, rm.ErrExpireTime)
	require.Equal(t, 0, e.do("EXISTS", "none"))
	e.do("SET", "plain", "v")
	for _, kind := range [][]string{
		{"SET", "k", "v"}, {"RPUSH", "k", "v"}, {"HSET", "k", "f", "v"}, {"SADD", "k", "v"}, {"ZADD", "k", "1", "v"}, {"XADD", "k", "1-1", "f", "v"},
	} {
		e.do(kind...)
		run(write, "k", func(k rm.WriteKey) []any { return answers(ttl(k), k.Persist(), ttl(k)) }, "(none)", nil, "(none)")
		got := e.open(write, "k", func(k rm.WriteKey) []any { return answers(k.SetTTL(time.Hour), ttl(k)) })
		require.Nil(t, got[0])
		near(t, time.Hour, got[1], kind[0])
		ms, ok := e.do("PTTL", "k").(int)
		require.True(t, ok)
		near(t, time.Hour, time.Duration(ms)*time.Millisecond, kind[0])
		require.LessOrEqual(t, int64(ms), time.Hour.Milliseconds())
		run(write, "k", func(k rm.WriteKey) []any { return answers(k.SetTTL(0), k.SetTTL(-1), k.SetTTL(-5000*time.Hour)) }, rm.ErrExpireTime, rm.ErrExpireTime, rm.ErrExpireTime)
		near(t, time.Hour, e.open(read, "k", func(k rm.WriteKey) []any { return answers(ttl(k)) })[0], "a refused time changes nothing")
		run(write, "k", func(k rm.WriteKey) []any { return answers(k.Persist(), ttl(k)) }, nil, "(none)")
		require.Equal(t, -1, e.do("PTTL", "k"))
		e.do("DEL", "k")
	}

	// The longest Duration, and times that are longer.
	e.do("SET", "k", "v")
	longest := time.Duration(math.MaxInt64)
	got := e.open(write, "k", func(k rm.WriteKey) []any { return answers(k.SetTTL(longest), ttl(k)) })
	require.Nil(t, got[0])
	near(t, longest, got[1])
	e.do("PEXPIRE", "k", "36893488147416") // four times as long
	run(read, "k", func(k rm.WriteKey) []any { return answers(ttl(k)) }, longest)

	// Milliseconds are rounded, and less than one is one: the key is there, and then it is not.
	e.do("SET", "k", "v")
	got = e.open(write, "k", func(k rm.WriteKey) []any { return answers(k.SetTTL(999_999_500_000), ttl(k)) })
	require.Nil(t, got[0])
	near(t, 1000*time.Second, got[1])
	run(write, "k", func(k rm.WriteKey) []any { return answers(k.SetTTL(1), k.Type()) }, nil, rm.KeyTypeString)
	t.Later(5*time.Millisecond, func(t *inside.T, ctx rm.Context) {
		require.Equal(t, answers(rm.KeyTypeEmpty), env{t, ctx}.open(read, "k", func(k rm.WriteKey) []any { return answers(k.Type()) }))
	})
}

// InsideKeyExpireAt ends keys at moments.
//
// Drives: GetAbsExpire, SetAbsExpire.
func InsideKeyExpireAt(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	run := func(how, key string, f func(k rm.WriteKey) []any, want ...any) {
		t.Helper()
		require.Equal(t, want, e.open(how, key, f))
	}
	ask := func(k rm.WriteKey) []any { return answers(expireAt(k)) }
	e.do("SET", "k", "v")
	if !serverHas(t, "SetAbsExpire") {
		same(t, answers(rm.ErrUnsupported, rm.ErrUnsupported), e.open(write, "k", func(k rm.WriteKey) []any {
			return answers(k.SetExpireAt(time.UnixMilli(1)), expireAt(k))
		}))
		return
	}
	e.do("DEBUG", "SET-ACTIVE-EXPIRE", "0")
	run(read, "none", ask, "(none)")
	run(write, "none", func(k rm.WriteKey) []any { return answers(expireAt(k), k.SetExpireAt(time.UnixMilli(1))) }, "(none)", rm.ErrNoKey)
	run(read, "k", ask, "(none)")
	at := time.Now().Add(time.Hour).UnixMilli()
	run(write, "k", func(k rm.WriteKey) []any { return answers(k.SetExpireAt(time.UnixMilli(at)), expireAt(k)) }, nil, at)
	run(read, "k", ask, at)
	require.InDelta(t, time.Hour.Milliseconds(), e.do("PTTL", "k"), 10_000)
	run(write, "k", func(k rm.WriteKey) []any {
		return answers(k.SetExpireAt(time.UnixMilli(-1)), k.SetExpireAt(time.Time{}), k.SetExpireAt(time.Unix(1<<62, 0)), expireAt(k))
	}, rm.ErrExpireTime, rm.ErrExpireTime, rm.ErrExpireTime, at)
	run(write, "k", func(k rm.WriteKey) []any {
		return answers(k.SetExpireAt(time.UnixMilli(9e18)), expireAt(k), k.Persist(), expireAt(k))
	}, nil, int64(9e18), nil, "(none)")
	run(write, "k", func(k rm.WriteKey) []any { return answers(k.Persist(), expireAt(k)) }, nil, "(none)")

	// In the past: there for this handle, and gone for the next.
	past := []int64{0, 1, 1_700_000_000_000}
	var next func(t *inside.T, ctx rm.Context)
	next = func(t *inside.T, ctx rm.Context) {
		e := env{t, ctx}
		if len(past) == 0 {
			e.do("DEBUG", "SET-ACTIVE-EXPIRE", "1")
			return
		}
		e.do("SET", "k", "v")
		require.Equal(t, answers(nil, rm.KeyTypeString, "v", time.Duration(0)), e.open(write, "k", func(k rm.WriteKey) []any {
			return answers(k.SetExpireAt(time.UnixMilli(past[0])), k.Type(), stringOf(k), ttl(k))
		}))
		past = past[1:]
		require.Equal(t, uint64(1), ctx.DBSize())
		t.Later(0, func(t *inside.T, ctx rm.Context) {
			require.Equal(t, answers(rm.KeyTypeEmpty), env{t, ctx}.open(read, "k", func(k rm.WriteKey) []any { return answers(k.Type()) }))
			require.Equal(t, uint64(0), ctx.DBSize())
			next(t, ctx)
		})
	}
	next(t, ctx)
}

// InsideKeyLRU reads and sets idle times, and frequencies under the other policy.
//
// Drives: GetLRU, SetLRU, GetLFU, SetLFU.
func InsideKeyLRU(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	idle := func(k rm.WriteKey) any { return there(k.LRUIdle()) }
	freq := func(k rm.WriteKey) any { return there(k.LFUFreq()) }
	run := func(how string, f func(k rm.WriteKey) []any, want ...any) {
		t.Helper()
		require.Equal(t, want, e.open(how, "k", f), how)
	}
	e.do("SET", "k", "v")
	for _, how := range []string{read, write} {
		require.Equal(t, answers("(none)", "(none)", rm.ErrNoKey, rm.ErrNoKey), e.open(how, "none", func(k rm.WriteKey) []any {
			return answers(idle(k), freq(k), k.SetLRU(time.Second), k.SetLFU(1))
		}))
	}
	// Some servers take another unit than they give.
	setIdle := e.open(read, "k", func(k rm.WriteKey) []any { return answers(k.SetLRU(500 * time.Second)) })[0]
	if setIdle != nil {
		require.GreaterOrEqual(t, e.info("server", "valkey_version"), "9")
		require.Equal(t, rm.ErrLRUUnit, setIdle)
		require.InDelta(t, 0, e.do("OBJECT", "IDLETIME", "k"), 1)
	}
	sets := func(how string, d time.Duration) {
		t.Helper()
		run(how, func(k rm.WriteKey) []any { return answers(k.SetLRU(d)) }, nil)
	}
	for _, how := range []string{read, write} {
		e.idleFor("k", "500")
		near(t, 500*time.Second, e.idle(how, "k", rm.OpenNoTouch))
		run(how, func(k rm.WriteKey) []any { return answers(k.SetLRU(0), freq(k), k.SetLFU(7), idle(k)) },
			nil, rm.ErrEvictionPolicy, rm.ErrEvictionPolicy, time.Duration(0))
		run(how, func(k rm.WriteKey) []any { return answers(k.SetLRU(999*time.Millisecond), idle(k)) }, nil, time.Duration(0))
		run(how, func(k rm.WriteKey) []any {
			return answers(k.SetLRU(-1), k.SetLRU(-1000*time.Hour), k.SetLRU(rm.MaxLRUIdle+time.Second))
		}, rm.ErrRange, rm.ErrRange, rm.ErrRange)
		if setIdle != nil {
			run(how, func(k rm.WriteKey) []any { return answers(k.SetLRU(time.Second), idle(k)) }, rm.ErrLRUUnit, time.Duration(0))
			continue
		}
		sets(how, 500*time.Second)
		require.InDelta(t, 500, e.do("OBJECT", "IDLETIME", "k"), 2)
		sets(how, rm.MaxLRUIdle)
		const longest = (1<<24 - 100) * time.Second
		sets(how, longest)
		require.InDelta(t, float64(longest), float64(e.idle(how, "k", rm.OpenNoTouch)), float64(10*time.Second))
		sets(how, 90_900*time.Millisecond)
		near(t, 90*time.Second, e.idle(how, "k", rm.OpenNoTouch))
		sets(how, 0)
		near(t, 0, e.idle(how, "k", rm.OpenNoTouch))
	}
	before := e.list("CONFIG", "GET", "maxmemory-policy")[1]
	e.do("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
	t.Later(0, func(t *inside.T, ctx rm.Context) { // Valkey 9.1 changes it between commands
		e := env{t, ctx}
		t.Cleanup(func() { e.do("CONFIG", "SET", "maxmemory-policy", before) })
		for _, how := range []string{read, write} {
			require.Equal(t, answers(rm.ErrEvictionPolicy, rm.ErrEvictionPolicy, nil, 200), e.open(how, "k", func(k rm.WriteKey) []any {
				return answers(idle(k), k.SetLRU(0), k.SetLFU(200), freq(k))
			}))
			require.Equal(t, 200, e.do("OBJECT", "FREQ", "k"))
			require.Equal(t, answers(nil, 255, nil, 0, rm.ErrRange, rm.ErrRange, 0), e.open(how, "k", func(k rm.WriteKey) []any {
				return answers(k.SetLFU(rm.MaxLFUFreq), freq(k), k.SetLFU(0), freq(k), k.SetLFU(256), k.SetLFU(-1), freq(k))
			}))
			k := e.openMode(how, "k", rm.OpenNoTouch)
			require.Equal(t, 0, there(k.LFUFreq()))
			k.Close()
		}
	})
}
