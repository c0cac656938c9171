// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"runtime"
	"strings"
	"testing"

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
	data map[string]any // a string or a *value
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

// wrote compares the error of a write with what it should be: want is ErrWrongType, or nil.
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
		op, at := c.take()%16, int(c.take())%len(slotNames)
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
			if s.write {
				s.key = k.ctx.OpenWriteKey(k.ctx.Str(name))
			} else {
				reading := k.ctx.OpenReadKey(k.ctx.Str(name))
				k.read(reading, k.data[name], "just opened")
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
				k.data[name] = more
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
				delete(k.data, name)
			}
		case 12:
			v := &value{N: int64(len(c.rest))}
			if k.wrote("Set", s.open, valueType.Set(key, v), nil) {
				k.data[name] = v
			}
		default:
			want := k.data[name]
			if !s.open {
				want = nil
			}
			k.read(key.ReadKey(), want, "open")
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
	k.data["nested"] = text
	r, err := k.ctx.Call("f.nested", 0)
	if failed := how == 1 || how == 2; (err != nil) != failed {
		k.t.Errorf("the nested command: %v", err)
	}
	r.Free()
}

// FuzzKeys opens keys, changes them, closes them or not, and ends as callbacks do: it returns, panics, or calls
// runtime.Goexit, also in a command that it calls. What is read is what a map holds, and nothing stays open.
func FuzzKeys(f *testing.F) {
	hosted(f)
	for end := range uint8(4) {
		for n := range byte(24) {
			f.Add(end, []byte{1, n, 5 + n%8, n, 5, 'v', 'a', 'l', 'u', 'e', 13, n, 4, 0, n, 'x', 'y', 'z', 13, n, 1, n + 1, 7, n + 1, 3, 'a', 'b', 'c', 5 + n%8, n + 1, n, 13, n + 1, 3, n, 13, n, 5 + n%8, n, 0, n, 9, n + 1, n * 3, 10, n + 1, 13, n + 1})
		}
	}
	f.Fuzz(func(t *testing.T, end uint8, b []byte) {
		before := ctest.HostLiving()
		k := &keyTrial{t: t, data: map[string]any{}}
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
		command(func(ctx rm.Context, _ rm.Args) error {
			k.ctx = ctx
			for _, name := range append(slotNames[:], "nested") {
				key := ctx.OpenReadKey(ctx.Str(name))
				k.read(key, k.data[name], "at the end")
				key.Close()
			}
			return ctx.ReplyWithOK()
		})
		settled(t, living)
		ctest.HostReset() // the data go
		settled(t, before)
		if n := valueType.Values(); n != 0 {
			t.Errorf("%d values are left", n)
		}
	})
}
