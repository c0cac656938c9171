// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

// walkStream runs d.stream.walk and returns what the loop gave, and the error.
func walkStream(t *testing.T, s *rmtest.Server, args ...any) (got []string, err string) {
	t.Helper()
	v := zTexts(t, s, append([]any{"d.stream.walk"}, args...)...)
	return v[:len(v)-1], v[len(v)-1]
}

// idsOnly takes fields and values out of the reply of a loop.
func idsOnly(all []string) []string {
	out := []string{}
	for len(all) > 0 {
		var n int
		_, _ = fmt.Sscan(all[1], &n)
		out = append(out, all[:2]...)
		all = all[2+2*n:]
	}
	return out
}

// TestStreamRanges compares loops with the server's own commands.
//
// Drives: StreamIteratorStart, StreamIteratorNextID, StreamIteratorNextField,
// StreamIteratorStop.
func TestStreamRanges(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		c := s.Client().Pipeline()
		for i := range 10_000 {
			args := []any{"XADD", "k", fmt.Sprintf("%d-%d", 1+i/3, 1+i%3)}
			for j := range 1 + i%4 { // some entries have the same names, others not
				args = append(args, fmt.Sprintf("f%d", (i/2+j)%5), fmt.Sprintf("\x00%d\xff", i))
			}
			c.Do(context.Background(), args...)
		}
		_, err := c.Exec(context.Background())
		require.NoError(t, err)
		s.MustDo("XDEL", "k", "5-1", "17-2", "17-3", "3000-1")
		for _, r := range [][2]string{
			{"-", "+"}, {"+", "-"}, {"1-1", "1-1"}, {"1-1", "2-2"}, {"5-1", "5-1"}, {"17-1", "18-1"}, {"0-0", "0-0"}, {"3333-1", "+"}, {"4000-0", "+"},
			{"9-2", "9-1"}, {"100-0", "2500-9"}, {"17-2", "3000-1"},
		} {
			want := entries(t, s, "XRANGE", "k", r[0], r[1])
			wantBack := entries(t, s, "XREVRANGE", "k", r[1], r[0])
			for _, c := range []struct {
				how  string
				want []string
			}{{"forward", want}, {"backward", wantBack}, {"ids", idsOnly(want)}, {"idsback", idsOnly(wantBack)}} {
				got, err := walkStream(t, s, "k", "r", r[0], r[1], c.how, "-", 0)
				require.Equal(t, "ok", err)
				require.Equal(t, strings.Join(c.want, " "), strings.Join(got, " "), "%v %s", r, c.how)
			}
			if strings.ContainsAny(r[0]+r[1], "+") || r[0] == "-" || r[0] == r[1] {
				continue
			}
			want = entries(t, s, "XRANGE", "k", "("+r[0], "("+r[1])
			got, err := walkStream(t, s, "k", "r", "("+r[0], r[1], "forward", "-", 0)
			require.Equal(t, "ok", err)
			require.Equal(t, strings.Join(want, " "), strings.Join(got, " "), "%v exclusive", r)
		}
		for _, r := range [][2]string{{"(+", "+"}, {"(-", "-"}, {"(1-1", "1-1"}, {"(1-1", "1-2"}} {
			for _, how := range []string{"forward", "backward", "ids", "idsback"} {
				got, err := walkStream(t, s, "k", "r", r[0], r[1], how, "-", 0)
				require.Equal(t, "ok", err)
				require.Empty(t, got, r)
			}
		}
		got, _ := walkStream(t, s, "k", "r", "(-", "+", "ids", "-", 0)
		require.Len(t, got, 2*(10_000-4))
		skipped, _ := walkStream(t, s, "k", "r", "-", "+", "forward", "skip", 0)
		require.Equal(t, got, skipped)
		some, _ := walkStream(t, s, "k", "r", "10-1", "10-2", "forward", "some", 0)
		require.Equal(t, []string{"10-1", "4", "f3", "\x0027\xff", "10-2", "1", "f4", "\x0028\xff"}, some)

		s.MustDo("XADD", "ends", "0-1", "f", "v")
		s.MustDo("XADD", "ends", rm.MaxStreamID.String(), "f", "v")
		for _, how := range []string{"ids", "idsback"} {
			got, err := walkStream(t, s, "ends", "r", "-", "+", how, "-", 0)
			require.Equal(t, "ok", err)
			require.ElementsMatch(t, []string{"0-1", "1", rm.MaxStreamID.String(), "1"}, got)
		}
	})
}

