// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const filtermod = "github.com/iredismodule/redismodule/internal/testmod/filtermod"

func filterModule(tb testing.TB, mode string, args ...string) rmtest.Module {
	tb.Helper()
	return rmtest.Module{Path: rmtest.Build(tb, filtermod), Args: append([]string{"rm-mode=" + mode}, args...)}
}

// withFilter runs a test against a server with a command filter.
func withFilter(t *testing.T, test func(t *testing.T, s *rmtest.Server), config ...string) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		test(t, rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{filterModule(t, mode, "filter")}, Config: config}))
	})
}

// TestFilter has a filter change the commands of clients, transactions, scripts and calls.
//
// Drives: RegisterCommandFilter, CommandFilterArgsCount, CommandFilterArgGet,
// CommandFilterArgInsert, CommandFilterArgReplace, CommandFilterArgDelete,
// CommandFilterGetClientId.
func TestFilter(t *testing.T) {
	withFilter(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		id := strings.Trim(w.do("CLIENT", "ID"), ":\r\n")
		kind, major, minor, _ := s.Version()
		fixed := kind == "valkey" && (major > 9 || major == 9 && minor >= 1)
		if kind == "redis" && (major < 7 || major == 7 && minor < 2) {
			id = "0"
		}
		// ways are how a command reaches the filter; each gives what ECHO or LRANGE give.
		ways := map[string]func(words ...string) string{
			"client": w.do,
			"transaction": func(words ...string) string {
				require.Equal(t, "+OK\r\n", w.do("MULTI"))
				require.Equal(t, "+QUEUED\r\n", w.do(words...))
				return strings.TrimPrefix(w.do("EXEC"), "*1\r\n")
			},
			"script": func(words ...string) string {
				return w.do(append([]string{"EVAL", "local t = {} for i, a in ipairs(ARGV) do t[i] = string.gsub(a, '#', '@') end return redis.call(unpack(t))", "0"},
					strings.Split(strings.ReplaceAll(strings.Join(words, " "), "@", "#"), " ")...)...)
			},
			"call": func(words ...string) string {
				return w.do(append([]string{"f.call"}, words...)...)
			},
		}
		for name, do := range ways {
			require.Equal(t, bulk("a"), do("ECHO", "a"), name)
			require.Equal(t, bulk("a"), do("ECHO", "@drop", "a"), name)
			require.Equal(t, bulk("a"), do("@drop", "ECHO", "a"), name)
			require.Equal(t, bulk("ECHO"), do("ECHO", "@double"), name)
			w.do("DEL", "list")
			require.Equal(t, ":4\r\n", do("RPUSH", "list", "a", "@double", "@drop", "b", "c"), name)
			require.Equal(t, array("a", "a", "b", "c"), w.do("LRANGE", "list", "0", "-1"), name)
			require.Contains(t, do("f.ping"), "PONG", name)
			w.do("DEL", "list")
			require.Equal(t, ":3\r\n", do("RPUSH", "list", "a", "@swap", "b"), name)
			require.Equal(t, array("a", "swapped", "b"), w.do("LRANGE", "list", "0", "-1"), name)
			if name == "script" && fixed { // what a script calls must not grow
				w.do("DEL", "list")
				for i := range 50 {
					require.Equal(t, fmt.Sprintf(":%d\r\n", 2*i+2), do("RPUSH", "list", "a", "@many"), name)
					require.Equal(t, fmt.Sprintf(":%d\r\n", 2*i+2), do("LLEN", "list"), name)
				}
				require.Equal(t, bulk("@before"), do("ECHO", "@before"), name)
			} else if name != "call" { // which filters the argument of f.call first
				w.do("DEL", "list")
				require.Equal(t, ":42\r\n", do("RPUSH", "list", "a", "@many"), name)
				w.do("DEL", "list")
				require.Equal(t, ":3\r\n", do("RPUSH", "list", "a", "@before"), name)
				require.Equal(t, array("a", "inserted", "@before"), w.do("LRANGE", "list", "0", "-1"), name)
				if who := do("ECHO", "@client"); name != "script" || id == "0" { // a script has a client of its own
					require.Equal(t, bulk(id), who, name)
				}
			}
			for _, failure := range []string{"@panic", "@goexit"} {
				require.Equal(t, bulk(failure), do("ECHO", failure), "%s: the command goes through as it came", name)
				w.do("DEL", "list")
				require.Equal(t, ":3\r\n", do("RPUSH", "list", "a", failure, "b"), name)
				require.Equal(t, array("a", failure, "b"), w.do("LRANGE", "list", "0", "-1"), name)
			}
		}
		require.Contains(t, w.do("@none", "b", "nothing"), "unknown command")
		require.Contains(t, s.Log(), "a command filter: panic: as it was told")
		require.Contains(t, s.Log(), "a command filter: the handler called runtime.Goexit")
		require.Equal(t, "+PONG\r\n", w.do("PING"))
	})
}

