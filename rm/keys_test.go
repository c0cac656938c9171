// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

const (
	noKey      = "ERR no such key"
	keyClosed  = "ERR the key is closed"
	wrongKey   = "WRONGTYPE Operation against a key holding the wrong kind of value"
	refused    = "ERR the server refused the operation"
	outOfRange = "ERR index out of range"
)

// onKey opens a key, runs operations on it and returns their results.
func onKey(t *testing.T, s *rmtest.Server, name, mode string, operations ...string) []any {
	t.Helper()
	args := []any{"d.key", name, mode}
	for _, o := range operations {
		args = append(args, o)
	}
	v, ok := s.MustDo(args...).([]any)
	require.True(t, ok)
	return v
}

// list is what an array reply is in Go.
func list(elements ...any) []any { return elements }

// TestOpenKeys opens keys of every type, missing ones, and ones with odd names.
// Drives: OpenKey, CloseKey, KeyType, ValueLength, GetKeyNameFromModuleKey,
// GetDbIdFromModuleKey.
func TestOpenKeys(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SET", "string", "hello")
		s.MustDo("SET", "number", 12345)
		s.MustDo("SET", "empty", "")
		s.MustDo("RPUSH", "list", "a", "b")
		s.MustDo("HSET", "hash", "f", "v", "g", "w", "h", "x")
		s.MustDo("SADD", "set", "a", "b", "c", "d")
		s.MustDo("ZADD", "zset", 1, "a")
		s.MustDo("XADD", "stream", "1-1", "f", "v")
		s.MustDo("SET", "", "of the empty name")
		s.MustDo("SET", "\x00bin\r\n\xff", "binary")
		db := any(int64(0))
		if !serverHas(t, s, "GetDbIdFromModuleKey") {
			db = lacking("GetDbIdFromModuleKey")
		}
		for _, c := range []struct {
			name, kind string
			length     int64
		}{
			{"string", "string", 5}, {"number", "string", 5}, {"empty", "string", 0}, {"list", "list", 2}, {"hash", "hash", 3},
			{"set", "set", 4}, {"zset", "zset", 1}, {"stream", "stream", 1}, {"", "string", 17}, {"\x00bin\r\n\xff", "string", 6},
		} {
			for _, mode := range []string{"r", "w"} {
				require.Equal(t, list(c.kind, c.length, "yes", c.name, db), onKey(t, s, c.name, mode, "type", "len", "exists", "name", "db"), "%q %s", c.name, mode)
			}
		}
		require.Equal(t, list("empty", int64(0), "no", nil, noKey), onKey(t, s, "none", "r", "type", "len", "exists", "name", "db"))
		require.Equal(t, list("empty", int64(0), "no", "none", db), onKey(t, s, "none", "w", "type", "len", "exists", "name", "db"))
		require.Equal(t, list("ok", "ok", "empty", int64(0), "no", nil, keyClosed, "was closed"),
			onKey(t, s, "string", "w", "close", "close", "type", "len", "exists", "name", "db"))
		require.Equal(t, int64(0), s.MustDo("EXISTS", "none"), "opening makes no key")

		// Two at a time, of different and of the same name; a handle is not
		// mistaken for the one that took its place.
		require.Equal(t, list(int64(2), "Key(closed)", int64(2)), s.MustDo("d.keys", "string", "list"))
		require.Equal(t, list(int64(1), "Key(closed)", int64(1)), s.MustDo("d.keys", "zset", "zset"))
	})
}

// TestZeroNames gives the zero RStr to what takes a string, and wraps handles that
// the raw layer has opened.
// Drives: CloseKey, DeleteKey.
func TestZeroNames(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		const none = "ERR a string is missing"
		require.Equal(t, list(keyClosed, none, none, "no", none, keyClosed, "ok"), s.MustDo("d.key.zero"))
	})
}

// TestReadOnlyKeys writes through keys that are open for reading only.
// Drives: OpenKey, SetExpire, SetAbsExpire, DeleteKey, UnlinkKey, StringSet,
// StringTruncate.
func TestReadOnlyKeys(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		writes := []string{
			"setttl", "1s", "setexpireat", "99", "persist", "delete", "unlink", "set", "x", "truncate", "1", "type",
		}
		for _, c := range []struct {
			make []any
			kind string
			pttl int64
		}{
			{[]any{"SET", "k", "value"}, "string", -1}, {[]any{"RPUSH", "k", "a"}, "list", -1}, {[]any{"DEL", "k"}, "empty", -2},
		} {
			s.MustDo("DEL", "k")
			s.MustDo(c.make...)
			want := list(refused, refused, refused, refused, refused, refused, refused, c.kind)
			if c.kind == "list" {
				want[6] = wrongKey
			}
			if !serverHas(t, s, "SetAbsExpire") {
				want[1] = any(lacking("SetAbsExpire"))
			}
			require.Equal(t, want, onKey(t, s, "k", "wr", writes...), c.kind)
			require.Equal(t, c.pttl, s.MustDo("PTTL", "k"))
		}
	})
}

