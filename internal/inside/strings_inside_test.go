// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideStringContents copies, compares and changes strings.
//
// Drives: CreateString, CreateStringFromString, StringAppendBuffer,
// TrimStringAllocation, FreeString, StringPtrLen.
func InsideStringContents(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for _, content := range awkward {
		s := e.str(content)
		// The strings are large: require.Equal would print them.
		require.True(t, content == s.String() && content == s.Clone() && content == string(s.Bytes()) && len(content) == s.Len(), "%.20q", content)
		require.True(t, "<"+content+content == string(s.AppendTo(s.AppendTo([]byte("<")))), "%.20q", content)
		own := s.Copy()
		require.NotEqual(t, s.Raw(), own.Raw())
		require.True(t, content == own.String())
		require.NoError(t, own.Append([]byte("\x00b")))
		require.NoError(t, own.AppendText(content))
		require.True(t, content+"\x00b"+content == own.String(), "%.20q", content)
		require.True(t, content == s.String(), "the copy is another string")
		own.Free()
		require.True(t, own.IsZero())
		own.Free() // nothing

		for _, made := range []rm.RString{rm.NewRString([]byte(content)), rm.NewRStringText(content), s.Copy()} {
			for range 10 {
				require.NoError(t, made.AppendText("0123456789"))
			}
			if serverHas(t, "TrimStringAllocation") {
				require.NoError(t, made.Trim())
			} else {
				requireError(t, rm.ErrUnsupported, made.Trim())
			}
			require.True(t, content+strings.Repeat("0123456789", 10) == made.String(), "%.20q", content)
			made.Free()
		}
		formatted := rm.NewRStringFormat("%d %s %q %%s\x00", 1, s, s.Bytes())
		require.True(t, fmt.Sprintf("1 %s %q %%s\x00", content, content) == formatted.String(), "%.20q", content)
		formatted.Free()
	}
}

// InsideStringShared has several owners of one string, each of which frees it.
//
// Drives: RetainString, FreeString, StringAppendBuffer.
func InsideStringShared(t *inside.T, ctx rm.Context) {
	for _, content := range awkward {
		one := env{t, ctx}.str(content).Copy()
		two, three := one.Retain(), one.Str().Retain()
		require.Equal(t, one.Raw(), two.Raw())
		require.Equal(t, one.Raw(), three.Raw())
		require.Equal(t, rm.ErrSharedString, one.Append([]byte("x")))
		one.Free()
		require.True(t, one.IsZero())
		two.Free()
		require.True(t, content == three.String(), "%.20q", content)
		require.NoError(t, three.AppendText("+"), "the last owner may append")
		require.True(t, content+"+" == three.String(), "%.20q", content)
		three.Free()
	}
}

// InsideStringCompare compares strings.
//
// Drives: StringCompare.
func InsideStringCompare(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "a", 0}, {"a", "b", -1}, {"abc", "ab", 1}, {"", "x", -1},
		{"a\x00b", "a\x00c", -1}, {"a\x00", "a", 1}, {"\xff", "a", 1}, {"z", "aaaaaaaaaaaa", 1},
	} {
		a, b := e.str(c.a), e.str(c.b)
		require.Equal(t, c.want, a.Compare(b), "%q and %q", c.a, c.b)
		require.Equal(t, -c.want, b.Compare(a), "%q and %q", c.b, c.a)
		require.Equal(t, c.want == 0, a.Equal(b), "%q and %q", c.a, c.b)
	}
}

// InsideStringZero uses strings that are none.
//
// Drives: CreateString, FreeString.
func InsideStringZero(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	var zero rm.RStr
	var owned rm.RString
	empty, some := e.str(""), e.str("some")
	require.False(t, empty.IsZero())
	require.True(t, zero.IsZero())
	require.Zero(t, zero.Len())
	require.Empty(t, zero.String())
	require.Empty(t, zero.Bytes())
	require.True(t, zero.Equal(zero))
	require.True(t, zero.Equal(empty))
	require.True(t, empty.Equal(zero))
	require.False(t, zero.Equal(some))
	require.False(t, some.Equal(zero))
	require.Equal(t, 0, zero.Compare(empty))
	require.Equal(t, -1, zero.Compare(some))
	require.Equal(t, 1, some.Compare(zero))
	require.Equal(t, rm.ErrNotInteger, either(zero.Int64()))
	require.Equal(t, rm.ErrNotInteger, either(zero.Uint64()))
	require.Equal(t, rm.ErrNotFloat, either(zero.Float64()))
	require.Equal(t, rm.ErrNotFloat, either(zero.LongDouble()))
	copied, retained, second := zero.Copy(), zero.Retain(), owned.Retain()
	require.True(t, copied.IsZero() && retained.IsZero() && second.IsZero())
	require.Equal(t, "x", string(zero.AppendTo([]byte("x"))))
	require.Equal(t, rm.ErrNoString, owned.Append(nil))
	require.Equal(t, rm.ErrNoString, owned.AppendText("x"))
	if serverHas(t, "TrimStringAllocation") {
		require.NoError(t, owned.Trim())
	} else {
		requireError(t, rm.ErrUnsupported, owned.Trim())
	}
	lent := owned.HandOver(ctx)
	require.True(t, lent.IsZero())
	owned.Free()
}

