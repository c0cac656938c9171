// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"encoding/binary"
	"hash/crc64"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const typemod = "github.com/iredismodule/redismodule/internal/testmod/typemod"

// withTypes runs a test against a server with the module of data types, in each mode.
func withTypes(t *testing.T, test func(t *testing.T, s typeServer), config ...string) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		test(t, startTypes(t, mode, rmtest.Options{Config: config}))
	})
}

// typeServer is a server with that module.
type typeServer struct {
	*rmtest.Server
	t        *testing.T
	resident bool // Go runs in forked children
}

func startTypes(t *testing.T, mode string, o rmtest.Options, args ...string) typeServer {
	t.Helper()
	o.Modules = []rmtest.Module{{Path: rmtest.Build(t, typemod), Args: append([]string{"rm-mode=" + mode}, args...)}}
	return typeServer{rmtest.Start(t, o), t, mode == "resident"}
}

// error is the text of the error that the server answers with.
func (s typeServer) error(args ...any) string {
	s.t.Helper()
	v, err := s.Do(args...)
	require.Error(s.t, err, "%v gives %.200v", args, v)
	return err.Error()
}

// await waits until a field of INFO has a value.
func (s typeServer) await(section, field, want string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.InfoField(section, field) == want }, 6*patience, 5*time.Millisecond, "%s=%s", field, want)
}

// save saves in the background and returns how that ended.
func (s typeServer) save() string {
	s.t.Helper()
	s.MustDo("BGSAVE")
	s.await("persistence", "rdb_bgsave_in_progress", "0")
	return s.InfoField("persistence", "rdb_last_bgsave_status")
}

// rewrite rewrites the AOF and returns how that ended.
func (s typeServer) rewrite() string {
	s.t.Helper()
	s.MustDo("BGREWRITEAOF")
	require.Eventually(s.t, func() bool {
		return s.InfoField("persistence", "aof_rewrite_in_progress") == "0" && s.InfoField("persistence", "aof_rewrite_scheduled") == "0"
	}, 6*patience, 5*time.Millisecond)
	return s.InfoField("persistence", "aof_last_bgrewrite_status")
}

// awaitStats waits until the module counts.
func (s typeServer) awaitStats(want string) {
	s.t.Helper()
	if !assertEventually(func() bool { return s.MustDo("t.stats") == want }) {
		require.Equal(s.t, want, s.MustDo("t.stats"))
	}
}

func assertEventually(condition func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return true
		}
	}
	return false
}

// values are some that are easily got wrong.
func (s typeServer) fill() {
	s.t.Helper()
	s.MustDo("t.set", "empty")
	s.MustDo("t.set", "one", "")
	s.MustDo("t.set", "some", "a", "b\r\n\x00", strings.Repeat("large", 100_000))
	s.MustDo("t.fill", "many:", 200, 5)
	s.MustDo("SELECT", 0)
}

const filledKeys = 203

// TestTypesReload saves and loads in the foreground and in the background.
//
// Drives: CreateDataType, GetTypeMethodVersion, SetModuleOptions, ModuleTypeSetValue,
// ModuleTypeGetType, ModuleTypeGetValue, SaveUnsigned, LoadUnsigned, SaveSigned, LoadSigned,
// SaveStringBuffer, LoadStringBuffer, SaveDouble, LoadDouble, SaveFloat, LoadFloat,
// SaveLongDouble, LoadLongDouble, IsIOError, DigestAddStringBuffer, DigestAddLongLong and DigestEndSequence.
func TestTypesReload(t *testing.T) {
	withTypes(t, func(t *testing.T, s typeServer) {
		s.fill()
		before := s.MustDo("DEBUG", "DIGEST")
		require.NotEqual(t, strings.Repeat("0", 40), before)
		for range 3 {
			s.MustDo("DEBUG", "RELOAD")
			require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
		}
		require.Equal(t, "a b\r\n\x00 "+strings.Repeat("large", 100_000), s.MustDo("t.get", "some"))
		require.Contains(t, s.error("t.get", "some", "more"), "wrong number")
		s.MustDo("SET", "string", "x")
		require.Contains(t, s.error("t.get", "string"), "WRONGTYPE")
		require.Nil(t, s.MustDo("t.get", "missing"))
		s.MustDo("DEL", "string")

		s.MustDo("SAVE")
		s.Restart()
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"), "after a restart")
		if !s.resident {
			require.Equal(t, "err", s.save())
			require.Contains(t, s.Log(), "data type test-docs: in portable mode Go does not run in forked children")
			return
		}
		s.MustDo("t.busy", 8)
		s.MustDo("t.set", "last", "x")
		before = s.MustDo("DEBUG", "DIGEST")
		for range 10 {
			require.Equal(t, "ok", s.save())
		}
		s.Restart()
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"), "after a restart")
	})
}

