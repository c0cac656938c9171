// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// list has the methods of lists.
type list struct{ env }

// middle is no end of a list.
const middle = rm.ListEnd(7)

func (l list) push(how, key string, where rm.ListEnd, elements ...string) any {
	return l.with(how, key, func(k rm.WriteKey) any {
		for _, e := range elements {
			if err := k.ListPush(where, l.str(e)); err != nil {
				return err
			}
		}
		return k.Len()
	})
}

func (l list) pop(how, key string, where rm.ListEnd) any {
	return l.with(how, key, func(k rm.WriteKey) any { return text(k.ListPop(where)) })
}

func (l list) get(how, key string, i int) any {
	return l.with(how, key, func(k rm.WriteKey) any { return text(k.ListGet(i)) })
}

func (l list) set(how, key string, i int, value string) any {
	return l.with(how, key, func(k rm.WriteKey) any { return done(k.ListSet(i, l.str(value))) })
}

func (l list) insert(how, key string, i int, value string) any {
	return l.with(how, key, func(k rm.WriteKey) any { return done(k.ListInsert(i, l.str(value))) })
}

func (l list) delete(how, key string, i int) any {
	return l.with(how, key, func(k rm.WriteKey) any { return done(k.ListDelete(i)) })
}

// element is what a walk yields.
type element struct {
	i    int
	text string
}

func (l list) walk(how, key string, first, last int, backward bool) any {
	return l.with(how, key, func(k rm.WriteKey) any {
		r, err := k.List(first, last)
		if err != nil {
			return err
		}
		walk, seen := r.All, []element{}
		if backward {
			walk = r.Backward
		}
		for i, e := range walk {
			seen = append(seen, element{i, e.Clone()})
		}
		return seen
	})
}

func (l list) all(key string) []string { return l.list("LRANGE", key, "0", "-1") }

// InsideListEnds pushes and pops.
//
// Drives: ListPush, ListPop.
func InsideListEnds(t *inside.T, ctx rm.Context) {
	l := list{env{t, ctx}}
	for i, v := range awkward {
		require.Equal(t, i+1, l.push(write, "l\x00", rm.ListTail, v))
	}
	require.True(t, slices.Equal(awkward, l.all("l\x00")))
	for _, v := range awkward {
		require.True(t, v == l.pop(write, "l\x00", rm.ListHead), "%.20q", v)
	}
	require.Equal(t, 0, l.do("EXISTS", "l\x00"), "the key goes with its last element")
	require.Equal(t, "(null)", l.pop(write, "l\x00", rm.ListHead))

	require.Equal(t, 3, l.push(write, "l", rm.ListHead, "a", "b", "c"))
	require.Equal(t, 4, l.push(write, "l", rm.ListTail, "d"))
	require.Equal(t, []string{"c", "b", "a", "d"}, l.all("l"))
	require.Equal(t, "d", l.pop(write, "l", rm.ListTail))
	require.Equal(t, "c", l.pop(write, "l", rm.ListHead))
	require.Equal(t, 1, l.do("DEL", "l"))
	require.Equal(t, 1, l.push(write, "l", rm.ListTail, "e"))

	for _, how := range []string{closed, zero} {
		require.Equal(t, rm.ErrKeyClosed, l.push(how, "l", rm.ListTail, "x"))
		require.Equal(t, rm.ErrKeyClosed, l.pop(how, "l", rm.ListTail))
	}
	require.Equal(t, rm.ErrRefused, l.push(read, "l", rm.ListTail, "x"))
	require.Equal(t, rm.ErrRefused, l.pop(read, "l", rm.ListTail))
	require.Equal(t, rm.ErrNoKey, l.push(read, "none", rm.ListTail, "x"))
	require.Equal(t, "(null)", l.pop(read, "none", rm.ListTail))
	require.Equal(t, rm.ErrNoString, l.push(write, "l", rm.ListTail, "(zero)"))
	require.Equal(t, rm.ErrNoString, l.push(write, "none", rm.ListTail, "(zero)"))
	require.Equal(t, rm.ErrRange, l.push(write, "l", middle, "x"))
	require.Equal(t, rm.ErrRange, l.pop(write, "l", middle))
	require.Equal(t, []string{"e"}, l.all("l"))
	require.Equal(t, 0, l.do("EXISTS", "none"))
	l.otherTypes("list", func(key string) {
		for _, how := range []string{write, read} {
			require.Equal(t, rm.ErrWrongType, l.push(how, key, rm.ListTail, "x"))
			require.Equal(t, rm.ErrWrongType, l.pop(how, key, rm.ListTail))
			require.Equal(t, rm.ErrWrongType, l.pop(how, key, rm.ListHead))
		}
	})
}

