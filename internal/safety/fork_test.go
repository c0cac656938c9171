// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const saveTimeout = 30 * time.Second

// saves returns how many saves the long test makes.
func saves(t *testing.T) int {
	text := os.Getenv("RM_FORK_SAVES")
	if text == "" {
		return 16
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// save runs BGSAVE or BGREWRITEAOF and waits for its end; the result is the
// server's word for it.
func save(t *testing.T, s *rmtest.Server, command string) string {
	t.Helper()
	running, status := "rdb_bgsave_in_progress", "rdb_last_bgsave_status"
	if command == "BGREWRITEAOF" {
		running, status = "aof_rewrite_in_progress", "aof_last_bgrewrite_status"
	}
	s.MustDo(command)
	for deadline := time.Now().Add(saveTimeout); s.InfoField("persistence", running) != "0"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			require.Fail(t, command+" does not end", "%s", dump(s.PID()))
		}
	}
	return s.InfoField("persistence", status)
}

func fillValues(t *testing.T, s *rmtest.Server, n int) {
	t.Helper()
	s.MustDo("s.fill", n, 7, "v:")
	s.MustDo("SET", "plain", "text")
}

// TestSaves: every save ends, whatever goroutines and clients do meanwhile, and
// what was saved is what was there. The goroutines allocate, hold mutexes and sleep in
// system calls and in C, and the server frees values on a thread of its own.
func TestSaves(t *testing.T) {
	for _, how := range []struct{ preamble, dataType string }{{"yes", "typed"}, {"no", "struct"}} {
		preamble, dataType := how.preamble, how.dataType
		t.Run("preamble="+preamble+",type="+dataType, func(t *testing.T) {
			s := start(t, []string{"aof-use-rdb-preamble " + preamble}, module(t, "resident", "datatype="+dataType))
			values := 20000
			if os.Getenv("RM_FORK_SAVES") != "" {
				values = 500 // of which there will be enough
			}
			fillValues(t, s, values)
			want := s.MustDo("s.digest")
			s.MustDo("s.spin", 6)
			s.MustDo("s.block", 12)
			s.MustDo("s.sit", 6)
			stop := clients(t, s, 4, []any{"s.get", "v:17"}, []any{"s.nested", "count", 3}, []any{"s.put", "v:x", `{"Number":1}`}, []any{"UNLINK", "v:x"})
			for i := range saves(t) / 2 {
				command := []string{"BGSAVE", "BGREWRITEAOF"}[i%2]
				require.Equal(t, "ok", save(t, s, command), "%s %d", command, i)
			}
			require.Positive(t, stop())
			require.NotEqual(t, "0", s.InfoField("memory", "lazyfreed_objects"))
			s.MustDo("DEL", "v:x", "count")
			require.Equal(t, want, s.MustDo("s.digest"))
			require.Equal(t, "ok", save(t, s, "BGSAVE"))
			s.MustDo("s.stop")
			require.Equal(t, 100, number(t, s, "gcpercent", "s.stats"), "the collector is on again")
			procs := number(t, s, "procs", "s.stats")
			require.Greater(t, procs, 1)

			check := checker(t, s, "check-rdb")
			out, err := exec.Command(check[0], append(check[1:], filepath.Join(s.Dir(), "dump.rdb"))...).CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), "RDB looks OK")
			s.Restart()
			require.Equal(t, want, s.MustDo("s.digest"))
			require.Equal(t, procs, number(t, s, "procs", "s.stats"))
		})
	}
}

// dataTypes are the two kinds of package rm.
var dataTypes = []string{"typed", "struct"}

// TestAOF: what a rewrite wrote, by Save or by Rewrite, loads.
func TestAOF(t *testing.T) {
	for _, preamble := range []string{"yes", "no"} {
		for _, dataType := range dataTypes {
			t.Run("preamble="+preamble+",type="+dataType, func(t *testing.T) {
				s := start(t, []string{"appendonly yes", "aof-use-rdb-preamble " + preamble}, module(t, "resident", "datatype="+dataType))
				eventually(t, saveTimeout, "the first AOF", func() bool {
					return s.InfoField("persistence", "aof_rewrite_in_progress") == "0"
				})
				fillValues(t, s, 2000)
				require.Equal(t, "ok", save(t, s, "BGREWRITEAOF"))
				s.MustDo("s.put", "late", `{"Name":"after the rewrite"}`)
				want := s.MustDo("s.digest")
				s.Restart()
				require.Equal(t, want, s.MustDo("s.digest"))
				require.Equal(t, "text", s.MustDo("GET", "plain"))
			})
		}
	}
}

