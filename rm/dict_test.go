// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestDict stores, reads and removes with each kind of key.
//
// Drives: CreateDict, FreeDict, DictSize, DictSet, DictSetC, DictReplace, DictReplaceC, DictGet, DictGetC, DictDel, DictDelC.
func TestDict(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, kind := range []string{"s", "b", "t"} {
			s.MustDo("d.dict.new")
			do := func(want, verb string, args ...any) {
				t.Helper()
				require.Equal(t, want, s.MustDo(append([]any{"d.dict.do", verb, kind}, args...)...), "%s %.100q", verb, args)
			}
			size := func(want int64) {
				t.Helper()
				require.Equal(t, want, s.MustDo("d.dict.do", "len", "b"))
			}
			size(0)
			big := strings.Repeat("k\x00", 1<<19)
			for _, key := range []string{"key", "", "\x00", "key\x00", "k", "\xff\xfe", big, big + "x", big[:len(big)-1]} {
				do("false 0", "get", key)
				do("false 0", "delete", key)
				do("true 0", "set", key, 0) // the value 0 is not the same as no key
				do("true 0", "get", key)
				do("false 7", "set", key, 7) // the second is the argument
				do("true 0", "get", key)
				do("false 18446744073709551615", "replace", key, uint64(1<<64-1))
				do("true 18446744073709551615", "get", key)
				do("true 18446744073709551615", "delete", key)
				do("true 9", "replace", key, 9)
				do("true 9", "get", key)
			}
			size(9)
			do("true 9", "delete", "key")
			do("false 0", "get", "key")
			do("true 9", "get", "key\x00")
			do("true 9", "delete", "")
			size(7)
			do("false 0", "replace", "k", 0)
			do("true 0", "delete", "k")
		}
	})
}

// dictOps are the operators, as the model knows them.
var dictOps = []string{"^", "$", "==", ">=", ">", "<=", "<"}

// seek is where an operator puts an iterator over sorted keys; -1 is nowhere.
func seek(keys []string, op, key string) int {
	i, found := slices.BinarySearch(keys, key)
	switch op {
	case "^":
		i = 0
	case "$":
		i = len(keys) - 1
	case "==":
		if !found {
			return -1
		}
	case ">":
		if found {
			i++
		}
	case "<=":
		if !found {
			i--
		}
	case "<":
		i--
	}
	if i >= len(keys) {
		return -1
	}
	return i
}

// steps is what an iterator shows of sorted keys, step by step.
func steps(keys []string, op, key, directions string) []string {
	var out []string
	at := seek(keys, op, key)
	for i, d := range directions {
		switch {
		case at < 0 || i == 0:
		case d == 'n' || d == 'N':
			at++
		default:
			at--
		}
		if at >= len(keys) {
			at = -1
		}
		if at < 0 {
			out = append(out, "none")
		} else {
			out = append(out, "key "+keys[at])
		}
	}
	return out
}

// randomKey is a key of few different bytes, so that many are prefixes of others.
func randomKey(rnd *rand.Rand) string {
	const alphabet = "\x00\x01aab\x7f\xff\xff"
	n := rnd.Intn(12)
	if rnd.Intn(20) == 0 {
		n += rnd.Intn(300) // longer than what an iterator holds at first
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rnd.Intn(len(alphabet))]
	}
	if rnd.Intn(4) == 0 && n > 3 {
		b[rnd.Intn(n)] = byte(rnd.Intn(256))
	}
	return string(b)
}

// fillDict makes a new dictionary with n random keys, each with its place in the
// order as its value, and returns the keys in order.
func fillDict(t *testing.T, s *rmtest.Server, rnd *rand.Rand, n int) []string {
	t.Helper()
	set := map[string]bool{}
	for len(set) < n {
		set[randomKey(rnd)] = true
	}
	keys := make([]string, 0, n)
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	s.MustDo("d.dict.new")
	for _, i := range rnd.Perm(n) {
		require.Equal(t, fmt.Sprint("true ", i), s.MustDo("d.dict.do", "set", []string{"s", "b", "t"}[i%3], keys[i], i))
	}
	require.Equal(t, int64(n), s.MustDo("d.dict.do", "len", "b"))
	return keys
}

func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := time.Now().UnixNano()
	t.Log("seed ", seed)
	return rand.New(rand.NewSource(seed))
}

// TestDictFirstIterator makes the first iterator of a dictionary, which later ones
// reuse, for a key that is a string of the server.
//
// Drives: DictIteratorStart.
func TestDictFirstIterator(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		keys := fillDict(t, s, seeded(t), 100)
		for _, i := range []int{50, 20} {
			got := texts(t, s, "d.dict.seek", "S", "nn", ">=", keys[i])
			require.Equal(t, steps(keys, ">=", keys[i], "nn"), got)
		}
	})
}

