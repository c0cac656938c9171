// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"math"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// dict is a dictionary whose methods take keys as one of the two kinds that there are.
type dict struct {
	env
	*rm.Dict
	asBytes bool
}

// newDict makes a dictionary that is freed when the test has ended, unless it is freed
// already.
func (e env) newDict() dict {
	d := dict{env: e, Dict: rm.NewDict()}
	e.Cleanup(func() {
		if d.Raw() != 0 {
			d.Free()
		}
	})
	return d
}

// found is a value, and whether there is one.
type found struct {
	value uintptr
	ok    bool
}

func (d dict) set(key string, value uintptr) bool {
	d.Helper()
	var ok bool
	var err error
	if d.asBytes {
		ok, err = d.AddBytes([]byte(key), value)
	} else {
		s := rm.NewRStringText(key)
		defer s.Free()
		ok, err = d.Add(s.Str(), value)
	}
	require.NoError(d, err)
	return ok
}

func (d dict) replace(key string, value uintptr) bool {
	d.Helper()
	var ok bool
	var err error
	if d.asBytes {
		ok, err = d.ReplaceBytes([]byte(key), value)
	} else {
		s := rm.NewRStringText(key)
		defer s.Free()
		ok, err = d.Replace(s.Str(), value)
	}
	require.NoError(d, err)
	return ok
}

func (d dict) get(key string) (f found) {
	if d.asBytes {
		f.value, f.ok = d.GetBytes([]byte(key))
		return f
	}
	s := rm.NewRStringText(key)
	defer s.Free()
	f.value, f.ok = d.Get(s.Str())
	return f
}

func (d dict) remove(key string) (f found) {
	if d.asBytes {
		f.value, f.ok = d.DeleteBytes([]byte(key))
		return f
	}
	s := rm.NewRStringText(key)
	defer s.Free()
	f.value, f.ok = d.Delete(s.Str())
	return f
}

// InsideDict stores, reads and removes with each kind of key.
//
// Drives: CreateDict, FreeDict, DictSize, DictSet, DictSetC, DictReplace, DictReplaceC,
// DictGet, DictGetC, DictDel, DictDelC.
func InsideDict(t *inside.T, ctx rm.Context) {
	for _, asBytes := range []bool{false, true} {
		d := env{t, ctx}.newDict()
		d.asBytes = asBytes
		require.Zero(t, d.Len())
		big := strings.Repeat("k\x00", 1<<19)
		for i, key := range []string{"key", "", "\x00", "key\x00", "k", "\xff\xfe", big, big + "x", big[:len(big)-1]} {
			require.Equal(t, found{}, d.get(key), "%.20q", key)
			require.Equal(t, found{}, d.remove(key))
			require.True(t, d.set(key, 0)) // the value 0 is not the same as no key
			require.Equal(t, found{0, true}, d.get(key))
			require.False(t, d.set(key, 7))
			require.Equal(t, found{0, true}, d.get(key), "Add changes nothing that is there")
			require.False(t, d.replace(key, math.MaxUint64))
			require.Equal(t, found{math.MaxUint64, true}, d.get(key))
			require.Equal(t, found{math.MaxUint64, true}, d.remove(key))
			require.Equal(t, i, d.Len())
			require.True(t, d.replace(key, 9))
			require.Equal(t, found{9, true}, d.get(key))
		}
		require.Equal(t, 9, d.Len())
		require.Equal(t, found{9, true}, d.remove("key"))
		require.Equal(t, found{}, d.get("key"))
		require.Equal(t, found{9, true}, d.get("key\x00"))
		require.Equal(t, found{9, true}, d.remove(""))
		require.Equal(t, 7, d.Len())
		require.False(t, d.replace("k", 0))
		require.Equal(t, found{0, true}, d.remove("k"))
	}
}

