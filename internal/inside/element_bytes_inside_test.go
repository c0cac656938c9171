// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// elementBytes are the contents of the elements of a call's reply, by ElementBytes, which
// must be those by Element and by Elements.
func (e env) elementBytes(flags rm.CallFlags, words ...string) []string {
	e.Helper()
	reply := e.call(flags, words...)
	all := []string{}
	for i, b := range reply.ElementBytes {
		require.Len(e, all, i)
		element := reply.Element(i)
		require.Equal(e, element.Bytes(), b, "nil as well")
		all = append(all, string(b))
	}
	n := 0
	for i, element := range reply.Elements {
		require.Equal(e, n, i)
		require.Equal(e, reply.Element(i), element)
		n++
	}
	require.Len(e, all, n)
	left := 0
	for i := range reply.ElementBytes {
		left++
		if i == 70 { // in the second piece
			break
		}
	}
	require.Equal(e, min(n, 71), left)
	return all
}

// InsideElementBytes walks over replies of calls, short ones and longer than what comes at
// once.
//
// Drives: CallReplyArrayElement, CallReplySetElement, CallReplyStringPtr.
func InsideElementBytes(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for _, n := range []int{0, 1, 63, 64, 65, 128, 1000} {
		list := []string{}
		for i := range n {
			list = append(list, strings.Repeat("x\x00", i%40))
		}
		e.do("DEL", "list")
		if n > 0 {
			e.do(append([]string{"RPUSH", "list"}, list...)...)
		}
		require.Equal(t, list, e.elementBytes(0, "LRANGE", "list", "0", "-1"), n)
	}
	require.Equal(t, []string{"", "", "a"}, e.elementBytes(0, "EVAL", "return {1, {2}, 'a'}", "0"), "no strings")
	require.Empty(t, e.elementBytes(0, "LLEN", "list"), "no array")
	e.do("SADD", "set", "b")
	require.Equal(t, []string{"b"}, e.elementBytes(0, "SMEMBERS", "set"))
	if serverHas(t, "CallReplySetElement") {
		require.Equal(t, []string{"b"}, e.elementBytes(rm.CallRESP3, "SMEMBERS", "set"), "a set of RESP3")
	}
}

// InsideElementBytesCosts walks over a list and a sorted set, and copies nothing.
//
// Drives: CallReplyArrayElement, CallReplyStringPtr.
func InsideElementBytesCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("RPUSH", "n", "one", "two")
	e.do("ZADD", "n:z", "1", "three")
	list, first, last, zset := e.str("n"), e.str("0"), e.str("-1"), e.str("n:z")
	e.costs(func() {
		reply, err := hot.lrange.Do(ctx, list, first, last)
		if err != nil {
			panic(err)
		}
		sum := 0
		for _, b := range reply.ElementBytes {
			sum += len(b)
		}
		for _, e := range reply.Elements {
			sum += len(e.Bytes())
		}
		reply.Free()
		key := ctx.OpenReadKey(zset)
		all, err := key.ZSetByScore(rm.AllScores)
		if err != nil {
			panic(err)
		}
		for element := range all.AllInPlace {
			sum += len(element)
		}
		key.Close()
		if sum != 17 {
			panic(sum)
		}
	})
}
