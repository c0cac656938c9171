// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
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
	strs     bool // texts go as server strings, see strsOf
}

var errProgram = errors.New("not one whole reply")

// plan returns an error if the program is not exactly one reply.
func plan(program []replyprog.Instr, protocol int) (node, error) {
	return planAt(program, protocol, 0, false)
}

// planAt is plan for a reply that stands as deep, whose texts go as server strings if strs.
func planAt(program []replyprog.Instr, protocol, depth int, strs bool) (node, error) {
	p := planner{program, protocol, strs}
	n, err := p.reply(depth)
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
		if n.kind = '$'; p.strs && i.Op == replyprog.Text && i.Text == noText {
			n = node{kind: '_'}
		}
		return n, nil
	case replyprog.Simple:
		n.kind = '+'
		if strings.ContainsAny(i.Text, "\r\n\x00") {
			return n, errProgram
		}
		return n, nil
	case replyprog.Error:
		return node{kind: '-', text: errorLine(i.Text)}, nil
	case replyprog.Null, replyprog.NullArray:
		return node{kind: '_'}, nil
	case replyprog.Double, replyprog.LongDouble:
		return node{kind: p.three(',', '$'), text: number(i.Float), number: true, long: i.Op == replyprog.LongDouble}, nil
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
		n.elems = append(n.elems, node{kind: p.three(',', '$'), text: number(v), number: true})
	}
	for _, v := range i.Whole.Texts {
		e := node{kind: '$', text: v}
		if p.strs && v == noText && (i.Op == replyprog.Texts || i.Op == replyprog.TextMap) {
			e = node{kind: '_'}
		}
		n.elems = append(n.elems, e)
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
		return got.text != "" && (want.text == "" || want.text == got.text)
	case ',':
		return sameNumber(want, got)
	case '$':
		return want.text == got.text || want.number && sameNumber(want, got)
	}
	return want.text == got.text
}

// sameNumber compares floats, and the signs of zeros. A long double has 17 decimals behind the point, and all digits before it.
func sameNumber(want, got node) bool {
	f, err := float(want.text)
	if err != nil {
		return false
	}
	g, err := float(got.text)
	if err != nil {
		return false
	}
	if want.long {
		return f == g || f != f && g != g || math.Abs(f-g) <= 1e-17
	}
	return f == g && math.Signbit(f) == math.Signbit(g) || f != f && g != g
}

var hasCode = regexp.MustCompile(`\A[A-Z]{2,} `)

// errorLine is what becomes of the text of an error that is no constant.
func errorLine(text string) string {
	b := []byte(text)
	for i := range b {
		if b[i] == '\r' || b[i] == '\n' || b[i] == 0 {
			b[i] = ' '
		}
	}
	if hasCode.Match(b) {
		return string(b)
	}
	return "ERR " + string(b)
}

// stopped is where the calls of a program stood when it was stopped.
type stopped struct {
	known bool // the calls so far were good ones, of which one whole reply may become
	begun bool // there is an open aggregate, the outermost of which may take an error
	fits  bool // it has room for the error
	whole bool // the reply was whole already
}

