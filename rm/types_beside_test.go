// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// Values of data types of both kinds, beside what else the server may be doing.

// valueKinds are the two kinds, as modules that have some commands in common: t.fill makes
// values under keys with a prefix and a number, t.get shows one, t.count says how many there are.
var valueKinds = []struct {
	name  string
	start func(t *testing.T, mode string, o rmtest.Options, args ...string) typeServer
	texts int // with so many texts a value is freed on a thread
}{{"go", startTypes, 1}, {"struct", startStructs, 70}}

// eachKind runs a test for both kinds, in each mode.
func eachKind(t *testing.T, o rmtest.Options, test func(t *testing.T, s typeServer, texts int), args ...string) {
	for _, kind := range valueKinds {
		t.Run("kind="+kind.name, func(t *testing.T) {
			rmtest.EachMode(t, func(t *testing.T, mode string) { test(t, kind.start(t, mode, o, args...), kind.texts) })
		})
	}
}

// TestValuesBetweenKeys: what one key's value is given to another for leaves one value, and none that nobody has.
func TestValuesBetweenKeys(t *testing.T) {
	eachKind(t, rmtest.Options{}, func(t *testing.T, s typeServer, texts int) {
		s.MustDo("t.fill", "v", 3, 2)
		want := []any{s.MustDo("t.get", "v0"), s.MustDo("t.get", "v1"), s.MustDo("t.get", "v2")}
		s.MustDo("RENAME", "v0", "v1") // over a value
		s.awaitValues(2)
		require.Equal(t, want[0], s.MustDo("t.get", "v1"))
		require.Equal(t, int64(0), s.MustDo("RENAMENX", "v1", "v2"))
		s.MustDo("RENAME", "v1", "v1")
		s.MustDo("SET", "string", "x")
		s.MustDo("RENAME", "string", "v2")
		s.awaitValues(1)
		require.Contains(t, s.error("t.get", "v2"), "WRONGTYPE")
		for db := range 3 {
			require.Equal(t, int64(1), s.MustDo("COPY", "v1", "c", "DB", 5+db))
			require.Equal(t, int64(0), s.MustDo("COPY", "v1", "c", "DB", 5+db))
			require.Equal(t, int64(1), s.MustDo("COPY", "v1", "c", "DB", 5+db, "REPLACE"))
		}
		s.awaitValues(4)
		require.Equal(t, int64(1), s.MustDo("MOVE", "v1", 5))
		require.Equal(t, int64(0), s.MustDo("EXISTS", "v1"))
		w := dial(t, s.Server, 2)
		w.do("SELECT", "5")
		require.Equal(t, "+OK\r\n", w.do("RENAME", "v1", "c"))
		require.Equal(t, ":0\r\n", w.do("MOVE", "c", "6"), "there is one")
		require.Equal(t, "+OK\r\n", w.do("SWAPDB", "5", "0"))
		require.Equal(t, want[0], s.MustDo("t.get", "c"))
		s.awaitValues(3)
		require.Equal(t, "+OK\r\n", w.do("FLUSHALL", "ASYNC"))
		s.awaitValues(0)
	})
}