// InsideListExpired uses a list that has expired, and one with automatic memory.
//
// Drives: ListPush, ListPop.
func InsideListExpired(t *inside.T, ctx rm.Context) {
	l := list{env{t, ctx}}
	l.do("DEBUG", "SET-ACTIVE-EXPIRE", "0")
	l.do("RPUSH", "l", "a", "b")
	l.do("PEXPIRE", "l", "5")
	t.Later(20*time.Millisecond, func(t *inside.T, ctx rm.Context) {
		l := list{env{t, ctx}}
		l.do("DEBUG", "SET-ACTIVE-EXPIRE", "1")
		require.Equal(t, "(null)", l.pop(write, "l", rm.ListHead))
		require.Equal(t, 1, l.push(write, "l", rm.ListTail, "e"))
		require.Equal(t, -1, l.do("PTTL", "l"))
		ctx.AutoMemory()
		require.Equal(t, 2, l.push(write, "l", rm.ListTail, "f"))
		require.Equal(t, "e", l.pop(write, "l", rm.ListHead))
		if serverHas(t, "ListGet") {
			require.Equal(t, "f", l.get(write, "l", 0))
		}
	})
}

// InsideListElements reads and changes elements by index.
//
// Drives: ListGet, ListSet, ListInsert, ListDelete.
func InsideListElements(t *inside.T, ctx rm.Context) {
	l := list{env{t, ctx}}
	l.do("RPUSH", "l", "a", "b", "c")
	if !serverHas(t, "ListGet") {
		for _, c := range []struct {
			how, key string
			want     error
		}{{write, "l", rm.ErrUnsupported}, {read, "none", rm.ErrUnsupported}, {closed, "l", rm.ErrKeyClosed}} {
			requireError(t, c.want, l.get(c.how, c.key, 0))
			requireError(t, c.want, l.set(c.how, c.key, 0, "x"))
			requireError(t, c.want, l.insert(c.how, c.key, 0, "x"))
			requireError(t, c.want, l.delete(c.how, c.key, 0))
			requireError(t, c.want, l.walk(c.how, c.key, 0, -1, false))
		}
		return
	}
	for _, c := range []struct {
		how, key string
		i        int
		want     any
	}{
		{write, "l", 0, "a"}, {write, "l", 2, "c"}, {write, "l", -1, "c"}, {read, "l", -3, "a"}, {write, "l", 1, "b"},
		{write, "l", 3, "(null)"}, {write, "l", -4, "(null)"}, {write, "l", math.MaxInt64, "(null)"}, {write, "l", math.MinInt64, "(null)"},
		{write, "none", 0, "(null)"}, {read, "none", 0, "(null)"}, {closed, "l", 0, rm.ErrKeyClosed}, {zero, "l", 0, rm.ErrKeyClosed},
	} {
		require.Equal(t, c.want, l.get(c.how, c.key, c.i), "get %v", c)
	}
	type change struct {
		how, key string
		i        int
		value    string
		want     any
	}
	for _, c := range []change{
		{write, "l", 1, "B", "ok"}, {write, "l", -1, "C", "ok"}, {write, "l", 3, "x", rm.ErrRange}, {write, "l", -4, "x", rm.ErrRange},
		{read, "l", 1, "x", rm.ErrRefused}, {read, "l", 5, "x", rm.ErrRange}, {write, "none", 0, "x", rm.ErrNoKey}, {read, "none", 0, "x", rm.ErrNoKey},
		{closed, "l", 0, "x", rm.ErrKeyClosed}, {write, "l", 0, "(zero)", rm.ErrNoString}, {write, "none", 0, "(zero)", rm.ErrNoString},
	} {
		require.Equal(t, c.want, l.set(c.how, c.key, c.i, c.value), "set %v", c)
	}
	for _, c := range []change{
		{write, "l", 0, "first", "ok"}, {write, "l", -1, "last", "ok"}, {write, "l", 5, "end", "ok"}, {write, "l", 1, "second", "ok"},
		{write, "l", -2, "penult", "ok"}, {write, "l", -9, "front", "ok"}, {write, "l", 10, "x", rm.ErrRange}, {write, "l", -11, "x", rm.ErrRange},
		{read, "l", 1, "x", rm.ErrRefused}, {read, "l", 0, "x", rm.ErrRefused}, {read, "l", 99, "x", rm.ErrRange}, {read, "none", 0, "x", rm.ErrNoKey},
		{write, "none", 1, "x", rm.ErrRange}, {write, "none", -2, "x", rm.ErrRange}, {write, "none", 0, "(zero)", rm.ErrNoString}, {closed, "l", 0, "x", rm.ErrKeyClosed},
		{write, "new", 0, "x", "ok"}, {write, "new.too", -1, "x", "ok"},
	} {
		require.Equal(t, c.want, l.insert(c.how, c.key, c.i, c.value), "insert %v", c)
	}
	for _, c := range []change{
		{write, "l", 1, "", "ok"}, {write, "l", -2, "", "ok"}, {write, "l", 7, "", rm.ErrRange}, {write, "l", -8, "", rm.ErrRange},
		{read, "l", 0, "", rm.ErrRefused}, {read, "l", 70, "", rm.ErrRange}, {write, "none", 0, "", rm.ErrNoKey}, {read, "none", 0, "", rm.ErrNoKey}, {closed, "l", 0, "", rm.ErrKeyClosed},
		{write, "new", 0, "", "ok"}, {write, "new.too", -1, "", "ok"},
	} {
		require.Equal(t, c.want, l.delete(c.how, c.key, c.i), "delete %v", c)
	}
	require.Equal(t, []string{"front", "second", "a", "B", "C", "last", "end"}, l.all("l"))
	require.Equal(t, 0, l.do("EXISTS", "none", "new", "new.too"))

	for i, v := range awkward {
		require.Equal(t, "ok", l.insert(write, "v", i, v))
		require.True(t, v == l.get(write, "v", -1), "%.20q", v)
		require.Equal(t, "ok", l.set(write, "v", 0, v))
		require.True(t, v == l.get(write, "v", 0), "%.20q", v)
	}
	l.otherTypes("list", func(key string) {
		for _, how := range []string{write, read} {
			require.Equal(t, rm.ErrWrongType, l.get(how, key, 0))
			require.Equal(t, rm.ErrWrongType, l.set(how, key, 0, "x"))
			for _, i := range []int{0, 1, -2, -1} {
				require.Equal(t, rm.ErrWrongType, l.insert(how, key, i, "x"))
			}
			require.Equal(t, rm.ErrWrongType, l.delete(how, key, 0))
			require.Equal(t, rm.ErrWrongType, l.delete(how, key, -1))
			require.Equal(t, rm.ErrWrongType, l.walk(how, key, 0, -1, false))
			require.Equal(t, rm.ErrWrongType, l.walk(how, key, 0, -1, true))
		}
	})
}

