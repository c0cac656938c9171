// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/internal/testmod/replyprog"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// treeOf reads a call's reply by all of its methods. What the types do not fit must read as zero. whole tells that the reply is
// one of the protocol.
func treeOf(t *testing.T, r rm.CallReply, whole bool) node {
	var n node
	typ := r.Type()
	plain := typ == rm.ReplyString || typ == rm.ReplyError
	if !plain && r.Bytes() != nil {
		t.Errorf("%v has the text %q", typ, r.Bytes())
	}
	switch typ {
	case rm.ReplyString:
		n = node{kind: '$', text: string(r.Bytes())}
		if own := r.RString(); own.Clone() != n.text {
			t.Errorf("RString: %q, want %q", own.Clone(), n.text)
		} else {
			own.Free()
		}
	case rm.ReplyError:
		n = node{kind: '-', text: string(r.Bytes())}
		if r.Err() == nil || r.Err().Error() != n.text {
			t.Errorf("Err: %v, want %q", r.Err(), n.text)
		}
	case rm.ReplyInteger:
		n = node{kind: ':', text: strconv.FormatInt(r.Integer(), 10)}
		if own := r.RString(); own.Clone() != n.text {
			t.Errorf("RString: %q, want %q", own.Clone(), n.text)
		} else {
			own.Free()
		}
	case rm.ReplyNull:
		n = node{kind: '_'}
	case rm.ReplyBool:
		n = node{kind: '#', text: strconv.FormatBool(r.Bool())[:1]}
	case rm.ReplyDouble:
		n = node{kind: ',', text: number(r.Double())}
	case rm.ReplyBigNumber:
		n = node{kind: '(', text: strings.Clone(r.BigNumber())}
	case rm.ReplyVerbatimString:
		s, format := r.Verbatim()
		n = node{kind: '=', text: format + ":" + s}
	case rm.ReplyArray, rm.ReplySet:
		n.kind = map[rm.ReplyType]byte{rm.ReplyArray: '*', rm.ReplySet: '~'}[typ]
		for i, e := range r.Elements {
			if i != len(n.elems) {
				t.Errorf("element %d comes as %d", len(n.elems), i)
			}
			n.elems = append(n.elems, treeOf(t, e, whole))
		}
		if len(n.elems) != r.Len() {
			t.Errorf("%d elements, Len %d", len(n.elems), r.Len())
		}
		if i := r.Len(); !r.Element(i).IsZero() || !r.Element(-1).IsZero() {
			t.Error("an element out of range")
		}
		views := 0
		for i, b := range r.ElementBytes {
			if e := r.Element(i); i != views || string(b) != string(e.Bytes()) || (b == nil) != (e.Bytes() == nil) {
				t.Errorf("ElementBytes %d: %d, %q, want %q", views, i, b, e.Bytes())
			}
			views++
		}
		if views != r.Len() {
			t.Errorf("%d of ElementBytes, Len %d", views, r.Len())
		}
		for range r.Elements { // a walk that is left
			break
		}
		at := 0
		for k, v := range r.Pairs {
			if k.Raw() != r.Element(at).Raw() || v.Raw() != r.Element(at+1).Raw() || typ == rm.ReplySet {
				t.Errorf("pair %d of %v", at/2, typ)
			}
			at += 2
		}
		if want := r.Len() + r.Len()&1; typ == rm.ReplyArray && at != want {
			t.Errorf("%d of %d elements in pairs", at, r.Len())
		}
	case rm.ReplyMap:
		n.kind = '%'
		n.elems = pairs(t, r, whole)
		for range r.Elements {
			t.Error("a map has elements")
		}
	}
	checkConversions(t, r, n)
	if a := r.Attribute(); !a.IsZero() {
		n.attr, n.noted = pairs(t, a, whole), true
	}
	if whole {
		got, err := decode(r.Proto(), 3)
		if err != nil { // a null of RESP2
			got, err = decodeLoosely(r.Proto(), 3)
		}
		if err != nil || !equal(canonical(got), n) {
			t.Errorf("Proto: %q, %v, want %+v", r.Proto(), err, n)
		}
	}
	return n
}

