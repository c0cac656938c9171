// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// zsetLoop is what the body of a loop over a sorted set knows.
type zsetLoop struct {
	ctx     rm.Context
	k       rm.WriteKey
	name    rm.RStr
	r       rm.ZSetRange
	element rm.RStr
	score   float64
	n, at   int // the elements so far; the element where something happens
	fault   error
}

func (l *zsetLoop) call(name string, args ...rm.Arg) {
	reply, err := l.ctx.Call(name, 0, args...)
	if err != nil {
		l.fault = err
	}
	reply.Free()
}

func (l *zsetLoop) check(err error) {
	if err != nil {
		l.fault = err
	}
}

// zsetBodies do what bodies of loops usually do not, from the element at on; false ends
// the loop.
var zsetBodies = map[string]func(l *zsetLoop) bool{
	"nothing": func(*zsetLoop) bool { return true },
	"break":   func(*zsetLoop) bool { return false },
	"panic":   func(*zsetLoop) bool { panic("out of the loop") },
	"goexit":  func(*zsetLoop) bool { runtime.Goexit(); return true },
	"remove": func(l *zsetLoop) bool {
		_, err := l.k.ZSetRem(l.element)
		l.check(err)
		return true
	},
	"remove by a call": func(l *zsetLoop) bool {
		l.call("ZREM", rm.Str(l.name), rm.Str(l.element))
		return true
	},
	"remove and add": func(l *zsetLoop) bool { // the one before this is gone by now
		_, _ = l.k.ZSetRem(l.element)
		_, err := l.k.ZSetAdd(l.score, l.element, 0)
		l.check(err)
		return true
	},
	"close": func(l *zsetLoop) bool {
		endAgain(l.k.Close)
		return true
	},
	"nest": func(l *zsetLoop) bool {
		if l.n > l.at {
			return true
		}
		for range l.r.All {
		}
		for range l.r.Backward {
			break
		}
		return true
	},
	"del":    func(l *zsetLoop) bool { return l.once(func() { l.call("DEL", rm.Str(l.name)) }) },
	"flush":  func(l *zsetLoop) bool { return l.once(func() { l.call("FLUSHALL") }) },
	"string": func(l *zsetLoop) bool { return l.once(func() { l.call("SET", rm.Str(l.name), rm.Text("text")) }) },
	"replace": func(l *zsetLoop) bool {
		return l.once(func() {
			l.call("DEL", rm.Str(l.name))
			for i := range 40 {
				l.call("ZADD", rm.Str(l.name), rm.Int64(int64(i)), rm.Int64(int64(i)))
			}
		})
	},
	"remove all": func(l *zsetLoop) bool { // by another key
		return l.once(func() {
			other := l.ctx.OpenWriteKey(l.name)
			r, err := other.ZSetByScore(rm.AllScores)
			l.check(err)
			for element := range r.All {
				_, err = other.ZSetRem(element)
				l.check(err)
			}
			other.Close()
		})
	},
	"add": func(l *zsetLoop) bool { // as many as make another encoding of it
		return l.once(func() {
			for i := range 300 {
				s := rm.NewRStringText("zz" + strconv.Itoa(i))
				_, err := l.k.ZSetAdd(l.score, s.Str(), 0)
				l.check(err)
				s.Free()
			}
		})
	},
	"add a long one": func(l *zsetLoop) bool { // likewise
		return l.once(func() {
			s := rm.NewRString(make([]byte, 100))
			_, err := l.k.ZSetAdd(-1e9, s.Str(), 0)
			l.check(err)
			s.Free()
		})
	},
	"select": func(l *zsetLoop) bool { return l.once(func() { redismodule.SelectDb(l.ctx.Raw(), 1) }) },
}

func init() {
	if !canGoexit() {
		delete(zsetBodies, "goexit")
	}
}

// once has something happen at the element at only.
func (l *zsetLoop) once(f func()) bool {
	if l.n == l.at {
		f()
	}
	return true
}

// loop loops over a range of the key with a body, and closes the key. See may be nil;
// it gets each element, behind the body.
func (l *zsetLoop) loop(back bool, body func(l *zsetLoop) bool, see func(element rm.RStr)) {
	loop := l.r.All
	if back {
		loop = l.r.Backward
	}
	defer func() {
		redismodule.SelectDb(l.ctx.Raw(), 0)
		endAgain(l.k.Close) // the body may have closed it
	}()
	for element, score := range loop {
		l.n++
		l.element, l.score = element, score
		stays := l.n < l.at || body(l)
		if see != nil {
			see(element) // it is valid, whatever the body does
		}
		if !stays {
			break
		}
	}
}

// walk loops over the sorted set k and returns the elements.
func (z zset) walk(back bool, body string, at int) []string {
	z.Helper()
	l := zsetLoop{ctx: z.ctx, name: z.str("k"), at: at}
	l.k = z.ctx.OpenWriteKey(l.name)
	var err error
	l.r, err = l.k.ZSetByScore(rm.AllScores)
	require.NoError(z, err)
	seen := []string{}
	func() {
		defer func() {
			if v := recover(); v != nil {
				require.Equal(z, "out of the loop", v)
			}
		}()
		l.loop(back, zsetBodies[body], func(element rm.RStr) { seen = append(seen, element.Clone()) })
	}()
	if body != "close" { // which closes what is closed
		require.NoError(z, l.fault, body)
	}
	return seen
}

