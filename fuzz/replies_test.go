// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/internal/testmod/replyprog"
	"github.com/iredismodule/redismodule/rm"
)

// maxDepth is how deep a reply may be nested.
const maxDepth = 128

// planner makes the tree of a program of calls: what a client should get.
type planner struct {
	rest     []replyprog.Instr
	protocol int
}

var errProgram = errors.New("not one whole reply")

// plan returns an error if the program is not exactly one reply.
func plan(program []replyprog.Instr, protocol int) (node, error) {
	p := planner{program, protocol}
	n, err := p.reply(0)
	if err == nil && len(p.rest) > 0 {
		err = errProgram
	}
	return n, err
}

// three is the kind in RESP3, with another one for RESP2.
func (p *planner) three(kind, two byte) byte {
	if p.protocol == 2 {
		return two
	}
	return kind
}

func (p *planner) reply(depth int) (n node, err error) {
	if len(p.rest) == 0 {
		return n, errProgram
	}
	i := p.rest[0]
	p.rest = p.rest[1:]
	n.text = i.Text
	switch i.Op {
	case replyprog.Integer:
		return node{kind: ':', text: strconv.FormatInt(i.N, 10)}, nil
	case replyprog.Bytes, replyprog.Text:
		n.kind = '$'
		return n, nil
	case replyprog.Simple:
		n.kind = '+'
		if strings.ContainsAny(i.Text, "\r\n\x00") {
			return n, errProgram
		}
		return n, nil
	case replyprog.Error:
		return node{kind: '-'}, nil // FuzzReplyText has the text
	case replyprog.Null, replyprog.NullArray:
		return node{kind: '_'}, nil
	case replyprog.Double, replyprog.LongDouble:
		return node{kind: p.three(',', '$'), text: number(i.Float)}, nil
	case replyprog.Bool:
		if p.protocol == 3 {
			return node{kind: '#', text: "ft"[i.N&1:][:1]}, nil
		}
		return node{kind: ':', text: strconv.FormatInt(i.N&1, 10)}, nil
	case replyprog.BigNumber:
		n.kind = p.three('(', '$')
		digits := strings.TrimPrefix(strings.TrimPrefix(i.Text, "-"), "+")
		if digits == "" || strings.Trim(digits, "0123456789") != "" || len(i.Text)-len(digits) > 1 {
			return n, errProgram
		}
		return n, nil
	case replyprog.Verbatim:
		if len(i.Format) != 3 || strings.ContainsAny(i.Format, "\r\n\x00") {
			return n, errProgram
		}
		if n.kind = p.three('=', '$'); p.protocol == 3 {
			n.text = i.Format + ":" + i.Text
		}
		return n, nil
	case replyprog.Array, replyprog.BeginArray:
		n.kind = '*'
	case replyprog.Set, replyprog.BeginSet:
		n.kind = p.three('~', '*')
	case replyprog.Map, replyprog.BeginMap:
		n.kind = p.three('%', '*')
	case replyprog.Attribute, replyprog.BeginAttribute:
		attr, err := p.elements(i, depth)
		if err != nil || len(p.rest) == 0 || p.rest[0].Op == replyprog.Attribute || p.rest[0].Op == replyprog.BeginAttribute {
			return n, errProgram
		}
		if n, err = p.reply(depth); p.protocol == 3 {
			n.attr, n.noted = attr, true
		}
		return n, err
	case replyprog.End:
		return n, errProgram
	default:
		return p.slice(i, depth)
	}
	n.text = ""
	n.elems, err = p.elements(i, depth)
	return n, err
}

// slice is the reply of a whole slice.
func (p *planner) slice(i replyprog.Instr, depth int) (n node, err error) {
	n.kind = '*'
	for _, v := range i.Whole.Numbers {
		n.elems = append(n.elems, node{kind: ':', text: strconv.FormatInt(v, 10)})
	}
	for _, v := range i.Whole.Floats {
		n.elems = append(n.elems, node{kind: p.three(',', '$'), text: number(v)})
	}
	for _, v := range i.Whole.Texts {
		n.elems = append(n.elems, node{kind: '$', text: v})
	}
	if i.Op == replyprog.TextMap || i.Op == replyprog.BytesMap {
		if n.kind = p.three('%', '*'); len(n.elems)%2 != 0 {
			return n, errProgram
		}
	}
	if depth >= maxDepth {
		return n, errProgram
	}
	return n, nil
}

func isMap(op replyprog.Op) bool {
	return op == replyprog.Map || op == replyprog.BeginMap || op == replyprog.Attribute || op == replyprog.BeginAttribute
}

