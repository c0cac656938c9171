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

// scored is what a loop over a range yields.
type scored struct {
	element string
	score   float64
}

// ranged loops over a range: forward by a key for reading, backward by one for writing.
// It returns the elements or an error.
func (z zset) ranged(key string, back bool, open func(k rm.WriteKey) (rm.ZSetRange, error)) any {
	how := read
	if back {
		how = write
	}
	return z.rangedAs(how, key, back, open)
}

func (z zset) rangedAs(how, key string, back bool, open func(k rm.WriteKey) (rm.ZSetRange, error)) any {
	return z.with(how, key, func(k rm.WriteKey) any {
		r, err := open(k)
		loop, all := r.All, []scored{}
		if back {
			loop = r.Backward
		}
		walk := func() {
			for element, score := range loop {
				all = append(all, scored{element.Clone(), score})
			}
		}
		if err != nil {
			endAgain(walk) // of no range
			require.Empty(z, all)
			return err
		}
		walk()
		return all
	})
}

func byScore(s rm.ScoreRange) func(k rm.WriteKey) (rm.ZSetRange, error) {
	return func(k rm.WriteKey) (rm.ZSetRange, error) { return k.ZSetByScore(s) }
}

func (z zset) byLex(low, high string) func(k rm.WriteKey) (rm.ZSetRange, error) {
	return func(k rm.WriteKey) (rm.ZSetRange, error) { return k.ZSetByLex(z.str(low), z.str(high)) }
}

// scoreEnd reads an end of a range of scores as commands take it.
func scoreEnd(t require.TestingT, text string) (f float64, exclusive bool) {
	text, exclusive = strings.CutPrefix(text, "(")
	f, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return f, exclusive
}

// InsideZSetByScore compares ranges with the server's own command.
//
// Drives: ZsetFirstInScoreRange, ZsetLastInScoreRange, ZsetRangeCurrentElement,
// ZsetRangeNext, ZsetRangePrev, ZsetRangeEndReached, ZsetRangeStop.
func InsideZSetByScore(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	for key, n := range map[string]int{"compact": 60, "skiplist": 10_000} {
		words := []string{"ZADD", key, "-inf", "lowest", "inf", "highest", "-0", "zero\x00\xff"}
		for i := range n {
			words = append(words, fmt.Sprint(i/7), fmt.Sprintf("e%d", i*7919%n)) // seven of a score
		}
		z.do(words...)
		for _, r := range [][2]string{
			{"-inf", "inf"}, {"(-inf", "(inf"}, {"3", "5"}, {"(3", "5"}, {"3", "(5"}, {"(3", "(3"}, {"3", "3"}, {"5", "3"}, {"-0", "0"}, {"0", "-0"},
			{"1e300", "inf"}, {"(inf", "inf"}, {"-inf", "(-inf"}, {"2.5", "2.75"}, {"0", "1000000"},
		} {
			var s rm.ScoreRange
			s.Min, s.MinExclusive = scoreEnd(t, r[0])
			s.Max, s.MaxExclusive = scoreEnd(t, r[1])
			flat := z.list("ZRANGEBYSCORE", key, r[0], r[1], "WITHSCORES")
			want := []scored{}
			for i := 0; i < len(flat); i += 2 {
				score, _ := scoreEnd(t, flat[i+1])
				want = append(want, scored{flat[i], score})
			}
			require.Equal(t, want, z.ranged(key, false, byScore(s)), "%s %v", key, r)
			slices.Reverse(want)
			require.Equal(t, want, z.ranged(key, true, byScore(s)), "%s %v", key, r)
		}
		for _, s := range []rm.ScoreRange{{Min: nan, Max: 1}, {Min: 1, Max: nan}} {
			require.Equal(t, rm.ErrNaN, z.ranged(key, false, byScore(s)))
		}
	}
}

