// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

const defragmod = "github.com/iredismodule/redismodule/internal/testmod/defragmod"

// defragServer is a server that moves the values of that module.
type defragServer struct {
	typeServer
	again func() // makes the values anew: where the allocator puts them, it may find nothing to move
}

// withDefrag runs a test in each mode, against a server that was built to defragment (make defrag); Debian's are not.
func withDefrag(t *testing.T, test func(t *testing.T, s defragServer), config ...string) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := startDefrag(t, mode, rmtest.Options{Config: config})
		test(t, s)
	})
}

func startDefrag(t *testing.T, mode string, o rmtest.Options, args ...string) defragServer {
	t.Helper()
	o.Modules = []rmtest.Module{{Path: rmtest.Build(t, defragmod), Args: append([]string{"rm-mode=" + mode}, args...)}}
	s := defragServer{typeServer: typeServer{rmtest.Start(t, o), t, mode == "resident"}}
	s.mustDefragment(s.Server)
	return s
}

// mustDefragment has a server look at all of its memory again and again.
func (s defragServer) mustDefragment(server *rmtest.Server) {
	s.t.Helper()
	defragment(s.t, server, map[string]string{
		"active-defrag-ignore-bytes": "1", "active-defrag-threshold-lower": "0", "active-defrag-threshold-upper": "1",
		"active-defrag-cycle-min": "50", "active-defrag-cycle-max": "70", "hz": "100", "active-defrag-max-scan-fields": "500",
	})
}

// defragment sets the parameters of a server's defragmentation, and ends the test on one that was built without it, as those of
// Debian are.
func defragment(t *testing.T, s *rmtest.Server, parameters map[string]string) {
	t.Helper()
	if _, err := s.Do("CONFIG", "SET", "activedefrag", "yes"); err != nil {
		if os.Getenv("RM_REQUIRE_DEFRAG") != "" {
			t.Fatal("the server was built without active defragmentation")
		}
		t.Skip("the server was built without active defragmentation; make defrag builds one that has it")
	}
	for name, value := range parameters {
		s.MustDo("CONFIG", "SET", name, value)
	}
}

// defragStats is what the module has counted.
func (s defragServer) defragStats() map[string]int {
	s.t.Helper()
	text, _ := s.MustDo("d.stats").(string)
	m := map[string]int{}
	for _, f := range strings.Fields(strings.Trim(text, "{}")) {
		name, n, _ := strings.Cut(f, ":")
		m[name], _ = strconv.Atoi(n)
	}
	return m
}

// awaitMoves waits until the module has counted something of each, from now on.
func (s defragServer) awaitMoves(names ...string) map[string]int {
	s.t.Helper()
	return s.awaitMovesSince(s.defragStats(), names...)
}

func (s defragServer) awaitMovesSince(before map[string]int, names ...string) map[string]int {
	s.t.Helper()
	var m map[string]int
	s.awaitEver(func() bool {
		m = s.defragStats()
		for _, name := range names {
			if m[name] == before[name] {
				return false
			}
		}
		return true
	}, &m)
	return m
}

// awaitEver waits until something is so, and has the values made anew each few seconds until then.
func (s defragServer) awaitEver(done func() bool, what any) {
	s.t.Helper()
	const often = 3 * time.Second
	next := time.Now().Add(often)
	for end := time.Now().Add(6 * patience); !done(); time.Sleep(10 * time.Millisecond) {
		require.True(s.t, time.Now().Before(end), "%v", what)
		if s.again != nil && time.Now().After(next) {
			s.again()
			next = time.Now().Add(often)
		}
	}
}

// endDefrag switches it off and waits for its end. Valkey 8.1 and 9.1 crash now and then when all data goes meanwhile, without
// any module, too: hence before each FLUSHALL and DEBUG RELOAD.
func endDefrag(t *testing.T, s *rmtest.Server) {
	t.Helper()
	s.MustDo("CONFIG", "SET", "activedefrag", "no")
	require.Eventually(t, func() bool { return s.InfoField("memory", "active_defrag_running") == "0" }, patience, time.Millisecond)
}

func (s defragServer) hits() int {
	n, _ := strconv.Atoi(s.InfoField("stats", "active_defrag_hits"))
	return n
}