// InsideDictZeroKey uses strings that are none as keys: they are the empty key.
//
// Drives: DictSetC, DictReplaceC, DictGetC, DictDelC.
func InsideDictZeroKey(t *inside.T, ctx rm.Context) {
	d := env{t, ctx}.newDict()
	ok, err := d.Add(rm.RStr{}, 1)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, found{1, true}, d.get(""))
	ok, err = d.Replace(rm.RStr{}, 2)
	require.NoError(t, err)
	require.False(t, ok)
	value, ok := d.Get(rm.RStr{})
	require.Equal(t, found{2, true}, found{value, ok})
	value, ok = d.Delete(rm.RStr{})
	require.Equal(t, found{2, true}, found{value, ok})
	require.Zero(t, d.Len())
}

// InsideDictStopped uses iterators behind their end.
//
// Drives: DictIteratorStop.
func InsideDictStopped(t *inside.T, ctx rm.Context) {
	skipMisuse(t)
	d := env{t, ctx}.newDict()
	require.True(t, d.set("key", 1))
	it, err := d.IteratorBytes(rm.DictFirst, nil)
	require.NoError(t, err)
	it.Stop()
	it.Stop()
	successor, err := d.IteratorBytes(rm.DictFirst, nil) // reuses what it was
	require.NoError(t, err)
	_, _, ok := it.Next()
	require.False(t, ok)
	_, _, ok = it.Prev()
	require.False(t, ok)
	s, _, ok := it.NextString()
	require.False(t, ok)
	require.True(t, s.IsZero())
	s, _, ok = it.PrevString()
	require.False(t, ok)
	require.True(t, s.IsZero())
	require.Equal(t, rm.ErrIteratorStopped, it.SeekBytes(rm.DictFirst, nil))
	require.Equal(t, rm.ErrIteratorStopped, it.Seek(rm.DictFirst, rm.RStr{}))
	require.False(t, it.CompareBytes(rm.DictEqual, []byte("key")))
	require.False(t, it.Compare(rm.DictEqual, rm.RStr{}))
	_, _, ok = successor.Next()
	require.True(t, ok, "the successor has not moved")

	const unknown = rm.DictOp(99)
	require.Equal(t, "DictOp(99)", unknown.String())
	_, err = d.IteratorBytes(unknown, nil)
	require.Equal(t, rm.ErrRange, err)
	_, err = d.Iterator(unknown, rm.RStr{})
	require.Equal(t, rm.ErrRange, err)
	_, err = d.RangeBytes(unknown, nil)
	require.Equal(t, rm.ErrRange, err)
	require.Equal(t, rm.ErrRange, successor.SeekBytes(unknown, nil))
	require.False(t, successor.CompareBytes(unknown, nil))
	require.NoError(t, successor.Seek(rm.DictGreaterEqual, rm.RStr{}))
	require.True(t, successor.Compare(rm.DictGreater, rm.RStr{}))
	third, err := d.Iterator(rm.DictFirst, rm.RStr{})
	require.NoError(t, err)
	third.Stop()
	rm.DictIterator{}.Stop()
}

