// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// joined is a field and its value as one text; "-" is no value.
func joined(field, value rm.RStr) string {
	if value.IsZero() {
		return field.Clone() + " -"
	}
	return field.Clone() + " " + value.Clone()
}

// elements are all of a key, by a loop or by steps, or an error.
func (s scan) elements(key string, steps bool) any {
	return s.with(read, key, func(k rm.WriteKey) any {
		seen := []string{}
		if !steps {
			all, err := k.Elements(nil)
			if err != nil {
				return err
			}
			for field, value := range all.All {
				seen = append(seen, joined(field, value))
			}
			return seen
		}
		c := s.cursor()
		for more := true; more; {
			var err error
			more, err = k.ScanKey(c, func(field, value rm.RStr) { seen = append(seen, joined(field, value)) })
			if err != nil {
				return err
			}
		}
		require.Equal(s, answers(false, nil), answers(k.ScanKey(c, nil)), "the scan has ended")
		return seen
	})
}

// InsideScanElements scans hashes, sets and sorted sets in every encoding.
//
// Drives: ScanKey.
func InsideScanElements(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	big := strings.Repeat("big\x00\xff", 1<<18) // over 1 MB
	check := func(key string, want []string, encodings ...string) {
		t.Helper()
		require.Contains(t, encodings, s.do("OBJECT", "ENCODING", key))
		slices.Sort(want)
		for _, steps := range []bool{false, true} {
			got, ok := s.elements(key, steps).([]string)
			require.True(t, ok)
			require.True(t, slices.Equal(want, unique(got)), "%s, steps %v: %.200q", key, steps, got)
		}
	}
	s.do("HSET", "hash.small", "f", "v", "", "", "1", "-22", "\x00", "\xff")
	check("hash.small", []string{"f v", " ", "1 -22", "\x00 \xff"}, "listpack", "ziplist")
	s.do("HSET", "hash.value", "f", big, "g", "1")
	check("hash.value", []string{"f " + big, "g 1"}, "hashtable")
	s.do("SADD", "set.ints", "1", "-2", "9223372036854775807")
	check("set.ints", []string{"1 -", "-2 -", "9223372036854775807 -"}, "intset")
	s.do("SADD", "set.small", "a", "\x00\xff", "")
	check("set.small", []string{"a -", "\x00\xff -", " -"}, "listpack", "hashtable")
	s.do("SADD", "set.value", big)
	check("set.value", []string{big + " -"}, "hashtable")
	s.do("ZADD", "zset.small", "1", "a", "-2", "7", "1.5", "\x00", "inf", "")
	check("zset.small", []string{"a 1", "7 -2", "\x00 1.5", " inf"}, "listpack", "ziplist")

	const n = 10_000
	var hash, set, zset []string
	for i := range n {
		hash = append(hash, fmt.Sprintf("f%d v%d", i, i))
		set = append(set, fmt.Sprintf("m%d -", i))
		zset = append(zset, fmt.Sprintf("e%d %d", i, i))
	}
	s.do("EVAL", `for i=0,ARGV[1]-1 do
		redis.call('hset','hash','f'..i,'v'..i) redis.call('sadd','set','m'..i) redis.call('zadd','zset',i,'e'..i) end`, "0", strconv.Itoa(n))
	check("hash", hash, "hashtable")
	check("set", set, "hashtable")
	check("zset", zset, "skiplist")
}

// InsideScanScores reads back the scores of both encodings, whose texts differ.
//
// Drives: ScanKey.
func InsideScanScores(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	scores := []string{"0.1", "-0.30000000000000004", "1e-300", "17", "1e21", "3.141592653589793", "-inf", "9007199254740993"}
	for i, score := range scores {
		s.do("ZADD", "small", score, strconv.Itoa(i))
		s.do("ZADD", "large", score, strconv.Itoa(i))
	}
	s.do("ZADD", "large", "0", strings.Repeat("x", 1000))
	require.Equal(t, "skiplist", s.do("OBJECT", "ENCODING", "large"))
	for _, key := range []string{"small", "large"} {
		seen := 0
		all, ok := s.elements(key, false).([]string)
		require.True(t, ok)
		for _, e := range all {
			element, score, _ := strings.Cut(e, " ")
			if len(element) > 100 {
				continue
			}
			i, err := strconv.Atoi(element)
			require.NoError(t, err)
			want, _ := scoreEnd(t, scores[i])
			got, _ := scoreEnd(t, score)
			require.Equal(t, want, got, "%s: %q", key, score)
			seen++
		}
		require.Equal(t, len(scores), seen)
	}
}

