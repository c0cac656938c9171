// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// The ways to read a string key.
var (
	viewed = stringOf
	copied = func(k rm.WriteKey) any { // behind "copy:"
		b, ok, err := k.StringAppendTo([]byte("copy:"))
		return there(strings.TrimPrefix(string(b), "copy:"), ok && bytes.HasPrefix(b, []byte("copy:")), err)
	}
	inPlace = func(k rm.WriteKey) any {
		b, ok, err := k.StringDMA()
		return there(string(b), ok, err)
	}
)

// overwrite writes c over a whole string, and returns its length.
func overwrite(k rm.WriteKey, c byte) any {
	b, ok, err := k.StringDMA()
	for i := range b {
		b[i] = c
	}
	return there(len(b), ok, err)
}

// InsideStringKeys reads, sets and changes string keys of every length and encoding.
//
// Drives: StringDMA, StringSet, StringTruncate.
func InsideStringKeys(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for _, v := range []string{"", "7", "-9223372036854775808", "short", strings.Repeat("l", 44), strings.Repeat("l", 45), "\x00\r\n\xff", strings.Repeat("\x00binary\r\n\xff", 100_000)} {
		n, s, xs := len(v), e.str(v), strings.Repeat("x", len(v))
		what := v[:min(n, 50)]
		set := func(words ...string) { e.do(append([]string{"SET", "k"}, words...)...) }
		run := func(how string, f func(k rm.WriteKey) []any, want ...any) {
			t.Helper()
			require.Equal(t, want, e.open(how, "k", f), "%q", what)
		}
		holds := func(want string) {
			t.Helper()
			require.True(t, e.do("GET", "k") == want, "%q", what)
		}
		type readers []func(k rm.WriteKey) any
		for _, all := range []readers{{viewed}, {copied}, {inPlace}, {viewed, inPlace}, {inPlace, viewed}} {
			set(v)
			require.Equal(t, n, e.with(write, "k", func(k rm.WriteKey) any {
				for _, f := range all {
					require.True(t, f(k) == v, "%q", what)
				}
				return k.Len()
			}), "%q", what)
			holds(v)
		}
		set(v)
		run(read, func(k rm.WriteKey) []any { return answers(viewed(k), copied(k)) }, v, v)

		// In place, and longer and shorter.
		set(v)
		run(write, func(k rm.WriteKey) []any { return answers(overwrite(k, 'x'), viewed(k)) }, n, xs)
		holds(xs)
		set(v)
		run(write, func(k rm.WriteKey) []any {
			return answers(k.StringTruncate(n+3), viewed(k), k.Len(), k.StringTruncate(n/2), viewed(k), k.StringTruncate(n/2), inPlace(k),
				k.StringTruncate(0), inPlace(k), k.Len(), k.Type())
		}, nil, v+"\x00\x00\x00", n+3, nil, v[:n/2], nil, v[:n/2], nil, "", 0, rm.KeyTypeString)
		holds("")

		// Set, over nothing and over something, with a time to live.
		e.do("DEL", "k")
		run(write, func(k rm.WriteKey) []any { return answers(k.StringSet(s), k.Type(), k.Len(), viewed(k)) }, nil, rm.KeyTypeString, n, v)
		holds(v)
		set("other", "EX", "100")
		run(write, func(k rm.WriteKey) []any {
			own := rm.NewRStringText(v)
			err := k.StringSet(own.Str())
			own.Free()
			return answers(err, viewed(k), there(k.TTL()))
		}, nil, v, "(none)")
		holds(v)

		// The value is the argument's own memory until it is written to.
		run(write, func(k rm.WriteKey) []any { return answers(k.StringSet(s), overwrite(k, 'y')) }, nil, n)
		holds(strings.Repeat("y", n))
		require.True(t, s.String() == v, "%q", what)

		set(v)
		run(write, func(k rm.WriteKey) []any {
			return answers(k.StringAppend([]byte("+")), viewed(k), k.StringAppend(nil), viewed(k), k.StringAppend([]byte(v)), viewed(k), k.Len())
		}, nil, v+"+", nil, v+"+", nil, v+"+"+v, 2*n+1)
		holds(v + "+" + v)
	}
	require.Equal(t, answers(nil, "k\xfe", nil, "k\xfe", rm.KeyTypeString), e.open(write, "k\xfe", func(k rm.WriteKey) []any {
		return answers(k.StringSet(k.Name()), viewed(k), k.StringSet(k.Name()), viewed(k), k.Type())
	}))
	require.Equal(t, "k\xfe", e.do("GET", "k\xfe"))
}