// InsideZSetWalkBodies has the bodies of loops do all that the server's iterators would
// not survive.
//
// Drives: ZsetRangeCurrentElement, ZsetRangeNext, ZsetRangePrev, ZsetRangeStop,
// ZsetRem, ZsetAdd.
func InsideZSetWalkBodies(t *inside.T, ctx rm.Context) {
	for _, n := range []int{1, 4, 5, 40, 1500} {
		for _, scores := range slices.Compact([]int{1, min(3, n), n}) {
			for _, back := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d elements, %d scores, backward %v", n, scores, back), func(t *inside.T) {
					z := zset{env{t, ctx}}
					z.walkBodies(n, scores, back)
				})
			}
		}
	}
}

func (z zset) walkBodies(n, scores int, back bool) {
	fresh := func() []string {
		z.Helper()
		all := z.equalScores(n, scores)
		if back {
			slices.Reverse(all)
		}
		return all
	}
	left := func() []string {
		z.Helper()
		all := z.list("ZRANGE", "k", "0", "-1")
		if back {
			slices.Reverse(all)
		}
		return all
	}
	all := fresh()
	require.Equal(z, all, z.walk(back, "nothing", 0))
	for _, at := range []int{1, 4, 5, n} {
		at = min(at, n)
		require.Equal(z, all[:at], z.walk(back, "break", at), "break at %d", at)
		require.Equal(z, all[:at], z.walk(back, "close", at), "close at %d", at)
		require.Equal(z, all[:at-1], z.walk(back, "panic", at), "panic at %d", at)
		require.Equal(z, all, z.walk(back, "select", at), "select at %d", at)
		require.Equal(z, all, z.walk(back, "nest", at), "nest at %d", at)
		require.Equal(z, all, left(), "nothing has changed")
	}
	// The elements up to there stay, those behind go, each when it comes.
	require.Equal(z, all, z.walk(back, "remove", n/2+1))
	require.Equal(z, all[:n/2], left())
	fresh()
	require.Equal(z, all, z.walk(back, "remove by a call", 1))
	require.Equal(z, 0, z.do("EXISTS", "k"))
	fresh()
	require.Equal(z, all, z.walk(back, "remove and add", 1))
	require.Equal(z, all, left())

	for _, at := range []int{1, 5} {
		at = min(at, n)
		for _, body := range []string{"remove all", "del", "flush", "string"} {
			fresh()
			got := z.walk(back, body, at)
			require.GreaterOrEqual(z, len(got), at, body)
			require.LessOrEqual(z, len(got), 40, "the loop is few elements ahead")
			require.Equal(z, all[:len(got)], got, body)
			z.do("DEL", "k")
		}
		fresh()
		got := z.walk(back, "add", at) // 300 elements zz..., with that score
		require.Subset(z, got, all)
		require.Len(z, got, len(slices.Compact(slices.Sorted(slices.Values(got)))), "no element twice")
		require.Equal(z, n+300, z.do("ZCARD", "k"))
		fresh()
		got = z.walk(back, "add a long one", at) // another encoding
		if len(got) > n {
			require.True(z, back)
			got = got[:n]
		}
		require.Equal(z, all, got, "add a long one")
		fresh()
		got = z.walk(back, "replace", at)
		require.GreaterOrEqual(z, len(got), at)
		require.Equal(z, all[:at], got[:at], "replace")
	}
}

// InsideZSetNoLeaks repeats everything and watches the server's memory.
//
// Drives: ZsetAdd, ZsetRem, ZsetScore, ZsetRangeStop.
func InsideZSetNoLeaks(t *inside.T, ctx rm.Context) {
	z := zset{env{t, ctx}}
	var words []string
	for i := range 300 {
		words = append(words, "0", fmt.Sprintf("element%04d", i))
	}
	refill := []func(){
		z.ready("DEL", "k", "lex"), z.ready(append([]string{"ZADD", "k"}, words...)...), z.ready(append([]string{"ZADD", "lex"}, words...)...),
	}
	k, lex, low, high := z.str("k"), z.str("lex"), z.str("[e"), z.str("(f")
	walk := func(ctx rm.Context, name rm.RStr, body string, back bool, at int) error {
		l := zsetLoop{ctx: ctx, name: name, at: at}
		l.k = ctx.OpenWriteKey(name)
		if name == lex {
			l.r, _ = l.k.ZSetByLex(low, high)
		} else {
			l.r, _ = l.k.ZSetByScore(rm.AllScores)
		}
		l.loop(back, zsetBodies[body], nil)
		return nil
	}
	work := func() {
		for body := range zsetBodies {
			for _, back := range []bool{false, true} {
				for _, f := range refill {
					f()
				}
				for _, at := range []int{1, 5, 30} {
					for _, name := range []rm.RStr{k, lex} {
						err := z.command(func(ctx rm.Context) error { return walk(ctx, name, body, back, at) })
						if stopped := body == "panic" || body == "goexit"; stopped != (err != nil) {
							panic(fmt.Sprint(body, err))
						}
					}
				}
			}
		}
		refill[0]()
	}
	z.grows(4, 500, work)
}