// checkConversions compares Text, Int64 and Float64, by their documentation.
func checkConversions(t *testing.T, r rm.CallReply, n node) {
	text, textErr := r.Text()
	keepText(text)
	i64, i64Err := r.Int64()
	f, fErr := r.Float64()
	wantText, isText := n.text, true
	var wantFloat float64
	floatErr := error(nil)
	switch typ := r.Type(); typ {
	case rm.ReplyInteger:
		wantFloat = float64(r.Integer())
		if i64 != r.Integer() || i64Err != nil {
			t.Errorf("Int64: %d, %v, want %q", i64, i64Err, n.text)
		}
	case rm.ReplyString, rm.ReplyBigNumber, rm.ReplyVerbatimString:
		if typ == rm.ReplyVerbatimString {
			wantText = n.text[4:]
		}
		checkInteger(t, wantText, i64, i64Err)
		var err error
		if wantFloat, err = strconv.ParseFloat(wantText, 64); err != nil {
			floatErr = rm.ErrNotFloat
		}
	case rm.ReplyDouble:
		wantFloat = r.Double()
		wantText = strconv.FormatFloat(wantFloat, 'g', -1, 64)
		var whole *big.Int
		acc := big.Below
		if !math.IsNaN(wantFloat) && !math.IsInf(wantFloat, 0) {
			whole, acc = big.NewFloat(wantFloat).Int(nil)
		}
		if fits := acc == big.Exact && whole.IsInt64(); fits != (i64Err == nil) || fits && i64 != whole.Int64() {
			t.Errorf("Int64 of %v: %d, %v", wantFloat, i64, i64Err)
		}
	case rm.ReplyBool:
		wantText, floatErr = strconv.FormatBool(r.Bool()), rm.ErrReplyType
		if i64Err != nil || i64 != map[bool]int64{true: 1}[r.Bool()] {
			t.Errorf("Int64 of %t: %d, %v", r.Bool(), i64, i64Err)
		}
	default:
		isText, floatErr = false, rm.ErrReplyType
		want := error(rm.ErrReplyType)
		if typ == rm.ReplyError {
			want = r.Err()
			floatErr = want
		}
		if i64 != 0 || textErr == nil || i64Err == nil || textErr.Error() != want.Error() || i64Err.Error() != want.Error() {
			t.Errorf("%v: Text %v, Int64 %v", typ, textErr, i64Err)
		}
	}
	if isText && (text != wantText || textErr != nil) || !isText && text != "" {
		t.Errorf("Text: %q, %v, want %q", text, textErr, wantText)
	}
	switch {
	case floatErr != nil:
		if f != 0 || fErr == nil || fErr.Error() != floatErr.Error() {
			t.Errorf("Float64 of %q: %v, %v, want %v", wantText, f, fErr, floatErr)
		}
	case fErr != nil || math.Float64bits(f) != math.Float64bits(wantFloat) && f == f:
		t.Errorf("Float64 of %q: %v, %v, want %v", wantText, f, fErr, wantFloat)
	}
}

// kept are texts that outlive their reply, each with a copy.
var kept [][2]string

func keepText(s string) { kept = append(kept, [2]string{s, strings.Clone(s)}) }

// checkKept looks at them when the replies are freed, whose memory the host writes over.
func checkKept(t *testing.T) {
	for _, k := range kept {
		if k[0] != k[1] {
			t.Errorf("%q became %q when its reply was freed", k[1], k[0])
		}
	}
	kept = nil
}