// TestTypesAOF rewrites the AOF with and without a preamble, by Rewrite and by RESTORE.
//
// Drives: EmitAOF, SaveDataTypeToString.
func TestTypesAOF(t *testing.T) {
	for _, preamble := range []string{"yes", "no"} {
		for _, plan := range []string{"version2", "restore"} {
			t.Run("preamble="+preamble+",plan="+plan, func(t *testing.T) {
				s := startTypes(t, "resident", rmtest.Options{Config: []string{"appendonly yes", "aof-use-rdb-preamble " + preamble}}, plan)
				s.fill()
				s.MustDo("PEXPIREAT", "one", time.Now().Add(time.Hour).UnixMilli())
				before := s.MustDo("DEBUG", "DIGEST")
				require.Equal(t, "ok", s.rewrite())
				s.MustDo("t.set", "later", "x")
				s.MustDo("DEL", "later")
				s.Restart()
				require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
				require.Greater(t, s.MustDo("PTTL", "one"), int64(1000))
				for _, fault := range []string{"error", "panic", "goexit", "unknown"} {
					if fault == "unknown" && (preamble == "yes" || plan == "restore") {
						continue
					}
					s.MustDo("t.set", "bad", "faulty")
					s.MustDo("t.fault", fault)
					require.Equal(t, "err", s.rewrite(), fault)
					if fault == "unknown" {
						require.Contains(t, s.Log(), `data type test-docs: Rewrite of key "bad" in database 0: ERR unknown command: "no.such.command"`)
					}
					s.MustDo("t.fault", "")
					require.Equal(t, "ok", s.rewrite(), fault)
				}
			})
		}
	}
}

// TestTypesLeaveNoFiles: a background save that this package ends, since Go cannot run in the child or waits there, leaves no temporary
// file behind, however often it is tried.
func TestTypesLeaveNoFiles(t *testing.T) {
	withTypes(t, func(t *testing.T, s typeServer) {
		s.MustDo("t.set", "bad", "faulty")
		s.MustDo("t.fault", "wait")
		for _, preamble := range []string{"yes", "no"} {
			s.MustDo("CONFIG", "SET", "aof-use-rdb-preamble", preamble)
			if preamble == "no" {
				s.MustDo("t.fault", "wait-rewrite")
			} else {
				require.Equal(t, "err", s.save())
			}
			require.Equal(t, "err", s.rewrite())
			require.NoError(t, filepath.WalkDir(s.Dir(), func(path string, _ os.DirEntry, err error) error {
				require.NotContains(t, filepath.Base(path), "temp-")
				return err
			}))
		}
		require.Contains(t, s.Log(), "by signal 9")
	}, "stop-writes-on-bgsave-error no")
}

