// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

// walkZSet runs d.zset.walk and returns elements and scores in turn, and the error.
func walkZSet(t *testing.T, s *rmtest.Server, args ...any) (pairs []string, err string) {
	t.Helper()
	v := zTexts(t, s, append([]any{"d.zset.walk"}, args...)...)
	return v[:len(v)-1], v[len(v)-1]
}

// elements are every second of pairs.
func elements(pairs []string) (out []string) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, pairs[i])
	}
	return out
}

// TestZSetByScore compares ranges with the server's own command.
//
// Drives: ZsetFirstInScoreRange, ZsetLastInScoreRange, ZsetRangeCurrentElement,
// ZsetRangeNext, ZsetRangePrev, ZsetRangeEndReached, ZsetRangeStop.
func TestZSetByScore(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for name, n := range map[string]int{"compact": 60, "skiplist": 10_000} {
			args := []any{"ZADD", name, "-inf", "lowest", "inf", "highest", "-0", "zero\x00\xff"}
			for i := range n {
				args = append(args, fmt.Sprint(i/7), fmt.Sprintf("e%d", i*7919%n)) // seven of a score
			}
			s.MustDo(args...)
			for _, r := range [][2]string{
				{"-inf", "inf"}, {"(-inf", "(inf"}, {"3", "5"}, {"(3", "5"}, {"3", "(5"}, {"(3", "(3"}, {"3", "3"}, {"5", "3"}, {"-0", "0"}, {"0", "-0"},
				{"1e300", "inf"}, {"(inf", "inf"}, {"-inf", "(-inf"}, {"2.5", "2.75"}, {"0", "1000000"},
			} {
				want := zTexts(t, s, "ZRANGEBYSCORE", name, r[0], r[1])
				got, err := walkZSet(t, s, name, "r", "score", r[0], r[1], "forward", "-", 0)
				require.Equal(t, "ok", err)
				require.ElementsMatch(t, want, elements(got), r)
				require.Equal(t, strings.Join(want, " "), strings.Join(elements(got), " "), r)
				for i := 0; i < len(got) && i < 200; i += 2 {
					score := asTexts(t, []any{s.MustDo("ZSCORE", name, got[i])})[0]
					require.Equal(t, strings.TrimPrefix(score, "-0"), strings.TrimPrefix(got[i+1], "-0"), got[i])
				}
				back, err := walkZSet(t, s, name, "w", "score", r[0], r[1], "backward", "-", 0)
				require.Equal(t, "ok", err)
				slices.Reverse(want)
				require.Equal(t, strings.Join(want, " "), strings.Join(elements(back), " "), r)
			}
			for _, r := range [][2]string{{"nan", "1"}, {"1", "nan"}} {
				got, err := walkZSet(t, s, name, "r", "score", r[0], r[1], "forward", "-", 0)
				require.Empty(t, got)
				require.Equal(t, string(rm.ErrNaN), err)
			}
		}
	})
}

