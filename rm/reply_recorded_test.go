// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
)

// TestReplyMistakes has what each mistake is called, and where it is said to be.
func TestReplyMistakes(t *testing.T) {
	for _, c := range []struct {
		record func(b rm.Reply)
		want   string
	}{
		{func(b rm.Reply) {}, "there is nothing"},
		{func(b rm.Reply) { b.Null(); b.Null() }, "a second reply follows the complete first one"},
		{func(b rm.Reply) { b.BeginArray(0); b.BeginAttribute(0) }, "a second reply follows the complete first one"},
		{func(b rm.Reply) { b.End() }, "there is nothing to end"},
		{func(b rm.Reply) { b.BeginArray(3); b.Null() }, "it is not complete, at element 2 of an array of 3"},
		{func(b rm.Reply) { b.BeginArray(3); b.Null(); b.End() }, "it ends by itself, and is not complete, at element 2 of an array of 3"},
		{func(b rm.Reply) { b.BeginSet(rm.PostponedLen) }, "it is not complete, at element 1 of a set"},
		{func(b rm.Reply) { b.BeginMap(rm.PostponedLen); b.Null(); b.End() }, "it ends after a key without a value, at value 1 of a map"},
		{func(b rm.Reply) { b.BeginMap(2); b.Null(); b.BeginArray(rm.PostponedLen); b.BeginMap(-2) }, "the length of a map is negative, at element 1 of an array, value 1 of a map of 2"},
		{func(b rm.Reply) { b.BeginArray(1 << 40) }, "the length of an array is too large"},
		{func(b rm.Reply) { b.BeginAttribute(1); b.Null(); b.Null() }, "the reply that the attribute belongs to is missing"},
		{func(b rm.Reply) { b.BeginAttribute(1); b.Null(); b.Null(); b.BeginAttribute(1) }, "an attribute follows an attribute"},
		{func(b rm.Reply) { b.BeginSet(2); b.BeginArray(rm.PostponedLen); b.BeginAttribute(0); b.End() },
			"it ends after an attribute, without the reply that this belongs to, at element 1 of an array, element 1 of a set of 2"},
		{func(b rm.Reply) { b.BeginAttribute(2); b.OK(); b.SimpleString("a\nb") },
			"a simple string must be one line without NUL bytes, at value 1 of an attribute of 2"},
		{func(b rm.Reply) { b.BigNumber("1.5") }, "a big number must be decimal digits"},
		{func(b rm.Reply) { b.VerbatimString("", "text") }, "the format of a verbatim string is three bytes"},
		{func(b rm.Reply) { b.BeginArray(1); b.Reply(b) }, "a recording that is not complete is no element, at element 1 of an array of 1"},
		{func(b rm.Reply) { b.BigNumber("first"); b.End(); b.BeginArray(-5) }, "a big number must be decimal digits"},
		{func(b rm.Reply) {
			for range 129 {
				b.BeginArray(1)
			}
		}, "the nesting is deeper than 128 levels, at " + strings.Repeat("element 1 of an array of 1, ", 8) + "..."},
		{func(b rm.Reply) { b.Value(rm.MapValue(rm.LongLongValue(1))) }, "the last key of a map is without a value"},
		{func(b rm.Reply) { b.Value(rm.AttributeValue()) }, "the reply that the attribute belongs to is missing"},
	} {
		b := rm.NewReply()
		c.record(b)
		out, err := b.AppendRESP(nil, 3)
		require.Equal(t, rm.Error("ERR invalid reply: "+c.want), err)
		require.Empty(t, out)
		if sticky := b.Err(); sticky != nil {
			require.Equal(t, err, sticky)
			b.Null()
			require.Equal(t, err, b.Err(), "the first mistake stays")
		}
		require.NoError(t, b.Reset())
		require.NoError(t, b.Err())
		b.OK()
		out, err = b.AppendRESP(nil, 2)
		require.NoError(t, err)
		require.Equal(t, "+OK\r\n", string(out))
		b.Free()
	}
}