// TestFilterNoSelf: with the flag a filter does not see what the module calls.
func TestFilterNoSelf(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{filterModule(t, mode)}})
		grows := func(words ...any) int64 {
			before := s.MustDo("f.seen").(int64)
			s.MustDo(words...)
			return s.MustDo("f.seen").(int64) - before
		}
		require.Zero(t, grows("f.call", "PING"))
		s.MustDo("f.on", "1")
		require.EqualValues(t, 2, grows("f.call", "PING"), "f.seen and f.call")
		s.MustDo("f.on", "0")
		require.EqualValues(t, 5, grows("f.call", "PING"), "and by the second f.seen, f.call and PING")
		s.MustDo("f.off")
		require.Zero(t, grows("f.call", "PING"))
		_, err := s.Do("f.on", "2")
		require.EqualError(t, err, "ERR the flags of the command filter are not known")
		// The C functions of filters that are stopped are used again.
		for range 2000 {
			s.MustDo("f.on", "0")
			s.MustDo("f.off")
		}
	})
}

// TestFilterStopsInFilter: filters that a filter stops, on the server's way along the list
// of them.
//
// Drives: UnregisterCommandFilter.
func TestFilterStopsInFilter(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{filterModule(t, mode)}})
		for range 50 {
			for range 3 {
				s.MustDo("f.on", "0")
			}
			require.Equal(t, "a", s.MustDo("f.call", "off", "ECHO", "a"))
			before := s.MustDo("f.seen")
			s.MustDo("PING")
			require.Equal(t, before, s.MustDo("f.seen"))
		}
		s.MustDo("MODULE", "UNLOAD", "filtermod")
		s.MustDo("PING")
	})
}

// TestFilterUnload unloads while filters are registered, loads again, and fails to load.
func TestFilterUnload(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{})
		for range 5 {
			require.NoError(t, load(s, filterModule(t, mode, "filter")))
			require.Equal(t, "a", s.MustDo("ECHO", "@drop", "a"))
			s.MustDo("f.on", "1")
			s.MustDo("MODULE", "UNLOAD", "filtermod")
			require.Equal(t, "@drop", s.MustDo("ECHO", "@drop"))
			require.Error(t, load(s, filterModule(t, mode, "fail")))
			require.Equal(t, "@drop", s.MustDo("ECHO", "@drop"))
		}
	})
}

// TestFilterBeforeAuth: a filter sees the commands of clients that are not logged in, and
// the server checks what it makes of them.
func TestFilterBeforeAuth(t *testing.T) {
	withFilter(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("ACL", "SETUSER", "default", "resetpass", ">secret")
		w := &wire{t: t, conn: s.RawConn()}
		w.r = bufio.NewReader(w.conn)
		require.Contains(t, w.do("f.ping"), "-NOAUTH")
		require.Contains(t, w.do("ECHO", "@panic"), "-NOAUTH")
		require.Contains(t, w.do("@drop", "AUTH", "wrong"), "-WRONGPASS")
		require.Equal(t, "+OK\r\n", w.do("@drop", "AUTH", "secret"))
		require.Equal(t, "+PONG\r\n", w.do("f.ping"))
		s.MustDo("ACL", "SETUSER", "small", "on", "nopass", "+echo", "+auth")
		require.Equal(t, "+OK\r\n", w.do("AUTH", "small", "x"))
		require.Contains(t, w.do("f.ping"), "-NOPERM")
		require.Contains(t, w.do("@drop", "GET", "x"), "-NOPERM")
	})
}