// TestFullSync: a replica gets the values, over the disk and without.
func TestFullSync(t *testing.T) {
	for _, how := range []struct{ diskless, dataType string }{{"yes", "typed"}, {"no", "typed"}, {"yes", "struct"}, {"no", "struct"}} {
		t.Run("diskless="+how.diskless+",type="+how.dataType, func(t *testing.T) {
			s := rmtest.Start(t, rmtest.Options{
				TCP: true, Modules: []rmtest.Module{module(t, "resident", "datatype="+how.dataType)},
				Config: []string{"repl-diskless-sync " + how.diskless, "repl-diskless-sync-delay 0"},
			})
			fillValues(t, s, 5000)
			want := s.MustDo("s.digest")
			s.MustDo("s.spin", 4)
			s.MustDo("s.block", 8)
			stop := clients(t, s, 2, []any{"s.get", "v:17"})
			replica := s.Replica()
			stop()
			require.Equal(t, want, replica.MustDo("s.digest"))
			s.MustDo("s.put", "late", `{"Name":"by replication"}`)
			eventually(t, patience, "the write at the replica", func() bool {
				return s.MustDo("s.digest") == replica.MustDo("s.digest")
			})
			replica.Stop()
		})
	}
}

// TestFork: rm.Fork, in all ways in which its child can end.
//
// Drives: Fork, ExitFromChild, KillForkChild, SendChildHeartbeat.
func TestFork(t *testing.T) {
	s := start(t, nil, module(t, "resident"))
	fillValues(t, s, 5000)
	s.MustDo("s.spin", 3)
	s.MustDo("s.block", 6)
	ended := 0
	wait := func(code string, signal int) {
		t.Helper()
		ended++
		eventually(t, saveTimeout, "the end of the child", func() bool {
			return number(t, s, "ended", "s.forkresult") == ended
		})
		require.Regexp(t, fmt.Sprintf("^ended=%d code=%s signal=%d inchild=false$", ended, code, signal), s.MustDo("s.forkresult"))
	}
	for i := range 5 {
		pid := s.MustDo("s.fork", "encode", 40+i).(int64)
		require.Positive(t, pid)
		wait(strconv.Itoa(40+i), 0)
	}

	// What is no exit status, and a child that cannot end by itself.
	for _, c := range []struct{ how, line string }{
		{"goexit", "<s> the function of a forked child: the handler called runtime.Goexit"},
		{"panic", "<s> the function of a forked child: panic: in the child"},
		{"nil", "<s> the function of a forked child: panic: runtime error: "},
	} {
		log := len(s.Log())
		s.MustDo("s.fork", c.how, 0)
		wait("254", 0)
		require.Equal(t, 1, strings.Count(s.Log()[log:], c.line), c.how)
		require.Equal(t, "OK", s.MustDo("s.parentonly"))
	}
	s.MustDo("s.fork", "encode", 256)
	wait("254", 0)
	require.Contains(t, s.Log(), "<s> the function of a forked child: its result 256 is no exit status")
	s.MustDo("s.fork", "channel", 0)
	wait("254", 0)
	for _, how := range []string{"again", "recover", "files"} {
		s.MustDo("s.fork", how, 6)
		wait("6", 0)
	}

	pid := int(s.MustDo("s.fork", "wait", 0).(int64))
	for range 2 {
		_, err := s.Do("s.fork", "encode", 1)
		require.ErrorContains(t, err, "ERR the module has a forked child already")
	}
	_, err := s.Do("BGSAVE")
	require.Error(t, err, "the server has one child at a time")
	require.Equal(t, []int{pid}, children(s.PID()))
	require.Equal(t, "OK", s.MustDo("s.parentonly"))
	require.Equal(t, "OK", s.MustDo("s.killfork"))
	require.Empty(t, children(s.PID()))
	s.MustDo("s.forkhere")
	require.True(t, s.WaitLog("forkhere: <nil>", patience))
	eventually(t, patience, "the child's end", func() bool { return len(children(s.PID())) == 0 })
	_, err = s.Do("s.killfork")
	require.ErrorContains(t, err, "ERR no such child")

	s.MustDo("s.fork", "encode", 7)
	wait("7", 0)

	// A child that somebody else ends.
	pid = int(s.MustDo("s.fork", "wait", 0).(int64))
	child, err := os.FindProcess(pid)
	require.NoError(t, err)
	require.NoError(t, child.Kill())
	wait(".*", 9)
	require.Equal(t, "ok", save(t, s, "BGSAVE"))
	require.Equal(t, "OK", s.MustDo("s.parentonly"))
}

