// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// misses has the names of the keys that were missed, as the server's event tells, while
// somebody listens.
var misses struct {
	listen bool
	names  []string
}

func init() {
	rm.AtLoad(func(ctx rm.Context) error {
		fn, err := redismodule.NewCallback(func(_, _, _, key, _, _ uintptr, _ unsafe.Pointer) uintptr {
			if misses.listen {
				misses.names = append(misses.names, rm.RawRStr(redismodule.String(key)).Clone())
			}
			return 0
		}, nil)
		if err == nil && redismodule.SubscribeToKeyspaceEvents(ctx.Raw(), redismodule.NOTIFY_KEY_MISS, fn) != redismodule.OK {
			err = rm.Error("ERR no keyspace events")
		}
		return err
	})
}

// openModes are all open modes, in their order.
var openModes = []rm.OpenMode{
	rm.OpenNoTouch, rm.OpenNoNotify, rm.OpenNoStats, rm.OpenNoExpire, rm.OpenNoEffects, rm.OpenAccessExpired, rm.OpenAccessTrimmed,
}

// idleFor makes a string key one that was not used for a number of seconds.
func (e env) idleFor(key, seconds string) {
	e.Helper()
	dump, ok := e.do("DUMP", key).(string)
	require.True(e, ok)
	e.do("RESTORE", key, "0", dump, "REPLACE", "IDLETIME", seconds)
}

// idle opens a key with modes, for reading or for writing, and asks how long it was not used.
func (e env) idle(how, key string, modes rm.OpenMode) time.Duration {
	e.Helper()
	k := e.openMode(how, key, modes)
	idle, ok, err := k.LRUIdle()
	k.Close()
	require.NoError(e, err)
	require.True(e, ok)
	return idle
}

func (e env) openMode(how, key string, modes rm.OpenMode) (k rm.ReadKey) {
	e.Helper()
	var err error
	if how == write {
		var w rm.WriteKey
		w, err = e.ctx.OpenWriteKeyMode(e.str(key), modes)
		k = w.ReadKey()
	} else {
		k, err = e.ctx.OpenReadKeyMode(e.str(key), modes)
	}
	require.NoError(e, err, "%s %s", how, modes)
	return k
}

// statistics are the server's counts of keys that were found and that were not.
func (e env) statistics() [2]string {
	e.Helper()
	return [2]string{e.info("stats", "keyspace_hits"), e.info("stats", "keyspace_misses")}
}

// InsideOpenModes opens keys in each mode and looks at what it spares.
//
// Drives: GetOpenKeyModesAll, OpenKey.
func InsideOpenModes(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	all := rm.OpenModes()
	gap := false // a server has the first ones
	for _, m := range openModes {
		if all&m == 0 {
			gap = true
		} else {
			require.False(t, gap, "%s", all)
		}
	}
	require.Equal(t, serverHas(t, "GetOpenKeyModesAll"), all&rm.OpenNoEffects != 0)
	e.do("SET", "k", "value")
	for _, m := range append(openModes, 1<<30) {
		reading := error(nil)
		if all&m == 0 {
			reading = rm.ErrUnsupported
		}
		writing := reading
		if m == rm.OpenNoExpire || m == rm.OpenNoEffects {
			writing = rm.ErrOpenMode
		}
		r, err := ctx.OpenReadKeyMode(e.str("k"), m)
		require.ErrorIs(t, err, reading, "%s", m)
		w, err := ctx.OpenWriteKeyMode(e.str("k"), m)
		require.ErrorIs(t, err, writing, "%s", m)
		if reading == nil {
			require.Equal(t, rm.KeyTypeString, r.Type())
			r.Close()
		}
		if writing == nil {
			require.Equal(t, rm.KeyTypeString, w.Type())
			w.Close()
		}
	}
	for _, how := range []string{read, write} {
		e.idleFor("k", "1000")
		require.GreaterOrEqual(t, e.idle(how, "k", rm.OpenNoTouch), 1000*time.Second, how)
		require.Less(t, e.idle(how, "k", 0), 1000*time.Second, how)
	}
	if all&rm.OpenNoEffects == 0 {
		return
	}
	misses.listen, misses.names = true, nil
	defer func() { misses.listen = false }()
	look := func(key string, m rm.OpenMode) { e.openMode(read, key, m).Close() }
	before := e.statistics()
	for _, m := range []rm.OpenMode{rm.OpenNoStats | rm.OpenNoNotify, rm.OpenNoEffects} {
		look("miss", m)
		look("k", m)
		require.Equal(t, before, e.statistics(), "%s", m)
	}
	look("k", rm.OpenNoNotify)
	look("miss", rm.OpenNoNotify)
	require.NotEqual(t, before, e.statistics())
	require.Empty(t, misses.names)
	look("last", 0)
	require.Equal(t, []string{"last"}, misses.names)
}