// TestOpenModes opens keys in each mode and looks at what it spares.
// Drives: GetOpenKeyModesAll, OpenKey.
func TestOpenModes(t *testing.T) {
	require.Equal(t, "NoTouch|NoExpire|AccessTrimmed", (rm.OpenNoTouch | rm.OpenNoExpire | rm.OpenAccessTrimmed).String())
	require.Equal(t, "", rm.OpenMode(0).String())
	require.Equal(t, "NoStats|OpenMode(0x40000001)", (rm.OpenNoStats | 1<<30 | 1).String())
	const all = "NoTouch|NoNotify|NoStats|NoExpire|NoEffects|AccessExpired|AccessTrimmed"
	withData(t, func(t *testing.T, s *rmtest.Server) {
		modes := s.MustDo("d.key.modes").(string)
		has := map[string]bool{}
		for name := range strings.SplitSeq(modes, "|") {
			has[name] = true
		}
		require.True(t, strings.HasPrefix(all, modes), modes)
		require.Equal(t, serverHas(t, s, "GetOpenKeyModesAll"), has["NoEffects"])
		s.MustDo("SET", "k", "value")
		for name := range strings.SplitSeq(all+"|?", "|") {
			for _, mode := range []string{"r", "w"} {
				v, err := s.Do("d.key", "k", mode+":"+name, "type")
				if has[name] && (mode == "r" || name != "NoExpire" && name != "NoEffects") {
					require.NoError(t, err, name)
					require.Equal(t, list("string"), v)
				} else {
					want := lacking("GetOpenKeyModesAll", "one of the open modes")
					if mode == "w" && (name == "NoExpire" || name == "NoEffects") {
						want = "ERR the open mode is for reading only"
					}
					require.EqualError(t, err, want, "%s %s", mode, name)
				}
			}
		}
		for _, mode := range []string{"r", "w"} {
			idleFor(t, s, "k", 1000)
			require.GreaterOrEqual(t, onKey(t, s, "k", mode+":NoTouch", "idle")[0], int64(1_000_000), mode)
			require.Less(t, onKey(t, s, "k", mode, "idle")[0], int64(1_000_000), mode)
		}
		if !has["NoEffects"] {
			return
		}
		s.MustDo("CONFIG", "SET", "notify-keyspace-events", "Em")
		events := dial(t, s, 2)
		events.do("SUBSCRIBE", "__keyevent@0__:keymiss")
		hits := func() string {
			return s.InfoField("stats", "keyspace_hits") + " " + s.InfoField("stats", "keyspace_misses")
		}
		before := hits()
		for _, mode := range []string{"NoStats|NoNotify", "NoEffects"} {
			onKey(t, s, "miss", "r:"+mode, "type")
			onKey(t, s, "k", "r:"+mode, "type")
			require.Equal(t, before, hits(), mode)
		}
		onKey(t, s, "k", "r:NoNotify", "type")
		onKey(t, s, "miss", "r:NoNotify", "type")
		require.NotEqual(t, before, hits())
		onKey(t, s, "last", "r", "type")
		require.Equal(t, "*3\r\n$7\r\nmessage\r\n"+bulk("__keyevent@0__:keymiss")+bulk("last"), events.read())
	})
}