// TestValuesAsked: what the server is asked about a value, it answers.
func TestValuesAsked(t *testing.T) {
	eachKind(t, rmtest.Options{}, func(t *testing.T, s typeServer, texts int) {
		s.MustDo("t.fill", "v", 2, 500)
		all, _ := s.MustDo("MEMORY", "USAGE", "v1", "SAMPLES", 0).(int64)
		require.Greater(t, all, int64(500*16))
		for _, samples := range []any{1, 5, 499, 500, 501, 1 << 40} {
			some, _ := s.MustDo("MEMORY", "USAGE", "v1", "SAMPLES", samples).(int64)
			require.InEpsilon(t, all, some, 0.05, "%v", samples)
		}
		require.NotNil(t, s.MustDo("OBJECT", "ENCODING", "v1"))
		require.Equal(t, int64(1), s.MustDo("OBJECT", "REFCOUNT", "v1"))
		require.NotNil(t, s.MustDo("OBJECT", "IDLETIME", "v1"))
		s.MustDo("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
		require.NotNil(t, s.MustDo("OBJECT", "FREQ", "v1"))
		require.Regexp(t, "test-(docs|strs)", s.MustDo("TYPE", "v1"))
		s.MustDo("DEBUG", "OBJECT", "v1")
		s.MustDo("DEBUG", "DIGEST-VALUE", "v1", "v0")
		s.MustDo("MEMORY", "STATS")
		s.MustDo("MEMORY", "DOCTOR")
		require.Contains(t, s.error("APPEND", "v1", "x"), "WRONGTYPE")
		require.Contains(t, s.error("SORT", "v1"), "WRONGTYPE")
		require.Nil(t, s.MustDo("MGET", "v1").([]any)[0])
		keys, _ := s.MustDo("SCAN", 0, "TYPE", s.MustDo("TYPE", "v1")).([]any)
		require.Len(t, keys[1], 2)
	})
}

// TestValuesFreedBesideOthers: databases are exchanged and flushed while threads of the server's free values.
func TestValuesFreedBesideOthers(t *testing.T) {
	eachKind(t, rmtest.Options{}, func(t *testing.T, s typeServer, texts int) {
		const n = 2000
		w := dial(t, s.Server, 2)
		for range 3 {
			s.MustDo("t.fill", "v", n, texts)
			var unlink []string
			for i := range n {
				unlink = append(unlink, "v"+strconv.Itoa(i))
			}
			w.send(command(append([]string{"UNLINK"}, unlink...)...))
			w.send(command("SWAPDB", "0", "1"))
			w.send(command("t.fill", "w", strconv.Itoa(n), strconv.Itoa(texts)))
			w.send(command("SWAPDB", "0", "1"))
			w.send(command("t.fill", "v", strconv.Itoa(n), strconv.Itoa(texts)))
			w.send(command("FLUSHDB", "ASYNC"))
			w.send(command("SWAPDB", "0", "1"))
			for _, want := range []string{fmt.Sprintf(":%d\r\n", n), "+OK\r\n", "+OK\r\n", "+OK\r\n", "+OK\r\n", "+OK\r\n", "+OK\r\n"} {
				require.Equal(t, want, w.read())
			}
			s.awaitValues(n)
			require.NotNil(t, s.MustDo("t.get", "w17"))
			require.Equal(t, "+OK\r\n", w.do("FLUSHALL", "ASYNC"))
		}
		s.awaitValues(0)
		require.NotContains(t, s.Log(), "freed twice")
	})
}

// TestValuesFlushedBesideSave: a file that is being saved has the values of its beginning, whatever is flushed meanwhile.
func TestValuesFlushedBesideSave(t *testing.T) {
	eachKind(t, rmtest.Options{}, func(t *testing.T, s typeServer, texts int) {
		if !s.resident && texts == 1 {
			t.Skip("Go values are not saved in a child in portable mode")
		}
		s.MustDo("t.fill", "v", 500, texts)
		before := s.MustDo("DEBUG", "DIGEST")
		s.MustDo("CONFIG", "SET", "rdb-key-save-delay", 500)
		s.MustDo("BGSAVE")
		s.MustDo("FLUSHDB", "ASYNC")
		s.MustDo("t.fill", "v", 100, 3)
		s.MustDo("FLUSHDB", "SYNC")
		s.await("persistence", "rdb_bgsave_in_progress", "0")
		require.Equal(t, "ok", s.InfoField("persistence", "rdb_last_bgsave_status"))
		s.awaitValues(0)
		s.Restart()
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))

		// FLUSHALL ends the child.
		s.MustDo("CONFIG", "SET", "rdb-key-save-delay", 2000)
		s.MustDo("BGSAVE")
		s.MustDo("FLUSHALL", "ASYNC")
		s.await("persistence", "rdb_bgsave_in_progress", "0")
		s.awaitValues(0)
		s.MustDo("CONFIG", "SET", "rdb-key-save-delay", 0)
		s.MustDo("t.fill", "v", 10, texts)
		require.Equal(t, "ok", s.save())
	})
}

