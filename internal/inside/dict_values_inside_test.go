// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"
	"strconv"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

type goValue struct {
	name string
	list []int
}

// InsideGoDict compares a dictionary of Go values with a map, through 20,000 operations.
//
// Drives: CreateDict, FreeDict, DictSize, DictSetC, DictGetC, DictDelC, DictNextC, DictPrevC.
func InsideGoDict(t *inside.T, ctx rm.Context) {
	g := rm.NewGoDict[*goValue]()
	want := map[string]*goValue{}
	for i := range 20_000 {
		name := strconv.Itoa(i * 7919 % 1000)
		v := &goValue{name, make([]int, i%10)}
		old, was := want[name]
		switch i % 5 {
		case 0:
			ok, err := g.AddBytes([]byte(name), v)
			require.NoError(t, err)
			require.NotEqual(t, was, ok)
			if ok {
				want[name] = v
			}
		case 1, 2:
			ok, err := g.ReplaceBytes([]byte(name), v)
			require.NoError(t, err)
			require.NotEqual(t, was, ok)
			want[name] = v
		case 3:
			got, ok := g.GetBytes([]byte(name))
			require.Equal(t, was, ok)
			require.Same(t, old, got)
		case 4:
			got, ok := g.DeleteBytes([]byte(name))
			require.Equal(t, was, ok)
			require.Same(t, old, got)
			delete(want, name)
		}
		require.Equal(t, len(want), g.Len())
		if i == 10_000 {
			runtime.GC()
		}
	}
	runtime.GC()
	up, err := g.RangeBytes(rm.DictFirst, nil)
	require.NoError(t, err)
	down, err := g.Range(rm.DictLast, rm.RStr{})
	require.NoError(t, err)
	n, last := 0, ""
	for key, v := range up.All {
		require.Same(t, want[string(key)], v)
		require.Equal(t, string(key), v.name)
		require.Less(t, last, v.name)
		last = v.name
		if n++; n == 10 {
			for key, v := range down.Backward {
				require.Same(t, want[string(key)], v)
				break
			}
		}
	}
	require.Len(t, want, n)
	for key, v := range down.Backward {
		require.Same(t, want[string(key)], v)
		require.LessOrEqual(t, v.name, last)
		last = v.name
		n--
	}
	require.Zero(t, n)
	g.Free()
}

// InsideGoDictStrings uses strings of the server as keys, and a dictionary that is freed.
//
// Drives: DictSetC, DictGetC, DictDelC, FreeDict.
func InsideGoDictStrings(t *inside.T, ctx rm.Context) {
	skipMisuse(t)
	key := env{t, ctx}.str("key")
	g := rm.NewGoDict[string]()
	ok, err := g.Add(key, "one")
	require.NoError(t, err)
	require.True(t, ok)
	ok, err = g.Add(key, "two")
	require.NoError(t, err)
	require.False(t, ok)
	v, ok := g.Get(key)
	require.True(t, ok)
	require.Equal(t, "one", v)
	ok, err = g.Replace(key, "three")
	require.NoError(t, err)
	require.False(t, ok)
	v, ok = g.Delete(key)
	require.True(t, ok)
	require.Equal(t, "three", v)
	v, ok = g.Get(key)
	require.False(t, ok)
	require.Empty(t, v)
	_, ok = g.Delete(key)
	require.False(t, ok)
	_, err = g.RangeBytes(99, nil)
	require.Equal(t, rm.ErrRange, err)
	ok, err = g.Replace(key, "four")
	require.NoError(t, err)
	require.True(t, ok)

	g.Free()
	g.Free()
	_, err = g.Add(key, "v")
	require.Equal(t, rm.ErrDictFreed, err)
	_, err = g.ReplaceBytes([]byte("key"), "v")
	require.Equal(t, rm.ErrDictFreed, err)
	v, ok = g.Get(key)
	require.False(t, ok)
	require.Empty(t, v)
	v, ok = g.Delete(key)
	require.False(t, ok)
	require.Empty(t, v)
	require.Zero(t, g.Len())
}

// InsideGoDictLeaks makes and frees dictionaries with values.
//
// Drives: CreateDict, FreeDict.
func InsideGoDictLeaks(t *inside.T, ctx rm.Context) {
	env{t, ctx}.leakless(func() {
		g := rm.NewGoDict[string]()
		for i := range 10 {
			_, _ = g.AddBytes([]byte{byte(i)}, "value")
		}
		g.DeleteBytes([]byte{3})
		g.Free()
	})
}
