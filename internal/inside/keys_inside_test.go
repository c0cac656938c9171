// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// there is the value, "(none)" without one, or the error.
func there[V any](v V, ok bool, err error) any {
	switch {
	case err != nil && ok:
		return rm.Error("ERR it is there, and there is an error")
	case err != nil:
		return err
	case !ok:
		return "(none)"
	}
	return v
}

// same compares what methods have answered with what is wanted, where an error that matches
// is the same.
func same(t *inside.T, want, got []any, about ...any) {
	t.Helper()
	require.Len(t, got, len(want), about...)
	for i := range want {
		err, ok := want[i].(error)
		gotErr, gotOK := got[i].(error)
		if ok && gotOK {
			require.ErrorIs(t, gotErr, err, about...)
			continue
		}
		require.Equal(t, want[i], got[i], about...)
	}
}

// open opens a key in a way of its own, and closes it when the test has used it.
func (e env) open(how, key string, f func(k rm.WriteKey) []any) []any {
	e.Helper()
	got := e.with(how, key, func(k rm.WriteKey) any { return f(k) })
	list, ok := got.([]any)
	require.True(e, ok, "%v", got)
	return list
}

// stringOf is what a string key holds, as something that can be compared.
func stringOf(k rm.WriteKey) any {
	b, ok, err := k.StringBytes()
	return there(string(b), ok, err)
}

// describe is what a key says of itself. The name ends with the key, so it is a copy.
func describe(k rm.WriteKey) []any {
	return answers(k.Type(), k.Len(), k.Exists(), k.Name().Clone(), k.Name().IsZero(), either(k.DB()))
}

// InsideOpenKeys opens keys of every type, missing ones, and ones with odd names.
//
// Drives: OpenKey, CloseKey, KeyType, ValueLength, GetKeyNameFromModuleKey,
// GetDbIdFromModuleKey.
func InsideOpenKeys(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("SET", "string", "hello")
	e.do("SET", "number", "12345")
	e.do("SET", "empty", "")
	e.do("RPUSH", "list", "a", "b")
	e.do("HSET", "hash", "f", "v", "g", "w", "h", "x")
	e.do("SADD", "set", "a", "b", "c", "d")
	e.do("ZADD", "zset", "1", "a")
	e.do("XADD", "stream", "1-1", "f", "v")
	e.do("SET", "", "of the empty name")
	e.do("SET", "\x00bin\r\n\xff", "binary")
	db := any(0)
	if !serverHas(t, "GetDbIdFromModuleKey") {
		db = rm.ErrUnsupported
	}
	for _, c := range []struct {
		name   string
		kind   rm.KeyType
		length int
	}{
		{"string", rm.KeyTypeString, 5}, {"number", rm.KeyTypeString, 5}, {"empty", rm.KeyTypeString, 0}, {"list", rm.KeyTypeList, 2},
		{"hash", rm.KeyTypeHash, 3}, {"set", rm.KeyTypeSet, 4}, {"zset", rm.KeyTypeZSet, 1}, {"stream", rm.KeyTypeStream, 1},
		{"", rm.KeyTypeString, 17}, {"\x00bin\r\n\xff", rm.KeyTypeString, 6},
	} {
		for _, how := range []string{read, write} {
			same(t, answers(c.kind, c.length, true, c.name, false, db), e.open(how, c.name, describe), "%q %s", c.name, how)
		}
	}
	noDB := any(rm.ErrNoKey)
	same(t, answers(rm.KeyTypeEmpty, 0, false, "", true, noDB), e.open(read, "none", describe))
	same(t, answers(rm.KeyTypeEmpty, 0, false, "none", false, db), e.open(write, "none", describe))
	require.Equal(t, 0, e.do("EXISTS", "none"), "opening makes no key")
}

// InsideClosedKeys asks keys that are closed: by their method, and because the command has
// ended.
//
// Drives: CloseKey.
func InsideClosedKeys(t *inside.T, ctx rm.Context) {
	skipMisuse(t)
	e := env{t, ctx}
	e.do("SET", "k", "v")
	for _, how := range []string{closed, zero} {
		same(t, answers(rm.KeyTypeEmpty, 0, false, "", true, rm.ErrKeyClosed), e.open(how, "k", describe), how)
		requireClosed(t, e, e.with(how, "k", func(k rm.WriteKey) any { return k }).(rm.WriteKey))
	}
	var kept rm.WriteKey
	e.callbackOK(func(ctx rm.Context) error {
		kept = ctx.OpenWriteKey(e.str("k"))
		return ctx.ReplyWithOK()
	})
	requireClosed(t, e, kept)
	require.Equal(t, "v", e.do("GET", "k"))
}

