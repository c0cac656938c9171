// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// stream has the methods of streams.
type stream struct{ env }

func (s stream) add(how, key string, id rm.StreamID, fields ...string) any {
	return s.with(how, key, func(k rm.WriteKey) any { return answers(k.StreamAdd(id, s.strs(fields...)...)) })
}

func (s stream) addAuto(how, key string, fields ...string) any {
	return s.with(how, key, func(k rm.WriteKey) any { return answers(k.StreamAddAuto(s.strs(fields...)...)) })
}

func (s stream) delete(how, key string, id rm.StreamID) any {
	return s.with(how, key, func(k rm.WriteKey) any { return answers(k.StreamDelete(id)) })
}

func (s stream) deleteRange(how, key string, from, to rm.StreamID) any {
	return s.with(how, key, func(k rm.WriteKey) any { return answers(k.StreamDeleteRange(from, to)) })
}

func (s stream) trimByLen(how, key string, length int, flags rm.StreamTrimFlags) any {
	return s.with(how, key, func(k rm.WriteKey) any { return answers(k.StreamTrimByLength(length, flags)) })
}

func (s stream) trimByID(how, key string, id rm.StreamID, flags rm.StreamTrimFlags) any {
	return s.with(how, key, func(k rm.WriteKey) any { return answers(k.StreamTrimByID(id, flags)) })
}

// id is the ID of two numbers.
func id(ms, seq uint64) rm.StreamID { return rm.StreamID{Ms: ms, Seq: seq} }

// entry is what a loop yields; fields and values by turns.
type entry struct {
	id     rm.StreamID
	fields []string
}

// entries runs XRANGE or XREVRANGE.
func (s stream) entries(command, key, from, to string) []entry {
	s.Helper()
	all, ok := s.do(command, key, from, to).([]any)
	require.True(s, ok)
	out := []entry{}
	for _, v := range all {
		pair, ok := v.([]any)
		require.True(s, ok)
		id, err := rm.ParseStreamID(pair[0].(string))
		require.NoError(s, err)
		e := entry{id, []string{}}
		for _, f := range pair[1].([]any) {
			e.fields = append(e.fields, f.(string))
		}
		out = append(out, e)
	}
	return out
}

// fill makes a stream with the entries 1-1 to n-1, each with its number under the field f.
func (s stream) fill(key string, n int) {
	s.do("DEL", key)
	s.do("EVAL", "for i=1,ARGV[1] do redis.call('xadd',KEYS[1],i..'-1','f',i) end", "1", key, strconv.Itoa(n))
}

// lacksStreams tells whether the server lacks the functions, and then that each method
// says so.
func lacksStreams(t *inside.T, ctx rm.Context) bool {
	t.Helper()
	if serverHas(t, "StreamAdd") {
		return false
	}
	s := stream{env{t, ctx}}
	s.do("XADD", "stream", "1-1", "f", "v")
	for _, c := range []struct {
		how, key string
		want     error
	}{{write, "stream", rm.ErrUnsupported}, {write, "none", rm.ErrUnsupported}, {closed, "stream", rm.ErrKeyClosed}} {
		require.Equal(t, answers(rm.StreamID{}, c.want), s.add(c.how, c.key, id(2, 1), "f", "v"))
		require.Equal(t, answers(rm.StreamID{}, c.want), s.addAuto(c.how, c.key, "f", "v"))
		require.Equal(t, answers(false, c.want), s.delete(c.how, c.key, id(1, 1)))
		require.Equal(t, answers(0, c.want), s.deleteRange(c.how, c.key, rm.MinStreamID, rm.MaxStreamID))
		require.Equal(t, answers(0, c.want), s.trimByLen(c.how, c.key, 1, 0))
		require.Equal(t, answers(0, c.want), s.trimByID(c.how, c.key, id(1, 0), 0))
		require.Equal(t, c.want, s.with(c.how, c.key, func(k rm.WriteKey) any {
			_, err := k.Stream(rm.MinStreamID, rm.MaxStreamID)
			return err
		}))
	}
	require.Equal(t, 1, s.do("XLEN", "stream"))
	return true
}

