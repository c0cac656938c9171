// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// streamLoop is what the body of a loop over a stream knows.
type streamLoop struct {
	ctx   rm.Context
	k     rm.WriteKey
	name  rm.RStr
	r     rm.StreamRange
	id    rm.StreamID
	entry streamEntry // nil in a loop over IDs
	n, at int         // the entries so far; the entry where something happens
	skip  bool        // the fields are not looked at
	stale streamEntry // of the round before
	fault error
}

// streamEntry is an entry of one of two sorts of loops.
type streamEntry interface {
	NumFields() int
	Delete() (bool, error)
	texts() []string
}

type (
	stringsEntry struct{ rm.StreamEntry }
	bytesEntry   struct{ rm.StreamEntryBytes }
)

func (e stringsEntry) texts() (all []string) {
	i := 0
	for field, value := range e.Fields {
		if f, v := e.Field(i); f != field || v != value {
			return []string{"Field and Fields differ"}
		}
		all = append(all, field.Clone(), value.Clone())
		i++
	}
	return all
}

func (e bytesEntry) texts() (all []string) {
	i := 0
	for field, value := range e.Fields {
		if f, v := e.Field(i); string(f) != string(field) || string(v) != string(value) {
			return []string{"Field and Fields differ"}
		}
		all = append(all, string(field), string(value))
		i++
	}
	return all
}

func (l *streamLoop) call(name string, args ...rm.Arg) {
	reply, err := l.ctx.Call(name, 0, args...)
	l.check(err)
	reply.Free()
}

func (l *streamLoop) check(err error) {
	if err != nil {
		l.fault = err
	}
}

// once has something happen at the entry at only.
func (l *streamLoop) once(f func()) bool {
	if l.n == l.at {
		f()
	}
	return true
}

// streamBodies do what bodies of loops usually do not, from the entry at on; false ends
// the loop. Those for IDs too do not need the entry.
var streamBodies = map[string]func(l *streamLoop) bool{
	"nothing": func(*streamLoop) bool { return true },
	"break":   func(*streamLoop) bool { return false },
	"panic":   func(*streamLoop) bool { panic("out of the loop") },
	"goexit":  func(*streamLoop) bool { runtime.Goexit(); return true },
	"skip": func(l *streamLoop) bool {
		l.skip = true
		return true
	},
	"delete": func(l *streamLoop) bool {
		if ok, err := l.entry.Delete(); !ok || err != nil {
			l.fault = fmt.Errorf("not deleted: %w", err)
		}
		if ok, err := l.entry.Delete(); ok || err != nil {
			l.fault = fmt.Errorf("deleted twice: %w", err)
		}
		return true
	},
	"delete by the key": func(l *streamLoop) bool {
		_, err := l.k.StreamDelete(l.id)
		l.check(err)
		return true
	},
	"delete by a call": func(l *streamLoop) bool {
		l.call("XDEL", rm.Str(l.name), rm.Text(l.id.String()))
		return true
	},
	"nest": func(l *streamLoop) bool {
		if l.n > l.at+20 {
			return true
		}
		n := 0
		for range l.r.All {
			n++
		}
		for range l.r.IDsBackward {
			n--
			break
		}
		if n != l.k.Len()-1 && l.k.Len() > 0 {
			l.fault = fmt.Errorf("%d entries inside", n)
		}
		return true
	},
	"close": func(l *streamLoop) bool {
		return l.once(func() {
			l.k.Close()
			if l.entry == nil {
				return
			}
			if got := told(func() any { _, err := l.entry.Delete(); return err }); got != rm.ErrKeyClosed {
				l.fault = errors.New("Delete does not know that the key is closed")
			}
		})
	},
	"del":    func(l *streamLoop) bool { return l.once(func() { l.call("DEL", rm.Str(l.name)) }) },
	"flush":  func(l *streamLoop) bool { return l.once(func() { l.call("FLUSHALL") }) },
	"string": func(l *streamLoop) bool { return l.once(func() { l.call("SET", rm.Str(l.name), rm.Text("text")) }) },
	"trim": func(l *streamLoop) bool {
		return l.once(func() {
			_, err := l.k.StreamTrimByLength(0, 0)
			l.check(err)
		})
	},
	"delete all": func(l *streamLoop) bool {
		return l.once(func() {
			_, err := l.k.StreamDeleteRange(rm.MinStreamID, rm.MaxStreamID)
			l.check(err)
		})
	},
	"add": func(l *streamLoop) bool {
		return l.once(func() {
			s := rm.NewRStringText("added")
			for range 300 {
				_, err := l.k.StreamAddAuto(s.Str(), s.Str())
				l.check(err)
			}
			s.Free()
		})
	},
}