// TestDictRandom compares a dictionary of 10,000 binary keys with a sorted slice:
// every operator, every kind of key, both directions, and steps to and fro.
//
// Drives: DictIteratorStartC, DictIteratorReseek, DictIteratorReseekC, DictIteratorStop, DictNext, DictNextC, DictPrev, DictPrevC.
func TestDictRandom(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		rnd := seeded(t)
		keys := fillDict(t, s, rnd, 10_000)
		probe := func() string {
			k := keys[rnd.Intn(len(keys))]
			switch rnd.Intn(4) {
			case 0:
				return k
			case 1:
				return k[:rnd.Intn(len(k)+1)]
			case 2:
				return k + randomKey(rnd)
			}
			return randomKey(rnd)
		}
		kinds, moves := "sbtSBT", "npNP"
		for i := range 3000 {
			op, key := dictOps[i%len(dictOps)], probe()
			kind := string(kinds[rnd.Intn(len(kinds))])
			directions := make([]byte, 1+rnd.Intn(8))
			for j := range directions {
				directions[j] = moves[rnd.Intn(len(moves))]
			}
			got := texts(t, s, "d.dict.seek", kind, string(directions), op, key)
			require.Equal(t, steps(keys, op, key, string(directions)), got, "%s %q %q by %s", op, key, directions, kind)
		}
		for i := range 3 * len(dictOps) {
			op, key := dictOps[i%len(dictOps)], probe()
			at := seek(keys, op, key)
			for _, direction := range []string{"all", "backward", "all.strings", "backward.strings"} {
				want := []string{}
				if strings.HasPrefix(direction, "all") {
					for j := at; j >= 0 && j < len(keys); j++ {
						want = append(want, keys[j], fmt.Sprint(j))
					}
				} else {
					for j := at; j >= 0; j-- {
						want = append(want, keys[j], fmt.Sprint(j))
					}
				}
				got := texts(t, s, "d.dict.range", string(kinds[i%3]), direction, op, key)
				require.True(t, slices.Equal(want, got), "%s %q %s: %d elements, want %d", op, key, direction, len(got)/2, len(want)/2)
			}
		}
		s.MustDo("d.dict.new") // empty
		for _, op := range dictOps {
			for _, kind := range kinds {
				require.Equal(t, []string{"none", "none"}, texts(t, s, "d.dict.seek", string(kind), "np", op, "k"))
			}
			require.Empty(t, texts(t, s, "d.dict.range", "s", "all", op, "k"))
		}
	})
}

// TestDictCompare compares the key of an iterator with others.
//
// Drives: DictCompare, DictCompareC.
func TestDictCompare(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		rnd := seeded(t)
		keys := fillDict(t, s, rnd, 300)
		for range 1000 {
			at, key := keys[rnd.Intn(len(keys))], randomKey(rnd)
			switch rnd.Intn(3) {
			case 0:
				key = at
			case 1:
				key = at[:rnd.Intn(len(at)+1)]
			}
			for op, want := range map[string]bool{
				"==": at == key, ">=": at >= key, ">": at > key, "<=": at <= key, "<": at < key, "^": false, "$": false,
			} {
				kind := string("sbt"[rnd.Intn(3)])
				got := s.MustDo("d.dict.compare", kind, at, op, key)
				require.Equal(t, fmt.Sprint([]bool{want, want, want, want}), got, "%q %s %q by %s", at, op, key, kind)
			}
		}
		require.Equal(t, "[false false false false]", s.MustDo("d.dict.compare", "s", "not there", ">", "a"), "at its end")
	})
}

// TestDictChanges changes dictionaries in the bodies of loops over them.
//
// Drives: DictIteratorReseekC, DictDelC, DictSetC, DictReplaceC, DictNextC, DictPrevC, DictNext, DictPrev.
func TestDictChanges(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		rnd := seeded(t)
		for _, direction := range []string{"all", "backward", "all.strings", "backward.strings"} {
			up := strings.HasPrefix(direction, "all")
			op := map[bool]string{true: "^", false: "$"}[up]
			run := func(n int, what string) (keys, got, left []string) {
				t.Helper()
				keys = fillDict(t, s, rnd, n)
				got = texts(t, s, "d.dict.body", what, direction, op)
				list := texts(t, s, "d.dict.range", "b", "all", "^", "")
				for i := 0; i < len(list); i += 2 {
					left = append(left, list[i])
				}
				if !up {
					slices.Reverse(keys)
				}
				return keys, got, left
			}
			for _, n := range []int{1, 2, 1000} {
				keys, got, left := run(n, "delete")
				require.Equal(t, keys, got, direction)
				require.Empty(t, left)

				keys, got, left = run(n, "zero")
				require.Equal(t, keys, got, direction)
				require.Len(t, left, n)

				keys, got, _ = run(n, "nested")
				require.Equal(t, keys, got, direction)

				keys, got, left = run(n, "delete.next")
				if !up { // downwards it is the one that was seen before
					require.Equal(t, keys, got)
					require.Equal(t, keys[n-1:], left)
					continue
				}
				require.Equal(t, left, got)
				require.Len(t, got, (n+1)/2)
				for i := range got {
					require.Equal(t, keys[2*i], got[i])
				}
			}
			// Each key puts its neighbours in; those ahead are seen, once.
			keys, got, left := run(100, "add")
			if !up {
				slices.Reverse(got)
			}
			require.Subset(t, got, keys)
			require.True(t, slices.IsSorted(got))
			require.Len(t, unique(got), len(got))
			require.Subset(t, left, got)

			fillDict(t, s, rnd, 100)
			_, err := s.Do("d.dict.body", "panic", direction, op)
			require.EqualError(t, err, "ERR d.dict.body: panic: in the body")
			require.Len(t, texts(t, s, "d.dict.body", "break", direction, op), 1)
			require.Len(t, texts(t, s, "d.dict.body", "free", direction, op), 1)
		}
	})
}

