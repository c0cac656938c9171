// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

var unloadPrepared = rm.NewCall("module", 0)

// InsideUnloadInEvents: while the server goes through what modules have registered, none of them can be
// unloaded, in any way to call; a command can.
//
// Drives: Call, SubscribeToKeyspaceEvents, SubscribeToServerEvent.
func InsideUnloadInEvents(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	var got []error
	try := func(call func(command string, flags rm.CallFlags, args ...rm.Arg) (rm.CallReply, error)) {
		for _, words := range [][]string{{"MODULE", "UNLOAD"}, {"module", "Unload"}} {
			r, err := call(words[0], 0, rm.Text(words[1]), rm.Text("none"))
			r.Free()
			got = append(got, err)
		}
		r, err := call("MODULE", 0, rm.Strs(rm.Args{}), rm.Text("UNLOAD"), rm.Text("none"))
		r.Free()
		got = append(got, err)
	}
	listener, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyGeneric, func(ctx rm.NotifyContext, _ rm.KeyspaceEvent) { try(ctx.Call) })
	require.NoError(t, err)
	flushed, err := ctx.OnFlushDB(func(ctx rm.Context, _ rm.FlushDB) {
		try(ctx.Call)
		unload, none := ctx.Str("unload"), ctx.Str("none")
		r, err := unloadPrepared.Do(ctx, unload, none)
		r.Free()
		got = append(got, err)
	})
	require.NoError(t, err)
	e.do("SET", "k", "v")
	e.do("DEL", "k")
	require.Len(t, got, 3)
	e.do("FLUSHDB")
	require.Len(t, got, 3+2*4)
	for _, err := range got {
		require.Equal(t, rm.ErrUnloadHere, err)
	}
	listener.Stop(ctx)
	flushed.Stop(ctx)
	_, err = ctx.Call("MODULE", 0, rm.Text("UNLOAD"), rm.Text("none"))
	require.NotEqual(t, rm.ErrUnloadHere, err)
	require.Error(t, err, "there is none of the name")
}
