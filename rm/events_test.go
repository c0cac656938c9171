// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

// withEvents runs a test against a server with the module of events, in each mode.
func withEvents(t *testing.T, test func(t *testing.T, s *rmtest.Server, mode string), config ...string) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{eventModule(t, mode)}, Config: config})
		since70(t, s)
		test(t, s, mode)
	})
}

// heard is what eventmod has noted since it was asked before.
func heard(s *rmtest.Server) []string {
	all := []string{}
	for _, line := range s.MustDo("e.results").([]any) {
		all = append(all, line.(string))
	}
	return all
}

// TestServerEvents hears of what happens in one server, each event with its data; twice
// when there are two listeners, and no more when they are stopped.
//
// Drives: SubscribeToServerEvent.
func TestServerEvents(t *testing.T) {
	withEvents(t, func(t *testing.T, s *rmtest.Server, mode string) {
		kind, major, minor, _ := s.Version()
		has72 := kind == "valkey" || major > 7 || minor >= 2
		require.Equal(t, int64(6), s.MustDo("e.listen", "flushdb", "swapdb", "config", "module", "cron", "loop"))
		s.MustDo("MSET", "a", "1", "b", "2")
		s.MustDo("FLUSHDB", "SYNC")
		sync := kind == "valkey" || major < 8 // Redis 8 frees the keys in the background, and the client waits
		require.Equal(t, []string{fmt.Sprintf("flushdb: {Sub:FlushDBStart DB:0 Sync:%t} keys 2", sync), fmt.Sprintf("flushdb: {Sub:FlushDBEnd DB:0 Sync:%t} keys 0", sync)}, heard(s))
		s.MustDo("FLUSHALL", "ASYNC")
		require.Equal(t, []string{"flushdb: {Sub:FlushDBStart DB:-1 Sync:false} keys 0", "flushdb: {Sub:FlushDBEnd DB:-1 Sync:false} keys 0"}, heard(s))
		s.MustDo("SWAPDB", "2", "5")
		require.Equal(t, []string{"swapdb: {First:2 Second:5}"}, heard(s))
		s.MustDo("CONFIG", "SET", "hz", "50", "timeout", "100")
		require.Len(t, first2(heard(s)), 1)
		s.MustDo("CONFIG", "SET", "timeout", "0")
		require.Equal(t, []string{"config: 1 0 timeout"}, heard(s))
		require.NoError(t, load(s, testmod(t, mode)))
		s.MustDo("MODULE", "UNLOAD", "testmod")
		require.Equal(t, []string{"module: {Sub:ModuleChangeLoaded Name:testmod Version:7}", "module: {Sub:ModuleChangeUnloaded Name:testmod Version:7}"}, heard(s))
		for _, name := range []string{"cron", "loop0", "loop1"} {
			require.Eventually(t, func() bool { return s.MustDo("e.count", name).(int64) > 2 }, patience, time.Millisecond, name)
		}
		require.Equal(t, int64(50), s.MustDo("e.count", "hz"))

		if n := s.MustDo("e.listen", "key"); has72 {
			require.Equal(t, int64(1), n)
			s.MustDo("SET", "k", "12345")
			s.MustDo("SET", "k", "text", "PX", "1")
			time.Sleep(5 * time.Millisecond)
			require.Nil(t, s.MustDo("GET", "k"))
			s.MustDo("SET", "k", "last")
			s.MustDo("DEL", "k")
			require.Equal(t, []string{
				`key: 3 k 0 "12345" true <nil>`, `key: 1 k 0 "text" true <nil>`, `key: 0 k 0 "last" true <nil>`,
			}, heard(s))
		} else {
			require.Zero(t, n)
		}

		require.Equal(t, int64(1), s.MustDo("e.listen", "client"))
		w := dial(t, s, 2)
		w.do("SELECT", "4")
		require.NoError(t, w.conn.Close())
		require.Equal(t, []string{"client: 0 unix true id true db 0", "client: 1 unix true id true db 4"}, noted(t, s, 2))
		s.MustDo("e.deaf")

		require.Equal(t, int64(1), s.MustDo("e.listen", "swapdb"))
		require.Equal(t, int64(1), s.MustDo("e.listen", "swapdb"))
		s.MustDo("SWAPDB", "0", "1")
		require.Equal(t, []string{"swapdb: {First:0 Second:1}", "swapdb: {First:0 Second:1}"}, heard(s))
		s.MustDo("e.deaf")
		s.MustDo("SWAPDB", "0", "1")
		s.MustDo("FLUSHALL")
		require.Empty(t, heard(s))
		loops := s.MustDo("e.count", "loop0")
		s.MustDo("PING")
		require.Equal(t, loops, s.MustDo("e.count", "loop0"))
		require.Equal(t, int64(1), s.MustDo("e.listen", "swapdb"))
		s.MustDo("SWAPDB", "0", "1")
		require.Equal(t, []string{"swapdb: {First:0 Second:1}"}, heard(s))
		// The binding's own listening goes on: the queue needs the event loop's.
		require.Equal(t, "OK", s.MustDo("e.in", "oneshot", "read", "k"))
		require.Equal(t, []string{"oneshot read: ok", "type KeyTypeEmpty"}, noted(t, s, 2))
	})
}

