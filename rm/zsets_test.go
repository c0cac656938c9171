// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

// asTexts is the reply of a command as texts: %v of each element, flat.
func asTexts(t *testing.T, v any) []string {
	t.Helper()
	elements, ok := v.([]any)
	require.True(t, ok, "%v is no array", v)
	out := make([]string, len(elements))
	for i, e := range elements {
		switch e := e.(type) {
		case float64:
			out[i] = strconv.FormatFloat(e, 'g', -1, 64)
		default:
			out[i] = fmt.Sprint(e)
		}
	}
	return out
}

// zTexts runs a command and returns its reply as texts.
func zTexts(t *testing.T, s *rmtest.Server, args ...any) []string {
	t.Helper()
	return asTexts(t, s.MustDo(args...))
}

// bothEncodings are sorted sets with few elements, and with more than fit into the
// compact encoding.
var bothEncodings = map[string]int{"compact": 0, "skiplist": 1000}

// fill puts n elements with scores from 1000 on into a sorted set.
func fill(s *rmtest.Server, key string, n int) {
	args := []any{"ZADD", key}
	for i := range n {
		args = append(args, 1000+i, fmt.Sprintf("filled%05d", i))
	}
	if n > 0 {
		s.MustDo(args...)
	}
}

// TestZSetAdd adds to missing keys and to both encodings, with each flag.
//
// Drives: ZsetAdd.
func TestZSetAdd(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		add := func(key, score, element, flags string) string {
			t.Helper()
			return strings.Join(zTexts(t, s, "d.zset", key, "w", "add", score, element, flags), " ")
		}
		for name, n := range bothEncodings {
			fill(s, name, n)
			require.Equal(t, "added ok", add(name, "1.5", "a", "-"))
			require.Equal(t, "updated ok", add(name, "2.5", "a", "-"))
			require.Equal(t, "same ok", add(name, "2.5", "a", "-"))
			require.Equal(t, "nop ok", add(name, "3", "a", "nx"))
			require.Equal(t, "added ok", add(name, "3", "b\x00\xff\r\n", "nx"))
			require.Equal(t, "updated ok", add(name, "4", "a", "xx"))
			require.Equal(t, "nop ok", add(name, "4", "c", "xx"))
			require.Equal(t, "added ok", add(name, "-Inf", "low", "-"))
			require.Equal(t, "added ok", add(name, "+Inf", "", "-"))
			require.Equal(t, "added ok", add(name, "-0", "zero", "-"))
			require.Equal(t, 4.0, s.MustDo("ZSCORE", name, "a"))
			require.Equal(t, 3.0, s.MustDo("ZSCORE", name, "b\x00\xff\r\n"))
			require.Equal(t, math.Inf(-1), s.MustDo("ZSCORE", name, "low"))
			require.Equal(t, math.Inf(1), s.MustDo("ZSCORE", name, ""))
			require.Equal(t, int64(n+5), s.MustDo("ZCARD", name))

			for _, flags := range []string{"xxnx", "nxgt", "gtlt", "bad"} {
				require.Equal(t, "same "+string(rm.ErrRange), add(name, "1", "a", flags))
			}
			require.Equal(t, "same "+string(rm.ErrNaN), add(name, "nan", "a", "-"))
			require.Equal(t, "same "+string(rm.ErrNoString), add(name, "1", "~nil", "-"))
			if !serverHas(t, s, "StreamAdd") {
				require.Equal(t, "same "+lacking("StreamAdd", "ZADD_GT and ZADD_LT"), add(name, "5", "a", "gt"))
				continue
			}
			require.Equal(t, "nop ok", add(name, "3", "a", "gt"))
			require.Equal(t, "updated ok", add(name, "5", "a", "gt"))
			require.Equal(t, "nop ok", add(name, "6", "a", "lt"))
			require.Equal(t, "updated ok", add(name, "1", "a", "xxlt"))
			require.Equal(t, "nop ok", add(name, "1", "new", "xxgt"))
			require.Equal(t, "added ok", add(name, "1", "new", "lt"))
		}
		big := strings.Repeat("0123456789abcde\x00", 1<<16)
		require.Equal(t, "added ok", add("big", "7", big, "-"))
		require.Equal(t, 7.0, s.MustDo("ZSCORE", "big", big))
		require.Equal(t, "skiplist", s.MustDo("OBJECT", "ENCODING", "big"))

		// What is refused makes no key.
		for _, refused := range []string{add("none", "1", "a", "xx"), add("none", "nan", "a", "-"), add("none", "1", "a", "xxnx")} {
			require.NotContains(t, refused, "added")
		}
		require.Equal(t, int64(0), s.MustDo("EXISTS", "none"))
	})
}