func init() {
	if !canGoexit() {
		delete(streamBodies, "goexit")
	}
}

// streamLoops are the ways to loop.
var streamLoops = []string{"forward", "backward", "bytes", "bytes backward", "ids", "ids backward"}

// loop loops over the range, and closes the key. See may be nil; it gets each entry,
// behind the body.
func (l *streamLoop) loop(way string, body func(l *streamLoop) bool, see func(id rm.StreamID, number int, fields []string)) {
	defer endAgain(l.k.Close) // the body may have closed it
	each := func(id rm.StreamID, number int) bool {
		l.n++
		l.id, l.skip = id, false
		stays := l.n < l.at || body(l)
		if see != nil && !l.skip {
			var fields []string
			if l.entry != nil {
				fields = l.entry.texts()
			}
			see(id, number, fields)
		}
		return stays
	}
	stale := func() bool { return l.stale != nil && (l.stale.NumFields() != 0 || len(l.stale.texts()) != 0) }
	entry := func(id rm.StreamID, e streamEntry) bool {
		if stale() {
			l.fault = errors.New("the last entry is still alive")
		}
		l.stale, l.entry = e, e
		return each(id, e.NumFields())
	}
	whole := func(id rm.StreamID, e rm.StreamEntry) bool { return entry(id, stringsEntry{e}) }
	contents := func(id rm.StreamID, e rm.StreamEntryBytes) bool { return entry(id, bytesEntry{e}) }
	switch way {
	case "forward":
		l.r.All(whole)
	case "backward":
		l.r.Backward(whole)
	case "bytes":
		l.r.AllBytes(contents)
	case "bytes backward":
		l.r.BackwardBytes(contents)
	case "ids":
		l.r.IDs(each)
	case "ids backward":
		l.r.IDsBackward(each)
	}
	if stale() {
		l.fault = errors.New("the entry is still alive")
	}
}

// walkedEntry is what a loop yields: without fields in a loop over IDs.
type walkedEntry struct {
	id     rm.StreamID
	number int
	fields string
}

// walked are entries as a loop yields them.
func walked(entries []entry, ids bool) []walkedEntry {
	out := []walkedEntry{}
	for _, e := range entries {
		w := walkedEntry{e.id, len(e.fields) / 2, ""}
		if !ids {
			w.fields = strings.Join(e.fields, " ")
		}
		out = append(out, w)
	}
	return out
}

// walk loops over a range and returns what the loop yields, or an error.
func (s stream) walk(how, key string, from, to rm.StreamID, exclusive bool, way, body string, at int) any {
	s.Helper()
	l := streamLoop{ctx: s.ctx, name: s.str(key), at: at}
	return s.opened(how, key, func(k rm.WriteKey) any {
		l.k = k
		var err error
		if l.r, err = k.Stream(from, to); err != nil {
			for range l.r.All {
				s.Fatal("a range with an error has entries")
			}
			return err
		}
		if exclusive {
			l.r = l.r.Exclusive()
		}
		seen := []walkedEntry{}
		func() {
			defer func() {
				if v := recover(); v != nil {
					require.Equal(s, "out of the loop", v)
				}
			}()
			l.loop(way, streamBodies[body], func(id rm.StreamID, number int, fields []string) {
				seen = append(seen, walkedEntry{id, number, strings.Join(fields, " ")})
			})
		}()
		require.NoError(s, l.fault, body)
		return seen
	})
}

// all loops over the whole stream k.
func (s stream) all(way, body string, at int) []walkedEntry {
	s.Helper()
	got, ok := s.walk(write, "k", rm.MinStreamID, rm.MaxStreamID, false, way, body, at).([]walkedEntry)
	require.True(s, ok)
	return got
}