// InsideListWalk compares walks with LRANGE.
//
// Drives: ListGet.
func InsideListWalk(t *inside.T, ctx rm.Context) {
	if !serverHas(t, "ListGet") {
		t.Skip("the server has no ListGet, before Redis 7.0; InsideListElements asks for the error")
	}
	l := list{env{t, ctx}}
	const n = 10_000 // several nodes
	all := make([]string, n)
	for i := range all {
		all[i] = strings.Repeat(strconv.Itoa(i), i%40)
	}
	l.do(append([]string{"RPUSH", "l"}, all...)...)
	l.do("RPUSH", "short", "a", "b", "c")
	want := func(elements []string, from int, backward bool) []element {
		w := []element{}
		for i, e := range elements {
			w = append(w, element{from + i, e})
		}
		if backward {
			slices.Reverse(w)
		}
		return w
	}
	abc := []string{"a", "b", "c"}
	for _, how := range []string{write, read} {
		for _, back := range []bool{false, true} {
			require.Equal(t, want(all, 0, back), l.walk(how, "l", 0, -1, back))
			require.Equal(t, want(all[5000:5100], 5000, back), l.walk(how, "l", 5000, -4901, back))
			require.Equal(t, want(all[n-10:], n-10, back), l.walk(how, "l", -10, 99999999, back))
			for first := -5; first <= 5; first++ {
				for last := -5; last <= 5; last++ {
					from, to := first, last
					if from < 0 {
						from = max(from+3, 0)
					}
					if to < 0 {
						to += 3
					}
					if to = min(to, 2); from > to {
						from, to = 0, -1
					}
					require.Equal(t, want(abc[from:to+1], from, back), l.walk(how, "short", first, last, back), "%d to %d, %v", first, last, back)
				}
			}
			require.Equal(t, []element{}, l.walk(how, "none", 0, -1, back))
			require.Equal(t, rm.ErrKeyClosed, l.walk(closed, "short", 0, -1, back))
		}
	}
}
