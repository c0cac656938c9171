// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestScanElements scans hashes, sets and sorted sets in every encoding.
//
// Drives: ScanKey.
func TestScanElements(t *testing.T) {
	big := strings.Repeat("big\x00\xff", 1<<18) // over 1 MB
	withData(t, func(t *testing.T, s *rmtest.Server) {
		check := func(key string, want []string, encodings ...string) {
			t.Helper()
			require.Contains(t, encodings, s.MustDo("OBJECT", "ENCODING", key))
			slices.Sort(want)
			for _, how := range []string{"iter", "callback"} {
				require.Equal(t, want, unique(texts(t, s, "d.scan.key", key, how)), "%s by %s", key, how)
			}
		}
		s.MustDo("HSET", "hash.small", "f", "v", "", "", "1", "-22", "\x00", "\xff")
		check("hash.small", []string{"f v", " ", "1 -22", "\x00 \xff"}, "listpack", "ziplist")
		s.MustDo("HSET", "hash.value", "f", big, "g", "1")
		check("hash.value", []string{"f " + big, "g 1"}, "hashtable")
		s.MustDo("SADD", "set.ints", "1", "-2", "9223372036854775807")
		check("set.ints", []string{"1 -", "-2 -", "9223372036854775807 -"}, "intset")
		s.MustDo("SADD", "set.small", "a", "\x00\xff", "")
		check("set.small", []string{"a -", "\x00\xff -", " -"}, "listpack", "hashtable")
		s.MustDo("SADD", "set.value", big)
		check("set.value", []string{big + " -"}, "hashtable")
		s.MustDo("ZADD", "zset.small", "1", "a", "-2", "7", "1.5", "\x00", "inf", "")
		check("zset.small", []string{"a 1", "7 -2", "\x00 1.5", " inf"}, "listpack", "ziplist")

		const n = 10_000
		var hash, set, zset []string
		for i := range n {
			hash = append(hash, fmt.Sprintf("f%d v%d", i, i))
			set = append(set, fmt.Sprintf("m%d -", i))
			zset = append(zset, fmt.Sprintf("e%d %d", i, i))
		}
		s.MustDo("EVAL", `for i=0,ARGV[1]-1 do
			redis.call('hset','hash','f'..i,'v'..i) redis.call('sadd','set','m'..i) redis.call('zadd','zset',i,'e'..i) end`, 0, n)
		check("hash", hash, "hashtable")
		check("set", set, "hashtable")
		check("zset", zset, "skiplist")
	})
}

// TestScanScores reads back the scores of both encodings, whose texts differ.
//
// Drives: ScanKey.
func TestScanScores(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		scores := []string{"0.1", "-0.30000000000000004", "1e-300", "17", "1e21", "3.141592653589793", "-inf", "9007199254740993"}
		for i, score := range scores {
			s.MustDo("ZADD", "small", score, strconv.Itoa(i))
			s.MustDo("ZADD", "large", score, strconv.Itoa(i))
		}
		s.MustDo("ZADD", "large", 0, strings.Repeat("x", 1000))
		require.Equal(t, "skiplist", s.MustDo("OBJECT", "ENCODING", "large"))
		for _, key := range []string{"small", "large"} {
			seen := 0
			for _, e := range texts(t, s, "d.scan.key", key, "iter") {
				element, score, _ := strings.Cut(e, " ")
				if len(element) > 100 {
					continue
				}
				i, err := strconv.Atoi(element)
				require.NoError(t, err)
				want, err := strconv.ParseFloat(scores[i], 64)
				require.NoError(t, err)
				got, err := strconv.ParseFloat(score, 64)
				require.NoError(t, err)
				require.Equal(t, want, got, "%s: %q", key, score)
				seen++
			}
			require.Equal(t, len(scores), seen)
		}
	})
}

// TestScanElementsErrors scans what has no elements: missing, expired and other keys.
//
// Drives: ScanKey.
func TestScanElementsErrors(t *testing.T) {
	const wrongType = "WRONGTYPE Operation against a key holding the wrong kind of value"
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SET", "str", "x")
		s.MustDo("RPUSH", "list", "x")
		s.MustDo("XADD", "stream", "*", "f", "v")
		s.MustDo("HSET", "gone", "f", "v")
		s.MustDo("PEXPIREAT", "gone", "1")
		s.MustDo("HSET", "hash", "f", "v")
		for _, how := range []string{"iter", "callback"} {
			for key, want := range map[string]string{
				"str": wrongType, "list": wrongType, "stream": wrongType, "missing": "ERR no such key", "gone": "ERR no such key",
			} {
				_, err := s.Do("d.scan.key", key, how)
				require.EqualError(t, err, want, "%s by %s", key, how)
			}
		}
		// A refusal leaves the cursor as it was.
		s.MustDo("d.scan.part", "start")
		_, err := s.Do("d.scan.keypart", "str", 0)
		require.EqualError(t, err, wrongType)
		require.Equal(t, []string{"f v", "false"}, texts(t, s, "d.scan.keypart", "hash", 0))
		s.MustDo("d.scan.part", "free")
	})
}