func pairs(t *testing.T, r rm.CallReply, whole bool) (list []node) {
	for k, v := range r.Pairs {
		list = append(list, treeOf(t, k, whole), treeOf(t, v, whole))
	}
	for _, i := range []int{-1, r.Len()} {
		if k, v, ok := r.Pair(i); ok || !k.IsZero() || !v.IsZero() {
			t.Errorf("pair %d of %d", i, r.Len())
		}
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
	return exactly(n, canonical)
}

// exactly writes an integer as a number is written, and makes of each node below what f does.
func exactly(n node, f func(n node) node) node {
	if n.kind == ':' {
		i, _ := strconv.ParseInt(n.text, 10, 64)
		n.text = strconv.FormatInt(i, 10)
	}
	n.elems, n.attr = slices.Clone(n.elems), slices.Clone(n.attr)
	for i := range n.elems {
		n.elems[i] = f(n.elems[i])
	}
	for i := range n.attr {
		n.attr[i] = f(n.attr[i])
	}
	return n
}

func equal(a, b node) bool {
	return a.kind == b.kind && a.text == b.text && a.noted == b.noted &&
		slices.EqualFunc(a.elems, b.elems, equal) && slices.EqualFunc(a.attr, b.attr, equal)
}

// forRESP2 is a reply of a call as a recording sends it to a client of RESP2.
func forRESP2(n node) node {
	n.attr, n.noted = nil, false
	switch n.kind {
	case '~', '%':
		n.kind = '*'
	case ',':
		n.kind, n.number = '$', true
	case '(':
		n.kind = '$'
	case '=':
		n.kind, n.text = '$', n.text[4:]
	case '#':
		n.kind, n.text = ':', strconv.Itoa(strings.Index("ft", n.text))
	}
	n.elems = slices.Clone(n.elems)
	for i := range n.elems {
		n.elems[i] = forRESP2(n.elems[i])
	}
	return n
}

// recordable tells whether a recording takes a reply: it must not be too deep, nor a format what breaks the line.
func recordable(n node, depth int) bool {
	if n.kind == '=' && strings.ContainsAny(n.text[:3], "\r\n\x00") {
		return false
	}
	if (n.elems != nil || strings.IndexByte("*~%", n.kind) >= 0) && depth >= maxDepth || n.noted && depth >= maxDepth {
		return false
	}
	deeper := func(e node) bool { return !recordable(e, depth+1) }
	return !slices.ContainsFunc(n.elems, deeper) && !slices.ContainsFunc(n.attr, deeper)
}

// addReplies adds replies: of each kind the limits, aggregates that do not come at once, and random ones.
func addReplies(f *testing.F) {
	elements := func(n int) string { return strings.Repeat(":7\r\n$1\r\nx\r\n", n/2) + strings.Repeat("+s\r\n", n&1) }
	list := []string{
		":9223372036854775807\r\n", ":-9223372036854775808\r\n", ":0\r\n", ",9223372036854775807\r\n", ",-9223372036854775808\r\n", ",1.5\r\n", ",1e-300\r\n", ",-0\r\n", ",nan\r\n", ",inf\r\n", ",4\r\n",
		"+-9223372036854775808\r\n", "$20\r\n-9223372036854775808\r\n", "$20\r\n-9223372036854775809\r\n", "$19\r\n9223372036854775807\r\n", "$19\r\n9223372036854775808\r\n", "$4\r\n1e10\r\n", "$0\r\n\r\n", "$3\r\n007\r\n", "$2\r\n-0\r\n",
		"(-9223372036854775808\r\n", "(9223372036854775808\r\n", "=6\r\ntxt:12\r\n", "=4\r\nmkd:\r\n", "#f\r\n", "#t\r\n", "_\r\n", "*0\r\n", "~0\r\n", "%0\r\n", "|0\r\n+x\r\n",
		"*3\r\n%4\r\n" + elements(8) + "%2\r\n+a\r\n%1\r\n+b\r\n*1\r\n:1\r\n+c\r\n-ERR within\r\n~2\r\n,0.1\r\n(5\r\n",
		"|2\r\n+k\r\n*1\r\n:1\r\n+l\r\n#t\r\n%3\r\n" + elements(6), "*2\r\n|1\r\n+k\r\n+v\r\n+x\r\n:2\r\n", "*2\r\n-\r\n-lower case\r\n",
		"|1\r\n+k\r\n+v\r\n-ERR of an attribute\r\n", "|0\r\n-ERR x\r\n", "-ERR x\r\n", "*1\r\n|1\r\n+k\r\n+v\r\n-ERR x\r\n", ",-nan\r\n",
		"=3\r\nabc\r\n", "=0\r\n\r\n", "=4\r\ntxt\r\n", "=7\r\na\nb:txt\r\n", "$3\r\nab\r\n", "$2\r\nab", "$2\r\nab\r", "*1\r\n$9\r\nab\r\n", ",9223372036854774784\r\n", ",-9223372036854777856\r\n",
		// Of 20 digits and more, and of such that are small when they have gone round.
		"$20\r\n18446744073709551617\r\n", "$20\r\n99999999999999999999\r\n", "$20\r\n00000000000000000012\r\n", "$19\r\n0000000000000000012\r\n", "(18446744073709551617\r\n", "(-18446744073709551617\r\n", "$2\r\n+1\r\n", "$1\r\n-\r\n",
	}
	for _, n := range []int{1, 5, 63, 64, 65, 128, 129, 200} {
		list = append(list, fmt.Sprintf("*%d\r\n%s", n, elements(n)), fmt.Sprintf("~%d\r\n%s", n, elements(n)), fmt.Sprintf("%%%d\r\n%s", n, elements(2*n)))
	}
	r := rand.New(rand.NewPCG(15, 2))
	for range 40 {
		b := rm.NewReply()
		replyprog.Run(replyprog.Random(r, 4), b)
		proto, err := b.AppendRESP(nil, 3)
		if err != nil {
			f.Fatal(err)
		}
		list = append(list, string(proto))
		b.Free()
	}
	for i, s := range list {
		f.Add(uint8(1|i<<1), []byte(s))
		f.Add(uint8(1|i<<1^8), []byte(s))
		f.Add(uint8(i), []byte(s))
	}
}

// FuzzCallReply answers a call with any bytes. A whole reply reads as the decoder reads it, by
// every way, and goes on to a client as it came; of what is none nothing reaches a client.
func FuzzCallReply(f *testing.F) {
	hosted(f)
	addReplies(f)
	f.Fuzz(func(t *testing.T, how uint8, answer []byte) {
		ctest.HostAnswer(answer, 0)
		protocol := 2 + int(how&1)
		want, invalid := decode(answer, protocol)
		client := 2 + int(how>>1&1)
		asIs, copied := false, false // it goes on as it came, or recorded
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
					keepText(string(e.Clone()))
				}
				return ctx.ReplyWithOK()
			}
			if how&4 != 0 {
				defer func() {
					r.Free()
					if underDebug { // a second end panics
						return
					}
					if r.Free(); !r.IsZero() {
						t.Error("a freed reply is not the zero one")
					}
				}()
			}
			if invalid == nil && want.kind == '-' {
				t.Errorf("no error of %q", answer)
			}
			got := treeOf(t, r, invalid == nil)
			if invalid == nil && !equal(canonical(want), got) {
				t.Errorf("want %+v, got %+v", canonical(want), got)
			}
			if how&8 != 0 && invalid == nil {
				if asIs = ctx.ReplyWithCallReply(r) == nil; asIs {
					return nil
				}
			}
			copied = true
			b := rm.NewReply()
			defer b.Free()
			b.CallReply(r)
			return b.ReplyTo(ctx)
		})
		checkKept(t)
		if asIs {
			if string(out) != string(answer) {
				t.Fatalf("%q went on as %q", answer, out)
			}
			return
		}
		got, err := decode(out, client)
		if err != nil {
			t.Fatalf("%v: %q", err, out)
		}
		if got.kind == '-' && strings.HasPrefix(got.text, "ERR f.run: panic:") {
			t.Fatalf("%q: %q", answer, out)
		}
		if invalid != nil || !copied {
			return
		}
		if !recordable(want, 0) {
			if got.kind != '-' {
				t.Fatalf("%q was recorded: %q", answer, out)
			}
			return
		}
		if want = exact(want); client == 2 {
			want = forRESP2(want)
		}
		if !same(want, exact(got)) {
			t.Fatalf("want %+v, sent %+v", want, got)
		}
	})
}

