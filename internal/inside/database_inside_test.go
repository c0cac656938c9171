// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"math"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// back selects the database that is selected now again when the test has ended: the
// client would stay in another one.
func (e env) back() {
	old := e.ctx.SelectedDB()
	e.Cleanup(func() { require.NoError(e, e.ctx.SelectDB(old)) })
}

// InsideSelectDB changes databases.
//
// Drives: GetSelectedDb, SelectDb, DbSize.
func InsideSelectDB(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.back()
	require.Equal(t, 0, ctx.SelectedDB())
	e.do("SET", "here", "0")
	require.Equal(t, uint64(1), ctx.DBSize())
	require.NoError(t, ctx.SelectDB(5))
	require.Equal(t, 5, ctx.SelectedDB())
	require.Equal(t, uint64(0), ctx.DBSize())
	require.Equal(t, 0, e.do("EXISTS", "here"), "calls go there too")
	for _, wrong := range []int{-1, 16, math.MaxInt32, 1 << 31, 1 << 32, -1 << 32, math.MaxInt64, math.MinInt64} {
		require.Equal(t, rm.ErrNoDB, ctx.SelectDB(wrong), "%d", wrong)
		require.Equal(t, 5, ctx.SelectedDB())
	}
	require.NoError(t, ctx.SelectDB(15))
	require.Equal(t, 15, ctx.SelectedDB())
	require.NoError(t, ctx.SelectDB(0))
	require.Equal(t, uint64(1), ctx.DBSize())
}

// InsideKeyStaysInDB writes to an open key while another database is selected.
//
// Drives: OpenKey, SelectDb, GetDbIdFromModuleKey, StringSet.
func InsideKeyStaysInDB(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.back()
	require.NoError(t, ctx.SelectDB(3))
	key := ctx.OpenWriteKey(e.str("k"))
	require.NoError(t, ctx.SelectDB(7))
	require.NoError(t, key.StringSet(e.str("value")))
	db, err := key.DB()
	if serverHas(t, "GetDbIdFromModuleKey") {
		require.NoError(t, err)
		require.Equal(t, 3, db)
	} else {
		requireError(t, rm.ErrUnsupported, err)
	}
	key.Close()
	require.Equal(t, uint64(0), ctx.DBSize())
	require.NoError(t, ctx.SelectDB(3))
	require.Equal(t, "value", e.do("GET", "k"))
}

// InsideKeyNames counts keys, asks for them and picks one, without and with automatic
// memory.
//
// Drives: DbSize, KeyExists, RandomKey.
func InsideKeyNames(t *inside.T, ctx rm.Context) {
	skipMisuse(t)
	e := env{t, ctx}
	require.Equal(t, uint64(0), ctx.DBSize())
	random := func(ctx rm.Context) any {
		name, ok := ctx.RandomKey()
		return text(name, ok, nil)
	}
	auto := func(f func(ctx rm.Context)) {
		e.callbackOK(func(ctx rm.Context) error {
			ctx.AutoMemory()
			f(ctx)
			return ctx.ReplyWithOK()
		})
	}
	require.Equal(t, "(null)", random(ctx))
	auto(func(ctx rm.Context) { require.Equal(t, "(null)", random(ctx)) })
	names := map[any]bool{"": true, "\x00\r\n\xff": true, "plain": true, "12345": true}
	for name := range names {
		name, ok := name.(string)
		require.True(t, ok)
		require.False(t, ctx.KeyExists(e.str(name)), "%q", name)
		e.do("SET", name, "v")
		require.True(t, ctx.KeyExists(e.str(name)), "%q", name)
	}
	require.False(t, ctx.KeyExists(rm.RStr{}))
	require.Equal(t, uint64(len(names)), ctx.DBSize())
	all := func(ctx rm.Context) {
		seen := map[any]bool{}
		for i := 0; len(seen) < len(names); i++ {
			name := random(ctx)
			require.Contains(t, names, name)
			seen[name] = true
			require.Less(t, i, 10_000, "only %v", seen)
		}
	}
	all(ctx)
	auto(all)
}

// InsideKeyExistsSparesTheKey asks for keys without using them.
//
// Drives: KeyExists.
func InsideKeyExistsSparesTheKey(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("SET", "k", "v")
	dump, ok := e.do("DUMP", "k").(string)
	require.True(t, ok)
	e.do("RESTORE", "k", "0", dump, "REPLACE", "IDLETIME", "1000")
	require.True(t, ctx.KeyExists(e.str("k")))
	require.GreaterOrEqual(t, e.do("OBJECT", "IDLETIME", "k"), 1000)
}

// InsideKeyNameCosts looks for leaks and for Go allocations.
//
// Drives: KeyExists, RandomKey, SelectDb.
func InsideKeyNameCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.back()
	e.do("SET", "k", "v")
	k, none := e.str("k"), e.str("none")
	e.costs(func() {
		name, ok := ctx.RandomKey()
		if !ok || !name.Str().Equal(k) || !ctx.KeyExists(k) || ctx.KeyExists(none) || ctx.DBSize() != 1 {
			panic("a key")
		}
		name.Free()
		if ctx.SelectDB(1) != nil || ctx.SelectDB(99) == nil || ctx.SelectDB(0) != nil {
			panic("a database")
		}
	})
	e.leakless(func() {
		e.callbackOK(func(ctx rm.Context) error {
			ctx.AutoMemory()
			name, _ := ctx.RandomKey()
			name.Free()
			return ctx.ReplyWithOK()
		})
	})
}
