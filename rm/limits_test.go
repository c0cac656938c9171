// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// usedMemory is what the server uses with no other client than the asking one.
func usedMemory(t *testing.T, s *rmtest.Server) int64 {
	t.Helper()
	s.MustDo("MEMORY", "PURGE")
	n, err := strconv.ParseInt(s.InfoField("memory", "used_memory"), 10, 64)
	require.NoError(t, err)
	return n
}

// leakless runs work a first time, then n times more, on a connection of its own
// each time, and fails if the server uses more memory after it than slack. The
// server allocates something of its own now and then (a table grows, an entry of a
// log), so a growth is believed when it comes three times.
func leakless(t *testing.T, s *rmtest.Server, n int, slack int64, work func(w *wire)) {
	t.Helper()
	round := func() {
		w := dial(t, s, 3)
		work(w)
		require.NoError(t, w.conn.Close())
		require.Eventually(t, func() bool { return s.InfoField("clients", "connected_clients") == "1" }, patience, time.Millisecond)
	}
	round()
	var before, grown int64
	for range 3 {
		before = usedMemory(t, s)
		for range n {
			round()
		}
		// The server frees large objects and buffers in the background.
		grown = usedMemory(t, s) - before
		for deadline := time.Now().Add(time.Second); grown > slack && time.Now().Before(deadline); grown = usedMemory(t, s) - before {
			time.Sleep(20 * time.Millisecond)
		}
		if grown <= slack {
			return
		}
	}
	require.LessOrEqual(t, grown, slack, "growth of used_memory from %d", before)
}

// TestNothingLeaks repeats every kind of use and watches the server's memory. A
// leak of one small string per round shows.
func TestNothingLeaks(t *testing.T) {
	const times = 300
	binary := "\x00binary\r\n\xff"
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		s.MustDo("RPUSH", "list", "a", "b")
		s.MustDo("SET", "str", "text")
		thirty := strings.Fields(strings.Repeat("1 ", 30))
		for name, commands := range map[string][][]string{
			"strings": {
				{"t.str", "new", binary}, {"t.str", "newtext", binary}, {"t.str", "newint", "123456789"}, {"t.str", "retain", binary},
				{"t.str", "append", binary, binary}, {"t.str", "append.shared", binary}, {"t.echo", ""}, {"t.echo", binary},
			},
			"errors": {
				{"t.echo"}, {"t.error"}, {"t.arity"}, {"t.str", "int", binary}, {"t.reply", "none"}, {"t.reply", "error.long"},
				{"t.call", "call", "-", "s", "none", binary}, {"t.call", "do", "-", "s", "none", binary}, {"t.call", "doargs", "-", "s", "GET", "list"},
				{"t.call", "call", "-", "l", "ECHO", "x"}, {"t.walk", "call", "-", "s", "GET", "list"}, {"t.badcalls"}, {"t.get", "list"},
			},
			"calls": {
				{"t.get", "str"}, {"t.set", "key" + binary}, {"t.incr", "n"}, {"t.incrargs", "n"}, {"t.autofree", "auto", binary},
				{"t.call", "call", "3", "t", "LRANGE", "list", "0", "-1"}, {"t.call", "do", "-", "s", "t.reply", "nested"},
				{"t.walk", "call", "3", "b", "t.reply", "nested"}, {"t.misread", "call", "3", "b", "t.reply", "map"},
				append([]string{"t.call", "call", "-", "sbtl", "t.argv"}, thirty...), append([]string{"t.call", "doargs", "3", "l", "t.argv"}, thirty...),
				append([]string{"t.call", "do", "-", "s", "t.argv"}, thirty...), append([]string{"t.call", "call", "-", "b", "none"}, thirty...),
			},
			"replies": {
				{"t.reply", "nested.postponed"}, {"t.reply", "attribute.postponed"}, {"t.reply", "verbatim"}, {"t.reply", "bignumber"},
				{"t.reply", "simple.long"}, {"t.array100"}, {"t.map"}, {"t.reply", "longdouble"},
			},
			"log": {{"t.log", "context", "debug", binary}, {"t.log", "package", "verbose", binary}, {"t.log", "goroutine", "debug", binary}},
		} {
			t.Run(name, func(t *testing.T) {
				// Sixteen bytes per time that one of the commands leaks are more.
				leakless(t, s, 3, times*16, func(w *wire) {
					for range times / 3 {
						for _, c := range commands {
							w.do(c...)
						}
					}
				})
			})
		}
	})
}

