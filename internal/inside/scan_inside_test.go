// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// scan has the ways to scan.
type scan struct{ env }

// scanWays are by a loop, by a loop with a cursor, and step by step.
var scanWays = []string{"loop", "cursor", "steps"}

// cursor is a cursor that is freed when the test has ended, unless it is before.
func (s scan) cursor() *rm.ScanCursor {
	s.Helper()
	c, err := rm.NewScanCursor()
	require.NoError(s, err)
	s.Cleanup(func() { endAgain(c.Free) })
	return c
}

// keys are the names of all keys, in the order in which they come.
func (s scan) keys(way string) []string {
	s.Helper()
	seen := []string{}
	if way == "steps" {
		c := s.cursor()
		for more := true; more; {
			var err error
			more, err = s.ctx.Scan(c, func(name rm.RStr, _ rm.ReadKey) { seen = append(seen, name.Clone()) })
			require.NoError(s, err)
		}
		c.Free()
		return seen
	}
	var c *rm.ScanCursor
	if way == "cursor" {
		c = s.cursor()
	}
	keys, err := s.ctx.Keys(c)
	require.NoError(s, err)
	for name := range keys.All {
		seen = append(seen, name.Clone())
	}
	return seen
}

// body loops over all keys with a body, which gets the number of the key and may end the
// loop. It returns the names.
func (s scan) body(f func(name rm.RStr, n int) bool) []string {
	s.Helper()
	keys, err := s.ctx.Keys(nil)
	require.NoError(s, err)
	seen := []string{}
	for name := range keys.All {
		seen = append(seen, name.Clone())
		if !f(name, len(seen)) {
			break
		}
	}
	return seen
}

// call has the server run a command whose reply is not looked at.
func (s scan) call(name string, args ...rm.Arg) {
	reply, err := s.ctx.Call(name, 0, args...)
	require.NoError(s, err)
	reply.Free()
}

