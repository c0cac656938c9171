// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/rm"
)

// scanTrial is a program that scans the keys of two databases, or the elements of keys.
type scanTrial struct {
	t    *testing.T
	ctx  rm.Context
	c    *choices
	db   int
	keys [2]map[string]int // of each database, with the kind of the value: 0 is a string
	// The elements of keys that have some.
	elements map[string]map[string]string
	walks    [3]scanWalk
	active   []*scanWalk // these, and those of loops that begin anew
	depth    int
}

// scanWalk is a cursor, and what scans with it owe.
type scanWalk struct {
	cursor *rm.ScanCursor
	key    string // whose elements it scans
	use    byte   // 0: nothing yet, 1: keys, 2: elements
	over   bool
	owed   map[string]bool // there since it began, and not shown
	may    map[string]bool // gone or come since it began
	shown  map[string]bool
}

// begin makes a walk one over all there is.
func (s *scanTrial) begin(w *scanWalk, use byte, names []string) {
	w.use, w.over, w.owed, w.may, w.shown = use, false, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, n := range names {
		w.owed[n] = true
	}
}

// see notes what a walk shows: a name is shown once, and only if it was there at some time.
func (s *scanTrial) see(w *scanWalk, name string) {
	s.t.Helper()
	if w.shown[name] {
		s.t.Errorf("%q is shown twice", name)
	}
	if !w.owed[name] && !w.may[name] {
		s.t.Errorf("%q is shown, and was not there", name)
	}
	w.shown[name] = true
	delete(w.owed, name)
}

// end reports what a walk owes when it is over.
func (s *scanTrial) end(w *scanWalk) {
	s.t.Helper()
	if w.over = true; len(w.owed) > 0 {
		s.t.Errorf("%q is not shown", slices.Sorted(maps.Keys(w.owed)))
	}
}

// gone has all walks owe what has gone no more; they may have it still.
func (s *scanTrial) gone(name string) {
	for _, w := range s.active {
		if w.use == 1 && w.owed[name] {
			delete(w.owed, name)
			w.may[name] = true
		}
		if w.use == 2 && w.key == name {
			maps.Copy(w.may, w.owed)
			clear(w.owed)
		}
	}
}

func (s *scanTrial) names() []string { return slices.Collect(maps.Keys(s.keys[s.db])) }

// remove deletes a key, or does not find it.
func (s *scanTrial) remove(name string) {
	key := s.ctx.OpenWriteKey(s.ctx.Str(name))
	if err := key.Delete(); err != nil {
		s.t.Errorf("Delete: %v", err)
	}
	key.Close()
	delete(s.keys[s.db], name)
	if s.db == 0 {
		s.gone(name)
	}
}

// add makes a key.
func (s *scanTrial) add(name string) {
	key := s.ctx.OpenWriteKey(s.ctx.Str(name))
	if err := key.StringSet(s.ctx.Str("text")); err != nil {
		s.t.Errorf("StringSet: %v", err)
	}
	key.Close()
	s.keys[s.db][name] = 0
	for _, w := range s.active {
		if s.db == 0 && w.use == 1 && !w.owed[name] {
			w.may[name] = true
		}
	}
}

// selectDB selects another database.
func (s *scanTrial) selectDB(db int) {
	if err := s.ctx.SelectDB(db); err != nil {
		s.t.Errorf("SelectDB: %v", err)
	}
	s.db = db
}

// step is Context.Scan, once, with a function that does something to the key, to the cursor, panics or ends.
func (s *scanTrial) step(w *scanWalk) {
	how := s.c.take()
	n, at := 0, int(how>>4)
	restart, freed, failed := false, false, false
	if w.use == 0 && w.cursor != nil {
		s.begin(w, 1, s.names())
	}
	fn := func(name rm.RStr, key rm.ReadKey) {
		text := name.Clone()
		if freed {
			return // the server goes on to the end of its step
		}
		s.see(w, text)
		kind, there := s.keys[0][text]
		types := map[int]rm.KeyType{0: rm.KeyTypeString, ctest.HostHash: rm.KeyTypeHash, ctest.HostSet: rm.KeyTypeSet, ctest.HostSortedSet: rm.KeyTypeZSet}
		if !there || key.Type() != types[kind] {
			s.t.Errorf("%q: %v, want kind %d, there %t", text, key.Type(), kind, there)
		}
		if n++; n-1 != at%4 {
			return
		}
		switch how % 8 {
		case 1:
			key.Close() // it is lent, and stays with the server
			key.Close()
		case 2:
			key.Close()
			s.remove(text)
		case 3:
			restart = w.cursor.Restart() == nil
		case 4:
			w.cursor.Free()
			freed = true
		case 5:
			failed = true
			panic("a scan")
		case 6:
			// What an earlier one has left is the same for both.
			if _, err := s.ctx.Scan(w.cursor, func(name rm.RStr, _ rm.ReadKey) { s.see(w, name.Clone()) }); err != nil && err != rm.ErrCursorBusy {
				s.t.Errorf("a scan in its own: %v", err)
			}
		}
	}
	var more bool
	var err error
	func() {
		defer func() {
			if v := recover(); v != nil && (!failed || fmt.Sprint(v) != "a scan") {
				panic(v)
			}
		}()
		more, err = s.ctx.Scan(w.cursor, fn)
	}()
	switch {
	case failed:
		return
	case err != nil:
		if w.use != 2 || err != rm.ErrCursorBusy {
			s.t.Errorf("Scan: %v", err)
		}
		return
	case w.use == 2:
		s.t.Errorf("Scan with a cursor of elements")
		return
	case freed:
		w.cursor = nil
		*w = scanWalk{}
		if more {
			s.t.Errorf("a cursor that is freed has more")
		}
		return
	case restart:
		w.use = 0
		return
	}
	if !more {
		s.end(w)
	} else if w.over {
		s.t.Errorf("a scan that is over has more")
	}
}