// TestRawFork: a fork by the raw layer is prepared although no callback is one for a
// child.
func TestRawFork(t *testing.T) {
	s := start(t, nil, module(t, "resident", "datatype=no", "events=no"))
	s.MustDo("s.spin", 3)
	s.MustDo("s.block", 4)
	for i := range 40 {
		s.MustDo("s.rawfork")
		eventually(t, saveTimeout, "the end of the child", func() bool { return number(t, s, "ended", "s.forkresult") == i+1 })
		require.Regexp(t, `code=4[01] signal=0 inchild=false$`, s.MustDo("s.forkresult"))
	}
	require.Equal(t, "ok", save(t, s, "BGSAVE"))
}

// TestForkBesideAnotherRuntime: busy goroutines of another Go module, whose threads
// never sleep, do not hold a fork up.
func TestForkBesideAnotherRuntime(t *testing.T) {
	s := start(t, nil, module(t, "resident"), named(t, "beta", "resident", "datatype=no", "events=no"))
	fillValues(t, s, 10)
	s.MustDo("beta.spin", 8)
	var took []int
	for range 15 {
		require.Equal(t, "ok", save(t, s, "BGSAVE"))
		us, err := strconv.Atoi(s.InfoField("stats", "latest_fork_usec"))
		require.NoError(t, err)
		took = append(took, us)
	}
	slices.Sort(took)
	require.Less(t, took[len(took)/2], 15000, "microseconds: %v", took)
}

// TestForkInFailedLoad: a load that forks and fails does not spoil the forks of the
// next one.
func TestForkInFailedLoad(t *testing.T) {
	s := start(t, nil)
	for i := range 3 {
		_, err := s.Do(loadArgs(module(t, "resident", "datatype=no", "events=no", "fail=fork"))...)
		require.Error(t, err)
		require.Contains(t, s.Log(), "s: load failed: OnLoad: told to fail behind a fork")
		s.MustDo(loadArgs(module(t, "resident", "datatype=no", "events=no", "fail="))...)
		s.MustDo("s.fork", "encode", 5)
		eventually(t, saveTimeout, "the end of the child", func() bool { return number(t, s, "ended", "s.forkresult") == 2*i+1 })
		require.Equal(t, 5, number(t, s, "code", "s.forkresult"))
		s.MustDo("s.rawfork")
		eventually(t, saveTimeout, "the end of the child", func() bool { return number(t, s, "ended", "s.forkresult") == 2*i+2 })
		require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "s"))
	}
}

// TestForkAfterFailedShutdown: a SHUTDOWN that fails has ended the module's child all
// the same, and the module can fork again.
func TestForkAfterFailedShutdown(t *testing.T) {
	s := start(t, nil, module(t, "resident", "datatype=no"))
	s.MustDo("SET", "k", "v")
	require.NoError(t, os.Mkdir(filepath.Join(s.Dir(), "dump.rdb"), 0o700))
	s.MustDo("s.fork", "wait", 0)
	_, err := s.Do("SHUTDOWN", "SAVE")
	require.ErrorContains(t, err, "ERR Errors trying to SHUTDOWN")
	require.Equal(t, 0, number(t, s, "ended", "s.forkresult"))
	s.MustDo("s.fork", "encode", 8)
	eventually(t, saveTimeout, "the end of the child", func() bool { return number(t, s, "ended", "s.forkresult") == 1 })
	require.Equal(t, 8, number(t, s, "code", "s.forkresult"))

	s.MustDo("s.fork", "wait", 0)
	_, err = s.Do("MODULE", "UNLOAD", "s")
	require.Error(t, err, "the child runs")
	require.True(t, s.WaitLog("s: unload refused: a forked child is running", patience))
	_, err = s.Do("SHUTDOWN", "SAVE")
	require.Error(t, err)
	require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "s"))
}

