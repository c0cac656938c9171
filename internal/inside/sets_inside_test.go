// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// set has the methods of sets, with or without replication.
type set struct {
	env
	quiet bool
}

func (s set) of(key string) rm.SetKey {
	k := s.ctx.SetKey(s.str(key))
	if s.quiet {
		return k.WithoutReplication()
	}
	return k
}

func (s set) add(key string, members ...string) any {
	return either(s.of(key).Add(s.strs(members...)...))
}
func (s set) remove(key string, members ...string) any {
	return either(s.of(key).Remove(s.strs(members...)...))
}
func (s set) contains(key, member string) any { return either(s.of(key).Contains(s.str(member))) }
func (s set) len(key string) any              { return either(s.of(key).Len()) }
func (s set) pop(key string) any              { return text(s.of(key).Pop()) }
func (s set) random(key string) any           { return text(s.of(key).Random()) }

// members are those of a loop, sorted, or an error; by bytes or by strings.
func (s set) members(key string, bytes bool) any {
	m, err := s.of(key).Members()
	seen := []string{}
	if bytes {
		for b := range m.Bytes {
			seen = append(seen, string(b))
		}
	} else {
		for r := range m.All {
			seen = append(seen, r.Clone())
		}
	}
	if err == nil {
		err = m.Err()
	}
	if err != nil {
		require.Empty(s, seen)
		return err
	}
	slices.Sort(seen)
	return seen
}

// sorted are the members as the server has them.
func (s set) sorted(key string) []string {
	s.Helper()
	all := s.list("SMEMBERS", key)
	slices.Sort(all)
	return all
}

// InsideSets adds, removes and asks.
//
// Drives: Call.
func InsideSets(t *inside.T, ctx rm.Context) {
	for _, quiet := range []bool{false, true} {
		s := set{env{t, ctx}, quiet}
		require.Equal(t, 2, s.add("s", "a", "b", "a"))
		require.Equal(t, 1, s.add("s", "a", "c"))
		require.Equal(t, 0, s.add("s"))
		require.Equal(t, 3, s.len("s"))
		require.Equal(t, 0, s.len("none"))
		require.Equal(t, true, s.contains("s", "a"))
		require.Equal(t, false, s.contains("s", "x"))
		require.Equal(t, false, s.contains("none", "a"))
		require.Equal(t, 1, s.remove("s", "a", "x"))
		require.Equal(t, 0, s.remove("s", "x"))
		require.Equal(t, 0, s.remove("none", "a"))
		require.Equal(t, 0, s.remove("s"))
		require.Equal(t, 0, s.add("none"))
		require.Equal(t, "(null)", s.pop("none"))
		require.Equal(t, "(null)", s.random("none"))
		for _, bytes := range []bool{false, true} {
			require.Equal(t, []string{}, s.members("none", bytes))
			require.Equal(t, []string{"b", "c"}, s.members("s", bytes))
		}
		for _, members := range [][]string{{"(zero)"}, {"x", "(zero)"}} {
			require.Equal(t, rm.ErrNoString, s.add("s", members...))
			require.Equal(t, rm.ErrNoString, s.remove("s", members...))
		}
		require.Equal(t, rm.ErrNoString, s.contains("s", "(zero)"))
		require.Equal(t, []string{"b", "c"}, s.sorted("s"))
		require.Contains(t, []any{"b", "c"}, s.random("s"))
		require.ElementsMatch(t, []any{"b", "c"}, []any{s.pop("s"), s.pop("s")})
		require.Equal(t, 0, s.do("EXISTS", "s", "none"), "the key goes with its last member")

		s.otherTypes("set", func(key string) {
			if key == "is.intset" {
				return
			}
			for _, got := range []any{
				s.add(key, "x"), s.remove(key, "x"), s.remove(key), s.contains(key, "x"), s.len(key), s.pop(key), s.random(key), s.members(key, false), s.members(key, true),
			} {
				require.Equal(t, rm.ErrWrongType, got)
			}
		})
		s.do("FLUSHALL")
	}
	// Awkward members, the large one too; each of them through every method.
	s, quiet := set{env{t, ctx}, false}, set{env{t, ctx}, true}
	for i, v := range awkward {
		require.Equal(t, 1, s.add("s\x00", v))
		require.Equal(t, 0, s.add("s\x00", v))
		require.Equal(t, true, s.contains("s\x00", v))
		require.Equal(t, i+1, s.len("s\x00"))
		s.do("SADD", "one", v)
		require.True(t, v == s.random("one"))
		for _, bytes := range []bool{false, true} {
			got, ok := s.members("one", bytes).([]string)
			require.True(t, ok && slices.Equal([]string{v}, got))
		}
		require.True(t, v == s.pop("one"))
	}
	want := slices.Sorted(slices.Values(awkward))
	require.True(t, slices.Equal(want, s.sorted("s\x00")))
	for _, v := range awkward {
		require.Equal(t, 1, quiet.remove("s\x00", v))
	}
	require.Equal(t, 0, s.do("EXISTS", "s\x00"))
}