// requireClosed calls every method of a closed key. The debug build panics there, which
// package misuse tests.
func requireClosed(t *inside.T, e env, k rm.WriteKey) {
	t.Helper()
	require.Equal(t, "Key(closed)", k.String())
	if debugBuild {
		return
	}
	_, _, ttl := k.TTL()
	_, _, at := k.ExpireAt()
	_, _, idle := k.LRUIdle()
	_, _, freq := k.LFUFreq()
	_, db := k.DB()
	_, _, bytes := k.StringBytes()
	_, _, dma := k.StringDMA()
	_, _, text := k.StringAppendTo(nil)
	s := e.str("x")
	for i, err := range [...]error{
		ttl, at, idle, freq, db, bytes, dma, text, k.SetTTL(1), k.SetExpireAt(time.UnixMilli(1)), k.Persist(),
		k.SetLRU(1), k.SetLFU(1), k.Delete(), k.Unlink(), k.StringSet(s), k.StringTruncate(1), k.StringAppend(nil),
	} {
		require.Equal(t, rm.ErrKeyClosed, err, "%d", i)
	}
	k.Close()
	require.Equal(t, answers(rm.KeyTypeEmpty, false, 0, redismodule.Key(0), true), answers(k.Type(), k.Exists(), k.Len(), k.Raw(), k.Name().IsZero()))
}

// InsideTwoKeys has several keys open at a time, of different and of the same name, and
// closes them in the order in which they were opened. A handle is not mistaken for the one
// that took its place.
//
// Drives: OpenKey, CloseKey.
func InsideTwoKeys(t *inside.T, ctx rm.Context) {
	skipMisuse(t)
	e := env{t, ctx}
	e.do("SET", "string", "hello")
	e.do("RPUSH", "list", "a", "b")
	for _, names := range [][2]string{{"string", "list"}, {"list", "list"}} {
		a, b := ctx.OpenReadKey(e.str(names[0])), ctx.OpenReadKey(e.str(names[1]))
		a.Close()
		c := ctx.OpenReadKey(e.str(names[0]))
		require.Equal(t, 2, b.Len())
		require.Equal(t, "Key(closed)", a.String())
		a.Close()
		require.True(t, c.Exists(), "another key was closed")
		c.Close()
		require.Equal(t, 2, b.Len())
		b.Close()
	}
}

// InsideZeroNames gives the zero RStr to what takes a string, and wraps handles that
// the raw layer has opened.
//
// Drives: CloseKey, DeleteKey.
func InsideZeroNames(t *inside.T, ctx rm.Context) {
	skipMisuse(t)
	e := env{t, ctx}
	none := rm.RStr{}
	r, w := ctx.OpenReadKey(none), ctx.OpenWriteKey(none)
	require.Equal(t, "Key(closed)", r.String())
	requireClosed(t, e, w)
	require.Equal(t, rm.ErrKeyClosed, w.StringSet(none))
	r, err := ctx.OpenReadKeyMode(none, 0)
	require.Equal(t, rm.ErrNoString, err)
	require.Equal(t, "Key(closed)", r.String())
	w, err = ctx.OpenWriteKeyMode(none, rm.OpenNoTouch)
	require.Equal(t, rm.ErrNoString, err)
	require.Equal(t, "Key(closed)", w.String())
	require.False(t, ctx.KeyExists(none))
	require.Equal(t, rm.ErrNoString, ctx.SignalModifiedKey(none))
	require.Equal(t, rm.ErrKeyClosed, ctx.RawWriteKey(0).Delete())
	missing := rm.NewRStringText("no such key")
	raw := ctx.RawReadKey(redismodule.OpenKey(ctx.Raw(), missing.Raw(), redismodule.READ))
	raw.Close()
	rawWrite := ctx.RawWriteKey(redismodule.OpenKey(ctx.Raw(), missing.Raw(), redismodule.READ|redismodule.WRITE))
	missing.Free()
	require.NoError(t, rawWrite.Delete())
	rawWrite.Close()
}

// InsideReadOnlyKeys writes through keys that are open for reading only.
//
// Drives: OpenKey, SetExpire, SetAbsExpire, DeleteKey, UnlinkKey, StringSet,
// StringTruncate.
func InsideReadOnlyKeys(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	absolute := any(rm.ErrRefused)
	if !serverHas(t, "SetAbsExpire") {
		absolute = rm.ErrUnsupported
	}
	for _, c := range []struct {
		make     []string
		kind     rm.KeyType
		truncate error
		pttl     int
	}{
		{[]string{"SET", "k", "value"}, rm.KeyTypeString, rm.ErrRefused, -1},
		{[]string{"RPUSH", "k", "a"}, rm.KeyTypeList, rm.ErrWrongType, -1},
		{[]string{"DEL", "k"}, rm.KeyTypeEmpty, rm.ErrRefused, -2},
	} {
		e.do("DEL", "k")
		e.do(c.make...)
		same(t, answers(rm.ErrRefused, absolute, rm.ErrRefused, rm.ErrRefused, rm.ErrRefused, rm.ErrRefused, c.truncate, c.kind), e.open(read, "k", func(k rm.WriteKey) []any {
			return answers(k.SetTTL(time.Second), k.SetExpireAt(time.UnixMilli(99)), k.Persist(), k.Delete(), k.Unlink(), k.StringSet(e.str("x")), k.StringTruncate(1), k.Type())
		}), "%v", c.make)
		require.Equal(t, c.pttl, e.do("PTTL", "k"))
	}
}