// InsideStreamRanges compares loops with the server's own commands.
//
// Drives: StreamIteratorStart, StreamIteratorNextID, StreamIteratorNextField,
// StreamIteratorStop.
func InsideStreamRanges(t *inside.T, ctx rm.Context) {
	if lacksStreams(t, ctx) {
		return
	}
	s := stream{env{t, ctx}}
	for i := range 10_000 {
		words := []string{"XADD", "k", fmt.Sprintf("%d-%d", 1+i/3, 1+i%3)}
		for j := range 1 + i%4 { // some entries have the same names, others not
			words = append(words, fmt.Sprintf("f%d", (i/2+j)%5), fmt.Sprintf("\x00%d\xff", i))
		}
		s.do(words...)
	}
	s.do("XDEL", "k", "5-1", "17-2", "17-3", "3000-1")
	first, last := rm.MinStreamID, rm.MaxStreamID
	for _, r := range [][2]rm.StreamID{
		{first, last}, {last, first}, {id(1, 1), id(1, 1)}, {id(1, 1), id(2, 2)}, {id(5, 1), id(5, 1)}, {id(17, 1), id(18, 1)}, {first, first}, {id(3333, 1), last}, {id(4000, 0), last},
		{id(9, 2), id(9, 1)}, {id(100, 0), id(2500, 9)}, {id(17, 2), id(3000, 1)},
	} {
		for _, exclusive := range []bool{false, true} {
			low, high := r[0].String(), r[1].String()
			all := s.entries("XRANGE", "k", low, high)
			if exclusive {
				all = slices.DeleteFunc(all, func(e entry) bool { return e.id == r[0] || e.id == r[1] })
			}
			for _, way := range streamLoops {
				want := walked(all, strings.Contains(way, "ids"))
				if strings.Contains(way, "backward") {
					slices.Reverse(want)
				}
				require.Equal(t, want, s.walk(read, "k", r[0], r[1], exclusive, way, "nothing", 0), "%v %s exclusive %v", r, way, exclusive)
			}
		}
	}
	for _, r := range [][2]rm.StreamID{{last, last}, {first, first}, {id(1, 1), id(1, 1)}, {id(1, 1), id(1, 2)}} {
		for _, way := range streamLoops {
			require.Equal(t, []walkedEntry{}, s.walk(read, "k", r[0], r[1], true, way, "nothing", 0), r)
		}
	}
	require.Len(t, s.all("ids", "nothing", 0), 10_000-4)

	// Fields that are not looked at, or not all of them, are no trouble for the next entry.
	s.with(read, "k", func(k rm.WriteKey) any {
		r, err := k.Stream(id(10, 1), id(10, 2))
		require.NoError(t, err)
		var some []string
		for id, e := range r.All {
			some = append(some, id.String(), strconv.Itoa(e.NumFields()))
			for field, value := range e.Fields {
				some = append(some, field.Clone(), value.Clone())
				break
			}
			f, v := e.Field(e.NumFields())
			require.True(t, f.IsZero() && v.IsZero(), "there is no such field")
		}
		require.Equal(t, []string{"10-1", "4", "f3", "\x0027\xff", "10-2", "1", "f4", "\x0028\xff"}, some)
		r, err = k.Stream(first, last)
		require.NoError(t, err)
		n := 0
		for range r.All {
			n++
		}
		require.Equal(t, 10_000-4, n)
		return nil
	})

	s.do("XADD", "ends", "0-1", "f", "v")
	s.do("XADD", "ends", last.String(), "f", "v")
	require.Equal(t, []walkedEntry{{id(0, 1), 1, ""}, {last, 1, ""}}, s.walk(read, "ends", first, last, false, "ids", "nothing", 0))
	require.Equal(t, []walkedEntry{{last, 1, ""}, {id(0, 1), 1, ""}}, s.walk(read, "ends", first, last, false, "ids backward", "nothing", 0))
}

// InsideStreamWalkRefusals loops where there is nothing to loop over.
//
// Drives: StreamIteratorStart.
func InsideStreamWalkRefusals(t *inside.T, ctx rm.Context) {
	if lacksStreams(t, ctx) {
		return
	}
	s := stream{env{t, ctx}}
	s.do("XADD", "empty", "1-1", "f", "v")
	s.do("XDEL", "empty", "1-1")
	refused := func(how, key string, want any) {
		t.Helper()
		for _, way := range streamLoops {
			require.Equal(t, want, s.walk(how, key, rm.MinStreamID, rm.MaxStreamID, false, way, "nothing", 0))
		}
	}
	for _, how := range []string{read, write} {
		refused(how, "none", []walkedEntry{})
		refused(how, "empty", []walkedEntry{})
	}
	refused(closed, "empty", rm.ErrKeyClosed)
	refused(zero, "empty", rm.ErrKeyClosed)
	s.otherTypes("stream", func(key string) {
		refused(read, key, rm.ErrWrongType)
		refused(write, key, rm.ErrWrongType)
	})
}

