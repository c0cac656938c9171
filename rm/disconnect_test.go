// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const endsmod = "github.com/iredismodule/redismodule/internal/testmod/endsmod"

// withEnds runs a test with the module that tries calls which end clients or change the server's role.
func withEnds(t *testing.T, test func(t *testing.T, s *rmtest.Server, m rmtest.Module)) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := rmtest.Module{Path: rmtest.Build(t, endsmod), Args: []string{"rm-mode=" + mode}}
		s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: []rmtest.Module{m}, Config: []string{"enable-debug-command yes"}})
		test(t, s, m)
	})
}

// endings are the calls, for a client of that number.
func endings(id string) [][]string {
	return [][]string{
		{"CLIENT", "KILL", "ID", id},
		{"client", "kill", "ID", id, "SKIPME", "no"},
		{"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"},
		{"CLIENT", "KILL", "USER", "default", "SKIPME", "no"},
		{"CLIENT", "KILL", "TYPE", "replica"},
		{"REPLICAOF", "NO", "ONE"},
		{"slaveof", "127.0.0.1", "1"},
		{"CLUSTER", "RESET"},
		{"FAILOVER", "ABORT"},
		{"CLIENT", "UNBLOCK", id},
	}
}

// TestDisconnectCommands has commands end clients and change the role: where a client has sent them itself it may be done, but not to
// the client itself.
func TestDisconnectCommands(t *testing.T) {
	withEnds(t, func(t *testing.T, s *rmtest.Server, _ rmtest.Module) {
		since70(t, s)
		w := dial(t, s, 2)
		id := w.id()
		refused, called := "+refused\r\n", "+called\r\n"
		sha := "redis.call('e.call',unpack(ARGV))"
		s.MustDo("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function(keys, argv) return redis.call('e.call', unpack(argv)) end)")
		for i, words := range endings(id) {
			own := i < 5
			if own {
				require.Equal(t, refused, w.do(append([]string{"e.call"}, words...)...), words)
			}
			for _, before := range [][]string{
				{"e.call", "e.call"}, {"e.call", "e.call", "e.call"}, {"EVAL", "return " + sha, "0"}, {"FCALL", "f", "0"},
				{"e.call", "EVAL", "return " + sha, "0"}, {"e.block"}, {"e.block", "e.call"}, {"e.block", "EVAL", "return " + sha, "0"},
			} {
				require.Contains(t, w.do(append(before, words...)...), "refused", "%q %q", before, words)
			}
			require.Equal(t, refused, w.do(append([]string{"e.answer"}, words...)...), words)
			require.Equal(t, "+OK\r\n", w.do("MULTI"))
			w.do(append([]string{"e.call", "e.call"}, words...)...)
			if own {
				w.do(append([]string{"e.call"}, words...)...)
			}
			require.NotContains(t, w.do("EXEC"), "called", words)
		}
		// What a client may do that sends it itself.
		for _, how := range []string{"e.call", "e.answer"} {
			other := dial(t, s, 2)
			require.Equal(t, called, w.do(how, "CLIENT", "KILL", "ID", other.id()))
			gone(t, other)
		}
		require.Equal(t, called, w.do("e.call", "REPLICAOF", "NO", "ONE"))
		require.Equal(t, "+OK\r\n", w.do("MULTI"))
		w.do("e.call", "REPLICAOF", "NO", "ONE")
		require.Equal(t, "*1\r\n"+called, w.do("EXEC"))
		require.Equal(t, called, w.do("e.call", "SLAVEOF", "127.0.0.1", "1"))
		require.Equal(t, called, w.do("e.call", "REPLICAOF", "NO", "ONE"))
		// The answer to a client that waits for a key comes in the middle of the command that makes it ready.
		waiting := dial(t, s, 2)
		waiting.waits(s, "e.keys", "k", "CLIENT", "KILL", "ID", id)
		require.Equal(t, ":1\r\n", w.do("LPUSH", "k", "x"))
		require.Equal(t, refused, waiting.read())
		late := waiting.id()
		waiting.waits(s, "e.late", "CLIENT", "KILL", "ID", id)
		require.Equal(t, ":1\r\n", w.do("CLIENT", "UNBLOCK", late))
		require.Equal(t, refused, waiting.read())
		require.Equal(t, "+PONG\r\n", w.do("PING"))
	})
}

