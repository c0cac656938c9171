// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/rm"
)

// dictTrial is a program on a dictionary of words and one of Go values, which have the same keys, and what they should hold.
type dictTrial struct {
	t     *testing.T
	ctx   rm.Context
	c     *choices
	d     *rm.Dict
	g     *rm.GoDict[string]
	data  map[string]uintptr // nil: both are freed
	iters [3]dictPlace
	loops int // that run
	left  int // steps
	zero  bool
}

// dictPlace is an iterator, and where it should be: at the key that it has shown last, or before what was sought.
type dictPlace struct {
	it               rm.DictIterator
	live, at, sought bool // neither of the last two: at the end
	key              string
	op               rm.DictOp
}

var dictAlphabet = []string{"", "\x00", "a", "a\x00", "ab", "b", "ba", "\xff", "\xff\xff", "key:1", "key:10", "key:2"}

// find is the element that an operator and a key say, by the documentation of rm.DictOp.
func (d *dictTrial) find(op rm.DictOp, key string) (found string, ok bool) {
	for _, k := range slices.Sorted(maps.Keys(d.data)) {
		switch {
		case op == rm.DictFirst, op == rm.DictGreaterEqual && k >= key, op == rm.DictGreater && k > key, op == rm.DictEqual && k == key:
			return k, true
		case op == rm.DictLast, op == rm.DictLessEqual && k <= key, op == rm.DictLess && k < key:
			found, ok = k, true // and perhaps a later one
		}
	}
	return found, ok
}

// step moves a place, and returns what it shows.
func (d *dictTrial) step(p *dictPlace, back bool) (key string, ok bool) {
	switch {
	case p.sought:
		key, ok = d.find(p.op, p.key)
	case p.at && back:
		key, ok = d.find(rm.DictLess, p.key)
	case p.at:
		key, ok = d.find(rm.DictGreater, p.key)
	}
	p.at, p.sought, p.key = ok, false, key
	return key, ok
}

// key takes a key, and says whether to use it as a string, the empty one perhaps as the zero string.
func (d *dictTrial) key() (key string, isText bool) {
	b := d.c.take()
	d.zero = d.c.take()&1 != 0
	return dictAlphabet[int(b>>1)%len(dictAlphabet)], b&1 != 0
}

// str is the key as a string.
func (d *dictTrial) str(key string) rm.RStr {
	if key == "" && d.zero {
		return rm.RStr{}
	}
	return d.ctx.Str(key)
}

func (d *dictTrial) check(what string, got, want any) {
	d.t.Helper()
	if got != want {
		d.t.Errorf("%s: %v, want %v, of %q", what, got, want, slices.Sorted(maps.Keys(d.data)))
	}
}

// set adds to both dictionaries, or replaces.
func (d *dictTrial) set(replace bool) {
	key, isText := d.key()
	v := uintptr(d.c.take()) << 50 >> (d.c.take() % 51)
	_, there := d.data[key]
	var want error
	if d.data == nil {
		want = rm.ErrDictFreed
	}
	var added, addedGo bool
	var err, errGo error
	text := fmt.Sprint(v)
	switch {
	case replace && isText:
		added, err = d.d.Replace(d.str(key), v)
		addedGo, errGo = d.g.Replace(d.str(key), text)
	case replace:
		added, err = d.d.ReplaceBytes([]byte(key), v)
		addedGo, errGo = d.g.ReplaceBytes([]byte(key), text)
	case isText:
		added, err = d.d.Add(d.str(key), v)
		addedGo, errGo = d.g.Add(d.str(key), text)
	default:
		added, err = d.d.AddBytes([]byte(key), v)
		addedGo, errGo = d.g.AddBytes([]byte(key), text)
	}
	isNew := d.data != nil && !there
	d.check("set "+key, [4]any{added, err, addedGo, errGo}, [4]any{isNew, want, isNew, want})
	if d.data != nil && (replace || !there) {
		d.data[key] = v
	}
}