// TestReplyMayGoOn reads a recording that is not complete, completes it, and puts
// recordings into others.
func TestReplyMayGoOn(t *testing.T) {
	b := rm.NewReply()
	b.BeginArray(rm.PostponedLen)
	b.LongLong(1)
	_, err := b.AppendRESP(nil, 2)
	require.EqualError(t, err, "ERR invalid reply: it is not complete, at element 2 of an array")
	require.NoError(t, b.Err())
	b.End()
	out, err := b.AppendRESP(nil, 2)
	require.NoError(t, err)
	require.Equal(t, "*1\r\n:1\r\n", string(out))
	_, err = b.AppendRESP(nil, 1)
	require.ErrorIs(t, err, rm.ErrRange)

	marked, outer := rm.NewReply(), rm.NewReply()
	marked.BeginAttribute(1)
	marked.Text("k")
	marked.Reply(b)
	marked.Text("text")
	outer.BeginMap(rm.PostponedLen)
	outer.Text("other text")
	outer.Reply(marked)
	outer.Reply(b)
	outer.Reply(marked)
	outer.End()
	marked.Free()
	b.Free()
	out, err = outer.AppendRESP(nil, 3)
	require.NoError(t, err)
	value := "|1\r\n" + bulk("k") + "*1\r\n:1\r\n" + bulk("text")
	require.Equal(t, "%2\r\n"+bulk("other text")+value+"*1\r\n:1\r\n"+value, string(out))
	out, err = outer.AppendRESP(nil, 2)
	require.NoError(t, err)
	require.Equal(t, "*4\r\n"+bulk("other text")+bulk("text")+"*1\r\n:1\r\n"+bulk("text"), string(out))

	// The levels of both count, and an attribute of an attribute is none.
	deep, deeper := rm.NewReply(), rm.NewReply()
	for range 100 {
		deep.BeginArray(1)
	}
	deep.Null()
	for range 28 {
		deeper.BeginArray(1)
	}
	deeper.Reply(deep)
	_, err = deeper.AppendRESP(nil, 2)
	require.NoError(t, err)
	require.NoError(t, deeper.Reset())
	for range 29 {
		deeper.BeginArray(1)
	}
	deeper.Reply(deep)
	require.ErrorContains(t, deeper.Err(), "deeper than 128 levels")
	require.NoError(t, deeper.Reset())
	deeper.BeginAttribute(1)
	deeper.Null()
	deeper.Null()
	require.NoError(t, deep.Reset())
	deep.BeginAttribute(0)
	deep.Null()
	deeper.Reply(deep)
	require.ErrorContains(t, deeper.Err(), "an attribute follows an attribute")
	deep.Null()
	require.NoError(t, deeper.Reset())
	deeper.Reply(deep)
	require.Equal(t, deep.Err(), deeper.Err())
	require.Error(t, deeper.Err())
	for _, b := range []rm.Reply{deep, deeper, outer} {
		b.Free()
	}
}

// TestReplyTextLengths records texts of all short lengths, each between others, as first
// and last elements and at the end of the memory.
func TestReplyTextLengths(t *testing.T) {
	letters := strings.Repeat("abcdefghijklmnopqrstuvwxyz0123456789", 3)
	for round := range 3 {
		b := rm.NewReply()
		b.BeginMap(rm.PostponedLen)
		want := new(strings.Builder)
		for n := range 50 {
			text := letters[n+round : n+round+n]
			b.Text(text)
			b.Bytes([]byte(text))
			want.WriteString(bulk(text) + bulk(text))
			if n%7 == round {
				b.BeginArray(2)
				b.Text(text)
				b.LongLong(int64(-n))
				b.Double(1)
				want.WriteString("*2\r\n" + bulk(text) + fmt.Sprintf(":%d\r\n,1\r\n", -n))
			}
		}
		b.End()
		got, err := b.AppendRESP(nil, 3)
		require.NoError(t, err)
		require.Equal(t, "%57\r\n"+want.String(), "%57\r\n"+strings.SplitN(string(got), "\r\n", 2)[1])
		b.Free()
	}
}