// InsideExpiredKeys opens keys whose time is over, while the server does not look
// for them itself.
//
// Drives: OpenKey, KeyExists.
func InsideExpiredKeys(t *inside.T, ctx rm.Context) {
	value, plus, element := env{t, ctx}.str("new"), []byte("+"), env{t, ctx}.str("new")
	none := answers(rm.KeyTypeEmpty, 0, "(none)", "(none)")
	look := func(k rm.ReadKey) []any {
		b, ok, err := k.StringBytes()
		return answers(k.Type(), k.Len(), there(string(b), ok, err), there(k.TTL()))
	}
	old := answers(rm.KeyTypeString, 3, "old", time.Duration(0))
	cases := []struct {
		modes rm.OpenMode
		read  func(k rm.ReadKey) []any
		write func(k rm.WriteKey) []any
		want  []any
		left  uint64
	}{
		{read: look, want: none},
		{write: func(k rm.WriteKey) []any {
			return append(look(k.ReadKey()), k.SetTTL(time.Second), k.Delete())
		}, want: append(none[:4:4], rm.ErrNoKey, nil)},
		{write: func(k rm.WriteKey) []any {
			return answers(k.StringAppend([]byte("new")), stringOf(k), there(k.TTL()))
		}, want: answers(nil, "new", "(none)"), left: 1},
		{write: func(k rm.WriteKey) []any {
			return answers(k.StringSet(value), stringOf(k), there(k.TTL()))
		}, want: answers(nil, "new", "(none)"), left: 1},
		{write: func(k rm.WriteKey) []any {
			return answers(redismodule.ListPush(k.Raw(), redismodule.LIST_TAIL, element.Raw()), k.Len(), there(k.TTL()))
		}, want: answers(int32(redismodule.OK), 1, "(none)"), left: 1},
		{modes: rm.OpenNoExpire, read: look, want: none, left: 1},
		{modes: rm.OpenNoEffects, read: func(k rm.ReadKey) []any { return answers(k.Type()) }, want: none[:1], left: 1},
		{modes: rm.OpenAccessExpired, read: look, want: old, left: 1},
		{modes: rm.OpenAccessExpired, write: func(k rm.WriteKey) []any {
			return answers(k.StringAppend(plus), stringOf(k), there(k.TTL()), k.Persist(), there(k.TTL()))
		}, want: answers(nil, "old+", time.Duration(0), nil, "(none)"), left: 1},
	}
	env{t, ctx}.do("DEBUG", "SET-ACTIVE-EXPIRE", "0")
	var next func(i int)
	next = func(i int) {
		t.Later(0, func(t *inside.T, ctx rm.Context) {
			env{t, ctx}.do("SET", "k", "old", "PX", "1")
			// An expired key is seen to be so in a later command only.
			t.Later(3*time.Millisecond, func(t *inside.T, ctx rm.Context) {
				e := env{t, ctx}
				require.Equal(t, uint64(1), ctx.DBSize())
				if i == len(cases) {
					require.False(t, ctx.KeyExists(e.str("k")))
					require.Equal(t, uint64(0), ctx.DBSize())
					e.do("DEBUG", "SET-ACTIVE-EXPIRE", "1")
					return
				}
				c := cases[i]
				if rm.OpenModes()&c.modes == c.modes {
					var got []any
					if c.read != nil {
						k := e.openMode(read, "k", c.modes)
						got = c.read(k)
						k.Close()
					} else {
						k, err := ctx.OpenWriteKeyMode(e.str("k"), c.modes)
						require.NoError(t, err)
						got = c.write(k)
						k.Close()
					}
					same(t, c.want, got, "case %d", i)
					require.Equal(t, c.left, ctx.DBSize(), "case %d", i)
				}
				e.do("DEL", "k")
				next(i + 1)
			})
		})
	}
	next(0)
}