// TestDictMisuse uses dictionaries and iterators after their end.
//
// Drives: FreeDict, DictIteratorStop.
func TestDictMisuse(t *testing.T) {
	const (
		freed   = "ERR the dictionary is freed\n"
		stopped = "ERR the iterator is stopped\n"
		none    = "<nil>\n"
		outside = "ERR index out of range"
	)
	withData(t, func(t *testing.T, s *rmtest.Server) {
		size := freed
		if !serverHas(t, s, "MallocSizeDict") {
			size = lacking("MallocSizeDict") + "\n"
		}
		require.Equal(t, []string{
			"iterator: " + none, "stop: " + none, "stop again: " + stopped, "next of a stopped one: [] false\n",
			"seek of a stopped one: " + stopped[:len(stopped)-1] + " " + stopped, "compare of a stopped one: false false\n",
			"next of its successor: true\n", "unknown operator: " + outside + " " + outside + " false DictOp(99)\n", "unknown operator: " + outside + "\n",
			"zero keys: <nil> true\n", "zero key: " + none, "free: " + none, "free again: " + freed, "next of a freed one: false " + stopped, "prev of a freed one: false\n",
			"len: 0 0\n", "set: " + freed, "set: " + freed, "replace: " + freed, "replace: " + freed,
			"get: 0 false\n", "get: 0 false\n", "delete: 0 false\n", "delete: 0 false\n", "range: " + freed, "iterator: " + freed, "size: " + size,
			"seen: 0 " + stopped, "free: <nil> " + freed, "set: " + freed, "replace: " + freed, "get:  false 0\n", "delete:  false\n",
		}, texts(t, s, "d.dict.misuse"))
	})
}

// TestDictNothingLeaks repeats every use, and leaves loops in every way.
//
// Drives: CreateDict, FreeDict, DictIteratorStop, DictNext.
func TestDictNothingLeaks(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		leakless(t, s, 3, 1<<12, func(w *wire) {
			for i := range 100 {
				w.do("d.dict.misuse")
				w.do("d.dict.new")
				for j := range 10 {
					w.do("d.dict.do", "set", "b", strings.Repeat(fmt.Sprint(j), 200), "1")
				}
				w.do("d.dict.seek", "S", "nNpP", ">=", fmt.Sprint(i))
				for _, direction := range []string{"all", "backward", "all.strings", "backward.strings"} {
					for _, what := range []string{"nested", "break", "panic", "add", "delete"} {
						w.do("d.dict.body", what, direction, "^")
					}
				}
				w.do("d.dict.count", "key")
				w.do("d.dict.body", "free", "all.strings", "^")
			}
			w.do("d.dict.values")
		})
	})
}

// TestDictAllocatesNothing counts Go allocations of the methods and loops.
//
// Drives: DictSet, DictSetC, DictReplace, DictGet, DictDel, DictDelC, DictNext, DictNextC, DictPrev, DictPrevC, DictCompare.
func TestDictAllocatesNothing(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("d.dict.new")
		for _, key := range []string{"a", "b", "x", "y", strings.Repeat("z", 300)} {
			s.MustDo("d.dict.do", "set", "t", key, 1)
		}
		command := []string{"d.dict.count", "key"}
		// 4 methods, 4 keys from "key" on, 3 down to it, 4 strings with one inner step each, 4 more.
		require.Equal(t, int64(4+4+3+2*4+4), s.MustDo(command[0], command[1]))
		noAllocs(t, s, command)
	})
}

// TestGoDict compares a dictionary of Go values with a map, through 20,000
// operations.
//
// Drives: CreateDict, FreeDict, DictSize, DictSetC, DictGetC, DictDelC, DictNextC, DictPrevC.
func TestGoDict(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		require.Positive(t, s.MustDo("d.dict.values"))
		s.MustDo("d.gc")
		require.Positive(t, s.MustDo("d.dict.values"))
	})
}