// TestZSetIncrBy adds to scores.
//
// Drives: ZsetIncrby.
func TestZSetIncrBy(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		incr := func(key, delta, element, flags string) string {
			t.Helper()
			return strings.Join(zTexts(t, s, "d.zset", key, "w", "incr", delta, element, flags), " ")
		}
		for name, n := range bothEncodings {
			fill(s, name, n)
			require.Equal(t, "1.5 added ok", incr(name, "1.5", "a", "-"))
			require.Equal(t, "3.75 updated ok", incr(name, "2.25", "a", "-"))
			require.Equal(t, "3.75 same ok", incr(name, "0", "a", "-"))
			require.Equal(t, "0 nop ok", incr(name, "1", "a", "nx"))
			require.Equal(t, "0 nop ok", incr(name, "1", "b", "xx"))
			require.Equal(t, "2.75 updated ok", incr(name, "-1", "a", "xx"))
			require.Equal(t, "0 same "+string(rm.ErrNaN), incr(name, "nan", "a", "-"))
			require.Equal(t, "0 same "+string(rm.ErrNoString), incr(name, "1", "~nil", "-"))
			require.Equal(t, "0 same "+string(rm.ErrRange), incr(name, "1", "a", "xxnx"))
			require.Equal(t, "+Inf updated ok", incr(name, "+Inf", "a", "-"))
			require.Equal(t, "0 same "+string(rm.ErrNaN), incr(name, "-Inf", "a", "-"))
			require.Equal(t, math.Inf(1), s.MustDo("ZSCORE", name, "a"))
			if serverHas(t, s, "StreamAdd") {
				require.Equal(t, "1 added ok", incr(name, "1", "g", "gt"))
				require.Equal(t, "0 nop ok", incr(name, "-1", "g", "gt"))
				require.Equal(t, "2 updated ok", incr(name, "1", "g", "gt"))
			} else {
				require.Equal(t, "0 same "+lacking("StreamAdd", "ZADD_GT and ZADD_LT"), incr(name, "1", "a", "gt"))
			}
		}
		require.Equal(t, "0 nop ok", incr("none", "1", "a", "xx"))
		require.Equal(t, "0 same "+string(rm.ErrNaN), incr("none", "nan", "a", "-"))
		require.Equal(t, int64(0), s.MustDo("EXISTS", "none"))
		require.Equal(t, "+Inf added ok", incr("none", "inf", "a", "-"))
	})
}

// TestZSetScoreAndRemove reads scores and removes elements, down to the last, with
// which the key goes.
//
// Drives: ZsetScore, ZsetRem.
func TestZSetScoreAndRemove(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		const yes, no = "1", "0"
		for name, n := range bothEncodings {
			fill(s, name, n)
			big := strings.Repeat("x", 1<<20)
			if n == 0 {
				big = "small"
			}
			for element, score := range map[string]string{big: "1.25", "bin\x00\xff": "-3e-300", "zero": "-0", "": "+Inf", "low": "-Inf"} {
				s.MustDo("ZADD", name, score, element)
				for _, mode := range []string{"r", "w"} {
					got := zTexts(t, s, "d.zset", name, mode, "score", element)
					if element == "zero" { // the compact encoding has no sign for it
						require.Contains(t, []string{"0", "-0"}, got[0])
						got[0] = score
					}
					require.Equal(t, []string{score, yes, "ok"}, got)
				}
				require.Equal(t, []string{"0", no, "ok"}, zTexts(t, s, "d.zset", name, "r", "score", element+"?"))
				require.Equal(t, []string{no, "ok"}, zTexts(t, s, "d.zset", name, "w", "rem", element+"?"))
				require.Equal(t, []string{no, string(rm.ErrRefused)}, zTexts(t, s, "d.zset", name, "r", "rem", element))
				require.Equal(t, []string{yes, "ok"}, zTexts(t, s, "d.zset", name, "w", "rem", element))
				require.Equal(t, []string{"0", no, "ok"}, zTexts(t, s, "d.zset", name, "w", "score", element))
			}
			exists := int64(0)
			if n > 0 {
				exists = 1
			}
			require.Equal(t, exists, s.MustDo("EXISTS", name))
		}
		require.Equal(t, []string{no, "ok"}, zTexts(t, s, "d.zset", "none", "w", "rem", "a"))
		require.Equal(t, []string{no, "ok"}, zTexts(t, s, "d.zset", "none", "r", "rem", "a"))
		require.Equal(t, []string{"0", no, "ok"}, zTexts(t, s, "d.zset", "none", "r", "score", "a"))
		s.MustDo("ZADD", "soon", 1, "a")
		s.MustDo("PEXPIRE", "soon", -1)
		require.Equal(t, []string{"0", no, "ok"}, zTexts(t, s, "d.zset", "soon", "r", "score", "a"))
		require.Equal(t, []string{"0", no, string(rm.ErrNoString)}, zTexts(t, s, "d.zset", "none", "r", "score", "~nil"))
		require.Equal(t, []string{no, string(rm.ErrNoString)}, zTexts(t, s, "d.zset", "none", "w", "rem", "~nil"))
	})
}