// InsideSetZero uses a set without a name, and the zero SetKey.
//
// Drives: Call.
func InsideSetZero(t *inside.T, ctx rm.Context) {
	a := env{t, ctx}.str("a")
	for _, k := range []rm.SetKey{{}, ctx.SetKey(rm.RStr{}), ctx.SetKey(rm.RStr{}).WithoutReplication()} {
		_, err := k.Members()
		require.Equal(t, []any{rm.ErrNoString, rm.ErrNoString, rm.ErrNoString, rm.ErrNoString, rm.ErrNoString, rm.ErrNoString, rm.ErrNoString}, []any{
			either(k.Add(a)), either(k.Remove(a)), either(k.Contains(a)), either(k.Len()), text(k.Pop()), text(k.Random()), err,
		})
	}
}

// InsideSetMany works on many members, around what travels as words and past the limits
// of the small encodings.
//
// Drives: Call.
func InsideSetMany(t *inside.T, ctx rm.Context) {
	s, quiet := set{env{t, ctx}, false}, set{env{t, ctx}, true}
	for _, n := range []int{1, 19, 20, 21, 22, 100, 600, 10_000} {
		for _, prefix := range []string{"", "\x00"} { // numbers are kept in another way
			all := make([]string, n)
			for i := range all {
				all[i] = prefix + strconv.Itoa(i)
			}
			want := slices.Sorted(slices.Values(all))
			require.Equal(t, n, s.add("s", all...))
			require.Equal(t, 0, quiet.add("s", all...))
			require.Equal(t, n, s.len("s"))
			require.Equal(t, want, s.sorted("s"))
			require.Equal(t, want, s.members("s", false))
			require.Equal(t, want, s.members("s", true))
			require.Equal(t, rm.ErrNoString, s.remove("s", append(all, "(zero)")...))
			require.Equal(t, rm.ErrNoString, s.add("s", append(all, "new", "(zero)")...))
			require.Equal(t, n, s.len("s"), "nothing has happened")
			require.Equal(t, n/2, s.remove("s", append([]string{"none"}, all[:n/2]...)...))
			require.Equal(t, n-n/2, s.remove("s", all...))
			require.Equal(t, 0, s.do("EXISTS", "s"))
		}
	}
}

// setBodies are loops whose bodies do what bodies usually do not: over the set s of a, b
// and c.
var setBodies = []struct {
	name, want, left string
	body             func(s rm.SetKey, members rm.SetMembers) (seen []string)
}{
	{"break", "", "a b c", func(_ rm.SetKey, members rm.SetMembers) (seen []string) {
		for m := range members.All {
			if !strings.Contains("abc", m.String()) {
				return []string{"no member"}
			}
			break
		}
		for range members.Bytes {
			break
		}
		return nil
	}},
	{"panic", "recovered", "a b c", func(_ rm.SetKey, members rm.SetMembers) (seen []string) {
		defer func() {
			if recover() != nil {
				seen = []string{"recovered"}
			}
		}()
		for m := range members.All {
			panic(m.Clone())
		}
		return nil
	}},
	{"remove", "a b c", "", func(s rm.SetKey, members rm.SetMembers) (seen []string) {
		for m := range members.All {
			if n, err := s.Remove(m); err != nil || n != 1 {
				seen = append(seen, "not removed")
			}
			seen = append(seen, m.Clone())
		}
		for range members.Bytes {
			seen = append(seen, "of an empty set")
		}
		return seen
	}},
	{"nested", "aa ab ac ba bb bc ca cb cc", "a b c", func(_ rm.SetKey, members rm.SetMembers) (seen []string) {
		for m := range members.Bytes {
			for n := range members.All {
				seen = append(seen, string(m)+n.String())
			}
		}
		return seen
	}},
	{"retain", "a b c", "a b c", func(_ rm.SetKey, members rm.SetMembers) (seen []string) {
		var kept []rm.RString
		for m := range members.All {
			kept = append(kept, m.Retain())
		}
		for _, m := range kept {
			seen = append(seen, m.Clone())
			m.Free()
		}
		return seen
	}},
	{"zero", "", "a b c", func(rm.SetKey, rm.SetMembers) []string {
		var none rm.SetMembers
		for range none.All {
			return []string{"something"}
		}
		return nil
	}},
}