// first2 are the lines of options, of which servers tell in any order.
func first2(lines []string) (out []string) {
	for _, l := range lines {
		if l == "config: 2 0 hz, 1 timeout" || l == "config: 2 0 timeout, 1 hz" {
			out = append(out, l)
		}
	}
	return out
}

// TestPersistenceEvents: listeners hear of saves in the server and in its children, where
// Go can run there; one that fails does not make a save fail. Where Go cannot, the log says
// so, and saves go well.
//
// Drives: SubscribeToServerEvent.
func TestPersistenceEvents(t *testing.T) {
	withEvents(t, func(t *testing.T, s *rmtest.Server, mode string) {
		s.MustDo("SET", "k", "v")
		require.Equal(t, int64(2), s.MustDo("e.listen", "persistence", "fork"))
		save := func() {
			t.Helper()
			s.MustDo("BGSAVE")
			require.Eventually(t, func() bool { return s.InfoField("persistence", "rdb_bgsave_in_progress") == "0" }, patience, time.Millisecond)
			require.Equal(t, "ok", s.InfoField("persistence", "rdb_last_bgsave_status"))
		}
		save()
		require.Equal(t, []string{"fork: 0 in child false", "fork: 1 in child false"}, noted(t, s, 2))
		s.MustDo("BGREWRITEAOF")
		require.Equal(t, []string{"fork: 0 in child false", "fork: 1 in child false"}, noted(t, s, 2))
		require.Equal(t, "ok", s.InfoField("persistence", "aof_last_bgrewrite_status"))
		s.MustDo("SAVE")
		log := s.Log()
		require.Equal(t, 1, strings.Count(log, "persistence 2 in child false"))
		require.Equal(t, 1, strings.Count(log, "persistence 3 in child false"))
		if inChild := 1; mode == "resident" {
			require.Equal(t, inChild, strings.Count(log, "persistence 0 in child true"), log)
			require.Equal(t, inChild, strings.Count(log, "persistence 1 in child true"))
			require.Equal(t, 2*inChild, strings.Count(log, "persistence 3 in child true"))
		} else {
			require.NotContains(t, log, "in child true")
			require.Contains(t, log, "persistence events in forked children do not reach the module in portable mode")
		}
		s.MustDo("e.listen.fail")
		save()
		s.MustDo("SAVE")
		require.Contains(t, s.Log(), "a listener to persistence fails")
		s.MustDo("e.deaf")
		save()
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}

// TestReplicationEvents: a master hears of its replica, and that of its master and of its
// role.
//
// Drives: SubscribeToServerEvent.
func TestReplicationEvents(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: []rmtest.Module{eventModule(t, mode)}, Config: []string{
			"repl-diskless-sync-delay 0", "repl-diskless-sync yes",
		}})
		since70(t, s)
		s.MustDo("e.listen", "replica", "role")
		replica := s.Replica()
		require.Equal(t, []string{"replica: 0"}, noted(t, s, 1))
		replica.MustDo("e.listen", "role", "link", "loading", "flushdb", "async")
		replica.MustDo("REPLICAOF", "NO", "ONE")
		require.Equal(t, []string{"link: 1", "role: 0 master false ids 40 40"}, slices.Compact(noted(t, replica, 2)))
		require.Equal(t, []string{"replica: 1"}, noted(t, s, 1))
		replica.MustDo("SET", "own", "1")
		replica.MustDo("REPLICAOF", "127.0.0.1", fmt.Sprint(s.Port()))
		var all []string
		require.Eventually(t, func() bool {
			all = append(all, heard(replica)...)
			return slices.Contains(all, "link: 0")
		}, patience, time.Millisecond)
		require.Contains(t, all, "role: 1 master true ids 40 40")
		require.Contains(t, all, "loading: 2")
		require.Contains(t, all, "loading: 3")
		require.Equal(t, []string{"replica: 0"}, noted(t, s, 1))
	})
}