// TestReplyCountsQuickElements: elements that are recorded in a row are counted by all
// that looks at their number.
func TestReplyCountsQuickElements(t *testing.T) {
	in := func(what func(b rm.Reply), want string) {
		t.Helper()
		b := rm.NewReply()
		b.BeginArray(rm.PostponedLen)
		b.BeginMap(3)
		for i := range 5 {
			b.LongLong(int64(i))
		}
		what(b)
		_, err := b.AppendRESP(nil, 3)
		require.EqualError(t, err, want)
		b.Free()
	}
	where := ", at value 3 of a map of 3, element 1 of an array"
	in(func(rm.Reply) {}, "ERR invalid reply: it is not complete"+where)
	in(func(b rm.Reply) { b.SimpleString("a\nb") }, "ERR invalid reply: a simple string must be one line without NUL bytes"+where)
	in(func(b rm.Reply) { b.End() }, "ERR invalid reply: it ends by itself, and is not complete"+where)
	in(func(b rm.Reply) { b.Null(); b.Text("second"); b.Null() }, "ERR invalid reply: it is not complete, at element 4 of an array")
	in(func(b rm.Reply) { b.Null(); b.End(); b.Null() }, "ERR invalid reply: a second reply follows the complete first one")
	in(func(b rm.Reply) { b.Null(); b.BeginAttribute(0); b.Null(); b.BeginMap(-2) }, "ERR invalid reply: the length of a map is negative, at element 3 of an array")
}

// TestReplyFreed uses recordings after Free, and such that never were.
func TestReplyFreed(t *testing.T) {
	b := rm.NewReply()
	b.Text("text")
	copied := b
	b.Free()
	for _, b := range []rm.Reply{b, copied, {}} {
		b.Null()
		b.BeginArray(1)
		b.End()
		b.Value(rm.TextValue("x"))
		b.Error(errors.New("x"))
		require.ErrorIs(t, b.Err(), rm.ErrReplyFreed)
		b.Free()
		require.ErrorIs(t, b.Reset(), rm.ErrReplyFreed)
		require.ErrorIs(t, b.ReplyTo(rm.Context{}), rm.ErrReplyFreed)
		_, err := b.AppendRESP(nil, 2)
		require.ErrorIs(t, err, rm.ErrReplyFreed)
		outer := rm.NewReply()
		outer.Reply(b)
		require.ErrorIs(t, outer.Err(), rm.ErrReplyFreed)
		outer.Free()
	}
}

// TestReplyGoroutines records on eight goroutines at a time, each its own, and
// frees while the others work.
func TestReplyGoroutines(t *testing.T) {
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for round := range 200 {
				b := rm.NewReply()
				b.BeginArray(rm.PostponedLen)
				want := new(strings.Builder)
				fmt.Fprintf(want, "*%d\r\n", round)
				for i := range round {
					text := fmt.Sprintf("text %d of %d", i, g)
					b.Text(text)
					want.WriteString(bulk(text))
				}
				b.End()
				got, err := b.AppendRESP(nil, 3)
				if err != nil || string(got) != want.String() {
					t.Errorf("goroutine %d, round %d: %v, %.100q", g, round, err, got)
					return
				}
				b.Free()
				if !rm.Debugging {
					b.Free()
				}
			}
		})
	}
	wait.Wait()
}

// TestReplyOfMuch records more than the pool keeps.
func TestReplyOfMuch(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	for range 3 {
		b := rm.NewReply()
		b.BeginArray(rm.PostponedLen)
		want := new(strings.Builder)
		want.WriteString("*5010\r\n")
		for range 10 {
			b.Text(big)
			want.WriteString(bulk(big))
		}
		for range 5000 {
			b.LongLong(7)
			want.WriteString(":7\r\n")
		}
		b.End()
		got, err := b.AppendRESP(nil, 3)
		require.NoError(t, err)
		require.True(t, want.String() == string(got))
		b.Free()
		require.LessOrEqual(t, rm.PooledMemory(b), 2*64<<10)
	}
}
