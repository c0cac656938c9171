// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// filtered calls a command under a filter and returns what the call gives. Of other
// commands the filter hears nothing.
func (e env) filtered(f func(c rm.FilteredCommand), words ...string) any {
	e.Helper()
	filter, err := e.ctx.RegisterCommandFilter(0, f)
	require.NoError(e, err)
	defer filter.Stop(e.ctx)
	args := make([]rm.Arg, len(words)-1)
	for i, w := range words[1:] {
		args[i] = rm.Str(e.str(w))
	}
	reply, err := e.ctx.Call(words[0], 0, args...)
	defer reply.Free()
	return either(value(reply), err)
}

// filterArgs are the arguments of a command.
func filterArgs(c rm.FilteredCommand) []string {
	list := []string{}
	for i, arg := range c.All {
		if i != len(list) || !arg.Equal(c.At(i)) {
			panic("All yields another argument than At")
		}
		list = append(list, arg.Clone())
	}
	return list
}

// InsideFilterChanges changes commands in all ways.
//
// Drives: RegisterCommandFilter, UnregisterCommandFilter, CommandFilterArgsCount,
// CommandFilterArgGet, CommandFilterArgInsert, CommandFilterArgReplace,
// CommandFilterArgDelete.
func InsideFilterChanges(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	own := func(s string) *rm.RString { r := rm.NewRStringText(s); return &r }
	calls := 0
	for _, test := range []struct {
		change func(c rm.FilteredCommand)
		want   []string
	}{
		{func(rm.FilteredCommand) {}, []string{"RPUSH", "list", "a", "b"}},
		{func(c rm.FilteredCommand) { _ = c.Delete(2) }, []string{"RPUSH", "list", "b"}},
		{func(c rm.FilteredCommand) { _ = c.Insert(4, own("c")) }, []string{"RPUSH", "list", "a", "b", "c"}},
		{func(c rm.FilteredCommand) { _ = c.Insert(2, own("")) }, []string{"RPUSH", "list", "", "a", "b"}},
		{func(c rm.FilteredCommand) { _ = c.Replace(0, own("LPUSH")) }, []string{"LPUSH", "list", "a", "b"}},
		{func(c rm.FilteredCommand) { _ = c.Replace(3, own("a\x00b")) }, []string{"RPUSH", "list", "a", "a\x00b"}},
		{func(c rm.FilteredCommand) {
			for i := range 1000 {
				_ = c.Insert(c.Len(), own(fmt.Sprint(i)))
			}
			for range 1000 {
				_ = c.Delete(3)
			}
		}, []string{"RPUSH", "list", "a", "999"}},
		{func(c rm.FilteredCommand) {
			s := c.At(2).Retain()
			_ = c.Insert(3, &s)
			kept := c.At(1)
			_ = c.Replace(1, own("list"))
			_ = c.Delete(2)
			if kept.String() != "list" {
				panic("an argument that is replaced has gone")
			}
		}, []string{"RPUSH", "list", "a", "b"}},
	} {
		e.do("DEL", "list")
		var got []string
		e.filtered(func(c rm.FilteredCommand) {
			test.change(c)
			got = filterArgs(c)
			if c.Len() != len(got) {
				panic("All yields another number of arguments")
			}
			calls++
		}, "RPUSH", "list", "a", "b")
		require.Equal(t, test.want, got)
		items := append([]string{}, test.want[2:]...)
		if test.want[0] == "LPUSH" {
			items[0], items[1] = items[1], items[0]
		}
		require.Equal(t, items, e.list("LRANGE", "list", "0", "-1"))
	}
	require.Equal(t, 8, calls, "a filter that is stopped is not called")
}