// TestLoadingEvents: a load is heard from its beginning to its end, with the progress, and
// each key that is loaded; so is a shutdown.
//
// Drives: SubscribeToServerEvent, SubscribeToKeyspaceEvents.
func TestLoadingEvents(t *testing.T) {
	withEvents(t, func(t *testing.T, s *rmtest.Server, _ string) {
		s.MustDo("DEBUG", "POPULATE", "20000")
		s.MustDo("e.listen", "loading", "progress", "shutdown")
		s.MustDo("DEBUG", "RELOAD")
		require.Equal(t, []string{"loading: 0", "loading: 3"}, heard(s))
		require.Positive(t, s.MustDo("e.count", "progress"))
		s.MustDo("FLUSHALL")
		s.MustDo("SET", "loaded", "1")
		s.MustDo("e.deaf")
		s.MustDo("e.keyspace", "4096")
		s.MustDo("DEBUG", "RELOAD")
		got := heard(s)
		require.Contains(t, got, "loaded loaded")
		require.Len(t, got, 1+strings.Count(fmt.Sprint(got), "no job of loaded: ERR the server takes no post-notification job"))
		s.MustDo("e.listen", "shutdown")
		s.Stop()
		require.Contains(t, s.Log(), "the shutdown is heard")
	}, "enable-debug-command yes", "loading-process-events-interval-bytes 1024")
}

// TestNewestEvents: what Valkey alone has; others answer that they lack it.
//
// Drives: SubscribeToServerEvent.
func TestNewestEvents(t *testing.T) {
	withEvents(t, func(t *testing.T, s *rmtest.Server, _ string) {
		kind, major, minor, _ := s.Version()
		valkey9 := kind == "valkey" && major >= 9
		require.Zero(t, s.MustDo("e.listen", "backup"))
		want := int64(0)
		if valkey9 {
			want = 1
		}
		require.Equal(t, want, s.MustDo("e.listen", "auth"))
		if want = 0; valkey9 && (major > 9 || minor >= 1) {
			want = 4
		}
		require.Equal(t, want, s.MustDo("e.listen", "succeeded", "failed", "rejected", "acl"))
		if valkey9 {
			s.MustDo("ACL", "SETUSER", "joe", "on", ">pw", "+ping", "+auth", "+select")
			heard(s)
			w := dial(t, s, 2)
			w.do("AUTH", "joe", "wrong")
			w.do("AUTH", "joe", "pw")
			if want > 0 {
				w.do("PING")
				w.do("GET", "x")
			}
			got := heard(s)
			require.Contains(t, got, `auth: true joe "" false`)
			require.Contains(t, got, `auth: true joe "" true`)
			if want > 0 {
				require.Contains(t, got, `command: 0 ping args 1 PING dirty 0 client true time true ""`)
				require.Contains(t, got, fmt.Sprintf(`command: 3 get args 2 GET dirty 0 client true time true "" denied %d`, rm.ACLReasonCommand))
				s.MustDo("ACL", "SETUSER", "joe", "+get", "~mine")
				w.do("GET", "yours")
				require.Contains(t, heard(s), fmt.Sprintf(`command: 3 get args 2 GET dirty 0 client true time true "yours" denied %d`, rm.ACLReasonKey))
				require.Contains(t, strings.Join(got, "\n"), "command: 1 auth args 3 ")
				s.MustDo("SET", "k", "v")
				require.Contains(t, heard(s), `command: 0 set args 3 SET dirty 1 client true time true ""`)
				_, err := s.Do("GET")
				require.Error(t, err)
				require.Contains(t, strings.Join(heard(s), "\n"), "command: 2 get args 1 GET")
			}
		}
	})
}