// TestZSetRefusals uses keys that the operations do not fit.
//
// Drives: ZsetAdd, ZsetIncrby, ZsetRem, ZsetScore.
func TestZSetRefusals(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("RPUSH", "list", "x")
		s.MustDo("SET", "text", "x")
		s.MustDo("ZADD", "zset", 1, "a")
		last := func(args ...any) string {
			t.Helper()
			v := zTexts(t, s, args...)
			return v[len(v)-1]
		}
		for _, c := range []struct{ key, mode, err string }{
			{"list", "w", string(rm.ErrWrongType)},
			{"text", "w", string(rm.ErrWrongType)},
			{"zset", "c", string(rm.ErrKeyClosed)},
			{"none", "c", string(rm.ErrKeyClosed)},
			{"none", "r", string(rm.ErrNoKey)},
			{"zset", "r", string(rm.ErrRefused)},
		} {
			require.Equal(t, c.err, last("d.zset", c.key, c.mode, "add", "1", "a", "-"), c)
			require.Equal(t, c.err, last("d.zset", c.key, c.mode, "incr", "1", "a", "-"), c)
			if c.mode != "r" {
				require.Equal(t, c.err, last("d.zset", c.key, c.mode, "rem", "a"), c)
				require.Equal(t, c.err, last("d.zset", c.key, c.mode, "score", "a"), c)
			}
		}
		require.Equal(t, 1.0, s.MustDo("ZSCORE", "zset", "a"))
		require.Equal(t, "none", s.MustDo("TYPE", "none"))
	})
}

// TestZSetNoAllocs asserts that nothing here needs Go memory, errors included.
//
// Drives: ZsetAdd, ZsetIncrby, ZsetRem, ZsetScore, ZsetFirstInScoreRange,
// ZsetLastInLexRange.
func TestZSetNoAllocs(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		fill(s, "z", 2000)
		noAllocs(t, s,
			[]string{"d.zset", "z", "w", "add", "1", "a", "-"},
			[]string{"d.zset", "z", "w", "incr", "1", "a", "xx"},
			[]string{"d.zset", "z", "w", "score", "a"},
			[]string{"d.zset", "z", "w", "rem", "a"},
			[]string{"d.zset", "z", "w", "add", "nan", "a", "-"},
			[]string{"d.zset", "z", "w", "add", "1", "a", "xxnx"},
			[]string{"d.zset", "z", "r", "rem", "a"},
			[]string{"d.zset", "z", "c", "score", "a"},
			[]string{"d.zset.walk", "z", "r", "score", "-inf", "inf", "forward", "break", "1500"},
			[]string{"d.zset.walk", "z", "r", "score", "nan", "inf", "forward", "break", "1500"},
			[]string{"d.zset.walk", "z", "r", "lex", "~nil", "~nil", "backward", "break", "1"},
			[]string{"d.zset.walk", "z", "r", "score", "1900", "1910", "forward", "nestall", "1"},
		)
	})
}

// TestZSetNoLeaks repeats everything and watches the server's memory.
//
// Drives: ZsetAdd, ZsetRem, ZsetScore, ZsetRangeStop.
func TestZSetNoLeaks(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		args := []string{"ZADD", "lex"}
		for i := range 300 {
			args = append(args, "0", fmt.Sprintf("element%04d", i))
		}
		refill := [][]string{{"DEL", "k"}, append([]string{"ZADD", "k"}, args[2:]...), args}
		work := func(w *wire) {
			for range 5 {
				for _, c := range refill {
					w.do(c...)
				}
				for _, dir := range []string{"forward", "backward"} {
					for _, action := range []string{
						"-", "break", "panic", "crash", "goexit", "nest", "remove", "removecall", "removelast", "add", "long", "close", "closing",
						"string", "replace", "handle", "del", "select",
					} {
						for _, at := range []string{"1", "5", "30"} {
							w.do("d.zset.walk", "k", "w", "score", "-inf", "inf", dir, action, at)
							w.do("d.zset.walk", "lex", "w", "lex", "[e", "(f", dir, action, at)
							w.do("d.zset.walk", "lex", "w", "lex", "[e", "bad", dir, action, at)
						}
						for _, c := range refill {
							w.do(c...)
						}
					}
				}
				w.do("d.zset", "k", "w", "add", "1", "x", "-")
				w.do("d.zset", "k", "w", "incr", "nan", "x", "-")
				w.do("d.zset", "k", "w", "score", "x")
				w.do("d.zset", "k", "w", "rem", "x")
				w.do("d.zset.bound", "x", "1")
			}
		}
		leakless(t, s, 2, 1<<20, work) // what the server allocates once
		leakless(t, s, 6, 4000, work)
	})
}