// InsideScanElementsErrors scans what has no elements: missing, expired and other keys.
//
// Drives: ScanKey.
func InsideScanElementsErrors(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	s.do("SET", "str", "x")
	s.do("RPUSH", "list", "x")
	s.do("XADD", "stream", "*", "f", "v")
	s.do("HSET", "gone", "f", "v")
	s.do("PEXPIREAT", "gone", "1")
	s.do("HSET", "hash", "f", "v")
	for key, want := range map[string]any{
		"str": rm.ErrWrongType, "list": rm.ErrWrongType, "stream": rm.ErrWrongType, "missing": []string{}, "gone": []string{},
	} {
		for _, steps := range []bool{false, true} {
			require.Equal(t, want, s.elements(key, steps), "%s, steps %v", key, steps)
		}
	}
	// A refusal leaves the cursor as it was.
	c := s.cursor()
	s.with(read, "str", func(k rm.WriteKey) any {
		require.Equal(t, answers(false, rm.ErrWrongType), answers(k.ScanKey(c, nil)))
		return nil
	})
	s.with(read, "hash", func(k rm.WriteKey) any {
		var seen []string
		require.Equal(t, answers(false, nil), answers(k.ScanKey(c, func(field, value rm.RStr) { seen = append(seen, joined(field, value)) })))
		require.Equal(t, []string{"f v"}, seen)
		return nil
	})
}

// InsideScanElementsChanges changes the key in the body of a scan, up to its end.
//
// Drives: ScanKey.
func InsideScanElementsChanges(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	fill := func(n int) {
		s.do("DEL", "z")
		s.do("EVAL", "for i=1,ARGV[1] do redis.call('zadd','z',i,'e'..i) end", "0", strconv.Itoa(n))
	}
	name := s.str("z")
	walk := func(body func(k rm.WriteKey, all rm.ElementScan, field rm.RStr, n int) bool) (seen []string) {
		k := ctx.OpenWriteKey(name)
		defer func() {
			if v := recover(); v != nil && v != "in the body" {
				panic(v)
			}
			endAgain(k.Close) // the body may have closed it
		}()
		all, err := k.Elements(nil)
		if err != nil {
			panic(err)
		}
		for field, value := range all.All {
			if seen = append(seen, joined(field, value)); !body(k, all, field, len(seen)) {
				break
			}
		}
		return seen
	}
	for _, n := range []int{1, 100, 5000} {
		fill(n)
		got := walk(func(k rm.WriteKey, _ rm.ElementScan, field rm.RStr, _ int) bool {
			ok, err := k.ZSetRem(field)
			return ok && err == nil // at the last element the key goes
		})
		require.Len(t, unique(got), n)
		require.Equal(t, 0, s.do("EXISTS", "z"))

		fill(n)
		got = unique(walk(func(k rm.WriteKey, _ rm.ElementScan, _ rm.RStr, seen int) bool { // a small value becomes a large one
			if seen < 1000 {
				e := rm.NewRStringText("new" + strconv.Itoa(seen))
				_, _ = k.ZSetAdd(1, e.Str(), 0)
				e.Free()
			}
			return true
		}))
		require.GreaterOrEqual(t, len(got), n)
		require.Subset(t, got, []string{"e1 1", fmt.Sprintf("e%d %d", n, n)})

		fill(n)
		got = walk(func(k rm.WriteKey, _ rm.ElementScan, _ rm.RStr, _ int) bool { return k.Delete() == nil })
		require.NotEmpty(t, got)
		require.Less(t, len(got), 101, "what the step had found")
		require.Equal(t, 0, s.do("EXISTS", "z"))

		fill(n)
		require.Len(t, walk(func(k rm.WriteKey, _ rm.ElementScan, _ rm.RStr, _ int) bool { k.Close(); return true }), 1)
		require.Len(t, walk(func(rm.WriteKey, rm.ElementScan, rm.RStr, int) bool { return false }), 1)
		require.Len(t, walk(func(rm.WriteKey, rm.ElementScan, rm.RStr, int) bool { panic("in the body") }), 1)
		if n <= 100 {
			inner := 0
			require.Len(t, walk(func(_ rm.WriteKey, all rm.ElementScan, _ rm.RStr, _ int) bool {
				for range all.All {
					inner++
				}
				return true
			}), n)
			require.Equal(t, n*n, inner)
		}
	}
	for _, n := range []int{50, 1000} {
		fill(n)
		c := s.cursor()
		s.grows(20, 1000, func() {
			for _, at := range []int{1, 2, 40, 100} {
				walk(func(_ rm.WriteKey, _ rm.ElementScan, _ rm.RStr, seen int) bool { return seen < at })
				walk(func(_ rm.WriteKey, _ rm.ElementScan, _ rm.RStr, seen int) bool {
					if seen == at {
						panic("in the body")
					}
					return true
				})
			}
			walk(func(k rm.WriteKey, _ rm.ElementScan, _ rm.RStr, _ int) bool { k.Close(); return true })
			walk(func(rm.WriteKey, rm.ElementScan, rm.RStr, int) bool { return true })
			_ = c.Restart()
			k := ctx.OpenReadKey(name)
			for more := true; more; {
				more, _ = k.ScanKey(c, func(_, _ rm.RStr) {})
			}
			k.Close()
		})
	}
}