// send makes a program's calls as direct replies. At step stop it panics, or ends the goroutine
// when exit; then where tells how far it has come. RESP2 has no attributes; a careless one sends what is in them all the same.
func send(t *testing.T, ctx rm.Context, program []replyprog.Instr, stop int, exit, careless, strs bool, where *stopped) {
	type level struct {
		op       replyprog.Op
		got, all int64 // elements so far, and how many there are; -1: until End
		mute     bool
	}
	var levels []level
	good := true
	check := func(err error) { good = good && err == nil }
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
			*where = stopped{known: good, whole: at > 0 && len(levels) == 0, begun: len(levels) > 0}
			if len(levels) > 0 {
				l, open := levels[0], levels[0].all < 0
				if len(levels) > 1 {
					l.got++ // what is in it becomes whole
				}
				if where.fits = l.got < l.all; open {
					where.fits = !isMap(l.op) || l.got%2 == 1
				}
			}
			if exit {
				runtime.Goexit()
			}
			panic("stop")
		}
		switch i.Op {
		case replyprog.Array, replyprog.BeginArray, replyprog.Map, replyprog.BeginMap, replyprog.Set, replyprog.BeginSet, replyprog.Attribute, replyprog.BeginAttribute:
			op, n := i.Op, i.N
			good = good && op != replyprog.Attribute && op != replyprog.BeginAttribute && n >= rm.PostponedLen && len(levels) < 100
			if op >= replyprog.BeginArray {
				op, n = op-replyprog.BeginArray+replyprog.Array, rm.PostponedLen
			}
			mute := muted()
			switch {
			case mute:
			case op == replyprog.Array:
				check(ctx.ReplyWithArray(int(n)))
			case op == replyprog.Map:
				check(ctx.ReplyWithMap(int(n)))
			case op == replyprog.Set:
				check(ctx.ReplyWithSet(int(n)))
			default:
				mute = ctx.ReplyWithAttribute(int(n)) == rm.ErrRESP2Client && !careless
			}
			begin(op, n, mute)
			continue
		case replyprog.End:
			if len(levels) == 0 {
				good = false
				_ = ctx.ReplySetArrayLength(3)
				continue
			}
			l := levels[len(levels)-1]
			levels = levels[:len(levels)-1]
			n := int(l.got)
			good = good && l.all < 0 && (!isMap(l.op) || n%2 == 0)
			if isMap(l.op) {
				n /= 2
			}
			switch {
			case l.mute:
			case l.op == replyprog.Array:
				check(ctx.ReplySetArrayLength(n))
			case l.op == replyprog.Map:
				check(ctx.ReplySetMapLength(n))
			case l.op == replyprog.Set:
				check(ctx.ReplySetSetLength(n))
			default:
				_ = ctx.ReplySetAttributeLength(n)
			}
			if l.op == replyprog.Attribute {
				continue
			}
		default:
			if !muted() {
				err := sendOne(ctx, i, strs)
				if _, invalid := plan([]replyprog.Instr{i}, 3); (err != nil) != (invalid != nil) {
					t.Errorf("%+v: the error %v, and should be %v", i, err, invalid)
				}
				check(err)
			}
		}
		element()
	}
}

// sendOne makes the call for one whole value.
func sendOne(ctx rm.Context, i replyprog.Instr, strs bool) error {
	w := i.Whole
	switch {
	case !strs:
	case i.Op == replyprog.Text:
		return ctx.ReplyWithString(strsOf(ctx, i.Text)[0])
	case i.Op == replyprog.Texts:
		return ctx.ReplyWithStrings(strsOf(ctx, w.Texts...)...)
	case i.Op == replyprog.TextMap:
		return ctx.ReplyWithStringMap(strsOf(ctx, w.Texts...)...)
	}
	switch i.Op {
	case replyprog.Integer:
		return ctx.ReplyWithLongLong(i.N)
	case replyprog.Bytes:
		return ctx.ReplyWithBytes([]byte(i.Text))
	case replyprog.Text:
		return ctx.ReplyWithText(i.Text)
	case replyprog.Simple:
		return ctx.ReplyWithSimpleString(i.Text)
	case replyprog.Error:
		return ctx.ReplyWithError(errors.New(i.Text))
	case replyprog.Null:
		return ctx.ReplyWithNull()
	case replyprog.NullArray:
		return ctx.ReplyWithNullArray()
	case replyprog.Double:
		return ctx.ReplyWithDouble(i.Float)
	case replyprog.LongDouble:
		return ctx.ReplyWithLongDouble(i.Float)
	case replyprog.Bool:
		return ctx.ReplyWithBool(i.N&1 != 0)
	case replyprog.BigNumber:
		return ctx.ReplyWithBigNumber(i.Text)
	case replyprog.Verbatim:
		return ctx.ReplyWithVerbatimString(i.Text, i.Format)
	case replyprog.LongLongs:
		return ctx.ReplyWithLongLongs(w.Numbers)
	case replyprog.Doubles:
		return ctx.ReplyWithDoubles(w.Floats)
	case replyprog.Texts:
		return ctx.ReplyWithTexts(w.Texts)
	case replyprog.ByteSlices:
		return ctx.ReplyWithByteSlices(byteSlices(w.Texts))
	case replyprog.TextMap:
		return ctx.ReplyWithTextMap(w.Texts)
	case replyprog.BytesMap:
		return ctx.ReplyWithBytesMap(byteSlices(w.Texts))
	}
	return nil
}

