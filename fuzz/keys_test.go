// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/rm"
)

// keyTrial is a program on keys of the host, and what they should hold.
type keyTrial struct {
	t     *testing.T
	ctx   rm.Context
	slots [3]struct {
		key         rm.WriteKey // or only its ReadKey
		open, write bool
	}
	data map[string]any   // a string or a *value
	ends map[string]int64 // when keys expire, in ms since 1970; those that live for ever are not in it
	now  int64            // as the server's clock says
}

var slotNames = [...]string{"a", "b", ""}

// read compares what a key reads as.
func (k *keyTrial) read(key rm.ReadKey, want any, what string) {
	k.t.Helper()
	b, ok, err := key.StringBytes()
	v, isValue, valueErr := valueType.Get(key)
	switch want := want.(type) {
	case nil:
		if key.Exists() || key.Type() != rm.KeyTypeEmpty || key.Len() != 0 || ok || len(b) != 0 || isValue || err != nil && err != rm.ErrKeyClosed {
			k.t.Errorf("%s: %v, %q, %v, and there is none", what, key.Type(), b, err)
		}
	case string:
		if key.Type() != rm.KeyTypeString || key.Len() != len(want) || !ok || string(b) != want || err != nil || isValue || valueErr == nil {
			k.t.Errorf("%s: %v, %q, %v, want %q", what, key.Type(), b, err, want)
		}
	case *value:
		if key.Type() != rm.KeyTypeModule || ok || err != rm.ErrWrongType || v != want || !isValue || valueErr != nil {
			k.t.Errorf("%s: %v, %p, %v, want %p", what, key.Type(), v, valueErr, want)
		}
	}
}

// store gives a key a value, without a time to live; nil for none.
func (k *keyTrial) store(name string, v any) {
	delete(k.ends, name)
	if k.data[name] = v; v == nil {
		delete(k.data, name)
	}
}

// lookedUp is what opening a key does: one whose time is over goes.
func (k *keyTrial) lookedUp(name string) {
	if end, ok := k.ends[name]; ok && k.now > end {
		k.store(name, nil)
	}
}

// readTimes compares how long a key lives, and until when. There may be none.
func (k *keyTrial) readTimes(key rm.ReadKey, name, what string) {
	k.t.Helper()
	end, mortal := k.ends[name]
	left := time.Duration(math.MaxInt64)
	if ms := max(end-k.now, 0); ms <= math.MaxInt64/1_000_000 {
		left = time.Duration(ms * 1_000_000)
	}
	if !mortal {
		left, end = 0, 0
	}
	if ttl, ok, err := key.TTL(); ttl != left || ok != mortal || err != nil {
		k.t.Errorf("%s: TTL: %v, %t, %v, want %v, %t", what, ttl, ok, err, left, mortal)
	}
	at, ok, err := key.ExpireAt()
	if ok != mortal || err != nil || mortal && (at.Unix() != end/1000 || int64(at.Nanosecond()) != end%1000*1_000_000) || !mortal && !at.IsZero() {
		k.t.Errorf("%s: ExpireAt: %v, %t, %v, want %d ms, %t", what, at, ok, err, end, mortal)
	}
}

// setTTL gives a key a time to live, which is rounded up to milliseconds.
func (k *keyTrial) setTTL(key rm.WriteKey, open bool, name string, c *choices) {
	ns := time.Duration(c.take())
	ttl := []time.Duration{
		ns * 37 * time.Millisecond, ns*time.Second + ns, ns, ns*time.Hour + 999_999, -ns, -ns * time.Second, 0,
		math.MaxInt64 - ns, math.MinInt64 + ns, time.Millisecond - 1, time.Millisecond + 1, 1500 * time.Millisecond,
	}[c.take()%12]
	var want error
	switch {
	case ttl <= 0:
		want = rm.ErrExpireTime
	case k.data[name] == nil:
		want = rm.ErrNoKey
	}
	if k.wrote(fmt.Sprint("SetTTL ", ttl), open, key.SetTTL(ttl), want) {
		k.ends[name] = k.now + 1 + int64(ttl-1)/1_000_000
	}
}

// setExpireAt ends a key's time at a moment, which is rounded down to milliseconds.
func (k *keyTrial) setExpireAt(key rm.WriteKey, open bool, name string, c *choices) {
	n := int64(c.take())
	sec, ns := k.now/1000, n*10_000_019
	switch c.take() % 8 {
	case 0:
		sec += n
	case 1:
		sec -= n // is over
	case 2:
		sec = 0
	case 3:
		sec, ns = -1, 999_999_999
	case 4:
		sec = time.Time{}.Unix()
	case 5:
		sec = math.MaxInt64/1000 - n%2
	case 6:
		sec = math.MaxInt64/1000 + 1<<50
	case 7:
		ns = 999_999
	}
	var want error
	switch {
	case sec+ns/1_000_000_000 < 0 || sec+ns/1_000_000_000 >= math.MaxInt64/1000:
		want = rm.ErrExpireTime
	case k.data[name] == nil:
		want = rm.ErrNoKey
	}
	at := time.Unix(sec, ns)
	if k.wrote(fmt.Sprint("SetExpireAt ", at), open, key.SetExpireAt(at), want) {
		k.ends[name] = sec*1000 + ns/1_000_000
	}
}

