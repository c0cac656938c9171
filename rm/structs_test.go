// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const structmod = "github.com/iredismodule/redismodule/internal/testmod/structmod"

// withStructs runs a test against a server with the module of a data type in C memory, in each mode.
func withStructs(t *testing.T, test func(t *testing.T, s typeServer), config ...string) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		test(t, startStructs(t, mode, rmtest.Options{Config: config}))
	})
}

func startStructs(t *testing.T, mode string, o rmtest.Options, args ...string) typeServer {
	t.Helper()
	o.Modules = []rmtest.Module{{Path: rmtest.Build(t, structmod), Args: append([]string{"rm-mode=" + mode}, args...)}}
	return typeServer{rmtest.Start(t, o), t, mode == "resident"}
}

// fillStructs makes values of several sizes.
func (s typeServer) fillStructs() {
	s.t.Helper()
	s.MustDo("t.set", "none", -5)
	s.MustDo("t.set", "some", 100, "a", "b\r\n\x00", strings.Repeat("large", 100_000), "")
	s.MustDo("t.fill", "many:", 200, 5)
}

const filledStructs = 202

// awaitValues waits until the module has so many values.
func (s typeServer) awaitValues(want int) {
	s.t.Helper()
	if !assertEventually(func() bool { return s.MustDo("t.count") == int64(want) }) {
		require.Equal(s.t, int64(want), s.MustDo("t.count"))
	}
}

// TestStructsReload saves and loads in the foreground and in the background, in portable mode, too.
//
// Drives: CreateDataType, ModuleTypeSetValue, ModuleTypeGetType and ModuleTypeGetValue.
func TestStructsReload(t *testing.T) {
	withStructs(t, func(t *testing.T, s typeServer) {
		s.fillStructs()
		s.MustDo("t.busy", 4)
		some := s.MustDo("t.get", "some")
		before := s.MustDo("DEBUG", "DIGEST")
		require.NotEqual(t, strings.Repeat("0", 40), before)
		for range 3 {
			s.MustDo("DEBUG", "RELOAD")
			require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
		}
		require.Equal(t, some, s.MustDo("t.get", "some"))
		s.MustDo("SAVE")
		s.Restart()
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"), "after a restart")
		s.MustDo("t.set", "last", 3, "x")
		before = s.MustDo("DEBUG", "DIGEST")
		for range 5 {
			require.Equal(t, "ok", s.save())
		}
		s.Restart()
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"), "after a restart")
		s.awaitValues(filledStructs + 1)
		require.Contains(t, s.error("LPUSH", "last", "x"), "WRONGTYPE")
		s.MustDo("SET", "string", "x")
		require.Contains(t, s.error("t.get", "string"), "WRONGTYPE")
		require.Nil(t, s.MustDo("t.get", "missing"))
	})
}

// TestStructsAOF rewrites the AOF with and without a preamble.
func TestStructsAOF(t *testing.T) {
	for _, preamble := range []string{"yes", "no"} {
		t.Run("preamble="+preamble, func(t *testing.T) {
			rmtest.EachMode(t, func(t *testing.T, mode string) {
				s := startStructs(t, mode, rmtest.Options{Config: []string{"appendonly yes", "aof-use-rdb-preamble " + preamble}})
				s.fillStructs()
				s.MustDo("PEXPIREAT", "some", time.Now().Add(time.Hour).UnixMilli())
				before := s.MustDo("DEBUG", "DIGEST")
				require.Equal(t, "ok", s.rewrite())
				s.MustDo("t.set", "later", 1, "x")
				s.MustDo("DEL", "later")
				s.Restart()
				require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
				require.Greater(t, s.MustDo("PTTL", "some"), int64(1000))
			})
		})
	}
}

// TestStructsReplica has replicas load the values, from a file and from a socket.
func TestStructsReplica(t *testing.T) {
	for _, how := range []struct{ diskless, load string }{{"no", "disabled"}, {"yes", "disabled"}, {"yes", "swapdb"}} {
		t.Run("diskless="+how.diskless+",load="+how.load, func(t *testing.T) {
			mode := "resident"
			if how.load == "swapdb" {
				mode = "portable"
			}
			s := startStructs(t, mode, rmtest.Options{TCP: true, Config: []string{
				"repl-diskless-sync " + how.diskless, "repl-diskless-sync-delay 0", "repl-diskless-load " + how.load,
			}})
			s.fillStructs()
			r := s.Replica()
			require.Equal(t, s.MustDo("DEBUG", "DIGEST"), r.MustDo("DEBUG", "DIGEST"))
			s.MustDo("t.set", "more", 9, "x", "y")
			s.MustDo("RENAME", "some", "renamed")
			s.MustDo("UNLINK", "none")
			s.WaitReplica(r)
			require.Equal(t, s.MustDo("DEBUG", "DIGEST"), r.MustDo("DEBUG", "DIGEST"))
			r.MustDo("REPLICAOF", "NO", "ONE")
			r.MustDo("t.set", "own", 7, "z")
			require.Contains(t, r.MustDo("t.get", "own"), `"z"`)
		})
	}
}

