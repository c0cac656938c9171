// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// loop is a loop over the list "l" of five letters, whose body does what bodies usually
// do not: what it must see, and what is left of the list.
type loop struct {
	name, want, left string
	body             func(ctx rm.Context, k rm.WriteKey, name rm.RStr, r rm.ListRange) (seen string)
}

var loops = []loop{
	{"break", "a b ", "a b c d e", func(_ rm.Context, _ rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for i, e := range r.All {
			if seen += e.String() + " "; i == 1 {
				break
			}
		}
		return seen
	}},
	{"twice", "a b c d e a b c d e ", "a b c d e", func(_ rm.Context, _ rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for range 2 {
			for _, e := range r.All {
				seen += e.String() + " "
			}
		}
		return seen
	}},
	{"nested", "ae ad ac ab aa be bd bc bb ce cd cc de dd ee ", "a b c d e", func(_ rm.Context, _ rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for _, e := range r.All {
			for _, f := range r.Backward {
				if seen += e.String() + f.String() + " "; f.Compare(e) == 0 {
					break
				}
			}
		}
		return seen
	}},
	{"delete", "a c e ", "b d", func(_ rm.Context, k rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for i, e := range r.All {
			seen += e.String() + " "
			if err := k.ListDelete(i); err != nil {
				return err.Error()
			}
		}
		return seen
	}},
	{"delete backward", "e d c b a ", "", func(_ rm.Context, k rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for i, e := range r.Backward {
			seen += e.String() + " "
			if err := k.ListDelete(i); err != nil {
				return err.Error()
			}
		}
		return seen
	}},
	{"set", "a l l l l ", "a l l l l", func(_ rm.Context, k rm.WriteKey, name rm.RStr, r rm.ListRange) (seen string) {
		for i, e := range r.All {
			seen += e.String() + " "
			_ = k.ListSet(i+1, name)
		}
		return seen
	}},
	{"push", "a b c d e ", "a b c d e a b c d e", func(_ rm.Context, k rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for _, e := range r.All {
			seen += e.String() + " "
			_ = k.ListPush(rm.ListTail, e)
		}
		return seen
	}},
	{"pop", "a b ", "a", func(_ rm.Context, k rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for _, e := range r.All {
			seen += e.String() + " "
			for range 2 {
				s, _, _ := k.ListPop(rm.ListTail)
				s.Free()
			}
		}
		return seen
	}},
	{"close", "a 5 ", "a b c d e", func(ctx rm.Context, k rm.WriteKey, name rm.RStr, r rm.ListRange) (seen string) {
		for _, e := range r.All {
			k.Close()
			other := ctx.OpenWriteKey(name) // reuses what stood behind k
			seen += e.String() + " " + strconv.Itoa(other.Len()) + " "
			defer other.Close()
		}
		for range r.All {
			seen += "of a closed key"
		}
		return seen
	}},
	{"retain", "a b c d e ", "a b c d e", func(_ rm.Context, _ rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		var kept []rm.RString
		for _, e := range r.All {
			kept = append(kept, e.Retain())
		}
		for _, s := range kept {
			seen += s.String() + " "
			s.Free()
		}
		return seen
	}},
	{"recovered", "e a b c d e", "a b c d e", func(_ rm.Context, _ rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		func() {
			defer func() { seen = recover().(string) }()
			for _, e := range r.Backward {
				panic(e.Clone())
			}
		}()
		for _, e := range r.All { // the key still works
			seen += " " + e.String()
		}
		return seen
	}},
	{"zero", "", "a b c d e", func(rm.Context, rm.WriteKey, rm.RStr, rm.ListRange) (seen string) {
		for range (rm.ListRange{}).All {
			seen = "something"
		}
		for range (rm.ListRange{}).Backward {
			seen = "something"
		}
		return seen
	}},
}

// run runs the loop over the list and returns what it saw.
func (lo *loop) run(ctx rm.Context, name rm.RStr) (string, error) {
	k := ctx.OpenWriteKey(name)
	defer told(func() any { k.Close(); return nil }) // the body may have closed it
	r, err := k.List(0, -1)
	if err != nil {
		return "", err
	}
	return lo.body(ctx, k, name, r), nil
}