// noText is the text that server strings have none for: the zero RStr, which is null.
const noText = "word"

func strsOf(ctx rm.Context, texts ...string) (list []rm.RStr) {
	for _, s := range texts {
		if s == noText {
			list = append(list, rm.RStr{})
			continue
		}
		list = append(list, ctx.Str(s))
	}
	return list
}

// recordAgain runs a program on a recording that has had another use before. What that was must not show, nor what is called
// meanwhile by a handle that is freed, which has the same memory.
func recordAgain(ctx rm.Context, program []replyprog.Instr, strs bool) rm.Reply {
	old := rm.NewReply()
	replyprog.Run(program[:len(program)/2], old)
	old.Free()
	r := rm.NewReply()
	for range maxDepth - 1 {
		r.BeginArray(1)
	}
	r.BeginAttribute(0)
	_ = r.Reset()
	for at, i := range program {
		if !underDebug { // which panics
			old.LongLong(int64(at))
			old.Bytes([]byte("old"))
			old.Free()
		}
		switch {
		case strs && i.Op == replyprog.Text:
			r.Str(strsOf(ctx, i.Text)[0])
		case strs && i.Op == replyprog.Texts:
			r.Strs(strsOf(ctx, i.Whole.Texts...)...)
		case strs && i.Op == replyprog.TextMap:
			r.StrMap(strsOf(ctx, i.Whole.Texts...)...)
		default:
			replyprog.Run(program[at:at+1], r)
		}
	}
	return r
}

