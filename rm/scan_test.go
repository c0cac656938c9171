// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// texts runs a command that replies with an array of strings.
func texts(t *testing.T, s *rmtest.Server, args ...any) []string {
	t.Helper()
	list, ok := s.MustDo(args...).([]any)
	require.True(t, ok, "%.200v", args)
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = fmt.Sprint(v)
	}
	return out
}

// unique returns the different strings, sorted.
func unique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// populate makes n keys prefix0, prefix1 ... and returns their names, sorted.
func populate(t *testing.T, s *rmtest.Server, prefix string, n int) []string {
	t.Helper()
	s.MustDo("EVAL", "for i=0,ARGV[2]-1 do redis.call('set',ARGV[1]..i,i) end", 0, prefix, n)
	want := make([]string, n)
	for i := range want {
		want[i] = fmt.Sprint(prefix, i)
	}
	slices.Sort(want)
	return want
}

// TestScanKeys scans all keys of a database in both ways: none, one, binary names,
// 10,000.
//
// Drives: Scan, ScanCursorCreate, ScanCursorDestroy.
func TestScanKeys(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, how := range []string{"iter", "callback"} {
			s.MustDo("FLUSHALL")
			require.Empty(t, texts(t, s, "d.scan.keys", how))
			s.MustDo("SET", "", "x")
			require.Equal(t, []string{""}, texts(t, s, "d.scan.keys", how))
			s.MustDo("SET", "\x00\xff\r\n", "x")
			require.Equal(t, []string{"", "\x00\xff\r\n"}, unique(texts(t, s, "d.scan.keys", how)))
			s.MustDo("FLUSHALL")
			want := populate(t, s, "k:", 10_000)
			require.Equal(t, want, unique(texts(t, s, "d.scan.keys", how)), how)
			// A large table with few keys, while it shrinks.
			s.MustDo("EVAL", "for i=0,9989 do redis.call('del','k:'..i) end", 0)
			require.Len(t, unique(texts(t, s, "d.scan.keys", how)), 10)
		}
	})
}

// TestScanLendsKeys looks at the keys that a scan's function gets.
//
// Drives: Scan.
func TestScanLendsKeys(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SET", "str", "12345")
		s.MustDo("RPUSH", "list", "a", "b")
		s.MustDo("ZADD", "zset", "1", "a", "2", "b", "3", "c")
		const lent = "ERR the key is lent by the server and is not to be closed"
		require.Equal(t, []string{
			"after the call: Key(closed)", "list list 2 " + lent, "str string 5 " + lent, "zset zset 3 " + lent,
		}, unique(texts(t, s, "d.scan.keys", "show")))
	})
}

// TestScanExpired shows that the server scans keys whose time is over.
//
// Drives: Scan.
func TestScanExpired(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		if _, err := s.Do("DEBUG", "SET-ACTIVE-EXPIRE", "0"); err != nil {
			require.ErrorContains(t, err, "DEBUG")
			t.Skip("this server does not allow DEBUG: ", err)
		}
		s.MustDo("SET", "stays", "x")
		s.MustDo("SET", "expired", "x", "PX", "1")
		time.Sleep(5 * time.Millisecond)
		for _, how := range []string{"iter", "callback"} {
			require.Equal(t, []string{"expired", "stays"}, unique(texts(t, s, "d.scan.keys", how)))
		}
	})
}

// TestScanChanges changes the database in the body of a scan.
//
// Drives: Scan.
func TestScanChanges(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		want := populate(t, s, "k:", 10_000)
		got := unique(texts(t, s, "d.scan.body", "delete"))
		require.Equal(t, want, got)
		require.Empty(t, texts(t, s, "KEYS", "*"))

		// Growing: the table is rehashed several times while the scan runs.
		s.MustDo("FLUSHALL")
		want = populate(t, s, "k:", 1000)
		got = unique(texts(t, s, "d.scan.body", "add", 20_000))
		require.Subset(t, got, want)
		require.Equal(t, unique(append(texts(t, s, "KEYS", "*"), got...)), texts2(t, s))

		s.MustDo("FLUSHALL")
		want = populate(t, s, "k:", 10_000)
		got = unique(texts(t, s, "d.scan.body", "replace", 20_000))
		require.Subset(t, got, want)
		require.Empty(t, texts(t, s, "KEYS", "k:*"))

		// What is seen of a database that is emptied: the names that were read ahead.
		for _, how := range []string{"flush", "unlink.all"} {
			s.MustDo("FLUSHALL")
			populate(t, s, "k:", 1000)
			got = texts(t, s, "d.scan.body", how)
			require.NotEmpty(t, got)
			require.Less(t, len(got), 200, how)
			require.Empty(t, texts(t, s, "KEYS", "*"))
		}
	})
}