// TestHugeArgument passes 24 MB through every way of reading and passing it on.
func TestHugeArgument(t *testing.T) {
	const size = 24 << 20
	huge := strings.Repeat("0123456789abcde\x00", size/16)
	reply := bulk(huge)
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		const slack = 1 << 20
		for _, command := range [][]string{
			{"t.echo", huge},
			{"t.str", "bytes", huge},
			{"t.str", "text", huge},
			{"t.str", "clone", huge},
			{"t.str", "new", huge},
			{"t.str", "append", huge[:size/2], huge[size/2:]},
			{"t.call", "call", "-", "b", "ECHO", huge},
			{"t.call", "do", "-", "s", "t.echo", huge},
		} {
			leakless(t, s, 1, slack, func(w *wire) {
				require.True(t, w.alone(command...) == reply, "%.80q gives the text back", command)
			})
		}
		leakless(t, s, 1, slack, func(w *wire) {
			require.Equal(t, "+OK\r\n", w.do("t.call", "doargs", "-", "t", "SET", huge, huge)) // as key and value
			require.Equal(t, fmt.Sprintf(":%d\r\n", size), w.do("STRLEN", huge))
			require.Equal(t, "-ERR value is not an integer or out of range\r\n", w.do("t.str", "int", huge))
			require.Equal(t, ":1\r\n", w.do("DEL", huge))
			require.Equal(t, "-ERR no such reply\r\n", w.do("t.reply", huge))
			require.Equal(t, "+OK\r\n", w.do("t.log", "context", "notice", huge))
		})
		s.MustDo("t.gc")
		stats := memStats(t, s)
		require.Less(t, stats.heapAlloc, int64(16<<20), "no copy stays in the Go heap")
	})
}

// TestManyArguments passes 100,000 arguments in and on.
func TestManyArguments(t *testing.T) {
	const n = 100_000
	args := make([]string, n)
	var want strings.Builder
	fmt.Fprintf(&want, "*%d\r\n", n)
	for i := range args {
		args[i] = strconv.Itoa(i)
		want.WriteString(bulk(args[i]))
	}
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		leakless(t, s, 2, 1<<20, func(w *wire) {
			require.Equal(t, fmt.Sprintf(":%d\r\n", n+1), w.do(append([]string{"t.argc"}, args...)...))
			require.True(t, want.String() == w.do(append([]string{"t.argv"}, args...)...), "the arguments come back")
			require.Equal(t, "-ERR wrong number of arguments for 't.echo' command\r\n", w.do(append([]string{"t.echo"}, args...)...))
			for _, how := range []string{"call", "do", "doargs"} {
				for _, kinds := range []string{"s", "b", "t", "l", "sbtl"} {
					got := w.do(append([]string{"t.call", how, "-", kinds, "t.argv"}, args...)...)
					require.True(t, want.String() == got, "the arguments come back by %s as %s", how, kinds)
				}
			}
			require.Equal(t, fmt.Sprintf(":%d\r\n", n), w.do(append([]string{"t.call", "call", "-", "b", "RPUSH", "list"}, args...)...))
			require.Equal(t, fmt.Sprintf(":%d\r\n", n-1), w.do(append([]string{"t.call", "do", "-", "s", "SADD", "list2", "0"}, args[1:n-1]...)...))
			require.Equal(t, ":2\r\n", w.do("DEL", "list", "list2"))
		})
		s.MustDo("t.gc")
		require.Less(t, memStats(t, s).heapAlloc, int64(16<<20))
	})
}