// exact makes a decoded tree what a copy of it can tell, too: a status is none any more only in a CallReply.
func exact(n node) node { return exactly(n, exact) }

// lacking are the flags of calls that the host does not have: they came with Redis 7.2 and Valkey 9.1.
const lacking = uint16(rm.CallDryRun | rm.CallAllowBlock | rm.CallExact)

// FuzzCallArguments makes calls with arguments of every kind. The host parses the format as the
// server does; it must come to the same arguments and flags. Every second time the call is that of
// a command of the module, which runs nested and replies with its arguments.
func FuzzCallArguments(f *testing.F) {
	hosted(f)
	for bit := range 14 { // each flag alone and all but it; the least integer is among the arguments
		f.Add(uint16(1)<<bit>>1, []byte("\x0c\xff\x80\x0b\x03abc\x10ab\x21wxyz\x2d\x01\x02\x03\x04\x05\xfc"))
		f.Add(^uint16(1<<bit>>1)&^lacking, []byte("\x16\x01\x02\x04\xfc"))
	}
	// As many words as there is room for, one less and one more, the last ones of each kind; and where one of the arguments is none.
	for n := range 9 {
		for _, last := range []string{"\x0aab", "\x09a", "\x1bxyz", "\x08s", "\xfc", "\x25\x01\x02\x03\x04", "\x05", "\x07", "\x0f", "\x25\x01\x02\xf0\x04", "\x08s\x0dv\xfc\x0f", "\x0f\xfc", "\x25\x01\xf0\x02\x03\x08s"} {
			for flags := range uint16(2) {
				f.Add(flags, []byte(strings.Repeat("\xfc", redismodule.MaxWords-8+n)+last))
				f.Add(flags, []byte(last+strings.Repeat("\x08s", redismodule.MaxWords-8+n)))
				f.Add(flags, []byte(last))
			}
		}
	}
	f.Fuzz(func(t *testing.T, flags uint16, recipe []byte) {
		flags &= 1<<13 - 1
		ctest.HostAnswer([]byte("+OK\r\n"), 0)
		var want []string
		made := 0 // calls
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
			var bad bool
			args, want, bad = arguments(ctx, recipe)
			var strs []rm.RStr
			for _, s := range want {
				strs = append(strs, ctx.Str(s))
			}
			if bad {
				strs = append(strs, rm.RStr{})
			}
			prepared := rm.NewCall(command, rm.CallFlags(flags))
			for _, call := range []func() (rm.CallReply, error){
				func() (rm.CallReply, error) { return ctx.Call(command, rm.CallFlags(flags), args...) },
				func() (rm.CallReply, error) { return prepared.Do(ctx, strs...) },
				func() (rm.CallReply, error) { return prepared.DoArgs(ctx, args...) },
				func() (rm.CallReply, error) { // behind one that is refused
					if _, err := prepared.DoArgs(ctx, rm.Int64(1), rm.Arg{}); err != rm.ErrNoString && !unsupported {
						t.Errorf("no argument: %v", err)
					}
					return prepared.DoArgs(ctx, args...)
				},
				func() (rm.CallReply, error) { return prepared.Do(ctx, strs...) },
			} {
				r, err := call()
				if errors.Is(err, rm.ErrUnsupported) {
					if unsupported = true; flags&lacking == 0 || made > 0 {
						t.Errorf("the flags %#x: %v, behind %d calls", flags, err, made)
					}
					continue
				}
				if bad {
					if !errors.Is(err, rm.ErrNoString) {
						t.Errorf("an argument that is none: %v", err)
					}
					r.Free()
					continue
				}
				if err != nil {
					return err
				}
				made++
				if command != "x" {
					var texts []string
					for _, e := range treeOf(t, r, true).elems {
						texts = append(texts, e.text)
					}
					if !slices.Equal(texts, append([]string{command}, want...)) {
						t.Errorf("the command got %q, want %q", texts, want)
					}
				}
				r.Free()
			}
			return ctx.ReplyWithOK()
		})
		checkKept(t)
		if string(out) != "+OK\r\n" {
			t.Fatalf("%q", out)
		}
		if unsupported {
			if made > 0 {
				t.Errorf("the flags %#x are refused, and %d calls made", flags, made)
			}
			return
		}
		letters := "E" // refusals get their text
		for i, l := range "!AR30CSWMEDKX" {
			if flags&(1<<i) != 0 && l != 'E' {
				letters += string(l)
			}
		}
		calls := ctest.HostCalls()
		if len(calls) != made {
			t.Fatalf("%d calls, want %d", len(calls), made)
		}
		for _, c := range calls {
			if got := sorted(c.Flags); got != sorted(letters) {
				t.Errorf("flags %q, want %q", got, sorted(letters))
			}
			if !slices.Equal(c.Args, append([]string{command}, want...)) {
				t.Errorf("arguments %q, want %q", c.Args, want)
			}
		}
	})
}

func sorted(s string) string {
	b := []byte(s)
	slices.Sort(b)
	return string(b)
}

// arguments makes arguments of a recipe, and what they are as texts. bad tells that one of them is none.
func arguments(ctx rm.Context, recipe []byte) (args []rm.Arg, want []string, bad bool) {
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
		case 7:
			switch bad = true; size & 1 {
			case 0:
				args = append(args, rm.Arg{})
			case 1:
				args = append(args, rm.Str(rm.RStr{}))
			}
		case 0:
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
			if size == 31 {
				n = math.MinInt64
			} else if size == 30 {
				n = math.MaxInt64
			}
			for _, b := range []byte(take(size & 15 % 15)) {
				n = n*255 - int64(b)
			}
			args, want = append(args, rm.Int64(n)), append(want, strconv.FormatInt(n, 10))
		case 5, 6:
			var v []rm.RStr
			for _, b := range []byte(take(size)) {
				if b >= 0xf0 {
					v, bad = append(v, rm.RStr{}), true
					continue
				}
				s := strings.Repeat("v", int(b&15))
				v, want = append(v, ctx.Str(s)), append(want, s)
			}
			args = append(args, rm.Strs(rm.ArgsOf(v...)))
		}
	}
	return args, want, bad
}
