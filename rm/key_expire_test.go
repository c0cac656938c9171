// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestTTL gives keys a time to live and takes it away.
// Drives: GetExpire, SetExpire.
func TestTTL(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, missing := range []string{"r", "w"} {
			require.Equal(t, list(noKey), onKey(t, s, "none", missing, "ttl"))
		}
		require.Equal(t, list(noKey, noKey, outOfRange), onKey(t, s, "none", "w", "setttl", "1s", "persist", "setttl", "0s"))
		require.Equal(t, int64(0), s.MustDo("EXISTS", "none"))
		for _, kind := range [][]any{
			{"SET", "k", "v"}, {"RPUSH", "k", "v"}, {"HSET", "k", "f", "v"}, {"SADD", "k", "v"}, {"ZADD", "k", 1, "v"}, {"XADD", "k", "1-1", "f", "v"},
		} {
			s.MustDo(kind...)
			require.Equal(t, list("never", "ok", "never"), onKey(t, s, "k", "w", "ttl", "persist", "ttl"))
			before := time.Now()
			got := onKey(t, s, "k", "w", "setttl", "1h", "ttl")
			require.Equal(t, "ok", got[0])
			require.InDelta(t, time.Hour.Milliseconds(), got[1], 1000)
			ttl := s.MustDo("PTTL", "k").(int64)
			require.GreaterOrEqual(t, ttl, time.Hour.Milliseconds()-time.Since(before).Milliseconds()-1, kind[0])
			require.LessOrEqual(t, ttl, time.Hour.Milliseconds())
			require.Equal(t, list(outOfRange, outOfRange, outOfRange), onKey(t, s, "k", "w", "setttl", "0s", "setttl", "-1ns", "setttl", "-5000h"))
			require.InDelta(t, ttl, s.MustDo("PTTL", "k"), 5000, "a refused time changes nothing")
			require.InDelta(t, ttl, onKey(t, s, "k", "r", "ttl")[0], 5000)
			require.Equal(t, list("ok", "never"), onKey(t, s, "k", "w", "persist", "ttl"))
			require.Equal(t, int64(-1), s.MustDo("PTTL", "k"))
			s.MustDo("DEL", "k")
		}

		// The longest Duration, and times that are longer.
		s.MustDo("SET", "k", "v")
		const longest = 1<<63 - 1
		ms := int64(time.Duration(longest) / time.Millisecond)
		got := onKey(t, s, "k", "w", "setttl", fmt.Sprint(longest)+"ns", "ttl")
		require.Equal(t, "ok", got[0])
		require.InDelta(t, ms+1, got[1], 5000)
		s.MustDo("PEXPIRE", "k", strconv.FormatInt(ms*4, 10))
		require.Equal(t, list(ms), onKey(t, s, "k", "r", "ttl"))

		// Less than a millisecond is one: the key is there, and then it is not.
		s.MustDo("SET", "k", "v")
		require.Equal(t, list("ok", "string"), onKey(t, s, "k", "w", "setttl", "1ns", "type"))
		time.Sleep(5 * time.Millisecond)
		require.Equal(t, list("empty"), onKey(t, s, "k", "r", "type"))
		s.MustDo("SET", "k", "v")
		got = onKey(t, s, "k", "w", "setttl", "999999500000ns", "ttl")
		require.InDelta(t, 1_000_000, got[1], 1000)
	})
}

// TestExpireAt ends keys at moments.
// Drives: GetAbsExpire, SetAbsExpire.
func TestExpireAt(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("DEBUG", "SET-ACTIVE-EXPIRE", "0")
		s.MustDo("SET", "k", "v")
		if !serverHas(t, s, "SetAbsExpire") {
			require.Equal(t, list(lacking("SetAbsExpire"), lacking("GetAbsExpire")), onKey(t, s, "k", "w", "setexpireat", "1", "expireat"))
			return
		}
		require.Equal(t, list(noKey), onKey(t, s, "none", "r", "expireat"))
		require.Equal(t, list(noKey, noKey), onKey(t, s, "none", "w", "expireat", "setexpireat", "1"))
		require.Equal(t, list("never"), onKey(t, s, "k", "r", "expireat"))
		at := time.Now().Add(time.Hour).UnixMilli()
		text := strconv.FormatInt(at, 10)
		require.Equal(t, list("ok", at), onKey(t, s, "k", "w", "setexpireat", text, "expireat"))
		require.Equal(t, list(at), onKey(t, s, "k", "r", "expireat"))
		require.InDelta(t, time.Hour.Milliseconds(), s.MustDo("PTTL", "k"), 10_000)
		require.Equal(t, list(outOfRange, outOfRange, outOfRange, at),
			onKey(t, s, "k", "w", "setexpireat", "-1", "setexpireat.zero", "setexpireat.far", "expireat"))
		require.Equal(t, list("ok", int64(9e18), "ok", "never"), onKey(t, s, "k", "w", "setexpireat", "9000000000000000000", "expireat", "persist", "expireat"))
		require.Equal(t, list("ok", "never"), onKey(t, s, "k", "w", "persist", "expireat"))

		// In the past: there for this handle, and gone for the next.
		for _, past := range []string{"0", "1", "1700000000000"} {
			s.MustDo("SET", "k", "v")
			require.Equal(t, list("ok", "string", "v", int64(0)), onKey(t, s, "k", "w", "setexpireat", past, "type", "bytes", "ttl"))
			require.Equal(t, int64(1), s.MustDo("DBSIZE"))
			require.Equal(t, list("empty"), onKey(t, s, "k", "r", "type"))
			require.Equal(t, int64(0), s.MustDo("DBSIZE"))
		}
	})
}

