// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// zset has the methods of sorted sets.
type zset struct{ env }

func (z zset) add(how, key string, score float64, element string, flags rm.ZAddFlags) any {
	return z.with(how, key, func(k rm.WriteKey) any { return answers(k.ZSetAdd(score, z.str(element), flags)) })
}

func (z zset) incr(how, key string, by float64, element string, flags rm.ZAddFlags) any {
	return z.with(how, key, func(k rm.WriteKey) any { return answers(k.ZSetIncrBy(by, z.str(element), flags)) })
}

func (z zset) remove(how, key, element string) any {
	return z.with(how, key, func(k rm.WriteKey) any { return answers(k.ZSetRem(z.str(element))) })
}

func (z zset) score(how, key, element string) any {
	return z.with(how, key, func(k rm.WriteKey) any { return answers(k.ZSetScore(z.str(element))) })
}

// scoreOf is the score as the server's own command has it.
func (z zset) scoreOf(key, element string) float64 {
	z.Helper()
	f, err := strconv.ParseFloat(fmt.Sprint(z.do("ZSCORE", key, element)), 64)
	require.NoError(z, err)
	return f
}

// encodings are sorted sets with few elements, and with more than fit into the compact
// encoding.
var encodings = map[string]int{"compact": 0, "skiplist": 1000}

// fill puts n elements with scores from 1000 on into a sorted set.
func (z zset) fill(key string, n int) {
	words := []string{"ZADD", key}
	for i := range n {
		words = append(words, strconv.Itoa(1000+i), fmt.Sprintf("filled%05d", i))
	}
	if n > 0 {
		z.do(words...)
	}
}

const (
	zSame   = rm.ZAddResult(0)
	xx      = rm.ZAddXX
	nx      = rm.ZAddNX
	gt      = rm.ZAddGT
	lt      = rm.ZAddLT
	badZAdd = rm.ZAddFlags(4) // no flag
)

var (
	nan      = math.NaN()
	infinity = math.Inf(1)
)

// InsideZSetAdd adds to missing keys and to both encodings, with each flag.
//
// Drives: ZsetAdd.
func InsideZSetAdd(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	for key, n := range encodings {
		z.fill(key, n)
		for _, c := range []struct {
			score   float64
			element string
			flags   rm.ZAddFlags
			want    rm.ZAddResult
		}{
			{1.5, "a", 0, rm.ZAddAdded}, {2.5, "a", 0, rm.ZAddUpdated}, {2.5, "a", 0, zSame}, {3, "a", nx, rm.ZAddNop}, {3, "b\x00\xff\r\n", nx, rm.ZAddAdded},
			{4, "a", xx, rm.ZAddUpdated}, {4, "c", xx, rm.ZAddNop}, {-infinity, "low", 0, rm.ZAddAdded}, {infinity, "", 0, rm.ZAddAdded}, {math.Copysign(0, -1), "zero", 0, rm.ZAddAdded},
		} {
			require.Equal(t, answers(c.want, nil), z.add(write, key, c.score, c.element, c.flags), "%s %v", key, c)
		}
		for element, score := range map[string]float64{"a": 4, "b\x00\xff\r\n": 3, "low": -infinity, "": infinity, "zero": 0} {
			require.Equal(t, score, z.scoreOf(key, element)+0, element)
		}
		require.Equal(t, n+5, z.do("ZCARD", key))

		for _, flags := range []rm.ZAddFlags{xx | nx, nx | gt, gt | lt, badZAdd} {
			require.Equal(t, answers(zSame, rm.ErrFlags), z.add(write, key, 1, "a", flags))
		}
		require.Equal(t, answers(zSame, rm.ErrNaN), z.add(write, key, nan, "a", 0))
		require.Equal(t, answers(zSame, rm.ErrNoString), z.add(write, key, 1, "(zero)", 0))
		if !serverHas(t, "StreamAdd") {
			require.Equal(t, answers(zSame, rm.ErrUnsupported), z.add(write, key, 5, "a", gt))
			continue
		}
		require.Equal(t, answers(rm.ZAddNop, nil), z.add(write, key, 3, "a", gt))
		require.Equal(t, answers(rm.ZAddUpdated, nil), z.add(write, key, 5, "a", gt))
		require.Equal(t, answers(rm.ZAddNop, nil), z.add(write, key, 6, "a", lt))
		require.Equal(t, answers(rm.ZAddUpdated, nil), z.add(write, key, 1, "a", xx|lt))
		require.Equal(t, answers(rm.ZAddNop, nil), z.add(write, key, 1, "new", xx|gt))
		require.Equal(t, answers(rm.ZAddAdded, nil), z.add(write, key, 1, "new", lt))
	}
	for i, v := range awkward {
		require.Equal(t, answers(rm.ZAddAdded, nil), z.add(write, "z\x00", float64(i), v, 0), "%.20q", v)
		require.Equal(t, float64(i), z.scoreOf("z\x00", v), "%.20q", v)
		require.Equal(t, answers(float64(i), true, nil), z.score(read, "z\x00", v), "%.20q", v)
	}
	require.Equal(t, "skiplist", z.do("OBJECT", "ENCODING", "z\x00"), "the large one")

	// What is refused makes no key.
	require.Equal(t, answers(rm.ZAddNop, nil), z.add(write, "none", 1, "a", xx))
	require.Equal(t, answers(zSame, rm.ErrNaN), z.add(write, "none", nan, "a", 0))
	require.Equal(t, answers(zSame, rm.ErrFlags), z.add(write, "none", 1, "a", xx|nx))
	require.Equal(t, answers(zSame, rm.ErrNoString), z.add(write, "none", 1, "(zero)", 0))
	require.Equal(t, 0, z.do("EXISTS", "none"))
}