// TestStructsCommands moves, copies, dumps and frees values by the server's own commands.
func TestStructsCommands(t *testing.T) {
	withStructs(t, func(t *testing.T, s typeServer) {
		s.MustDo("t.set", "a", 11, "1", "2")
		want := s.MustDo("t.get", "a")
		s.MustDo("COPY", "a", "b")
		s.MustDo("COPY", "a", "b", "DB", "3", "REPLACE")
		require.Equal(t, want, s.MustDo("t.get", "b"))
		s.MustDo("t.set", "a", 12)
		require.Equal(t, want, s.MustDo("t.get", "b"), "the copy shares nothing")
		s.awaitValues(3)
		s.MustDo("RENAME", "b", "c")
		s.MustDo("MOVE", "c", "4")
		s.MustDo("SWAPDB", "0", "4")
		require.Equal(t, want, s.MustDo("t.get", "c"))
		usage, _ := s.MustDo("MEMORY", "USAGE", "c").(int64)
		require.Greater(t, usage, int64(300))
		s.MustDo("t.set", "large", 1, strings.Repeat("x", 100_000))
		usage, _ = s.MustDo("MEMORY", "USAGE", "large").(int64)
		require.Greater(t, usage, int64(200_000))
		s.MustDo("DEL", "large")
		dump := s.MustDo("DUMP", "c")
		s.MustDo("RESTORE", "d", "0", dump)
		require.Equal(t, want, s.MustDo("t.get", "d"))
		s.MustDo("PEXPIRE", "d", "1")
		s.awaitValues(3)
		s.MustDo("UNLINK", "c")
		s.awaitValues(2)
		s.MustDo("t.fill", "n", 2000, 100)
		s.MustDo("t.fill", "n", 2000, 100)
		s.awaitValues(2002)
		lazy := s.InfoField("memory", "lazyfreed_objects")
		s.MustDo("UNLINK", "n1", "n2", "n3")
		s.awaitValues(1999)
		require.NotEqual(t, lazy, s.InfoField("memory", "lazyfreed_objects"), "values of many blocks are freed on a thread")
		s.MustDo("FLUSHALL", "ASYNC")
		s.awaitValues(0)
		s.MustDo("t.fill", "n", 500, 1)
		s.MustDo("FLUSHALL", "SYNC")
		s.awaitValues(0)
	})
}

// TestStructsDamaged restores every dump with a byte changed, and every one cut short.
func TestStructsDamaged(t *testing.T) {
	withStructs(t, func(t *testing.T, s typeServer) {
		s.MustDo("t.set", "a", 60, "text", strings.Repeat("compressed", 10), "", "x")
		s.restoreDamaged(t, "a")
		s.awaitValues(0)
		for _, why := range []string{
			"could not read it", "a number is out of range", "a text of a fixed length has another length", "an array has another length",
		} {
			require.Contains(t, s.Log(), why)
		}
		require.Contains(t, s.Log(), "data type test-strs: Load of key \"b\" in database 0: field ")
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}

// TestStructsVersions loads values of an earlier version, whose later fields get their defaults, and refuses those of a later one.
func TestStructsVersions(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		old := startStructs(t, mode, rmtest.Options{}, "version1")
		old.MustDo("t.set", "a", 5, "1", "2")
		want, _ := old.MustDo("t.get", "a").(string)
		dump := old.MustDo("DUMP", "a")
		old.MustDo("SAVE")
		old.Stop()
		s := startStructs(t, mode, rmtest.Options{Dir: old.Dir()})
		require.Equal(t, want+" -7 0.5 0.25 0", s.MustDo("t.get", "a"))
		s.MustDo("RESTORE", "b", "0", dump)
		require.Equal(t, want+" -7 0.5 0.25 0", s.MustDo("t.get", "b"))
		newer := s.MustDo("DUMP", "b")
		s.MustDo("SAVE")
		s.Stop()
		again := startStructs(t, mode, rmtest.Options{}, "version1")
		require.Contains(t, again.error("RESTORE", "b", "0", newer), "Bad data format")
		require.Contains(t, again.Log(), "the encoding version is a later one")
		refused := rmtest.Start(t, rmtest.Options{WantFail: true, Dir: s.Dir(), Modules: []rmtest.Module{
			{Path: rmtest.Build(t, structmod), Args: []string{"rm-mode=" + mode, "version1"}},
		}})
		require.Contains(t, refused.Log(), "the encoding version is a later one")
	})
}