// TestZSetByLex compares ranges of elements with the server's own command.
//
// Drives: ZsetFirstInLexRange, ZsetLastInLexRange, ZsetRangeCurrentElement,
// ZsetRangeNext, ZsetRangePrev, ZsetRangeEndReached, ZsetRangeStop.
func TestZSetByLex(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for name, n := range map[string]int{"compact": 50, "skiplist": 10_000} {
			args := []any{"ZADD", name, "5", "", "5", "\x00", "5", "\xff\xff"}
			for i := range n {
				args = append(args, "5", fmt.Sprintf("e%d", i))
			}
			s.MustDo(args...)
			for _, r := range [][2]string{
				{"-", "+"}, {"+", "-"}, {"-", "-"}, {"+", "+"}, {"[e1", "[e2"}, {"(e1", "(e2"}, {"[e1", "(e2"}, {"[", "+"}, {"(", "+"}, {"(\x00", "[\xff\xff"},
				{"[e3", "[e3"}, {"(e3", "[e3"}, {"[z", "[a"}, {"[a", "[e2"}, {"(\xff\xff", "+"},
			} {
				want := zTexts(t, s, "ZRANGEBYLEX", name, r[0], r[1])
				got, err := walkZSet(t, s, name, "r", "lex", r[0], r[1], "forward", "-", 0)
				require.Equal(t, "ok", err)
				require.Equal(t, strings.Join(want, " "), strings.Join(elements(got), " "), r)
				for i := 1; i < len(got); i += 2 {
					require.Equal(t, "5", got[i])
				}
				back, err := walkZSet(t, s, name, "w", "lex", r[0], r[1], "backward", "-", 0)
				require.Equal(t, "ok", err)
				slices.Reverse(want)
				require.Equal(t, strings.Join(want, " "), strings.Join(elements(back), " "), r)
			}
			all, err := walkZSet(t, s, name, "r", "lex", "~nil", "~nil", "forward", "-", 0)
			require.Equal(t, "ok", err)
			require.Len(t, all, 2*(n+3))
			for _, r := range [][2]string{{"e1", "+"}, {"-", "e1"}, {"", "+"}, {"-x", "+"}, {"-", "+x"}, {"-", "\x00"}} {
				got, err := walkZSet(t, s, name, "r", "lex", r[0], r[1], "forward", "-", 0)
				require.Empty(t, got)
				require.Equal(t, string(rm.ErrLexBound), err, r)
			}

			// Another score ends the loop, and nothing goes round in circles.
			s.MustDo("ZADD", name, "6", "a", "6", "b", "4", "e10", "4", "zz")
			for _, direction := range []string{"forward", "backward"} {
				got, err := walkZSet(t, s, name, "r", "lex", "-", "+", direction, "-", 0)
				require.Equal(t, "ok", err)
				require.LessOrEqual(t, len(got), 2*(n+6))
			}
		}
		require.Equal(t, "[a\x00b", s.MustDo("d.zset.bound", "a\x00b", 0))
		require.Equal(t, "(a\x00b", s.MustDo("d.zset.bound", "a\x00b", 1))
		require.Equal(t, "[", s.MustDo("d.zset.bound", "", 0))
	})
}

// TestZSetRangeRefusals asks for ranges where there are none.
//
// Drives: ZsetFirstInScoreRange, ZsetFirstInLexRange.
func TestZSetRangeRefusals(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("RPUSH", "list", "x")
		s.MustDo("ZADD", "zset", 1, "a")
		for _, kind := range []string{"score", "lex"} {
			for _, c := range []struct{ key, mode, err string }{
				{"list", "r", string(rm.ErrWrongType)}, {"list", "w", string(rm.ErrWrongType)},
				{"none", "r", "ok"}, {"none", "w", "ok"}, {"zset", "c", string(rm.ErrKeyClosed)},
			} {
				for _, direction := range []string{"forward", "backward"} {
					low, high := "-inf", "inf"
					if kind == "lex" {
						low, high = "-", "+"
					}
					got, err := walkZSet(t, s, c.key, c.mode, kind, low, high, direction, "-", 0)
					require.Empty(t, got)
					require.Equal(t, c.err, err, c)
				}
			}
		}
	})
}

// equalScores fills a sorted set with n elements of few scores, and returns the
// elements in order.
func equalScores(t *testing.T, s *rmtest.Server, key string, n, scores int) []string {
	t.Helper()
	args := []any{"ZADD", key}
	for i := range n {
		args = append(args, i*scores/n, fmt.Sprintf("e%06d", i*7919%n))
	}
	s.MustDo("DEL", key)
	s.MustDo(args...)
	return zTexts(t, s, "ZRANGE", key, 0, -1)
}

