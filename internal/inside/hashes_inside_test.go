// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// hash has the methods for single fields, by strings of the server or by texts.
type hash struct {
	env
	texts bool
}

func (h hash) set(how, key string, flags rm.HashFlags, field, value string) any {
	return h.with(how, key, func(k rm.WriteKey) any {
		if h.texts {
			return either(k.HashSet(h.ctx.Str(field), h.str(value), flags))
		}
		return either(k.HashSet(h.str(field), h.str(value), flags))
	})
}

func (h hash) get(how, key, field string) any {
	return h.with(how, key, func(k rm.WriteKey) any {
		if h.texts {
			return text(k.HashGet(h.ctx.Str(field)))
		}
		return text(k.HashGet(h.str(field)))
	})
}

func (h hash) exists(how, key, field string) any {
	return h.with(how, key, func(k rm.WriteKey) any { return either(k.HashExists(h.str(field))) })
}

func (h hash) delete(how, key, field string) any {
	return h.with(how, key, func(k rm.WriteKey) any {
		if h.texts {
			return either(k.HashDelete(h.ctx.Str(field)))
		}
		return either(k.HashDelete(h.str(field)))
	})
}

func (h hash) all(key string) map[string]string {
	h.Helper()
	m := map[string]string{}
	list := h.list("HGETALL", key)
	for i := 0; i < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}

// badFlag is a flag that HashSet does not know.
const badFlag = rm.HashFlags(redismodule.HASH_CFIELDS)

// eachHash runs a test with both forms of the methods.
func eachHash(t *inside.T, ctx rm.Context, test func(h hash)) {
	for name, texts := range map[string]bool{"strings": false, "texts": true} {
		t.Run(name, func(t *inside.T) {
			h := hash{env{t, ctx}, texts}
			test(h)
			h.do("FLUSHALL")
		})
	}
}

// InsideHashSet sets fields with all flags and compares what it counts.
//
// Drives: HashSet, HashGet.
func InsideHashSet(t *inside.T, ctx rm.Context) {
	const none, a, n, x = rm.HashFlags(0), rm.HashCountAll, rm.HashNX, rm.HashXX
	eachHash(t, ctx, func(h hash) {
		for _, s := range []struct {
			how, key     string
			flags        rm.HashFlags
			field, value string
			want         any
		}{
			{write, "h", none, "f", "1", 0}, {write, "h", none, "f", "2", 1}, {write, "h", a, "f", "3", 1}, {write, "h", a, "g", "1", 1}, {write, "h", none, "i", "1", 0},
			{write, "h", n, "f", "x", 0}, {write, "h", n, "j", "1", 0}, {write, "h", n | a, "f", "x", 0}, {write, "h", n | a, "k", "1", 1},
			{write, "h", x, "f", "4", 1}, {write, "h", x, "none", "x", 0}, {write, "h", x | a, "f", "5", 1}, {write, "h", x | a, "none", "x", 0},
			{write, "none", x, "f", "x", 0}, {write, "none", x | a, "f", "x", 0},
			{write, "made", n, "f", "1", 0}, {write, "made.too", n | a, "f", "1", 1},
			{write, "h", n | x, "f", "x", rm.ErrFlags}, {write, "h", badFlag, "f", "x", rm.ErrFlags}, {write, "none", badFlag, "f", "x", rm.ErrFlags},
			{closed, "h", none, "f", "x", rm.ErrKeyClosed}, {zero, "h", none, "f", "x", rm.ErrKeyClosed}, {closed, "h", none, "f", "(zero)", rm.ErrKeyClosed},
			{write, "h", none, "f", "(zero)", rm.ErrNoString}, {write, "none", none, "f", "(zero)", rm.ErrNoString},
			{read, "h", none, "f", "x", rm.ErrRefused}, {read, "h", a, "f", "x", rm.ErrRefused}, {read, "h", none, "new", "x", rm.ErrRefused},
			{read, "h", x, "f", "x", rm.ErrRefused}, {read, "h", n, "new", "x", rm.ErrRefused},
			{read, "h", n, "f", "x", 0}, {read, "h", x, "none", "x", 0}, {read, "none", none, "f", "x", rm.ErrNoKey}, {read, "none", x, "f", "x", rm.ErrNoKey},
		} {
			require.Equal(h, s.want, h.set(s.how, s.key, s.flags, s.field, s.value), "%v", s)
		}
		require.Equal(h, map[string]string{"f": "5", "g": "1", "i": "1", "j": "1", "k": "1"}, h.all("h"))
		require.Equal(h, 0, h.do("EXISTS", "none"))
		require.Equal(h, 3, h.do("DEL", "h", "made", "made.too"))
		h.otherTypes("hash", func(key string) {
			for _, flags := range []rm.HashFlags{none, a, n, x, n | a, x | a} {
				for _, how := range []string{write, read} {
					require.Equal(h, rm.ErrWrongType, h.set(how, key, flags, "x", "v"), "%s %s %v", key, how, flags)
				}
			}
		})
		if !h.texts {
			require.Equal(h, rm.ErrNoString, h.set(write, "none", none, "(zero)", "x"))
			require.Equal(h, 0, h.do("EXISTS", "none"))
		}
	})
}

