// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package load_test

import (
	"bufio"
	"context"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/load"
)

// pretend answers every command of one connection at a time with the next answer; ""
// is none, for ever, and the last is repeated.
func pretend(t *testing.T, answers ...string) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(conn)
			for i := 0; ; {
				line, err := r.ReadString('\n')
				if err != nil {
					break
				}
				if !strings.HasPrefix(line, "*") {
					continue // the words of the command
				}
				answer := answers[min(i, len(answers)-1)]
				if _, err := conn.Write([]byte(answer)); err != nil {
					break
				}
				i++
			}
			_ = conn.Close()
		}
	}()
	return socket
}

// TestWatch: a server that answers is well; one that does not, or says something else,
// is not.
func TestWatch(t *testing.T) {
	limit := func() time.Duration { return load.Slow(300 * time.Millisecond) }
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	slowest, err := load.Watch(ctx, pretend(t, "+PONG\r\n"), limit)
	require.NoError(t, err)
	require.Positive(t, slowest)

	_, err = load.Watch(t.Context(), pretend(t, "+PONG\r\n", "+PONG\r\n", ""), limit)
	require.ErrorContains(t, err, "the server stands still")
	_, err = load.Watch(t.Context(), pretend(t, "+PONG\r\n", "-ERR no\r\n"), limit)
	require.ErrorContains(t, err, "ERR no")
	_, err = load.Watch(t.Context(), filepath.Join(t.TempDir(), "none"), limit)
	require.Error(t, err)
}

// TestRead reads replies of every kind.
func TestRead(t *testing.T) {
	c, err := load.Dial(t.Context(), pretend(t,
		"+OK\r\n", ":12\r\n", "$5\r\na\r\nbc\r\n", "$-1\r\n", "*3\r\n:1\r\n-ERR in it\r\n*0\r\n", "-ERR all of it\r\n", "?\r\n"))
	require.NoError(t, err)
	defer c.Close()
	for _, want := range []any{"OK", int64(12), "a\r\nbc", nil, []any{int64(1), load.Refusal("ERR in it"), []any{}}} {
		v, err := c.Do("X", 1)
		require.NoError(t, err)
		require.Equal(t, want, v)
	}
	_, err = c.Do("X", 1)
	require.Equal(t, load.Refusal("ERR all of it"), err)
	_, err = c.Do("X", 1)
	require.ErrorContains(t, err, `no reply begins with "?"`)
}

// TestEnds: what waits ends with the context, or when a reply takes too long.
func TestEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, err := load.Dial(ctx, pretend(t, ""))
	require.NoError(t, err)
	defer c.Close()
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = c.Do("X")
	require.ErrorContains(t, err, "timeout")

	c, err = load.Dial(t.Context(), pretend(t, ""))
	require.NoError(t, err)
	defer c.Close()
	c.Limit = 50 * time.Millisecond
	_, err = c.Do("X")
	require.ErrorContains(t, err, "timeout")
}

// TestPick: what weighs more comes more often, and what weighs nothing never.
func TestPick(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	count := map[int]int{}
	for range 10000 {
		count[load.Pick(r, []int{1, 0, 3}, func(n int) int { return n })]++
	}
	require.Zero(t, count[0])
	require.InDelta(t, 2500, count[1], 300)
	require.InDelta(t, 7500, count[3], 300)
}