// InsideZSetIncrBy adds to scores.
//
// Drives: ZsetIncrby.
func InsideZSetIncrBy(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	type step struct {
		by      float64
		element string
		flags   rm.ZAddFlags
		want    []any
	}
	for key, n := range encodings {
		z.fill(key, n)
		steps := []step{
			{1.5, "a", 0, answers(1.5, rm.ZAddAdded, nil)}, {2.25, "a", 0, answers(3.75, rm.ZAddUpdated, nil)}, {0, "a", 0, answers(3.75, zSame, nil)},
			{1, "a", nx, answers(0.0, rm.ZAddNop, nil)}, {1, "b", xx, answers(0.0, rm.ZAddNop, nil)}, {-1, "a", xx, answers(2.75, rm.ZAddUpdated, nil)},
			{nan, "a", 0, answers(0.0, zSame, rm.ErrNaN)}, {1, "(zero)", 0, answers(0.0, zSame, rm.ErrNoString)}, {1, "a", xx | nx, answers(0.0, zSame, rm.ErrFlags)},
			{infinity, "a", 0, answers(infinity, rm.ZAddUpdated, nil)}, {-infinity, "a", 0, answers(0.0, zSame, rm.ErrNaN)},
		}
		if serverHas(t, "StreamAdd") {
			steps = append(steps, step{1, "g", gt, answers(1.0, rm.ZAddAdded, nil)}, step{-1, "g", gt, answers(0.0, rm.ZAddNop, nil)}, step{1, "g", gt, answers(2.0, rm.ZAddUpdated, nil)})
		} else {
			steps = append(steps, step{1, "a", gt, answers(0.0, zSame, rm.ErrUnsupported)})
		}
		for _, s := range steps {
			require.Equal(t, s.want, z.incr(write, key, s.by, s.element, s.flags), "%s %v", key, s)
		}
		require.Equal(t, infinity, z.scoreOf(key, "a"))
	}
	require.Equal(t, answers(0.0, rm.ZAddNop, nil), z.incr(write, "none", 1, "a", xx))
	require.Equal(t, answers(0.0, zSame, rm.ErrNaN), z.incr(write, "none", nan, "a", 0))
	require.Equal(t, 0, z.do("EXISTS", "none"))
	require.Equal(t, answers(infinity, rm.ZAddAdded, nil), z.incr(write, "none", infinity, "a", 0))
}

// InsideZSetScoreAndRemove reads scores and removes elements, down to the last, with
// which the key goes.
//
// Drives: ZsetScore, ZsetRem.
func InsideZSetScoreAndRemove(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	for key, n := range encodings {
		z.fill(key, n)
		big := strings.Repeat("x", 1<<20)
		if n == 0 {
			big = "small"
		}
		for element, score := range map[string]float64{big: 1.25, "bin\x00\xff": -3e-300, "zero": math.Copysign(0, -1), "": infinity, "low": -infinity} {
			z.do("ZADD", key, strconv.FormatFloat(score, 'g', -1, 64), element)
			for _, how := range []string{read, write} {
				require.Equal(t, answers(score, true, nil), z.score(how, key, element))
			}
			require.Equal(t, answers(0.0, false, nil), z.score(read, key, element+"?"))
			require.Equal(t, answers(false, nil), z.remove(write, key, element+"?"))
			require.Equal(t, answers(false, rm.ErrRefused), z.remove(read, key, element))
			require.Equal(t, answers(true, nil), z.remove(write, key, element))
			require.Equal(t, answers(0.0, false, nil), z.score(write, key, element))
		}
		require.Equal(t, min(n, 1), z.do("EXISTS", key))
	}
	require.Equal(t, answers(false, nil), z.remove(write, "none", "a"))
	require.Equal(t, answers(false, nil), z.remove(read, "none", "a"))
	require.Equal(t, answers(0.0, false, nil), z.score(read, "none", "a"))
	z.do("ZADD", "gone", "1", "a")
	z.do("PEXPIRE", "gone", "-1")
	require.Equal(t, answers(0.0, false, nil), z.score(read, "gone", "a"))
	require.Equal(t, answers(0.0, false, rm.ErrNoString), z.score(read, "none", "(zero)"))
	require.Equal(t, answers(false, rm.ErrNoString), z.remove(write, "none", "(zero)"))
}