// get reads a key of both, and deletes it perhaps.
func (d *dictTrial) get(remove bool) {
	key, isText := d.key()
	var v uintptr
	var text string
	var ok, okGo bool
	switch {
	case remove && isText:
		v, ok = d.d.Delete(d.str(key))
		text, okGo = d.g.Delete(d.str(key))
	case remove:
		v, ok = d.d.DeleteBytes([]byte(key))
		text, okGo = d.g.DeleteBytes([]byte(key))
	case isText:
		v, ok = d.d.Get(d.str(key))
		text, okGo = d.g.Get(d.str(key))
	default:
		v, ok = d.d.GetBytes([]byte(key))
		text, okGo = d.g.GetBytes([]byte(key))
	}
	want, there := d.data[key]
	wantText := fmt.Sprint(want)
	if !there {
		wantText = ""
	}
	d.check(fmt.Sprintf("get %q, remove %t", key, remove), [4]any{v, ok, text, okGo}, [4]any{want, there, wantText, there})
	if remove {
		delete(d.data, key)
	}
}

// seek puts an iterator to a place, a new one if there is none.
func (d *dictTrial) seek(p *dictPlace) {
	op := rm.DictOp(d.c.take() % 8) // there are seven
	key, isText := d.key()
	var want, err error
	switch {
	case !p.live && d.data == nil:
		want = rm.ErrDictFreed
	case op > rm.DictLess:
		want = rm.ErrRange
	}
	switch {
	case p.live && isText:
		err = p.it.Seek(op, d.str(key))
	case p.live:
		err = p.it.SeekBytes(op, []byte(key))
	case isText:
		p.it, err = d.d.Iterator(op, d.str(key))
	default:
		p.it, err = d.d.IteratorBytes(op, []byte(key))
	}
	d.check("seek", err, want)
	if err == nil {
		*p = dictPlace{it: p.it, live: true, sought: true, key: key, op: op}
	}
}

// show steps an iterator, which may be stopped, and compares what it shows.
func (d *dictTrial) show(p *dictPlace, how byte) {
	back := how&1 != 0
	var key string
	var v uintptr
	var ok bool
	if how&2 != 0 {
		var s rm.RString
		if back {
			s, v, ok = p.it.PrevString()
		} else {
			s, v, ok = p.it.NextString()
		}
		if ok {
			key = s.Clone()
			s.Free()
		}
	} else {
		var b []byte
		if back {
			b, v, ok = p.it.Prev()
		} else {
			b, v, ok = p.it.Next()
		}
		key = string(b)
	}
	want, there := "", false
	if p.live {
		want, there = d.step(p, back)
	}
	d.check(fmt.Sprintf("a step, %d", how), [3]any{key, v, ok}, [3]any{want, d.data[want] * word(there), there})
}

func word(b bool) uintptr {
	if b {
		return 1
	}
	return 0
}

// compare asks an iterator how its key compares.
func (d *dictTrial) compare(p *dictPlace) {
	op := rm.DictOp(d.c.take() % 8)
	key, isText := d.key()
	own, there := p.key, p.at
	if p.sought {
		own, there = d.find(p.op, p.key)
	}
	want := p.live && there && map[rm.DictOp]bool{rm.DictEqual: own == key, rm.DictGreater: own > key, rm.DictGreaterEqual: own >= key, rm.DictLess: own < key, rm.DictLessEqual: own <= key}[op]
	got := false
	if isText {
		got = p.it.Compare(op, d.str(key))
	} else {
		got = p.it.CompareBytes(op, []byte(key))
	}
	d.check(fmt.Sprintf("%q %v %q", own, op, key), got, want)
}

