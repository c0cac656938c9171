// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// members is a set as the server has it, sorted.
func members(t *testing.T, s *rmtest.Server, key string) []string {
	t.Helper()
	m, err := s.Client2().SMembers(context.Background(), key).Result()
	require.NoError(t, err)
	slices.Sort(m)
	return m
}

// TestSets adds, removes and asks.
//
// Drives: Call.
func TestSets(t *testing.T) {
	const no, one, two = ":0\r\n", ":1\r\n", ":2\r\n"
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		for _, how := range []string{"r", "q", "a"} {
			runSteps(w, "d.set.", []step{
				{"add " + how + " s a b a", two}, {"add " + how + " s a c", one}, {"add " + how + " s", no}, {"len " + how + " s", ":3\r\n"}, {"len " + how + " none", no},
				{"contains " + how + " s a", one}, {"contains " + how + " s x", no}, {"contains " + how + " none a", no},
				{"remove " + how + " s a x", one}, {"remove " + how + " s x", no}, {"remove " + how + " none a", no}, {"remove " + how + " s", no}, {"add " + how + " none", no},
				{"pop " + how + " none", nullReply}, {"random " + how + " none", nullReply}, {"members " + how + " none all", "*0\r\n"},
				{"add " + how + " s (zero)", wireNoString}, {"add " + how + " s x (zero)", wireNoString}, {"remove " + how + " s (zero)", wireNoString}, {"contains " + how + " s (zero)", wireNoString},
			})
			require.Equal(t, []string{"b", "c"}, members(t, s, "s"))
			require.Contains(t, []string{bulk("b"), bulk("c")}, w.alone("d.set.random", how, "s"))
			first := w.alone("d.set.pop", how, "s")
			second := w.alone("d.set.pop", how, "s")
			require.ElementsMatch(t, []string{bulk("b"), bulk("c")}, []string{first, second})
			require.Equal(t, no, w.do("EXISTS", "s", "none"), "the key goes with its last member")
		}
		for _, how := range []string{"n", "z"} {
			runSteps(w, "d.set.", []step{
				{"add " + how + " s a", wireNoString}, {"remove " + how + " s a", wireNoString}, {"contains " + how + " s a", wireNoString}, {"len " + how + " s", wireNoString},
				{"pop " + how + " s", wireNoString}, {"random " + how + " s", wireNoString}, {"members " + how + " s all", wireNoString},
			})
		}
		// Awkward members, the large one too; each of them through every method.
		for i, v := range awkward {
			require.Equal(t, one, w.alone("d.set.add", "r", "s\x00", v))
			require.Equal(t, no, w.alone("d.set.add", "r", "s\x00", v))
			require.Equal(t, one, w.alone("d.set.contains", "r", "s\x00", v))
			require.Equal(t, fmt.Sprintf(":%d\r\n", i+1), w.alone("d.set.len", "r", "s\x00"))
			w.do("SADD", "one", v)
			require.True(t, bulk(v) == w.alone("d.set.random", "r", "one"))
			require.True(t, array(v) == w.alone("d.set.members", "r", "one", "all"))
			require.True(t, array(v) == w.alone("d.set.members", "r", "one", "bytes"))
			require.True(t, bulk(v) == w.alone("d.set.pop", "r", "one"))
		}
		want := slices.Clone(awkward)
		slices.Sort(want)
		require.Equal(t, want, members(t, s, "s\x00"))
		for _, v := range awkward {
			require.Equal(t, one, w.alone("d.set.remove", "q", "s\x00", v))
		}
		otherTypes(w, "set", func(key string) {
			if key == "is.intset" {
				return
			}
			for _, c := range []string{"add r KEY x", "add q KEY", "remove r KEY x", "remove r KEY", "contains r KEY x", "len r KEY", "pop r KEY", "pop q KEY", "random r KEY", "members r KEY all", "members r KEY bytes"} {
				require.Equal(t, wireWrongType, w.alone(strings.Fields("d.set."+strings.Replace(c, "KEY", key, 1))...), "%s: %s", key, c)
			}
		})
	})
}

// TestSetRefused has the server refuse the commands themselves.
//
// Drives: Call.
func TestSetRefused(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		want := "-ERR the server wireRefused the call\r\n"
		if is70(s) {
			want = "-ERR unknown command"
		}
		for _, c := range []string{"pop r s", "random r s", "add r s x", "members r s all"} {
			require.Contains(t, w.alone(strings.Fields("d.set."+c)...), want)
		}
	}, `rename-command SPOP ""`, `rename-command SRANDMEMBER ""`, `rename-command SADD ""`, `rename-command SCARD ""`)
}

