// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/RoaringBitmap/roaring/v2"
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideLoad gives load what was saved, with every byte changed in several ways and every
// length cut: it returns an error or a bitmap that is whole, and never panics.
func InsideLoad(t *inside.T, ctx rm.Context) {
	b := roaring.BitmapOf(1, 2, 3, 70_000, 4294967295)
	b.AddRange(200_000, 300_000)
	b.RunOptimize()
	saved, err := bitmaps.Dump(ctx, b)
	require.NoError(t, err)
	defer saved.Free()
	again, err := bitmaps.Restore(ctx, saved.Str(), 1)
	require.NoError(t, err)
	require.True(t, b.Equals(again))
	refused := 0
	try := func(data []byte) {
		s := rm.NewRString(data)
		defer s.Free()
		v, err := bitmaps.Restore(ctx, s.Str(), 1)
		if err != nil {
			require.NotContains(t, err.Error(), "panic")
			refused++
		} else if !v.IsEmpty() {
			require.NoError(t, v.Validate())
		}
	}
	for i := range saved.Len() {
		for _, x := range []byte{1, 2, 0x40, 0x80, 0xff} {
			data := append([]byte(nil), saved.Bytes()...)
			data[i] ^= x
			try(data)
		}
		try(saved.Bytes()[:i])
	}
	require.NotZero(t, refused)
}
