// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// A data type in C memory with a field of each kind.
var (
	fInt8    = &rm.NumberField[int8]{Name: "int8", Default: -8}
	fInt16   = &rm.NumberField[int16]{Name: "int16", Default: -16}
	fInt32   = &rm.NumberField[int32]{Name: "int32", Default: -32}
	fInt64   = &rm.NumberField[int64]{Name: "int64", Default: math.MinInt64}
	fUint8   = &rm.NumberField[uint8]{Name: "uint8", Default: 255}
	fUint16  = &rm.NumberField[uint16]{Name: "uint16", Default: 16}
	fUint32  = &rm.NumberField[uint32]{Name: "uint32", Default: 32}
	fUint64  = &rm.NumberField[uint64]{Name: "uint64", Default: math.MaxUint64}
	fFloat32 = &rm.NumberField[float32]{Name: "float32", Default: 0.5}
	fFloat64 = &rm.NumberField[float64]{Name: "float64"}
	fFixed   = &rm.FixedField{Name: "fixed", Len: 5}
	fBytes   = &rm.BytesField{Name: "bytes"}
	fArray   = &rm.ArrayField[uint16]{Name: "array"}
	fTexts   = &rm.TextsField{Name: "texts"}

	structs, otherStructs *rm.StructType
	otherField            = &rm.NumberField[int64]{Name: "other"}

	structErrs = map[string]error{} // of types that were refused at load
)

func init() {
	rm.AtLoad(func(ctx rm.Context) (err error) {
		spec := rm.StructSpec{Name: "insidestr", Version: 3, Fields: []rm.StructField{
			fInt8, fInt16, fInt32, fInt64, fUint8, fUint16, fUint32, fUint64, fFloat32, fFloat64, fFixed, fBytes, fArray, fTexts,
		}}
		if structs, err = rm.NewStructType(ctx, spec); err != nil {
			return err
		}
		if otherStructs, err = rm.NewStructType(ctx, rm.StructSpec{Name: "insidest2", Fields: []rm.StructField{otherField}}); err != nil {
			return err
		}
		a := func() *rm.BytesField { return &rm.BytesField{Name: "a"} }
		one := a()
		for name, fields := range map[string][]rm.StructField{
			"none": nil, "nil": {nil}, "unnamed": {&rm.BytesField{}}, "twice": {a(), a()}, "same": {one, one}, "other": {fBytes},
			"order":  {&rm.BytesField{Name: "a", Since: 1}, &rm.BytesField{Name: "b"}},
			"future": {&rm.BytesField{Name: "a", Since: 2}}, "fixed": {&rm.FixedField{Name: "a"}}, "long": {&rm.FixedField{Name: "a", Len: 1<<20 + 1}},
			"large": {&rm.FixedField{Name: "f", Len: 1 << 20}, a()},
		} {
			_, structErrs[name] = rm.NewStructType(ctx, rm.StructSpec{Name: "insidest3", Version: 1, Fields: fields})
		}
		_, structErrs["name"] = rm.NewStructType(ctx, rm.StructSpec{Name: "short", Fields: []rm.StructField{a()}})
		_, structErrs["registered"] = rm.NewStructType(ctx, rm.StructSpec{Name: "insidestr", Fields: []rm.StructField{a()}})
		return nil
	})
}

// InsideStructSpecs shows what is refused.
func InsideStructSpecs(t *inside.T, ctx rm.Context) {
	for name, want := range map[string]string{
		"none": "there is none", "nil": "field 1 is nil", "unnamed": "field 1 has no name", "twice": "a is there twice", "same": "a is there twice",
		"other": "bytes is a field of another type", "order": "new fields come last", "future": "version 2, which is later than Version",
		"fixed": "the length is not one of 1 to 1048576", "long": "the length is not one of", "large": "larger than 1048576 bytes",
		"name": "has 5 characters", "registered": "registered twice",
	} {
		require.ErrorContains(t, structErrs[name], want, name)
	}
	_, err := rm.NewStructType(ctx, rm.StructSpec{Name: "too--late", Fields: []rm.StructField{&rm.BytesField{Name: "a"}}})
	require.ErrorContains(t, err, "while the module loads only")
	require.Equal(t, "insidestr", structs.Name())
	require.NotZero(t, structs.Raw())
	require.Equal(t, 104, structs.Size(), "as a compiler of C lays it out")
}