// InsideListLoops runs loops whose bodies break, panic, nest, or change the list.
//
// Drives: ListGet, ListSet, ListDelete, ListPush, ListPop.
func InsideListLoops(t *inside.T, ctx rm.Context) {
	if !serverHas(t, "ListGet") {
		t.Skip("the server has no ListGet, before Redis 7.0; InsideListElements asks for the error")
	}
	l := list{env{t, ctx}}
	name := l.str("l")
	fill := func() {
		l.do("DEL", "l")
		l.do("RPUSH", "l", "a", "b", "c", "d", "e")
	}
	for i := range loops {
		lo := &loops[i]
		fill()
		got, err := lo.run(ctx, name)
		require.NoError(t, err, lo.name)
		require.Equal(t, lo.want, got, lo.name)
		require.Equal(t, append([]string{}, strings.Fields(lo.left)...), l.all("l"), "what %s leaves", lo.name)
	}
	fill()
	leaves := func(lo *loop) bool { return lo.left == "a b c d e" }
	l.leakless(func() {
		for i := range loops {
			if leaves(&loops[i]) {
				_, _ = loops[i].run(ctx, name)
			}
		}
	})
	// Last, as the context keeps it.
	ctx.AutoMemory()
	got, err := loops[0].run(ctx, name)
	require.NoError(t, err)
	require.Equal(t, loops[0].want, got, "with automatic memory")
}

// InsideListPanic leaves a loop by a panic that ends the command, which closes the key.
//
// Drives: ListGet.
func InsideListPanic(t *inside.T, ctx rm.Context) {
	if !serverHas(t, "ListGet") {
		t.Skip("the server has no ListGet, before Redis 7.0; InsideListElements asks for the error")
	}
	l := list{env{t, ctx}}
	l.do("RPUSH", "l", "a", "b")
	func() {
		defer func() { require.Equal(t, "a", recover()) }()
		k := ctx.OpenWriteKey(l.str("l")) // is left open
		r, err := k.List(0, -1)
		require.NoError(t, err)
		for _, e := range r.All {
			panic(e.Clone())
		}
	}()
	t.Later(0, func(t *inside.T, ctx rm.Context) {
		l := list{env{t, ctx}}
		require.Equal(t, "a", l.pop(write, "l", rm.ListHead))
		require.Equal(t, []string{"b"}, l.all("l"))
	})
}

// InsideListAgainstModel does random operations on one open key and compares each
// result with a slice's.
//
// Drives: ListPush, ListPop, ListGet, ListSet, ListInsert, ListDelete.
func InsideListAgainstModel(t *inside.T, ctx rm.Context) {
	if !serverHas(t, "ListGet") {
		t.Skip("the server has no ListGet, before Redis 7.0; InsideListElements asks for the error")
	}
	l := list{env{t, ctx}}
	const option = "list-max-listpack-size"
	before := l.list("CONFIG", "GET", option)
	l.do("CONFIG", "SET", option, "4") // many nodes
	t.Cleanup(func() { l.do("CONFIG", "SET", option, before[1]) })
	name := l.str("l")
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		k := ctx.OpenWriteKey(name)
		var model []string
		place := 0
		for n := range 500 {
			place = nextPlace(random, place, len(model))
			value := fmt.Sprintf("%d.%s", n, strings.Repeat("v", random.IntN(80)))
			s := rm.NewRStringText(value)
			op, want, got := modelStep(random, k, &model, place, value, s.Str())
			s.Free()
			require.Equal(t, want, got, "seed %d, step %d: %s at %d of %d", seed, n, op, place, len(model))
		}
		k.Close()
		require.Equal(t, append([]string{}, model...), l.all("l"), "seed %d", seed)
		l.do("DEL", "l")
	}
}

// nextPlace is mostly near the last place, where the server's iterator is.
func nextPlace(random *rand.Rand, place, n int) int {
	if place += random.IntN(5) - 2; random.IntN(20) == 0 {
		place = random.IntN(2*n+3) - n - 1
	}
	return place
}