// InsideZSetRefusals uses keys that the operations do not fit.
//
// Drives: ZsetAdd, ZsetIncrby, ZsetRem, ZsetScore.
func InsideZSetRefusals(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	z.do("ZADD", "zset", "1", "a")
	refused := func(how, key string, want error, ops string) {
		t.Helper()
		if strings.Contains(ops, "a") {
			refuses(t, answers(zSame, want), z.add(how, key, 1, "a", 0), "%s %s", how, key)
			refuses(t, answers(0.0, zSame, want), z.incr(how, key, 1, "a", 0), "%s %s", how, key)
		}
		if strings.Contains(ops, "r") {
			refuses(t, answers(false, want), z.remove(how, key, "a"), "%s %s", how, key)
		}
		if strings.Contains(ops, "s") {
			refuses(t, answers(0.0, false, want), z.score(how, key, "a"), "%s %s", how, key)
		}
	}
	for _, how := range []string{closed, zero} {
		refused(how, "zset", rm.ErrKeyClosed, "ars")
		refused(how, "none", rm.ErrKeyClosed, "ars")
	}
	refused(read, "none", rm.ErrNoKey, "a")
	refused(read, "zset", rm.ErrRefused, "ar")
	require.Equal(t, 1.0, z.scoreOf("zset", "a"))
	require.Equal(t, 0, z.do("EXISTS", "none"))
	z.otherTypes("zset", func(key string) {
		refused(write, key, rm.ErrWrongType, "ars")
		refused(read, key, rm.ErrWrongType, "rs")
		require.Contains(t, []any{answers(zSame, rm.ErrWrongType), answers(zSame, rm.ErrRefused)}, z.add(read, key, 1, "a", 0))
	})
}

// InsideZSetCosts looks for leaks and for Go allocations.
//
// Drives: ZsetAdd, ZsetIncrby, ZsetRem, ZsetScore, ZsetFirstInScoreRange,
// ZsetLastInLexRange.
func InsideZSetCosts(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	z.fill("z", 2000)
	name, a, low, bad := z.str("z"), z.str("a"), z.str("[a"), z.str("bad")
	loop := func(k rm.WriteKey, most int, r rm.ZSetRange, err error) {
		if err != nil {
			return
		}
		n := 0
		for range r.Backward {
			if n++; n > most {
				break
			}
		}
		for range r.All {
			if n++; n > 2*most {
				break
			}
		}
	}
	z.costs(func() {
		k := ctx.OpenWriteKey(name)
		_, _ = k.ZSetAdd(1, a, 0)
		_, _, _ = k.ZSetIncrBy(1, a, xx)
		_, _, _ = k.ZSetScore(a)
		_, _ = k.ZSetRem(a)
		// Errors.
		_, _ = k.ZSetAdd(nan, a, 0)
		_, _ = k.ZSetAdd(1, a, xx|nx)
		_, _, _ = k.ZSetIncrBy(nan, a, 0)
		_, _, _ = k.ZSetScore(rm.RStr{})
		k.Close()
		_, _, _ = k.ZSetScore(a)
		r := forged(ctx.OpenReadKey(name))
		_, _ = r.ZSetRem(a)
		_, _ = r.ZSetAdd(1, a, 0)
		r.Close()
	})
	z.costs(func() {
		k := ctx.OpenWriteKey(name)
		r, err := k.ZSetByScore(rm.ScoreRange{Min: 1900, Max: 1910})
		loop(k, 5, r, err)
		for range r.All {
			for range r.Backward {
				break
			}
		}
		r, err = k.ZSetByLex(rm.RStr{}, rm.RStr{})
		loop(k, 1, r, err)
		r, err = k.ZSetByLex(low, bad)
		loop(k, 1, r, err)
		r, err = k.ZSetByScore(rm.ScoreRange{Min: nan, Max: 1})
		loop(k, 1, r, err)
		k.Close()
	})
	z.costsIn(100, func() { // several batches
		k := ctx.OpenReadKey(name)
		r, err := k.ZSetByScore(rm.AllScores)
		loop(forged(k), 1500, r, err)
		k.Close()
	})
	z.leakless(func() {
		for _, bound := range []func([]byte) rm.RString{rm.NewLexInclusive, rm.NewLexExclusive} {
			b := bound(a.Bytes())
			b.Free()
		}
	})
}
