// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule/rm"
)

// The server's rules, as expressions.
var (
	serverInteger  = regexp.MustCompile(`\A(0|-?[1-9][0-9]*)\z`)
	serverUnsigned = regexp.MustCompile(`\A[0-9]+\z`)
	// What strtod reads to its end.
	decimal = regexp.MustCompile(`\A[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z`)
	hex     = regexp.MustCompile(`\A[+-]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)([pP][+-]?[0-9]+)?\z`)
	inf     = regexp.MustCompile(`\A(?i)[+-]?inf(inity)?\z`)
	streams = regexp.MustCompile(`\A([0-9]+)(-([0-9]+))?\z`)
)

// serverFloat reads a float as the server does; not ok is refused, as what is not a number and
// what is too large or too small for a float64.
func serverFloat(s string) (f float64, ok bool) {
	switch {
	case inf.MatchString(s), decimal.MatchString(s):
		f, err := strconv.ParseFloat(s, 64)
		return f, err == nil && (f != 0 || !strings.ContainsAny(mantissa(s), "123456789"))
	case hex.MatchString(s):
		if !strings.ContainsAny(s, "pP") {
			s += "p0"
		}
		f, err := strconv.ParseFloat(s, 64)
		return f, err == nil && (f != 0 || !strings.ContainsAny(strings.ToLower(strings.SplitN(strings.ToLower(s), "p", 2)[0])[strings.IndexAny(s, "xX"):], "123456789abcdef"))
	}
	return 0, false
}

func mantissa(s string) string {
	s, _, _ = strings.Cut(strings.ToLower(s), "e")
	return s
}

// FuzzNumbers reads a string in every way that RStr has, and writes numbers.
func FuzzNumbers(f *testing.F) {
	hosted(f)
	for _, s := range []string{"0", "-0", "1", "-1", "+1", "01", " 1", "1 ", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616",
		"1e3", "0x10", "0x1p-1074", "1e-400", "1e400", "inf", "-Infinity", "nan", "1\x002", "1_0", "", ".", "1.", ".5", "5-3", "1526919030474-55", "-", "+",
		"5-", "-5", "5-3-1", "5--3", "18446744073709551615-18446744073709551615", "18446744073709551616-0", "18446744073709551620-0", "20000000000000000000-1", "1-18446744073709551616", "1-99999999999999999999", "99999999999999999999", "0-0", "05-007", "5- 3"} {
		f.Add(s, int64(len(s)), 0.1*float64(len(s)))
	}
	for i, fl := range []float64{math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1), math.NaN(), -1e-5, 1e17, -123456789.125, 1e-17, 0.3} {
		f.Add(strconv.FormatFloat(fl, 'g', -1, 64), int64(math.MinInt64)+int64(i), fl)
		f.Add(strconv.FormatFloat(fl, 'x', -1, 64), int64(math.MaxInt64)-int64(i), -fl)
	}
	f.Fuzz(func(t *testing.T, s string, n int64, fl float64) {
		out := inHost(t, 2, func(ctx rm.Context, args rm.Args) error {
			for _, str := range []rm.RStr{ctx.Str(s), ctx.StrBytes([]byte(s)), args.At(1)} {
				checkStr(t, str, s)
				checkOwned(t, ctx, str, s)
			}
			checkNone(t, args.At(1), s)
			checkMade(t, n, fl)
			return ctx.ReplyWithOK()
		}, s)
		if string(out) != "+OK\r\n" {
			t.Fatalf("%q", out)
		}
	})
}

