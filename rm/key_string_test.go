// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestStringKeys reads, sets and changes string keys of every length and encoding.
// Drives: StringDMA, StringSet, StringTruncate.
func TestStringKeys(t *testing.T) {
	big := strings.Repeat("\x00binary\r\n\xff", 100_000)
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, v := range []string{"", "7", "-9223372036854775808", "short", strings.Repeat("l", 44), strings.Repeat("l", 45), "\x00\r\n\xff", big} {
			n := int64(len(v))
			what := v[:min(len(v), 50)]
			for _, ops := range [][]string{{"bytes"}, {"copy"}, {"dma"}, {"bytes", "dma"}, {"dma", "bytes"}} {
				s.MustDo("SET", "k", v)
				want := make([]any, len(ops))
				for i, o := range ops {
					want[i] = v
					if o == "copy" {
						want[i] = "copy:" + v
					}
				}
				require.Equal(t, append(want, n), onKey(t, s, "k", "w", append(ops, "len")...), "%q %s", what, ops)
				require.Equal(t, v, s.MustDo("GET", "k"), "%q %s", what, ops)
			}
			s.MustDo("SET", "k", v)
			require.Equal(t, list(v, "copy:"+v), onKey(t, s, "k", "r", "bytes", "copy"), "%q", what)

			// In place, and longer and shorter.
			s.MustDo("SET", "k", v)
			require.Equal(t, list(n, strings.Repeat("x", len(v))), onKey(t, s, "k", "w", "fill", "x", "bytes"), "%q", what)
			require.Equal(t, strings.Repeat("x", len(v)), s.MustDo("GET", "k"), "%q", what)
			s.MustDo("SET", "k", v)
			require.Equal(t, list("ok", v+"\x00\x00\x00", n+3, "ok", v[:len(v)/2], "ok", v[:len(v)/2], "ok", "", int64(0), "string"),
				onKey(t, s, "k", "w", "truncate", strconv.Itoa(len(v)+3), "bytes", "len", "truncate", strconv.Itoa(len(v)/2), "bytes",
					"truncate", strconv.Itoa(len(v)/2), "dma", "truncate", "0", "dma", "len", "type"), "%q", what)
			require.Equal(t, "", s.MustDo("GET", "k"))

			// Set, over nothing and over something, with a time to live.
			s.MustDo("DEL", "k")
			require.Equal(t, list("ok", "string", n, v), onKey(t, s, "k", "w", "set", v, "type", "len", "bytes"), "%q", what)
			require.Equal(t, v, s.MustDo("GET", "k"))
			s.MustDo("SET", "k", "other", "EX", 100)
			require.Equal(t, list("ok", v, "never"), onKey(t, s, "k", "w", "setown", v, "bytes", "ttl"), "%q", what)
			require.Equal(t, v, s.MustDo("GET", "k"))

			// The value is the argument's own memory until it is written to.
			require.Equal(t, list("ok", n), onKey(t, s, "k", "w", "set", v, "fill", "y"), "%q", what)
			require.Equal(t, strings.Repeat("y", len(v)), s.MustDo("GET", "k"), "%q", what)

			s.MustDo("SET", "k", v)
			require.Equal(t, list("ok", v+"+", "ok", v+"+", "ok", v+"+"+v, int64(2*len(v)+1)),
				onKey(t, s, "k", "w", "append", "+", "bytes", "append", "", "bytes", "append", v, "bytes", "len"), "%q", what)
			require.Equal(t, v+"+"+v, s.MustDo("GET", "k"), "%q", what)
		}
		require.Equal(t, list("ok", "k\xfe", "ok", "k\xfe", "string"), onKey(t, s, "k\xfe", "w", "setname", "bytes", "setname", "bytes", "type"))
		require.Equal(t, "k\xfe", s.MustDo("GET", "k\xfe"))
	})
}