// InsideZSetByLex compares ranges of elements with the server's own command.
//
// Drives: ZsetFirstInLexRange, ZsetLastInLexRange, ZsetRangeCurrentElement,
// ZsetRangeNext, ZsetRangePrev, ZsetRangeEndReached, ZsetRangeStop.
func InsideZSetByLex(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	for key, n := range map[string]int{"compact": 50, "skiplist": 10_000} {
		words := []string{"ZADD", key, "5", "", "5", "\x00", "5", "\xff\xff"}
		for i := range n {
			words = append(words, "5", fmt.Sprintf("e%d", i))
		}
		z.do(words...)
		for _, r := range [][2]string{
			{"-", "+"}, {"+", "-"}, {"-", "-"}, {"+", "+"}, {"[e1", "[e2"}, {"(e1", "(e2"}, {"[e1", "(e2"}, {"[", "+"}, {"(", "+"}, {"(\x00", "[\xff\xff"},
			{"[e3", "[e3"}, {"(e3", "[e3"}, {"[z", "[a"}, {"[a", "[e2"}, {"(\xff\xff", "+"},
		} {
			want := []scored{}
			for _, e := range z.list("ZRANGEBYLEX", key, r[0], r[1]) {
				want = append(want, scored{e, 5})
			}
			require.Equal(t, want, z.ranged(key, false, z.byLex(r[0], r[1])), "%s %q", key, r)
			slices.Reverse(want)
			require.Equal(t, want, z.ranged(key, true, z.byLex(r[0], r[1])), "%s %q", key, r)
		}
		for _, back := range []bool{false, true} {
			require.Len(t, z.ranged(key, back, z.byLex("(zero)", "(zero)")), n+3)
		}
		for _, r := range [][2]string{{"e1", "+"}, {"-", "e1"}, {"", "+"}, {"-x", "+"}, {"-", "+x"}, {"-", "\x00"}} {
			require.Equal(t, rm.ErrLexBound, z.ranged(key, false, z.byLex(r[0], r[1])), r)
		}

		// Another score ends the loop, and nothing goes round in circles.
		z.do("ZADD", key, "6", "a", "6", "b", "4", "e10", "4", "zz")
		for _, back := range []bool{false, true} {
			got, ok := z.ranged(key, back, z.byLex("-", "+")).([]scored)
			require.True(t, ok)
			require.LessOrEqual(t, len(got), n+6)
		}
	}
	for _, b := range []struct {
		element string
		bound   func([]byte) rm.RString
		want    string
	}{{"a\x00b", rm.NewLexInclusive, "[a\x00b"}, {"a\x00b", rm.NewLexExclusive, "(a\x00b"}, {"", rm.NewLexInclusive, "["}} {
		require.Equal(t, b.want, text(b.bound([]byte(b.element)), true, nil))
	}
}

// InsideZSetRangeRefusals asks for ranges where there are none.
//
// Drives: ZsetFirstInScoreRange, ZsetFirstInLexRange.
func InsideZSetRangeRefusals(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	z.do("ZADD", "zset", "1", "a")
	refused := func(how, key string, want any) {
		t.Helper()
		for _, back := range []bool{false, true} {
			require.Equal(t, want, z.rangedAs(how, key, back, byScore(rm.AllScores)), "%s %s", how, key)
			require.Equal(t, want, z.rangedAs(how, key, back, z.byLex("-", "+")), "%s %s", how, key)
		}
	}
	for _, how := range []string{read, write} {
		refused(how, "none", []scored{})
	}
	z.otherTypes("zset", func(key string) {
		refused(read, key, rm.ErrWrongType)
		refused(write, key, rm.ErrWrongType)
	})
	for _, how := range []string{closed, zero} {
		refused(how, "zset", rm.ErrKeyClosed)
	}
	require.Equal(t, 0, z.do("EXISTS", "none"))
}

// equalScores fills the sorted set k with n elements of few scores, and returns the
// elements in order.
func (z zset) equalScores(n, scores int) []string {
	words := []string{"ZADD", "k"}
	for i := range n {
		words = append(words, strconv.Itoa(i*scores/n), fmt.Sprintf("e%06d", i*7919%n))
	}
	z.do("DEL", "k")
	z.do(words...)
	return z.list("ZRANGE", "k", "0", "-1")
}