// TestDisconnectClose has a command close its own client's connection behind BlockClient, by the API and by ACL.
//
// Drives: DeauthenticateAndCloseClient.
func TestDisconnectClose(t *testing.T) {
	withEnds(t, func(t *testing.T, s *rmtest.Server, _ rmtest.Module) {
		since70(t, s)
		w := dial(t, s, 2)
		require.Contains(t, w.do("e.close"), "-ERR the call may end clients")
		s.MustDo("ACL", "SETUSER", "ann", "on", "nopass", "+@all", "~*", "&*")
		require.Equal(t, "+OK\r\n", w.do("AUTH", "ann", "x"))
		require.Equal(t, "+refused\r\n", w.do("e.block", "ACL", "DELUSER", "ann"))
		require.Equal(t, "+refused\r\n", w.do("e.block", "acl", "setuser", "ann", "off"))
		require.Equal(t, "+called\r\n", w.do("e.block", "ACL", "USERS"))
		require.Equal(t, "+called\r\n", w.do("e.call", "ACL", "DELUSER", "ann"))
		gone(t, w)
	})
}

// TestDisconnectEvents tries the calls in events of all kinds.
func TestDisconnectEvents(t *testing.T) {
	withEnds(t, func(t *testing.T, s *rmtest.Server, m rmtest.Module) {
		since70(t, s)
		other := rmtest.Build(t, clientmod)
		w := dial(t, s, 2)
		id := w.id()
		for place, happens := range map[string]func(){
			"flush":  func() { w.do("FLUSHDB") },
			"swap":   func() { w.do("SWAPDB", "0", "1") },
			"config": func() { w.do("CONFIG", "SET", "maxmemory-samples", "6") },
			"module": func() {
				w.do("MODULE", "LOAD", other)
				w.do("MODULE", "UNLOAD", "clientmod")
			},
			"role": func() {
				w.do("REPLICAOF", "127.0.0.1", "1")
				w.do("REPLICAOF", "NO", "ONE")
			},
			"save": func() { w.do("SAVE") },
			"client": func() {
				c := dial(t, s, 2)
				c.do("QUIT")
				gone(t, c)
			},
			"cron":    func() { time.Sleep(200 * time.Millisecond) },
			"loading": func() { w.do("DEBUG", "RELOAD") },
			"attempt": func() { w.do("AUTH", "nobody", "x") },
			"auth":    func() { w.do("AUTH", "nobody", "x") },
			"key":     func() { w.do("SET", "k", "v") },
			"nested":  func() { w.do("SET", "k", "v") },
			"held":    func() { w.do("SET", "k", "v") },
			"job":     func() { w.do("SET", "k", "v") },
		} {
			for i, words := range endings(id) {
				if place == "cron" && i%5 != 0 {
					continue
				}
				if reply := w.do(append([]string{"e.in", place}, words...)...); reply != "+OK\r\n" {
					require.Contains(t, reply, "-ERR this server does not support", place)
					break
				}
				happens()
				results := s.MustDo("e.got").([]any)
				for _, result := range results {
					if text := fmt.Sprint(result); place != "held" && place != "job" || text == "called" {
						require.Equal(t, "refused", text, "%s: %q", place, words)
					}
				}
				if place != "nested" {
					require.NotEmpty(t, results, "%s: %q", place, words)
				}
			}
			require.Equal(t, "+PONG\r\n", w.do("PING"), place)
		}
		for _, words := range endings(id) {
			w.do(append([]string{"e.in", "unload"}, words...)...)
			require.Contains(t, w.do("MODULE", "UNLOAD", "endsmod"), "-ERR")
		}
		require.Contains(t, s.Log(), "unload refused: OnUnload: refused")
		require.NotContains(t, s.Log(), "OnUnload: called")
		require.Equal(t, "+OK\r\n", w.do("MODULE", "UNLOAD", "endsmod"))
		load := append([]string{"MODULE", "LOAD", m.Path}, m.Args...)
		for _, words := range endings(id) {
			require.Equal(t, "+OK\r\n", w.do(append(load, words...)...))
			require.Equal(t, "+OK\r\n", w.do("MODULE", "UNLOAD", "endsmod"))
		}
		require.Contains(t, s.Log(), "OnLoad: refused")
		require.NotContains(t, s.Log(), "OnLoad: called")
	})
}

