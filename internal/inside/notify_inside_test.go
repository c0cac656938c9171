// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// listen subscribes to keyspace events until the test has ended, and returns what was
// heard, which it clears: "type event db key".
func (e env) listen(types rm.NotifyFlags) (heard func() []string) {
	e.Helper()
	l, heard := e.listening(types)
	e.Cleanup(func() { l.Stop(e.ctx) })
	return heard
}

// listening is listen for a test that goes on in other commands, and stops by itself.
func (e env) listening(types rm.NotifyFlags) (l rm.Listener, heard func() []string) {
	e.Helper()
	all := []string{}
	l, err := e.ctx.SubscribeToKeyspaceEvents(types, func(ctx rm.NotifyContext, k rm.KeyspaceEvent) {
		all = append(all, fmt.Sprintf("%d %s %d %s", k.Type(), k.Event(), ctx.SelectedDB(), k.Key()))
	})
	require.NoError(e, err)
	return l, func() []string {
		got := all
		all = []string{}
		return got
	}
}

// listenTo subscribes to keyspace events until the test has ended.
func (e env) listenTo(types rm.NotifyFlags, f func(ctx rm.NotifyContext, k rm.KeyspaceEvent)) rm.Listener {
	e.Helper()
	l, err := e.ctx.SubscribeToKeyspaceEvents(types, f)
	require.NoError(e, err)
	e.Cleanup(func() { l.Stop(e.ctx) })
	return l
}

// InsideKeyspaceEvents hears of what commands do to keys, by type, in each database, and no
// more when it has stopped.
//
// Drives: SubscribeToKeyspaceEvents, GetKeyspaceNotificationFlagsAll.
func InsideKeyspaceEvents(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("FLUSHALL")
	l, heard := e.listening(rm.NotifyAll)
	e.do("SET", "s", "1")
	e.do("INCR", "s")
	e.do("RPUSH", "l", "1", "2")
	e.do("SADD", "set", "a")
	e.do("HSET", "h", "f", "v")
	e.do("ZADD", "z", "1", "a")
	e.do("XADD", "x", "1-1", "f", "v")
	require.NoError(t, ctx.SelectDB(3))
	e.do("SET", "other\x00\r\n", "1")
	e.do("DEL", "other\x00\r\n")
	require.NoError(t, ctx.SelectDB(0))
	e.do("EXPIRE", "s", "100")
	require.Equal(t, []string{
		"8 set 0 s", "8 incrby 0 s", "16 rpush 0 l", "32 sadd 0 set", "64 hset 0 h", "128 zadd 0 z", "1024 xadd 0 x",
		"8 set 3 other\x00\r\n", "4 del 3 other\x00\r\n", "4 expire 0 s",
	}, heard())

	e.do("SET", "short", "1", "PX", "1")
	heard()
	time.Sleep(5 * time.Millisecond)
	t.Later(0, func(t *inside.T, ctx rm.Context) {
		e := env{t, ctx}
		e.do("GET", "short")
		got := heard()
		require.Contains(t, got, "256 expired 0 short")
		l.Stop(ctx)
		e.do("SET", "s", "1")
		e.do("FLUSHALL")
	})
	t.Later(0, func(t *inside.T, ctx rm.Context) {
		require.Empty(t, heard())
	})
}