// InsideZSetWalksNested loops over a range in the body of a loop over it.
//
// Drives: ZsetRangeCurrentElement, ZsetRangeNext, ZsetRangePrev.
func InsideZSetWalksNested(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	all := z.equalScores(300, 30)
	key := ctx.OpenReadKey(z.str("k"))
	r, err := key.ZSetByScore(rm.AllScores)
	require.NoError(t, err)
	i := 0
	for element := range r.All {
		inner := 0
		for other := range r.All {
			require.Equal(t, all[inner], other.String())
			inner++
		}
		require.Equal(t, 300, inner)
		for other := range r.Backward {
			require.Equal(t, all[299], other.String())
			break
		}
		require.Equal(t, all[i], element.String())
		i++
	}
	require.Equal(t, 300, i)
	key.Close()
}

// InsideZSetWalkBig has elements of a megabyte, of which a loop must not copy many at a
// time.
//
// Drives: ZsetRangeCurrentElement, ZsetRangeNext.
func InsideZSetWalkBig(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	big := strings.Repeat("0123456789abcde\x00", 1<<16)
	for i := range 40 {
		z.do("ZADD", "k", strconv.Itoa(i/10), fmt.Sprintf("%02d%s", i, big))
	}
	for _, c := range []struct {
		want int // a range of elements ends at another score
		open func(k rm.WriteKey) (rm.ZSetRange, error)
	}{{11, byScore(rm.AllScores)}, {10, z.byLex("[0", "[2")}} {
		z.with(read, "k", func(k rm.WriteKey) any {
			r, err := c.open(k)
			require.NoError(t, err)
			i := 0
			before := z.usedMemory()
			for element, score := range r.All {
				require.True(t, fmt.Sprintf("%02d%s", i, big) == element.String(), "element %d", i)
				require.Equal(t, float64(i/10), score)
				if i++; i == 11 {
					break
				}
				require.Less(t, z.usedMemory()-before, 20<<20)
			}
			require.Equal(t, c.want, i)
			return nil
		})
	}
}

// InsideZSetWalkGoroutine loops in a goroutine of the module's own, also over a key
// whose time ends meanwhile.
//
// Drives: ZsetRangeCurrentElement, ZsetRem.
func InsideZSetWalkGoroutine(t *inside.T, ctx rm.Context) {
	walkInGoroutine(t, ctx, []string{"", "3", "100000"})
}

// walkInGoroutine does it for a key with the first of the times to live, and then for the
// others.
func walkInGoroutine(t *inside.T, ctx rm.Context, ttls []string) {
	const n = 1500
	type sums struct {
		n, sum int
		err    error
	}
	if len(ttls) == 0 {
		return
	}
	ttl := ttls[0]
	z := zset{env{t, ctx}}
	z.do("DEL", "k")
	z.fill("k", n)
	if ttl != "" {
		z.do("PEXPIRE", "k", ttl)
	}
	result := make(chan sums, 1)
	thread := ctx.DetachedThreadSafeContext()
	go func() {
		defer thread.Free()
		var got sums
		got.err = thread.Do(func(ctx rm.Context) error {
			name := rm.NewRStringText("k")
			defer name.Free()
			k := ctx.OpenWriteKey(name.Str()) // stays open: the end of Do closes it
			r, err := k.ZSetByScore(rm.AllScores)
			if ttl == "3" && err == rm.ErrKeyExpired { // before the loop
				return nil
			}
			if err != nil {
				return err
			}
			for element, score := range r.All {
				if got.n++; got.n%3 == 0 {
					ok, err := k.ZSetRem(element)
					if ttl == "3" && err == rm.ErrKeyExpired { // the loop ends, too
						continue
					}
					if err != nil || !ok && ttl != "3" {
						return fmt.Errorf("not removed: %w", err)
					}
				}
				got.sum += int(score)
			}
			return nil
		})
		result <- got
	}()
	await(t, func(t *inside.T, ctx rm.Context) bool { // it works between commands
		var got sums
		select {
		case got = <-result:
		default:
			return false
		}
		z := zset{env{t, ctx}}
		require.NoError(t, got.err)
		if ttl != "3" {
			require.Equal(t, sums{n: n, sum: n*1000 + n*(n-1)/2}, got)
			require.Equal(t, n-n/3, z.do("ZCARD", "k"))
		}
		walkInGoroutine(t, ctx, ttls[1:])
		return true
	})
}