// TestTypesReplica has replicas load the values, from a file and from a socket.
func TestTypesReplica(t *testing.T) {
	for _, how := range []struct{ diskless, load string }{{"no", "disabled"}, {"yes", "disabled"}, {"yes", "swapdb"}} {
		t.Run("diskless="+how.diskless+",load="+how.load, func(t *testing.T) {
			s := startTypes(t, "resident", rmtest.Options{TCP: true, Config: []string{
				"repl-diskless-sync " + how.diskless, "repl-diskless-sync-delay 0", "repl-diskless-load " + how.load,
			}})
			s.fill()
			s.MustDo("t.aux", "for all")
			r := s.Replica()
			require.Equal(t, s.MustDo("DEBUG", "DIGEST"), r.MustDo("DEBUG", "DIGEST"))
			require.Equal(t, "for all", r.MustDo("t.getaux"))
			s.MustDo("t.set", "more", "x", "y")
			s.MustDo("RENAME", "some", "renamed")
			s.MustDo("UNLINK", "one")
			s.WaitReplica(r)
			require.Equal(t, s.MustDo("DEBUG", "DIGEST"), r.MustDo("DEBUG", "DIGEST"))
			r.MustDo("REPLICAOF", "NO", "ONE")
			r.MustDo("t.set", "own", "z")
			require.Equal(t, "z", r.MustDo("t.get", "own"))
		})
	}
}

// TestTypesAsyncLoad has a replica load a new copy of the data beside the one that it serves, which the module must allow.
//
// Drives: SetModuleOptions.
func TestTypesAsyncLoad(t *testing.T) {
	for _, plan := range []string{"async", "version2"} {
		t.Run("plan="+plan, func(t *testing.T) {
			s := startTypes(t, "resident", rmtest.Options{TCP: true, Config: []string{
				"repl-diskless-sync yes", "repl-diskless-sync-delay 0", "repl-diskless-load swapdb", "repl-backlog-size 16384",
			}}, plan)
			since70(t, s.Server)
			s.fill()
			r := s.Replica()
			// The backlog is too small for what the replica has missed: it gets a copy of the data that it has a part of.
			require.Equal(t, "OK", s.MustDo("MULTI"))
			s.MustDo("CLIENT", "KILL", "TYPE", "replica")
			s.MustDo("t.set", "large", strings.Repeat("x", 1<<20))
			s.MustDo("SET", "string", strings.Repeat("x", 1<<20))
			s.MustDo("EXEC")
			require.Eventually(t, func() bool {
				return r.InfoField("replication", "master_link_status") == "up" && s.InfoField("replication", "connected_slaves") == "1" &&
					r.MustDo("EXISTS", "large") == int64(1)
			}, 3*patience, 5*time.Millisecond)
			s.WaitReplica(r)
			require.Equal(t, s.MustDo("DEBUG", "DIGEST"), r.MustDo("DEBUG", "DIGEST"))
			if plan == "async" {
				require.Contains(t, r.Log(), "async load ReplAsyncLoadStarted, 203 values, one is there: true, <nil>")
				require.Contains(t, r.Log(), "async load ReplAsyncLoadCompleted")
			} else {
				require.NotContains(t, r.Log(), "async load")
			}
			assertEventually(func() bool { return strings.HasPrefix(r.MustDo("t.stats").(string), "values=204 ") })
			require.Contains(t, r.MustDo("t.stats"), "values=204 ", "the data from before is freed")
		})
	}
}

// TestTypesCommands moves, copies, dumps and frees values by the server's own commands.
func TestTypesCommands(t *testing.T) {
	withTypes(t, func(t *testing.T, s typeServer) {
		s.MustDo("t.set", "a", "1", "2")
		s.MustDo("COPY", "a", "b")
		s.MustDo("COPY", "a", "b", "DB", "3", "REPLACE")
		require.Equal(t, "1 2", s.MustDo("t.get", "b"))
		s.MustDo("t.set", "x", "no copy")
		require.Contains(t, s.error("COPY", "x", "y"), "copy")
		require.Equal(t, "values=4 freed=1 copied=2", s.MustDo("t.stats"))
		s.MustDo("RENAME", "a", "c")
		s.MustDo("MOVE", "c", "4")
		s.MustDo("SWAPDB", "0", "4")
		require.Equal(t, "1 2", s.MustDo("t.get", "c"))
		usage, _ := s.MustDo("MEMORY", "USAGE", "c").(int64)
		require.Greater(t, usage, int64(132))
		dump := s.MustDo("DUMP", "c")
		s.MustDo("RESTORE", "d", "0", dump)
		require.Equal(t, "1 2", s.MustDo("t.get", "d"))
		s.MustDo("PEXPIRE", "d", "1")
		s.awaitStats("values=4 freed=2 copied=2")
		s.MustDo("UNLINK", "c")
		s.awaitStats("values=3 freed=3 copied=2")
		s.MustDo("t.fill", "n", 5000, 1)
		s.MustDo("t.fill", "n", 5000, 1)
		s.awaitStats("values=5003 freed=5003 copied=2")
		unlinked, _ := s.MustDo("t.unlinked").(int64)
		require.GreaterOrEqual(t, unlinked, int64(5002))
		s.MustDo("FLUSHALL", "ASYNC")
		s.awaitStats("values=0 freed=10006 copied=2")
		s.MustDo("t.fill", "n", 5000, 1)
		s.MustDo("FLUSHALL", "SYNC")
		s.awaitStats("values=0 freed=15006 copied=2")
		require.NotContains(t, s.Log(), "freed twice")
		require.NotContains(t, s.Log(), "not known")
	})
}