// iterations leave something of an iteration in an open key.
var iterations = map[string]func(k rm.WriteKey){
	"none":  func(rm.WriteKey) {},
	"bytes": func(k rm.WriteKey) { _, _, _ = k.StringBytes() },
	"dma":   func(k rm.WriteKey) { _, _, _ = k.StringDMA() },
	"list": func(k rm.WriteKey) {
		if s := redismodule.ListGet(k.Raw(), 0); s != 0 {
			redismodule.FreeString(0, s)
		}
	},
	"zset": func(k rm.WriteKey) {
		low, high := rm.NewRStringText("-"), rm.NewRStringText("["+strings.Repeat("z", 40))
		redismodule.ZsetFirstInLexRange(k.Raw(), low.Raw(), high.Raw())
		low.Free()
		high.Free()
	},
	"stream": func(k rm.WriteKey) { redismodule.StreamIteratorStart(k.Raw(), 0, nil, nil) },
}

// iterationNeeds are the functions that an iteration needs.
var iterationNeeds = map[string]string{"list": "ListGet", "stream": "StreamIteratorStart"}

// InsideDeleteKeys removes keys of every type, also those in which an iteration is
// under way, and writes again through the same handle.
//
// Drives: DeleteKey, UnlinkKey, StringSet.
func InsideDeleteKeys(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	big := strings.Repeat("x", 1<<20)
	value, element := e.str("new"), e.str("e")
	for verb, remove := range map[string]func(k rm.WriteKey) error{"delete": rm.WriteKey.Delete, "unlink": rm.WriteKey.Unlink} {
		for _, c := range []struct {
			make  []string
			first string // before the removal
		}{
			{[]string{"SET", "k", big}, "none"},
			{[]string{"SET", "k", "7"}, "bytes"},
			{[]string{"SET", "k", "text", "EX", "100"}, "dma"},
			{[]string{"RPUSH", "k", "a", "b"}, "none"},
			{[]string{"RPUSH", "k", "a", "b"}, "list"},
			{[]string{"RPUSH", "k", big, "b"}, "list"},
			{[]string{"HSET", "k", "f", "v"}, "none"},
			{[]string{"SADD", "k", "a"}, "none"},
			{[]string{"ZADD", "k", "1", "a"}, "zset"},
			{[]string{"ZADD", "k", "1", big}, "zset"},
			{[]string{"XADD", "k", "1-1", "f", "v"}, "stream"},
			{[]string{"DEL", "k"}, "none"},
		} {
			if needs := iterationNeeds[c.first]; needs != "" && !serverHas(t, needs) {
				continue
			}
			first := func(k rm.WriteKey) { iterations[c.first](k) }
			what := verb + " " + c.make[0] + " " + c.first
			e.do(c.make...)
			require.Equal(t, answers(nil, rm.KeyTypeEmpty, 0, "(none)"), e.open(write, "k", func(k rm.WriteKey) []any {
				first(k)
				return answers(remove(k), k.Type(), k.Len(), there(k.TTL()))
			}), what)
			require.Equal(t, 0, e.do("EXISTS", "k"))
			e.do(c.make...)
			require.Equal(t, answers(nil, nil, nil, 3, "new", nil, redismodule.OK, rm.KeyTypeList, 1), e.open(write, "k", func(k rm.WriteKey) []any {
				first(k)
				return answers(remove(k), remove(k), k.StringSet(value), k.Len(), stringOf(k), remove(k),
					int(redismodule.ListPush(k.Raw(), redismodule.LIST_TAIL, element.Raw())), k.Type(), k.Len())
			}), what)
			require.Equal(t, []string{"e"}, e.list("LRANGE", "k", "0", "-1"))
			e.do("DEL", "k")
			e.do(c.make...)
			require.Equal(t, answers(nil, "new", "(none)"), e.open(write, "k", func(k rm.WriteKey) []any {
				first(k)
				return answers(k.StringSet(value), stringOf(k), there(k.TTL()))
			}), what)
			require.Equal(t, "new", e.do("GET", "k"))
			e.do("DEL", "k")
		}
	}
}
