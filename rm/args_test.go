// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

// vector has strings that are never looked into.
func vector(words ...uintptr) (list []rm.RStr) {
	for _, w := range words {
		list = append(list, rm.RawRStr(redismodule.String(w)))
	}
	return list
}

// TestArgs has no way but Raw to the vector below.
func TestArgs(t *testing.T) {
	list := vector(8, 16, 24, 32)
	args := rm.ArgsOf(list...)
	require.Equal(t, 4, args.Len())
	require.Equal(t, list[2], args.At(2))
	require.Equal(t, list[1:], args.From(1).AppendTo(nil))
	require.Zero(t, args.From(4).Len())
	require.Zero(t, rm.Args{}.Len())
	require.Panics(t, func() { args.At(4) })
	require.Panics(t, func() { args.At(-1) })
	require.Panics(t, func() { args.From(5) })

	var seen []rm.RStr
	for i, a := range args.All {
		require.Equal(t, args.At(i), a)
		if seen = append(seen, a); i == 2 {
			break
		}
	}
	require.Equal(t, list[:3], seen)

	kept := slices.Clone(list)
	dst := args.AppendTo(make([]rm.RStr, 0, 16))
	dst = slices.Delete(dst, 1, 3)
	clear(dst)
	_ = append(args.From(1).AppendTo(nil)[:0], rm.RStr{})
	require.Equal(t, kept, args.AppendTo(nil), "copies of the vector were changed")
	require.Same(t, &list[0], &args.Raw()[0])

	typ := reflect.TypeFor[rm.Args]()
	require.Equal(t, reflect.Struct, typ.Kind(), "a slice can be written to")
	for i := range typ.NumField() {
		require.False(t, typ.Field(i).IsExported())
	}
	for i := range reflect.TypeFor[*rm.Args]().NumMethod() {
		m := reflect.TypeFor[*rm.Args]().Method(i)
		for o := range m.Type.NumOut() {
			if m.Type.Out(o).Kind() == reflect.Slice {
				require.Contains(t, []string{"Raw", "AppendTo"}, m.Name)
			}
		}
	}
	n := 0
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for _, a := range args.From(1).All {
			n += int(a.Raw())
		}
		n += int(args.At(0).Raw())
	}))
}

// TestArgsStay has a handler that does all that one does to slices with what it gets
// of the arguments; what the server does with them afterwards shows that they stayed.
//
// Drives: ReplicateVerbatim, Call.
func TestArgsStay(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		for range 100 { // freed once each: the server's allocator would tell
			require.Equal(t, bulk("t.mangled k v x y"), w.alone("t.mangled", "k", "v", "x", "y"))
		}
		require.Equal(t, "v", s.MustDo("GET", "k"))
		require.Equal(t, []any{"k"}, s.MustDo("KEYS", "*"))
	})
}
