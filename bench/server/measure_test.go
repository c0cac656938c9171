// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fakeServer answers every command with what answer returns; "" closes the
// connection instead.
func fakeServer(t *testing.T, answer func(command string) string) *server {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var in []byte
		for buf := make([]byte, 4096); ; {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			in = append(in, buf[:n]...)
			// A command has the form of a reply that is an array.
			for l, err := replyLen(in); err == nil; l, err = replyLen(in) {
				out := answer(strings.Split(string(in[:l]), "\r\n")[2])
				if out == "" {
					return
				}
				if _, err := conn.Write([]byte(out)); err != nil {
					return
				}
				in = in[l:]
			}
		}
	}()
	conn, err := net.Dial("unix", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return &server{patience: 10 * time.Second, conn: conn, buf: make([]byte, 512)}
}

func TestRunSendsExactly(t *testing.T) {
	for _, batch := range []int{1, 7, 64, 1000} {
		for _, n := range []int{1, 63, 64, 500} {
			seen := 0
			srv := fakeServer(t, func(string) string { seen++; return "$2\r\nok\r\n" })
			o := op{name: "noop", cmd: "noop"}
			tg, err := newTarget(srv, config{n: n, batch: batch}, impl{name: "c", prefix: "c."}, o)
			require.NoError(t, err)
			require.NoError(t, tg.run(n, 3))
			require.Equal(t, n+1, seen, "batch %d", batch)
		}
	}
}

func TestRunReportsAnotherReply(t *testing.T) {
	seen := 0
	srv := fakeServer(t, func(string) string {
		if seen++; seen == 42 {
			return "-ERR surprise\r\n"
		}
		return ":1\r\n"
	})
	tg, err := newTarget(srv, config{batch: 8}, impl{prefix: "c."}, op{cmd: "noop"})
	require.NoError(t, err)
	// The first reply was the one of newTarget.
	err = tg.run(1000, 2)
	require.ErrorContains(t, err, "c.noop: reply 41 differs")
	require.ErrorContains(t, err, "surprise")
}

func TestRunReportsClosedConnection(t *testing.T) {
	seen := 0
	srv := fakeServer(t, func(string) string {
		if seen++; seen > 20 {
			return ""
		}
		return ":1\r\n"
	})
	tg, err := newTarget(srv, config{batch: 8}, impl{prefix: "c."}, op{cmd: "noop"})
	require.NoError(t, err)
	require.ErrorContains(t, tg.run(1000, 2), "c.noop: ")
}

func TestMeasureAllocs(t *testing.T) {
	// Every reading costs 10 allocations and 1000 bytes, every command 2 and 48.
	var readings, commands int
	srv := fakeServer(t, func(command string) string {
		if command == "g.memstats" {
			readings++
			return fmt.Sprintf("*5\r\n:%d\r\n:%d\r\n:5\r\n:%d\r\n:9\r\n",
				10*readings+2*commands, 1000*readings+48*commands, commands/100)
		}
		commands++
		return ":1\r\n"
	})
	tg, err := newTarget(srv, config{batch: 8}, impl{prefix: "g."}, op{cmd: "noop"})
	require.NoError(t, err)
	a, ok, err := tg.measureAllocs(300, 2)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, allocSample{n: 300, mallocs: 600, bytes: 48 * 300, gcs: 3, goroutines: 9}, a)

	tg.impl.prefix = "x."
	_, _, err = tg.measureAllocs(1, 1)
	require.ErrorContains(t, err, "want 5 integers")
}