// InsideHashGet reads and removes fields.
//
// Drives: HashGet, HashSet.
func InsideHashGet(t *inside.T, ctx rm.Context) {
	eachHash(t, ctx, func(h hash) {
		h.do("HSET", "h", "f", "1", "g", "2", "last", "3")
		for _, s := range []struct {
			how, key, field string
			want            any
		}{
			{write, "h", "f", "1"}, {read, "h", "g", "2"}, {write, "h", "none", "(null)"}, {write, "none", "f", "(null)"}, {read, "none", "f", "(null)"},
			{closed, "h", "f", rm.ErrKeyClosed}, {zero, "h", "f", rm.ErrKeyClosed},
		} {
			require.Equal(h, s.want, h.get(s.how, s.key, s.field), "%v", s)
		}
		for _, s := range []struct {
			how, key, field string
			want            any
		}{
			{write, "h", "f", true}, {read, "h", "f", true}, {write, "h", "none", false}, {write, "none", "f", false}, {read, "none", "f", false},
			{closed, "h", "f", rm.ErrKeyClosed}, {write, "h", "(zero)", rm.ErrNoString},
		} {
			require.Equal(h, s.want, h.exists(s.how, s.key, s.field), "%v", s)
		}
		if !h.texts {
			require.Equal(h, rm.ErrNoString, h.get(write, "h", "(zero)"))
			require.Equal(h, rm.ErrNoString, h.delete(write, "h", "(zero)"))
			require.Equal(h, rm.ErrKeyClosed, h.delete(closed, "h", "(zero)"))
		}
		for _, s := range []struct {
			how, key, field string
			want            any
		}{
			{write, "h", "none", false}, {read, "h", "f", rm.ErrRefused}, {read, "h", "none", false}, {read, "none", "f", false}, {write, "none", "f", false},
			{closed, "h", "f", rm.ErrKeyClosed}, {zero, "h", "f", rm.ErrKeyClosed},
			{write, "h", "f", true}, {write, "h", "f", false}, {write, "h", "g", true}, {write, "h", "last", true}, {write, "h", "last", false},
		} {
			require.Equal(h, s.want, h.delete(s.how, s.key, s.field), "%v", s)
		}
		require.Equal(h, 0, h.do("EXISTS", "h"), "the key goes with its last field")
		h.otherTypes("hash", func(key string) {
			for _, how := range []string{write, read} {
				require.Equal(h, rm.ErrWrongType, h.get(how, key, "x"))
				require.Equal(h, rm.ErrWrongType, h.delete(how, key, "x"))
				require.Equal(h, rm.ErrWrongType, h.exists(how, key, "x"))
			}
		})
	})
}

// InsideHashAwkward sets awkward fields and values; the large ones convert the hash.
//
// Drives: HashGet, HashSet.
func InsideHashAwkward(t *inside.T, ctx rm.Context) {
	h, byText := hash{env{t, ctx}, false}, hash{env{t, ctx}, true}
	want := map[string]string{}
	for i, field := range awkward {
		value := awkward[len(awkward)-1-i]
		want[field] = value
		require.Equal(t, 1, h.set(write, "h", rm.HashCountAll, field, value))
		require.True(t, value == h.get(read, "h", field), "%.20q", field)
		require.Equal(t, true, h.exists(read, "h", field))
		require.Equal(t, 1, byText.set(write, "h", 0, field, value))
		require.True(t, value == byText.get(read, "h", field), "%.20q", field)
	}
	require.Equal(t, want, h.all("h"))
}