// wrote compares the error of a write to an open key with what it should be; true is for one that has none.
func (k *keyTrial) wrote(what string, open bool, err, want error) bool {
	k.t.Helper()
	if !open {
		want = rm.ErrKeyClosed
	}
	if err != want {
		k.t.Errorf("%s: %v, want %v", what, err, want)
	}
	return open && want == nil
}

func (k *keyTrial) run(c *choices) {
	for len(c.rest) > 0 {
		op, at := c.take()%20, int(c.take())%len(slotNames)
		s, name := &k.slots[at], slotNames[at]
		text, isText := k.data[name].(string)
		_, isValue := k.data[name].(*value)
		wrong := error(nil)
		if isValue {
			wrong = rm.ErrWrongType
		}
		switch {
		case op < 3: // open
			if s.open && s.key != (rm.WriteKey{}) {
				s.key.Close()
			}
			s.open, s.write = true, op > 0
			k.lookedUp(name)
			if s.write {
				s.key = k.ctx.OpenWriteKey(k.ctx.Str(name))
			} else {
				reading := k.ctx.OpenReadKey(k.ctx.Str(name))
				k.read(reading, k.data[name], "just opened")
				k.readTimes(reading, name, "just opened")
				reading.Close()
				s.open, s.key = false, rm.WriteKey{}
			}
			continue
		case op == 3:
			s.key.Close() // also of one that is closed
			s.open = false
			continue
		case op == 4:
			k.nested(c)
			continue
		}
		if !s.write && !s.open && s.key == (rm.WriteKey{}) {
			continue
		}
		key := s.key
		switch op {
		case 5, 6:
			more := c.bytes(int(c.take() % 40))
			if k.wrote("StringSet", s.open, key.StringSet(k.ctx.Str(more)), nil) {
				k.store(name, more)
			}
		case 7, 8:
			more := c.bytes(int(c.take() % 40))
			if k.wrote("StringAppend", s.open, key.StringAppend([]byte(more)), wrong) && (isText || more != "") {
				k.data[name] = text + more
			}
		case 9:
			n := int(int8(c.take())) % 60
			if n < 0 {
				wrong = rm.ErrRange
			}
			if k.wrote("StringTruncate", s.open, key.StringTruncate(n), wrong) && (isText || n > 0) {
				k.data[name] = (text + strings.Repeat("\x00", 60))[:min(n, len(text)+60)]
			}
		case 10:
			b, ok, err := key.StringDMA()
			if k.wrote("StringDMA", s.open, err, wrong) && (ok != isText || string(b) != text) {
				k.t.Errorf("StringDMA: %q, %t, want %q", b, ok, text)
			}
			if len(b) > 0 {
				b[len(b)-1]++
				k.data[name] = string(b)
			}
		case 11:
			remove := key.Delete
			if c.take()&1 != 0 {
				remove = key.Unlink
			}
			if k.wrote("Delete", s.open, remove(), nil) {
				k.store(name, nil)
			}
		case 12:
			v := &value{N: int64(len(c.rest))}
			if k.wrote("Set", s.open, valueType.Set(key, v), nil) {
				k.store(name, v)
			}
		case 16:
			k.setTTL(key, s.open, name, c)
		case 17:
			k.setExpireAt(key, s.open, name, c)
		case 18:
			var want error
			if k.data[name] == nil {
				want = rm.ErrNoKey
			}
			if k.wrote("Persist", s.open, key.Persist(), want) {
				delete(k.ends, name)
			}
		default:
			want := k.data[name]
			if !s.open {
				want = nil
			}
			k.read(key.ReadKey(), want, "open")
			if s.open {
				k.readTimes(key.ReadKey(), name, "open")
			} else if _, _, err := key.TTL(); err != rm.ErrKeyClosed {
				k.t.Errorf("TTL of a closed key: %v", err)
			} else if _, _, err := key.ExpireAt(); err != rm.ErrKeyClosed {
				k.t.Errorf("ExpireAt of a closed key: %v", err)
			}
		}
	}
}

