// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideCallsWithOpenKeys calls commands while keys are open: those that would change
// one of them are refused before they are made, all others go through.
//
// Drives: Call, OpenKey, GetCommandKeys, GetCommandKeysWithFlags, GetKeyNameFromModuleKey, GetDbIdFromModuleKey.
func InsideCallsWithOpenKeys(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("SET", "k", "v")
	del, get := rm.NewCall("DEL", 0), rm.NewCall("GET", 0)
	name, other := ctx.Str("k"), ctx.Str("other")
	call := func(f func() (rm.CallReply, error)) any {
		return told(func() any {
			reply, err := f()
			if err != nil {
				return err
			}
			reply.Free()
			return "made"
		})
	}
	each := func(want any) {
		t.Helper()
		for i, f := range []func() (rm.CallReply, error){
			func() (rm.CallReply, error) { return ctx.Call("SET", 0, rm.Str(name), rm.Text("v")) },
			func() (rm.CallReply, error) { return ctx.Call("set", 0, rm.Text("k"), rm.Text("v")) },
			func() (rm.CallReply, error) {
				return ctx.Call("MSET", 0, rm.Strs(rm.ArgsOf(other, other, name, other)))
			},
			func() (rm.CallReply, error) {
				return ctx.Call("RENAME", 0, rm.Bytes([]byte("other")), rm.Bytes([]byte("k")))
			},
			func() (rm.CallReply, error) { return del.Do(ctx, name) },
			func() (rm.CallReply, error) { return del.DoArgs(ctx, rm.Text("x"), rm.Text("k")) },
		} {
			require.Equal(t, want, call(f), "%d", i)
		}
	}
	for _, open := range []func() rm.ReadKey{
		func() rm.ReadKey { return ctx.OpenReadKey(name) },
		func() rm.ReadKey { return ctx.OpenWriteKey(name).ReadKey() },
	} {
		e.do("SET", "k", "v")
		e.do("SET", "other", "v")
		key := open()
		each(rm.ErrKeyOpen)
		// What changes all keys, without naming one.
		for _, command := range [][]string{
			{"FLUSHALL"}, {"flushdb"}, {"SWAPDB", "0", "1"}, {"DEBUG", "RELOAD"}, {"debug", "populate", "1", "k"},
			{"CLUSTER", "FLUSHSLOT", "1"}, {"cluster", "reset"}, {"CLUSTER", "REPLICATE", "NO", "ONE"}, {"CLUSTER", "DELSLOTSRANGE", "0", "1"},
			// Scripts, in the middle of which the server may replace the data, or move it.
			{"EVAL", "return 1", "0"}, {"evalsha", "x", "0"}, {"EVAL_RO", "return 1", "0"}, {"EVALSHA_RO", "x", "0"},
			{"FCALL", "f", "0"}, {"fcall_ro", "f", "0"},
		} {
			require.Equal(t, rm.ErrKeyOpen, call(func() (rm.CallReply, error) {
				var args []rm.Arg
				for _, a := range command[1:] {
					args = append(args, rm.Text(a))
				}
				return ctx.Call(command[0], 0, args...)
			}), command)
			require.Equal(t, rm.ErrKeyOpen, call(func() (rm.CallReply, error) {
				var args []rm.RStr
				for _, a := range command[1:] {
					args = append(args, ctx.Str(a))
				}
				return rm.NewCall(command[0], 0).Do(ctx, args...)
			}), command)
		}
		require.Equal(t, "made", call(func() (rm.CallReply, error) { return ctx.Call("DEBUG", 0, rm.Text("SLEEP"), rm.Text("0")) }))
		// What reads, has it as a value, or is for another database.
		require.Equal(t, "made", call(func() (rm.CallReply, error) { return get.Do(ctx, name) }))
		require.Equal(t, "made", call(func() (rm.CallReply, error) { return ctx.Call("SET", 0, rm.Text("other"), rm.Str(name)) }))
		require.Equal(t, "made", call(func() (rm.CallReply, error) { return ctx.Call("PUBLISH", 0, rm.Text("k"), rm.Text("k")) }))
		require.NoError(t, ctx.SelectDB(1))
		require.Equal(t, "made", call(func() (rm.CallReply, error) { return del.Do(ctx, name) }))
		// But for those that name a database.
		require.Equal(t, rm.ErrKeyOpen, call(func() (rm.CallReply, error) {
			return ctx.Call("COPY", 0, rm.Text("other"), rm.Text("k"), rm.Text("DB"), rm.Int64(0), rm.Text("REPLACE"))
		}))
		require.Equal(t, rm.ErrKeyOpen, call(func() (rm.CallReply, error) {
			return rm.NewCall("copy", 0).Do(ctx, other, name, ctx.Str("DB"), ctx.Str("0"), ctx.Str("REPLACE"))
		}))
		require.Equal(t, rm.ErrKeyOpen, call(func() (rm.CallReply, error) { return ctx.Call("move", 0, rm.Text("k"), rm.Text("0")) }))
		require.NoError(t, ctx.SelectDB(0))
		require.Equal(t, 1, key.Len())
		key.Close()
		each("made")
	}
	// A key that is missing: a call would make it under one that is open for writing.
	e.do("DEL", "k")
	missing := ctx.OpenReadKey(name)
	require.Equal(t, "made", call(func() (rm.CallReply, error) { return del.Do(ctx, name) }))
	missing.Close()
	made := ctx.OpenWriteKey(name)
	require.Equal(t, rm.ErrKeyOpen, call(func() (rm.CallReply, error) { return ctx.Call("SET", 0, rm.Str(name), rm.Text("v")) }))
	made.Close()
	// Missing in a database that a call from another one would move a key into.
	e.do("SET", "m", "v")
	require.NoError(t, ctx.SelectDB(1))
	there := ctx.OpenWriteKey(ctx.Str("m"))
	require.NoError(t, ctx.SelectDB(0))
	require.Equal(t, rm.ErrKeyOpen, call(func() (rm.CallReply, error) { return ctx.Call("MOVE", 0, rm.Text("m"), rm.Int64(1)) }))
	require.NoError(t, there.StringSet(ctx.Str("x")))
	require.NoError(t, there.Delete())
	there.Close()
	require.NoError(t, ctx.SelectDB(0)) // Valkey 8.1 leaves the client in the database of an event that a module has heard
	require.Equal(t, "made", call(func() (rm.CallReply, error) { return ctx.Call("MOVE", 0, rm.Text("m"), rm.Int64(1)) }))
	e.do("FLUSHALL")
	numbered := ctx.OpenWriteKey(ctx.Str("12"))
	require.Equal(t, rm.ErrKeyOpen, call(func() (rm.CallReply, error) { return ctx.Call("INCR", 0, rm.Int64(12)) }))
	numbered.Close()
}