// TestTypesFailingSave has Save fail in each way, for a small and a large value.
func TestTypesFailingSave(t *testing.T) {
	withTypes(t, func(t *testing.T, s typeServer) {
		s.fill()
		s.MustDo("SAVE")
		file := filepath.Join(s.Dir(), "dump.rdb")
		good, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, size := range []int{1, 10, 5_000_000} {
			s.MustDo("t.set", "bad", "faulty", strings.Repeat("x", size))
			for _, fault := range []string{"error", "panic", "nil", "goexit", "nostring"} {
				s.MustDo("t.fault", fault)
				s.error("SAVE")
				s.error("DEBUG", "RELOAD")
				if s.resident {
					require.Equal(t, "err", s.save(), fault)
				}
				now, err := os.ReadFile(file)
				require.NoError(t, err)
				require.True(t, string(good) == string(now), "%s %d: the file has changed", fault, size)
				files, err := filepath.Glob(filepath.Join(s.Dir(), "temp-*"))
				require.NoError(t, err)
				require.Empty(t, files, "%s %d", fault, size)
				dump := s.MustDo("DUMP", "bad")
				require.Contains(t, s.error("RESTORE", "restored", "0", dump), "Bad data format", "%s %d", fault, size)
				require.Contains(t, s.error("t.saverdb", "other.rdb"), "ERR", "%s %d", fault, size)
				require.Contains(t, s.error("t.saverdb", file), "ERR", "%s %d", fault, size)
				now, err = os.ReadFile(file)
				require.NoError(t, err)
				require.True(t, string(good) == string(now), "%s %d: the file has changed", fault, size)
				require.NoFileExists(t, filepath.Join(s.Dir(), "other.rdb"))
			}
		}
		require.Contains(t, s.Log(), `data type test-docs: Save of key "bad" in database 0: cannot be saved: ERR the server refused`)
		require.Contains(t, s.Log(), `data type test-docs: Save of key "bad" in database 0: panic: in Save`)
		s.MustDo("t.fault", "")
		s.MustDo("t.aux", "fail")
		s.error("SAVE")
		s.MustDo("t.aux", "")
		s.MustDo("SAVE")
		s.Restart()
		require.Equal(t, int64(filledKeys+1), s.MustDo("DBSIZE"))
	})
}

// crcTable is that of the server's check sum.
var crcTable = crc64.MakeTable(0x95ac9329ac4bc9b5)

// signed gives a dump the right check sum.
func signed(dump []byte) string {
	n := len(dump) - 8
	return string(binary.LittleEndian.AppendUint64(dump[:n:n], ^crc64.Update(^uint64(0), crcTable, dump[:n])))
}