// InsideSetLoops runs loops whose bodies break, panic, nest, or change the set.
//
// Drives: Call.
func InsideSetLoops(t *inside.T, ctx rm.Context) {
	s := set{env{t, ctx}, false}
	k := s.of("s")
	members, err := k.Members()
	require.NoError(t, err)
	for _, loop := range setBodies {
		s.do("SADD", "s", "a", "b", "c")
		seen := loop.body(k, members)
		require.NoError(t, members.Err())
		slices.Sort(seen)
		require.Equal(t, loop.want, strings.Join(seen, " "), loop.name)
		require.Equal(t, append([]string{}, strings.Fields(loop.left)...), s.sorted("s"), loop.name)
	}
	// The key gets another type between Members and the loop.
	s.do("SET", "s", "a string")
	for range members.All {
		t.Fatal("there is a member")
	}
	require.Equal(t, rm.ErrWrongType, members.Err())
	s.do("DEL", "s")
	for range members.Bytes {
		t.Fatal("there is a member")
	}
	require.NoError(t, members.Err(), "the next loop has an error of its own")
	// Last, as the context keeps it.
	s.do("SADD", "s", "a", "b")
	ctx.AutoMemory()
	require.Equal(t, []string{"a", "b"}, s.members("s", false))
	require.Equal(t, 2, s.add("s", "c", "d"))
	require.Contains(t, []any{"a", "b", "c", "d"}, s.random("s"))
	require.Contains(t, []any{"a", "b", "c", "d"}, s.pop("s"))
	require.Equal(t, 3, s.len("s"))
}

// InsideSetCosts looks for leaks and for Go allocations.
//
// Drives: Call.
func InsideSetCosts(t *inside.T, ctx rm.Context) {
	s := set{env{t, ctx}, false}
	s.do("SADD", "s", "a", "b", "c")
	s.do("SET", "text", "x")
	old, fresh, many, wrong := s.of("s"), s.of("new"), s.of("many"), s.of("text")
	x, y, z := s.str("x"), s.str("y"), s.str("z")
	thirty := make([]rm.RStr, 30)
	for i := range thirty {
		thirty[i] = s.str("member" + strconv.Itoa(i))
	}
	free := func(s rm.RString, _ bool, err error) {
		if err != nil {
			panic(err)
		}
		s.Free()
	}
	number := func(want int) func(n int, err error) {
		return func(n int, err error) {
			if err != nil || n != want {
				panic(err)
			}
		}
	}
	none, one, two, three, all := number(0), number(1), number(2), number(3), number(30)
	s.costs(func() {
		three(fresh.Add(x, y, z)) // literals stay off the heap
		one(fresh.Remove(x))
		_, _ = fresh.Contains(y)
		two(fresh.Len())
		free(fresh.Random())
		free(fresh.Pop())
		free(fresh.WithoutReplication().Pop())
		free(fresh.Pop())
		none(fresh.Remove(x))
		all(many.Add(thirty...))
		all(many.WithoutReplication().Remove(thirty...))
		members, err := old.Members()
		if err != nil {
			panic(err)
		}
		n := 0
		for m := range members.All {
			n += m.Len()
		}
		for b := range members.Bytes {
			n += len(b)
		}
		if n != 6 {
			panic(n)
		}
	})
	// What fails leaks nothing either.
	s.leakless(func() {
		_, _ = wrong.Add(x)
		_, _ = wrong.Remove(thirty...)
		_, _, _ = wrong.Pop()
		_, _, _ = wrong.Random()
		_, _ = wrong.Len()
		_, _ = wrong.Members()
		_, _ = rm.SetKey{}.Len()
		_, _ = old.Add(x, rm.RStr{})
		_, _ = old.Remove(append(thirty, rm.RStr{})...)
		members, _ := old.Members()
		for _, loop := range setBodies {
			if loop.left == "a b c" {
				loop.body(old, members)
			}
		}
	})
}
