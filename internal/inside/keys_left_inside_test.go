// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// bodyEnds are the ways in which the code of a callback ends, and what a command that ends so
// answers.
var bodyEnds = map[string]struct {
	end    func() error
	answer string
}{
	"return": {func() error { return nil }, ""},
	"error":  {func() error { return rm.ErrRange }, string(rm.ErrRange)},
	"panic":  {func() error { panic("left open") }, "ERR " + commandName + ": panic: left open"},
	"goexit": {func() error { runtime.Goexit(); return nil }, "ERR " + commandName + ": the handler called runtime.Goexit"},
}

func init() {
	if !canGoexit() {
		delete(bodyEnds, "goexit")
	}
}

// InsideKeysLeft has commands end in every way with keys open: these are closed, those of a
// command further out are not, and what still holds a handle gets an error.
//
// Drives: OpenKey, CloseKey.
func InsideKeysLeft(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("SET", "a", "v")
	e.do("RPUSH", "b", "v")
	names := e.strs("a", "b", "none")
	leave := func(ctx rm.Context) []rm.WriteKey {
		return []rm.WriteKey{ctx.OpenWriteKey(names[0]), forged(ctx.OpenReadKey(names[1])), ctx.OpenWriteKey(names[2])}
	}
	for name, way := range bodyEnds {
		outer := leave(ctx)
		var left, lent []rm.WriteKey
		err := e.command(func(inner rm.Context) error {
			left = leave(inner)
			lent = leave(ctx) // of the context further out, in turn with the command's own
			left = append(left, leave(inner)...)
			left[0].Close()
			return way.end()
		})
		if way.answer == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, way.answer)
		}
		for _, k := range append(outer, lent...) {
			require.NotEqual(t, "Key(closed)", k.String(), name)
			require.Equal(t, "v", e.do("GET", "a"))
		}
		// What takes the place of the closed ones is not mistaken for them.
		again := leave(ctx)
		for _, k := range left {
			requireClosed(t, e, k)
		}
		for _, k := range append(again, append(outer, lent...)...) {
			require.NotEqual(t, "Key(closed)", k.String(), name)
			k.Close()
		}
	}
	require.Equal(t, 0, e.do("EXISTS", "none"))
	require.Equal(t, "v", e.do("GET", "a"))
}

// InsideKeysLeftInDo has goroutines leave keys open in work for the server's thread.
//
// Drives: OpenKey, CloseKey.
func InsideKeysLeftInDo(t *inside.T, ctx rm.Context) {
	const n = 20
	var left []rm.WriteKey // written on the server's thread
	var running atomic.Int64
	running.Store(int64(n * len(bodyEnds)))
	detached, name := ctx.DetachedThreadSafeContext(), env{t, ctx}.str("do")
	for _, way := range bodyEnds {
		for range n {
			go func() {
				defer func() {
					_ = recover()
					running.Add(-1)
				}()
				_ = detached.Do(func(ctx rm.Context) error {
					left = append(left, ctx.OpenWriteKey(name), forged(ctx.OpenReadKey(name)))
					return way.end()
				})
			}()
		}
	}
	await(t, func(t *inside.T, ctx rm.Context) bool {
		if running.Load() > 0 {
			return false
		}
		detached.Free()
		require.Len(t, left, 2*n*len(bodyEnds))
		k := ctx.OpenWriteKey(name)
		for _, l := range left {
			requireClosed(t, env{t, ctx}, l)
		}
		require.True(t, !k.Exists() && k.String() != "Key(closed)")
		k.Close()
		require.Equal(t, uint64(0), ctx.DBSize())
		return true
	})
}