// TestForkWhileSaving: the server refuses a fork of the module's while it has a
// child of its own.
func TestForkWhileSaving(t *testing.T) {
	s := start(t, []string{"rdb-key-save-delay 1000"}, module(t, "resident"))
	fillValues(t, s, 5000)
	s.MustDo("BGSAVE")
	_, err := s.Do("s.fork", "encode", 1)
	require.ErrorContains(t, err, "ERR the server cannot fork now")
	s.MustDo("CONFIG", "SET", "rdb-key-save-delay", 0)
	for _, pid := range children(s.PID()) {
		child, err := os.FindProcess(pid)
		require.NoError(t, err)
		require.NoError(t, child.Kill())
	}
	eventually(t, patience, "the end of the save", func() bool {
		return s.InfoField("persistence", "rdb_bgsave_in_progress") == "0"
	})
	s.MustDo("s.fork", "encode", 3)
	eventually(t, patience, "the end of the child", func() bool { return number(t, s, "ended", "s.forkresult") == 1 })
	require.Equal(t, 3, number(t, s, "code", "s.forkresult"))
}

// TestForksOnOtherThreads: threads of a C module fork children of their own while the
// server saves. The saves are whole, and goroutines run afterwards as before.
func TestForksOnOtherThreads(t *testing.T) {
	s := start(t, nil, module(t, "resident"), foreign(t))
	fillValues(t, s, 2000)
	procs := number(t, s, "procs", "s.stats")
	s.MustDo("s.spin", 2)
	s.MustDo("f.fork", 2)
	for i := range saves(t) {
		require.Equal(t, "ok", save(t, s, "BGSAVE"), "%d: %s", i, s.Log())
	}
	s.MustDo("f.fork", 0)
	s.MustDo("s.stop")
	eventually(t, patience, "what the forks changed is put back", func() bool {
		return number(t, s, "procs", "s.stats") == procs && number(t, s, "gcpercent", "s.stats") == 100
	})
}

// TestWaitingInChild: Go code that waits in a child ends it at once, with a line
// that says why; the save fails and the server lives.
func TestWaitingInChild(t *testing.T) {
	s := start(t, nil, module(t, "resident"))
	fillValues(t, s, 100)
	for _, how := range []string{"channel", "sleep", "mutex", "goroutine", "gosched", "gc"} {
		t.Run("how="+how, func(t *testing.T) {
			s.MustDo("s.hang", how)
			log := len(s.Log())
			begin := time.Now()
			require.Equal(t, "err", save(t, s, "BGSAVE"))
			require.Less(t, time.Since(begin), 10*time.Second)
			require.Contains(t, s.Log()[log:], "fatal error: ")
			require.Contains(t, s.Log()[log:], "code in a child must not wait")
			require.NotContains(t, s.Log()[log:], "crashed by signal")
			require.Equal(t, "PONG", s.MustDo("PING"))
			log = len(s.Log())
			require.Equal(t, "err", save(t, s, "BGREWRITEAOF"))
			require.Contains(t, s.Log()[log:], "fatal error: ")
			s.MustDo("s.hang", "")
			require.Equal(t, "ok", save(t, s, "BGSAVE"))
		})
	}
}

// TestRecoverInChild: code that panics and recovers, as parts of the standard library
// do, is allowed in a child; a save ends well however often it does.
func TestRecoverInChild(t *testing.T) {
	s := start(t, nil, module(t, "resident"))
	fillValues(t, s, 500)
	want := s.MustDo("s.digest")
	s.MustDo("s.spin", 4)
	s.MustDo("s.block", 6)
	s.MustDo("s.hang", "recover")
	for i := range saves(t) {
		command := []string{"BGSAVE", "BGREWRITEAOF"}[i%2]
		require.Equal(t, "ok", save(t, s, command), "%s %d", command, i)
	}
	s.MustDo("s.hang", "")
	s.MustDo("s.stop")
	require.Equal(t, want, s.MustDo("s.digest"))
}