// TestScanElementsChanges changes the key in the body of a scan, up to its end.
//
// Drives: ScanKey.
func TestScanElementsChanges(t *testing.T) {
	fill := func(s *rmtest.Server, n int) {
		s.MustDo("DEL", "z")
		s.MustDo("EVAL", "for i=1,ARGV[1] do redis.call('zadd','z',i,'e'..i) end", 0, n)
	}
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, n := range []int{1, 100, 5000} {
			fill(s, n)
			require.Len(t, unique(texts(t, s, "d.scan.keybody", "z", "remove")), n)
			require.Equal(t, int64(0), s.MustDo("EXISTS", "z"))

			fill(s, n)
			got := unique(texts(t, s, "d.scan.keybody", "z", "add", 1000))
			require.GreaterOrEqual(t, len(got), n)
			require.Subset(t, got, []string{"e1 1", fmt.Sprintf("e%d %d", n, n)})

			fill(s, n)
			got = texts(t, s, "d.scan.keybody", "z", "delete")
			require.NotEmpty(t, got)
			require.Less(t, len(got), 101, "what the step had found")
			require.Equal(t, int64(0), s.MustDo("EXISTS", "z"))

			fill(s, n)
			require.Len(t, texts(t, s, "d.scan.keybody", "z", "close"), 1)
			require.Len(t, texts(t, s, "d.scan.keybody", "z", "break", 1), 1)
			_, err := s.Do("d.scan.keybody", "z", "panic", 1)
			require.EqualError(t, err, "ERR d.scan.keybody: panic: in the body")
			if n <= 100 {
				require.Len(t, texts(t, s, "d.scan.keybody", "z", "nested"), n)
			}
		}
		for _, n := range []int{50, 1000} {
			fill(s, n)
			leakless(t, s, 3, 1<<12, func(w *wire) {
				for i := range 100 {
					w.do("d.scan.keybody", "z", "break", fmt.Sprint(i))
					w.do("d.scan.keybody", "z", "panic", fmt.Sprint(i))
					w.do("d.scan.keybody", "z", "close")
					w.do("d.scan.key", "z", "iter")
					w.do("d.scan.key", "z", "callback")
				}
			})
		}
	})
}

// TestScanElementsGoesOn stops a scan of elements and goes on in later commands.
//
// Drives: ScanKey, ScanCursorRestart.
func TestScanElementsGoesOn(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("d.scan.part", "start")
		for _, n := range []int{1, 100, 3000} {
			s.MustDo("DEL", "h")
			s.MustDo("EVAL", "for i=1,ARGV[1] do redis.call('hset','h','f'..i,i) end", 0, n)
			for _, part := range []int{1, 7, 200, 0} {
				var got []string
				for {
					list := texts(t, s, "d.scan.keypart", "h", part)
					if part == 0 { // steps and loops by turns
						more := list[len(list)-1]
						got = append(append(got, list[:len(list)-1]...), texts(t, s, "d.scan.keypart", "h", 1)...)
						if more == "false" {
							break
						}
						continue
					}
					got = append(got, list...)
					if len(list) < part {
						break
					}
				}
				require.Len(t, unique(got), n, "%d by %d", n, part)
				s.MustDo("d.scan.part", "restart")
			}
		}
		s.MustDo("d.scan.part", "free")
	})
}

// TestScanElementsAllocatesNothing counts Go allocations of scans of elements.
//
// Drives: ScanKey.
func TestScanElementsAllocatesNothing(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, n := range []int{100, 300} {
			s.MustDo("DEL", "h")
			s.MustDo("EVAL", "for i=1,ARGV[1] do redis.call('hset','h','f'..i,string.rep('v',i)) end", 0, n)
			for _, how := range []string{"iter", "callback"} {
				require.Equal(t, int64(2*n), s.MustDo("d.scan.elements", "h", how), how)
				noAllocs(t, s, []string{"d.scan.elements", "h", how})
			}
		}
	})
}
