// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideServerConfig reads, lists and changes the server's own options, where the server
// has functions for that; elsewhere each says that it has not.
//
// Drives: ConfigGetType, ConfigGet, ConfigGetBool, ConfigGetEnum, ConfigGetNumeric,
// ConfigSet, ConfigSetBool, ConfigSetEnum, ConfigSetNumeric, ConfigIteratorCreate,
// ConfigIteratorNext, ConfigIteratorRelease.
func InsideServerConfig(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	all := map[string]func(name string) error{
		"ConfigGetType":        func(name string) error { _, _, err := ctx.ConfigGetType(name); return err },
		"ConfigGet":            func(name string) error { _, _, err := ctx.ConfigGet(name); return err },
		"ConfigGetBool":        func(name string) error { _, _, err := ctx.ConfigGetBool(name); return err },
		"ConfigGetEnum":        func(name string) error { _, _, err := ctx.ConfigGetEnum(name); return err },
		"ConfigGetNumeric":     func(name string) error { _, _, err := ctx.ConfigGetNumeric(name); return err },
		"ConfigSet":            func(name string) error { return ctx.ConfigSet(name, e.str("x")) },
		"ConfigSetBool":        func(name string) error { return ctx.ConfigSetBool(name, true) },
		"ConfigSetEnum":        func(name string) error { return ctx.ConfigSetEnum(name, e.str("x")) },
		"ConfigSetNumeric":     func(name string) error { return ctx.ConfigSetNumeric(name, 1) },
		"ConfigIteratorCreate": func(name string) error { _, err := ctx.ConfigNames(name); return err },
	}
	if !redismodule.Has(redismodule.FnConfigGet) {
		for function, f := range all {
			err := f("maxmemory")
			require.ErrorIs(t, err, rm.ErrUnsupported, function)
			require.ErrorContains(t, err, function+" (since Redis 8.2)")
		}
		return
	}
	for function, f := range all {
		if err := f("no-such-option"); function[:9] == "ConfigSet" {
			require.Equal(t, rm.ErrNoConfig, err, function)
		} else {
			require.NoError(t, err, function)
		}
	}
	for name, want := range map[string]rm.ConfigType{"maxmemory": rm.ConfigTypeNumeric, "appendonly": rm.ConfigTypeBool, "maxmemory-policy": rm.ConfigTypeEnum, "dbfilename": rm.ConfigTypeString} {
		got, ok, err := ctx.ConfigGetType(name)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, want, got, name)
	}
	require.Equal(t, "dump.rdb", text(ctx.ConfigGet("dbfilename")))
	require.Equal(t, "noeviction", text(ctx.ConfigGetEnum("maxmemory-policy")))
	require.Equal(t, rm.ErrConfigType, text(ctx.ConfigGetEnum("maxmemory")))
	_, _, err := ctx.ConfigGetNumeric("appendonly")
	require.Equal(t, rm.ErrConfigType, err)
	_, _, err = ctx.ConfigGetBool("maxmemory")
	require.Equal(t, rm.ErrConfigType, err)
	on, ok, err := ctx.ConfigGetBool("rdbcompression")
	require.Equal(t, []any{true, true, nil}, []any{on, ok, err})

	require.NoError(t, ctx.ConfigSetNumeric("lfu-decay-time", 3))
	n, ok, err := ctx.ConfigGetNumeric("lfu-decay-time")
	require.Equal(t, []any{int64(3), true, nil}, []any{n, ok, err})
	require.NoError(t, ctx.ConfigSet("lfu-decay-time", e.str("1")))
	require.Error(t, ctx.ConfigSetNumeric("lfu-decay-time", -1))
	require.NoError(t, ctx.ConfigSetBool("rdbcompression", false))
	require.NoError(t, ctx.ConfigSetBool("rdbcompression", true))
	require.NoError(t, ctx.ConfigSetEnum("maxmemory-policy", e.str("allkeys-lru")))
	require.Error(t, ctx.ConfigSetEnum("maxmemory-policy", e.str("best")))
	require.NoError(t, ctx.ConfigSetEnum("maxmemory-policy", e.str("noeviction")))
	require.Equal(t, rm.ErrNoString, ctx.ConfigSet("dbfilename", rm.RStr{}))

	names, err := ctx.ConfigNames("maxmemory*")
	require.NoError(t, err)
	require.True(t, slices.Contains(names, "maxmemory") && slices.Contains(names, "maxmemory-policy"))
	every, err := ctx.ConfigNames("")
	require.NoError(t, err)
	require.Greater(t, len(every), len(names))
}