// checkAll has the module look at keys, and at what belongs to none.
func (s defragServer) checkAll(prefixes map[string]int) {
	s.t.Helper()
	args := []any{"d.check"}
	for prefix, n := range prefixes {
		for i := range n {
			args = append(args, prefix+strconv.Itoa(i))
		}
	}
	require.Equal(s.t, "OK", s.MustDo(args...))
}

// TestDefrag: values of both kinds and blocks of no key move and stay what they are, in one step and in many.
//
// Drives: RegisterDefragFunc, DefragAlloc, DefragRedisModuleString, DefragValkeyModuleString, DefragShouldStop,
// DefragCursorSet, DefragCursorGet, GetKeyNameFromDefragCtx and GetDbIdFromDefragCtx.
func TestDefrag(t *testing.T) {
	withDefrag(t, func(t *testing.T, s defragServer) {
		// The allocator moves what was made late to where there is room between what was made early.
		all := map[string]int{"go": 100, "golong": 3, "c": 100, "clong": 2, "clate": 20, "gomany": 2000}
		fill := func() {
			s.MustDo("d.fill", "c", "c", 100, 50)
			s.MustDo("d.fill", "c", "clong", 2, 20_000)
			s.MustDo("d.fill", "go", "go", 100, 50)
			s.MustDo("d.fill", "go", "golong", 3, 10_000)
			s.MustDo("SELECT", 3)
			s.MustDo("d.fill", "go", "elsewhere", 20, 600)
			s.MustDo("SELECT", 0)
			s.MustDo("d.fill", "go", "gomany", 2000, 2)
			s.MustDo("d.fill", "c", "clate", 20, 50)
			s.MustDo("d.globals")
		}
		// Which of the short values moves is the allocator's choice.
		keys := map[string]int{"clate": 20, "clong": 1, "c": 100, "go": 100, "golong": 1}
		moved := func(prefix string) (n int64) {
			for i := range keys[prefix] {
				blocks, _ := s.MustDo("d.moved", prefix+strconv.Itoa(i)).(int64)
				n += blocks
			}
			return n
		}
		fill()
		digest := s.MustDo("DEBUG", "DIGEST")
		gaps := func() {
			for prefix := range keys {
				moved(prefix) // from here on it counts
			}
			s.MustDo("d.gaps")
		}
		gaps()
		s.again = func() { fill(); gaps() }
		s.awaitMovesSince(nil, "blocks", "strings", "stops", "resumed", "globals", "globalBlocks", "efforts")
		for prefix := range keys {
			s.awaitEver(func() bool { return moved(prefix) > 0 }, prefix)
		}
		s.MustDo("d.step", 7)
		m := s.awaitMoves("stops", "resumed")
		s.checkAll(all)
		require.Zero(t, m["wrongCursor"])
		require.Zero(t, m["wrongDB"])
		require.Zero(t, m["wrongName"])
		if kind, major, _, _ := s.Version(); kind == "redis" && major >= 8 {
			require.Equal(t, m["calls"], m["named"])
			require.Equal(t, m["efforts"], m["effortsNamed"])
		} else {
			require.Zero(t, m["named"], "the server gives no name")
		}
		require.Equal(t, digest, s.MustDo("DEBUG", "DIGEST"))
		blocks := moved("clong")
		hits := s.hits()
		endDefrag(t, s.Server)
		s.MustDo("DEBUG", "RELOAD")
		require.Equal(t, digest, s.MustDo("DEBUG", "DIGEST"))
		s.checkAll(all)
		t.Log(m, "hits of the server:", hits, "blocks of clong0 that moved:", blocks)
		s.MustDo("FLUSHALL")
		require.Eventually(t, func() bool { return s.MustDo("d.count") == int64(0) }, patience, 10*time.Millisecond)
		require.NotContains(t, s.Log(), "freed:")
	})
}