// InsideStreamIDs reads and writes IDs, by the server and without it.
//
// Drives: StringToStreamID, CreateStringFromStreamID.
func InsideStreamIDs(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for in, want := range map[string]string{
		"1-2": "1-2", "-": "0-0", "+": "18446744073709551615-18446744073709551615", "5": "5-0", "0-0": "0-0", "007-01": "7-1",
		"18446744073709551615-0": "18446744073709551615-0", "18446744073709551616-0": "", "1-18446744073709551616": "",
		"": "", "1-": "", "-1": "", "1-2-3": "", "a": "", "1-a": "", "1\x00-2": "", "1-*": "", "(1-1": "", strings.Repeat("1", 200): "",
	} {
		id, err := rm.ParseStreamID(in)
		if want == "" {
			require.Equal(t, answers(rm.StreamID{}, rm.ErrNotStreamID), answers(id, err), "%q", in)
		} else {
			require.NoError(t, err, "%q", in)
			require.Equal(t, want, id.String())
			require.Equal(t, want, text(rm.NewRStringStreamID(id), true, nil))
		}
		// Some servers see the end of the text in a zero, and differ about zeros in front.
		if !strings.Contains(in, "\x00") && in != "007-01" {
			require.Equal(t, answers(id, err), answers(e.str(in).StreamID()), "%q", in)
		}
	}
	good, bad := e.str("123456789012-34"), e.str("x")
	e.costs(func() {
		id, _ := good.StreamID()
		_, _ = bad.StreamID()
		s := rm.NewRStringStreamID(id)
		s.Free()
		_, _ = rm.ParseStreamID("123456789012-34")
		_, _ = rm.ParseStreamID("x")
	})
}

// InsideStreamAdd adds entries with chosen IDs and with others.
//
// Drives: StreamAdd.
func InsideStreamAdd(t *inside.T, ctx rm.Context) {
	if lacksStreams(t, ctx) {
		return
	}
	s := stream{env{t, ctx}}
	require.Equal(t, answers(id(1, 1), nil), s.add(write, "k", id(1, 1), "f", "v"))
	require.Equal(t, answers(id(1, 2), nil), s.add(write, "k", id(1, 2), "", "", "bin\x00\xff\r\n", "v\x00", "f", "1", "f", "2"))
	none := rm.StreamID{}
	for _, id := range []rm.StreamID{id(1, 2), id(1, 1), id(0, 1), id(0, 0)} {
		require.Equal(t, answers(none, rm.ErrStreamIDOrder), s.add(write, "k", id, "f", "v"))
	}
	require.Equal(t, answers(none, rm.ErrStreamIDOrder), s.add(write, "none", id(0, 0), "f", "v"))
	both := func(want error, how, key string, fields ...string) {
		t.Helper()
		refuses(t, answers(none, want), s.add(how, key, id(2, 0), fields...))
		refuses(t, answers(none, want), s.addAuto(how, key, fields...))
	}
	both(rm.ErrNoFields, write, "k")
	both(rm.ErrNoFields, write, "k", "f")
	both(rm.ErrNoFields, write, "k", "f", "v", "g")
	both(rm.ErrNoString, write, "k", "f", "(zero)")
	both(rm.ErrNoString, write, "k", "(zero)", "v")
	both(rm.ErrKeyClosed, closed, "k", "f", "v")
	both(rm.ErrKeyClosed, zero, "k", "f", "v")
	both(rm.ErrRefused, read, "k", "f", "v")
	both(rm.ErrNoKey, read, "none", "f", "v")
	require.Equal(t, 0, s.do("EXISTS", "none"))

	before := time.Now().UnixMilli()
	got, err := s.addAuto(write, "k", "a", "b").([]any)
	require.True(t, err)
	require.Nil(t, got[1])
	chosen := got[0].(rm.StreamID)
	require.GreaterOrEqual(t, chosen.Ms, uint64(before-1000), "the server's clock may be older")
	require.LessOrEqual(t, chosen.Ms, uint64(time.Now().UnixMilli()))
	require.Equal(t, []entry{{id(1, 1), []string{"f", "v"}}, {id(1, 2), []string{"", "", "bin\x00\xff\r\n", "v\x00", "f", "1", "f", "2"}}, {chosen, []string{"a", "b"}}},
		s.entries("XRANGE", "k", "-", "+"))

	require.Equal(t, answers(rm.MaxStreamID, nil), s.add(write, "end", rm.MaxStreamID, "f", "v"))
	require.Equal(t, answers(none, rm.ErrStreamIDOrder), s.add(write, "end", rm.MaxStreamID, "f", "v"))
	require.Equal(t, answers(none, rm.ErrStreamIDOrder), s.addAuto(write, "end", "f", "v"))

	s.otherTypes("stream", func(key string) {
		both(rm.ErrWrongType, write, key, "f", "v")
		require.Equal(t, answers(none, rm.ErrWrongType), s.add(write, key, id(0, 0), "f", "v"))
	})

	// Many fields, and awkward ones, some of them large.
	many := make([]string, 20_000)
	for i := range many {
		many[i] = strconv.Itoa(i)
	}
	big := strings.Repeat("0123456789abcde\x00", 1<<16)
	require.Equal(t, answers(id(1, 1), nil), s.add(write, "many\x00", id(1, 1), many...))
	require.Equal(t, answers(id(1, 2), nil), s.add(write, "many\x00", id(1, 2), big, "v", "f", big))
	require.Equal(t, answers(id(1, 3), nil), s.add(write, "many\x00", id(1, 3), awkward...))
	require.True(t, fmt.Sprint([]entry{{id(1, 1), many}, {id(1, 2), []string{big, "v", "f", big}}, {id(1, 3), awkward}}) == fmt.Sprint(s.entries("XRANGE", "many\x00", "-", "+")))
}

