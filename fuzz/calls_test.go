// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// treeOf reads a call's reply by all of its methods. What the types do not fit must read as zero.
func treeOf(t *testing.T, r rm.CallReply) node {
	var n node
	typ := r.Type()
	plain := typ == rm.ReplyString || typ == rm.ReplyError
	if !plain && r.Bytes() != nil {
		t.Errorf("%v has the text %q", typ, r.Bytes())
	}
	text, textErr := r.Text()
	i64, i64Err := r.Int64()
	_, _ = r.Float64()
	_ = r.Proto()
	switch typ {
	case rm.ReplyString:
		n = node{kind: '$', text: string(r.Bytes())}
		if own := r.RString(); own.Clone() != n.text {
			t.Errorf("RString: %q, want %q", own.Clone(), n.text)
		} else {
			own.Free()
		}
		checkInteger(t, n.text, i64, i64Err)
	case rm.ReplyError:
		n = node{kind: '-', text: string(r.Bytes())}
		if r.Err() == nil || r.Err().Error() != n.text || textErr == nil || textErr.Error() != n.text {
			t.Errorf("Err: %v, Text: %v, want %q", r.Err(), textErr, n.text)
		}
	case rm.ReplyInteger:
		n = node{kind: ':', text: strconv.FormatInt(r.Integer(), 10)}
		if i64 != r.Integer() || i64Err != nil || text != n.text {
			t.Errorf("%d, %v, %q, want %q", i64, i64Err, text, n.text)
		}
	case rm.ReplyNull:
		n = node{kind: '_'}
	case rm.ReplyBool:
		n = node{kind: '#', text: strconv.FormatBool(r.Bool())[:1]}
	case rm.ReplyDouble:
		n = node{kind: ',', text: number(r.Double())}
	case rm.ReplyBigNumber:
		n = node{kind: '(', text: strings.Clone(r.BigNumber())}
		checkInteger(t, n.text, i64, i64Err)
	case rm.ReplyVerbatimString:
		s, format := r.Verbatim()
		n = node{kind: '=', text: format + ":" + s}
	case rm.ReplyArray, rm.ReplySet:
		n.kind = map[rm.ReplyType]byte{rm.ReplyArray: '*', rm.ReplySet: '~'}[typ]
		for i, e := range r.Elements {
			if i != len(n.elems) {
				t.Errorf("element %d comes as %d", len(n.elems), i)
			}
			n.elems = append(n.elems, treeOf(t, e))
		}
		if len(n.elems) != r.Len() {
			t.Errorf("%d elements, Len %d", len(n.elems), r.Len())
		}
		if i := r.Len(); !r.Element(i).IsZero() || !r.Element(-1).IsZero() {
			t.Error("an element out of range")
		}
		for i, b := range r.ElementBytes {
			if e := r.Element(i); string(b) != string(e.Bytes()) {
				t.Errorf("ElementBytes %d: %q, want %q", i, b, e.Bytes())
			}
		}
	case rm.ReplyMap:
		n.kind = '%'
		n.elems = pairs(t, r)
	}
	if a := r.Attribute(); !a.IsZero() {
		n.attr, n.noted = pairs(t, a), true
	}
	return n
}

func pairs(t *testing.T, r rm.CallReply) (list []node) {
	for k, v := range r.Pairs {
		list = append(list, treeOf(t, k), treeOf(t, v))
	}
	if len(list) != 2*r.Len() {
		t.Errorf("%d pairs, Len %d", len(list)/2, r.Len())
	}
	return list
}

// checkInteger compares with the rules of a decimal: no plus, at most 19 digits.
func checkInteger(t *testing.T, text string, got int64, err error) {
	n, parseErr := strconv.ParseInt(text, 10, 64)
	ok := parseErr == nil && !strings.HasPrefix(text, "+") && len(strings.TrimPrefix(text, "-")) <= 19
	if ok != (err == nil) || ok && n != got {
		t.Errorf("%q: %d, %v; want %d, %v", text, got, err, n, parseErr)
	}
}

// canonical makes a decoded tree what a CallReply can tell: a status is a string, and numbers are
// numbers.
func canonical(n node) node {
	if n.kind == '+' {
		n.kind = '$'
	}
	if n.kind == ',' {
		f, _ := float(n.text)
		n.text = number(f)
	}
	if n.kind == ':' {
		i, _ := strconv.ParseInt(n.text, 10, 64)
		n.text = strconv.FormatInt(i, 10)
	}
	n.elems, n.attr = slices.Clone(n.elems), slices.Clone(n.attr)
	for i := range n.elems {
		n.elems[i] = canonical(n.elems[i])
	}
	for i := range n.attr {
		n.attr[i] = canonical(n.attr[i])
	}
	return n
}

func equal(a, b node) bool {
	return a.kind == b.kind && a.text == b.text && a.noted == b.noted &&
		slices.EqualFunc(a.elems, b.elems, equal) && slices.EqualFunc(a.attr, b.attr, equal)
}