// InsideStreamWalkBodies has the bodies of loops do all that the server's iterator would
// not survive.
//
// Drives: StreamIteratorStart, StreamIteratorNextID, StreamIteratorNextField,
// StreamIteratorStop, StreamDelete, StreamAdd.
func InsideStreamWalkBodies(t *inside.T, ctx rm.Context) {
	if lacksStreams(t, ctx) {
		return
	}
	s := stream{env{t, ctx}}
	for _, n := range []int{1, 4, 5, 40, 700} {
		for _, way := range streamLoops {
			ids := strings.Contains(way, "ids")
			s.fill("k", n)
			all := walked(s.entries("XRANGE", "k", "-", "+"), ids)
			if strings.Contains(way, "backward") {
				slices.Reverse(all)
			}
			walk := func(want []walkedEntry, body string, at int) {
				t.Helper()
				require.Equal(t, want, s.all(way, body, at), "%s: %d entries, %s", body, n, way)
			}
			for _, at := range []int{1, 4, 5, n} {
				at = min(at, n)
				walk(all[:at], "break", at)
				walk(all[:at-1], "panic", at) // before it is seen
				walk(all, "nest", at)
				if ids {
					walk(all[:at], "close", at)
					continue
				}
				// The fields of the entry are gone with the key.
				got := s.all(way, "close", at)
				require.Len(t, got, at)
				require.Equal(t, all[:at-1], got[:at-1])
				require.Equal(t, all[at-1].id, got[at-1].id)
			}
			deletions := []string{"delete by the key"}
			if !ids {
				deletions = []string{"delete", "delete by the key"}
			}
			for _, body := range deletions {
				s.fill("k", n)
				walk(all, body, n/2+1)
				require.Equal(t, n/2, s.do("XLEN", "k"))
			}
			s.fill("k", n)
			walk(all, "delete by a call", 1)
			require.Equal(t, 0, s.do("XLEN", "k"))
			for _, at := range []int{1, 5} {
				at = min(at, n)
				for _, body := range []string{"trim", "delete all", "del", "flush", "string"} {
					s.fill("k", n)
					got := s.all(way, body, at)
					require.GreaterOrEqual(t, len(got), at)
					if !ids {
						require.LessOrEqual(t, len(got), 40, "the loop is few entries ahead")
					}
					require.Equal(t, all[:len(got)], got, body)
					s.do("DEL", "k")
				}
				s.fill("k", n)
				got := s.all(way, "add", at)
				require.Equal(t, all, got[:n])
				if way == "forward" && n == 700 {
					require.Len(t, got, n+300, "they are behind what has been read")
				}
				require.Equal(t, n+300, s.do("XLEN", "k"))
			}
		}
	}
}

// InsideStreamWalkReadOnly deletes by a key that is open for reading.
//
// Drives: StreamDelete, StreamIteratorNextID.
func InsideStreamWalkReadOnly(t *inside.T, ctx rm.Context) {
	if lacksStreams(t, ctx) {
		return
	}
	s := stream{env{t, ctx}}
	s.fill("k", 300)
	s.with(read, "k", func(k rm.WriteKey) any {
		r, err := k.Stream(id(7, 1), id(7, 1))
		require.NoError(t, err)
		n := 0
		for _, e := range r.All {
			n++
			require.Equal(t, answers(false, rm.ErrRefused), answers(e.Delete()))
		}
		require.Equal(t, 1, n)
		return nil
	})
	require.Equal(t, 300, s.do("XLEN", "k"))
}

// InsideStreamWalkBig has entries with large fields, and with many.
//
// Drives: StreamIteratorNextField.
func InsideStreamWalkBig(t *inside.T, ctx rm.Context) {
	if lacksStreams(t, ctx) {
		return
	}
	s := stream{env{t, ctx}}
	big := strings.Repeat("0123456789abcde\x00", 1<<16)
	many := []string{"XADD", "k", "2-1"}
	for i := range 20_000 {
		many = append(many, strconv.Itoa(i))
	}
	s.do("XADD", "k", "1-1", big, big)
	s.do(many...)
	for i := range 10 {
		s.do("XADD", "k", fmt.Sprintf("3-%d", i), strconv.Itoa(i), big)
	}
	want := walked(s.entries("XRANGE", "k", "-", "+"), false)
	require.True(t, slices.Equal(want, s.all("forward", "nothing", 0)))
	require.True(t, slices.Equal(want, s.all("bytes", "nothing", 0)))
	slices.Reverse(want)
	require.True(t, slices.Equal(want, s.all("backward", "nothing", 0)))
	require.True(t, slices.Equal(want, s.all("bytes backward", "nothing", 0)))
}