// InsideKeyspaceEventTypes: types that are not in NotifyAll come when they are asked for;
// those that the server lacks are an error.
//
// Drives: SubscribeToKeyspaceEvents, GetKeyspaceNotificationFlagsAll, GetNotifyKeyspaceEvents.
func InsideKeyspaceEventTypes(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("FLUSHALL")
	f := func(rm.NotifyContext, rm.KeyspaceEvent) {}
	for _, types := range []rm.NotifyFlags{0, rm.NotifyKeyspace, rm.NotifyKeyEvent | rm.NotifyString, -1, 1 << 30} {
		_, err := ctx.SubscribeToKeyspaceEvents(types, f)
		require.ErrorContains(t, err, "no types", "%d", types)
	}
	_, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyAll, nil)
	require.ErrorContains(t, err, "no function")
	for _, typ := range []rm.NotifyFlags{rm.NotifyNew, rm.NotifyOverwritten, rm.NotifyTypeChanged, rm.NotifyKeyTrimmed, rm.NotifyArray} {
		l, err := ctx.SubscribeToKeyspaceEvents(typ, f)
		if rm.NotifyTypes()&typ == 0 {
			require.ErrorIs(t, err, rm.ErrUnsupported, "%d", typ)
			continue
		}
		require.NoError(t, err, "%d", typ)
		l.Stop(ctx)
	}
	miss := e.listen(rm.NotifyKeyMiss)
	e.do("GET", "not there")
	e.do("SET", "there", "1")
	e.do("GET", "there")
	require.Equal(t, []string{"2048 keymiss 0 not there"}, miss())
	if rm.NotifyTypes()&rm.NotifyNew != 0 {
		fresh := e.listen(rm.NotifyNew)
		e.do("SET", "there", "2")
		e.do("SET", "new", "1")
		require.Equal(t, []string{"16384 new 0 new"}, fresh())
	}
	if rm.NotifyTypes()&rm.NotifyOverwritten != 0 {
		over := e.listen(rm.NotifyOverwritten | rm.NotifyTypeChanged)
		e.do("SET", "there", "3")
		e.do("RPUSH", "list", "1")
		e.do("SET", "list", "3")
		require.Equal(t, []string{"32768 overwritten 0 there", "32768 overwritten 0 list", "65536 type_changed 0 list"}, over())
	}
	e.set("notify-keyspace-events", "KEg$")
	got, err := ctx.NotifiedToClients()
	require.NoError(t, err)
	require.Equal(t, rm.NotifyKeyspace|rm.NotifyKeyEvent|rm.NotifyGeneric|rm.NotifyString, got)
	e.do("FLUSHALL")
}

// InsideKeyspaceListeners: several listeners, with types that overlap, are each called once
// for an event, in their order; one that is stopped, by itself or by another, is not.
//
// Drives: SubscribeToKeyspaceEvents.
func InsideKeyspaceListeners(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	var heard []string
	say := func(name string) func(rm.NotifyContext, rm.KeyspaceEvent) {
		return func(_ rm.NotifyContext, k rm.KeyspaceEvent) { heard = append(heard, name+" "+k.Event()) }
	}
	callbacks := redismodule.Callbacks()
	a := e.listenTo(rm.NotifyString, say("a"))
	b := e.listenTo(rm.NotifyString|rm.NotifyGeneric, say("b"))
	c := e.listenTo(rm.NotifyAll, say("c"))
	each := func(want ...string) {
		t.Helper()
		heard = nil
		e.do("SET", "k", "v")
		e.do("DEL", "k")
		require.Equal(t, want, heard)
	}
	each("a set", "b set", "c set", "b del", "c del")
	require.LessOrEqual(t, redismodule.Callbacks()-callbacks, 3)
	b.Stop(ctx)
	b.Stop(ctx)
	require.False(t, b.Listening())
	each("a set", "c set", "c del")
	a.Stop(ctx)
	c.Stop(ctx)
	each()

	// Again and again: nothing piles up.
	for range 1000 {
		l := e.listenTo(rm.NotifyAll, say("x"))
		l.Stop(ctx)
	}
	require.LessOrEqual(t, redismodule.Callbacks()-callbacks, 4)
	var first, second, third rm.Listener
	first = e.listenTo(rm.NotifyString, func(rm.NotifyContext, rm.KeyspaceEvent) {
		heard = append(heard, "first")
		first.Stop(ctx)
		second.Stop(ctx)
		third = e.listenTo(rm.NotifyString, say("third"))
	})
	second = e.listenTo(rm.NotifyString, say("second"))
	each("first")
	each("third set")
	third.Stop(ctx)
}