// restoreDamaged dumps a key, deletes it, and restores the dump with each byte changed, and cut
// short everywhere, as another one. What is taken is deleted again.
func (s typeServer) restoreDamaged(t *testing.T, key string) {
	t.Helper()
	dump, _ := s.MustDo("DUMP", key).(string)
	require.Equal(t, dump, signed([]byte(dump)))
	s.MustDo("DEL", key)
	w := dial(t, s.Server, 2)
	restored := 0
	try := func(damaged []byte) {
		if reply := w.do("RESTORE", "b", "0", signed(damaged)); reply[0] == '+' {
			restored++
			w.do("DEL", "b")
		} else {
			require.Contains(t, reply, "ERR", "%q", damaged)
		}
	}
	for i := range len(dump) - 10 {
		for _, x := range []byte{0x01, 0x02, 0x40, 0x80, 0xff, dump[i], ^dump[i]} {
			damaged := []byte(dump)
			damaged[i] ^= x
			try(damaged)
		}
		try([]byte(dump[:i] + dump[len(dump)-10:]))
		try([]byte(dump[:i] + dump[i+1:]))
		try([]byte(dump[:i] + dump[i:i+1] + dump[i:]))
	}
	require.NotZero(t, restored, "a changed letter is a text, too")
}

// TestTypesDamaged restores every dump with a byte changed, and every one cut short.
func TestTypesDamaged(t *testing.T) {
	withTypes(t, func(t *testing.T, s typeServer) {
		s.MustDo("t.set", "a", "text", strings.Repeat("compressed", 10), "", "x")
		s.restoreDamaged(t, "a")
		require.True(t, assertEventually(func() bool {
			stats, _ := s.MustDo("t.stats").(string)
			return strings.HasPrefix(stats, "values=0 ")
		}), "nothing is left of values that were refused")
		require.Contains(t, s.Log(), "data type test-docs: Load")
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}

// TestTypesVersions loads values of an earlier version, and refuses those of a later one.
func TestTypesVersions(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		old := startTypes(t, mode, rmtest.Options{}, "version1")
		old.MustDo("t.set", "a", "1", "2")
		dump := old.MustDo("DUMP", "a")
		old.MustDo("SAVE")
		old.Stop()
		s := startTypes(t, mode, rmtest.Options{Dir: old.Dir()})
		require.Equal(t, "1 2", s.MustDo("t.get", "a"))
		s.MustDo("RESTORE", "b", "0", dump)
		require.Equal(t, "1 2", s.MustDo("t.get", "b"))
		newer := s.MustDo("DUMP", "b")
		s.MustDo("SAVE")
		s.Stop()
		again := startTypes(t, mode, rmtest.Options{}, "version1")
		require.Contains(t, again.error("RESTORE", "b", "0", newer), "Bad data format")
		require.Contains(t, again.Log(), "the encoding version is 2, and this module knows those up to 1")
		refused := rmtest.Start(t, rmtest.Options{WantFail: true, Dir: s.Dir(), Modules: []rmtest.Module{
			{Path: rmtest.Build(t, typemod), Args: []string{"rm-mode=" + mode, "version1"}},
		}})
		require.Contains(t, refused.Log(), "the encoding version is 2")
	})
}

// TestTypesAux saves what belongs to no key, and nothing, which leaves no trace.
func TestTypesAux(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := startTypes(t, mode, rmtest.Options{})
		s.MustDo("t.aux", "hello")
		s.MustDo("SAVE")
		s.MustDo("t.aux", "")
		s.Restart()
		require.Equal(t, "hello", s.MustDo("t.getaux"))
		const cannot = "where Go cannot run (that needs resident mode): the child is ended: data type test-docs: AuxSave"
		if s.resident {
			require.Equal(t, "ok", s.save())
			require.NotContains(t, s.Log(), cannot)
		} else {
			require.Contains(t, s.Log(), "BGSAVE and full syncs fail, with and without values of it, since it has AuxSave")
			require.Equal(t, "err", s.save(), "without any value")
			require.Contains(t, s.Log(), cannot)
		}
		s.RestartFromAOF() // without a preamble
		require.Nil(t, s.MustDo("t.getaux"), "an AOF has no place for it")
		s.Stop()
		if kind, major, minor, _ := s.Version(); kind == "redis" && (major < 7 || major == 7 && minor < 2) {
			return
		}
		s = startTypes(t, mode, rmtest.Options{}, "notrace")
		s.MustDo("SET", "a", "b")
		s.MustDo("SAVE")
		s.Stop()
		without := rmtest.Start(t, rmtest.Options{Dir: s.Dir()})
		require.Equal(t, "b", without.MustDo("GET", "a"))
	})
}

