// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestKeysLeftOpen has commands end in every way with keys open: these are closed,
// those of a command further out are not, and what still holds a handle gets an
// error.
// Drives: OpenKey, CloseKey.
func TestKeysLeftOpen(t *testing.T) {
	const panicked, goexited = "ERR d.left: panic: left open", "ERR d.left: the handler called runtime.Goexit"
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SET", "a", "v")
		s.MustDo("RPUSH", "b", "v")
		s.MustDo("SET", "inner1", "v")
		for _, c := range []struct {
			how  string
			want any
			err  string
			n    int64 // keys
		}{
			{"return", "OK", "", 3},
			{"some", "OK", "", 3},
			{"error", nil, outOfRange, 3},
			{"panic", nil, panicked, 3},
			{"goexit", nil, goexited, 3},
			{"nested.return", list("yes", "yes", "yes", "no", "no", "no"), "", 6},
			{"nested.error", list("yes", "yes", "yes", "no", "no", "no"), "", 6},
			{"nested.panic", list("yes", "yes", "yes", "no", "no", "no"), "", 6},
			{"nested.goexit", list("yes", "yes", "yes", "no", "no", "no"), "", 6},
			{"nested.mixed", list("yes", "yes", "yes", "no", "yes", "no"), "", 6},
		} {
			got, err := s.Do("d.left", c.how, "a", "b", "none")
			if c.err != "" {
				require.EqualError(t, err, c.err)
			} else {
				require.NoError(t, err)
				require.Equal(t, c.want, got, c.how)
			}
			require.Equal(t, list(c.n), s.MustDo("d.left.stale", "x", "y", "z", "a", "b", "none"), c.how)
		}
		require.Equal(t, int64(0), s.MustDo("EXISTS", "x", "y", "z", "none", "inner2", "inner3"))
		require.Equal(t, "v", s.MustDo("GET", "a"))
	})
}

// TestKeysLeftInDo has goroutines of the module leave keys open.
// Drives: OpenKey, CloseKey.
func TestKeysLeftInDo(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		const n = 20
		for i, how := range []string{"return", "panic", "goexit"} {
			require.Equal(t, "OK", s.MustDo("d.left.do", how, n))
			require.Eventually(t, func() bool { return s.MustDo("d.left.done") == int64(n*(i+1)) }, patience, time.Millisecond)
			require.Equal(t, list(int64(2*n)), s.MustDo("d.left.stale", "x", "do"), how)
		}
		require.Equal(t, int64(0), s.MustDo("DBSIZE"))
	})
}

// TestKeysDoNotLeak runs everything that can be done with keys many times and
// watches the server's memory.
// Drives: OpenKey, CloseKey, DeleteKey, UnlinkKey, StringSet, StringTruncate,
// RandomKey.
func TestKeysDoNotLeak(t *testing.T) {
	const times = 300
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SET", "a", "v")
		s.MustDo("RPUSH", "b", "v")
		long := strings.Repeat("k", 100)
		for name, commands := range map[string][][]string{
			"open":    {{"d.key", "a", "r"}, {"d.key", "a", "w", "name"}, {"d.key", long, "w", "type"}, {"d.key", long, "r"}, {"d.keys", "a", "b"}, {"d.key.zero"}},
			"left":    {{"d.left", "return", "a", "b"}, {"d.left", "error", "a"}, {"d.left", "panic", "a", "b", long}, {"d.left", "nested.mixed", long}, {"d.left.stale"}},
			"strings": {{"d.key", long, "w", "set", long, "append", long, "setown", "x", "truncate", "99", "fill", "x", "setname", "delete"}, {"d.key", "b", "r", "bytes"}},
			"remove": {
				{"RPUSH", "l", "x"}, {"d.key", "l", "w", "listget", "delete"}, {"RPUSH", "l", "x"}, {"d.key", "l", "w", "listget", "set", "x", "unlink"},
				{"ZADD", "z", "1", "x"}, {"d.key", "z", "w", "zlex", "delete"}, {"ZADD", "z", "1", "x"}, {"d.key", "z", "r", "zlex"},
				{"XADD", "s", "*", "a", "b"}, {"d.key", "s", "w", "streamiter", "unlink"}, {"XADD", "s", "*", "a", "b"}, {"d.key", "s", "w", "streamiter", "set", "x", "delete"},
			},
			"names": {{"d.db.random"}, {"d.db.random.auto"}, {"d.db.exists", long}, {"d.db.signal", long}},
		} {
			t.Run(name, func(t *testing.T) {
				if name == "remove" && !serverHas(t, s, "ListGet") {
					t.Skip("the server lacks access to lists by index")
				}
				leakless(t, s, 3, times*16, func(w *wire) {
					for range times / 3 {
						for _, c := range commands {
							w.do(c...)
						}
					}
				})
			})
		}
	})
}

// TestKeysAllocateNothing counts the Go allocations of each operation.
// Drives: OpenKey, CloseKey, KeyType, ValueLength, GetExpire, SetExpire, GetLRU,
// SetLRU, StringDMA, StringSet, StringTruncate, DeleteKey, UnlinkKey, KeyExists,
// RandomKey, DbSize.
func TestKeysAllocateNothing(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SET", "str", "a string")
		s.MustDo("RPUSH", "l", "a")
		key := func(name, mode string, ops ...string) []string { return append([]string{"d.key", name, mode}, ops...) }
		for i, commands := range [][][]string{
			{key("str", "r", "type", "len", "exists", "name", "db", "ttl", "expireat", "idle", "freq", "bytes", "copy", "setidle", "5s")},
			{key("none", "r", "type", "len", "exists", "db", "ttl", "bytes", "copy", "idle", "freq", "close", "ttl")},
			{key("l", "r", "bytes", "setidle", "-1s", "setfreq", "7")},
			{key("str", "w", "dma", "truncate", "8", "truncate", "9", "append", "xyz", "setttl", "5s", "persist", "set", "a string")},
			{key("none", "w", "ttl", "setttl", "5s", "persist", "truncate", "-1", "dma", "append", "new", "delete", "append", "new", "unlink")},
			{key("l", "w", "append", "x", "truncate", "4", "dma")},
			{{"d.db.exists", "str"}, {"d.db.exists", "none"}, {"d.db.random"}, {"d.db.size"}, {"d.db.select", "1", "yes"}, {"d.db.signal", "str"}},
		} {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				noAllocs(t, s, commands...)
			})
		}
	})
}