// InsideStringHandOver gives strings to a context, which frees them when its callback
// ends.
//
// Drives: HoldString, AutoMemory.
func InsideStringHandOver(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for _, content := range awkward {
		e.callbackOK(func(ctx rm.Context) error {
			own := rm.NewRStringText(content)
			lent := own.HandOver(ctx)
			require.True(t, own.IsZero())
			require.True(t, content == lent.String(), "%.20q", content)
			return ctx.ReplyWithOK()
		})
	}
	e.leakless(func() {
		reply, err := e.callback(func(ctx rm.Context) error {
			own := rm.NewRStringText("a text of some length, which would be seen")
			own.HandOver(ctx)
			return ctx.ReplyWithOK()
		})
		require.NoError(t, err)
		reply.Free()
	})
}

// lentString is longer than what goes unseen in the server's memory.
var lentString = []byte("a\x00text of some length, which would be seen")

// lend stores a field in a hash with strings that live until the callback ends.
func lend(ctx rm.Context, name rm.RStr) error {
	field, value := ctx.Str("field"), ctx.StrBytes(lentString)
	if empty := ctx.Str(""); empty.IsZero() || !empty.Equal(ctx.StrBytes(nil)) {
		return rm.Error("ERR an empty string is none")
	}
	key := ctx.OpenWriteKey(name)
	if _, err := key.HashSet(field, value, 0); err != nil {
		return err // with the key open
	}
	key.Close()
	return ctx.ReplyWithOK()
}

// InsideStringLent makes strings that live until the callback ends: they are freed then,
// also behind an error.
//
// Drives: CreateString, FreeString.
func InsideStringLent(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("SET", "text", "x")
	h, text := e.str("h"), e.str("text")
	right := func(ctx rm.Context) error { return lend(ctx, h) }
	wrong := func(ctx rm.Context) error { return lend(ctx, text) }
	e.callbackOK(right)
	require.Equal(t, string(lentString), e.do("HGET", "h", "field"))
	_, err := e.callback(wrong)
	require.ErrorIs(t, err, rm.ErrWrongType)
	e.leakless(func() {
		reply, _ := e.callback(right)
		reply.Free()
		_, _ = e.callback(wrong)
	})
}

// InsideStringCosts looks for leaks and for Go allocations.
//
// Drives: CreateString, CreateStringFromString, RetainString, StringAppendBuffer, FreeString.
func InsideStringCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	text, number := e.str(strings.Repeat("text\x00", 20)), e.str("1234567890")
	buffer := make([]byte, 0, 100)
	hasLongDouble := serverHas(t, "StringToLongDouble")
	e.costs(func() {
		buffer = text.AppendTo(buffer[:0])
		n, err := number.Uint64()
		i, err2 := number.Int64()
		f, err3 := number.Float64()
		if err != nil || err2 != nil || err3 != nil || n != 1234567890 || i != int64(n) || f != float64(n) {
			panic("a number")
		}
		if f, err := number.LongDouble(); hasLongDouble && (err != nil || f != float64(n)) {
			panic("a long double")
		}
		if _, err := text.Uint64(); err == nil || text.Equal(number) {
			panic("no number")
		}
		made := [...]rm.RString{
			text.Copy(), text.Retain(), rm.NewRString(buffer), rm.NewRStringText(text.String()), rm.NewRStringUint64(n),
			rm.NewRStringInt64(i), rm.NewRStringFloat64(1.5), rm.NewRStringHumanLongDouble(0.5), rm.NewRStringLongDouble(0.5),
		}
		last := made[2].Retain()
		_ = made[2].Append(buffer) // refused
		last.Free()
		if err := made[0].Append(buffer); err != nil {
			panic(err)
		}
		_ = made[0].Trim()
		for i := range made {
			made[i].Free()
		}
	})
	h := e.str("h")
	lent := func(ctx rm.Context) error { return lend(ctx, h) }
	e.costs(func() {
		reply, err := e.callback(lent)
		if err != nil {
			panic(err)
		}
		reply.Free()
	})
	e.leakless(func() {
		s := rm.NewRStringFormat("%d %s", 17, text)
		s.Free()
	})
}