// InsideZSetInPlace loops in place over sorted sets of both encodings, and leaves loops
// in every way.
//
// Drives: ZsetRangeCurrentElement, ZsetRangeNext, ZsetRangePrev, ZsetRangeStop,
// FreeString.
func InsideZSetInPlace(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	inPlace := func(r rm.ZSetRange, back bool, most int, panics bool) (all []scored) {
		loop := r.AllInPlace
		if back {
			loop = r.BackwardInPlace
		}
		defer func() { _ = recover() }()
		for element, score := range loop {
			if all = append(all, scored{string(element), score}); len(all) == most {
				if panics {
					panic("in the body")
				}
				break
			}
		}
		return all
	}
	for _, n := range []int{0, 1, 31, 32, 33, 64, 100, 1000} {
		z.do("DEL", "z", "same")
		for i := range n {
			z.do("ZADD", "z", strconv.Itoa(i/2), fmt.Sprintf("%04d", i))
			z.do("ZADD", "same", "7", fmt.Sprintf("%04d", i))
		}
		some := byScore(rm.ScoreRange{Min: -1, Max: 1e6, MinExclusive: true})
		for _, c := range []struct {
			key  string
			open func(k rm.WriteKey) (rm.ZSetRange, error)
		}{{"z", some}, {"same", some}, {"same", z.byLex("(zero)", "(zero)")}, {"z", byScore(rm.ScoreRange{Min: 3, Max: 40})}} {
			for _, back := range []bool{false, true} {
				want, ok := z.rangedAs(read, c.key, back, c.open).([]scored)
				require.True(t, ok)
				z.with(read, c.key, func(k rm.WriteKey) any {
					r, err := c.open(k)
					require.NoError(t, err)
					require.Equal(t, append([]scored(nil), want...), inPlace(r, back, -1, false))
					for _, most := range []int{1, 32, 50} { // in several pieces
						require.Equal(t, append([]scored(nil), want[:min(len(want), most)]...), inPlace(r, back, most, false))
						inPlace(r, back, most, true)
						require.Equal(t, append([]scored(nil), want...), inPlace(r, back, -1, false), "the key still works")
					}
					return nil
				})
			}
		}
	}
	// What was read comes, when the body closes the key.
	k := ctx.OpenWriteKey(z.str("z"))
	r, err := k.ZSetByScore(rm.AllScores)
	require.NoError(t, err)
	n := 0
	endAgain(func() {
		for range r.AllInPlace {
			if n++; n == 1 {
				k.Close()
			}
		}
	})
	if !debugBuild { // which tells of it at once
		require.Equal(t, 32, n)
	}
	endAgain(func() {
		for range r.AllInPlace {
			t.Fatal("of a closed key")
		}
	})

	name := z.str("z")
	z.costsIn(200, func() {
		k := ctx.OpenReadKey(name)
		r, err := k.ZSetByScore(rm.AllScores)
		if err != nil {
			panic(err)
		}
		sum := 0
		for element := range r.AllInPlace {
			sum += len(element)
		}
		for element := range r.BackwardInPlace {
			sum += len(element)
		}
		if sum != 2*4*1000 {
			panic(sum)
		}
		k.Close()
	})
	z.leakless(func() {
		k := ctx.OpenReadKey(name)
		r, _ := k.ZSetByScore(rm.AllScores)
		inPlace(r, false, 50, false)
		inPlace(r, true, 50, true)
		inPlace(r, false, 1, true)
		k.Close()
	})
}