// nested has a command of the module, which a call runs, write to a key of its own, and leave it as it likes.
func (k *keyTrial) nested(c *choices) {
	how, text := c.take()%4, c.bytes(3)
	nested = func(ctx rm.Context, _ rm.Args) error {
		key := ctx.OpenWriteKey(ctx.Str("nested"))
		if err := key.StringSet(ctx.Str(text)); err != nil {
			k.t.Errorf("nested: %v", err)
		}
		switch how {
		case 0:
			key.Close()
		case 1:
			panic("nested")
		case 2:
			runtime.Goexit()
		}
		return ctx.ReplyWithOK()
	}
	k.store("nested", text)
	r, err := k.ctx.Call("f.nested", 0)
	if failed := how == 1 || how == 2; (err != nil) != failed {
		k.t.Errorf("the nested command: %v", err)
	}
	r.Free()
}

// FuzzKeys opens keys, changes them and their times to live, closes them or not, and ends as callbacks do: it returns, panics, or calls
// runtime.Goexit, also in a command that it calls. What is read is what a map holds, and nothing stays open.
func FuzzKeys(f *testing.F) {
	hosted(f)
	for end := range uint8(4) {
		for n := range byte(24) {
			f.Add(end, []byte{1, n, 5 + n%8, n, 5, 'v', 'a', 'l', 'u', 'e', 13, n, 4, 0, n, 'x', 'y', 'z', 13, n, 1, n + 1, 7, n + 1, 3, 'a', 'b', 'c', 5 + n%8, n + 1, n, 13, n + 1, 3, n, 13, n, 5 + n%8, n, 0, n, 9, n + 1, n * 3, 10, n + 1, 13, n + 1})
		}
	}
	// Each kind of a time to live, of a string, and of a key that is missing; then what changes a key, and the clock goes on.
	for kind := range byte(12) {
		for _, n := range []byte{0, 1, 40, 255} {
			times := []byte{1, 0, 16, 0, n, kind, 5, 0, 1, 'v', 16, 0, n, kind, 13, 0, 1, 0, 13, 0, 17, 0, n, kind, 13, 0, 1, 1, 17, 1, n, kind, 5, 1, 1, 'w', 17, 1, n, kind, 13, 1}
			change := [][]byte{{18, 0}, {5, 0, 1, 'x'}, {7, 0, 1, 'x'}, {11, 0, 0}, {12, 0}, {9, 0, 3}}[kind%6]
			f.Add(n%3<<6|3, slices.Concat(times, []byte{1, 0, 5, 0, 1, 'v', 16, 0, 2, 0, 13, 0}, change, []byte{13, 0, 0, 0, 3, 1, 18, 1, 16, 1, 1, 0, 17, 1, 1, 0, 13, 1}))
			f.Add(kind<<2, []byte{1, 0, 5, 0, 1, 'v', 16, 0, 1 + n%7, 0, 13, 0, 1, 1, 18, 1, 12, 1, 17, 1, 1, n})
		}
	}
	f.Fuzz(func(t *testing.T, end uint8, b []byte) {
		before := ctest.HostLiving()
		k := &keyTrial{t: t, data: map[string]any{}, ends: map[string]int64{}, now: 1_700_000_000_123}
		ctest.HostTime(k.now)
		command := func(h rm.Handler) string {
			run = h
			out, _, _ := ctest.HostCommand(2, "f.run")
			return string(out)
		}
		out := command(func(ctx rm.Context, _ rm.Args) error {
			k.ctx = ctx
			k.run(&choices{b})
			switch end % 4 {
			case 0:
				for i := range k.slots {
					k.slots[i].key.Close()
				}
			case 1:
				panic("stop")
			case 2:
				runtime.Goexit()
			}
			return ctx.ReplyWithOK()
		})
		if want := []string{"+OK\r\n", "-ERR f.run: panic: stop\r\n", "-ERR f.run: the handler called runtime.Goexit\r\n", "+OK\r\n"}[end%4]; out != want {
			t.Errorf("%q, want %q", out, want)
		}
		living := ctest.HostLiving()
		k.now += int64(end>>2) * 37
		ctest.HostTime(k.now)
		had := len(k.data)
		for _, name := range slotNames {
			k.lookedUp(name)
		}
		expires := len(k.data) < had // and takes its strings with it
		command(func(ctx rm.Context, _ rm.Args) error {
			k.ctx = ctx
			for _, name := range append(slotNames[:], "nested") {
				key := ctx.OpenReadKey(ctx.Str(name))
				k.read(key, k.data[name], "at the end")
				k.readTimes(key, name, "at the end")
				key.Close()
			}
			return ctx.ReplyWithOK()
		})
		if noFault(t); !expires {
			settled(t, living)
		}
		ctest.HostReset() // the data go
		settled(t, before)
		if n := valueType.Values(); n != 0 {
			t.Errorf("%d values are left", n)
		}
	})
}
