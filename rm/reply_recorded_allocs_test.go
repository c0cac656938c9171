// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !race

package rm_test

import (
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