// InsideHashExpired reads a key that has expired, and one with automatic memory.
//
// Drives: HashGet, HashSet.
func InsideHashExpired(t *inside.T, ctx rm.Context) {
	h := hash{env{t, ctx}, false}
	h.do("DEBUG", "SET-ACTIVE-EXPIRE", "0")
	h.do("HSET", "h", "f", "1")
	h.do("PEXPIRE", "h", "5")
	t.Later(20*time.Millisecond, func(t *inside.T, ctx rm.Context) {
		h := hash{env{t, ctx}, false}
		h.do("DEBUG", "SET-ACTIVE-EXPIRE", "1")
		require.Equal(t, "(null)", h.get(read, "h", "f"))
		require.Equal(t, 0, h.set(write, "h", 0, "f", "again"))
		h.texts = true
		require.Equal(t, "again", h.get(read, "h", "f"))
		ctx.AutoMemory()
		require.Equal(t, "again", h.get(write, "h", "f"), "with automatic memory")
	})
}

// InsideHashMany works on many fields at once, with numbers of fields around the size
// of a batch and past the limits of the small encoding.
//
// Drives: HashSet, HashGet.
func InsideHashMany(t *inside.T, ctx rm.Context) {
	const none, a, n, x = rm.HashFlags(0), rm.HashCountAll, rm.HashNX, rm.HashXX
	e := env{t, ctx}
	set := func(how, key string, flags rm.HashFlags, words ...string) any {
		return e.with(how, key, func(k rm.WriteKey) any { return either(k.HashSetMany(flags, e.strs(words...)...)) })
	}
	get := func(how, key string, fields ...string) any {
		return e.with(how, key, func(k rm.WriteKey) any {
			out := make([]rm.RString, len(fields))
			if err := k.HashGetMany(out, e.strs(fields...)...); err != nil {
				return err
			}
			values := []string{}
			for _, s := range out {
				values = append(values, fmt.Sprint(text(s, !s.IsZero(), nil)))
			}
			return values
		})
	}
	remove := func(how, key string, fields ...string) any {
		return e.with(how, key, func(k rm.WriteKey) any { return either(k.HashDeleteMany(e.strs(fields...)...)) })
	}
	for _, count := range []int{1, 2, 9, 10, 11, 19, 20, 21, 100, 600, 10_000} {
		want := map[string]string{}
		var words, fields, values, nulls []string
		for i := range count {
			f, v := fmt.Sprintf("\x00%d", i), strings.Repeat("v", i%90)
			want[f] = v
			words, fields, values, nulls = append(words, f, v), append(fields, f), append(values, v), append(nulls, "(null)")
		}
		half := count / 2
		require.Equal(t, 0, set(write, "h", x, words...))
		require.Equal(t, 0, e.do("EXISTS", "h"))
		require.Equal(t, 0, set(write, "h", n, words[:count/2*2]...)) // half of them
		require.Equal(t, half, set(write, "h", x, words...))
		require.Equal(t, half, set(write, "h", none, words[:count/2*2]...))
		require.Equal(t, half, set(write, "h", none, words...))
		require.Equal(t, count, set(write, "h", a, words...))
		require.Equal(t, 0, set(write, "h", n|a, words...))
		require.Equal(t, want, hash{env: e}.all("h"))
		require.Equal(t, values, get(read, "h", fields...))
		require.Equal(t, nulls, get(read, "none", fields...))
		require.Equal(t, nulls, get(write, "none", fields...))
		for how, answer := range map[string]error{closed: rm.ErrKeyClosed, zero: rm.ErrKeyClosed, read: rm.ErrRefused} {
			require.Equal(t, answer, set(how, "h", none, words...))
			require.Equal(t, answer, remove(how, "h", fields...))
		}
		require.Equal(t, rm.ErrKeyClosed, get(closed, "h", fields...))
		require.Equal(t, rm.ErrNoKey, set(read, "none", none, words...))
		// A string that is missing at the end: nothing happens.
		require.Equal(t, rm.ErrNoString, set(write, "h", none, append(words, "new", "(zero)")...))
		require.Equal(t, rm.ErrNoString, set(write, "h", none, append(words, "(zero)", "x")...))
		require.Equal(t, rm.ErrNoString, get(write, "h", append(fields, "(zero)")...))
		require.Equal(t, rm.ErrNoString, remove(write, "h", append(fields, "(zero)")...))
		require.Equal(t, want, hash{env: e}.all("h"))

		require.Equal(t, half, remove(write, "h", append([]string{"none"}, fields[:half]...)...))
		require.Equal(t, count-half, e.do("HLEN", "h"))
		require.Equal(t, count-half, remove(write, "h", append(fields, fields...)...))
		require.Equal(t, 0, e.do("EXISTS", "h"))
		require.Equal(t, 0, remove(write, "h", fields...))
		require.Equal(t, 0, remove(read, "h", fields...))
		require.Equal(t, 0, e.do("EXISTS", "h"))
	}
	require.Equal(t, 2, set(write, "h", none, "f", "1", "f", "2", "g", "1", "f", "3"))
	require.Equal(t, []string{"3", "1", "(null)", "3"}, get(write, "h", "f", "g", "none", "f"))
	require.Equal(t, 2, set(write, "h", n|a, "f", "x", "i", "1", "i", "2", "k", "1"))
	require.Equal(t, []string{"3", "1", "1"}, get(read, "h", "f", "i", "k"))
	require.Equal(t, 1, set(write, "h", x|a, "none", "x", "f", "4", "none.too", "x"))
	require.Equal(t, rm.ErrFlags, set(write, "h", n|x, "f", "x"))
	require.Equal(t, rm.ErrFlags, set(write, "h", badFlag, "f", "x"))
	require.Equal(t, 0, set(write, "h", none))
	require.Equal(t, 0, set(write, "none", none))
	require.Equal(t, []string{}, get(write, "h"))
	require.Equal(t, 0, remove(write, "h"))
	require.Equal(t, 0, remove(write, "none"))
	require.Equal(t, rm.ErrRange, e.with(read, "h", func(k rm.WriteKey) any {
		return k.HashGetMany(make([]rm.RString, 2), e.strs("f", "g", "i")...)
	}), "too little room for the values")
	require.Equal(t, 2, remove(write, "h", "i", "none", "i", "k"))
	require.Equal(t, map[string]string{"f": "4", "g": "1"}, hash{env: e}.all("h"))
	require.Equal(t, 0, e.do("EXISTS", "none"))
	e.otherTypes("hash", func(key string) {
		for _, how := range []string{write, read} {
			require.Equal(t, rm.ErrWrongType, set(how, key, none, "x", "v", "y", "v"))
			require.Equal(t, rm.ErrWrongType, get(how, key, "x", "y"))
			require.Equal(t, rm.ErrWrongType, remove(how, key, "x", "y"))
		}
	})
}