// TestTypesRDBFiles saves and loads whole files.
//
// Drives: RdbStreamCreateFromFile, RdbStreamFree, RdbSave and RdbLoad.
func TestTypesRDBFiles(t *testing.T) {
	withTypes(t, func(t *testing.T, s typeServer) {
		if kind, major, minor, _ := s.Version(); kind == "redis" && (major < 7 || major == 7 && minor < 2) {
			require.Equal(t, lacking("RdbSave"), s.error("t.saverdb", "x.rdb"))
			require.Equal(t, lacking("RdbLoad"), s.error("t.loadrdb", "x.rdb"))
			return
		}
		s.fill()
		before := s.MustDo("DEBUG", "DIGEST")
		s.MustDo("t.saverdb", "x.rdb")
		require.Contains(t, s.error("t.loadrdb", "missing.rdb"), `could not load the RDB file "missing.rdb": no such file`)
		require.NoError(t, os.WriteFile(filepath.Join(s.Dir(), "text.rdb"), []byte("no RDB file"), 0o600))
		require.Contains(t, s.error("t.loadrdb", "text.rdb"), "invalid argument")
		require.Contains(t, s.error("t.loadrdb", "."), "directory")
		require.NoError(t, os.WriteFile(filepath.Join(s.Dir(), "short.rdb"), []byte("RED"), 0o600))
		require.Contains(t, s.error("t.loadrdb", "short.rdb"), "input/output error")
		// A FIFO would have the server wait.
		require.NoError(t, syscall.Mkfifo(filepath.Join(s.Dir(), "fifo.rdb"), 0o600))
		require.Contains(t, s.error("t.loadrdb", "fifo.rdb"), "invalid argument")
		require.Contains(t, s.error("t.saverdb", "fifo.rdb"), "invalid argument")
		require.Contains(t, s.error("t.saverdb", "."), "directory")
		// A script, and the functions of libraries, would go under what runs.
		s.MustDo("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('load', function(keys, args) return redis.call('t.loadrdb', args[1]) end)")
		require.Contains(t, s.error("FCALL", "load", "0", "x.rdb"), "a script is running")
		require.Contains(t, s.error("EVAL", "return redis.call('t.loadrdb', 'x.rdb')", "0"), "a script is running")
		s.MustDo("EVAL", "return redis.call('t.saverdb', 'script.rdb')", "0")
		s.MustDo("FUNCTION", "FLUSH")
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"), "nothing is touched")
		s.MustDo("FLUSHALL")
		s.MustDo("t.loadrdb", "x.rdb")
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
		require.Contains(t, s.error("t.saverdb", "no/such/folder/x.rdb"), "no such file")
		require.Contains(t, s.error("t.saverdb", "x\x00y"), "NUL")
		require.Contains(t, s.error("t.loadrdb", ""), "no such file")
		require.Contains(t, s.error("t.loadopen", "x.rdb", "one"), "open")
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
	})
}

// TestTypesYield: a Load that takes long lets the server serve its clients.
//
// Drives: Yield, GetContextFromIO.
func TestTypesYield(t *testing.T) {
	withTypes(t, func(t *testing.T, s typeServer) {
		s.MustDo("t.set", "a", "1", "2")
		before := s.MustDo("DEBUG", "DIGEST")
		s.MustDo("t.slow", "yes")
		loading, other := dial(t, s.Server, 2), dial(t, s.Server, 2)
		loading.send(command("DEBUG", "RELOAD"))
		require.True(t, assertEventually(func() bool { return other.do("t.slowed") == bulk("yes") }))
		require.Contains(t, other.do("GET", "x"), "-LOADING")
		require.Equal(t, "+OK\r\n", other.do("t.slow", "no"))
		require.Equal(t, "+OK\r\n", loading.read())
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))

		dump, _ := s.MustDo("DUMP", "a").(string)
		s.MustDo("RESTORE", "b", "0", dump)
		require.Equal(t, "1 2", s.MustDo("t.get", "b"))
	})
}

