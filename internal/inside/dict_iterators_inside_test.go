// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// dictSeek is where an operator puts an iterator over sorted keys; -1 is nowhere.
func dictSeek(keys []string, op rm.DictOp, key string) int {
	i, found := slices.BinarySearch(keys, key)
	switch op {
	case rm.DictFirst:
		i = 0
	case rm.DictLast:
		i = len(keys) - 1
	case rm.DictEqual:
		if !found {
			return -1
		}
	case rm.DictGreater:
		if found {
			i++
		}
	case rm.DictLessEqual:
		if !found {
			i--
		}
	case rm.DictLess:
		i--
	}
	if i >= len(keys) {
		return -1
	}
	return i
}

// dictStep is what a step of an iterator shows.
type dictStep struct {
	key   string
	value uintptr
	ok    bool
}

// dictSteps is what an iterator shows of sorted keys, each of which has its place as its
// value. The moves are n, p for the next and previous one, N, P for strings.
func dictSteps(keys []string, op rm.DictOp, key, moves string) []dictStep {
	var out []dictStep
	at := dictSeek(keys, op, key)
	for i, move := range moves {
		switch {
		case at < 0 || i == 0:
		case move == 'n' || move == 'N':
			at++
		default:
			at--
		}
		if at >= len(keys) {
			at = -1
		}
		if at < 0 {
			out = append(out, dictStep{})
		} else {
			out = append(out, dictStep{keys[at], uintptr(at), true})
		}
	}
	return out
}

// walkDict moves an iterator and returns what it shows.
func walkDict(it rm.DictIterator, moves string) []dictStep {
	var out []dictStep
	for _, move := range moves {
		var step dictStep
		var key []byte
		var s rm.RString
		switch move {
		case 'n':
			key, step.value, step.ok = it.Next()
		case 'p':
			key, step.value, step.ok = it.Prev()
		case 'N':
			s, step.value, step.ok = it.NextString()
			key = s.Bytes()
		case 'P':
			s, step.value, step.ok = it.PrevString()
			key = s.Bytes()
		}
		step.key = string(key)
		out = append(out, step)
		s.Free()
	}
	return out
}

// The ways to put an iterator to its place: a new one, or one that was elsewhere.
var dictPlaces = []struct {
	name string
	put  func(d dict, op rm.DictOp, key rm.RStr) (rm.DictIterator, error)
}{
	{"Iterator", func(d dict, op rm.DictOp, key rm.RStr) (rm.DictIterator, error) { return d.Iterator(op, key) }},
	{"IteratorBytes", func(d dict, op rm.DictOp, key rm.RStr) (rm.DictIterator, error) {
		return d.IteratorBytes(op, key.Bytes())
	}},
	{"Seek", func(d dict, op rm.DictOp, key rm.RStr) (rm.DictIterator, error) {
		it, err := d.ended()
		if err == nil {
			err = it.Seek(op, key)
		}
		return it, err
	}},
	{"SeekBytes", func(d dict, op rm.DictOp, key rm.RStr) (rm.DictIterator, error) {
		it, err := d.ended()
		if err == nil {
			err = it.SeekBytes(op, key.Bytes())
		}
		return it, err
	}},
}

// ended is an iterator that has come to its end.
func (d dict) ended() (rm.DictIterator, error) {
	it, err := d.IteratorBytes(rm.DictLast, nil)
	if err == nil {
		it.Next()
		it.Next()
	}
	return it, err
}

// randomKey is a key of few different bytes, so that many are prefixes of others.
func randomKey(random *rand.Rand) string {
	const alphabet = "\x00\x01aab\x7f\xff\xff"
	n := random.IntN(12)
	if random.IntN(20) == 0 {
		n += random.IntN(300) // longer than what an iterator holds at first
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[random.IntN(len(alphabet))]
	}
	if random.IntN(4) == 0 && n > 3 {
		b[random.IntN(n)] = byte(random.IntN(256))
	}
	return string(b)
}

// fillDict makes a dictionary with n random keys, each with its place in the order as
// its value, and returns the keys in order.
func (e env) fillDict(random *rand.Rand, n int) (dict, []string) {
	e.Helper()
	set := map[string]bool{}
	for len(set) < n {
		set[randomKey(random)] = true
	}
	keys := make([]string, 0, n)
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	d := e.newDict()
	for _, i := range random.Perm(n) {
		d.asBytes = i%2 == 0
		require.True(e, d.set(keys[i], uintptr(i)))
	}
	require.Equal(e, n, d.Len())
	return d, keys
}