// InsideStreamAddTooLarge adds more than a gigabyte, which servers refuse, and which must
// not leave anything behind.
//
// Drives: StreamAdd.
func InsideStreamAddTooLarge(t *inside.T, ctx rm.Context) {
	if lacksStreams(t, ctx) {
		return
	}
	s := stream{env{t, ctx}}
	large := rm.NewRString(make([]byte, 64<<20))
	defer large.Free()
	fields := make([]rm.RStr, 2*9)
	for i := range fields {
		fields[i] = large.Str()
	}
	add := func() any {
		return s.with(write, "k", func(k rm.WriteKey) any { return answers(k.StreamAddAuto(fields...)) })
	}
	before := s.usedMemory()
	require.Equal(t, answers(rm.StreamID{}, rm.ErrRange), add())
	require.Equal(t, 0, s.do("EXISTS", "k"))
	s.do("XADD", "k", "1-1", "f", "v")
	require.Equal(t, answers(rm.StreamID{}, rm.ErrRange), add())
	require.Equal(t, 1, s.do("XLEN", "k"))
	require.Less(t, s.usedMemory()-before, 1<<20)
}

// InsideStreamDelete deletes single entries and ranges. The stream stays.
//
// Drives: StreamDelete, StreamIteratorStart, StreamIteratorNextID,
// StreamIteratorDelete, StreamIteratorStop.
func InsideStreamDelete(t *inside.T, ctx rm.Context) {
	if lacksStreams(t, ctx) {
		return
	}
	s := stream{env{t, ctx}}
	s.fill("k", 1000)
	for _, c := range []struct {
		how, key string
		id       rm.StreamID
		deleted  bool
		err      error
	}{
		{write, "k", id(500, 1), true, nil}, {write, "k", id(500, 1), false, nil}, {write, "k", id(0, 0), false, nil},
		{write, "none", id(1, 1), false, nil}, {read, "none", id(1, 1), false, nil}, {read, "k", id(1, 1), false, rm.ErrRefused},
		{closed, "k", id(1, 1), false, rm.ErrKeyClosed}, {zero, "k", id(1, 1), false, rm.ErrKeyClosed},
	} {
		refuses(t, answers(c.deleted, c.err), s.delete(c.how, c.key, c.id), c)
	}
	require.Equal(t, 999, s.do("XLEN", "k"))
	first, last := rm.MinStreamID, rm.MaxStreamID
	require.Equal(t, answers(0, rm.ErrRefused), s.deleteRange(read, "k", id(1, 1), id(2, 1)))
	refuses(t, answers(0, rm.ErrKeyClosed), s.deleteRange(closed, "k", first, last))
	s.otherTypes("stream", func(key string) {
		require.Equal(t, answers(false, rm.ErrWrongType), s.delete(write, key, id(1, 1)))
		require.Equal(t, answers(0, rm.ErrWrongType), s.deleteRange(write, key, first, last))
	})
	require.Equal(t, 999, s.do("XLEN", "k"))

	require.Equal(t, answers(0, nil), s.deleteRange(write, "none", first, last))
	require.Equal(t, answers(0, nil), s.deleteRange(write, "k", id(5, 1), id(4, 1)))
	require.Equal(t, answers(1, nil), s.deleteRange(write, "k", id(7, 1), id(7, 1)))
	require.Equal(t, answers(200, nil), s.deleteRange(write, "k", id(400, 1), id(600, 1)), "500-1 is gone")
	require.Equal(t, []entry{{id(399, 1), []string{"f", "399"}}, {id(601, 1), []string{"f", "601"}}}, s.entries("XRANGE", "k", "399-0", "601-9"))
	require.Equal(t, 798, s.do("XLEN", "k"))
	require.Equal(t, answers(798, nil), s.deleteRange(write, "k", first, last))
	require.Equal(t, 1, s.do("EXISTS", "k"))
	require.Equal(t, 0, s.do("XLEN", "k"))
	require.Equal(t, answers(0, nil), s.deleteRange(write, "k", first, last))
	require.Equal(t, 0, s.do("EXISTS", "none"))
}