func checkStr(t *testing.T, str rm.RStr, s string) {
	t.Helper()
	if str.String() != s || string(str.Bytes()) != s || str.Clone() != s || string(str.AppendTo([]byte("x"))) != "x"+s || str.Len() != len(s) {
		t.Errorf("%q reads %q", s, str.Clone())
	}
	own := str.Copy()
	if !str.Equal(own.Str()) || str.Compare(own.Str()) != 0 {
		t.Errorf("%q is not its copy", s)
	}
	if err := own.AppendText("\x00" + s); err != nil || own.Clone() != s+"\x00"+s || str.Equal(own.Str()) || str.Compare(own.Str()) != -1 {
		t.Errorf("%v, %q", err, own.Clone())
	}
	own.Free()
	for _, other := range []string{"", "0", s + "0", s[:len(s)/2], strings.ToUpper(s), "\xff" + s, s + "\x00", flipped(s)} {
		o := rm.NewRStringText(other)
		if want := strings.Compare(s, other); str.Compare(o.Str()) != want || o.Str().Compare(str) != -want || str.Equal(o.Str()) != (want == 0) {
			t.Errorf("%q and %q: %d, %t", s, other, str.Compare(o.Str()), str.Equal(o.Str()))
		}
		o.Free()
	}
	got, err := str.Int64()
	want, wantErr := strconv.ParseInt(s, 10, 64)
	if ok := wantErr == nil && serverInteger.MatchString(s); ok != (err == nil) || ok && got != want {
		t.Errorf("Int64 %q: %d, %v", s, got, err)
	}
	u, err := str.Uint64()
	wantU, wantErr := strconv.ParseUint(s, 10, 64)
	if ok := wantErr == nil && serverUnsigned.MatchString(s); ok != (err == nil) || ok && u != wantU {
		t.Errorf("Uint64 %q: %d, %v", s, u, err)
	}
	fl, err := str.Float64()
	wantF, ok := serverFloat(s)
	if ok != (err == nil) || ok && (fl != wantF || math.Signbit(fl) != math.Signbit(wantF)) {
		t.Errorf("Float64 %q: %v, %v; want %v, %t", s, fl, err, wantF, ok)
	}
	// A long double reaches further; where both are numbers they are neighbours at most.
	ld, err := str.LongDouble()
	isNumber := inf.MatchString(s) || decimal.MatchString(s) || hex.MatchString(s)
	switch {
	case len(s) >= 5120 || !isNumber:
		if err == nil {
			t.Errorf("LongDouble %q: %v", s, ld)
		}
	case ok && (err != nil || ld != wantF && math.Nextafter(ld, wantF) != wantF || math.Signbit(ld) != math.Signbit(wantF)):
		t.Errorf("LongDouble %q: %v, %v; want %v", s, ld, err, wantF)
	case !ok && err == nil && !math.IsInf(ld, 0) && math.Abs(ld) > math.SmallestNonzeroFloat64:
		t.Errorf("LongDouble %q: %v, which no float64 is", s, ld)
	}
	checkStreamID(t, str, s)
}

// checkOwned holds, shares and hands over a string. Each owner has it until it frees it, and none may change what others have.
func checkOwned(t *testing.T, ctx rm.Context, str rm.RStr, s string) {
	t.Helper()
	held := str.Retain()
	again := held.Retain()
	if err := again.AppendText("x"); err == nil || held.Clone() != s || again.Clone() != s {
		t.Errorf("%q is shared and was changed: %v, %q", s, err, again.Clone())
	}
	held.Free()
	if again.Clone() != s || str.Clone() != s {
		t.Errorf("%q after one of its ends: %q, %q", s, again.Clone(), str.Clone())
	}
	again.Free()
	if str.Clone() != s {
		t.Errorf("%q is %q when those that held it are freed", s, str.Clone())
	}
	own := rm.NewRStringText(s)
	if err := own.Append([]byte("x")); err != nil || own.Clone() != s+"x" {
		t.Errorf("%q with an x: %v, %q", s, err, own.Clone())
	}
	if err := own.Trim(); err != nil || own.Clone() != s+"x" {
		t.Errorf("%q, trimmed: %v, %q", s, err, own.Clone())
	}
	lent := own.HandOver(ctx)
	if lent.Clone() != s+"x" || !own.IsZero() {
		t.Errorf("%q is handed over as %q", s, lent.Clone())
	}
	own.Free() // it is the context's
	if lent.Clone() != s+"x" {
		t.Errorf("%q ends with its former owner", s)
	}
}

// checkNone reads the zero RStr, which is like an empty string and no number, and compares it with str.
func checkNone(t *testing.T, str rm.RStr, s string) {
	t.Helper()
	var none rm.RString
	if none.Clone() != "" || none.Bytes() != nil || none.Len() != 0 || !none.IsZero() || len(none.AppendTo(nil)) != 0 {
		t.Errorf("no string is %q", none.Clone())
	}
	if want := strings.Compare("", s); none.Compare(str) != want || str.Compare(none.Str()) != -want || none.Equal(str) != (want == 0) || !none.Equal(rm.RStr{}) {
		t.Errorf("no string and %q: %d", s, none.Compare(str))
	}
	if none.Append([]byte(s)) == nil || none.Trim() != nil {
		t.Error("no string was changed")
	}
	copied, held, shared := none.Copy(), none.Str().Retain(), none.Retain()
	if !copied.IsZero() || !held.IsZero() || !shared.IsZero() {
		t.Error("of no string there is one")
	}
	none.Free()
	_, e1 := none.Int64()
	_, e2 := none.Uint64()
	_, e3 := none.Float64()
	_, e4 := none.LongDouble()
	_, e5 := none.StreamID()
	for i, err := range []error{e1, e2, e3, e4, e5} {
		if err == nil {
			t.Errorf("no string is a number: method %d", i)
		}
	}
}