// TestDefragSteps: a long value in C memory is moved in several steps, between which commands read and change it.
func TestDefragSteps(t *testing.T) {
	withDefrag(t, func(t *testing.T, s defragServer) {
		s.MustDo("CONFIG", "SET", "activedefrag", "no")
		s.MustDo("CONFIG", "SET", "active-defrag-cycle-min", "1")
		s.MustDo("CONFIG", "SET", "active-defrag-cycle-max", "1")
		var seen map[string]map[any]bool
		s.again = func() {
			s.MustDo("CONFIG", "SET", "activedefrag", "no")
			s.MustDo("d.fill", "c", "clong", 1, 30_000)
			s.MustDo("d.fill", "go", "golong", 1, 30_000)
			s.MustDo("d.moved", "clong0")
			s.MustDo("d.moved", "golong0")
			s.MustDo("d.gaps")
			s.MustDo("CONFIG", "SET", "activedefrag", "yes")
			seen = map[string]map[any]bool{"clong0": {}, "golong0": {}}
			if rm.Debugging { // views of texts are copies: their addresses tell nothing
				delete(seen, "clong0")
			}
		}
		s.again()
		s.awaitEver(func() bool {
			for key, m := range seen {
				m[s.MustDo("d.moved", key)] = true
				require.Equal(t, "OK", s.MustDo("d.check", key))
			}
			for _, m := range seen {
				if len(m) < 4 {
					return false
				}
			}
			return true
		}, &seen)
		t.Log(seen)
	})
}

// TestDefragFaults: what a Defrag does wrong is logged; the value and the server stay whole.
func TestDefragFaults(t *testing.T) {
	withDefrag(t, func(t *testing.T, s defragServer) {
		all := map[string]int{"go": 20, "golong": 2, "c": 20}
		for _, step := range []int{0, 10} {
			s.MustDo("d.step", step)
			for _, fault := range []string{"value panic", "value goexit", "value nil", "effort", "globals panic", "globals goexit", "globals nil"} {
				endDefrag(t, s.Server)
				s.MustDo("FLUSHALL")
				s.MustDo("CONFIG", "SET", "activedefrag", "yes")
				s.MustDo("d.fault", fault)
				s.MustDo("d.fill", "go", "go", 20, 20)
				s.MustDo("d.fill", "go", "golong", 2, 2_000)
				s.MustDo("d.fill", "c", "c", 20, 20)
				s.MustDo("d.gaps")
				digest := s.MustDo("DEBUG", "DIGEST")
				if fault == "effort" {
					s.awaitMoves("efforts")
				} else {
					s.awaitMoves("faults")
				}
				s.checkAll(all)
				s.MustDo("d.fault", "")
				s.awaitMoves("calls", "globals")
				s.checkAll(all)
				require.Equal(t, digest, s.MustDo("DEBUG", "DIGEST"), fault)
			}
		}
		for _, text := range []string{"in a defragmentation", "in FreeEffort", "Goexit", "nil pointer", "data type scattered: Defrag", "Globals of the defragmentation"} {
			require.Contains(t, s.Log(), text)
		}
		require.NotContains(t, s.Log(), "freed:")
	})
}