// ends is when something ends in milliseconds, "(null)" for never, or an error.
func ends(at time.Time, ok bool, err error) any {
	switch {
	case err != nil:
		return err
	case !ok:
		return "(null)"
	}
	return at.UnixMilli()
}

// InsideHashFieldExpire reads when fields end.
//
// Drives: HashGet, HashFieldMinExpire.
func InsideHashFieldExpire(t *inside.T, ctx rm.Context) {
	h := hash{env: env{t, ctx}}
	field := func(h hash, how, key, field string) any {
		return h.with(how, key, func(k rm.WriteKey) any { return ends(k.HashFieldExpire(h.str(field))) })
	}
	first := func(h hash, how, key string) any {
		return h.with(how, key, func(k rm.WriteKey) any { return ends(k.HashFieldMinExpire()) })
	}
	h.do("HSET", "h", "a", "1", "b", "2", "c", "3")
	if !serverHas(t, "HashFieldMinExpire") {
		requireError(t, rm.ErrUnsupported, field(h, write, "h", "a"))
		requireError(t, rm.ErrUnsupported, field(h, read, "none", "a"))
		requireError(t, rm.ErrUnsupported, field(h, write, "h", "(zero)"))
		requireError(t, rm.ErrUnsupported, first(h, write, "h"))
		requireError(t, rm.ErrUnsupported, first(h, read, "none"))
		require.Equal(t, rm.ErrKeyClosed, field(h, closed, "h", "a"))
		require.Equal(t, rm.ErrKeyClosed, first(h, closed, "h"))
		return
	}
	soon := time.Now().Add(time.Hour).UnixMilli()
	require.Equal(t, "(null)", first(h, read, "h"))
	require.Equal(t, "(null)", field(h, read, "h", "a"))
	h.do("HPEXPIREAT", "h", strconv.FormatInt(soon, 10), "FIELDS", "1", "a")
	h.do("HPEXPIREAT", "h", strconv.FormatInt(soon+1000, 10), "FIELDS", "1", "b")
	for _, s := range []struct {
		how, key, field string
		want            any
	}{
		{write, "h", "a", soon}, {read, "h", "b", soon + 1000}, {write, "h", "c", "(null)"}, {write, "h", "none", "(null)"}, {write, "none", "a", "(null)"}, {read, "none", "a", "(null)"},
		{write, "h", "(zero)", rm.ErrNoString}, {closed, "h", "a", rm.ErrKeyClosed},
	} {
		require.Equal(t, s.want, field(h, s.how, s.key, s.field), "%v", s)
	}
	require.Equal(t, soon, first(h, read, "h"))
	require.Equal(t, "(null)", first(h, write, "none"))
	require.Equal(t, "(null)", first(h, read, "none"))
	require.Equal(t, rm.ErrKeyClosed, first(h, closed, "h"))
	require.Equal(t, 1, h.set(write, "h", 0, "a", "new"))
	require.Equal(t, "(null)", field(h, write, "h", "a"))
	require.Equal(t, soon+1000, first(h, write, "h"))
	h.otherTypes("hash", func(key string) {
		require.Equal(t, rm.ErrWrongType, field(h, write, key, "x"))
		require.Equal(t, rm.ErrWrongType, first(h, read, key))
	})
	// A field that has expired is missing, though the server may still have it.
	h.do("DEBUG", "SET-ACTIVE-EXPIRE", "0")
	h.do("HPEXPIRE", "h", "1", "FIELDS", "1", "b")
	t.Later(10*time.Millisecond, func(t *inside.T, ctx rm.Context) {
		h, byText := hash{env{t, ctx}, false}, hash{env{t, ctx}, true}
		require.Equal(t, "(null)", h.get(write, "h", "b"))
		require.Equal(t, "(null)", byText.get(read, "h", "b"))
		require.Equal(t, false, h.exists(read, "h", "b"))
		out := make([]rm.RString, 3)
		require.Equal(t, nil, h.with(read, "h", func(k rm.WriteKey) any { return k.HashGetMany(out, h.strs("a", "b", "c")...) }))
		require.Equal(t, []any{"new", "(null)", "3"}, []any{text(out[0], !out[0].IsZero(), nil), text(out[1], !out[1].IsZero(), nil), text(out[2], !out[2].IsZero(), nil)})
		require.Equal(t, false, h.delete(read, "h", "b"))
		require.Equal(t, 0, h.set(write, "h", rm.HashXX, "b", "x"))
		require.Equal(t, 1, h.set(write, "h", rm.HashNX|rm.HashCountAll, "b", "again"))
		require.Equal(t, "again", h.get(write, "h", "b"))
		require.Equal(t, "(null)", field(h, write, "h", "b"))
		h.do("DEBUG", "SET-ACTIVE-EXPIRE", "1")
	})
}