// TestFailureInChild: a callback that does not recover ends the child, so that no
// half save is taken for a whole one.
func TestFailureInChild(t *testing.T) {
	for _, dataType := range []string{"raw", "typed"} {
		t.Run("type="+dataType, func(t *testing.T) { failInChild(t, dataType) })
	}
}

func failInChild(t *testing.T, dataType string) {
	s := start(t, nil, module(t, "resident", "datatype="+dataType))
	fillValues(t, s, 100)
	for _, how := range []string{"panic", "nil", "goexit"} {
		s.MustDo("s.hang", how)
		for _, command := range []string{"BGSAVE", "BGREWRITEAOF"} {
			log := len(s.Log())
			require.Equal(t, "err", save(t, s, command), how)
			want := "redismodule: a callback panicked or called runtime.Goexit in a forked child: the child is ended"
			if dataType == "typed" {
				want = "data type s-safetyp: Save of key "
				require.Contains(t, s.Log()[log:], want, how)
			} else {
				require.Equal(t, 1, strings.Count(s.Log()[log:], want), how)
			}
			left, err := filepath.Glob(filepath.Join(s.Dir(), "temp-*"))
			require.NoError(t, err)
			if dataType == "typed" {
				require.Empty(t, left, how)
			}
		}
	}
	s.MustDo("s.hang", "")
	require.Equal(t, "ok", save(t, s, "BGSAVE"))
}

// TestHangInChild: a wait that Go does not know of is ended by the watch that the
// binding keeps on its children.
func TestHangInChild(t *testing.T) {
	s := start(t, nil, module(t, "resident"))
	fillValues(t, s, 100)
	s.MustDo("s.hang", "futex")
	for _, command := range []string{"BGSAVE", "BGREWRITEAOF"} {
		log, begin := len(s.Log()), time.Now()
		require.Equal(t, "err", save(t, s, command))
		require.Less(t, time.Since(begin), 15*time.Second)
		require.Contains(t, s.Log()[log:], "redismodule: the forked child makes no progress for 2 s inside Go code: it is ended")
	}
	s.MustDo("s.hang", "")
	s.MustDo("s.fork", "futex", 0)
	eventually(t, 15*time.Second, "the end of the child", func() bool { return number(t, s, "ended", "s.forkresult") == 1 })
	require.Equal(t, 9, number(t, s, "signal", "s.forkresult"))
	require.Equal(t, "ok", save(t, s, "BGSAVE"))
}

// TestSlowSaveIsNoHang: a save that computes or waits for the disk longer than the
// time-out is let alone.
func TestSlowSaveIsNoHang(t *testing.T) {
	s := start(t, []string{"rdb-key-save-delay 40000"}, module(t, "resident", "rm-child-timeout=1"))
	fillValues(t, s, 100)
	begin := time.Now()
	require.Equal(t, "ok", save(t, s, "BGSAVE"))
	require.Greater(t, time.Since(begin), 3*time.Second)
}

// TestUnpreparedChild: a child that was forked where the binding could not prepare
// it ends, with a line in the log, instead of hanging for ever.
//
// Drives: GetDetachedThreadSafeContext, FreeThreadSafeContext, ThreadSafeContextTryLock,
// ThreadSafeContextUnlock.
func TestUnpreparedChild(t *testing.T) {
	const refusal = "redismodule: FATAL: a callback in Go was called in a forked child where Go cannot run "
	// refused wants a BGSAVE to fail at once, and not only when the watchdog sees it.
	refused := func(t *testing.T, s *rmtest.Server, why string, begin func()) {
		t.Helper()
		s.MustDo("s.spin", 3)
		for i := range 5 {
			start := time.Now()
			begin()
			eventually(t, saveTimeout, "the refusal and the end of the save", func() bool {
				return strings.Count(s.Log(), refusal+why) == i+1 && s.InfoField("persistence", "rdb_bgsave_in_progress") == "0"
			})
			require.Less(t, time.Since(start), 20*time.Second)
			require.Equal(t, "err", s.InfoField("persistence", "rdb_last_bgsave_status"))
			require.Empty(t, children(s.PID()))
		}
		require.Equal(t, "PONG", s.MustDo("PING"))
	}
	t.Run("from=goroutine", func(t *testing.T) {
		s := start(t, nil, module(t, "resident"))
		fillValues(t, s, 5000)
		refused(t, s, "(the fork was begun by a goroutine)", func() { s.MustDo("s.callfrom", "BGSAVE") })
		eventually(t, saveTimeout, "a save that is prepared", func() bool { return save(t, s, "BGSAVE") == "ok" })
	})
	t.Run("callback=plain", func(t *testing.T) {
		s := start(t, nil, module(t, "resident", "datatype=plain", "events=plain"))
		fillValues(t, s, 10)
		s.MustDo("s.block", 3)
		refused(t, s, "(no callback was registered as one that may)", func() { s.MustDo("BGSAVE") })
	})
	t.Run("mode=portable", func(t *testing.T) {
		s := start(t, nil, module(t, "portable", "datatype=plain", "events=plain"))
		fillValues(t, s, 10)
		refused(t, s, "(that needs resident mode)", func() { s.MustDo("BGSAVE") })
	})
}

