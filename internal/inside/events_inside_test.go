// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideServerEvents: several listeners to an event, in their order; they may stop
// themselves and others, and come again.
//
// Drives: SubscribeToServerEvent.
func InsideServerEvents(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	var got []string
	say := func(name string) func(rm.Context, rm.SwapDB) {
		return func(ctx rm.Context, s rm.SwapDB) {
			got = append(got, fmt.Sprint(name, s.First, s.Second, ctx.ClientID()))
		}
	}
	callbacks := redismodule.Callbacks()
	each := func(want ...string) {
		t.Helper()
		got = nil
		e.do("SWAPDB", "1", "2")
		require.Equal(t, want, got)
	}
	on := func(f func(rm.Context, rm.SwapDB)) rm.Listener {
		l, err := ctx.OnSwapDB(f)
		require.NoError(t, err)
		t.Cleanup(func() { l.Stop(ctx) })
		return l
	}
	a, b := on(say("a")), on(say("b"))
	each("a1 2 0", "b1 2 0")
	a.Stop(ctx)
	a.Stop(ctx)
	require.False(t, a.Listening())
	require.True(t, b.Listening())
	each("b1 2 0")
	b.Stop(ctx)
	each()
	var first, second rm.Listener
	first = on(func(ctx rm.Context, _ rm.SwapDB) {
		got = append(got, "first")
		first.Stop(ctx)
		second.Stop(ctx)
		on(say("third"))
	})
	second = on(say("second"))
	each("first")
	each("third1 2 0")
	for range 1000 {
		on(say("x")).Stop(ctx)
	}
	require.LessOrEqual(t, redismodule.Callbacks()-callbacks, 1)
	_, err := ctx.OnSwapDB(nil)
	require.ErrorContains(t, err, "no function")
	_, err = ctx.OnCommandResult(99, func(rm.Context, rm.CommandResult) {})
	require.Equal(t, rm.ErrRange, err)
	var zero rm.Listener
	zero.Stop(ctx)
	require.False(t, zero.Listening())
}

// InsideServerEventFailures: a listener that fails does not keep others from hearing.
//
// Drives: SubscribeToServerEvent.
func InsideServerEventFailures(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	var got []int
	for i := range 6 {
		l, err := ctx.OnSwapDB(func(ctx rm.Context, _ rm.SwapDB) {
			got = append(got, i)
			ctx.OpenWriteKey(ctx.Str("left open"))
			switch i % 3 {
			case 0:
				panic("a listener panics")
			case 1:
				if canGoexit() {
					runtime.Goexit()
				}
			}
		})
		require.NoError(t, err)
		t.Cleanup(func() { l.Stop(ctx) })
	}
	for range 3 {
		got = nil
		require.Equal(t, "OK", e.do("SWAPDB", "1", "2"))
		require.Equal(t, []int{0, 1, 2, 3, 4, 5}, got)
	}
	e.do("DEL", "left open")
}

// InsideServerEventsInEvents: an event in the middle of another, each heard whole.
//
// Drives: SubscribeToServerEvent, SubscribeToKeyspaceEvents.
func InsideServerEventsInEvents(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("FLUSHALL")
	var got []string
	for i := range 2 {
		l, err := ctx.OnSwapDB(func(ctx rm.Context, _ rm.SwapDB) {
			got = append(got, fmt.Sprint("swap ", i))
			if reply, err := ctx.Call("SET", 0, rm.Text("k"), rm.Text("v")); err == nil {
				reply.Free()
			}
			if i == 0 {
				panic("the first one fails behind the event within")
			}
		})
		require.NoError(t, err)
		t.Cleanup(func() { l.Stop(ctx) })
		e.listenTo(rm.NotifyString, func(rm.NotifyContext, rm.KeyspaceEvent) {
			got = append(got, fmt.Sprint("set ", i))
			if i == 0 {
				panic("one within fails")
			}
		})
	}
	e.do("SWAPDB", "1", "2")
	require.Equal(t, []string{"swap 0", "set 0", "set 1", "swap 1", "set 0", "set 1"}, got)
	e.do("FLUSHALL")
}

// InsideServerEventCosts: events allocate nothing, with several listeners and texts.
//
// Drives: SubscribeToServerEvent.
func InsideServerEventCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	n, loops := 0, 0
	keep := func(l rm.Listener, err error) {
		t.Helper()
		if !errors.Is(err, rm.ErrUnsupported) {
			require.NoError(t, err)
		}
		t.Cleanup(func() { l.Stop(ctx) })
	}
	for range 2 {
		keep(ctx.OnSwapDB(func(_ rm.Context, s rm.SwapDB) { n += s.First + s.Second }))
		keep(ctx.OnKey(func(ctx rm.NotifyContext, k rm.KeyRemoval) { n += k.Key.Len() + ctx.SelectedDB() }))
		keep(ctx.OnEventLoop(func(rm.Context, rm.EventLoopPoint) { loops++ }))
		keep(ctx.OnCommandResult(rm.CommandSucceeded, func(_ rm.Context, r rm.CommandResult) { n += len(r.Name) + r.Args.Len() }))
	}
	swap, set, del := e.ready("SWAPDB", "1", "2"), e.ready("SET", "costs", "v"), e.ready("DEL", "costs")
	swap()
	e.costs(func() { swap(); set(); del() })
	require.NotZero(t, n)
}

// InsideSubEvents: which sub-events the server has.
//
// Drives: IsSubEventSupported.
func InsideSubEvents(t *inside.T, ctx rm.Context) {
	for _, s := range []rm.SubEvent{
		rm.ReplicationRoleMaster, rm.ReplicaOnline, rm.MasterLinkUp, rm.PersistenceRDBStart, rm.PersistenceFailed, rm.FlushDBStart, rm.FlushDBEnd,
		rm.LoadingEnded, rm.LoadingProgressAOF, rm.ClientChangeConnected, rm.ModuleChangeUnloaded, rm.ForkChildBorn,
	} {
		require.True(t, rm.IsSubEventSupported(s), "%T %d", s, s)
	}
	for _, s := range []rm.SubEvent{rm.Persistence(99), rm.FlushDBSub(2), rm.Loading(5), rm.ReplBackupCreate} {
		require.False(t, rm.IsSubEventSupported(s), "%T %d", s, s)
	}
	since70, since72 := serverHas(t, "EventLoopAdd"), serverHas(t, "AddPostNotificationJob")
	for _, s := range []rm.SubEvent{rm.EventLoopBeforeSleep, rm.ConfigChanged, rm.ReplAsyncLoadStarted, rm.PersistenceSyncAOFStart} {
		require.Equal(t, since70, rm.IsSubEventSupported(s), "%T %d", s, s)
	}
	require.Equal(t, since72, rm.IsSubEventSupported(rm.KeyRemovalExpired))
	_, err := ctx.OnReplBackup(func(rm.Context, rm.ReplBackup) {})
	require.ErrorIs(t, err, rm.ErrUnsupported)
	require.ErrorContains(t, err, "Redis 6.2, not from 7.0 on")
	if !redismodule.IsValkey() {
		_, err = ctx.OnAuthenticationAttempt(func(rm.Context, rm.AuthenticationAttempt) {})
		require.ErrorContains(t, err, "AuthenticationAttempt (since Valkey 9.0)")
		_, err = ctx.OnCommandResult(rm.CommandFailed, func(rm.Context, rm.CommandResult) {})
		require.ErrorContains(t, err, "CommandResult (since Valkey 9.1)")
	}
}