// body does something at every step of a loop, and ends it at one.
func (s *scanTrial) body(n, at int, how byte, do func()) bool {
	if s.c.take()&1 != 0 {
		do()
	}
	if n != at {
		return true
	}
	switch how % 4 {
	case 1:
		panic("stop")
	case 2:
		runtime.Goexit()
	}
	return false
}

// loopKeys walks over the names of keys, with a cursor or without.
func (s *scanTrial) loopKeys(w *scanWalk) {
	how, at := s.c.take(), int(s.c.take())
	s.selectDB(0)
	cursor := w.cursor
	if how&4 != 0 || cursor == nil {
		cursor, w = nil, &scanWalk{}
		s.active = append(s.active, w)
		defer func() { s.active = s.active[:len(s.active)-1] }()
	}
	keys, err := s.ctx.Keys(cursor)
	if w.use == 2 {
		if err != rm.ErrCursorBusy {
			s.t.Errorf("Keys with a cursor of elements: %v", err)
		}
		return
	}
	if err != nil {
		s.t.Errorf("Keys: %v", err)
		return
	}
	if w.use == 0 {
		s.begin(w, 1, s.names())
	}
	n, ended := 0, true
	seen := func(name string) bool {
		s.see(w, name)
		n++
		ok := s.body(n, at, how, func() {
			switch b := s.c.take(); b % 8 {
			case 0:
				s.remove(name)
			case 1:
				s.remove(fmt.Sprint("k", b/8))
			case 2:
				s.add(fmt.Sprint("new", b))
			case 3:
				s.selectDB(1)
			case 4:
				s.selectDB(0)
			case 5:
				if s.depth++; s.depth < 3 {
					s.loopKeys(&s.walks[2])
				}
				s.depth--
			}
		})
		ended = ended && ok
		return ok
	}
	if how&8 != 0 {
		keys.AllBytes(func(name []byte) bool { return seen(string(name)) })
	} else {
		keys.All(func(name rm.RStr) bool { return seen(name.Clone()) })
	}
	if ended {
		s.end(w)
	}
	s.selectDB(0)
}

// pair is what shows an element.
func pair(field, value rm.RStr) string {
	text := field.String() + "="
	if value != (rm.RStr{}) {
		text += value.String()
	}
	return text
}

func (s *scanTrial) pairs(name string) (list []string) {
	if _, there := s.keys[0][name]; !there {
		return nil
	}
	for field, value := range s.elements[name] {
		list = append(list, field+"="+value)
	}
	return list
}

