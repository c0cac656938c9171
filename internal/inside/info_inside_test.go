// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideServerInfo reads INFO by fields of all types, with automatic memory and without.
//
// Drives: GetServerInfo, FreeServerInfo, ServerInfoGetField, ServerInfoGetFieldC,
// ServerInfoGetFieldSigned, ServerInfoGetFieldUnsigned, ServerInfoGetFieldDouble.
func InsideServerInfo(t *inside.T, ctx rm.Context) {
	for range 2 {
		i, err := ctx.ServerInfo("everything")
		require.NoError(t, err)
		port, ok, err := i.Text("tcp_port")
		require.Equal(t, []any{true, nil}, []any{ok, err})
		require.Equal(t, port, text(i.Field("tcp_port")))
		n, err := strconv.ParseInt(port, 10, 64)
		require.NoError(t, err)
		require.Equal(t, []any{n, true, nil}, three(i.Int64("tcp_port")))
		require.Equal(t, []any{uint64(n), true, nil}, three(i.Uint64("tcp_port")))
		require.Equal(t, []any{float64(n), true, nil}, three(i.Float64("tcp_port")))
		for _, name := range []string{"run_id"} { // something else
			require.Equal(t, []any{int64(0), false, rm.ErrNotInteger}, three(i.Int64(name)))
			require.Equal(t, []any{uint64(0), false, rm.ErrNotInteger}, three(i.Uint64(name)))
			require.Equal(t, []any{float64(0), false, rm.ErrNotFloat}, three(i.Float64(name)))
		}
		for _, name := range []string{"no_such_field", "", strings.Repeat("x", 1000)} {
			require.Equal(t, "(null)", text(i.Field(name)))
			require.Equal(t, []any{"", false, nil}, three(i.Text(name)))
			require.Equal(t, []any{int64(0), false, nil}, three(i.Int64(name)))
			require.Equal(t, []any{uint64(0), false, nil}, three(i.Uint64(name)))
			require.Equal(t, []any{float64(0), false, nil}, three(i.Float64(name)))
		}
		require.Equal(t, rm.ErrNULByte, text(i.Field("a\x00b")))
		mode, ok, err := i.Text("inside_mode")
		require.Equal(t, []any{true, nil}, []any{ok, err}, "the module's own")
		require.NotEmpty(t, mode)
		i.Free()
		require.Equal(t, rm.ErrInfoFreed, told(func() any { return text(i.Field("tcp_port")) }))
		require.Equal(t, rm.ErrInfoFreed, told(func() any { _, _, err := i.Int64("tcp_port"); return err }))
		ctx.AutoMemory()
	}
	none, err := ctx.ServerInfo("no_such_section")
	require.NoError(t, err)
	require.Equal(t, []any{"", false, nil}, three(none.Text("tcp_port")))
	none.Free()
	_, err = ctx.ServerInfo("a\x00b")
	require.Equal(t, rm.ErrNULByte, err)
	rm.ServerInfo{}.Free()
	_, _ = ctx.ServerInfo("") // left to the unload
}

func three[T any](v T, ok bool, err error) []any { return []any{v, ok, err} }