// TestKeyspaceJobs: what a job of a keyspace event writes goes to replica and AOF with the
// command; it fails while writes are paused, and on a replica there are none.
//
// Drives: SubscribeToKeyspaceEvents, AddPostNotificationJob.
func TestKeyspaceJobs(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: []rmtest.Module{eventModule(t, mode)}, Config: []string{
			"appendonly yes", "repl-diskless-sync-delay 0", "repl-diskless-sync yes",
		}})
		since70(t, s)
		kind, major, minor, _ := s.Version()
		jobs := kind == "valkey" || major > 7 || minor >= 2
		replica := s.Replica()
		const str, generic, expired, evicted = 8, 4, 256, 512
		for _, server := range []*rmtest.Server{s, replica} {
			server.MustDo("e.keyspace", fmt.Sprint(str|generic|expired|evicted))
		}
		s.MustDo("SET", "k", "v")
		s.MustDo("DEL", "k")
		s.MustDo("SET", "short", "1", "PX", "1")
		require.Eventually(t, func() bool { return s.MustDo("EXISTS", "short") == int64(0) }, patience, time.Millisecond)
		want := []string{"set k", "del k", "set short", "expire short", "expired short"}
		require.Equal(t, want, heard(s))
		s.WaitReplica(replica)
		got := fmt.Sprint(heard(replica))
		require.Contains(t, got, "set k")
		if jobs {
			require.Contains(t, got, "no job of set: ERR the server takes no post-notification job")
			require.Equal(t, "5", s.MustDo("GET", "jobs"))
			require.Equal(t, "5", replica.MustDo("GET", "jobs"))
		}
		// Expiry goes on while writes are paused, in some servers.
		s.MustDo("SET", "short", "1", "PX", "30")
		heard(s)
		s.MustDo("CLIENT", "PAUSE", "100000", "WRITE")
		time.Sleep(100 * time.Millisecond)
		s.MustDo("GET", "short")
		for _, line := range heard(s) {
			require.Contains(t, []string{"expired short", "job of expired: ERR writes are paused"}, line)
		}
		s.MustDo("CLIENT", "UNPAUSE")
		s.MustDo("SET", "volatile", strings.Repeat("x", 1000), "EX", "1000")
		s.MustDo("CONFIG", "SET", "maxmemory-policy", "volatile-lru")
		s.MustDo("CONFIG", "SET", "maxmemory", "1mb")
		_, _ = s.Do("SET", "k", strings.Repeat("x", 1000))
		s.MustDo("CONFIG", "SET", "maxmemory", "0")
		require.Contains(t, heard(s), "evicted volatile")
		s.WaitReplica(replica)
		require.Equal(t, s.MustDo("GET", "jobs"), replica.MustDo("GET", "jobs"))
		before := s.MustDo("GET", "jobs")
		s.RestartFromAOF()
		require.Equal(t, before, s.MustDo("GET", "jobs"))
	})
}