// TestStreamWalkRefusals loops where there is nothing to loop over.
//
// Drives: StreamIteratorStart.
func TestStreamWalkRefusals(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SET", "text", "x")
		s.MustDo("XADD", "empty", "1-1", "f", "v")
		s.MustDo("XDEL", "empty", "1-1")
		for _, c := range []struct{ key, mode, err string }{
			{"text", "r", string(rm.ErrWrongType)}, {"text", "w", string(rm.ErrWrongType)}, {"none", "r", "ok"}, {"none", "w", "ok"},
			{"empty", "r", "ok"}, {"empty", "w", "ok"}, {"empty", "c", string(rm.ErrKeyClosed)},
		} {
			for _, how := range []string{"forward", "backward", "ids", "idsback"} {
				got, err := walkStream(t, s, c.key, c.mode, "-", "+", how, "-", 0)
				require.Empty(t, got)
				require.Equal(t, c.err, err, c)
			}
		}
	})
}

// TestStreamWalkBodies has the bodies of loops do all that the server's iterator
// would not survive.
//
// Drives: StreamIteratorStart, StreamIteratorNextID, StreamIteratorNextField,
// StreamIteratorStop, StreamDelete, StreamAdd.
func TestStreamWalkBodies(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		for _, n := range []int{1, 4, 5, 40, 700} {
			for _, how := range []string{"forward", "backward"} {
				fresh := func() []string {
					t.Helper()
					fillStream(s, "k", n)
					if how == "backward" {
						return entries(t, s, "XREVRANGE", "k", "+", "-")
					}
					return entries(t, s, "XRANGE", "k", "-", "+")
				}
				all := fresh()
				walk := func(want []string, action string, at int) {
					t.Helper()
					got, err := walkStream(t, s, "k", "w", "-", "+", how, action, at)
					require.Equal(t, "ok", err)
					require.Equal(t, strings.Join(want, " "), strings.Join(got, " "), "%s: %d entries, %s", action, n, how)
				}
				for _, at := range []int{1, 4, 5, n} {
					at = min(at, n)
					walk(all[:4*at], "break", at)
					walk(all[:4*at-2], "panic", at) // before the fields
					walk(all[:4*at], "close", at)
				}
				walk(all, "delete", n/2+1)
				require.Equal(t, int64(n/2), s.MustDo("XLEN", "k"))
				fresh()
				walk(all, "deletecall", 1)
				require.Equal(t, int64(0), s.MustDo("XLEN", "k"))
				for _, at := range []int{1, 5} {
					at = min(at, n)
					for _, action := range []string{"trim", "deleteall", "del", "string"} {
						fresh()
						got, err := walkStream(t, s, "k", "w", "-", "+", how, action, at)
						require.Equal(t, "ok", err)
						require.GreaterOrEqual(t, len(got), 4*at)
						require.LessOrEqual(t, len(got), 4*40, "the loop is few entries ahead")
						require.Equal(t, strings.Join(all[:len(got)], " "), strings.Join(got, " "), action)
						s.MustDo("DEL", "k")
					}
					fresh()
					got, err := walkStream(t, s, "k", "w", "-", "+", how, "add", at)
					require.Equal(t, "ok", err)
					require.Equal(t, all, got[:4*n])
					if how == "forward" && n == 700 {
						require.Len(t, got, 4*(n+300), "they are after what has been read")
					}
					require.Equal(t, int64(n+300), s.MustDo("XLEN", "k"))
				}
			}
			fillStream(s, "k", n)
			got, err := walkStream(t, s, "k", "w", "-", "+", "ids", "delete", 1)
			require.Equal(t, "ok", err)
			require.Len(t, got, 2*n)
			require.Equal(t, int64(0), s.MustDo("XLEN", "k"))
			fillStream(s, "k", n)
			for _, action := range []string{"break", "panic", "close"} {
				got, err = walkStream(t, s, "k", "w", "-", "+", "idsback", action, 3)
				require.Equal(t, "ok", err)
				require.Len(t, got, 2*min(n, 3))
			}
		}
	})
}

// TestStreamWalkReadOnly deletes by a key that is open for reading, and loops in the
// body of a loop.
//
// Drives: StreamDelete, StreamIteratorNextID.
func TestStreamWalkReadOnly(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		fillStream(s, "k", 300)
		got, err := walkStream(t, s, "k", "r", "7-1", "7-1", "forward", "delete", 1)
		require.Equal(t, "ok", err)
		require.Equal(t, []string{"7-1", "1", "not deleted", "deleted twice", "f", "7"}, got)
		require.Equal(t, int64(300), s.MustDo("XLEN", "k"))

		got, err = walkStream(t, s, "k", "r", "-", "+", "forward", "nest", 1)
		require.Equal(t, "ok", err)
		require.Len(t, got, 5*300)
		for i := range 300 {
			require.Equal(t, []string{fmt.Sprintf("%d-1", i+1), "1", "301", "f", fmt.Sprint(i + 1)}, got[5*i:5*i+5])
		}
	})
}