// loopElements walks over the elements of a key.
func (s *scanTrial) loopElements(w *scanWalk) {
	how, at := s.c.take(), int(s.c.take()%12)
	name := fmt.Sprint("k", s.c.take()%8)
	if w.use == 2 {
		name = w.key // a cursor goes on with its own
	}
	key := s.ctx.OpenWriteKey(s.ctx.Str(name))
	defer key.Close()
	kind, there := s.keys[0][name]
	cursor := w.cursor
	if how&4 != 0 || cursor == nil {
		cursor, w = nil, &scanWalk{}
		s.active = append(s.active, w)
		defer func() { s.active = s.active[:len(s.active)-1] }()
	}
	n, gone, closed, restarted := 0, false, false, false
	var want error
	if there && kind == 0 {
		want = rm.ErrWrongType
	}
	if w.use == 1 {
		want = rm.ErrCursorBusy
	}
	scanKey := how&8 != 0 && cursor != nil
	if w.use == 0 && (want == nil || scanKey) {
		s.begin(w, 2, s.pairs(name))
		w.key = name
	}
	defer func() {
		if restarted { // and perhaps used again since
			_ = w.cursor.Restart()
			*w = scanWalk{cursor: w.cursor}
		}
	}()
	seen := func(field, value rm.RStr) bool {
		s.see(w, pair(field, value))
		n++
		return s.body(n, at, how, func() {
			switch s.c.take() % 8 {
			case 0:
				err := key.Delete()
				if closed != (err == rm.ErrKeyClosed) || !closed && err != nil {
					s.t.Errorf("Delete: %v, closed %t", err, closed)
				}
				if closed {
					return // the elements of a step are shown to its end
				}
				delete(s.keys[0], name)
				gone = true
				s.gone(name)
			case 1:
				key.Close()
				gone, closed = true, true
			case 2:
				if cursor != nil && cursor.Restart() == nil {
					restarted = true
					s.begin(w, 2, s.pairs(name))
				}
			case 3:
				if _, err := s.ctx.Keys(cursor); cursor != nil && err != rm.ErrCursorBusy && w.use == 2 {
					s.t.Errorf("Keys with the cursor of elements: %v", err)
				}
			}
		})
	}
	if scanKey {
		failed := false
		more, err := key.ScanKey(cursor, func(field, value rm.RStr) {
			if !failed {
				failed = !seen(field, value)
			} else {
				s.see(w, pair(field, value))
			}
		})
		switch {
		case gone || restarted:
		case err != want:
			s.t.Errorf("ScanKey of %s: %v, want %v", name, err, want)
		case err == nil && !more:
			s.end(w)
		}
		return
	}
	elements, err := key.Elements(cursor)
	if err != want && !(there && kind == 0 && err == rm.ErrWrongType) {
		s.t.Errorf("Elements of %s: %v, want %v", name, err, want)
	}
	if err != nil {
		return
	}
	ended := true
	elements.All(func(field, value rm.RStr) bool {
		ended = seen(field, value)
		return ended
	})
	if ended && !gone {
		s.end(w)
	}
}

func (s *scanTrial) run() {
	for len(s.c.rest) > 0 {
		op := s.c.take()
		w := &s.walks[int(op>>4)%len(s.walks)]
		switch op % 8 {
		case 0:
			if w.cursor == nil {
				cursor, err := rm.NewScanCursor()
				if err != nil {
					s.t.Errorf("NewScanCursor: %v", err)
				}
				*w = scanWalk{cursor: cursor}
			}
		case 1, 2:
			if w.cursor != nil {
				s.step(w)
			}
		case 3:
			s.loopKeys(w)
		case 4, 5:
			s.loopElements(w)
		case 6:
			if w.cursor != nil && w.cursor.Restart() == nil {
				*w = scanWalk{cursor: w.cursor}
			}
		case 7:
			if w.cursor != nil {
				w.cursor.Free()
				if _, err := s.ctx.Scan(w.cursor, nil); err != rm.ErrCursorFreed {
					s.t.Errorf("Scan with a freed cursor: %v", err)
				}
				*w = scanWalk{}
			}
		}
	}
}