// TestWrongTypes gives commands keys and values that they cannot take.
func TestWrongTypes(t *testing.T) {
	const wrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		w.do("RPUSH", "\x00list", "x")
		w.do("SET", "\x00text\xff", "no number")
		const number = "-ERR value is not an integer or out of range\r\n"
		require.Equal(t, wrongType, w.alone("t.get", "\x00list"))
		require.Equal(t, wrongType, w.alone("t.incr", "\x00list"))
		require.Equal(t, number, w.alone("t.incr", "\x00text\xff"))
		require.Equal(t, number, w.alone("t.incrargs", "\x00text\xff"))
		require.Equal(t, bulk("no number"), w.alone("t.get", "\x00text\xff"))
		require.Equal(t, "+OK\r\n", w.alone("t.set", "\x00list"))
		require.Equal(t, bulk("text of a constant"), w.alone("t.get", "\x00list"))
		require.Equal(t, "+OK\r\n", w.alone("t.incr", "")) // an empty key is a key
		require.Equal(t, bulk("5"), w.alone("t.get", ""))
	})
}

// stats are what t.memstats tells of the module's Go runtime.
type stats struct{ mallocs, totalAlloc, heapAlloc, numGC, goroutines int64 }

func memStats(t *testing.T, s *rmtest.Server) stats {
	t.Helper()
	v, err := s.Client().Do(context.Background(), "t.memstats").Int64Slice()
	require.NoError(t, err)
	require.Len(t, v, 5)
	return stats{v[0], v[1], v[2], v[3], v[4]}
}

// TestNoAllocations runs each command 100,000 times and counts what the Go
// runtime inside the server allocates.
func TestNoAllocations(t *testing.T) {
	const n, batch = 100_000, 1000
	var array strings.Builder
	array.WriteString("*100\r\n")
	for i := range 100 {
		fmt.Fprintf(&array, ":%d\r\n", i)
	}
	commands := []struct {
		name    string
		command []string
		want    string
	}{
		{"no-op", []string{"t.noop"}, "+OK\r\n"},
		{"echo", []string{"t.echo", "some\x00text"}, bulk("some\x00text")},
		{"array of 100", []string{"t.array100"}, array.String()},
		{"map", []string{"t.map"}, "%2\r\n" + bulk("one") + ":1\r\n+two\r\n:2\r\n"},
		{"error constant", []string{"t.error"}, "-BUSY try again\r\n"},
		{"double", []string{"t.double"}, ",1.5\r\n"},
		{"arity by the server", []string{"t.echo"}, "-ERR wrong number of arguments for 't.echo' command\r\n"},
		{"arity by the handler", []string{"t.arity"}, "-ERR wrong number of arguments for 't.arity' command\r\n"},
		{"prepared call", []string{"t.get", "key"}, bulk("text of a constant")},
		{"call with texts", []string{"t.set", "key"}, "+OK\r\n"},
		{"call with an integer", []string{"t.incr", "n"}, "+OK\r\n"},
		{"prepared call with an integer", []string{"t.incrargs", "n"}, "+OK\r\n"},
		{"strings", []string{"t.argv", "a", "b", "c"}, "*3\r\n" + bulk("a") + bulk("b") + bulk("c")},
		{"string to integer", []string{"t.str", "int", "12"}, ":12\r\n"},
		{"subcommand", []string{"t.family", "echo", "text"}, bulk("text")},
		{"owned string", []string{"t.str", "new", "12"}, bulk("12")},
	}
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		s.MustDo("t.set", "key")
		w := dial(t, s, 3)
		for _, c := range commands {
			if c.name == "subcommand" && isValkey81(s) {
				continue // see hasFamily
			}
			send := bytes.Repeat(command(c.command...), batch)
			want := strings.Repeat(c.want, batch)
			got := make([]byte, len(want))
			run := func(n int) {
				for range n / batch {
					w.send(send)
					w.readFull(got)
					require.True(t, string(got) == want, "%s: got %.200q, want %.200q", c.name, got, want)
				}
			}
			run(batch) // what is allocated once
			before := memStats(t, s)
			run(n)
			after := memStats(t, s)
			perCommand := float64(after.mallocs-before.mallocs) / n
			require.Less(t, perCommand, 0.01, "%s: allocations per command; %d bytes in all", c.name, after.totalAlloc-before.totalAlloc)
			require.Equal(t, before.goroutines, after.goroutines, c.name)
		}
	})
}