// TestTypesDefrag has a server move the memory of values, where it can.
//
// Drives: RegisterDefragFunc, RegisterDefragFunc2, RegisterDefragCallbacks, DefragAlloc, DefragAllocRaw, DefragFreeRaw,
// DefragRedisModuleString, DefragRedisModuleDict, DefragValkeyModuleString, DefragShouldStop, DefragCursorSet,
// DefragCursorGet, GetKeyNameFromDefragCtx and GetDbIdFromDefragCtx.
func TestTypesDefrag(t *testing.T) {
	withTypes(t, func(t *testing.T, s typeServer) {
		defragment(t, s.Server, map[string]string{
			"active-defrag-ignore-bytes": "1", "active-defrag-threshold-lower": "1", "active-defrag-cycle-min": "30",
			"active-defrag-cycle-max": "60", "hz": "100", "active-defrag-max-scan-fields": "500", // less than FreeEffort
		})
		s.MustDo("t.fill", "n", 20_000, 1)
		s.MustDo("t.thin", "n", 20_000)
		moves := func() map[string]int {
			text, _ := s.MustDo("t.defrag").(string)
			m := map[string]int{}
			for _, f := range strings.Fields(strings.Trim(text, "{}")) {
				name, n, _ := strings.Cut(f, ":")
				m[name], _ = strconv.Atoi(n)
			}
			return m
		}
		want := []string{"blocks", "strings", "stops", "resumed", "globals"}
		if kind, major, _, _ := s.Version(); kind == "redis" && major >= 8 {
			want = append(want, "keys", "words", "starts", "raw", "busy")
		}
		require.Eventually(t, func() bool {
			m := moves()
			for _, name := range want {
				if m[name] == 0 {
					return false
				}
			}
			return true
		}, 3*patience, 100*time.Millisecond, "%v", moves())
		t.Log(moves())
		before := s.MustDo("DEBUG", "DIGEST")
		endDefrag(t, s.Server)
		s.MustDo("DEBUG", "RELOAD")
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
		s.MustDo("FLUSHALL")
		s.awaitStats("values=0 freed=22000 copied=0")
		require.NotContains(t, s.Log(), "the name has changed")
	})
}

// TestTypesMisload: a Load that reads other items than Save has written says which; what it leaves unread the server alone notices,
// and the debug build tells of it.
func TestTypesMisload(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := startTypes(t, mode, rmtest.Options{})
		s.MustDo("t.set", "a", "1", "2")
		dump := s.MustDo("DUMP", "a")
		const line = "data type test-docs: Load of key \"b\" in database 0: ERR "
		for fault, why := range map[string]string{
			"more": "the server could not read or write the value: LoadText, item 9",
			"kind": "the server could not read or write the value: LoadUnsigned, item 8",
			"nil":  "there is no value: Load returned nil without an error",
			"less": "",
		} {
			s.MustDo("t.misload", fault)
			require.Contains(t, s.error("RESTORE", "b", "0", dump), "Bad data format", fault)
			if why != "" {
				require.Contains(t, s.Log(), line+why)
			}
		}
		s.awaitStats("values=1 freed=4 copied=0")
	})
	debug := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: rmtest.Build(t, typemod, rmtest.Tags("rm_debug"))}}})
	const told = "data type test-docs: Load has read 7 items, and Save writes 8 for the value that it has made."
	debug.MustDo("t.set", "a", "1", "2")
	dump := debug.MustDo("DUMP", "a")
	debug.MustDo("RESTORE", "b", "0", dump)
	require.NotContains(t, debug.Log(), "Load has read")
	debug.MustDo("t.misload", "less")
	for range 3 {
		_, err := debug.Do("RESTORE", "c", "0", dump)
		require.ErrorContains(t, err, "Bad data format")
	}
	require.Equal(t, 1, strings.Count(debug.Log(), told))
}