// loop ranges over both dictionaries' keys, or one's, and has programs in its body.
func (d *dictTrial) loop() {
	how := d.c.take()
	op := rm.DictOp(d.c.take() % 7)
	key, isText := d.key()
	p := dictPlace{sought: true, op: op, key: key}
	back := how&1 != 0
	steps, most := 0, int(how>>3)
	d.loops++
	defer func() { d.loops-- }()
	freed := d.data == nil
	body := func(got string, v any) bool {
		want, there := d.step(&p, back)
		if freed || !there || got != want {
			d.t.Errorf("loop %d over %v %q: %q, want %q, %t, freed %t", how&7, op, key, got, want, there, freed)
			return false
		}
		if n, isWord := v.(uintptr); isWord && n != d.data[got] || !isWord && v != fmt.Sprint(d.data[got]) {
			d.t.Errorf("loop %d: %q has %v, want %v", how&7, got, v, d.data[got])
		}
		before := d.d
		if d.c.take()&1 != 0 {
			d.run(int(d.c.take() % 4))
		}
		freed = d.data == nil || d.d != before
		steps++
		return steps != most
	}
	var err error
	if how&6 == 6 {
		var r rm.GoDictRange[string]
		if isText {
			r, err = d.g.Range(op, d.str(key))
		} else {
			r, err = d.g.RangeBytes(op, []byte(key))
		}
		if back {
			r.Backward(func(key []byte, v string) bool { return body(string(key), v) })
		} else {
			r.All(func(key []byte, v string) bool { return body(string(key), v) })
		}
	} else {
		var r rm.DictRange
		if isText {
			r, err = d.d.Range(op, d.str(key))
		} else {
			r, err = d.d.RangeBytes(op, []byte(key))
		}
		switch strs := how&2 != 0; {
		case strs && back:
			r.BackwardStrings(func(key rm.RStr, v uintptr) bool { return body(key.String(), v) })
		case strs:
			r.AllStrings(func(key rm.RStr, v uintptr) bool { return body(key.String(), v) })
		case back:
			r.Backward(func(key []byte, v uintptr) bool { return body(string(key), v) })
		default:
			r.All(func(key []byte, v uintptr) bool { return body(string(key), v) })
		}
	}
	if err != nil && (d.data != nil || err != rm.ErrDictFreed) {
		d.t.Errorf("a loop: %v", err)
	}
	if more, there := d.step(&p, back); there && !freed && err == nil && steps != most {
		d.t.Errorf("loop %d over %v %q ends before %q, after %d steps, of %q", how&7, op, key, more, steps, slices.Sorted(maps.Keys(d.data)))
	}
}

func (d *dictTrial) free() {
	d.d.Free()
	d.g.Free()
	d.data = nil
	for i := range d.iters {
		d.iters[i].live = false
	}
}

// run does up to n operations.
func (d *dictTrial) run(n int) {
	for ; n > 0 && len(d.c.rest) > 0 && d.left > 0; n-- {
		d.left--
		op := d.c.take()
		p := &d.iters[int(op>>4)%len(d.iters)]
		switch op % 16 {
		case 0, 1:
			d.set(false)
		case 2:
			d.set(true)
		case 3:
			d.get(false)
		case 4:
			d.get(true)
		case 5:
			d.seek(p)
		case 6, 7, 8, 9:
			d.show(p, op)
		case 10:
			d.compare(p)
		case 11:
			p.it.Stop() // also of one that is stopped
			p.live = false
		case 12:
			if d.loops < 3 {
				d.loop()
			}
		case 13:
			d.check("Len", [2]int{d.d.Len(), d.g.Len()}, [2]int{len(d.data), len(d.data)})
		case 14:
			switch d.c.take() % 16 {
			case 0:
				d.free()
			case 1:
				panic("stop")
			case 2:
				runtime.Goexit()
			}
		case 15:
			if d.data == nil && d.loops == 0 {
				d.begin()
			}
		}
	}
}

func (d *dictTrial) begin() {
	d.d, d.g, d.data = rm.NewDict(), rm.NewGoDict[string](), map[string]uintptr{}
}

