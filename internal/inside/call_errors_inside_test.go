// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// failing makes a call fail with a text.
func (e env) failing(text string) error {
	_, err := e.callback(func(rm.Context) error { return rm.Error(text) })
	return err
}

// InsideCallError reads errors of calls, as text, code and Go error, and keeps them.
//
// Drives: Call, CallReplyType, CallReplyStringPtr, CallReplyProto.
func InsideCallError(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("RPUSH", "list", "x")
	var kept []error
	for _, c := range []struct {
		err        error
		text, code string
	}{
		{e.callErr(0, "GET", "list"), string(rm.ErrWrongType), "WRONGTYPE"},
		{e.failing("FAIL some text"), "FAIL some text", "FAIL"},
		{e.failing("FAIL " + strings.Repeat("long ", 20_000)), "FAIL " + strings.Repeat("long ", 20_000), "FAIL"},
	} {
		var reply rm.ReplyErr
		require.ErrorAs(t, c.err, &reply)
		require.Equal(t, c.text, c.err.Error())
		require.Equal(t, c.code, reply.Code())
		own := reply.Clone()
		require.Equal(t, rm.Error(c.text), own)
		kept = append(kept, own)
		wrapped := fmt.Errorf("wrapped: %w", c.err)
		joined := errors.Join(rm.ErrRange, wrapped)
		for _, err := range []error{c.err, wrapped, joined, own} {
			require.True(t, rm.IsCode(err, c.code))
			require.False(t, rm.IsCode(err, "OTHER"))
			require.NotErrorIs(t, err, rm.Error("OTHER"))
			require.ErrorIs(t, err, own)
			require.Equal(t, c.code == "WRONGTYPE", errors.Is(err, rm.ErrWrongType))
		}
		require.ErrorIs(t, c.err, rm.Error(c.code), "a code alone")
	}
	t.Later(0, func(t *inside.T, _ rm.Context) {
		require.EqualError(t, kept[0], string(rm.ErrWrongType), "it outlives the callback")
		require.EqualError(t, kept[1], "FAIL some text")
	})
}

// InsideCallErrors has many calls fail in one callback, each of whose errors stays what
// it is, and passes errors on from command to command.
//
// Drives: Call, CallReplyType, CallReplyProto, FreeCallReply.
func InsideCallErrors(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for _, n := range []int{1, 63, 64, 65, 1000} {
		_, err := e.callback(func(ctx rm.Context) error {
			e := env{t, ctx}
			errs := make([]error, n)
			for i := range errs {
				errs[i] = e.failing("FAIL E" + strconv.Itoa(i))
			}
			for i, err := range errs {
				require.EqualError(t, err, "FAIL E"+strconv.Itoa(i))
			}
			return errs[0]
		})
		require.EqualError(t, err, "FAIL E0")
	}
	for _, text := range []string{"a", "b", strings.Repeat("long ", 20_000), "c"} {
		_, err := e.callback(func(ctx rm.Context) error {
			_, err := env{t, ctx}.callback(func(ctx rm.Context) error { return env{t, ctx}.failing("FAIL " + text) })
			return err
		})
		require.EqualError(t, err, "FAIL "+text)
	}
	fail := func(rm.Context) error { return rm.ErrRange }
	e.leakless(func() {
		_, _ = e.callback(func(ctx rm.Context) error {
			var err error
			for range 70 {
				_, err = env{t, ctx}.callback(fail)
			}
			return err
		})
	})
}

// InsideCallRefused calls what the server does not run.
//
// Drives: Call.
func InsideCallRefused(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	if !since70(t) {
		require.Equal(t, rm.ErrNoReply, e.callErr(0, "no.such.command"))
		return
	}
	require.ErrorContains(t, e.callErr(0, "no.such.command"), "ERR unknown command 'no.such.command'")
	require.ErrorContains(t, e.callErr(rm.CallNoWrites, "SET", "k", "v"), "was called while write is not allowed")
	require.Equal(t, 0, e.do("EXISTS", "k"))
}

// InsideCallErrorOnThread keeps the error of a call that a goroutine made.
//
// Drives: Call, CallReplyStringPtr.
func InsideCallErrorOnThread(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("RPUSH", "list", "x")
	errs := make(chan error, 1)
	thread := ctx.DetachedThreadSafeContext()
	go func() {
		err := thread.Do(func(ctx rm.Context) error {
			reply, err := ctx.Call("GET", 0, rm.Text("list"))
			reply.Free()
			return err
		})
		thread.Free()
		errs <- err
	}()
	tries := 0
	var wait func(t *inside.T, ctx rm.Context)
	wait = func(t *inside.T, _ rm.Context) {
		select {
		case err := <-errs:
			require.EqualError(t, err, string(rm.ErrWrongType))
		default: // the server must be free for it
			tries++
			require.Less(t, tries, 1000, "the goroutine does not come to its end")
			t.Later(10*time.Millisecond, wait)
		}
	}
	t.Later(0, wait)
}