// InsideDictFreed uses dictionaries behind their end, with their iterators and ranges.
//
// Drives: FreeDict, DictIteratorStop.
func InsideDictFreed(t *inside.T, ctx rm.Context) {
	skipMisuse(t)
	e := env{t, ctx}
	d := e.newDict()
	require.True(t, d.set("key", 1))
	it, err := d.IteratorBytes(rm.DictFirst, nil)
	require.NoError(t, err)
	other, err := d.IteratorBytes(rm.DictFirst, nil)
	require.NoError(t, err)
	r, err := d.RangeBytes(rm.DictFirst, nil)
	require.NoError(t, err)
	d.Free()
	d.Free()

	_, _, ok := it.Next()
	require.False(t, ok)
	_, _, ok = other.PrevString()
	require.False(t, ok)
	it.Stop()
	require.Zero(t, d.Len())
	require.Zero(t, d.Raw())
	for _, key := range []rm.RStr{{}, e.str("k")} {
		_, err = d.Add(key, 1)
		require.Equal(t, rm.ErrDictFreed, err)
		_, err = d.AddBytes(key.Bytes(), 1)
		require.Equal(t, rm.ErrDictFreed, err)
		_, err = d.Replace(key, 1)
		require.Equal(t, rm.ErrDictFreed, err)
		_, err = d.ReplaceBytes(key.Bytes(), 1)
		require.Equal(t, rm.ErrDictFreed, err)
		_, err = d.Iterator(rm.DictFirst, key)
		require.Equal(t, rm.ErrDictFreed, err)
		_, err = d.RangeBytes(rm.DictFirst, key.Bytes())
		require.Equal(t, rm.ErrDictFreed, err)
		_, ok = d.Get(key)
		require.False(t, ok)
		_, ok = d.Delete(key)
		require.False(t, ok)
	}
	_, err = rm.MallocSizeDict(d.Dict)
	if serverHas(t, "MallocSizeDict") {
		require.Equal(t, rm.ErrDictFreed, err)
	} else {
		requireError(t, rm.ErrUnsupported, err)
	}
	for range r.All {
		t.Fatal("a loop over a freed dictionary")
	}
	for range r.BackwardStrings {
		t.Fatal("a loop over a freed dictionary")
	}
	for range (rm.DictRange{}).Backward {
		t.Fatal("a loop over nothing")
	}
	for range (rm.DictRange{}).AllStrings {
		t.Fatal("a loop over nothing")
	}
}

// InsideDictCosts looks for leaks and for Go allocations.
//
// Drives: DictSet, DictSetC, DictReplace, DictGet, DictDel, DictDelC, DictNext, DictNextC,
// DictPrev, DictPrevC, DictCompare.
func InsideDictCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	d := e.newDict()
	for _, key := range []string{"a", "b", "x", "y", strings.Repeat("z", 300)} {
		require.True(t, d.set(key, 1))
	}
	key := e.str("key")
	n := 0
	count := func(ok bool) {
		if ok {
			n++
		}
	}
	work := func() {
		n = 0
		ok, _ := d.Add(key, 1)
		count(ok)
		ok, _ = d.AddBytes(key.Bytes(), 1)
		count(!ok)
		ok, _ = d.Replace(key, 2)
		count(!ok)
		v, _ := d.Get(key)
		count(v == 2)
		r, _ := d.Range(rm.DictGreaterEqual, key)
		for key, value := range r.All {
			count(len(key) > 0 && value > 0)
		}
		for key := range r.Backward {
			count(len(key) > 0)
		}
		for key := range r.AllStrings {
			count(key.Len() > 0)
			for range r.BackwardStrings {
				count(true)
				break
			}
		}
		it, _ := d.Iterator(rm.DictEqual, key)
		k, _, ok := it.Next()
		count(ok && len(k) > 0 && it.Compare(rm.DictEqual, key))
		_, _, ok = it.Prev()
		count(ok)
		_ = it.Seek(rm.DictLast, key)
		it.Stop()
		v, ok = d.Delete(key)
		count(ok && v == 2)
		_, ok = d.DeleteBytes(key.Bytes())
		count(!ok)
	}
	work()
	// 4 methods, 4 keys from "key" on, 3 down to it, 4 strings with one inner step each, 4 more.
	require.Equal(t, 4+4+3+2*4+4, n)
	e.costs(work)

	// Dictionaries, and what is left in them.
	e.leakless(func() {
		d := rm.NewDict()
		for _, key := range [...]string{"a", "b", "c"} {
			_, _ = d.AddBytes([]byte(key), 1)
		}
		it, _ := d.Iterator(rm.DictGreaterEqual, key)
		s, _, _ := it.NextString()
		s.Free()
		r, _ := d.Range(rm.DictFirst, rm.RStr{})
		for range r.AllStrings {
			for range r.BackwardStrings {
				break
			}
		}
		for range r.AllStrings {
			d.Free()
		}
	})
}