// texts2 is all keys, sorted.
func texts2(t *testing.T, s *rmtest.Server) []string {
	t.Helper()
	return unique(texts(t, s, "KEYS", "*"))
}

// TestScanEnds leaves scans by break, panic and runtime.Goexit; nothing leaks, and
// the next scan is right.
//
// Drives: Scan, ScanCursorDestroy.
func TestScanEnds(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		want := populate(t, s, "k:", 1000)
		all := func() { require.Equal(t, want, unique(texts(t, s, "d.scan.keys", "iter"))) }
		require.Len(t, texts(t, s, "d.scan.body", "break", 3), 3)
		all()
		_, err := s.Do("d.scan.body", "panic", 3)
		require.EqualError(t, err, "ERR d.scan.body: panic: in the body")
		all()
		_, err = s.Do("d.scan.body", "goexit", 3)
		require.EqualError(t, err, "ERR d.scan.body: the handler called runtime.Goexit")
		all()
		leakless(t, s, 3, 1<<12, func(w *wire) {
			for i := range 300 {
				w.do("d.scan.body", "break", fmt.Sprint(i))
				w.do("d.scan.body", "panic", fmt.Sprint(i))
				w.do("d.scan.body", "goexit", fmt.Sprint(i))
			}
			w.do("d.scan.keys", "iter")
			w.do("d.scan.keys", "callback")
		})
	})
}

// TestScanFunctionFails has the function given to a scan panic and call
// runtime.Goexit, which must not reach the server.
//
// Drives: Scan.
func TestScanFunctionFails(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		want := populate(t, s, "k:", 1000)
		for _, at := range []int{1, 2, 500, 1000} {
			got := texts(t, s, "d.scan.fail", "recover", at)
			i := slices.Index(got, "recovered true ERR index out of range")
			require.Equal(t, at-1, i, "keys before the panic")
			// All but the key with the panic, the same step's others included.
			require.Len(t, unique(slices.Delete(slices.Clone(got), i, i+1)), len(want)-1)
		}
		for _, at := range []int{1, 500} {
			_, err := s.Do("d.scan.fail", "raise", at)
			require.EqualError(t, err, "ERR d.scan.fail: panic: ERR index out of range")
			_, err = s.Do("d.scan.fail", "goexit", at)
			require.EqualError(t, err, "ERR d.scan.fail: the handler called runtime.Goexit")
		}
		require.Contains(t, s.Log(), "the function of a scan: panic: ERR index out of range")
		require.Contains(t, s.Log(), "the function of a scan: the handler called runtime.Goexit")
		require.Contains(t, s.Log(), "main.scanFail.func", "the stack of the panic itself")
		require.Equal(t, want, unique(texts(t, s, "d.scan.keys", "callback")))
		leakless(t, s, 3, 1<<12, func(w *wire) {
			for i := range 30 {
				w.do("d.scan.fail", "recover", fmt.Sprint(i))
				w.do("d.scan.fail", "raise", fmt.Sprint(i))
				w.do("d.scan.fail", "goexit", fmt.Sprint(i))
			}
		})
	})
}

// TestScanGoesOn stops a scan and goes on with it in later commands, in both ways
// and mixed.
//
// Drives: Scan, ScanCursorCreate, ScanCursorRestart, ScanCursorDestroy.
func TestScanGoesOn(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		want := populate(t, s, "k:", 2000)
		s.MustDo("d.scan.part", "start")
		for _, parts := range [][]any{{"iter", 1}, {"iter", 7}, {"iter", 1000}, {"iter", 5000}} {
			var got []string
			for {
				part := texts(t, s, append([]any{"d.scan.part"}, parts...)...)
				got = append(got, part...)
				if len(part) < parts[1].(int) {
					break
				}
				require.Len(t, part, parts[1].(int))
			}
			require.Equal(t, want, unique(got), parts)
			require.Empty(t, texts(t, s, "d.scan.part", "iter", 1), "the scan is over")
			s.MustDo("d.scan.part", "restart")
		}
		// Loops and steps by turns: names that a loop has left come in the next step.
		var got []string
		for {
			got = append(got, texts(t, s, "d.scan.part", "iter", 1)...)
			part := texts(t, s, "d.scan.part", "step")
			got = append(got, part[:len(part)-1]...)
			if part[len(part)-1] == "false" {
				break
			}
		}
		require.Equal(t, want, unique(got))
		require.Equal(t, []string{"false"}, texts(t, s, "d.scan.part", "step"))

		// A restart in the middle forgets what a loop has left.
		s.MustDo("d.scan.part", "restart")
		first := texts(t, s, "d.scan.part", "iter", 1)
		s.MustDo("d.scan.part", "restart")
		require.Equal(t, first, texts(t, s, "d.scan.part", "iter", 1))
		s.MustDo("FLUSHALL")
		require.Subset(t, []string{"true", "false"}, texts(t, s, "d.scan.part", "step"), "kept names of keys that are gone")
		s.MustDo("d.scan.part", "free")
		_, err := s.Do("d.scan.part", "free")
		require.EqualError(t, err, "ERR the scan cursor is freed")
		populate(t, s, "k:", 500)
		leakless(t, s, 3, 1<<12, func(w *wire) {
			for range 100 {
				for _, c := range [][]string{{"start"}, {"iter", "3"}, {"step"}, {"iter", "1"}, {"restart"}, {"iter", "2"}, {"free"}} {
					w.do(append([]string{"d.scan.part"}, c...)...)
				}
			}
		})
	})
}