// checkStreamID compares with the rule for IDs of commands.
func checkStreamID(t *testing.T, str rm.RStr, s string) {
	t.Helper()
	id, err := rm.ParseStreamID(s)
	if same, sameErr := str.StreamID(); same != id || sameErr != err {
		t.Errorf("StreamID %q: %v, %v, and ParseStreamID: %v, %v", s, same, sameErr, id, err)
	}
	var want rm.StreamID
	ok := true
	switch m := streams.FindStringSubmatch(s); {
	case s == "-":
		want = rm.MinStreamID
	case s == "+":
		want = rm.MaxStreamID
	case m == nil:
		ok = false
	default:
		var e1, e2 error
		want.Ms, e1 = strconv.ParseUint(m[1], 10, 64)
		if m[3] != "" {
			want.Seq, e2 = strconv.ParseUint(m[3], 10, 64)
		}
		ok = e1 == nil && e2 == nil
	}
	if ok != (err == nil) || ok && id != want {
		t.Errorf("ParseStreamID %q: %v, %v; want %v, %t", s, id, err, want, ok)
	}
	if ok {
		// As texts of one width, numbers are in the order that they have.
		text := func(id rm.StreamID) string { return fmt.Sprintf("%020d-%020d", id.Ms, id.Seq) }
		for _, other := range []rm.StreamID{id, {Ms: id.Seq, Seq: id.Ms}, {Ms: id.Ms, Seq: ^id.Seq}, {Ms: id.Ms, Seq: id.Seq + 1}, {Ms: id.Ms + 1}} {
			if want := strings.Compare(text(id), text(other)); id.Compare(other) != want || other.Compare(id) != -want {
				t.Errorf("%v and %v: %d", id, other, id.Compare(other))
			}
		}
		if again, err := rm.ParseStreamID(id.String()); again != id || err != nil {
			t.Errorf("%v reads %v, %v", id, again, err)
		}
		made := rm.NewRStringStreamID(id)
		if want := strconv.FormatUint(id.Ms, 10) + "-" + strconv.FormatUint(id.Seq, 10); made.Clone() != want {
			t.Errorf("%q is written %q", want, made.Clone())
		}
		made.Free()
	}
}

// flipped is s with another last byte, and as long.
func flipped(s string) string {
	if s == "" {
		return ""
	}
	return s[:len(s)-1] + string([]byte{s[len(s)-1] ^ 0x80})
}

// human is a number as people read it.
var human = regexp.MustCompile(`\A(-?(0|[1-9][0-9]*)(\.[0-9]{0,16}[1-9])?|-?inf|nan)\z`)

// checkMade writes numbers, which must read as what they were.
func checkMade(t *testing.T, n int64, fl float64) {
	t.Helper()
	check := func(what string, s rm.RString, want string) {
		if got := s.Clone(); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
		s.Free()
		s.Free()
	}
	check("Int64", rm.NewRStringInt64(n), strconv.FormatInt(n, 10))
	check("Uint64", rm.NewRStringUint64(uint64(n)), strconv.FormatUint(uint64(n), 10))
	s := rm.NewRStringFloat64(fl)
	if got, err := s.Float64(); !math.IsNaN(fl) && (err != nil || got != fl || math.Signbit(got) != math.Signbit(fl)) || math.IsNaN(fl) && s.Clone() != "nan" {
		t.Errorf("%v is written %q and reads %v, %v", fl, s.Clone(), got, err)
	}
	s.Free()
	s = rm.NewRStringLongDouble(fl)
	if got, err := s.LongDouble(); !math.IsNaN(fl) && (err != nil || got != fl || math.Signbit(got) != math.Signbit(fl)) || math.IsNaN(fl) && s.Clone() != "nan" {
		t.Errorf("%v is written %q and reads %v, %v", fl, s.Clone(), got, err)
	}
	s.Free()
	s = rm.NewRStringHumanLongDouble(fl)
	if got, err := strconv.ParseFloat(s.Clone(), 64); !human.MatchString(s.Clone()) || err != nil || got != fl && math.Abs(got-fl) > 1e-17 {
		t.Errorf("%v is written %q for people", fl, s.Clone())
	}
	s.Free()
}