// InsideStreamTrim trims by length and by ID.
//
// Drives: StreamTrimByLength, StreamTrimByID.
func InsideStreamTrim(t *inside.T, ctx rm.Context) {
	if lacksStreams(t, ctx) {
		return
	}
	s := stream{env{t, ctx}}
	s.set("stream-node-max-entries", "50")
	s.fill("k", 1000)
	require.Equal(t, answers(0, nil), s.trimByLen(write, "k", 1000, 0))
	require.Equal(t, answers(10, nil), s.trimByLen(write, "k", 990, 0))
	require.Equal(t, answers(40, nil), s.trimByLen(write, "k", 910, rm.StreamTrimApprox), "a block holds 50")
	require.Equal(t, answers(49, nil), s.trimByID(write, "k", id(100, 1), 0))
	require.Equal(t, answers(1, nil), s.trimByID(write, "k", id(100, 5), rm.StreamTrimApprox), "all that is left of its block")
	require.Equal(t, answers(50, nil), s.trimByID(write, "k", id(155, 0), rm.StreamTrimApprox))
	require.Equal(t, id(151, 1), s.entries("XRANGE", "k", "-", "+")[0].id)
	require.Equal(t, 850, s.do("XLEN", "k"))

	require.Equal(t, answers(0, rm.ErrRange), s.trimByLen(write, "k", -1, 0))
	require.Equal(t, answers(0, rm.ErrRange), s.trimByLen(write, "none", -1, 0))
	require.Equal(t, answers(0, rm.ErrRange), s.trimByLen(write, "k", math.MinInt, rm.StreamTrimApprox))
	both := func(want error, how, key string) {
		t.Helper()
		for _, flags := range []rm.StreamTrimFlags{0, rm.StreamTrimApprox} {
			refuses(t, answers(0, want), s.trimByLen(how, key, 0, flags))
			refuses(t, answers(0, want), s.trimByID(how, key, id(0, 0), flags))
		}
	}
	both(nil, write, "none")
	both(nil, read, "none")
	both(rm.ErrRefused, read, "k")
	both(rm.ErrKeyClosed, closed, "k")
	both(rm.ErrKeyClosed, zero, "k")
	s.otherTypes("stream", func(key string) { both(rm.ErrWrongType, write, key) })
	require.Equal(t, answers(850, nil), s.trimByLen(write, "k", 0, 0))
	require.Equal(t, 1, s.do("EXISTS", "k"))
	require.Equal(t, 0, s.do("EXISTS", "none"))
	s.fill("k", 100)
	require.Equal(t, answers(100, nil), s.trimByID(write, "k", rm.MaxStreamID, 0))
}
