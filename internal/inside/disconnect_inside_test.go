// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideDisconnectBlocked has a command that has blocked its client call what ends the waiting of clients: the server would
// go on with the command of a client that it has reset.
func InsideDisconnectBlocked(t *inside.T, ctx rm.Context) {
	own := strconv.FormatUint(ctx.ClientID(), 10)
	refused := func(command string, args ...string) {
		t.Helper()
		var all []rm.Arg
		for _, a := range args {
			all = append(all, rm.Text(a))
		}
		_, err := ctx.Call(command, 0, all...)
		require.Equal(t, rm.ErrDisconnectsHere, err, command)
		_, err = rm.NewCall(command, 0).DoArgs(ctx, all...)
		require.Equal(t, rm.ErrDisconnectsHere, err, command)
		_, err = rm.NewCall(command, 0).Do(ctx, strs(ctx, args...)...)
		require.Equal(t, rm.ErrDisconnectsHere, err, command)
	}
	b, err := ctx.BlockClient(rm.BlockOptions{Timeout: time.Minute})
	if errors.Is(err, rm.ErrUnsupported) {
		return
	}
	require.NoError(t, err)
	for range 2 {
		refused("REPLICAOF", "127.0.0.1", "1")
		refused("SlaveOf", "127.0.0.1", "1")
		refused("cluster", "RESET")
		refused("CLIENT", "UNBLOCK", own)
		refused("CLIENT", "kill", "ID", own)
		refused("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
		reply, err := ctx.Call("CLIENT", 0, rm.Text("LIST"))
		require.NoError(t, err)
		reply.Free()
		_, err = ctx.Call("CLUSTER", 0, rm.Text("INFO"))
		require.NotEqual(t, rm.ErrDisconnectsHere, err)
		// The server is told that it is taken back when the command is over.
		b.AbortBlock(ctx)
	}
}

// InsideDisconnectInEvents has a listener to keyspace events, in the middle of somebody's command, call the same.
func InsideDisconnectInEvents(t *inside.T, ctx rm.Context) {
	var errs []error
	l, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyString, func(c rm.NotifyContext, _ rm.KeyspaceEvent) {
		for _, words := range [][]string{{"REPLICAOF", "127.0.0.1", "1"}, {"slaveof", "127.0.0.1", "1"}, {"CLUSTER", "reset"},
			{"CLIENT", "KILL", "TYPE", "normal"}, {"CLIENT", "kill", "SKIPME", "yes"}, {"client", "UNBLOCK", "1"}} {
			var args []rm.Arg
			for _, w := range words[1:] {
				args = append(args, rm.Text(w))
			}
			_, err := c.Call(words[0], 0, args...)
			errs = append(errs, err)
		}
		reply, err := c.Call("CLIENT", 0, rm.Text("LIST"))
		errs = append(errs, err)
		reply.Free()
	})
	require.NoError(t, err)
	reply, err := ctx.Call("SET", 0, rm.Text("k"), rm.Text("v"))
	require.NoError(t, err)
	reply.Free()
	l.Stop(ctx)
	require.Len(t, errs, 7)
	for _, err := range errs[:6] {
		require.Equal(t, rm.ErrDisconnectsHere, err)
	}
	require.NoError(t, errs[6])
}

// InsideDisconnectOwn has a command call what ends the connection of its own client.
func InsideDisconnectOwn(t *inside.T, ctx rm.Context) {
	own := strconv.FormatUint(ctx.ClientID(), 10)
	for _, id := range []rm.Arg{rm.Text("123456789"), rm.Int64(123456789), rm.Str(ctx.Str("123456789"))} {
		_, err := ctx.Call("CLIENT", 0, rm.Text("KILL"), rm.Text("ID"), id)
		require.NotEqual(t, rm.ErrDisconnectsHere, err)
	}
	for _, words := range [][]string{{"ID", own}, {"TYPE", "normal"}, {"TYPE", "normal", "SKIPME", "no"}, {"SKIPME", "yes"}, {"USER", "default"}, {"ID", own, "SKIPME", "yes"}} {
		args := []rm.Arg{rm.Text("KILL")}
		for _, w := range words {
			args = append(args, rm.Text(w))
		}
		_, err := ctx.Call("CLIENT", 0, args...)
		require.Equal(t, rm.ErrDisconnectsHere, err, "%q", words)
	}
}

func strs(ctx rm.Context, texts ...string) (all []rm.RStr) {
	for _, s := range texts {
		all = append(all, ctx.Str(s))
	}
	return all
}