// InsideStreamCosts looks for leaks and for Go allocations, errors included.
//
// Drives: StreamAdd, StreamDelete, StreamTrimByLength, StreamTrimByID,
// StreamIteratorDelete, StreamIteratorNextField.
func InsideStreamCosts(t *inside.T, ctx rm.Context) {
	if lacksStreams(t, ctx) {
		return
	}
	s := stream{env{t, ctx}}
	s.fill("k", 1000)
	s.do("XADD", "small", "1-1", "f", "v")
	name, small, f, v := s.str("k"), s.str("small"), s.str("f"), s.str("v")
	after := id(2000, 1)
	s.costs(func() {
		k := ctx.OpenWriteKey(small)
		_, _ = k.StreamAddAuto(f, v, v, f)
		_, _ = k.StreamAdd(id(1, 1), f, v)
		_, _ = k.StreamAdd(id(1, 1), f)
		_, _ = k.StreamAdd(after, f, rm.RStr{})
		_, _ = k.StreamDelete(after)
		_, _ = k.StreamDelete(id(0, 1))
		_, _ = k.StreamDeleteRange(id(2, 1), rm.MaxStreamID)
		_, _ = k.StreamTrimByLength(100000, 0)
		_, _ = k.StreamTrimByLength(-1, 0)
		_, _ = k.StreamTrimByID(id(1, 1), rm.StreamTrimApprox)
		k.Close()
		_, _ = k.Stream(rm.MinStreamID, rm.MaxStreamID)
		r := forged(ctx.OpenReadKey(small))
		_, _ = r.StreamAdd(after, f, v)
		_, _ = r.StreamDelete(id(1, 1))
		_, _ = r.StreamDeleteRange(id(1, 1), after)
		r.Close()
	})
	s.costsIn(200, func() {
		k := ctx.OpenReadKey(name)
		r, err := k.Stream(rm.MinStreamID, rm.MaxStreamID)
		if err != nil {
			panic(err)
		}
		n, sum := 0, 0
		for _, e := range r.All {
			for field, value := range e.Fields {
				sum += field.Len() + value.Len()
			}
			if n++; n == 300 {
				break
			}
		}
		m, same := 0, 0
		for _, e := range r.AllBytes {
			for field, value := range e.Fields {
				same += len(field) + len(value)
			}
			if m++; m == 300 {
				break
			}
		}
		for range r.Backward {
			if n++; n == 600 {
				break
			}
		}
		for range r.IDs {
			break
		}
		part, _ := k.Stream(id(10, 1), id(12, 1))
		for range part.All {
			for range part.Backward {
				n++
			}
		}
		if n != 609 || sum != 300+9+2*90+3*201 || same != sum {
			panic(fmt.Sprint(n, " ", sum, " ", same))
		}
		k.Close()
	})
}

// InsideStreamNoLeaks repeats everything and watches the server's memory.
//
// Drives: StreamAdd, StreamDelete, StreamIteratorStart, StreamIteratorStop,
// StreamIteratorNextField.
func InsideStreamNoLeaks(t *inside.T, ctx rm.Context) {
	if lacksStreams(t, ctx) {
		return
	}
	s := stream{env{t, ctx}}
	refill := []func(){
		s.ready("DEL", "k"), s.ready("EVAL", "for i=1,100 do redis.call('xadd',KEYS[1],i..'-1','f','value'..i,'g','other') end", "1", "k"),
	}
	name := s.str("k")
	work := func() {
		for body, act := range streamBodies {
			for _, way := range streamLoops {
				for _, f := range refill {
					f()
				}
				for _, at := range []int{1, 5, 30} {
					if strings.Contains(way, "ids") && body == "delete" {
						continue
					}
					err := s.command(func(ctx rm.Context) error {
						l := streamLoop{ctx: ctx, name: name, at: at}
						l.k = ctx.OpenWriteKey(name)
						l.r, _ = l.k.Stream(rm.MinStreamID, rm.MaxStreamID)
						l.loop(way, act, nil)
						return nil
					})
					if stopped := body == "panic" || body == "goexit"; stopped != (err != nil) {
						panic(fmt.Sprint(body, err))
					}
				}
			}
		}
		refill[0]()
	}
	s.grows(4, 500, work)
}