// TestDefragBeside: values are made, renamed, moved, saved, freed in the background and replicated meanwhile.
func TestDefragBeside(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := startDefrag(t, mode, rmtest.Options{TCP: true, Config: []string{"repl-diskless-sync-delay 0", "stop-writes-on-bgsave-error no"}})
		s.MustDo("d.fill", "c", "first", 5, 100)
		r := defragServer{typeServer: typeServer{s.Replica(), t, s.resident}}
		r.mustDefragment(r.Server)
		kind, _, _, _ := s.Version()
		flush := func() {
			if kind != "valkey" {
				s.MustDo("FLUSHALL", "ASYNC")
				return
			}
			for _, each := range []defragServer{s, r} {
				endDefrag(t, each.Server)
			}
			s.MustDo("FLUSHALL", "ASYNC")
			s.WaitReplica(r.Server)
			for _, each := range []defragServer{s, r} {
				each.MustDo("CONFIG", "SET", "activedefrag", "yes")
			}
		}
		s.MustDo("t.locks", 4)
		s.MustDo("d.step", 100)
		for round := range 6 {
			before := s.defragStats()
			s.MustDo("d.fill", "go", "go", 50, 100)
			s.MustDo("d.fill", "go", "golong", 2, 3000)
			s.MustDo("d.fill", "c", "c", 50, 100)
			s.MustDo("d.fill", "c", "clong", 2, 3000)
			s.MustDo("d.gaps")
			s.awaitMovesSince(before, "stops")
			s.MustDo("BGSAVE")
			for i := range 2 {
				s.MustDo("RENAME", "golong"+strconv.Itoa(i), "gorenamed"+strconv.Itoa(i))
				s.MustDo("RENAME", "clong"+strconv.Itoa(i), "crenamed"+strconv.Itoa(i))
				s.MustDo("MOVE", "c"+strconv.Itoa(10+i), 1)
				s.MustDo("DEL", "go"+strconv.Itoa(20+i), "c"+strconv.Itoa(20+i))
				s.MustDo("UNLINK", "gorenamed"+strconv.Itoa(i))
			}
			s.await("persistence", "rdb_bgsave_in_progress", "0")
			if s.resident {
				require.Equal(t, "ok", s.InfoField("persistence", "rdb_last_bgsave_status"))
			}
			s.awaitMovesSince(before, "blocks")
			// The key of a value that was begun is another one now.
			s.MustDo("d.fill", "go", "golong", 1, 500+round)
			s.MustDo("d.fill", "c", "crenamed", 1, 700+round)
			s.checkAll(map[string]int{"go": 20, "c": 10, "golong": 1, "crenamed": 2})
			s.WaitReplica(r.Server)
			if round%2 == 0 {
				require.Equal(t, s.MustDo("DEBUG", "DIGEST"), r.MustDo("DEBUG", "DIGEST"))
				r.checkAll(map[string]int{"go": 20, "c": 10, "golong": 1, "crenamed": 2})
			}
			if round%3 == 2 {
				flush()
			}
		}
		s.MustDo("d.fill", "go", "go", 50, 100)
		r.awaitMoves("calls")
		s.MustDo("t.locks", 0)
		flush()
		s.WaitReplica(r.Server)
		for _, each := range []defragServer{s, r} {
			require.Eventually(t, func() bool { return each.MustDo("d.count") == int64(0) }, patience, 10*time.Millisecond)
			require.NotContains(t, each.Log(), "freed:")
			require.NotContains(t, each.Log(), "t.locks:")
			m := each.defragStats()
			require.Zero(t, m["wrongCursor"])
			t.Log(m, "hits of the server:", each.hits())
		}
	})
}

// TestDefragUnload unloads the module while its globals are moved, and loads it again.
func TestDefragUnload(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := startDefrag(t, mode, rmtest.Options{}, "globals")
		path := rmtest.Build(t, defragmod)
		for i := range 1000 {
			s.MustDo("SET", "k"+strconv.Itoa(i), strings.Repeat("x", 100+i%50))
		}
		for range 5 {
			s.awaitMoves("globals")
			require.Equal(t, "OK", s.MustDo("d.check"))
			s.MustDo("MODULE", "UNLOAD", "defragmod")
			hits := s.InfoField("stats", "active_defrag_misses")
			require.Eventually(t, func() bool { return s.InfoField("stats", "active_defrag_misses") != hits }, 6*patience, 10*time.Millisecond)
			s.MustDo("MODULE", "LOAD", path, "rm-mode="+mode, "globals")
		}
		s.awaitMoves("globals")
		require.Equal(t, "OK", s.MustDo("d.check"))
	})
}

// TestDefragScript: a script that runs for long may have the server move values, so it is refused while a key is open.
func TestDefragScript(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := startDefrag(t, mode, rmtest.Options{WantMisuse: true})
		s.MustDo("d.fill", "c", "c", 10, 200)
		s.MustDo("d.fill", "go", "go", 10, 200)
		for _, defragments := range []string{"yes", "no"} { // data that a master sends are as dangerous
			s.MustDo("CONFIG", "SET", "activedefrag", defragments)
			for _, key := range []string{"c1", "go1"} {
				if text := s.error("d.busy", key, "return 1"); !rm.Debugging { // that panics
					require.Contains(t, text, "the key is open")
				}
			}
		}
		s.MustDo("CONFIG", "SET", "activedefrag", "yes")
		s.awaitMoves("calls")
		s.checkAll(map[string]int{"c": 10, "go": 10})
	})
}