// TestLRU reads and sets idle times, and frequencies under the other policy.
// Drives: GetLRU, SetLRU, GetLFU, SetLFU.
func TestLRU(t *testing.T) {
	const (
		policy = "ERR the eviction policy does not keep this of keys"
		unit   = "ERR this server gets the unit of idle times wrong"
	)
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SET", "k", "v")
		require.Equal(t, list(noKey, noKey, noKey, noKey), onKey(t, s, "none", "r", "idle", "freq", "setidle", "1s", "setfreq", "1"))
		require.Equal(t, list(noKey, noKey, noKey, noKey), onKey(t, s, "none", "w", "idle", "freq", "setidle", "1s", "setfreq", "1"))
		const longest = (1<<24 - 100) * 1000
		// Some servers take another unit than they give.
		setIdle := onKey(t, s, "k", "r", "setidle", "500s")[0]
		if setIdle != "ok" {
			kind, major, _, _ := s.Version()
			require.True(t, kind == "valkey" && major >= 9, "%s %d", kind, major)
			require.Equal(t, unit, setIdle)
			require.InDelta(t, 0, s.MustDo("OBJECT", "IDLETIME", "k"), 1)
		}
		for _, mode := range []string{"r", "w"} {
			idleFor(t, s, "k", 500)
			require.InDelta(t, 500_000, onKey(t, s, "k", mode+":NoTouch", "idle")[0], 2000)
			require.Equal(t, list("ok", policy, policy, int64(0)), onKey(t, s, "k", mode, "setidle", "0s", "freq", "setfreq", "7", "idle"))
			require.Equal(t, list("ok", int64(0)), onKey(t, s, "k", mode, "setidle", "999ms", "idle"))
			require.Equal(t, list(outOfRange, outOfRange, outOfRange), onKey(t, s, "k", mode, "setidle", "-1ns", "setidle", "-1000h", "setidle", "16777215s"))
			if setIdle != "ok" {
				require.Equal(t, list(unit, int64(0)), onKey(t, s, "k", mode, "setidle", "1s", "idle"))
				continue
			}
			require.Equal(t, list("ok"), onKey(t, s, "k", mode, "setidle", "500s"))
			require.InDelta(t, 500, s.MustDo("OBJECT", "IDLETIME", "k"), 2)
			require.Equal(t, "ok", onKey(t, s, "k", mode, "setidle", "16777214s")[0])
			require.Equal(t, "ok", onKey(t, s, "k", mode, "setidle", "16777116s")[0])
			require.InDelta(t, longest, onKey(t, s, "k", mode+":NoTouch", "idle")[0], 10_000)
			require.Equal(t, "ok", onKey(t, s, "k", mode, "setidle", "90.9s")[0])
			require.InDelta(t, 90_000, onKey(t, s, "k", mode+":NoTouch", "idle")[0], 2000)
			require.Equal(t, "ok", onKey(t, s, "k", mode, "setidle", "0s")[0])
			require.InDelta(t, 0, onKey(t, s, "k", mode+":NoTouch", "idle")[0], 2000)
		}
		s.MustDo("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
		for _, mode := range []string{"r", "w"} {
			require.Equal(t, list(policy, policy, "ok", int64(200)), onKey(t, s, "k", mode, "idle", "setidle", "0s", "setfreq", "200", "freq"))
			require.Equal(t, int64(200), s.MustDo("OBJECT", "FREQ", "k"))
			require.Equal(t, list("ok", int64(255), "ok", int64(0), outOfRange, outOfRange, int64(0)),
				onKey(t, s, "k", mode, "setfreq", "255", "freq", "setfreq", "0", "freq", "setfreq", "256", "setfreq", "-1", "freq"))
			require.Equal(t, list(int64(0)), onKey(t, s, "k", mode+":NoTouch", "freq"))
		}
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}

// idleFor makes a string key one that was not used for a number of seconds.
func idleFor(t *testing.T, s *rmtest.Server, key string, seconds int) {
	t.Helper()
	s.MustDo("RESTORE", key, 0, s.MustDo("DUMP", key), "REPLACE", "IDLETIME", seconds)
	require.InDelta(t, seconds, s.MustDo("OBJECT", "IDLETIME", key), 2)
}