// InsideKeyspaceEventFailures: a listener that fails does not keep others from hearing, nor
// the command from its end.
//
// Drives: SubscribeToKeyspaceEvents.
func InsideKeyspaceEventFailures(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	var heard []int
	for i := range 6 {
		e.listenTo(rm.NotifyString, func(ctx rm.NotifyContext, k rm.KeyspaceEvent) {
			heard = append(heard, i)
			ctx.OpenReadKey(k.Key())
			switch i % 3 {
			case 0:
				panic("a listener panics")
			case 1:
				if canGoexit() {
					runtime.Goexit()
				}
			}
		})
	}
	for range 3 {
		heard = nil
		require.Equal(t, "OK", e.do("SET", "k", "v"))
		require.Equal(t, []int{0, 1, 2, 3, 4, 5}, heard)
	}
	require.Equal(t, 1, e.do("DEL", "k"))
}

// InsideOwnKeyspaceEvents: the module's own events reach its listeners, one that is of two
// types once for each listener; what is no event is an error.
//
// Drives: NotifyKeyspaceEvent, SubscribeToKeyspaceEvents.
func InsideOwnKeyspaceEvents(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	module := e.listen(rm.NotifyModule)
	both := e.listen(rm.NotifyModule | rm.NotifyGeneric)
	require.NoError(t, ctx.NotifyKeyspaceEvent(rm.NotifyModule, "inside.event", ctx.Str("k")))
	require.Equal(t, []string{"8192 inside.event 0 k"}, module())
	require.Equal(t, []string{"8192 inside.event 0 k"}, both())
	require.NoError(t, ctx.NotifyKeyspaceEvent(rm.NotifyModule|rm.NotifyGeneric, "two", ctx.Str("k")))
	require.Equal(t, []string{"8196 two 0 k"}, module())
	require.Equal(t, []string{"8196 two 0 k"}, both())

	require.ErrorContains(t, ctx.NotifyKeyspaceEvent(0, "x", ctx.Str("k")), "no types")
	require.ErrorContains(t, ctx.NotifyKeyspaceEvent(rm.NotifyModule, "", ctx.Str("k")), "no name")
	require.Equal(t, rm.ErrNULByte, ctx.NotifyKeyspaceEvent(rm.NotifyModule, "a\x00b", ctx.Str("k")))
	requireError(t, rm.ErrNoString, told(func() any { return ctx.NotifyKeyspaceEvent(rm.NotifyModule, "x", rm.RStr{}) }))
	err := ctx.NotifyKeyspaceEventWithSubkeys(rm.NotifyHash, "x", ctx.Str("k"), ctx.Str("f"))
	_, err2 := ctx.SubscribeToKeyspaceEventsWithSubkeys(rm.NotifyHash, rm.NotifyDeliverAll, func(rm.NotifyContext, rm.KeyspaceEvent) {})
	if !serverHas(t, "NotifyKeyspaceEventWithSubkeys") {
		require.ErrorIs(t, err, rm.ErrUnsupported)
		require.ErrorIs(t, err2, rm.ErrUnsupported)
	}
}

// InsideEventNames: names of events that were sent before, or have their place in common, or
// begin as others do, arrive as they are.
//
// Drives: NotifyKeyspaceEvent, SubscribeToKeyspaceEvents.
func InsideEventNames(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	heard := e.listen(rm.NotifyModule)
	var names, want []string
	for i := range 300 {
		names = append(names, strings.Repeat(string(rune('a'+i%7)), i%75)+fmt.Sprint(i%4))
	}
	key := e.str("k")
	for range 3 {
		want = want[:0]
		for _, name := range names {
			b := []byte(name) // which changes afterwards
			require.NoError(t, ctx.NotifyKeyspaceEvent(rm.NotifyModule, unsafeconv.String(b), key))
			clear(b)
			require.Equal(t, rm.ErrNULByte, ctx.NotifyKeyspaceEvent(rm.NotifyModule, name+"\x00", key))
			require.ErrorContains(t, ctx.NotifyKeyspaceEvent(0, name, key), "no types")
			require.ErrorContains(t, ctx.NotifyKeyspaceEvent(1<<30, name, key), "no types")
			requireError(t, rm.ErrNoString, told(func() any { return ctx.NotifyKeyspaceEvent(rm.NotifyModule, name, rm.RStr{}) }))
			want = append(want, "8192 "+name+" 0 k")
		}
		require.Equal(t, want, heard())
	}
}