// lent is memory of the module that fields refer to, for good.
func lent(text string) rm.Memory {
	m := rm.Alloc(len(text))
	copy(m.Bytes(), text)
	return m
}

// InsideHashStringRef has fields refer to memory of the module.
//
// Drives: HashSetStringRef, HashHasStringRef.
func InsideHashStringRef(t *inside.T, ctx rm.Context) {
	h := hash{env: env{t, ctx}}
	set := func(how, key, field string, m rm.Memory) any {
		return h.with(how, key, func(k rm.WriteKey) any { return done(k.HashSetStringRef(h.str(field), m)) })
	}
	has := func(how, key, field string) any {
		return h.with(how, key, func(k rm.WriteKey) any { return either(k.HashHasStringRef(h.str(field))) })
	}
	x := lent("x")
	h.do("HSET", "h", "f", "old", "g", "2")
	if !serverHas(t, "HashSetStringRef") {
		requireError(t, rm.ErrUnsupported, set(write, "h", "f", x))
		requireError(t, rm.ErrUnsupported, set(read, "none", "f", x))
		requireError(t, rm.ErrUnsupported, has(write, "h", "f"))
		requireError(t, rm.ErrUnsupported, has(read, "none", "f"))
		require.Equal(t, rm.ErrKeyClosed, set(closed, "h", "f", x))
		require.Equal(t, rm.ErrKeyClosed, has(closed, "h", "f"))
		return
	}
	for _, key := range []string{"h", "none"} {
		require.Equal(t, false, has(write, key, "f"))
		require.Equal(t, false, has(read, key, "none"))
	}
	require.Equal(t, rm.ErrNoString, has(write, "h", "(zero)"))
	require.Equal(t, rm.ErrRefused, set(write, "h", "none", x))
	require.Equal(t, rm.ErrNoKey, set(write, "none", "f", x))
	require.Equal(t, rm.ErrNoKey, set(read, "none", "f", x))
	require.Equal(t, rm.ErrNoString, set(write, "h", "(zero)", x))
	require.Equal(t, rm.ErrRange, set(write, "h", "f", rm.Memory{}))
	require.Equal(t, "ok", set(write, "h", "f", lent("short")))
	require.Equal(t, true, has(read, "h", "f"))
	require.Equal(t, "short", h.get(write, "h", "f"))
	require.Equal(t, "ok", set(write, "h", "f", lent("other")))
	require.Equal(t, "other", h.get(read, "h", "f"))

	large := strings.Repeat("\x00large", 1<<20/6)
	p := lent(large)
	require.Equal(t, "ok", set(write, "h", "f", p))
	require.True(t, large == h.get(write, "h", "f"))
	require.True(t, large == h.do("HGET", "h", "f"))
	require.Equal(t, true, has(write, "h", "f"))
	require.Equal(t, false, has(write, "h", "g"))
	dump, ok := h.do("DUMP", "h").(string)
	require.True(t, ok)
	h.do("RESTORE", "copy", "0", dump) // the server has copied it
	require.True(t, large == h.do("HGET", "copy", "f"))
	require.Equal(t, false, has(read, "copy", "f"))
	require.Equal(t, 1, h.set(write, "h", 0, "f", "copy"))
	require.Equal(t, false, has(write, "h", "f"))
	require.Equal(t, "copy", h.get(write, "h", "f"))
	require.Equal(t, "ok", set(write, "h", "g", x))
	require.Equal(t, true, h.delete(write, "h", "g"))
	require.Equal(t, true, h.delete(write, "h", "f"))
	require.Equal(t, 0, h.do("EXISTS", "h"))
	h.otherTypes("hash", func(key string) {
		require.Equal(t, rm.ErrWrongType, set(write, key, "x", x))
		require.Equal(t, rm.ErrWrongType, has(write, key, "x"))
	})
}