// InsideStructFields reads and writes fields of each kind.
//
// Drives: ModuleTypeSetValue, ModuleTypeGetType, ModuleTypeGetValue.
func InsideStructFields(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	before := structs.Values()
	k := ctx.OpenWriteKey(e.str("k"))
	_, ok, err := structs.Edit(k)
	require.NoError(t, err)
	require.False(t, ok)
	w, err := structs.GetOrNew(k)
	require.NoError(t, err)
	s := w.StructReader()
	require.Equal(t, before+1, structs.Values())
	require.Equal(t, []any{int8(-8), int16(-16), int32(-32), int64(math.MinInt64), uint8(255), uint16(16), uint32(32), uint64(math.MaxUint64), float32(0.5), 0.0},
		[]any{fInt8.Get(s), fInt16.Get(s), fInt32.Get(s), fInt64.Get(s), fUint8.Get(s), fUint16.Get(s), fUint32.Get(s), fUint64.Get(s), fFloat32.Get(s), fFloat64.Get(s)})
	require.NoError(t, fInt8.Set(w, 127))
	sum, err := fInt8.Add(w, 1)
	require.NoError(t, err)
	require.Equal(t, int8(-128), sum)
	require.NoError(t, fFloat64.Set(w, math.Inf(-1)))
	require.Equal(t, math.Inf(-1), fFloat64.Get(s))
	require.Equal(t, int16(-16), fInt16.Get(s), "the neighbours stay")
	require.Equal(t, uint64(math.MaxUint64), fUint64.Get(s))

	require.Equal(t, "\x00\x00\x00\x00\x00", string(fFixed.Get(s)))
	require.NoError(t, fFixed.Set(w, []byte("12345")))
	require.NoError(t, fFixed.Set(w, []byte("ab")))
	require.Equal(t, "ab\x00\x00\x00", string(fFixed.Get(s)))
	require.ErrorIs(t, fFixed.Set(w, []byte("123456")), rm.ErrTooLong)
	require.ErrorContains(t, fFixed.Set(w, []byte("123456")), "ERR the field would be too long: field fixed")

	require.Empty(t, fBytes.Get(s))
	for _, text := range []string{"one", "three", strings.Repeat("large", 1000), "small", "sm", "", "again"} {
		require.NoError(t, fBytes.Set(w, []byte(text)))
		require.Equal(t, text, string(fBytes.Get(s)))
		require.Equal(t, len(text), fBytes.Len(s))
	}
	require.NoError(t, fBytes.Set(w, fBytes.Get(s)[2:]), "a part of itself")
	require.Equal(t, "ain", string(fBytes.Get(s)))

	require.Empty(t, fArray.Get(s))
	var want []uint16
	for i := range uint16(100) {
		require.NoError(t, fArray.Append(w, i, 2*i))
		want = append(want, i, 2*i)
	}
	require.NoError(t, fArray.Append(w, fArray.Get(s)...), "its own elements")
	want = append(want, want...)
	require.Equal(t, want, fArray.Get(s))
	require.NoError(t, fArray.Set(w, 399, 7))
	require.Equal(t, uint16(7), fArray.Get(s)[399])
	for _, i := range []int{-1, 400, math.MaxInt} {
		require.ErrorIs(t, fArray.Set(w, i, 7), rm.ErrRange)
		require.ErrorContains(t, fArray.Set(w, i, 7), "ERR index out of range: field array")
	}
	require.ErrorIs(t, fArray.SetLen(w, -1), rm.ErrRange)
	require.ErrorIs(t, fArray.SetLen(w, math.MaxUint32+1), rm.ErrTooLong)
	require.NoError(t, fArray.SetLen(w, 2))
	require.NoError(t, fArray.SetLen(w, 500))
	require.Equal(t, append([]uint16{0, 0}, make([]uint16, 498)...), fArray.Get(s), "what was cut off does not come back")
	require.NoError(t, fArray.SetLen(w, 0))
	require.NoError(t, fArray.Append(w))
	require.Zero(t, fArray.Len(s))

	for i := range 20 {
		require.NoError(t, fTexts.Append(w, []byte(strconv.Itoa(i))))
		require.NoError(t, fTexts.Append(w, fTexts.Get(s, 0)), "its own text")
	}
	require.Equal(t, 40, fTexts.Len(s))
	require.NoError(t, fTexts.Set(w, 1, nil))
	require.NoError(t, fTexts.Delete(w, 0))
	require.Equal(t, "", string(fTexts.Get(s, 0)))
	require.Equal(t, "19", string(fTexts.Get(s, 37)))
	require.Nil(t, fTexts.Get(s, 39))
	require.Nil(t, fTexts.Get(s, -1))
	for _, i := range []int{-1, 39} {
		require.ErrorIs(t, fTexts.Set(w, i, nil), rm.ErrRange)
		require.ErrorIs(t, fTexts.Delete(w, i), rm.ErrRange)
	}
	n := 0
	for i, text := range fTexts.All(s) {
		require.Equal(t, string(fTexts.Get(s, i)), string(text))
		if n++; n == 5 {
			break
		}
	}
	require.NoError(t, fTexts.Append(w, []byte("one")))
	passed, last := 0, fTexts.Len(s)
	for i := range fTexts.All(s) {
		if passed++; i == 0 {
			require.NoError(t, fTexts.Delete(w, 0))
		}
	}
	require.Equal(t, last-1, passed, "the one behind the deleted is passed over")
	for range fTexts.All(s) {
		require.NoError(t, fTexts.Delete(w, 0), "the loop ends where the list does")
	}
	for fTexts.Len(s) > 0 {
		require.NoError(t, fTexts.Delete(w, fTexts.Len(s)-1))
	}
	k.Close()
	e.do("FLUSHALL", "SYNC")
	require.Equal(t, before, structs.Values())
}