// InsideSubkeys: those who listen with subkeys hear of them, those who want them are not
// told of events without.
//
// Drives: SubscribeToKeyspaceEventsWithSubkeys, UnsubscribeFromKeyspaceEventsWithSubkeys, NotifyKeyspaceEventWithSubkeys.
func InsideSubkeys(t *inside.T, ctx rm.Context) {
	if !serverHas(t, "NotifyKeyspaceEventWithSubkeys") {
		t.Skip("the server has no events with subkeys")
	}
	var heard []string
	for _, delivery := range []rm.NotifyDelivery{rm.NotifyDeliverAll, rm.NotifyDeliverSubkeys} {
		l, err := ctx.SubscribeToKeyspaceEventsWithSubkeys(rm.NotifyModule, delivery, func(_ rm.NotifyContext, k rm.KeyspaceEvent) {
			line := fmt.Sprintf("%d %s %s", delivery, k.Event(), k.Key())
			for _, s := range k.Subkeys().All {
				line += " " + s.String()
			}
			heard = append(heard, line)
		})
		require.NoError(t, err)
		t.Cleanup(func() { l.Stop(ctx) })
	}
	require.NoError(t, ctx.NotifyKeyspaceEventWithSubkeys(rm.NotifyModule, "sub", ctx.Str("k"), ctx.Str("f"), ctx.Str("g")))
	require.NoError(t, ctx.NotifyKeyspaceEvent(rm.NotifyModule, "none", ctx.Str("k")))
	require.ElementsMatch(t, []string{"0 sub k f g", "1 sub k f g", "0 none k"}, heard)
}

// InsideNotifyContext: what a listener may do. A string that it looks at stays as the
// server stores it.
//
// Drives: SubscribeToKeyspaceEvents, OpenKey, Call.
func InsideNotifyContext(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("DEL", "n", "k")
	// InsideWithoutCommand has it allowed in the load.
	nested := !errors.Is(ctx.AllowNestedKeyspaceEvents(), rm.ErrUnsupported)
	var seen []string
	var misses, refused int
	e.listenTo(rm.NotifyString, func(ctx rm.NotifyContext, k rm.KeyspaceEvent) {
		key := ctx.OpenReadKey(k.Key())
		b, ok, err := key.StringBytes()
		seen = append(seen, fmt.Sprintf("%s %t %v", b, ok, err))
		if _, ok, _ := ctx.OpenReadKey(ctx.Str("no such key")).StringBytes(); !ok && !ctx.KeyExists(ctx.StrBytes([]byte("no such key"))) {
			misses++
		}
		if _, err := ctx.Call("SET", 0, rm.Text("k"), rm.Text("v")); err != nil {
			refused++
		}
		if reply, err := ctx.Call("GET", 0, rm.Str(k.Key())); err == nil {
			seen = append(seen, strings.Clone(reply.String()))
			reply.Free()
		}
		if _, ok := ctx.Nested(); ok {
			seen = append(seen, "nested")
		}
	})
	e.do("SET", "n", "41")
	require.Equal(t, 42, e.do("INCR", "n"))
	require.Equal(t, "int", e.do("OBJECT", "ENCODING", "n"))
	require.Equal(t, 4, e.do("APPEND", "n", "ab"))
	require.Equal(t, 2, refusedTypes(e))
	var want []string
	for _, value := range []string{"41", "42", "42ab"} {
		want = append(want, value+" true <nil>", value)
		if nested {
			want = append(want, "nested")
		}
	}
	require.Equal(t, want, seen)
	require.Equal(t, 3, refused)
	require.Equal(t, 3, misses)
	require.Nil(t, e.do("GET", "k"))
	e.do("DEL", "n")
}