// unique are the different strings, sorted.
func unique(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// missing are the strings of some that all lacks.
func missing(some, all []string) []string {
	has := map[string]bool{}
	for _, a := range all {
		has[a] = true
	}
	return slices.DeleteFunc(slices.Clone(some), func(a string) bool { return has[a] })
}

// populate makes n keys k:0, k:1 ... and returns their names, sorted.
func (s scan) populate(n int) []string {
	s.do("EVAL", "for i=0,ARGV[1]-1 do redis.call('set','k:'..i,i) end", "0", strconv.Itoa(n))
	want := make([]string, n)
	for i := range want {
		want[i] = fmt.Sprint("k:", i)
	}
	slices.Sort(want)
	return want
}

// InsideScanKeys scans all keys of a database in each way: none, one, binary names,
// 10,000.
//
// Drives: Scan, ScanCursorCreate, ScanCursorDestroy.
func InsideScanKeys(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	for _, way := range scanWays {
		s.do("FLUSHALL")
		require.Empty(t, s.keys(way))
		s.do("SET", "", "x")
		require.Equal(t, []string{""}, s.keys(way))
		s.do("SET", "\x00\xff\r\n", "x")
		require.Equal(t, []string{"", "\x00\xff\r\n"}, unique(s.keys(way)))
		s.do("FLUSHALL")
		want := s.populate(10_000)
		require.Equal(t, want, unique(s.keys(way)), way)
		// A large table with few keys, while it shrinks.
		s.do("EVAL", "for i=0,9989 do redis.call('del','k:'..i) end", "0")
		require.Len(t, unique(s.keys(way)), 10)
	}
}

// InsideScanLendsKeys looks at the keys that a scan's function gets.
//
// Drives: Scan.
func InsideScanLendsKeys(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	s.do("SET", "str", "12345")
	s.do("RPUSH", "list", "a", "b")
	s.do("ZADD", "zset", "1", "a", "2", "b", "3", "c")
	c := s.cursor()
	seen := map[string][]any{}
	var kept rm.ReadKey
	for more := true; more; {
		var err error
		more, err = ctx.Scan(c, func(name rm.RStr, key rm.ReadKey) {
			endAgain(key.Close)
			seen[name.Clone()] = answers(key.Type(), key.Len())
			kept = key
		})
		require.NoError(t, err)
	}
	require.Equal(t, map[string][]any{
		"str": answers(rm.KeyTypeString, 5), "list": answers(rm.KeyTypeList, 2), "zset": answers(rm.KeyTypeZSet, 3),
	}, seen)
	require.Equal(t, "Key(closed)", kept.String(), "after the call")
}

// InsideScanExpired shows that the server scans keys whose time is over.
//
// Drives: Scan.
func InsideScanExpired(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	s.do("DEBUG", "SET-ACTIVE-EXPIRE", "0")
	s.do("SET", "stays", "x")
	s.do("SET", "expired", "x", "PX", "1")
	t.Later(5*time.Millisecond, func(t *inside.T, ctx rm.Context) {
		s := scan{env{t, ctx}}
		for _, way := range scanWays {
			require.Equal(t, []string{"expired", "stays"}, unique(s.keys(way)))
		}
		s.do("DEBUG", "SET-ACTIVE-EXPIRE", "1")
	})
}

// InsideScanChanges changes the database in the body of a scan.
//
// Drives: Scan.
func InsideScanChanges(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	want := s.populate(10_000)
	got := s.body(func(name rm.RStr, _ int) bool { // the key itself, and another one
		s.call("DEL", rm.Str(name), rm.Text("other:"+name.Clone()))
		return true
	})
	require.Equal(t, want, unique(got))
	require.Empty(t, s.list("KEYS", "*"))

	// Growing: the table is rehashed several times while the scan runs.
	want = s.populate(1000)
	got = s.body(func(_ rm.RStr, n int) bool {
		if n < 20_000 {
			s.call("SET", rm.Text("new:"+strconv.Itoa(n)), rm.Int64(1))
		}
		return true
	})
	require.Empty(t, missing(want, got))
	require.Empty(t, missing(got, s.list("KEYS", "*")))

	s.do("FLUSHALL")
	want = s.populate(10_000)
	got = s.body(func(name rm.RStr, n int) bool { // each key by another one
		if n < 20_000 {
			s.call("DEL", rm.Str(name))
			s.call("SET", rm.Text("new:"+strconv.Itoa(n)), rm.Int64(1))
		}
		return true
	})
	require.Empty(t, missing(want, got))
	require.Empty(t, s.list("KEYS", "k:*"))

	// What is seen of a database that is emptied: the names that were read ahead.
	for _, command := range [][]string{{"FLUSHDB"}, {"EVAL", "for _, k in ipairs(redis.call('keys','*')) do redis.call('del',k) end", "0"}} {
		s.do("FLUSHALL")
		s.populate(1000)
		got = s.body(func(rm.RStr, int) bool {
			s.do(command...)
			return true
		})
		require.NotEmpty(t, got)
		require.Less(t, len(got), 200, command)
		require.Empty(t, s.list("KEYS", "*"))
	}
}

// InsideScanEnds leaves scans by break, panic and runtime.Goexit; nothing leaks, and the
// next scan is right.
//
// Drives: Scan, ScanCursorDestroy.
func InsideScanEnds(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	want := s.populate(1000)
	// leave scans in a command of its own and leaves it at the nth key.
	leave := func(way string, n int) error {
		return s.command(func(ctx rm.Context) error {
			keys, err := ctx.Keys(nil)
			if err != nil {
				return err
			}
			for range keys.All {
				if n--; n > 0 {
					continue
				}
				switch way {
				case "panic":
					panic("in the body")
				case "goexit":
					runtime.Goexit()
				}
				break
			}
			return nil
		})
	}
	wants := map[string]any{
		"break": "ok", "panic": rm.Error("ERR inside.command: panic: in the body"), "goexit": rm.Error("ERR inside.command: the handler called runtime.Goexit"),
	}
	if !canGoexit() {
		delete(wants, "goexit")
	}
	for way, answer := range wants {
		require.Equal(t, fmt.Sprint(answer), fmt.Sprint(done(leave(way, 3))))
		require.Equal(t, want, unique(s.keys("loop")))
	}
	s.grows(5, 1000, func() {
		for way := range wants {
			for i := range 10 {
				_ = leave(way, 30*i)
			}
		}
	})
	// A step's function.
	c := s.cursor()
	for _, at := range []int{1, 2, 500, 1000} {
		require.NoError(t, c.Restart())
		var seen []string
		step := func(name rm.RStr, _ rm.ReadKey) {
			seen = append(seen, name.Clone())
			if len(seen) == at {
				panic(rm.ErrRange)
			}
		}
		failures := 0
		for more := true; more; {
			func() {
				defer func() {
					if v := recover(); v != nil {
						require.Equal(t, rm.ErrRange, v)
						failures++
						more = true
					}
				}()
				var err error
				more, err = ctx.Scan(c, step)
				require.NoError(t, err)
			}()
		}
		require.Equal(t, 1, failures)
		require.Equal(t, want, unique(seen), "the same step's others included")
	}
	s.grows(20, 1000, func() {
		for _, at := range []int{1, 2, 30, 300, 1000} {
			_ = c.Restart()
			func() {
				defer func() { _ = recover() }()
				n := 0
				for more := true; more && n <= at; {
					more, _ = ctx.Scan(c, func(rm.RStr, rm.ReadKey) {
						if n++; n == at {
							panic("in the function")
						}
					})
				}
			}()
		}
		_ = c.Restart()
	})
}

// InsideScanGoesOn stops a scan and goes on with it in later commands, in both ways and
// mixed.
//
// Drives: Scan, ScanCursorCreate, ScanCursorRestart, ScanCursorDestroy.
func InsideScanGoesOn(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	want := s.populate(2000)
	c := s.cursor()
	loop := func(most int) []string { // in a command of its own
		seen := []string{}
		require.NoError(t, s.command(func(ctx rm.Context) error {
			keys, err := ctx.Keys(c)
			for name := range keys.All {
				if seen = append(seen, name.Clone()); len(seen) == most {
					break
				}
			}
			return err
		}))
		return seen
	}
	step := func() (seen []string, more bool) {
		require.NoError(t, s.command(func(ctx rm.Context) (err error) {
			more, err = ctx.Scan(c, func(name rm.RStr, key rm.ReadKey) {
				if key.Exists() {
					seen = append(seen, name.Clone())
				}
			})
			return err
		}))
		return seen, more
	}
	for _, most := range []int{1, 7, 1000, 5000} {
		var got []string
		for {
			part := loop(most)
			got = append(got, part...)
			if len(part) < most {
				break
			}
			require.Len(t, part, most)
		}
		require.Equal(t, want, unique(got), most)
		require.Empty(t, loop(1), "the scan is over")
		require.NoError(t, c.Restart())
	}
	// Loops and steps by turns: names that a loop has left come in the next step.
	var got []string
	for more := true; more; {
		got = append(got, loop(1)...)
		var part []string
		part, more = step()
		got = append(got, part...)
	}
	require.Equal(t, want, unique(got))
	part, more := step()
	require.Empty(t, part)
	require.False(t, more)

	// A restart in the middle forgets what a loop has left.
	require.NoError(t, c.Restart())
	first := loop(1)
	require.NoError(t, c.Restart())
	require.Equal(t, first, loop(1))
	s.do("FLUSHALL")
	part, _ = step()
	require.Empty(t, part, "kept names of keys that are gone")
	c.Free()
	endAgain(c.Free)
	s.populate(500)
	s.grows(100, 1000, func() {
		c, _ := rm.NewScanCursor()
		for range 2 {
			keys, _ := ctx.Keys(c)
			for range keys.All {
				break
			}
			_, _ = ctx.Scan(c, func(rm.RStr, rm.ReadKey) {})
			for range keys.All {
				break
			}
			_ = c.Restart()
		}
		keys, _ := ctx.Keys(c)
		for range keys.All {
			break
		}
		c.Free()
	})
}

// InsideScanNested walks inside of walks, over the same and over another database, and in
// a goroutine that gives the lock back between parts.
//
// Drives: Scan.
func InsideScanNested(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	want := s.populate(100)
	count := 0
	s.body(func(rm.RStr, int) bool {
		count += len(s.keys("loop"))
		return true
	})
	require.Equal(t, 100*100, count)

	redismodule.SelectDb(ctx.Raw(), 1)
	s.do("SET", "a", "1")
	s.do("SET", "b", "1")
	redismodule.SelectDb(ctx.Raw(), 0)
	seen := s.body(func(rm.RStr, int) bool {
		redismodule.SelectDb(ctx.Raw(), 1)
		require.Equal(t, []string{"a", "b"}, unique(s.keys("loop")))
		return true // the outer walk stays in its database all the same
	})
	redismodule.SelectDb(ctx.Raw(), 0)
	require.Equal(t, want, unique(seen))

	c, err := rm.NewScanCursor()
	require.NoError(t, err)
	result := make(chan int, 1)
	thread := ctx.DetachedThreadSafeContext()
	go func() {
		defer thread.Free()
		total := 0
		for ended := false; !ended; {
			if thread.Do(func(ctx rm.Context) error {
				keys, err := ctx.Keys(c)
				n := 0
				for range keys.All {
					if n++; n == 40 {
						break
					}
				}
				total += n
				if ended = n < 40; ended {
					c.Free()
					return nil
				}
				return err
			}) != nil {
				total = -1
				break
			}
		}
		result <- total
	}()
	await(t, func(t *inside.T, _ rm.Context) bool {
		select {
		case total := <-result:
			require.Equal(t, 100, total)
			return true
		default:
			return false
		}
	})
}

// InsideScanMisuse uses cursors wrongly in every way.
//
// Drives: Scan, ScanCursorRestart, ScanCursorDestroy.
func InsideScanMisuse(t *inside.T, ctx rm.Context) {
	skipMisuse(t)
	const (
		busy  = rm.Error("ERR the scan cursor is in use by another scan")
		freed = rm.Error("ERR the scan cursor is freed")
	)
	s := scan{env{t, ctx}}
	s.do("HSET", "h", "f", "v")
	misuse := func(check func(want, got []any)) {
		c, err := rm.NewScanCursor()
		check(answers(nil), answers(err))
		name := rm.NewRStringText("h")
		defer name.Free()
		key := ctx.OpenReadKey(name.Str())
		nothing := func(rm.RStr, rm.ReadKey) {}
		// until steps until there was a key.
		until := func(fn func()) []any {
			more, n := true, 0
			var err error
			for n == 0 && more && err == nil {
				more, err = ctx.Scan(c, func(rm.RStr, rm.ReadKey) {
					n++
					fn()
				})
			}
			return answers(more, err)
		}
		keysOf := func() error { _, err := ctx.Keys(c); return err }
		elementsOf := func() error { _, err := key.Elements(c); return err }

		until(func() {
			check(answers(false, busy), answers(ctx.Scan(c, nothing)))
			check(answers(busy), answers(keysOf()))
			check(answers(false, busy), answers(key.ScanKey(c, nil)))
		})
		for more := true; more; {
			more, err = ctx.Scan(c, nothing)
			check(answers(nil), answers(err))
		}
		check(answers(false, nil), answers(ctx.Scan(c, func(rm.RStr, rm.ReadKey) { check(answers("no key"), answers("the end")) })))
		check(answers(false, busy), answers(key.ScanKey(c, nil))) // behind keys
		check(answers(busy), answers(elementsOf()))
		check(answers(nil), answers(c.Restart()))
		check(answers(true, nil), until(func() { check(answers(nil), answers(c.Restart())) }))
		again := 0
		check(answers(nil), until(func() {
			again++
			check(answers(nil), answers(c.Restart()))
		})[1:])
		check(answers(1), answers(again))
		check(answers(false, nil), until(func() {
			c.Free()
			c.Free()
			check(answers(freed), answers(c.Restart()))
		}))
		c.Free()
		check(answers(freed), answers(c.Restart()))
		check(answers(false, freed), answers(ctx.Scan(c, nothing)))
		check(answers(freed), answers(keysOf()))
		check(answers(false, freed), answers(key.ScanKey(c, nil)))
		check(answers(freed), answers(elementsOf()))

		c, _ = rm.NewScanCursor()
		keys, err := ctx.Keys(c)
		check(answers(nil), answers(err))
		n := 0
		for range keys.All {
			n++
			c.Free()
		}
		for range keys.All { // of a freed cursor
			n++
		}
		for range (rm.KeyScan{}).All {
			n++
		}
		for range (rm.ElementScan{}).All {
			n++
		}
		check(answers(1), answers(n))
		key.Close()
		c, _ = rm.NewScanCursor()
		check(answers(false, rm.ErrKeyClosed), answers(key.ScanKey(c, nil)))
		check(answers(rm.ErrKeyClosed), answers(elementsOf()))
		c.Free()
	}
	misuse(func(want, got []any) {
		t.Helper()
		require.Equal(t, want, got)
	})
	s.leakless(func() { misuse(func(_, _ []any) {}) })
}

// InsideScanCosts counts Go allocations of scans of 100 keys.
//
// Drives: Scan, ScanCursorRestart.
func InsideScanCosts(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	s.populate(100)
	c := s.cursor()
	n := 0
	one := func(rm.RStr, rm.ReadKey) { n++ }
	s.costs(func() {
		n = 0
		for _, cursor := range [...]*rm.ScanCursor{nil, c} {
			_ = c.Restart()
			keys, err := ctx.Keys(cursor)
			if err != nil {
				panic(err)
			}
			for name := range keys.All {
				n += min(1, name.Len())
			}
		}
		_ = c.Restart()
		for more := true; more; {
			more, _ = ctx.Scan(c, one)
		}
		if n != 300 {
			panic(n)
		}
	})
}

// InsideScanBytes loops over the contents of names: they stay what they are whatever
// becomes of the keys, the loop may end anywhere, and two loops share a cursor.
//
// Drives: Scan, StringPtrLen.
func InsideScanBytes(t *inside.T, ctx rm.Context) {
	s := scan{env{t, ctx}}
	want := s.populate(3000)
	walk := func(cursor *rm.ScanCursor, body func(name []byte, n int) bool) (seen []string) {
		keys, err := ctx.Keys(cursor)
		require.NoError(t, err)
		for name := range keys.AllBytes {
			before := string(name)
			more := body(name, len(seen)+1)
			require.Equal(t, before, string(name))
			if seen = append(seen, before); !more {
				break
			}
		}
		return seen
	}
	all := func([]byte, int) bool { return true }
	require.Equal(t, want, unique(walk(nil, all)))

	// A cursor is left in the middle, by both kinds of loops, and one loop in another.
	c := s.cursor()
	var seen []string
	for range 5 {
		seen = append(seen, walk(c, func(_ []byte, n int) bool { return n < 7 })...)
		keys, err := ctx.Keys(c)
		require.NoError(t, err)
		n := 0
		for name := range keys.All {
			seen = append(seen, name.Clone())
			if n++; n == 100 {
				break
			}
		}
	}
	seen = append(seen, walk(c, func(_ []byte, n int) bool {
		if n == 3 {
			seen = append(seen, walk(c, func(_ []byte, n int) bool { return n < 200 })...)
		}
		return true
	})...)
	require.Equal(t, want, unique(seen))
	c.Free()

	// The cursor ends in the body: the name stays for that body.
	c = s.cursor()
	require.Len(t, walk(c, func([]byte, int) bool { c.Free(); return true }), 1)

	for _, command := range []string{"DEL", "UNLINK", "RENAME", "FLUSHDB"} {
		s.do("FLUSHALL")
		want = s.populate(500)
		got := walk(nil, func(name []byte, _ int) bool {
			switch command {
			case "RENAME":
				if string(name[:2]) == "k:" {
					s.call(command, rm.Bytes(name), rm.Text("renamed:"+string(name)))
				}
			case "FLUSHDB":
				s.do(command)
			default:
				s.call(command, rm.Bytes(name))
			}
			return true
		})
		if command == "FLUSHDB" {
			require.Less(t, len(got), 200)
		} else {
			require.Empty(t, missing(want, got), command)
		}
	}
	s.do("FLUSHALL")
	s.populate(500)
	s.grows(5, 1000, func() { walk(nil, func(_ []byte, n int) bool { return n%100 != 99 }) })
}