// InsideStringAppendSelf appends views of a value to the value itself. The server
// moves the value meanwhile; its allocator overwrites what it frees.
//
// Drives: StringDMA, StringTruncate.
func InsideStringAppendSelf(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for _, n := range []int{1, 10, 1000, 100_000, 1 << 20} {
		v := strings.Repeat("0123456789", n/10+1)[:n]
		for name, view := range map[string]func(k rm.WriteKey) ([]byte, bool, error){
			"dma": rm.WriteKey.StringDMA, "bytes": func(k rm.WriteKey) ([]byte, bool, error) { return k.StringBytes() },
		} {
			for _, at := range [][2]int{{0, n}, {0, 0}, {n, n}, {n / 3, n}, {0, n / 3}, {n / 3, n / 2}} {
				e.do("SET", "k", v)
				require.Equal(t, answers(nil), e.open(write, "k", func(k rm.WriteKey) []any {
					b, ok, err := view(k)
					require.NoError(t, err)
					require.True(t, ok)
					return answers(k.StringAppend(b[at[0]:at[1]]))
				}))
				require.True(t, v+v[at[0]:at[1]] == e.do("GET", "k"), "%s %d %v", name, n, at)
			}
		}
	}
}

// InsideStringMissing reads and makes keys that are not there.
//
// Drives: StringDMA, StringTruncate.
func InsideStringMissing(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	require.Equal(t, answers("(none)", "(none)"), e.open(read, "k", func(k rm.WriteKey) []any { return answers(viewed(k), copied(k)) }))
	require.Equal(t, answers("(none)", "(none)", "(none)", nil, rm.KeyTypeEmpty, nil, rm.KeyTypeEmpty, rm.ErrRange, rm.ErrRange, rm.KeyTypeEmpty),
		e.open(write, "k", func(k rm.WriteKey) []any {
			return answers(viewed(k), copied(k), inPlace(k), k.StringTruncate(0), k.Type(), k.StringAppend(nil), k.Type(),
				k.StringTruncate(-1), k.StringTruncate(512<<20+1), k.Type())
		}))
	require.Equal(t, 0, e.do("EXISTS", "k"))
	require.Equal(t, answers(nil, "\x00\x00", rm.KeyTypeString),
		e.open(write, "k", func(k rm.WriteKey) []any { return answers(k.StringTruncate(2), viewed(k), k.Type()) }))
	require.Equal(t, "\x00\x00", e.do("GET", "k"))
	e.do("DEL", "k")
	require.Equal(t, answers(nil, "first"), e.open(write, "k", func(k rm.WriteKey) []any { return answers(k.StringAppend([]byte("first")), viewed(k)) }))
	require.Equal(t, "first", e.do("GET", "k"))
}

// InsideStringWrongType uses keys of other types as strings; they do not change.
//
// Drives: StringDMA, StringTruncate, StringSet.
func InsideStringWrongType(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	value := e.str("new")
	wrong := func(n int) []any { return slices.Repeat(answers(rm.ErrWrongType), n) }
	e.otherTypes("string", func(key string) {
		require.Equal(t, wrong(2), e.open(read, key, func(k rm.WriteKey) []any { return answers(viewed(k), copied(k)) }), key)
		require.Equal(t, wrong(7), e.open(write, key, func(k rm.WriteKey) []any {
			return answers(viewed(k), copied(k), inPlace(k), k.StringTruncate(0), k.StringTruncate(9), k.StringAppend(nil), k.StringAppend([]byte("x")))
		}), key)
		dump, ok := e.do("DUMP", key).(string)
		require.True(t, ok)
		e.do("RESTORE", "k", "0", dump, "REPLACE")
		require.Equal(t, answers(nil, rm.KeyTypeString), e.open(write, "k", func(k rm.WriteKey) []any { return answers(k.StringSet(value), k.Type()) }), key)
		require.Equal(t, "new", e.do("GET", "k"))
	})
}

// InsideStringLimit goes to the greatest length of a string, and not beyond.
//
// Drives: StringTruncate, StringDMA.
func InsideStringLimit(t *inside.T, ctx rm.Context) {
	const limit = 512 << 20
	e := env{t, ctx}
	x := []byte("x")
	require.Equal(t, answers(nil, limit, rm.ErrRange, rm.ErrRange, rm.ErrRange, nil, limit), e.open(write, "k", func(k rm.WriteKey) []any {
		return answers(k.StringTruncate(limit), k.Len(), k.StringAppend(x), k.StringTruncate(limit+1), k.StringTruncate(1<<62), k.StringAppend(nil), k.Len())
	}))
	require.Equal(t, answers(nil, nil, rm.ErrRange, nil, limit), e.open(write, "k", func(k rm.WriteKey) []any {
		return answers(k.StringTruncate(limit-1), k.StringAppend(x), k.StringAppend([]byte("y")), k.StringTruncate(limit), k.Len())
	}))
	require.Equal(t, "x", e.do("GETRANGE", "k", "-1", "-1"))
	e.do("DEL", "k")
}
