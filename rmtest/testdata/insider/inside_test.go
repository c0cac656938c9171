// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

func InsidePass(t *inside.T, ctx rm.Context) {
	require.Equal(t, int64(42), twice(21))
	reply, err := ctx.Call("insider.twice", 0, rm.Text("21"))
	require.NoError(t, err)
	defer reply.Free()
	n, err := reply.Int64()
	require.NoError(t, err)
	require.Equal(t, int64(42), n)
	require.Contains(t, []string{"InsidePass", "InsideLast"}, t.Name())
	size, err := ctx.Call("DBSIZE", 0)
	require.NoError(t, err)
	n, err = size.Int64()
	require.NoError(t, err)
	require.Zero(t, n, "data of another test")
	set, err := ctx.Call("SET", 0, rm.Text("left"), rm.Text("behind"))
	require.NoError(t, err)
	set.Free()
	t.Log("a line of", t.Name())
}

func InsideAssert(t *inside.T, _ rm.Context) {
	t.Cleanup(func() { t.Log("cleaned up first") })
	t.Cleanup(func() { t.Log("cleaned up last") }) // runs before the other
	assert.Equal(t, "want", "got")
	t.Log("goes on")
	require.Len(t, []int{1}, 2)
	t.Log("never said")
}

func helper(t *inside.T) {
	t.Helper()
	t.Errorf("called by %s", "the line")
}

func InsideHelper(t *inside.T, _ rm.Context) {
	helper(t)
	if !t.Failed() {
		panic("it has failed")
	}
}

func InsidePanic(_ *inside.T, _ rm.Context) {
	var none *struct{ field int }
	fmt.Fprint(os.Stderr, none.field)
}

func InsideGoexit(*inside.T, rm.Context) { runtime.Goexit() }

func InsideSkip(t *inside.T, _ rm.Context) {
	t.Skip("not", "today")
	t.Fatal("never said")
}

func InsideParts(t *inside.T, _ rm.Context) {
	var order []string
	require.True(t, t.Run("good", func(t *inside.T) {
		t.Cleanup(func() { order = append(order, "cleanup") })
		order = append(order, t.Name())
	}))
	require.Equal(t, []string{"InsideParts/good", "cleanup"}, order)
	t.Run("skipped", func(t *inside.T) { t.SkipNow() })
	require.False(t, t.Run("bad", func(t *inside.T) {
		t.Run("deep", func(t *inside.T) { t.Fatalf("deep down") })
		t.Log("and on")
	}))
	t.Run("ends the whole", func(*inside.T) { t.FailNow() })
	t.Log("never said")
}

func InsideGoroutine(t *inside.T, _ rm.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		require.Equal(t, 1, 2, "on a goroutine")
	}()
	<-done
	t.Log("the test goes on")
}

func InsideReply(_ *inside.T, ctx rm.Context) {
	_ = ctx.ReplyWithArray(3)
	_ = ctx.ReplyWithLongLong(1)
}

func InsideProtocol(t *inside.T, ctx rm.Context) { t.Log("RESP3:", ctx.RESP3()) }

func InsideLater(t *inside.T, ctx rm.Context) {
	set := func(ctx rm.Context, words ...string) {
		var args []rm.Arg
		for _, w := range words[1:] {
			args = append(args, rm.Text(w))
		}
		reply, err := ctx.Call(words[0], 0, args...)
		require.NoError(t, err)
		reply.Free()
	}
	set(ctx, "SET", "k", "v", "PX", "20")
	t.Cleanup(func() { t.Log("cleaned up") })
	t.Later(40*time.Millisecond, func(t *inside.T, ctx rm.Context) {
		reply, err := ctx.Call("EXISTS", 0, rm.Text("k"))
		require.NoError(t, err)
		defer reply.Free()
		require.Zero(t, reply.Integer(), "it has expired")
		t.Log("second command")
	})
	t.Later(0, func(t *inside.T, _ rm.Context) { require.Fail(t, "in the third") })
	t.Later(0, func(t *inside.T, _ rm.Context) { t.Log("never said") })
	t.Log("first command")
}

func busy() {
	for deadline := time.Now().Add(time.Hour); time.Now().Before(deadline); {
	}
}

func InsideHang(*inside.T, rm.Context) { busy() }

func InsideSleep(*inside.T, rm.Context) { time.Sleep(time.Hour) }

func InsideDie(*inside.T, rm.Context) {
	go func() { panic("nobody recovers this") }()
	time.Sleep(time.Hour)
}

func InsideLast(t *inside.T, ctx rm.Context) { InsidePass(t, ctx) }