// TestStructsDefrag has a server move the memory of values, where it can.
//
// Drives: DefragAlloc.
func TestStructsDefrag(t *testing.T) {
	withStructs(t, func(t *testing.T, s typeServer) {
		defragment(t, s.Server, map[string]string{
			"active-defrag-ignore-bytes": "1", "active-defrag-threshold-lower": "1", "active-defrag-cycle-min": "30",
			"active-defrag-cycle-max": "60", "hz": "100", "active-defrag-max-scan-fields": "100",
		})
		s.MustDo("t.fill", "n", 5_000, 150)
		s.MustDo("t.thin", "n", 5_000)
		before := s.MustDo("DEBUG", "DIGEST")
		require.Eventually(t, func() bool { return s.InfoField("stats", "active_defrag_key_hits") != "0" }, 3*patience, 100*time.Millisecond)
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
		endDefrag(t, s.Server)
		s.MustDo("DEBUG", "RELOAD")
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
		s.MustDo("FLUSHALL")
		s.awaitValues(0)
	})
}

// TestStructsCheck: the module looks at each value that is loaded, and refuses those whose fields do not belong together.
func TestStructsCheck(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := startStructs(t, mode, rmtest.Options{TCP: true}, "check")
		s.MustDo("t.set", "good", 1, "a", "b")
		s.MustDo("t.set", "other", 2)
		require.Contains(t, s.MustDo("t.checked"), "0: ")
		before := s.MustDo("DEBUG", "DIGEST")
		s.MustDo("DEBUG", "RELOAD")
		require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
		require.Equal(t, `2: "" ERR the key is closed`, s.MustDo("t.checked"), "once for each value, which cannot be kept")
		good := s.MustDo("DUMP", "good")
		s.MustDo("RESTORE", "copy", "0", good)
		require.Equal(t, `3: "" ERR the key is closed`, s.MustDo("t.checked"))
		r := s.Replica()
		require.Equal(t, s.MustDo("DEBUG", "DIGEST"), r.MustDo("DEBUG", "DIGEST"))
		require.Contains(t, r.MustDo("t.checked"), "3: ")
		require.Equal(t, "ok", s.save())
		require.Contains(t, s.MustDo("t.checked"), "3: ", "no save checks")

		for more, why := range map[int]string{1: `6 times, 2 tags: "[a b]"`, 2: "panic: in Check", 3: "the handler called runtime.Goexit"} {
			s.MustDo("RESTORE", "bad", "0", good, "REPLACE")
			s.MustDo("t.extra", "bad", more)
			bad := s.MustDo("DUMP", "bad")
			require.Contains(t, s.error("RESTORE", "refused", "0", bad), "Bad data format")
			require.Contains(t, s.Log(), `data type test-strs: Check of key "refused" in database 0: `+why)
			require.Equal(t, int64(0), s.MustDo("EXISTS", "refused"))
		}
		s.awaitValues(4)
		s.MustDo("SAVE")
		s.Stop()
		refused := rmtest.Start(t, rmtest.Options{WantFail: true, Dir: s.Dir(), Modules: []rmtest.Module{
			{Path: rmtest.Build(t, structmod), Args: []string{"rm-mode=" + mode, "check"}},
		}})
		require.Contains(t, refused.Log(), `data type test-strs: Check of key "bad" in database 0: `)
		// Without Check they are taken.
		unchecked := startStructs(t, mode, rmtest.Options{Dir: s.Dir()})
		unchecked.awaitValues(4)
	})
	debug := rmtest.Start(t, rmtest.Options{WantMisuse: true, Modules: []rmtest.Module{
		{Path: rmtest.Build(t, structmod, rmtest.Tags("rm_debug")), Args: []string{"check"}},
	}})
	debug.MustDo("t.set", "good", 1, "a", "b")
	before := debug.MustDo("DEBUG", "DIGEST")
	debug.MustDo("DEBUG", "RELOAD")
	require.Equal(t, before, debug.MustDo("DEBUG", "DIGEST"))
	_, err := debug.Do("t.checked")
	require.ErrorContains(t, err, "rm_debug: ERR the key is closed", "what Check gets is not to be kept")
	_, err = debug.Do("t.forgot", "k")
	require.ErrorContains(t, err, "rm_debug: ERR the field is not in the Fields of the value's type: field unlisted, data type test-strs")
}

// TestStructsForgottenField: a field that is not in Fields is named by the error of what writes it, and in the log, once, when it is read.
func TestStructsForgottenField(t *testing.T) {
	s := startStructs(t, "resident", rmtest.Options{})
	for range 2 {
		require.Contains(t, s.error("t.forgot", "k"), "ERR the field is not in the Fields of the value's type: field unlisted, data type test-strs")
	}
	const line = "data type test-strs: a field is read that its values do not have, as zero: ERR the field is not in the Fields of the value's type: field "
	for _, name := range []string{"unlisted", "forgotten"} {
		require.Equal(t, 1, strings.Count(s.Log(), line+name+", "), name)
	}
	s.MustDo("t.set", "k", 1)
	require.NotNil(t, s.MustDo("t.get", "k"))
}
