// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRequest(t *testing.T) {
	ops, err := selectOps("noop,get")
	require.NoError(t, err)
	require.Equal(t, "*1\r\n$6\r\nc.noop\r\n", string(ops[0].request("c.")))
	require.Equal(t, "*2\r\n$5\r\ng.get\r\n$9\r\nbench:key\r\n", string(ops[1].request("g.")))
	_, err = selectOps("noop,nope")
	require.ErrorContains(t, err, `"nope"`)
}

func TestReplyLen(t *testing.T) {
	for _, whole := range []string{
		"+OK\r\n",
		"-ERR no\r\n",
		":1\r\n",
		"$-1\r\n",
		"$0\r\n\r\n",
		"$4\r\na\r\nb\r\n",
		"*0\r\n",
		"*-1\r\n",
		"*3\r\n:1\r\n$2\r\nab\r\n*1\r\n+x\r\n",
	} {
		n, err := replyLen([]byte(whole))
		require.NoError(t, err, "%q", whole)
		require.Equal(t, len(whole), n, "%q", whole)
		// More may follow, and every shorter piece is incomplete.
		n, err = replyLen([]byte(whole + ":7\r\n"))
		require.NoError(t, err, "%q", whole)
		require.Equal(t, len(whole), n, "%q", whole)
		for i := range len(whole) {
			_, err := replyLen([]byte(whole[:i]))
			require.ErrorIs(t, err, errShort, "%q", whole[:i])
		}
	}
	for _, bad := range []string{"\r\n", "?x\r\n", "$x\r\n", "$-2\r\n", "*x\r\n", "*-2\r\n", "$1\r\nabc", "*1\r\n?\r\n"} {
		_, err := replyLen([]byte(bad))
		require.Error(t, err, "%q", bad)
		require.NotErrorIs(t, err, errShort, "%q", bad)
	}
}

func TestReplyInts(t *testing.T) {
	v, err := replyInts([]byte("*3\r\n:1\r\n:-2\r\n:9223372036854775807\r\n"))
	require.NoError(t, err)
	require.Equal(t, []int64{1, -2, 9223372036854775807}, v)
	v, err = replyInts([]byte("*0\r\n"))
	require.NoError(t, err)
	require.Empty(t, v)
	for _, bad := range []string{":1\r\n", "*2\r\n:1\r\n", "*1\r\n$1\r\n", "*1\r\n1\r\n", "-ERR x\r\n", ""} {
		_, err := replyInts([]byte(bad))
		require.Error(t, err, "%q", bad)
	}
}

func TestCounter(t *testing.T) {
	const reply, n = "$3\r\nabc\r\n", 50
	stream := strings.Repeat(reply, n)
	for chunk := 1; chunk < 40; chunk++ {
		c := newCounter([]byte(reply), chunk, false)
		for rest := []byte(stream); len(rest) > 0; {
			k := min(chunk, len(rest))
			require.NoError(t, c.add(rest[:k]))
			rest = rest[k:]
			require.Equal(t, (len(stream)-len(rest))/len(reply), c.replies())
		}
		require.Equal(t, n, c.replies())
		require.EqualValues(t, len(stream), c.bytes)
	}
}

func TestCounterFindsAnotherReply(t *testing.T) {
	const reply = ":1\r\n"
	for _, chunk := range []int{1, 3, 4, 64} {
		stream := []byte(strings.Repeat(reply, 7) + "-ERR\r\n")
		c := newCounter([]byte(reply), chunk, false)
		var err error
		for part := range bytes.SplitSeq(stream, nil) { // byte by byte, whatever the chunk
			if err = c.add(part); err != nil {
				break
			}
		}
		require.ErrorContains(t, err, "reply 8 differs", "chunk %d", chunk, false)
	}
	c := newCounter([]byte(reply), 64, false)
	err := c.add([]byte(":1\r\n:1\r\n:2\r\n:1\r\n"))
	require.ErrorContains(t, err, "reply 3 differs")
	require.ErrorContains(t, err, `at ":2\r\n`)
}

func TestLooseCounter(t *testing.T) {
	c := newCounter([]byte(":10\r\n"), 64, true)
	require.NoError(t, c.add([]byte(":11\r\n:1")))
	require.Equal(t, 1, c.replies())
	require.NoError(t, c.add([]byte("2\r\n")))
	require.Equal(t, 2, c.replies())
}