// InsideStructEnds uses values after their end, and those of another type: the normal build gives
// errors and zeros, the debug build tells.
func InsideStructEnds(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	k := ctx.OpenWriteKey(e.str("k"))
	over := func(w rm.StructWriter, err error) {
		t.Helper()
		if debugBuild {
			for _, use := range []func(){
				func() { fInt64.Get(w.StructReader()) }, func() { _ = fInt64.Set(w, 1) }, func() { _ = fTexts.Append(w, nil) },
				func() { fTexts.Len(w.StructReader()) }, func() { fBytes.Get(w.StructReader()) },
			} {
				said := fmt.Sprint(told(func() any { use(); return nil }))
				require.Contains(t, said, err.Error())
			}
			return
		}
		s := w.StructReader()
		require.Zero(t, fInt64.Get(s))
		require.Empty(t, fFixed.Get(s))
		require.Empty(t, fBytes.Get(s))
		require.Zero(t, fBytes.Len(s))
		require.Empty(t, fArray.Get(s))
		require.Zero(t, fArray.Len(s))
		require.Empty(t, fTexts.Get(s, 0))
		require.Zero(t, fTexts.Len(s))
		_, added := fInt64.Add(w, 1)
		for _, got := range []error{
			added, fInt64.Set(w, 1), fFixed.Set(w, nil), fBytes.Set(w, nil), fArray.Set(w, 0, 1), fArray.Append(w, 1), fArray.SetLen(w, 1),
			fTexts.Append(w, nil), fTexts.Set(w, 0, nil), fTexts.Delete(w, 0),
		} {
			require.ErrorIs(t, got, err)
		}
		_, got := structs.Dump(ctx, s)
		if err == rm.ErrStructField {
			require.ErrorContains(t, added, "ERR the field is not in the Fields of the value's type: field int64, data type insidest2")
			err = rm.ErrStructOver
		}
		require.Equal(t, err, got)
	}
	over(rm.StructWriter{}, rm.ErrStructOver)
	fresh := func() rm.StructWriter {
		w, err := structs.New(k)
		require.NoError(t, err)
		require.NoError(t, fTexts.Append(w, []byte("text")))
		return w
	}
	w := fresh()
	_ = fresh()
	over(w, rm.ErrStructOver)
	w = fresh()
	require.NoError(t, k.Delete())
	over(w, rm.ErrStructOver)
	w = fresh()
	require.NoError(t, k.StringSet(e.str("text")))
	over(w, rm.ErrStructOver)
	_, _, err := structs.Get(k.ReadKey())
	require.Equal(t, rm.ErrWrongType, err)
	_, _, err = words.Get(k.ReadKey())
	require.Equal(t, rm.ErrWrongType, err)
	require.NoError(t, k.Delete())
	w = fresh()
	require.NoError(t, words.Set(k, &word{"word"}))
	over(w, rm.ErrStructOver)
	_, err = structs.GetOrNew(k)
	require.Equal(t, rm.ErrWrongType, err)
	other, err := otherStructs.New(k)
	require.NoError(t, err)
	over(other, rm.ErrStructField)
	w = fresh()
	k.Close()
	over(w, rm.ErrKeyClosed)
	again := ctx.OpenWriteKey(e.str("k")) // in the same memory
	over(w, rm.ErrKeyClosed)
	v, ok, err := structs.Edit(again)
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, fInt64.Set(v, 12))
	for range 3 { // values of this key, later than the next one's opening
		v, err = structs.New(again)
		require.NoError(t, err)
	}
	again.Close()
	again = ctx.OpenWriteKey(e.str("k"))
	over(v, rm.ErrKeyClosed)
	again.Close()
	if !debugBuild {
		_, err = structs.New(k)
		require.Equal(t, rm.ErrKeyClosed, err)
		_, _, err = structs.Edit(k)
		require.Equal(t, rm.ErrKeyClosed, err)
	}
	r := ctx.OpenReadKey(e.str("missing"))
	_, ok, err = structs.Get(r)
	require.NoError(t, err)
	require.False(t, ok)
	r.Close()
	e.do("FLUSHALL", "SYNC")
}