// FuzzScans scans keys and elements by every way there is, stops in the middle and goes on, in the same callback or another, with changes
// that the documentation allows. What stays is shown, once, since the host's scans show nothing twice; nothing else is.
func FuzzScans(f *testing.F) {
	hosted(f)
	for n := range byte(16) {
		for at := range byte(8) {
			step := []byte{1, n % 8, 1, at<<4 | n%8, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0}
			f.Add(n*5, slices.Concat([]byte{0}, step, step))
			f.Add(n*5+1, []byte{0, 3, n, at, 1, n, 1, at*8 + n, 0, 0, 0, 3, n, 11, 0, 0, 1, 8*at + 1, 0, 0, 3, 8, 0, 1, 5, 12, 0, 1, 2, 1, 0, 1, 0})
			f.Add(n*5+2, []byte{0, 4, n, at, n / 2, 0, 0, 1, n, 0, 0, 4, n &^ 4, 0, at, 0, 4, 4, at, at, 1, n % 4, 0, 5, 8, 5, n / 2, 0, 0, 0, 4, 0, 11, n / 2, 0, 0, 0})
			f.Add(n*5+3, []byte{0, 16, 5, 8, at, n, 0, 0, 0, 5, 8, 0, n, 0, 0, 0, 0, 0, 0, 0, 0, 5, 8, 0, n, 0, 0, 0, 3, 0, 0, 19, 12, at, 0, 0, 17, 0, 17, 0, 3, 0, 0, 6, 3, 0, at, 7})
			f.Add(n*5+4, []byte{3, n | 4, at, 0, 0, 1, 3, 0, 1, 2, 0, 1, 0, 1, 4, 3, 12, 0, 0, 1, n, 1, 8*at + 2, 3, 4, 0, 4, 4, 0, 1, 5, 4, 11, at, 0, 0, 0, 0})
		}
	}
	// Walks over more names than are read together, which select the other database in the middle, and back or not.
	for at := range byte(12) {
		other := append(slices.Repeat([]byte{0}, int(at)*2), 1, 3)
		f.Add(200+at, slices.Concat([]byte{0, 3, at / 4 * 8, 0xff}, other, slices.Repeat([]byte{0}, 70), []byte{1, 4}, slices.Repeat([]byte{0}, 120), []byte{1, 3}, slices.Repeat([]byte{0}, 40)))
		f.Add(200+at, slices.Concat([]byte{3, 4, 0xff}, slices.Repeat([]byte{0}, 60), other, slices.Repeat([]byte{0, 1, 7, 1, 2}, 60)))
		f.Add(150+at, slices.Concat([]byte{0, 3, 3, 5 + at/2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 8, 11}, slices.Repeat([]byte{0}, 100)))
	}
	f.Fuzz(func(t *testing.T, size uint8, b []byte) {
		ctest.HostReset() // of one that has failed
		before := ctest.HostLiving()
		s := &scanTrial{t: t, c: &choices{b}, keys: [2]map[string]int{{}, {}}, elements: map[string]map[string]string{}}
		for i := range s.walks {
			s.active = append(s.active, &s.walks[i])
		}
		kinds := []int{ctest.HostHash, 0, ctest.HostSet, ctest.HostSortedSet}
		for i := range int(size) {
			name := fmt.Sprint("k", i)
			kind := kinds[i%len(kinds)]
			s.keys[0][name] = kind
			if i%3 == 0 {
				s.keys[1]["other"+name] = 0
			}
			if kind != 0 {
				s.elements[name] = map[string]string{}
				var list []string
				for j := range 1 + (i*7+int(size))%25 {
					field, value := strings.Repeat("f", j%4)+fmt.Sprint(j), ""
					list = append(list, field)
					if kind != ctest.HostSet {
						value = fmt.Sprint(j, ".5")
						list = append(list, value)
					}
					s.elements[name][field] = value
				}
				ctest.HostPut(0, kind, name, list...)
			}
		}
		in := func(h func()) string {
			run = func(ctx rm.Context, _ rm.Args) error {
				s.ctx, s.db, s.depth = ctx, 0, 0
				s.active = s.active[:len(s.walks)]
				h()
				return ctx.ReplyWithOK()
			}
			out, _, _ := ctest.HostCommand(2, "f.run")
			return string(out)
		}
		in(func() {
			for db := range s.keys {
				s.selectDB(db)
				for _, name := range slices.Sorted(maps.Keys(s.keys[db])) {
					if s.keys[db][name] == 0 {
						s.add(name)
					}
				}
			}
		})
		out := in(s.run)
		for range 3 { // what is left of a program that has panicked or ended goes on in another command
			if out == "+OK\r\n" {
				break
			}
			if !slices.Contains([]string{"-ERR f.run: panic: stop\r\n", "-ERR f.run: the handler called runtime.Goexit\r\n"}, out) {
				t.Fatalf("%q", out)
			}
			out = in(s.run)
		}
		in(func() { // all cursors come to the end of what they scan
			for i := range s.walks {
				w := &s.walks[i]
				if w.cursor == nil {
					continue
				}
				s.c = &choices{}
				if w.use < 2 {
					s.restOfKeys(w)
				} else {
					s.restOfElements(w)
				}
				w.cursor.Free()
			}
		})
		noFault(t)
		ctest.HostReset() // the keys go
		settled(t, before)
	})
}

// restOfKeys shows the names that are left of a cursor's.
func (s *scanTrial) restOfKeys(w *scanWalk) {
	if w.use == 0 {
		s.begin(w, 1, s.names())
	}
	keys, err := s.ctx.Keys(w.cursor)
	if err != nil {
		s.t.Errorf("Keys at the end: %v", err)
	}
	for name := range keys.All {
		s.see(w, name.Clone())
	}
	s.end(w)
}

// restOfElements does the same by steps, which come to an end.
func (s *scanTrial) restOfElements(w *scanWalk) {
	if kind, there := s.keys[0][w.key]; there && kind == 0 {
		return
	}
	key := s.ctx.OpenReadKey(s.ctx.Str(w.key))
	defer key.Close()
	more := true
	for n := 0; more; n++ {
		var err error
		more, err = key.ScanKey(w.cursor, func(field, value rm.RStr) { s.see(w, pair(field, value)) })
		if err != nil || n > 20 { // the host has fewer
			s.t.Errorf("step %d of the elements of %s: %v", n, w.key, err)
			return
		}
	}
	s.end(w)
}