// InsideHashCosts looks for leaks and for Go allocations.
//
// Drives: HashSet, HashGet.
func InsideHashCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("HSET", "h", "f", "a value", "g", "b")
	e.do("SET", "text", "x")
	key, other, many, text := e.str("new"), e.str("h"), e.str("many"), e.str("text")
	f, g, v, name, nul := e.str("f"), e.str("g"), e.str("v"), e.str("text"), e.str("a\x00")
	var pairs, fields []rm.RStr
	for i := range 25 {
		name := e.str(strconv.Itoa(i))
		pairs, fields = append(pairs, name, v), append(fields, name)
	}
	out := make([]rm.RString, len(fields))
	free := func(s rm.RString, _ bool, err error) {
		if err != nil {
			panic(err)
		}
		s.Free()
	}
	hasEnds := serverHas(t, "HashFieldMinExpire")
	e.costs(func() {
		k := ctx.OpenWriteKey(key)
		_, _ = k.HashSet(f, v, 0)
		_, _ = k.HashSet(name, v, rm.HashNX|rm.HashCountAll)
		free(k.HashGet(f))
		free(k.HashGet(name))
		_, _ = k.HashExists(f)
		_, _ = k.HashDelete(f)
		_, _ = k.HashDelete(name)
		free(k.HashGet(f))
		k.Close()
		m := ctx.OpenWriteKey(many)
		_, _ = m.HashSetMany(0, pairs...)
		if err := m.HashGetMany(out, fields...); err != nil {
			panic(err)
		}
		for i := range out {
			out[i].Free()
		}
		_, _ = m.HashDeleteMany(fields...)
		m.Close()
		if hasEnds {
			o := ctx.OpenReadKey(other)
			_, _, _ = o.HashFieldExpire(f)
			_, _, _ = o.HashFieldMinExpire()
			o.Close()
		}
	})
	// What fails leaks nothing either.
	e.leakless(func() {
		k := ctx.OpenWriteKey(text)
		_, _ = k.HashSet(f, v, 0)
		_, _, _ = k.HashGet(f)
		_ = k.HashGetMany(out[:2], f, g)
		k.Close()
		_, _, _ = k.HashGet(f)
		h := ctx.OpenWriteKey(other)
		_, _ = h.HashSet(f, v, rm.HashNX|rm.HashXX)
		_, _ = h.HashSet(nul, v, 0)
		h.Close()
		r := forged(ctx.OpenReadKey(other))
		_, _ = r.HashSet(f, v, 0)
		_, _ = r.HashDelete(f)
		r.Close()
	})
	require.Equal(t, 0, e.do("EXISTS", "new", "many"))
}