// TestZSetWalkBodies has the bodies of loops do all that the server's iterators
// would not survive.
//
// Drives: ZsetRangeCurrentElement, ZsetRangeNext, ZsetRangePrev, ZsetRangeStop,
// ZsetRem, ZsetAdd.
func TestZSetWalkBodies(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, n := range []int{1, 4, 5, 40, 1500} {
			for _, scores := range []int{1, 3, n} {
				for _, direction := range []string{"forward", "backward"} {
					walk := func(action string, at int) []string {
						t.Helper()
						got, err := walkZSet(t, s, "k", "w", "score", "-inf", "inf", direction, action, at)
						require.Equal(t, "ok", err)
						return got
					}
					fresh := func() []string {
						t.Helper()
						all := equalScores(t, s, "k", n, scores)
						if direction == "backward" {
							slices.Reverse(all)
						}
						return all
					}
					all := fresh()
					same := func(want, got []string, what string) {
						t.Helper()
						require.Equal(t, strings.Join(want, " "), strings.Join(got, " "), "%s: %d elements, %d scores, %s", what, n, scores, direction)
					}
					same(all, elements(walk("-", 0)), "plain")
					for _, at := range []int{1, 4, 5, n} {
						at = min(at, n)
						same(all[:at], elements(walk("break", at)), "break")
						same(all[:at], elements(walk("close", at)), "close")
						same(all[:at-1], elements(walk("panic", at)), "panic")
						same(all, elements(walk("select", at)), "select")
						same(all, zsetTexts(t, s, direction), "nothing has changed")
					}
					// The elements up to there stay, those after go, each when it comes.
					same(all, elements(walk("remove", n/2+1)), "remove")
					same(all[:n/2], zsetTexts(t, s, direction), "remove")
					fresh()
					same(all, elements(walk("removecall", 1)), "remove by a call")
					require.Equal(t, int64(0), s.MustDo("EXISTS", "k"))
					fresh()
					same(all, elements(walk("removelast", 1)), "remove and add")
					same(all, zsetTexts(t, s, direction), "remove and add")

					for _, at := range []int{1, 5} {
						at = min(at, n)
						for _, action := range []string{"handle", "del", "string"} {
							fresh()
							got := elements(walk(action, at))
							require.GreaterOrEqual(t, len(got), at)
							require.LessOrEqual(t, len(got), 40, "the loop is few elements ahead")
							same(all[:len(got)], got, action)
							s.MustDo("DEL", "k")
						}
						fresh()
						got := elements(walk("add", at)) // 300 elements zz..., with that score
						require.Subset(t, got, all)
						require.Len(t, got, len(slices.Compact(slices.Sorted(slices.Values(got)))), "no element twice")
						require.Equal(t, int64(n+300), s.MustDo("ZCARD", "k"))
						fresh()
						got = elements(walk("long", at)) // another encoding
						if len(got) > n {
							require.Equal(t, "backward", direction)
							got = got[:n]
						}
						same(all, got, "long")
						fresh()
						got = elements(walk("replace", at))
						require.GreaterOrEqual(t, len(got), at)
						same(all[:at], got[:at], "replace")
					}
				}
			}
		}
	})
}

// zsetTexts is what is left under the key k.
func zsetTexts(t *testing.T, s *rmtest.Server, direction string) []string {
	t.Helper()
	if direction == "backward" {
		return zTexts(t, s, "ZREVRANGE", "k", 0, -1)
	}
	return zTexts(t, s, "ZRANGE", "k", 0, -1)
}

// TestZSetWalksNested loops over a range in the body of a loop over it.
//
// Drives: ZsetRangeCurrentElement, ZsetRangeNext, ZsetRangePrev.
func TestZSetWalksNested(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		all := equalScores(t, s, "k", 300, 30)
		got, err := walkZSet(t, s, "k", "r", "score", "-inf", "inf", "forward", "nestall", 1)
		require.Equal(t, "ok", err)
		require.Len(t, got, 3*300)
		for i, element := range all {
			require.Equal(t, "301", got[3*i])
			require.Equal(t, element, got[3*i+1])
		}
	})
}

// TestZSetWalkBig has elements of a megabyte, of which a loop must not copy many
// at a time.
//
// Drives: ZsetRangeCurrentElement, ZsetRangeNext.
func TestZSetWalkBig(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		big := strings.Repeat("0123456789abcde\x00", 1<<16)
		for i := range 40 {
			s.MustDo("ZADD", "k", i/10, fmt.Sprintf("%02d%s", i, big))
		}
		for _, kind := range [][3]string{{"score", "-inf", "inf"}, {"lex", "[0", "[2"}} {
			got, err := walkZSet(t, s, "k", "r", kind[0], kind[1], kind[2], "forward", "break", 11)
			require.Equal(t, "ok", err)
			for i, element := range elements(got) {
				require.True(t, fmt.Sprintf("%02d%s", i, big) == element, "element %d", i)
			}
		}
	})
}

// TestZSetWalkGoroutine loops in a goroutine of the module's own, also over a key
// whose time ends meanwhile.
//
// Drives: ZsetRangeCurrentElement, ZsetRem.
func TestZSetWalkGoroutine(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		const n = 1500
		for _, ttl := range []int{0, 3, 100_000} {
			fill(s, "k", n)
			if ttl > 0 {
				s.MustDo("PEXPIRE", "k", ttl)
			}
			s.MustDo("d.zset.goroutine", "k")
			var got any
			require.Eventually(t, func() bool {
				got, _ = s.Do("GET", "ksum")
				return got != nil
			}, patience, time.Millisecond)
			if ttl != 3 {
				require.Equal(t, fmt.Sprintf("%d %d", n, n*1000+n*(n-1)/2), got)
				require.Equal(t, int64(n-n/3), s.MustDo("ZCARD", "k"))
			}
			s.MustDo("DEL", "k", "ksum")
		}
	})
}