func (p *planner) elements(i replyprog.Instr, depth int) (list []node, err error) {
	if depth >= maxDepth {
		return nil, errProgram
	}
	open, want := i.Op >= replyprog.BeginArray || i.N == rm.PostponedLen, i.N
	if isMap(i.Op) {
		want *= 2
	}
	if !open && want < 0 {
		return nil, errProgram
	}
	for open || int64(len(list)) < want {
		if open && len(p.rest) > 0 && p.rest[0].Op == replyprog.End {
			p.rest = p.rest[1:]
			if isMap(i.Op) && len(list)%2 != 0 {
				return nil, errProgram
			}
			return list, nil
		}
		e, err := p.reply(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// number is a float as a text that same reads.
func number(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// same compares a planned reply with one that was sent.
func same(want, got node) bool {
	if want.kind != got.kind || len(want.elems) != len(got.elems) || want.noted != got.noted || len(want.attr) != len(got.attr) {
		return false
	}
	for i := range want.elems {
		if !same(want.elems[i], got.elems[i]) {
			return false
		}
	}
	for i := range want.attr {
		if !same(want.attr[i], got.attr[i]) {
			return false
		}
	}
	switch want.kind {
	case '-':
		return got.text != ""
	case ',':
		return sameNumber(want.text, got.text)
	case '$': // may be a number of RESP2
		return want.text == got.text || sameNumber(want.text, got.text)
	}
	return want.text == got.text
}

func sameNumber(a, b string) bool {
	f, err := float(a)
	if err != nil {
		return false
	}
	// A long double has 17 decimals behind the point, and all digits before it.
	g, err := float(b)
	if err != nil {
		return false
	}
	return f == g || f != f && g != g || math.Abs(f-g) <= 1e-17
}

// send makes a program's calls as direct replies. At step stop it panics, or ends the goroutine
// when exit. RESP2 has no attributes; a careless one sends what is in them all the same.
func send(ctx rm.Context, program []replyprog.Instr, stop int, exit, careless bool) {
	type level struct {
		op       replyprog.Op
		got, all int64 // elements so far, and how many there are; -1: until End
		mute     bool
	}
	var levels []level
	muted := func() bool { return len(levels) > 0 && levels[len(levels)-1].mute }
	element := func() { // counts one, and leaves what is whole
		for len(levels) > 0 {
			l := &levels[len(levels)-1]
			l.got++
			if l.all < 0 || l.got < l.all {
				return
			}
			attribute := l.op == replyprog.Attribute
			if levels = levels[:len(levels)-1]; attribute {
				return // the reply that it belongs to comes
			}
		}
	}
	begin := func(op replyprog.Op, n int64, mute bool) {
		all := n
		if isMap(op) && n > 0 {
			all *= 2
		}
		if n == 0 {
			if op != replyprog.Attribute {
				element()
			}
			return
		}
		levels = append(levels, level{op: op, all: all, mute: mute})
	}
	for at, i := range program {
		if at == stop {
			if exit {
				runtime.Goexit()
			}
			panic("stop")
		}
		switch i.Op {
		case replyprog.Array, replyprog.BeginArray, replyprog.Map, replyprog.BeginMap, replyprog.Set, replyprog.BeginSet, replyprog.Attribute, replyprog.BeginAttribute:
			op, n := i.Op, i.N
			if op >= replyprog.BeginArray {
				op, n = op-replyprog.BeginArray+replyprog.Array, rm.PostponedLen
			}
			mute := muted()
			switch {
			case mute:
			case op == replyprog.Array:
				_ = ctx.ReplyWithArray(int(n))
			case op == replyprog.Map:
				_ = ctx.ReplyWithMap(int(n))
			case op == replyprog.Set:
				_ = ctx.ReplyWithSet(int(n))
			default:
				mute = ctx.ReplyWithAttribute(int(n)) == rm.ErrRESP2Client && !careless
			}
			begin(op, n, mute)
			continue
		case replyprog.End:
			if len(levels) == 0 {
				_ = ctx.ReplySetArrayLength(3)
				continue
			}
			l := levels[len(levels)-1]
			levels = levels[:len(levels)-1]
			n := int(l.got)
			if isMap(l.op) {
				n /= 2
			}
			switch {
			case l.mute:
			case l.op == replyprog.Array:
				_ = ctx.ReplySetArrayLength(n)
			case l.op == replyprog.Map:
				_ = ctx.ReplySetMapLength(n)
			case l.op == replyprog.Set:
				_ = ctx.ReplySetSetLength(n)
			default:
				_ = ctx.ReplySetAttributeLength(n)
			}
			if l.op == replyprog.Attribute {
				continue
			}
		default:
			if !muted() {
				sendOne(ctx, i)
			}
		}
		element()
	}
}

// sendOne makes the call for one whole value.
func sendOne(ctx rm.Context, i replyprog.Instr) {
	w := i.Whole
	switch i.Op {
	case replyprog.Integer:
		_ = ctx.ReplyWithLongLong(i.N)
	case replyprog.Bytes:
		_ = ctx.ReplyWithBytes([]byte(i.Text))
	case replyprog.Text:
		_ = ctx.ReplyWithText(i.Text)
	case replyprog.Simple:
		_ = ctx.ReplyWithSimpleString(i.Text)
	case replyprog.Error:
		_ = ctx.ReplyWithError(errors.New(i.Text))
	case replyprog.Null:
		_ = ctx.ReplyWithNull()
	case replyprog.NullArray:
		_ = ctx.ReplyWithNullArray()
	case replyprog.Double:
		_ = ctx.ReplyWithDouble(i.Float)
	case replyprog.LongDouble:
		_ = ctx.ReplyWithLongDouble(i.Float)
	case replyprog.Bool:
		_ = ctx.ReplyWithBool(i.N&1 != 0)
	case replyprog.BigNumber:
		_ = ctx.ReplyWithBigNumber(i.Text)
	case replyprog.Verbatim:
		_ = ctx.ReplyWithVerbatimString(i.Text, i.Format)
	case replyprog.LongLongs:
		_ = ctx.ReplyWithLongLongs(w.Numbers)
	case replyprog.Doubles:
		_ = ctx.ReplyWithDoubles(w.Floats)
	case replyprog.Texts:
		_ = ctx.ReplyWithTexts(w.Texts)
	case replyprog.ByteSlices:
		_ = ctx.ReplyWithByteSlices(byteSlices(w.Texts))
	case replyprog.TextMap:
		_ = ctx.ReplyWithTextMap(w.Texts)
	case replyprog.BytesMap:
		_ = ctx.ReplyWithBytesMap(byteSlices(w.Texts))
	}
}

func byteSlices(texts []string) (b [][]byte) {
	for _, s := range texts {
		b = append(b, []byte(s))
	}
	return b
}

// told tells whether the log says what was wrong with replies.
func told(n int) bool {
	line := ctest.HostLog()
	return strings.Contains(line, fmt.Sprintf("it replied %d times", n)) || strings.Contains(line, "its reply was not complete")
}

// FuzzReplies sends programs of calls, recorded and direct. A whole reply arrives as the tree that
// was meant; and whatever a handler does, and wherever it stops, the client gets a reply that it
// can read. More than one there is only of a handler that has sent more than one, and the log says so.
func FuzzReplies(f *testing.F) {
	hosted(f)
	ctest.HostReplies(math.MaxInt32) // they are counted here
	f.Cleanup(func() { ctest.HostReplies(1) })
	f.Fuzz(func(t *testing.T, how uint8, stop uint16, b []byte) {
		program := replyprog.Decode(b)
		protocol := 2 + int(how&1)
		want, invalid := plan(program, protocol)
		stopped := how&2 != 0 && int(stop) < len(program)
		at := -1
		if stopped {
			at = int(stop)
		}
		for _, recorded := range []bool{true, false} {
			out := inHost(t, protocol, func(ctx rm.Context, _ rm.Args) error {
				if !recorded {
					send(ctx, program, at, how&4 != 0, how&8 != 0)
					return nil
				}
				r := rm.NewReply()
				defer r.Free()
				if stopped {
					replyprog.Run(program[:at], r)
					panic("stop")
				}
				replyprog.Run(program, r)
				return r.ReplyTo(ctx)
			})
			replies, err := decodeAll(out, protocol)
			var got node
			if err == nil {
				got = replies[0]
			}
			switch {
			case err != nil:
				t.Fatalf("recorded=%t: %v\n%q\n%+v", recorded, err, out, program)
			case len(replies) > 1 && (recorded || invalid == nil && how&8 == 0 || !stopped && !told(len(replies))):
				t.Fatalf("recorded=%t: %d replies, the log: %s\n%q\n%+v", recorded, len(replies), ctest.HostLog(), out, program)
			case stopped, invalid == nil && how&8 != 0 && protocol == 2 && !recorded:
			case invalid == nil && !same(want, got):
				t.Fatalf("recorded=%t: want %+v, got %+v\n%q\n%+v", recorded, want, got, out, program)
			case invalid != nil && recorded && got.kind != '-':
				t.Fatalf("an invalid recording was sent: %q\n%+v", out, program)
			}
		}
	})
}