// seeded is a source of random numbers whose seed is told.
func seeded(t *inside.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Log("seed ", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// InsideDictFirstIterator makes the first iterator of a dictionary, which later ones
// reuse, for each kind of key.
//
// Drives: DictIteratorStart, DictIteratorStartC.
func InsideDictFirstIterator(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for _, place := range dictPlaces {
		d, keys := e.fillDict(seeded(t), 100)
		for _, i := range []int{50, 20} {
			it, err := place.put(d, rm.DictGreaterEqual, e.str(keys[i]))
			require.NoError(t, err)
			require.Equal(t, dictSteps(keys, rm.DictGreaterEqual, keys[i], "nn"), walkDict(it, "nn"), place.name)
			it.Stop()
		}
	}
}

// InsideDictIterators compares a dictionary of 10,000 binary keys with a sorted slice:
// every operator, every kind of key, both directions, and steps to and fro.
//
// Drives: DictIteratorStart, DictIteratorReseek, DictIteratorReseekC, DictIteratorStop,
// DictNext, DictNextC, DictPrev, DictPrevC.
func InsideDictIterators(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	random := seeded(t)
	d, keys := e.fillDict(random, 10_000)
	probe := func() string {
		k := keys[random.IntN(len(keys))]
		switch random.IntN(4) {
		case 0:
			return k
		case 1:
			return k[:random.IntN(len(k)+1)]
		case 2:
			return k + randomKey(random)
		}
		return randomKey(random)
	}
	for i := range 3000 {
		op, key := rm.DictOp(i%7), probe()
		place := dictPlaces[random.IntN(len(dictPlaces))]
		moves := make([]byte, 1+random.IntN(8))
		for j := range moves {
			moves[j] = "npNP"[random.IntN(4)]
		}
		s := rm.NewRStringText(key)
		it, err := place.put(d, op, s.Str())
		s.Free()
		require.NoError(t, err)
		require.Equal(t, dictSteps(keys, op, key, string(moves)), walkDict(it, string(moves)), "%v %q %q by %s", op, key, moves, place.name)
		it.Stop()
	}
	for i := range 4 * 7 {
		op, key := rm.DictOp(i%7), probe()
		s := e.str(key)
		r, err := d.Range(op, s)
		if i%2 == 0 {
			r, err = d.RangeBytes(op, []byte(key))
		}
		require.NoError(t, err)
		up, down := []dictStep{}, []dictStep{}
		if at := dictSeek(keys, op, key); at >= 0 {
			for j := at; j < len(keys); j++ {
				up = append(up, dictStep{keys[j], uintptr(j), true})
			}
			for j := at; j >= 0; j-- {
				down = append(down, dictStep{keys[j], uintptr(j), true})
			}
		}
		for _, walk := range dictWalks {
			got, want := []dictStep{}, up
			if walk.down {
				want = down
			}
			walk.run(r, func(key []byte, value uintptr) bool {
				got = append(got, dictStep{string(key), value, true})
				return true
			})
			require.True(t, slices.Equal(want, got), "%v %q %s: %d elements, want %d", op, key, walk.name, len(got), len(want))
		}
	}
	empty := e.newDict()
	for op := rm.DictFirst; op <= rm.DictLess; op++ {
		for _, place := range dictPlaces {
			it, err := place.put(empty, op, e.str("k"))
			require.NoError(t, err)
			require.Equal(t, make([]dictStep, 4), walkDict(it, "npNP"))
			it.Stop()
		}
		r, err := empty.RangeBytes(op, []byte("k"))
		require.NoError(t, err)
		for _, walk := range dictWalks {
			walk.run(r, func([]byte, uintptr) bool { t.Fatal("a key of an empty dictionary"); return false })
		}
	}
}

// InsideDictCompare compares the key of an iterator with others, when the iterator is
// before it and at it, and when the dictionary has changed.
//
// Drives: DictCompare, DictCompareC.
func InsideDictCompare(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	random := seeded(t)
	d, keys := e.fillDict(random, 300)
	d.asBytes = true
	const other = "\x7fanother key"
	change := func() {
		if !d.remove(other).ok {
			d.set(other, 1)
		}
	}
	for range 1000 {
		at, key := keys[random.IntN(len(keys))], randomKey(random)
		switch random.IntN(3) {
		case 0:
			key = at
		case 1:
			key = at[:random.IntN(len(at)+1)]
		}
		s := rm.NewRStringText(key)
		for op, want := range []bool{false, false, at == key, at >= key, at > key, at <= key, at < key} {
			it, err := d.IteratorBytes(rm.DictEqual, []byte(at))
			require.NoError(t, err)
			compare := func(when string) {
				require.Equal(t, want, it.Compare(rm.DictOp(op), s.Str()), "%q %v %q, %s", at, rm.DictOp(op), key, when)
				require.Equal(t, want, it.CompareBytes(rm.DictOp(op), []byte(key)), "%q %v %q as bytes, %s", at, rm.DictOp(op), key, when)
			}
			compare("before it")
			change()
			compare("before it, changed")
			it.Next()
			compare("at it")
			change()
			compare("at it, changed")
			it.Stop()
		}
		s.Free()
	}
	it, err := d.IteratorBytes(rm.DictEqual, []byte("not there"))
	require.NoError(t, err)
	require.False(t, it.Compare(rm.DictGreater, e.str("a")), "at its end")
	require.False(t, it.CompareBytes(rm.DictGreater, []byte("a")), "at its end")
	it.Stop()
}