// TestExpiredKeys opens keys whose time is over, while the server does not look
// for them itself.
// Drives: OpenKey, KeyExists.
func TestExpiredKeys(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("DEBUG", "SET-ACTIVE-EXPIRE", "0")
		modes := s.MustDo("d.key.modes").(string)
		for _, c := range []struct {
			mode, needs string
			ops         []string
			want        []any
			left        int64
		}{
			{"r", "", []string{"type", "len", "bytes", "ttl"}, list("empty", int64(0), noKey, noKey), 0},
			{"w", "", []string{"type", "len", "bytes", "ttl", "setttl", "1s", "delete"}, list("empty", int64(0), noKey, noKey, noKey, "ok"), 0},
			{"w", "", []string{"append", "new", "bytes", "ttl"}, list("ok", "new", "never"), 1},
			{"w", "", []string{"set", "new", "bytes", "ttl"}, list("ok", "new", "never"), 1},
			{"w", "", []string{"listpush", "new", "len", "ttl"}, list(int64(0), int64(1), "never"), 1},
			{"r:NoExpire", "NoExpire", []string{"type", "len", "bytes", "ttl"}, list("empty", int64(0), noKey, noKey), 1},
			{"r:NoEffects", "NoEffects", []string{"type"}, list("empty"), 1},
			{"r:AccessExpired", "AccessExpired", []string{"type", "len", "bytes", "ttl"}, list("string", int64(3), "old", int64(0)), 1},
			{"w:AccessExpired", "AccessExpired", []string{"append", "+", "bytes", "ttl", "persist", "ttl"}, list("ok", "old+", int64(0), "ok", "never"), 1},
		} {
			if !strings.Contains(modes, c.needs) {
				continue
			}
			s.MustDo("SET", "k", "old", "PX", 1)
			time.Sleep(3 * time.Millisecond)
			require.Equal(t, int64(1), s.MustDo("DBSIZE"))
			require.Equal(t, c.want, onKey(t, s, "k", c.mode, c.ops...), c.mode)
			require.Equal(t, c.left, s.MustDo("d.db.size"), "%s %s", c.mode, c.ops)
			s.MustDo("DEL", "k")
		}
		s.MustDo("SET", "k", "old", "PX", 1)
		time.Sleep(3 * time.Millisecond)
		require.Equal(t, "no", s.MustDo("d.db.exists", "k"))
		require.Equal(t, int64(0), s.MustDo("DBSIZE"))
	})
}

// TestDeleteKeys removes keys of every type, also those in which an iteration is
// under way, and writes again through the same handle.
// Drives: DeleteKey, UnlinkKey, StringSet.
func TestDeleteKeys(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, verb := range []string{"delete", "unlink"} {
			for _, c := range []struct {
				make  []any
				first []string // before the removal
			}{
				{[]any{"SET", "k", big}, nil},
				{[]any{"SET", "k", "7"}, []string{"bytes"}},
				{[]any{"SET", "k", "text", "EX", 100}, []string{"dma"}},
				{[]any{"RPUSH", "k", "a", "b"}, nil},
				{[]any{"RPUSH", "k", "a", "b"}, []string{"listget"}},
				{[]any{"RPUSH", "k", big, "b"}, []string{"listget"}},
				{[]any{"HSET", "k", "f", "v"}, nil},
				{[]any{"SADD", "k", "a"}, nil},
				{[]any{"ZADD", "k", 1, "a"}, []string{"zlex"}},
				{[]any{"ZADD", "k", 1, big}, []string{"zlex"}},
				{[]any{"XADD", "k", "1-1", "f", "v"}, []string{"streamiter"}},
				{[]any{"DEL", "k"}, nil},
			} {
				if len(c.first) > 0 && (c.first[0] == "listget" && !serverHas(t, s, "ListGet") || c.first[0] == "streamiter" && !serverHas(t, s, "StreamIteratorStart")) {
					continue
				}
				n := len(c.first)
				what := c.make[0]
				s.MustDo(c.make...)
				got := onKey(t, s, "k", "w", append(c.first, verb, "type", "len", "ttl")...)
				require.Equal(t, list("ok", "empty", int64(0), noKey), got[n:], "%s %v", verb, what)
				require.Equal(t, int64(0), s.MustDo("EXISTS", "k"))
				s.MustDo(c.make...)
				got = onKey(t, s, "k", "w", append(c.first, verb, verb, "set", "new", "len", "bytes", verb, "listpush", "e", "type", "len")...)
				require.Equal(t, list("ok", "ok", "ok", int64(3), "new", "ok", int64(0), "list", int64(1)), got[n:], "%s %v", verb, what)
				require.Equal(t, list("e"), s.MustDo("LRANGE", "k", 0, -1))
				s.MustDo("DEL", "k")
				s.MustDo(c.make...)
				got = onKey(t, s, "k", "w", append(c.first, "set", "new", "bytes", "ttl")...)
				require.Equal(t, list("ok", "new", "never"), got[n:], "%s %v", "set", what)
				require.Equal(t, "new", s.MustDo("GET", "k"))
				s.MustDo("DEL", "k")
			}
		}
	})
}