// TestFilterPipelines changes the commands of long pipelines of several clients, also
// where other threads read and parse them.
func TestFilterPipelines(t *testing.T) {
	for _, threads := range []string{"1", "4"} {
		t.Run("io-threads="+threads, func(t *testing.T) {
			withFilter(t, func(t *testing.T, s *rmtest.Server) {
				const rounds, n = 5, 100
				clients := make([]*wire, 4)
				for i := range clients {
					clients[i] = dial(t, s, 2)
				}
				for range rounds {
					for i, w := range clients {
						var all []byte
						for j := range n {
							key := fmt.Sprintf("k:%d:%d", i, j)
							all = append(all, command("@drop", "SET", key, strconv.Itoa(j))...)
							all = append(all, command("GET", key, "@drop")...)
							if j == n/2 {
								all = append(all, command("SET", key, "@panic")...)
							}
							all = append(all, command("ECHO", "@double")...)
							all = append(all, command("f.ping")...)
							all = append(all, command("@drop", "DEL", "@drop", key, "@drop", "and", "@before")...)
						}
						w.send(all)
					}
					for _, w := range clients {
						for j := range n {
							require.Equal(t, "+OK\r\n", w.read())
							require.Equal(t, bulk(strconv.Itoa(j)), w.read())
							if j == n/2 {
								require.Equal(t, "+OK\r\n", w.read())
							}
							require.Equal(t, bulk("ECHO"), w.read())
							require.Equal(t, "+PONG\r\n", w.read())
							require.Equal(t, ":1\r\n", w.read())
						}
					}
				}
			}, "io-threads "+threads)
		})
	}
}

// TestFilterOnReplica: a filter on a replica sees the commands of its master.
func TestFilterOnReplica(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: []rmtest.Module{filterModule(t, "resident")}})
	r := s.Replica()
	r.MustDo("f.on", "0")
	s.MustDo("RPUSH", "list", "a", "@drop", "b")
	s.WaitReplica(r)
	require.Equal(t, []any{"a", "@drop", "b"}, s.MustDo("LRANGE", "list", "0", "-1"))
	require.Equal(t, []any{"a", "b"}, r.MustDo("LRANGE", "list", "0", "-1"))
}

// TestFilterCosts: a filter allocates nothing in Go, and the server's memory does not
// grow.
func TestFilterCosts(t *testing.T) {
	withFilter(t, func(t *testing.T, s *rmtest.Server) {
		const times = 2000
		w := dial(t, s, 2)
		run := func(n int) {
			for range n {
				w.do("ECHO", "a")
				w.do("RPUSH", "list", "@before", "a", "@double", "@drop")
				w.do("DEL", "list")
			}
		}
		mallocs := func() int64 { return s.MustDo("f.mallocs").(int64) }
		used := func() int64 {
			n, err := strconv.ParseInt(s.InfoField("memory", "used_memory"), 10, 64)
			require.NoError(t, err)
			return n
		}
		run(200)
		s.MustDo("CONFIG", "SET", "slowlog-max-len", "0")
		allocs, grown := int64(1)<<62, int64(1)<<62
		for range 3 { // what the runtime, and the server, do now and then is not in all of them
			before, memory := mallocs(), used()
			run(times)
			allocs, grown = min(allocs, mallocs()-before), min(grown, used()-memory)
		}
		require.Less(t, allocs, int64(times/10), "Go allocations")
		require.Less(t, grown, int64(times*4), "the server's memory")
	})
}