// refusedTypes reads a list and a hash as strings in a listener.
func refusedTypes(e env) (refused int) {
	l := e.listenTo(rm.NotifyList|rm.NotifyHash, func(ctx rm.NotifyContext, k rm.KeyspaceEvent) {
		if _, _, err := ctx.OpenReadKey(k.Key()).StringBytes(); err == rm.ErrWrongType {
			refused++
		}
	})
	e.do("RPUSH", "n.list", "x")
	e.do("HSET", "n.hash", "x", "y")
	l.Stop(e.ctx)
	e.do("DEL", "n.list", "n.hash")
	return refused
}

// InsidePostNotificationJobs: jobs run when the command is over, once each, in the event's
// database, where they may write; one that fails does not disturb the others.
//
// Drives: AddPostNotificationJob, SubscribeToKeyspaceEvents.
func InsidePostNotificationJobs(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("FLUSHALL")
	supported := serverHas(t, "AddPostNotificationJob")
	var ran []string
	l, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyList, func(ctx rm.NotifyContext, k rm.KeyspaceEvent) {
		event := strings.Clone(k.Event())
		errs := []error{ctx.AddPostNotificationJob(func(ctx rm.Context) {
			ran = append(ran, fmt.Sprintf("%s %d", event, ctx.SelectedDB()))
			if reply, err := ctx.Call("INCR", 0, rm.Text("jobs")); err == nil {
				reply.Free()
			}
		}), ctx.AddPostNotificationJob(func(rm.Context) { panic("a job panics") }), ctx.AddPostNotificationJob(nil)}
		if canGoexit() {
			errs = append(errs, ctx.AddPostNotificationJob(func(rm.Context) { runtime.Goexit() }))
		}
		forKey := ctx.AddPostNotificationJobForKey(k.Key(), func(_ rm.Context, key rm.RStr) { ran = append(ran, "for "+key.Clone()) })
		require.Equal(t, serverHas(t, "AddPostNotificationJobForKey"), forKey == nil)
		for i, err := range errs {
			switch {
			case i == 2:
				require.ErrorContains(t, err, "no function")
			case supported:
				require.NoError(t, err)
			default:
				require.ErrorIs(t, err, rm.ErrUnsupported)
			}
		}
	})
	require.NoError(t, err)
	require.NoError(t, ctx.SelectDB(2))
	e.do("RPUSH", "l", "a")
	e.do("LPOP", "l")
	require.NoError(t, ctx.SelectDB(0))
	require.Empty(t, ran, "not in the command")
	t.Later(0, func(t *inside.T, ctx rm.Context) {
		l.Stop(ctx)
		if supported {
			require.Equal(t, []string{"rpush 2", "lpop 2"}, ran)
			require.NoError(t, ctx.SelectDB(2))
			require.Equal(t, "2", env{t, ctx}.do("GET", "jobs"))
			require.NoError(t, ctx.SelectDB(0))
		}
		env{t, ctx}.do("FLUSHALL")
	})
}

// InsideKeyspaceEventCosts: an event with listeners allocates nothing, and takes no memory.
//
// Drives: SubscribeToKeyspaceEvents, NotifyKeyspaceEvent, AddPostNotificationJob.
func InsideKeyspaceEventCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	bytes, keys := 0, 0
	for range 3 {
		e.listenTo(rm.NotifyString, func(ctx rm.NotifyContext, k rm.KeyspaceEvent) {
			bytes += len(k.Event()) + k.Key().Len() + ctx.SelectedDB()
			key := ctx.OpenReadKey(k.Key())
			keys += key.Len()
		})
	}
	set, del := e.ready("SET", "costs", "12345"), e.ready("DEL", "costs")
	set()
	e.costs(func() { set(); del() })
	require.NotZero(t, bytes)
	key := e.str("costs")
	e.costs(func() {
		if ctx.NotifyKeyspaceEvent(rm.NotifyString, "own", key) != nil {
			panic("no event")
		}
	})
	require.NotZero(t, keys)
}