// InsideKeysNoLeaks does everything that can be done with keys many times and watches the
// server's memory.
//
// Drives: OpenKey, CloseKey, DeleteKey, UnlinkKey, StringSet, StringTruncate.
func InsideKeysNoLeaks(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("SET", "a", "v")
	e.do("RPUSH", "b", "v")
	a, b, long, value := e.str("a"), e.str("b"), e.str(strings.Repeat("k", 100)), e.str("x")
	rpush, zadd, xadd := e.ready("RPUSH", "l", "x"), e.ready("ZADD", "z", "1", "x"), e.ready("XADD", "s", "*", "a", "b")
	list, zset, stream := e.str("l"), e.str("z"), e.str("s")
	hasList := serverHas(t, "ListGet")
	for name, work := range map[string]func(){
		"open": func() {
			ctx.OpenReadKey(a).Close()
			k := ctx.OpenWriteKey(long)
			k.Name()
			r := ctx.OpenReadKey(b)
			k.Close()
			r.Close()
		},
		"left": func() {
			for _, way := range bodyEnds {
				_ = e.command(func(inner rm.Context) error {
					inner.OpenWriteKey(a)
					inner.OpenWriteKey(long)
					inner.OpenReadKey(b)
					return way.end()
				})
			}
		},
		"strings": func() {
			k := ctx.OpenWriteKey(long)
			_ = k.StringSet(long)
			_ = k.StringAppend(long.Bytes())
			own := value.Copy()
			_ = k.StringSet(own.Str())
			own.Free()
			_ = k.StringTruncate(99)
			overwrite(k, 'x')
			_ = k.StringSet(k.Name())
			_ = k.Delete()
			k.Close()
			r := ctx.OpenReadKey(b)
			_, _, _ = r.StringBytes()
			r.Close()
		},
		"remove": func() {
			for _, c := range []struct {
				make func()
				key  rm.RStr
				how  string
			}{{rpush, list, "list"}, {zadd, zset, "zset"}, {xadd, stream, "stream"}} {
				if c.how != "zset" && !hasList {
					continue
				}
				for _, remove := range []func(k rm.WriteKey) error{
					rm.WriteKey.Delete, rm.WriteKey.Unlink,
					func(k rm.WriteKey) error { _ = k.StringSet(value); return k.Unlink() },
				} {
					c.make()
					k := ctx.OpenWriteKey(c.key)
					iterations[c.how](k)
					_ = remove(k)
					k.Close()
				}
			}
		},
		"signal": func() { _ = ctx.SignalModifiedKey(long) },
	} {
		t.Run(name, func(t *inside.T) {
			times := 300
			if name == "left" { // a panic writes its stack into the log
				times = 40
			}
			env{t, ctx}.grows(times, 16<<10, work)
		})
	}
}

// InsideKeyCosts counts the Go allocations of each operation.
//
// Drives: OpenKey, CloseKey, KeyType, ValueLength, GetExpire, SetExpire, GetLRU,
// SetLRU, StringDMA, StringSet, StringTruncate, DeleteKey, UnlinkKey.
func InsideKeyCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("SET", "str", "a string")
	e.do("RPUSH", "l", "a")
	str, none, l := e.str("str"), e.str("none"), e.str("l")
	var buffer []byte
	asked := func(k rm.ReadKey) {
		_, _, _, _ = k.Type(), k.Len(), k.Exists(), k.Name()
		_, _ = k.DB()
		_, _, _ = k.TTL()
		_, _, _ = k.ExpireAt()
		_, _, _ = k.LRUIdle()
		_, _, _ = k.LFUFreq()
		_, _, _ = k.StringBytes()
		buffer, _, _ = k.StringAppendTo(buffer[:0])
	}
	text := []byte("xyz")
	for name, work := range map[string]func(){
		"read": func() {
			k := ctx.OpenReadKey(str)
			asked(k)
			_ = k.SetLRU(0)
			k.Close()
		},
		"missing": func() {
			k := ctx.OpenReadKey(none)
			asked(k)
			k.Close()
		},
		"wrong type": func() {
			k := ctx.OpenReadKey(l)
			asked(k)
			_, _ = k.SetLRU(-1), k.SetLFU(7)
			k.Close()
			w := ctx.OpenWriteKey(l)
			_, _ = w.StringAppend(text), w.StringTruncate(4)
			_, _, _ = w.StringDMA()
			w.Close()
		},
		"write": func() {
			k := ctx.OpenWriteKey(str)
			_, _, _ = k.StringDMA()
			_, _, _ = k.StringTruncate(8), k.StringTruncate(9), k.StringAppend(text)
			_, _ = k.SetTTL(5*time.Second), k.Persist()
			_ = k.StringSet(str)
			_ = ctx.SignalModifiedKey(str)
			k.Close()
		},
		"make and remove": func() {
			k := ctx.OpenWriteKey(none)
			_, _, _ = k.SetTTL(5*time.Second), k.Persist(), k.StringTruncate(-1)
			_, _, _ = k.StringDMA()
			_, _, _, _ = k.StringAppend(text), k.Delete(), k.StringAppend(text), k.Unlink()
			k.Close()
		},
	} {
		t.Run(name, func(t *inside.T) { env{t, ctx}.costs(work) })
	}
}