// InsideFilterRefusals asks for what cannot be.
//
// Drives: CommandFilterArgGet, CommandFilterArgInsert, CommandFilterArgReplace,
// CommandFilterArgDelete.
func InsideFilterRefusals(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	_, err := ctx.RegisterCommandFilter(rm.FilterNoSelf|2, func(rm.FilteredCommand) {})
	require.Equal(t, rm.ErrFilterFlags, err)
	_, err = ctx.RegisterCommandFilter(0, nil)
	require.EqualError(t, err, "ERR there is no function to run")
	rm.CommandFilter{}.Stop(ctx)
	require.Equal(t, "FilterNoSelf|0x80000004", (rm.FilterNoSelf | 4 | -1<<31).String())

	var none rm.FilteredCommand
	require.Equal(t, 0, none.Len())
	require.True(t, none.At(0).IsZero())
	require.Zero(t, none.ClientID())
	require.Equal(t, rm.ErrFilterEnded, none.Delete(0))

	var kept rm.FilteredCommand
	var filter rm.CommandFilter
	got := e.filtered(func(c rm.FilteredCommand) {
		if c.At(0).String() != "SET" {
			return
		}
		kept = c
		for _, i := range []int{-1, 3, 1 << 31, 1 << 32, -1 << 40, -1 << 62} {
			require.True(t, c.At(i).IsZero(), i)
			require.Equal(t, rm.ErrRange, c.Delete(i), i)
			s := rm.NewRStringText("x")
			require.Equal(t, rm.ErrRange, c.Replace(i, &s), i)
			require.True(t, s.IsZero(), "it is freed")
			if i == 3 {
				i++
			}
			s = rm.NewRStringText("x")
			require.Equal(t, rm.ErrRange, c.Insert(i, &s), i)
			require.True(t, s.IsZero())
		}
		var zero rm.RString
		require.Equal(t, rm.ErrNoString, c.Replace(0, &zero))
		require.Equal(t, rm.ErrNoString, c.Insert(0, &zero))
		// A command that another filter has at hand meanwhile.
		inner := 0
		filter, err = ctx.RegisterCommandFilter(0, func(other rm.FilteredCommand) {
			if other.At(0).String() == "PING" {
				inner++
				require.Equal(t, []string{"PING"}, filterArgs(other))
				require.Equal(t, 3, c.Len())
			}
		})
		require.NoError(t, err)
		e.do("PING")
		require.Equal(t, 1, inner)
		filter.Stop(ctx) // it stays on the server's list until no filter runs
		filter.Stop(ctx)
		require.Equal(t, 3, c.Len())
	}, "SET", "k", "v")
	require.Equal(t, "OK", got)
	require.Equal(t, "v", e.do("GET", "k"))
	if !debugBuild { // which panics
		require.Equal(t, 0, kept.Len())
		require.True(t, kept.At(0).IsZero())
		require.Zero(t, kept.ClientID())
		require.Empty(t, filterArgs(kept))
		require.Equal(t, rm.ErrFilterEnded, kept.Delete(0))
		s := rm.NewRStringText("x")
		require.Equal(t, rm.ErrFilterEnded, kept.Replace(0, &s))
		require.True(t, s.IsZero())
	}
}

// InsideFilterFails lets filters fail: others still run, and the command is as it was
// before the filter.
func InsideFilterFails(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("DEL", "list")
	prefix, err := ctx.RegisterCommandFilter(0, func(c rm.FilteredCommand) {
		if c.At(0).String() == "RPUSH" {
			s := rm.NewRStringText("first")
			_ = c.Insert(2, &s)
		}
	})
	require.NoError(t, err)
	defer prefix.Stop(ctx)
	fails := []func(){func() { panic("told to") }, func() { var nobody *env; nobody.ctx = ctx }}
	if canGoexit() {
		fails = append(fails, runtime.Goexit)
	}
	for i, fail := range fails {
		want := i + 1
		require.Equal(t, 2*want, e.filtered(func(c rm.FilteredCommand) {
			_ = c.Delete(1)
			s := rm.NewRStringText("other")
			_ = c.Replace(1, &s)
			fail()
		}, "RPUSH", "list", "a"))
	}
	require.Equal(t, slices.Repeat([]string{"first", "a"}, len(fails)), e.list("LRANGE", "list", "0", "-1"))
	e.leakless(func() {
		reply, err := ctx.Call("RPUSH", 0, rm.Text("list"), rm.Text("a"))
		if err != nil {
			panic(err)
		}
		reply.Free()
		reply, err = ctx.Call("DEL", 0, rm.Text("list"))
		if err != nil {
			panic(err)
		}
		reply.Free()
	})
}

// InsideFilterCosts looks for allocations and leaks.
//
// Drives: RegisterCommandFilter, UnregisterCommandFilter, CommandFilterArgInsert,
// CommandFilterArgReplace, CommandFilterArgDelete.
func InsideFilterCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	ping := e.ready("ECHO", "some text")
	filter, err := ctx.RegisterCommandFilter(0, func(c rm.FilteredCommand) {
		if c.At(0).String() != "ECHO" {
			return
		}
		for range c.All {
		}
		s := rm.NewRStringText("x")
		_ = c.Replace(1, &s)
		s = c.At(1).Retain()
		_ = c.Insert(1, &s)
		_ = c.Delete(1)
		_ = c.ClientID()
	})
	require.NoError(t, err)
	defer filter.Stop(ctx)
	e.costs(ping)
	nothing := func(rm.FilteredCommand) {}
	e.costs(func() {
		f, err := ctx.RegisterCommandFilter(rm.FilterNoSelf, nothing)
		if err != nil {
			panic(err)
		}
		f.Stop(ctx)
	})
}
