// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"math/rand/v2"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// dictWalk is a loop over a dictionary.
type dictWalk struct {
	name string
	down bool
	run  func(r rm.DictRange, body func(key []byte, value uintptr) bool)
}

var dictWalks = []dictWalk{
	{"All", false, func(r rm.DictRange, body func(key []byte, value uintptr) bool) {
		for key, value := range r.All {
			if !body(key, value) {
				break
			}
		}
	}},
	{"Backward", true, func(r rm.DictRange, body func(key []byte, value uintptr) bool) {
		for key, value := range r.Backward {
			if !body(key, value) {
				break
			}
		}
	}},
	{"AllStrings", false, func(r rm.DictRange, body func(key []byte, value uintptr) bool) {
		for key, value := range r.AllStrings {
			if !body(key.Bytes(), value) {
				break
			}
		}
	}},
	{"BackwardStrings", true, func(r rm.DictRange, body func(key []byte, value uintptr) bool) {
		for key, value := range r.BackwardStrings {
			if !body(key.Bytes(), value) {
				break
			}
		}
	}},
}

// dictChanges are loop bodies that change the dictionary. They get a key that lies in
// the iterator's own memory, and a copy of it.
var dictChanges = map[string]func(d dict, r rm.DictRange, key []byte, name string){
	"delete": func(d dict, _ rm.DictRange, key []byte, _ string) { d.DeleteBytes(key) },
	"delete next": func(d dict, _ rm.DictRange, _ []byte, name string) {
		it, _ := d.IteratorBytes(rm.DictGreater, []byte(name))
		if next, _, ok := it.Next(); ok {
			d.DeleteBytes([]byte(string(next)))
		}
		it.Stop()
	},
	"zero": func(d dict, _ rm.DictRange, key []byte, _ string) { // another kind of node in the tree
		_, _ = d.ReplaceBytes(key, 0)
	},
	"add": func(d dict, _ rm.DictRange, _ []byte, name string) { // next to it, on both sides
		if len(name) < 20 {
			_, _ = d.AddBytes([]byte(name+"\x00"), 1)
			if len(name) > 0 {
				_, _ = d.AddBytes([]byte(name[:len(name)-1]), 1)
			}
		}
	},
	"nested": func(d dict, r rm.DictRange, _ []byte, _ string) { // one of the two sees all
		up, down := 0, 0
		for range r.All {
			up++
		}
		for range r.Backward {
			down++
		}
		require.Equal(d, d.Len()+1, up+down)
	},
}

// change runs a loop whose body changes the dictionary, and returns the keys that it saw
// and those that are left.
func (d dict) change(walk dictWalk, what string) (seen, left []string) {
	d.Helper()
	op := rm.DictFirst
	if walk.down {
		op = rm.DictLast
	}
	r, err := d.RangeBytes(op, nil)
	require.NoError(d, err)
	walk.run(r, func(key []byte, _ uintptr) bool {
		name := string(key)
		seen = append(seen, name)
		dictChanges[what](d, r, key, name)
		return true
	})
	all, err := d.RangeBytes(rm.DictFirst, nil)
	require.NoError(d, err)
	for key := range all.All {
		left = append(left, string(key))
	}
	return seen, left
}

// InsideDictChanges changes dictionaries in the bodies of loops over them.
//
// Drives: DictIteratorReseekC, DictDelC, DictSetC, DictReplaceC, DictNextC, DictPrevC,
// DictNext, DictPrev.
func InsideDictChanges(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	random := seeded(t)
	for _, walk := range dictWalks {
		run := func(n int, what string) (keys, seen, left []string) {
			d, keys := e.fillDict(random, n)
			seen, left = d.change(walk, what)
			if walk.down {
				slices.Reverse(keys)
			}
			return keys, seen, left
		}
		for _, n := range []int{1, 2, 1000} {
			keys, seen, left := run(n, "delete")
			require.Equal(t, keys, seen, walk.name)
			require.Empty(t, left)

			keys, seen, left = run(n, "zero")
			require.Equal(t, keys, seen, walk.name)
			require.Len(t, left, n)

			keys, seen, _ = run(n, "nested")
			require.Equal(t, keys, seen, walk.name)

			keys, seen, left = run(n, "delete next")
			if walk.down { // downwards it is the one that was seen before
				require.Equal(t, keys, seen)
				require.Equal(t, keys[n-1:], left)
				continue
			}
			require.Equal(t, left, seen)
			require.Len(t, seen, (n+1)/2)
			for i := range seen {
				require.Equal(t, keys[2*i], seen[i])
			}
		}
		// Each key puts its neighbours in; those ahead are seen, once.
		keys, seen, left := run(100, "add")
		if walk.down {
			slices.Reverse(seen)
		}
		require.Subset(t, seen, keys)
		require.True(t, slices.IsSorted(seen))
		require.Len(t, slices.Compact(slices.Clone(seen)), len(seen))
		require.Subset(t, left, seen)
	}
}

// InsideDictLeft leaves loops by break, by a panic, and by freeing the dictionary.
//
// Drives: DictIteratorStop, FreeDict.
func InsideDictLeft(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	random := rand.New(rand.NewPCG(1, 0))
	for _, walk := range dictWalks {
		d, keys := e.fillDict(random, 100)
		op := rm.DictFirst
		if walk.down {
			op = rm.DictLast
		}
		r, err := d.RangeBytes(op, nil)
		require.NoError(t, err)
		n := 0
		count := func([]byte, uintptr) bool { n++; return true }
		leave := func([]byte, uintptr) bool { n++; return false }
		fail := func([]byte, uintptr) bool { n++; panic("in the body") }
		recovered := func() {
			defer func() {
				if recover() != "in the body" {
					n = -1
				}
			}()
			walk.run(r, fail)
		}
		walk.run(r, leave)
		require.Equal(t, 1, n, walk.name)
		recovered()
		require.Equal(t, 2, n, walk.name)
		walk.run(r, count)
		require.Equal(t, 2+len(keys), n, walk.name)
		e.leakless(func() {
			walk.run(r, leave)
			recovered()
		})
		n = 0
		walk.run(r, func([]byte, uintptr) bool {
			n++
			d.Free()
			return true
		})
		require.Equal(t, 1, n, walk.name)
	}
}