// TestStringAppendSelf appends views of a value to the value itself. The server
// moves the value meanwhile; its allocator is told to overwrite what it frees.
// Drives: StringDMA, StringTruncate.
func TestStringAppendSelf(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{dataModule(t, mode)}, Env: []string{"MALLOC_CONF=junk:true", "MALLOC_PERTURB_=165"}})
		for _, n := range []int{1, 10, 1000, 100_000, 1 << 20} {
			v := strings.Repeat("0123456789", n/10+1)[:n]
			for _, op := range []string{"appendself", "appendread"} {
				for _, at := range [][2]int{{0, n}, {0, 0}, {n, n}, {n / 3, n}, {0, n / 3}, {n / 3, n / 2}} {
					s.MustDo("SET", "k", v)
					require.Equal(t, list("ok"), onKey(t, s, "k", "w", op, strconv.Itoa(at[0]), strconv.Itoa(at[1])))
					require.True(t, v+v[at[0]:at[1]] == s.MustDo("GET", "k"), "%s %d %v", op, n, at)
				}
			}
		}
	})
}

// TestStringMissing reads and makes keys that are not there.
// Drives: StringDMA, StringTruncate.
func TestStringMissing(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		require.Equal(t, list(noKey, noKey), onKey(t, s, "k", "r", "bytes", "copy"))
		require.Equal(t, list(noKey, noKey, noKey, "ok", "empty", "ok", "empty", outOfRange, outOfRange, "empty"),
			onKey(t, s, "k", "w", "bytes", "copy", "dma", "truncate", "0", "type", "append", "", "type", "truncate", "-1", "truncate", "536870913", "type"))
		require.Equal(t, int64(0), s.MustDo("EXISTS", "k"))
		require.Equal(t, list("ok", "\x00\x00", "string"), onKey(t, s, "k", "w", "truncate", "2", "bytes", "type"))
		require.Equal(t, "\x00\x00", s.MustDo("GET", "k"))
		s.MustDo("DEL", "k")
		require.Equal(t, list("ok", "first"), onKey(t, s, "k", "w", "append", "first", "bytes"))
		require.Equal(t, "first", s.MustDo("GET", "k"))
	})
}

// TestStringWrongType uses keys of other types as strings; they do not change.
// Drives: StringDMA, StringTruncate, StringSet.
func TestStringWrongType(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, kind := range [][]any{
			{"RPUSH", "k", "v"}, {"HSET", "k", "f", "v"}, {"SADD", "k", "v"}, {"ZADD", "k", 1, "v"}, {"XADD", "k", "1-1", "f", "v"},
		} {
			s.MustDo(kind...)
			before := s.MustDo("DUMP", "k")
			require.Equal(t, list(wrongKey, wrongKey), onKey(t, s, "k", "r", "bytes", "copy"))
			require.Equal(t, list(wrongKey, wrongKey, wrongKey, wrongKey, wrongKey, wrongKey, wrongKey, int64(1)),
				onKey(t, s, "k", "w", "bytes", "copy", "dma", "truncate", "0", "truncate", "9", "append", "", "append", "x", "len"))
			require.Equal(t, before, s.MustDo("DUMP", "k"), kind[0])
			require.Equal(t, list("ok", "string"), onKey(t, s, "k", "w", "set", "new", "type"))
			require.Equal(t, "new", s.MustDo("GET", "k"))
			s.MustDo("DEL", "k")
		}
	})
}

// TestStringLimit goes to the greatest length of a string, and not beyond.
// Drives: StringTruncate, StringDMA.
func TestStringLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 1 GB")
	}
	const limit = 512 << 20
	withData(t, func(t *testing.T, s *rmtest.Server) {
		require.Equal(t, list("ok", int64(limit), outOfRange, outOfRange, outOfRange, "ok", int64(limit)),
			onKey(t, s, "k", "w", "truncate", strconv.Itoa(limit), "len", "append", "x", "truncate", strconv.Itoa(limit+1), "truncate",
				strconv.FormatInt(1<<62, 10), "append", "", "len"))
		require.Equal(t, list("ok", "ok", outOfRange, "ok", int64(limit)),
			onKey(t, s, "k", "w", "truncate", strconv.Itoa(limit-1), "append", "x", "append", "y", "truncate", strconv.Itoa(limit), "len"))
		require.Equal(t, "x", s.MustDo("GETRANGE", "k", -1, -1))
	})
}