// TestStreamWalkBig has entries with large fields, and with many.
//
// Drives: StreamIteratorNextField.
func TestStreamWalkBig(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		big := strings.Repeat("0123456789abcde\x00", 1<<16)
		many := []any{"XADD", "k", "2-1"}
		for i := range 20_000 {
			many = append(many, fmt.Sprint(i))
		}
		s.MustDo("XADD", "k", "1-1", big, big)
		s.MustDo(many...)
		for i := range 10 {
			s.MustDo("XADD", "k", fmt.Sprintf("3-%d", i), fmt.Sprint(i), big)
		}
		for _, how := range []string{"forward", "backward"} {
			command := map[string][3]string{"forward": {"XRANGE", "-", "+"}, "backward": {"XREVRANGE", "+", "-"}}[how]
			want := entries(t, s, command[0], "k", command[1], command[2])
			got, err := walkStream(t, s, "k", "r", "-", "+", how, "-", 0)
			require.Equal(t, "ok", err)
			require.True(t, strings.Join(want, " ") == strings.Join(got, " "), "%d and %d texts", len(want), len(got))
		}
	})
}

// TestStreamNoAllocs asserts that nothing here needs Go memory, errors included.
//
// Drives: StreamAdd, StreamDelete, StreamTrimByLength, StreamTrimByID,
// StreamIteratorDelete, StreamIteratorNextField.
func TestStreamNoAllocs(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		fillStream(s, "k", 1000)
		noAllocs(t, s,
			[]string{"d.stream.add", "k", "w", "*", "f", "v", "g", "w"},
			[]string{"d.stream.add", "k", "w", "1-1", "f", "v"},
			[]string{"d.stream.add", "k", "w", "1-1", "f"},
			[]string{"d.stream.add", "k", "w", "2000-1", "f", "v"},
			[]string{"d.stream.del", "k", "w", "2000-1"},
			[]string{"d.stream.del", "k", "w", "2000-1", "+"},
			[]string{"d.stream.trim", "k", "w", "len", "100000"},
			[]string{"d.stream.trim", "k", "w", "id", "1-1"},
			[]string{"d.stream.walk", "k", "r", "-", "+", "forward", "break", "300"},
			[]string{"d.stream.walk", "k", "r", "-", "+", "backward", "break", "300"},
			[]string{"d.stream.walk", "k", "r", "10-1", "20-1", "forward", "nest", "1"},
			[]string{"d.stream.walk", "k", "r", "-", "+", "ids", "break", "1"},
			[]string{"d.stream.walk", "k", "c", "-", "+", "forward", "break", "1"},
		)
	})
}

// TestStreamNoLeaks repeats everything and watches the server's memory.
//
// Drives: StreamAdd, StreamDelete, StreamIteratorStart, StreamIteratorStop,
// StreamIteratorNextField.
func TestStreamNoLeaks(t *testing.T) {
	withStreams(t, func(t *testing.T, s *rmtest.Server) {
		work := func(w *wire) {
			refill := func() {
				w.do("DEL", "k")
				for i := range 100 {
					w.do("XADD", "k", fmt.Sprintf("%d-1", i+1), "f", fmt.Sprintf("value%d", i), "g", "other")
				}
			}
			for range 3 {
				for _, how := range []string{"forward", "backward", "ids"} {
					for _, action := range []string{
						"-", "skip", "some", "break", "panic", "crash", "goexit", "delete", "deletecall", "close", "del", "string", "trim", "deleteall", "add",
					} {
						refill()
						for _, at := range []string{"1", "5", "30"} {
							if how == "ids" && (action == "crash" || action == "goexit") {
								continue
							}
							w.do("d.stream.walk", "k", "w", "-", "+", how, action, at)
						}
					}
				}
				refill()
				w.do("d.stream.walk", "k", "w", "50-1", "+", "forward", "nest", "1")
				w.do("d.stream.add", "k", "w", "1-1", "f", "v")
				w.do("d.stream.add", "k", "w", "1-1", "f", "~nil")
				w.do("d.stream.del", "k", "w", "1-1", "9-1")
				w.do("d.stream.del", "k", "r", "1-1", "9-1")
				w.do("d.stream.id", "1-1")
			}
			w.do("DEL", "k")
		}
		leakless(t, s, 2, 1<<20, work) // what the server allocates once
		leakless(t, s, 10, 4000, work)
	})
}