// modelStep does one random operation on the key and on the model, and returns what
// the model says and what the key answers.
func modelStep(random *rand.Rand, k rm.WriteKey, model *[]string, place int, value string, s rm.RStr) (op string, want, got any) {
	m := *model
	i := place
	if i < 0 {
		i += len(m)
	}
	within := i >= 0 && i < len(m)
	missing := any(rm.ErrRange)
	if len(m) == 0 {
		missing = rm.ErrNoKey
	}
	want = "ok"
	switch what := random.IntN(14); {
	case what < 6:
		op, want, got = "get", "(null)", text(k.ListGet(place))
		if within {
			want = m[i]
		}
	case what < 7:
		op, got = "set", done(k.ListSet(place, s))
		if within {
			m[i] = value
		} else {
			want = missing
		}
	case what < 9:
		op, got = "insert", done(k.ListInsert(place, s))
		at := place
		if at < 0 {
			at += len(m) + 1
		}
		if at < 0 || at > len(m) {
			want = rm.ErrRange
		} else {
			*model = slices.Insert(m, at, value)
		}
	case what < 11:
		op, got = "delete", done(k.ListDelete(place))
		if within {
			*model = slices.Delete(m, i, i+1)
		} else {
			want = missing
		}
	case what < 13:
		end := random.IntN(2)
		op, got = "push", done(k.ListPush(rm.ListEnd(end), s))
		*model = slices.Insert(m, end*len(m), value)
	default:
		end := random.IntN(2)
		op, want, got = "pop", "(null)", text(k.ListPop(rm.ListEnd(end)))
		if len(m) > 0 {
			at := end * (len(m) - 1)
			want = m[at]
			*model = slices.Delete(m, at, at+1)
		}
	}
	return op, want, got
}

// InsideListCosts looks for leaks and for Go allocations.
//
// Drives: ListPush, ListPop, ListGet, ListSet, ListInsert, ListDelete.
func InsideListCosts(t *inside.T, ctx rm.Context) {
	l := list{env{t, ctx}}
	l.do("RPUSH", "l", "a", "b", "c", "d")
	l.do("SET", "text", "x")
	fresh, name, wrong, v := l.str("new"), l.str("l"), l.str("text"), l.str("value")
	has := serverHas(t, "ListGet")
	free := func(s rm.RString, _ bool, err error) {
		if err != nil {
			panic(err)
		}
		s.Free()
	}
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	l.costs(func() {
		k := ctx.OpenWriteKey(fresh)
		must(k.ListPush(rm.ListHead, v))
		must(k.ListPush(rm.ListHead, v))
		free(k.ListPop(rm.ListTail))
		free(k.ListPop(rm.ListHead))
		free(k.ListPop(rm.ListHead))
		k.Close()
		if !has {
			return
		}
		k = ctx.OpenWriteKey(name)
		r, err := k.List(0, -1)
		must(err)
		n := 0
		for _, e := range r.All {
			n += e.Len()
		}
		for _, e := range r.Backward {
			n += e.Len()
		}
		if n != 16 && n != 8 {
			panic(n)
		}
		free(k.ListGet(1))
		free(k.ListGet(10))
		must(k.ListSet(1, v))
		must(k.ListInsert(1, v))
		must(k.ListDelete(1))
		k.Close()
	})
	// What fails leaks nothing either.
	l.leakless(func() {
		k := ctx.OpenWriteKey(wrong)
		_ = k.ListPush(rm.ListTail, v)
		_, _, _ = k.ListPop(rm.ListTail)
		_, _, _ = k.ListGet(1)
		_ = k.ListInsert(10, v)
		_, _ = k.List(0, -1)
		k.Close()
		_ = k.ListPush(rm.ListTail, v)
		k = ctx.OpenWriteKey(name)
		_ = k.ListSet(10, v)
		k.Close()
		k = forged(ctx.OpenReadKey(name))
		_ = k.ListPush(rm.ListTail, v)
		_ = k.ListDelete(1)
		k.Close()
	})
}