// TestValuesReloadBesideLocks saves and loads the data again and again, while goroutines use it under the server's lock.
func TestValuesReloadBesideLocks(t *testing.T) {
	eachKind(t, rmtest.Options{}, func(t *testing.T, s typeServer, texts int) {
		s.MustDo("t.fill", "v", 300, texts)
		s.MustDo("t.busy", 2)
		s.MustDo("t.locks", 8)
		want := s.MustDo("t.get", "v200")
		for range 15 {
			s.MustDo("DEBUG", "RELOAD")
			require.Equal(t, want, s.MustDo("t.get", "v200"))
		}
		require.Eventually(t, func() bool { return s.MustDo("EXISTS", "own7") == int64(1) }, patience, time.Millisecond)
		require.Positive(t, s.MustDo("t.locks", 0))
		require.NotContains(t, s.Log(), "t.locks: ")
		require.Eventually(t, func() bool { // a goroutine may still be in its last turn
			s.MustDo("FLUSHALL", "ASYNC")
			return s.MustDo("t.count") == int64(0)
		}, patience, time.Millisecond)
	})
}

// TestValuesEvicted: a server that is full evicts values, on its own thread and on others, until there is room.
func TestValuesEvicted(t *testing.T) {
	n := 20_000
	if text := os.Getenv("RM_TYPE_VALUES"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	eachKind(t, rmtest.Options{}, func(t *testing.T, s typeServer, texts int) {
		for _, lazy := range []string{"no", "yes"} {
			s.MustDo("CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "lazyfree-lazy-eviction", lazy)
			s.MustDo("t.fill", "v", n, 1)
			used, err := strconv.Atoi(s.InfoField("memory", "used_memory"))
			require.NoError(t, err)
			s.MustDo("CONFIG", "SET", "maxmemory", used-40*n) // bytes: a part of the values has to go
			full := false                                     // a thread that frees too late: all had to go, and it was not enough yet
			require.Eventually(t, func() bool {
				if _, err := s.Do("SET", "string", "x"); err != nil {
					full = true
					assert.ErrorContains(t, err, "OOM ")
				}
				now, err := strconv.Atoi(s.InfoField("memory", "used_memory"))
				return err == nil && now < used-30*n
			}, 3*patience, time.Millisecond)
			s.MustDo("CONFIG", "SET", "maxmemory", 0)
			size, _ := s.MustDo("DBSIZE").(int64)
			require.Less(t, size, int64(n))
			left := 0
			for cursor := "0"; ; {
				keys, _ := s.MustDo("SCAN", cursor, "COUNT", 1000, "MATCH", "v*").([]any)
				found, _ := keys[1].([]any)
				left += len(found)
				if cursor, _ = keys[0].(string); cursor == "0" {
					break
				}
			}
			s.awaitValues(left)
			require.True(t, left > 0 || full)
			s.MustDo("FLUSHALL", "ASYNC")
			s.awaitValues(0)
		}
	})
}

// slowLoad has the server take long to load, and serve its clients all the time.
func (s typeServer) slowLoad() {
	s.t.Helper()
	if _, err := s.Do("CONFIG", "SET", "key-load-delay", 1000, "loading-process-events-interval-bytes", 1024); err != nil { // microseconds for each key
		s.t.Skip("the server's load cannot be made slow")
	}
}

// resync has a replica begin a full sync, of which it has a part of the data already.
func (s typeServer) resync() {
	s.t.Helper()
	require.Equal(s.t, "OK", s.MustDo("MULTI"))
	s.MustDo("CLIENT", "KILL", "TYPE", "replica")
	s.MustDo("SET", "string", strings.Repeat("x", 1<<20))
	s.MustDo("SET", "string", strings.Repeat("x", 1<<20))
	s.MustDo("t.fill", "new", 300, 3)
	s.MustDo("EXEC")
}

var swapdb = rmtest.Options{TCP: true, Config: []string{
	"repl-diskless-sync yes", "repl-diskless-sync-delay 0", "repl-diskless-load swapdb", "repl-backlog-size 16384",
}}

// TestValuesServedBesideLoad reads the values of a replica that loads others beside them, and then either lets it end or
// takes the master away in the middle and promotes the replica: it has what it had before.
func TestValuesServedBesideLoad(t *testing.T) {
	for _, promoted := range []bool{false, true} {
		t.Run(fmt.Sprintf("promoted=%t", promoted), func(t *testing.T) {
			eachKind(t, swapdb, func(t *testing.T, s typeServer, texts int) {
				since70(t, s.Server)
				if !s.resident && texts == 1 {
					t.Skip("Go values are not saved in a child in portable mode")
				}
				s.MustDo("t.fill", "v", 300, texts)
				r := typeServer{s.Replica(), t, s.resident}
				r.slowLoad()
				want := r.MustDo("t.get", "v17")
				before := r.MustDo("DEBUG", "DIGEST")
				if promoted {
					s.MustDo("CONFIG", "SET", "rdb-key-save-delay", 1000) // so that the file is not there before it is loaded
				}
				s.resync()
				whole := s.MustDo("DEBUG", "DIGEST")
				r.await("persistence", "async_loading", "1")
				reads := 0
				for r.InfoField("persistence", "async_loading") == "1" {
					require.Equal(t, want, r.MustDo("t.get", "v17"))
					if reads++; promoted && reads == 3 {
						if _, err := r.Do("REPLICAOF", "NO", "ONE"); err != nil {
							require.Contains(t, err.Error(), "LOADING", "servers want the load to be over")
						}
						s.Kill() // which ends it
						r.await("persistence", "async_loading", "0")
						r.MustDo("REPLICAOF", "NO", "ONE")
						require.Contains(t, []any{before, whole}, r.MustDo("DEBUG", "DIGEST"), "all of what was there before, or all that is new")
						break
					}
				}
				require.Positive(t, reads)
				if promoted {
					values := 300
					if r.MustDo("EXISTS", "new1") == int64(1) {
						values = 600
					}
					r.MustDo("t.fill", "own", 5, texts)
					r.awaitValues(values + 5)
				} else {
					s.WaitReplica(r.Server)
					require.Equal(t, s.MustDo("DEBUG", "DIGEST"), r.MustDo("DEBUG", "DIGEST"))
					r.awaitValues(600)
				}
				r.MustDo("CONFIG", "SET", "key-load-delay", 0)
				r.MustDo("DEBUG", "RELOAD")
				require.NotContains(t, r.Log(), "freed twice")
			}, "async")
		})
	}
}

// TestValuesMasterGoes: the master goes while a replica loads; what was loaded is let go, and the replica can be promoted.
func TestValuesMasterGoes(t *testing.T) {
	for _, load := range []string{"on-empty-db", "disabled"} {
		t.Run("load="+load, func(t *testing.T) {
			o := rmtest.Options{TCP: true, Config: []string{
				"repl-diskless-sync yes", "repl-diskless-sync-delay 0", "repl-diskless-load " + load, "repl-backlog-size 16384",
			}}
			eachKind(t, o, func(t *testing.T, s typeServer, texts int) {
				since70(t, s.Server)
				if !s.resident && texts == 1 {
					t.Skip("Go values are not saved in a child in portable mode")
				}
				s.MustDo("t.fill", "v", 300, texts)
				r := typeServer{s.Replica(), t, s.resident}
				r.slowLoad()
				s.MustDo("CONFIG", "SET", "rdb-key-save-delay", 1000)
				if load == "on-empty-db" {
					r.MustDo("REPLICAOF", "NO", "ONE")
					r.MustDo("FLUSHALL")
					r.MustDo("REPLICAOF", "127.0.0.1", s.Port())
				} else {
					s.resync()
				}
				r.await("persistence", "loading", "1")
				s.Kill()
				r.await("replication", "master_link_status", "down")
				r.await("persistence", "loading", "0")
				require.Equal(t, "OK", r.MustDo("REPLICAOF", "NO", "ONE"))
				exists := []any{"EXISTS"}
				for i := range 300 {
					exists = append(exists, "v"+strconv.Itoa(i), "new"+strconv.Itoa(i))
				}
				size, _ := r.MustDo(exists...).(int64)
				r.awaitValues(int(size))
				r.MustDo("CONFIG", "SET", "key-load-delay", 0)
				r.MustDo("t.fill", "v", 10, texts)
				r.MustDo("DEBUG", "RELOAD")
			})
		})
	}
}

// TestValuesUpgrade: a replica of the next release gets the values of an old master; an old replica refuses those of a
// new one, and says why.
func TestValuesUpgrade(t *testing.T) {
	for _, kind := range valueKinds {
		t.Run("kind="+kind.name, func(t *testing.T) {
			for _, diskless := range []string{"yes", "no"} {
				o := rmtest.Options{TCP: true, Config: []string{"repl-diskless-sync " + diskless, "repl-diskless-sync-delay 0"}}
				old, next := kind.start(t, "resident", o, "version1"), kind.start(t, "resident", o)
				old.MustDo("t.fill", "v", 20, 3)
				next.MustDo("REPLICAOF", "127.0.0.1", old.Port())
				next.await("replication", "master_link_status", "up")
				require.Contains(t, next.MustDo("t.get", "v17"), strings.SplitN(old.MustDo("t.get", "v17").(string), " -7 ", 2)[0])
				next.MustDo("REPLICAOF", "NO", "ONE")
				next.MustDo("t.fill", "w", 20, 3)

				other := kind.start(t, "resident", o, "version1")
				other.MustDo("t.fill", "v", 20, 3)
				other.MustDo("REPLICAOF", "127.0.0.1", next.Port())
				require.True(t, other.WaitLog("the encoding version is ", 3*patience))
				// The server ends itself, as with any file that is damaged.
				other.WaitExit(3 * patience)
				require.NotContains(t, other.Log(), "crashed by signal")
				require.NotContains(t, other.Log(), "panic")
			}
		})
	}
}

// TestTypeNameTaken: two modules cannot have types of one name, and the second can be loaded with another.
func TestTypeNameTaken(t *testing.T) {
	other := rmtest.Build(t, structmod, rmtest.Env("GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -ldflags=-X=main.name=other")))
	for _, kind := range valueKinds {
		t.Run("kind="+kind.name, func(t *testing.T) {
			rmtest.EachMode(t, func(t *testing.T, mode string) {
				s := kind.start(t, mode, rmtest.Options{})
				s.MustDo("t.fill", "v", 20, 3)
				taken, _ := s.MustDo("TYPE", "v1").(string)
				before := s.MustDo("DEBUG", "DIGEST")
				for range 40 { // more than the types that a module can have
					s.error("MODULE", "LOAD", other, taken, "rm-mode="+mode)
				}
				require.Contains(t, s.Log(), taken)
				require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
				s.MustDo("MODULE", "LOAD", other, "othertype", "rm-mode="+mode)
				s.MustDo("other.set", "o", 3, "x")
				require.Equal(t, "othertype", s.MustDo("TYPE", "o"))
				require.Contains(t, s.error("other.get", "v1"), "WRONGTYPE")
				require.Contains(t, s.error("t.get", "o"), "WRONGTYPE")
				before = s.MustDo("DEBUG", "DIGEST")
				s.MustDo("DEBUG", "RELOAD")
				require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
				s.error("MODULE", "UNLOAD", "other")
			})
		})
	}
}