// TestScanNested walks inside of walks, over the same and over another database.
//
// Drives: Scan.
func TestScanNested(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		populate(t, s, "k:", 100)
		require.Equal(t, int64(100*100), s.MustDo("d.scan.count", "nested"))
		s.MustDo("EVAL", "redis.call('select',1) redis.call('set','a',1) redis.call('set','b',1)", 0)
		got := texts(t, s, "d.scan.dbs")
		require.Len(t, unique(got), 200)
		for _, g := range got {
			require.Regexp(t, `^k:\d+ [ab]$`, g)
		}
		require.Equal(t, int64(100), s.MustDo("DBSIZE"))
		require.Equal(t, "OK", s.MustDo("d.scan.thread"))
		require.Eventually(t, func() bool { v, _ := s.Do("GET", "thread:result"); return v != nil }, patience, time.Millisecond)
		require.Equal(t, "100", s.MustDo("GET", "thread:result"))
	})
}

// TestScanMisuse uses cursors wrongly in every way.
//
// Drives: Scan, ScanCursorRestart, ScanCursorDestroy.
func TestScanMisuse(t *testing.T) {
	const (
		busy   = "ERR the scan cursor is in use by another scan\n"
		freed  = "ERR the scan cursor is freed\n"
		closed = "ERR the key is closed\n"
		none   = "<nil>\n"
	)
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("HSET", "h", "f", "v")
		require.Equal(t, []string{
			"scan inside: false " + busy, "keys inside: " + busy, "elements inside: " + busy,
			"scan: " + none, "scan to the end: " + none, "scan again: false " + none,
			"elements after keys: false " + busy, "walk of elements after keys: " + busy,
			"restart: " + none, "restart inside: " + none, "scan that restarts: true " + none, "the key again: " + none, "scan: " + none,
			"free inside: " + none, "free inside again: " + freed, "restart freed inside: " + freed,
			"scan that frees: false " + none, "free: " + freed, "restart freed: " + freed,
			"scan freed: false " + freed, "keys freed: " + freed, "elements freed: false " + freed, "walk of elements freed: " + freed,
			"walk: " + none, "free in the body: " + none, "seen: 1\n", "seen of a freed cursor: 1\n", "seen of none: 1\n",
			"close: " + none, "elements of a closed key: false " + closed, "walk of a closed key: " + closed, "free: " + none,
		}, texts(t, s, "d.scan.misuse", "h"))
		leakless(t, s, 3, 1<<12, func(w *wire) {
			for range 100 {
				w.do("d.scan.misuse", "h")
			}
		})
	})
}

// TestScanAllocatesNothing counts Go allocations of scans of 100 keys.
//
// Drives: Scan, ScanCursorRestart.
func TestScanAllocatesNothing(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		populate(t, s, "k:", 100)
		for _, how := range []string{"iter", "cursor", "callback"} {
			require.Equal(t, int64(100), s.MustDo("d.scan.count", how), how)
			noAllocs(t, s, []string{"d.scan.count", how})
		}
	})
}

// TestScanAfterReload scans before and after the module is loaded again.
//
// Drives: Scan.
func TestScanAfterReload(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		m := dataModule(t, mode)
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}})
		want := populate(t, s, "k:", 100)
		for range 3 {
			for _, how := range []string{"iter", "callback"} {
				require.Equal(t, want, unique(texts(t, s, "d.scan.keys", how)))
			}
			s.MustDo("MODULE", "UNLOAD", "datamod")
			s.MustDo("MODULE", "LOAD", m.Path, "rm-mode="+mode)
		}
	})
}