// TestDisconnectReplication tries them in the middle of what replication does, and ends clients that leave.
func TestDisconnectReplication(t *testing.T) {
	withEnds(t, func(t *testing.T, s *rmtest.Server, _ rmtest.Module) {
		since70(t, s)
		r := s.Replica()
		for _, words := range [][]string{{"REPLICAOF", "NO", "ONE"}, {"CLIENT", "KILL", "TYPE", "replica"}, {"CLIENT", "KILL", "TYPE", "master"}, {"CLIENT", "KILL", "TYPE", "normal"}} {
			for _, place := range []string{"link", "loading", "flush", "replica"} {
				on := r
				if place == "replica" {
					on = s
				}
				all := []any{"e.in", place}
				for _, word := range words {
					all = append(all, word)
				}
				on.MustDo(all...)
				s.MustDo("SET", "k", place)
				// A full synchronization, in any case.
				r.MustDo("REPLICAOF", "NO", "ONE")
				r.MustDo("SET", "k", "mine")
				r.MustDo("REPLICAOF", "127.0.0.1", s.Port())
				s.MustDo("SET", "k2", place)
				require.Eventually(t, func() bool { return r.InfoField("replication", "master_link_status") == "up" }, patience, time.Millisecond)
				// The master hears of its replica's state later than the replica.
				require.Eventually(t, func() bool { return strings.Contains(s.InfoField("replication", "slave0"), "state=online") }, patience, time.Millisecond)
				results := on.MustDo("e.got").([]any)
				require.NotEmpty(t, results, "%s: %q", place, words)
				for _, result := range results {
					require.Equal(t, "refused", result, "%s: %q", place, words)
				}
			}
		}
	})
}

// TestDisconnectLoop has all of it done in what the event loop begins, which is the way out.
func TestDisconnectLoop(t *testing.T) {
	withEnds(t, func(t *testing.T, s *rmtest.Server, _ rmtest.Module) {
		since70(t, s)
		for _, how := range []string{"oneshot", "timer", "do"} {
			for i := range 4 {
				w := dial(t, s, 2)
				words := endings(w.id())[i]
				w.send(command(append([]string{"e.later", how}, words...)...)) // it may be gone before its reply
				gone(t, w)
			}
			w := dial(t, s, 2)
			s.MustDo("e.got")
			for _, words := range [][]string{{"SLAVEOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"}, {"e.call", "REPLICAOF", "NO", "ONE"}} {
				w.do(append([]string{"e.later", how}, words...)...)
				var results []any
				require.Eventually(t, func() bool {
					results = s.MustDo("e.got").([]any)
					return len(results) > 0
				}, patience, time.Millisecond)
				want := "called"
				if words[0] == "e.call" {
					want = "refused"
				}
				require.Equal(t, []any{want}, results)
			}
		}
	})
}

// TestDisconnectFilter has a filter of the module make of a call what is refused.
func TestDisconnectFilter(t *testing.T) {
	withEnds(t, func(t *testing.T, s *rmtest.Server, _ rmtest.Module) {
		since70(t, s)
		w := dial(t, s, 2)
		for _, words := range append(endings(w.id()), []string{"SYNC"}, []string{"PSYNC", "?", "-1"}, []string{"MODULE", "UNLOAD", "endsmod"}, []string{"EVAL", "return 'x'", "0"}) {
			require.Equal(t, "+OK\r\n", w.do(append([]string{"e.filter"}, words...)...))
			require.Equal(t, "+echoed\r\n", w.do("e.call", "echo", "echoed"), words)
			require.Equal(t, "+echoed\r\n", w.do("e.call", "e.call", "echo", "echoed"), words)
			s.MustDo("e.got")
		}
		require.Contains(t, s.Log(), "the call goes on as it came")
		require.Equal(t, "+OK\r\n", w.do("e.filter", "ping", "pong"))
		require.Equal(t, "+pong\r\n", w.do("e.call", "echo", "echoed"))
	})
}

// gone waits for the end of a connection.
func gone(t *testing.T, w *wire) {
	t.Helper()
	require.NoError(t, w.conn.SetReadDeadline(time.Now().Add(patience)))
	for {
		if _, err := w.r.ReadByte(); err != nil {
			require.ErrorContains(t, err, "EOF")
			return
		}
	}
}