// TestSetMany works on many members, around what travels as words and past the
// limits of the small encodings.
//
// Drives: Call.
func TestSetMany(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		for _, n := range []int{1, 19, 20, 21, 22, 100, 600, 10_000} {
			for _, prefix := range []string{"", "\x00"} { // numbers are kept in another way
				all := make([]string, n)
				for i := range all {
					all[i] = prefix + strconv.Itoa(i)
				}
				want := slices.Sorted(slices.Values(all))
				count := fmt.Sprintf(":%d\r\n", n)
				require.Equal(t, count, w.alone(append([]string{"d.set.add", "r", "s"}, all...)...))
				require.Equal(t, ":0\r\n", w.alone(append([]string{"d.set.add", "q", "s"}, all...)...))
				require.Equal(t, count, w.alone("d.set.len", "r", "s"))
				require.Equal(t, want, members(t, s, "s"))
				for _, how := range []string{"all", "bytes"} {
					got, err := s.Client().Do(context.Background(), "d.set.members", "r", "s", how).StringSlice()
					require.NoError(t, err)
					slices.Sort(got)
					require.Equal(t, want, got)
				}
				require.Equal(t, wireNoString, w.alone(append(append([]string{"d.set.remove", "r", "s"}, all...), "(zero)")...))
				require.Equal(t, count, w.alone("d.set.len", "r", "s"))
				require.Equal(t, fmt.Sprintf(":%d\r\n", n/2), w.alone(append([]string{"d.set.remove", "r", "s", "none"}, all[:n/2]...)...))
				require.Equal(t, fmt.Sprintf(":%d\r\n", n-n/2), w.alone(append([]string{"d.set.remove", "r", "s"}, all...)...))
				require.Equal(t, ":0\r\n", w.do("EXISTS", "s"))
			}
		}
	})
}

// TestSetLoops runs loops whose bodies break, panic, nest, or change the set.
//
// Drives: Call.
func TestSetLoops(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		for _, loop := range []struct{ body, want, left string }{
			{"remove", "a b c", ""}, {"nested", "aa ab ac ba bb bc ca cb cc", "a b c"}, {"retain", "a b c", "a b c"}, {"zero", "", "a b c"},
		} {
			w.do("SADD", "s", "a", "b", "c")
			require.Equal(t, bulk(loop.want), w.alone("d.set.body", loop.body, "s"), loop.body)
			require.Equal(t, append([]string{}, strings.Fields(loop.left)...), members(t, s, "s"), loop.body)
		}
		w.do("SADD", "s", "a", "b", "c")
		require.Contains(t, []string{bulk("a"), bulk("b"), bulk("c")}, w.alone("d.set.body", "break", "s"))
		require.Contains(t, w.alone("d.set.body", "panic", "s"), "-ERR d.set.body: panic: ")
	})
}

// TestSetReplication reads back what the commands have written to the AOF.
//
// Drives: Call.
func TestSetReplication(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		w.do("d.set.add", "r", "s", "a", "b", "c", "d", "e", "f", "g", "h")
		w.do("d.set.remove", "r", "s", "a")
		for range 4 { // SPOP is random: what is written must be what was popped
			w.do("d.set.pop", "r", "s")
		}
		replicated := members(t, s, "s")
		require.Len(t, replicated, 3)
		w.do("d.set.add", "q", "s", "quiet")
		w.do("d.set.remove", "q", "s", replicated[0])
		w.do("d.set.pop", "q", "s")
		require.NotEqual(t, replicated, members(t, s, "s"))
		require.Equal(t, okReply, w.do("DEBUG", "LOADAOF"))
		require.Equal(t, replicated, members(t, s, "s"))
	}, "appendonly yes", "appendfsync always")
}

// TestSetCosts looks for leaks and for Go allocations.
//
// Drives: Call.
func TestSetCosts(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SADD", "s", "a", "b", "c")
		s.MustDo("SET", "text", "x")
		thirty := make([]string, 30)
		for i := range thirty {
			thirty[i] = "member" + strconv.Itoa(i)
		}
		hot := [][]string{
			{"d.set.add", "r", "new", "x", "y", "z"}, {"d.set.remove", "r", "new", "x"}, {"d.set.contains", "r", "new", "y"}, {"d.set.len", "r", "new"},
			{"d.set.random", "r", "new"}, {"d.set.pop", "r", "new"}, {"d.set.pop", "q", "new"}, {"d.set.members", "r", "s", "all"}, {"d.set.members", "r", "s", "bytes"},
			append([]string{"d.set.add", "r", "many"}, thirty...), append([]string{"d.set.remove", "q", "many"}, thirty...),
		}
		all := append(hot, [][]string{
			{"d.set.add", "r", "text", "x"}, {"d.set.pop", "r", "text"}, {"d.set.members", "r", "text", "all"}, {"d.set.len", "n", "s"}, {"d.set.pop", "a", "new"}, {"d.set.members", "a", "s", "all"},
			{"d.set.body", "break", "s"}, {"d.set.body", "panic", "s"}, {"d.set.body", "retain", "s"}, {"d.set.body", "nested", "s"},
		}...)
		leakless(t, s, 3, 8<<10, func(w *wire) {
			for range 300 {
				for _, c := range all {
					w.do(c...)
				}
			}
		})
		noAllocs(t, s, hot...)
	})
}

// TestSetMembersError has a key that gets another type between Members and the loop.
//
// Drives: Call.
func TestSetMembersError(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SADD", "k", "a", "b")
		w := dial(t, s, 2)
		require.Equal(t, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", w.alone("d.set.body", "type", "k"))
	})
}