// InsideScanElementsGoesOn stops a scan of elements and goes on in later commands.
//
// Drives: ScanKey, ScanCursorRestart.
func InsideScanElementsGoesOn(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	c, name := s.cursor(), s.str("h")
	for _, n := range []int{1, 100, 3000} {
		s.do("DEL", "h")
		s.do("EVAL", "for i=1,ARGV[1] do redis.call('hset','h','f'..i,i) end", "0", strconv.Itoa(n))
		for _, most := range []int{1, 7, 200, 0} { // 0: steps and loops by turns
			var got []string
			for more := true; more; {
				require.NoError(t, s.command(func(ctx rm.Context) (err error) {
					k := ctx.OpenReadKey(name)
					if most == 0 {
						if more, err = k.ScanKey(c, func(field, value rm.RStr) { got = append(got, joined(field, value)) }); err != nil {
							return err
						}
					}
					all, err := k.Elements(c)
					if err != nil {
						return err
					}
					part := 0
					for field, value := range all.All {
						got = append(got, joined(field, value))
						if part++; part == max(most, 1) {
							break
						}
					}
					if most > 0 {
						more = part == most
					}
					return nil
				}))
			}
			require.Len(t, unique(got), n, "%d by %d", n, most)
			require.NoError(t, c.Restart())
		}
	}
}

// InsideScanElementsCosts counts Go allocations of scans of elements.
//
// Drives: ScanKey.
func InsideScanElementsCosts(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	c, name := s.cursor(), s.str("h")
	n := 0
	one := func(field, value rm.RStr) { n += min(1, field.Len()) + min(1, value.Len()) }
	for _, size := range []int{100, 300} {
		s.do("DEL", "h")
		s.do("EVAL", "for i=1,ARGV[1] do redis.call('hset','h','f'..i,string.rep('v',i)) end", "0", strconv.Itoa(size))
		s.costsIn(200, func() {
			n = 0
			k := ctx.OpenReadKey(name)
			all, err := k.Elements(nil)
			if err != nil {
				panic(err)
			}
			for field, value := range all.All {
				one(field, value)
			}
			_ = c.Restart()
			for more := true; more; {
				more, _ = k.ScanKey(c, one)
			}
			if n != 4*size {
				panic(n)
			}
			k.Close()
		})
	}
}