// InsideValuesOverIterations makes values of both kinds of types the values of keys in which an iteration is
// under way.
//
// Drives: ModuleTypeSetValue.
func InsideValuesOverIterations(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for _, c := range []struct {
		make  []string
		first string
	}{
		{[]string{"DEL", "k"}, "none"},
		{[]string{"SET", "k", "text", "EX", "100"}, "dma"},
		{[]string{"RPUSH", "k", "a", "b"}, "list"},
		{[]string{"ZADD", "k", "1", "a"}, "zset"},
		{[]string{"XADD", "k", "1-1", "f", "v"}, "stream"},
	} {
		if needs := iterationNeeds[c.first]; needs != "" && !serverHas(t, needs) {
			continue
		}
		for name, set := range map[string]func(k rm.WriteKey) error{
			"struct": func(k rm.WriteKey) error { _, err := structs.New(k); return err },
			"go":     func(k rm.WriteKey) error { return words.Set(k, &word{"word"}) },
		} {
			e.do("DEL", "k")
			e.do(c.make...)
			k := ctx.OpenWriteKey(e.str("k"))
			iterations[c.first](k)
			require.NoError(t, set(k), "%s over %s", name, c.first)
			require.Equal(t, rm.KeyTypeModule, k.Type())
			require.NoError(t, k.Delete())
			require.NoError(t, set(k), "%s over %s", name, c.first)
			k.Close()
			require.Equal(t, -1, e.do("PTTL", "k"))
		}
	}
	e.do("FLUSHALL", "SYNC")
}

// InsideStructDump saves values to strings and loads them again.
//
// Drives: SaveDataTypeToString, LoadDataTypeFromString, LoadDataTypeFromStringEncver.
func InsideStructDump(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	before := structs.Values()
	k := ctx.OpenWriteKey(e.str("k"))
	w, err := structs.New(k)
	require.NoError(t, err)
	require.NoError(t, fTexts.Append(w, []byte("text")))
	require.NoError(t, fArray.Append(w, 1, 2, 3))
	require.NoError(t, fInt32.Set(w, -5))
	d, err := structs.Dump(ctx, w.StructReader())
	require.NoError(t, err)
	defer d.Free()
	if !serverHas(t, "LoadDataTypeFromStringEncver") {
		_, err = structs.RestoreTo(k, d.Str(), 3)
		require.ErrorIs(t, err, rm.ErrUnsupported)
		k.Close()
		return
	}
	for range 2 {
		w, err = structs.RestoreTo(k, d.Str(), 3)
		require.NoError(t, err)
		s := w.StructReader()
		require.Equal(t, "text", string(fTexts.Get(s, 0)))
		require.Equal(t, []uint16{1, 2, 3}, fArray.Get(s))
		require.Equal(t, int32(-5), fInt32.Get(s))
		require.Equal(t, before+1, structs.Values())
	}
	for _, version := range []int{-1, 1024} {
		_, err = structs.RestoreTo(k, d.Str(), version)
		require.Equal(t, rm.ErrRange, err)
	}
	for n := range d.Len() {
		_, err = structs.RestoreTo(k, e.str(d.Clone()[:n]), 3)
		require.Equal(t, rm.ErrIO, err, n)
	}
	_, err = structs.RestoreTo(k, d.Str(), 4)
	require.Equal(t, rm.ErrIO, err)
	require.Equal(t, before+1, structs.Values(), "nothing is left of what was refused")
	k.Close()
	e.do("FLUSHALL", "SYNC")
	require.Equal(t, before, structs.Values())
}

// InsideStructAllocs: reading and changing fields allocates nothing in Go.
func InsideStructAllocs(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	name, text := e.str("k"), []byte("some text")
	k := ctx.OpenWriteKey(name)
	_, err := structs.New(k)
	require.NoError(t, err)
	k.Close()
	total := 0
	e.costsIn(200, func() {
		k := ctx.OpenWriteKey(name)
		w, ok, err := structs.Edit(k)
		if !ok || err != nil {
			panic(err)
		}
		s := w.StructReader()
		_ = fInt64.Set(w, fInt64.Get(s)+1)
		_, _ = fFloat64.Add(w, 1)
		_ = fBytes.Set(w, text)
		_ = fFixed.Set(w, text[:3])
		_ = fArray.Append(w, 1, 2, 3)
		_ = fTexts.Append(w, text)
		_ = fTexts.Append(w, text)
		for _, b := range fTexts.All(s) {
			total += len(b)
		}
		for _, n := range fArray.Get(s) {
			total += int(n)
		}
		total += len(fBytes.Get(s)) + len(fFixed.Get(s))
		_ = fArray.SetLen(w, 0)
		_, _ = fTexts.Delete(w, 1), fTexts.Delete(w, 0)
		k.Close()
	})
	require.True(t, total > 0 || debugBuild)
	e.do("FLUSHALL", "SYNC")
}
