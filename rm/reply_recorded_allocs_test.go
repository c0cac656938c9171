// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !race

package rm_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
)

// TestReplyAllocations records and encodes without allocations once the memory is
// there.
func TestReplyAllocations(t *testing.T) {
	text, out := []byte(strings.Repeat("x", 100)), make([]byte, 0, 1<<16)
	inner := rm.NewReply()
	inner.BeginArray(1)
	inner.Text("inner")
	pairs := []rm.Value{rm.TextValue("k"), rm.ArrayValue(rm.LongLongValue(1), rm.DoubleValue(2))}
	n := testing.AllocsPerRun(100, func() {
		b := rm.NewReply()
		b.BeginArray(rm.PostponedLen)
		for i := range 50 {
			b.BeginMap(2)
			b.LongLong(int64(i))
			b.Bytes(text)
			b.Double(1.5)
			b.BeginAttribute(1)
			b.OK()
			b.Error(rm.ErrWrongType)
			b.Reply(inner)
			b.Value(rm.MapValue(pairs...))
		}
		b.End()
		var err error
		if out, err = b.AppendRESP(out[:0], 3); err != nil {
			panic(err)
		}
		b.Free()
	})
	require.Zero(t, n)
	inner.Free()
}

// TestLargeReplyAllocations records replies of each length without allocations, one after the
// other and in each other: the memory of large ones is used again, too.
func TestLargeReplyAllocations(t *testing.T) {
	text, texts := []byte(strings.Repeat("x", 16)), make([]string, 10_000)
	for i := range texts {
		texts[i] = "some text"
	}
	announced := func(b rm.Reply, n int) {
		b.BeginArray(n)
		for range n / 2 {
			b.LongLong(1)
			b.Bytes(text)
		}
	}
	postponed := func(b rm.Reply, n int) {
		b.BeginArray(rm.PostponedLen)
		for range n {
			b.Bytes(text)
		}
		b.End()
	}
	for name, record := range map[string]func(b rm.Reply){
		"4,000":            func(b rm.Reply) { announced(b, 4_000) },
		"5,000":            func(b rm.Reply) { announced(b, 5_000) },
		"10,000":           func(b rm.Reply) { announced(b, 10_000) },
		"10,000 postponed": func(b rm.Reply) { postponed(b, 10_000) },
		"100,000":          func(b rm.Reply) { announced(b, 100_000) },
		"a whole slice":    func(b rm.Reply) { b.Texts(texts) },
		"of other recordings": func(b rm.Reply) {
			inner := rm.NewReply()
			announced(inner, 10_000)
			b.BeginArray(3)
			b.Reply(inner)
			inner.Free()
			b.Texts(texts)
			b.LongLong(1)
		},
		"in turn": func(b rm.Reply) {
			announced(b, 10)
			_ = b.Reset()
			postponed(b, 10_000)
			_ = b.Reset()
			announced(b, 30_000)
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Zero(t, testing.AllocsPerRun(20, func() {
				b := rm.NewReply()
				record(b)
				if b.Err() != nil {
					panic(b.Err())
				}
				b.Free()
			}))
		})
	}
}

// TestLargeReplyGoesBack records one large reply, then small ones only: after two collections
// its memory is gone.
func TestLargeReplyGoesBack(t *testing.T) {
	heap := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	record := func(n int) {
		b := rm.NewReply()
		b.BeginArray(n)
		for range n {
			b.Text("some text")
		}
		require.NoError(t, b.Err())
		b.Free()
	}
	runtime.GC()
	before := heap()
	record(1_000_000)
	const large = 1_000_000 * (16 + 9) // steps and texts
	require.Greater(t, heap()-before, int64(large), "kept for the next one")
	for range 3 {
		runtime.GC()
		for range 100 {
			record(10)
		}
	}
	require.Less(t, heap()-before, int64(large/10))
}