// FuzzDicts has programs on dictionaries: iterators and loops over them, which stop anywhere, with changes meanwhile. What is read is what
// a map holds in the order of its keys, and nothing stays.
func FuzzDicts(f *testing.F) {
	hosted(f)
	set := func(op, key, value byte) []byte { return []byte{op, key, 1, value, 0} }
	var all []byte
	for i, k := range []byte{9, 2, 7, 0, 5, 1, 11, 3} {
		all = slices.Concat(all, set(0, 2*k|byte(i)&1, byte(i)+1))
	}
	inLoop := func(ops ...[]byte) []byte { return slices.Concat(append([][]byte{{1, byte(len(ops))}}, ops...)...) }
	for op := range byte(8) { // each operator, for keys that are there and some that are not, each way to step and to compare
		for _, key := range []byte{0, 4, 10, 12, 8, 22} {
			for text := range byte(2) {
				k := key | text
				b := slices.Concat(all, []byte{5, op, k, 0, 5 | 16, op, k ^ 1, 0, 5 | 32, op, k, 0})
				for i := range byte(9) {
					b = append(b, 10, i%8, k, 0, 10|16, i%8, 12|text, 0, 6+(i+op)%4, 22+i%2*2, 39-i%2*2, 10, 2+i%5, 4, 0)
				}
				f.Add(b)
				for way := range byte(4) { // changes before the first step and behind it, and to the other end and back
					f.Add(slices.Concat(all, []byte{5, op, k, 0}, set(0, 12, 1), []byte{10, 2, 10, 0, 4, k, 0, 10, 3, k, 0, 6 + way, 10, 2, k, 0}, set(2, 0, 9), []byte{6 + way},
						set(2|16, 5, 9), []byte{6 + way, 4, 14, 0, 6 + way, 6 + way ^ 1, 10, 5, 8, 0, 5, op, 24 | text, 0, 6 + way, 6 + way, 6 + way, 6 + way, 6 + way, 6 + way, 6 + way, 10, 3, 0, 0, 7, 13}))
				}
				for how := range byte(8) { // a loop with changes in its body, another one in it, and one that stops
					f.Add(slices.Concat(all, []byte{12, how, op % 7, k, 0, 0}, inLoop(set(0, 8, 5), []byte{4, 4, 0}), []byte{0}, inLoop([]byte{4, 10, 1}, set(2, 14, 8)), inLoop([]byte{13}), []byte{0, 0, 0, 13, 3, 8, 0}))
					f.Add(slices.Concat(all, []byte{12, how | 3<<3, op % 7, k, 0}, inLoop([]byte{12, how ^ 3 | 2<<3, op % 7, 2, 0, 0, 0}, set(2, k, 3)), []byte{0, 0, 12, how ^ 1, op % 7, k, 0, 0, 0, 0, 0, 0, 0, 0, 0}))
				}
			}
		}
	}
	for how := range byte(8) {
		for i := range byte(12) { // a loop that deletes what it is at, and is freed, panics or ends; then the same with an iterator
			f.Add(slices.Concat(all, []byte{12, how, how & 1, 0, 0, 0, 0}, inLoop([]byte{4, i << 1, 1}, []byte{4, i<<1 ^ 7, 1}), inLoop(set(0, i<<1|1, 3), []byte{14, i % 4}), []byte{0, 0, 0, 0, 0, 0, 0, 0, 13, 15, 13}, set(1, 4, 8), []byte{3, 4, 0, 12, how, how & 1, 0, 0, 0, 0}))
			f.Add(slices.Concat(all, []byte{5, 0, 0, 0, 6, 5 | 16, 1, 0, 0, 25, 12, how, how & 1, 0, 0, 0, 0}, inLoop([]byte{12, how ^ 2, how & 1, i, 0, 0}, []byte{14, i % 3}), []byte{6, 25, 10, 2, 4, 0}))
			f.Add(slices.Concat(all, []byte{4, i << 1, 0, 4, i<<1 ^ 3, 0}, set(0, 14, 7), set(1, 18, 8), set(2, 22, 9), []byte{3, 14, 0, 3, 18, 0, 3, 22, 0, 4, 14, 0, 4, 14, 0}, set(1, 16, 7), set(1, 20, 8), []byte{3, 16, 0, 3, 20, 0, 5, 0, 0, 0, 6, 11, 6, 11, 10, 2, 0, 0, 14, 0, 5, 0, 0, 0, 6, 13, 3, 4, 0, 0, 4, 0, 0, 0}))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := ctest.HostLiving()
		d := &dictTrial{t: t, c: &choices{b}, left: 200}
		in := func(h func()) string {
			run = func(ctx rm.Context, _ rm.Args) error {
				d.ctx = ctx
				h()
				return ctx.ReplyWithOK()
			}
			out, _, _ := ctest.HostCommand(2, "f.run")
			return string(out)
		}
		d.begin()
		out := in(func() { d.run(1000) })
		if !slices.Contains([]string{"+OK\r\n", "-ERR f.run: panic: stop\r\n", "-ERR f.run: the handler called runtime.Goexit\r\n"}, out) {
			t.Errorf("%q", out)
		}
		d.loops = 0
		in(func() { // after a panic, too
			for key, v := range d.data {
				got, ok := d.d.GetBytes([]byte(key))
				text, okGo := d.g.GetBytes([]byte(key))
				d.check("at the end, "+key, [4]any{got, ok, text, okGo}, [4]any{v, true, fmt.Sprint(v), true})
			}
			for i := range d.iters {
				for range 3 {
					d.show(&d.iters[i], byte(i))
				}
			}
			d.check("Len at the end", [2]int{d.d.Len(), d.g.Len()}, [2]int{len(d.data), len(d.data)})
			d.free()
		})
		settled(t, before)
	})
}