// FuzzCallReply answers a call with any bytes. A whole reply reads as the decoder reads it, by
// every way, and goes on to a client as it came; of what is none nothing reaches a client.
func FuzzCallReply(f *testing.F) {
	hosted(f)
	f.Fuzz(func(t *testing.T, how uint8, answer []byte) {
		ctest.HostAnswer(answer, 0)
		protocol := 2 + int(how&1)
		want, invalid := decode(answer, protocol)
		client := 2 + int(how>>1&1)
		sent := client
		out := inHost(t, client, func(ctx rm.Context, _ rm.Args) error {
			if how&4 == 0 {
				ctx.AutoMemory() // frees the reply
			}
			r, err := ctx.Call("x", rm.CallRESP3)
			if err != nil {
				if invalid == nil && (want.kind != '-' || err.Error() != want.text) {
					t.Errorf("the error %q, want %+v", err, want)
				}
				var e rm.ReplyErr
				if errors.As(err, &e) {
					_ = e.Clone()
				}
				return ctx.ReplyWithOK()
			}
			if how&4 != 0 {
				defer r.Free()
			}
			got := treeOf(t, r)
			if invalid == nil && !equal(canonical(want), got) {
				t.Errorf("want %+v, got %+v", canonical(want), got)
			}
			if how&8 != 0 && invalid == nil {
				if err := ctx.ReplyWithCallReply(r); err == nil {
					sent = protocol // it goes on as it came
					return nil
				}
			}
			b := rm.NewReply()
			defer b.Free()
			b.CallReply(r)
			return b.ReplyTo(ctx)
		})
		got, err := decode(out, sent)
		if err != nil {
			t.Fatalf("%v: %q", err, out)
		}
		if invalid == nil && client == 3 && want.kind != '-' && got.kind != '-' && !same(canonical(want), canonical(got)) && !inexact(want) {
			t.Fatalf("want %+v, sent %+v", want, got)
		}
	})
}

// inexact tells of numbers that a copy may write in another way.
func inexact(n node) bool {
	if n.kind == ',' || n.kind == '-' {
		return true
	}
	if n.kind == '(' {
		i, ok := new(big.Int).SetString(n.text, 10)
		return !ok || i.String() != n.text
	}
	return slices.ContainsFunc(n.elems, inexact) || slices.ContainsFunc(n.attr, inexact)
}

// FuzzCallArguments makes calls with arguments of every kind. The host parses the format as the
// server does; it must come to the same arguments and flags. Every second time the call is that of
// a command of the module, which runs nested and replies with its arguments.
func FuzzCallArguments(f *testing.F) {
	hosted(f)
	f.Fuzz(func(t *testing.T, flags uint16, recipe []byte) {
		flags &= 1<<13 - 1
		ctest.HostAnswer([]byte("+OK\r\n"), 0)
		var want []string
		unsupported := false
		command := "x"
		if flags&1 != 0 {
			command = "f.nested"
		}
		nested = func(ctx rm.Context, args rm.Args) error {
			if err := ctx.ReplyWithArray(args.Len()); err != nil {
				return err
			}
			for _, a := range args.All {
				if err := ctx.ReplyWithString(a); err != nil {
					return err
				}
			}
			return nil
		}
		out := inHost(t, 2, func(ctx rm.Context, _ rm.Args) error {
			var args []rm.Arg
			args, want = arguments(ctx, recipe)
			r, err := ctx.Call(command, rm.CallFlags(flags), args...)
			if unsupported = errors.Is(err, rm.ErrUnsupported); unsupported {
				return ctx.ReplyWithOK()
			}
			if err != nil {
				return err
			}
			defer r.Free()
			if command == "x" {
				return ctx.ReplyWithOK()
			}
			got := treeOf(t, r)
			var texts []string
			for _, e := range got.elems {
				texts = append(texts, e.text)
			}
			if !slices.Equal(texts, append([]string{command}, want...)) {
				t.Errorf("the command got %q, want %q", texts, want)
			}
			return ctx.ReplyWithOK()
		})
		if string(out) != "+OK\r\n" {
			t.Fatalf("%q", out)
		}
		if unsupported {
			return
		}
		letters := "E" // refusals get their text
		for i, l := range "!AR30CSWMEDKX" {
			if flags&(1<<i) != 0 && l != 'E' {
				letters += string(l)
			}
		}
		calls := ctest.HostCalls()
		if len(calls) != 1 {
			t.Fatalf("%d calls", len(calls))
		}
		c := calls[0]
		if got := sorted(c.Flags); got != sorted(letters) {
			t.Errorf("flags %q, want %q", got, sorted(letters))
		}
		if !slices.Equal(c.Args, append([]string{command}, want...)) {
			t.Errorf("arguments %q, want %q", c.Args, want)
		}
	})
}

func sorted(s string) string {
	b := []byte(s)
	slices.Sort(b)
	return string(b)
}

// arguments makes arguments of a recipe, and what they are as texts.
func arguments(ctx rm.Context, recipe []byte) (args []rm.Arg, want []string) {
	take := func(n int) string {
		n = min(n, len(recipe))
		s := string(recipe[:n])
		recipe = recipe[n:]
		return s
	}
	for len(recipe) > 0 {
		op := take(1)[0]
		size := int(op >> 3)
		switch op & 7 {
		case 0, 7:
			s := take(size)
			args, want = append(args, rm.Str(ctx.Str(s))), append(want, s)
		case 1:
			s := take(size)
			args, want = append(args, rm.Bytes([]byte(s))), append(want, s)
		case 2:
			s := take(size)
			args, want = append(args, rm.Text(s)), append(want, s)
		case 3:
			s := strings.ReplaceAll(take(size), "\x00", "0")
			args, want = append(args, rm.ZText(unsafeconv.NewZ(s))), append(want, s)
		case 4:
			n := int64(0)
			for _, b := range []byte(take(size & 15)) {
				n = n*255 - int64(b)
			}
			args, want = append(args, rm.Int64(n)), append(want, strconv.FormatInt(n, 10))
		case 5, 6:
			var v []rm.RStr
			for _, b := range []byte(take(size)) {
				s := strings.Repeat("v", int(b&15))
				v, want = append(v, ctx.Str(s)), append(want, s)
			}
			args = append(args, rm.Strs(rm.ArgsOf(v...)))
		}
	}
	return args, want
}