// TestEventInUnpreparedChild: a listener to persistence events that cannot run in a
// child is left out there, and the save goes on.
func TestEventInUnpreparedChild(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, module(t, mode, "datatype=no", "events=plain"))
		s.MustDo("SET", "k", "v")
		s.MustDo("s.spin", 2)
		before := number(t, s, "events", "s.stats")
		for i := range 6 {
			command := []string{"BGSAVE", "BGREWRITEAOF"}[i%2]
			require.Equal(t, "ok", save(t, s, command))
		}
		require.Equal(t, before, number(t, s, "events", "s.stats"))
		s.MustDo("SAVE")
		require.Equal(t, before+2, number(t, s, "events", "s.stats"), "the server's own process hears them")
		require.NotContains(t, s.Log(), "FATAL")
	})
}

// TestDataTypeInPortableMode: a data type of the raw layer with Go callbacks for the child is
// refused where Go cannot run in one; one of package rm is not, and saves fail while it has Go values.
func TestDataTypeInPortableMode(t *testing.T) {
	for _, dataType := range dataTypes {
		m := module(t, "portable", "datatype="+dataType)
		m.Args = []string{"rm-mode=portable", "datatype=" + dataType, "events=no"}
		s := start(t, nil, m)
		require.Equal(t, "ok", save(t, s, "BGSAVE"))
		fillValues(t, s, 10)
		want := map[string]string{"typed": "err", "struct": "ok"}[dataType]
		for _, command := range []string{"BGSAVE", "BGREWRITEAOF"} {
			require.Equal(t, want, save(t, s, command), "%s, %s", dataType, command)
		}
		if want == "err" {
			require.Regexp(t, `where Go cannot run \(that needs resident mode\): the child is ended: data type \S{9}: Save`, s.Log())
		}
		values := s.MustDo("s.digest")
		s.MustDo("SAVE")
		s.Restart()
		require.Equal(t, values, s.MustDo("s.digest"), dataType)
	}

	m := module(t, "portable")
	m.Args = []string{"rm-mode=portable", "datatype=raw"}
	s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}, WantFail: true})
	require.Contains(t, s.Log(), "s: load failed: OnLoad: redismodule: a callback that may run in a forked child needs the resident mode")

	s = start(t, nil, module(t, "portable"))
	_, err := s.Do("s.fork", "encode", 1)
	require.ErrorContains(t, err, "ERR Go cannot run in a forked child here (portable mode")
	s.MustDo("SET", "k", "v")
	require.Equal(t, "ok", save(t, s, "BGSAVE"))
}

// TestOtherForks: a process started by Go code is none of the binding's children.
func TestOtherForks(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, module(t, mode))
		s.MustDo("s.spin", 2)
		begin := number(t, s, "numgc", "s.stats")
		for i := range 20 {
			require.Equal(t, "a child of another kind", s.MustDo("s.exec", []string{"here", "goroutine"}[i%2]))
		}
		require.GreaterOrEqual(t, number(t, s, "numgc", "s.stats"), begin)
		require.Equal(t, 100, number(t, s, "gcpercent", "s.stats"))
		require.NotContains(t, strings.ToLower(s.Log()), "redismodule: ")
	})
}