// within records a recording as the last element of arrays in each other, by way of another recording.
func within(r rm.Reply, arrays int) rm.Reply {
	middle, outer := rm.NewReply(), rm.NewReply()
	middle.Reply(r)
	for range arrays {
		outer.BeginArray(2)
		outer.Text("beside")
	}
	outer.Reply(middle)
	middle.Free()
	r.Free()
	return outer
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

// stopLine is the error of a command that was stopped.
func stopLine(how uint8) string {
	if how&4 != 0 {
		return "ERR f.run: the handler called runtime.Goexit"
	}
	return "ERR f.run: panic: stop"
}

// differs compares the reply of a program that was stopped: the error stands where it has room.
func (s stopped) differs(got node, text string) string {
	within := 0
	for _, e := range got.elems {
		if e.kind == '-' && e.text == text {
			within++
		}
	}
	is := got.kind == '-' && got.text == text
	switch {
	case !s.known:
	case s.whole && (is || within > 0):
		return "the error is there, and the reply was whole"
	case !s.whole && !s.begun && !is:
		return "the error is not there"
	case s.begun && s.fits && within != 1:
		return fmt.Sprintf("%d times the error in the aggregate", within)
	case s.begun && !s.fits && within != 0:
		return "the error has no room, and is there"
	}
	return ""
}

// addPrograms adds random programs, all kinds of which are valid, and such that are cut short or stopped.
func addPrograms(f *testing.F, n int) {
	r := rand.New(rand.NewPCG(15, 1))
	for range n {
		p := replyprog.Random(r, 3)
		for how := range uint8(2) {
			f.Add(how, uint16(0), replyprog.Encode(p))
			f.Add(how|2|uint8(r.IntN(2))<<2, uint16(r.IntN(len(p))), replyprog.Encode(p))
		}
	}
	addFaulty(f)
	// Aggregates of each kind, with a length and without, in an array and alone, stopped at each of their elements.
	for kind := replyprog.Array; kind <= replyprog.BeginSet; kind++ {
		pairs := int64(3)
		var p []replyprog.Instr
		for i := range 2 * pairs {
			p = append(p, replyprog.Instr{Op: replyprog.Integer, N: 1<<63 - 1 - i}, replyprog.Instr{Op: replyprog.Integer, N: -1<<63 + i})
		}
		switch {
		case kind == replyprog.Attribute:
			continue
		case kind >= replyprog.BeginArray:
			p = append(append([]replyprog.Instr{{Op: kind}}, p...), replyprog.Instr{Op: replyprog.End})
		case kind == replyprog.Map:
			p = append([]replyprog.Instr{{Op: kind, N: 2 * pairs}}, p...)
		default:
			p = append([]replyprog.Instr{{Op: kind, N: 4 * pairs}}, p...)
		}
		for _, p := range [][]replyprog.Instr{p, append(append([]replyprog.Instr{{Op: replyprog.Array, N: 3}}, p...), replyprog.Instr{Op: replyprog.Null}, replyprog.Instr{Op: replyprog.Double, Float: 1e-300})} {
			for how := range uint8(8) {
				f.Add(how, uint16(0), replyprog.Encode(p))
				f.Add(how, uint16(3+how), replyprog.Encode(p))
				f.Add(how, uint16(len(p)-1), replyprog.Encode(p))
			}
		}
	}
}

// addFaulty adds programs that are just not valid, and beside them such that just are.
func addFaulty(f *testing.F) {
	type list = []replyprog.Instr
	one := func(op replyprog.Op, text, format string) list { return list{{Op: op, Text: text, Format: format}} }
	n := func(op replyprog.Op, n int64) replyprog.Instr { return replyprog.Instr{Op: op, N: n} }
	null, end := n(replyprog.Null, 0), n(replyprog.End, 0)
	nested := func(arrays int, inside ...replyprog.Instr) list {
		return append(slices.Repeat(list{n(replyprog.Array, 1)}, arrays), inside...)
	}
	programs := []list{
		one(replyprog.Simple, "a\x00b", ""), one(replyprog.Simple, "a\rb", ""), one(replyprog.Simple, "", ""), one(replyprog.Error, "a\x00b\nc", ""),
		one(replyprog.BigNumber, "", ""), one(replyprog.BigNumber, "-", ""), one(replyprog.BigNumber, "+1", ""), one(replyprog.BigNumber, "1\n", ""), one(replyprog.BigNumber, "--1", ""),
		one(replyprog.Verbatim, "x", "a\rb"), one(replyprog.Verbatim, "x", "a\x00b"), one(replyprog.Verbatim, "x", "text"), one(replyprog.Verbatim, "x", "tx"),
		{null, n(replyprog.Attribute, 0)}, {null, n(replyprog.Attribute, 1), null, null}, {n(replyprog.Attribute, 0), null}, {n(replyprog.Attribute, 0), n(replyprog.Attribute, 0), null},
		{n(replyprog.Attribute, 1), null, null, n(replyprog.BeginAttribute, 0), end, null}, {n(replyprog.Attribute, 1), null, null}, {n(replyprog.BeginAttribute, 0), end, n(replyprog.Array, 0)},
		{n(replyprog.Array, 2), null, end}, {n(replyprog.Map, 1), null, null, end}, {end}, {},
		{n(replyprog.Array, -2)}, {n(replyprog.Set, -2), null}, {n(replyprog.Map, -128)}, {n(replyprog.Attribute, -3), null},
		{{Op: replyprog.Double, Float: math.Float64frombits(0xfff8000000000001)}}, {{Op: replyprog.Doubles, Whole: replyprog.Slice{Floats: []float64{math.NaN(), math.Copysign(math.NaN(), -1), math.Copysign(0, -1)}}}},
		{{Op: replyprog.Texts, Whole: replyprog.Slice{Texts: []string{"", noText, "a"}}}}, {{Op: replyprog.TextMap, Whole: replyprog.Slice{Texts: []string{noText, "", "", noText}}}}, one(replyprog.Text, noText, ""), one(replyprog.Text, "", ""),
		// An array of its own behind which the one outside ends.
		{n(replyprog.Array, 2), n(replyprog.BeginArray, 0), null, end, {Op: replyprog.LongLongs, Whole: replyprog.Slice{Numbers: []int64{1, 2}}}},
	}
	for _, deep := range []int{maxDepth - 1, maxDepth, maxDepth + 1} {
		whole := replyprog.Instr{Op: replyprog.LongLongs, Whole: replyprog.Slice{Numbers: []int64{1}}}
		programs = append(programs, nested(deep, null), nested(deep, whole), nested(deep, n(replyprog.Attribute, 1), null, null, null), nested(deep-1, n(replyprog.BeginMap, 0), end))
	}
	var lengths list // texts of about the lengths that are copied by words
	for i := range 20 {
		lengths = append(lengths, replyprog.Instr{Op: replyprog.Bytes, Text: "0123456789abcdefghijklmnop"[:i]})
	}
	programs = append(programs, append(list{n(replyprog.Array, 20)}, lengths...), append(append(list{n(replyprog.BeginArray, 0)}, lengths...), end))
	for _, p := range programs {
		for how := range uint8(2) {
			for _, more := range []uint8{0, 16, 32} {
				f.Add(how|more, uint16(1)<<8, replyprog.Encode(p))
			}
		}
	}
	for _, arrays := range []uint16{0, 1, 63, 64, maxDepth - 1, maxDepth, maxDepth + 1} {
		for _, p := range []list{{null}, nested(1, null), nested(64, null), {n(replyprog.Attribute, 1), null, null, {Op: replyprog.Text, Text: "of it"}}, {n(replyprog.Array, 2), n(replyprog.Attribute, 0), null, n(replyprog.Attribute, 1), null, null, null}} {
			f.Add(uint8(32), arrays<<8, replyprog.Encode(p))
			f.Add(uint8(33), arrays<<8, replyprog.Encode(p))
		}
	}
}

// FuzzReplies sends programs of calls, recorded and direct. A whole reply arrives as the tree that
// was meant; and whatever a handler does, and wherever it stops, the client gets a reply that it
// can read. More than one there is only of a handler that has sent more than one, and the log says so.
func FuzzReplies(f *testing.F) {
	hosted(f)
	ctest.HostReplies(math.MaxInt32) // they are counted here
	f.Cleanup(func() { ctest.HostReplies(1) })
	addPrograms(f, 60)
	f.Fuzz(func(t *testing.T, how uint8, stop uint16, b []byte) {
		program := replyprog.Decode(b)
		protocol := 2 + int(how&1)
		strs, arrays := how&16 != 0, 0
		if how&32 != 0 {
			arrays = int(stop >> 8)
		}
		stop &= 0xff
		want, invalid := planAt(program, protocol, 0, strs)
		stops := how&2 != 0 && int(stop) < len(program)
		at := -1
		if stops {
			at = int(stop)
		}
		for _, recorded := range []bool{true, false} {
			where, want, invalid := stopped{}, want, invalid
			if recorded && how&32 != 0 && !stops {
				if want, invalid = planAt(program, protocol, arrays, strs); arrays > maxDepth {
					invalid = errProgram
				}
				for range arrays {
					want = node{kind: '*', elems: []node{{kind: '$', text: "beside"}, want}}
				}
			}
			out := inHost(t, protocol, func(ctx rm.Context, _ rm.Args) error {
				if !recorded {
					send(t, ctx, program, at, how&4 != 0, how&8 != 0, strs, &where)
					return nil
				}
				if stops {
					r := recordAgain(ctx, program[:at], strs)
					defer r.Free()
					if how&4 != 0 {
						runtime.Goexit()
					}
					panic("stop")
				}
				r := recordAgain(ctx, program, strs)
				if how&32 != 0 {
					r = within(r, arrays)
				}
				defer r.Free()
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
			case !stops && got.kind == '-' && strings.HasPrefix(got.text, "ERR f.run: panic:"):
				t.Fatalf("recorded=%t: %q\n%+v", recorded, out, program)
			case len(replies) > 1 && (recorded || invalid == nil && how&8 == 0 || !stops && !told(len(replies))):
				t.Fatalf("recorded=%t: %d replies, the log: %s\n%q\n%+v", recorded, len(replies), ctest.HostLog(), out, program)
			case stops && recorded:
				if got.kind != '-' || got.text != stopLine(how) {
					t.Fatalf("stopped, the client got %q, want %q", out, stopLine(how))
				}
			case stops:
				if at == 0 {
					where = stopped{known: true}
				}
				if len(replies) > 1 {
					where.known = false // the error is in another one
				}
				if why := where.differs(got, stopLine(how)); why != "" {
					t.Fatalf("stopped at %d: %s: %q\n%+v", at, why, out, program)
				}
			case invalid == nil && how&8 != 0 && protocol == 2 && !recorded:
			case invalid == nil && !same(want, got):
				t.Fatalf("recorded=%t: want %+v, got %+v\n%q\n%+v", recorded, want, got, out, program)
			case invalid != nil && recorded && got.kind != '-':
				t.Fatalf("an invalid recording was sent: %q\n%+v", out, program)
			}
		}
	})
}
