// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideCommandKeys asks where the keys of commands are: a range, a number of them, none,
// and what is wrong with a command.
//
// Drives: GetCommandKeys, GetCommandKeysWithFlags.
func InsideCommandKeys(t *inside.T, ctx rm.Context) {
	command := func(words ...string) rm.Args {
		var list []rm.RStr
		for _, w := range words {
			list = append(list, ctx.Str(w))
		}
		return rm.ArgsOf(list...)
	}
	if _, err := ctx.GetCommandKeys(nil, command("GET", "k")); errors.Is(err, rm.ErrUnsupported) {
		return // before 6.0.9
	}
	withFlags := false
	for _, c := range []struct {
		command rm.Args
		want    []int
		err     error
	}{
		{command("GET", "k"), []int{1}, nil},
		{command("nobody", "k"), nil, rm.ErrUnknownCommand},
		{command("PING"), nil, nil}, // behind one that has failed
		{command("MSET", "a", "1", "b", "2"), []int{1, 3}, nil},
		{command("get", "a", "b"), nil, rm.ErrCommandArity},
		{command("PING"), nil, nil},
		{command("EVAL", "return 1", "2", "a", "b", "c"), []int{3, 4}, nil},
		{command("EVAL", "return 1", "x", "a"), nil, nil},
		{command("EVAL", "return 1", "9223372036854775807", "a"), nil, nil},
		{command(""), nil, rm.ErrUnknownCommand},
		{command(), nil, rm.ErrNoCommandName},
		{rm.ArgsOf(rm.RStr{}), nil, rm.ErrNoString},
	} {
		got, err := ctx.GetCommandKeys(nil, c.command)
		require.Equal(t, c.want, got)
		require.Equal(t, c.err, err)
		keys, err := ctx.GetCommandKeysWithFlags([]rm.CommandKey{{Pos: 7}}, c.command)
		if errors.Is(err, rm.ErrUnsupported) {
			continue
		}
		withFlags = true
		require.Equal(t, c.err, err)
		require.Equal(t, rm.CommandKey{Pos: 7}, keys[0], "what is there stays")
		require.Len(t, keys, 1+len(c.want))
		for i, pos := range c.want {
			require.Equal(t, pos, keys[1+i].Pos)
		}
	}
	if withFlags {
		keys, err := ctx.GetCommandKeysWithFlags(nil, command("SET", "k", "v"))
		require.NoError(t, err)
		require.Equal(t, rm.KeyFlagOW, keys[0].Flags&(rm.KeyFlagRO|rm.KeyFlagRW|rm.KeyFlagOW|rm.KeyFlagRM))
		keys, err = ctx.GetCommandKeysWithFlags(keys[:0], command("COPY", "a", "b"))
		require.NoError(t, err)
		if keys[0].Flags == 0 { // Redis 7.0 does not say
			keys[0].Flags, keys[1].Flags = rm.KeyFlagRO|rm.KeyFlagAccess, keys[1].Flags|rm.KeyFlagOW|rm.KeyFlagUpdate
		}
		require.Equal(t, []rm.CommandKey{{Pos: 1, Flags: rm.KeyFlagRO | rm.KeyFlagAccess}, {Pos: 2, Flags: rm.KeyFlagOW | rm.KeyFlagUpdate}}, keys)
	}
	dst, mset := make([]int, 0, 8), command("MSET", "a", "1", "b", "2")
	env{t, ctx}.costs(func() { dst, _ = ctx.GetCommandKeys(dst[:0], mset) })
}

// InsideCommandName asks which command runs.
//
// Drives: GetCurrentCommandName.
func InsideCommandName(t *inside.T, ctx rm.Context) {
	name, ok, err := ctx.GetCurrentCommandName()
	if errors.Is(err, rm.ErrUnsupported) {
		return // before 6.2.5
	}
	require.NoError(t, err)
	require.True(t, ok)
	require.NotEmpty(t, name)
}
