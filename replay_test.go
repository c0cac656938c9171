// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// TestReplay replays steps of every kind and compares what the server's functions
// are called with; those for floating-point numbers see the context only. The
// functions are Go callbacks, which grow the stack and collect garbage meanwhile.
func TestReplay(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		const ctx = 0x1234
		var got []string
		attributes := uintptr(0) // what the attribute function answers
		register := func(kind core.ReplayKind, show func(a1, a2, a3 uintptr) string) {
			rm.SetFunc(core.ReplayFunc(kind), s.callback(t, func(a0, a1, a2, a3, _, _ uintptr, _ unsafe.Pointer) uintptr {
				grow(1000)
				if a0 != ctx {
					got = append(got, "wrong context")
				}
				got = append(got, fmt.Sprintf("%d %s", kind, show(a1, a2, a3)))
				if kind == core.ReplayAttribute {
					return attributes
				}
				return 0
			}, nil))
		}
		none := func(_, _, _ uintptr) string { return "" }
		number := func(a1, _, _ uintptr) string { return fmt.Sprint(int64(a1)) }
		text := func(a1, _, _ uintptr) string { return unsafeconv.CString(unsafeconv.Ptr[byte](a1)) }
		buffer := func(a1, a2, _ uintptr) string { return unsafeconv.StringAt(unsafeconv.Ptr[byte](a1), a2) }
		for kind, show := range map[core.ReplayKind]func(a1, a2, a3 uintptr) string{
			core.ReplayInteger: number, core.ReplayBulk: buffer, core.ReplaySimple: text, core.ReplayError: text, core.ReplayNull: none,
			core.ReplayNullArray: none, core.ReplayDouble: none, core.ReplayLongDouble: none,
			core.ReplayBool: func(a1, _, _ uintptr) string { return fmt.Sprint(int32(a1)) }, core.ReplayBigNumber: buffer,
			core.ReplayVerbatim: func(a1, a2, a3 uintptr) string { return text(a3, 0, 0) + ":" + buffer(a1, a2, 0) },
			core.ReplayArray:    number, core.ReplayMap: number, core.ReplaySet: number, core.ReplayAttribute: number,
		} {
			register(kind, show)
		}
		core.Settled()
		require.True(t, core.CanReplay())

		// Not Go memory: the callbacks make pointers of addresses in it.
		data, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		require.NoError(t, err)
		defer func() { require.NoError(t, syscall.Munmap(data)) }()
		copy(data, "bulkOK\x00ERR no\x00123mkd\x00# x")
		ops := []core.ReplayOp{
			{Kind: core.ReplayArray, N: 13},
			{Kind: core.ReplayInteger, N: ^uint64(0)},
			{Kind: core.ReplayBulk, N: 4},
			{Kind: core.ReplaySimple, At: 4},
			{Kind: core.ReplayError, At: 7},
			{Kind: core.ReplayNull}, {Kind: core.ReplayNullArray}, {Kind: core.ReplayDouble, N: 1}, {Kind: core.ReplayLongDouble, N: 1},
			{Kind: core.ReplayBool, N: 1},
			{Kind: core.ReplayBigNumber, At: 14, N: 3},
			{Kind: core.ReplayVerbatim, At: 17, N: 3},
			{Kind: core.ReplayAttribute, N: 1, At: 15}, {Kind: core.ReplayInteger, N: 7}, {Kind: core.ReplayInteger, N: 8},
			{Kind: core.ReplayMap, N: 0},
			{Kind: core.ReplaySet, N: 0},
			{Kind: core.ReplayLongLongs, N: 2, At: 101}, // not aligned
			{Kind: core.ReplayDoubles, N: 1, At: 101},
			{Kind: core.ReplayPacked, N: 3, At: 201},
			{Kind: core.ReplayPackedMap, N: 2, At: 301},
		}
		at := data[101:]
		for _, n := range []uint64{5, ^uint64(5)} {
			binary.NativeEndian.PutUint64(at, n)
			at = at[8:]
		}
		for at, lengths := range map[int][]uint32{201: {2, core.SlicePackedNull, 1}, 301: {0, 3}} {
			for i, n := range lengths {
				binary.NativeEndian.PutUint32(data[at+4*i:], n)
			}
			copy(data[at+4*len(lengths):], "abc")
		}
		want := []string{"11 13", "0 -1", "1 bulk", "2 OK", "3 ERR no", "4 ", "5 ", "6 ", "7 ", "8 1", "9 123", "10 mkd:# x",
			"14 1", "0 7", "0 8", "12 0", "13 0",
			"11 2", "0 5", "0 -6", "11 1", "6 ", "11 3", "1 ab", "4 ", "1 c", "12 1", "1 ", "1 abc"}
		replay := func() []string {
			got = nil
			s.do(t, func() {
				core.Replay(ctx, ops, data)
				runtime.GC()
			})
			return got
		}
		require.Equal(t, want, replay())
		attributes = 1 // a client of RESP2
		require.Equal(t, append(append([]string{}, want[:13]...), want[15:]...), replay(), "without what belongs to the attribute")
		s.do(t, func() { core.Replay(ctx, nil, nil) })

		rm.SetFunc(rm.FnReplyWithMap, 0)
		core.Settled()
		require.False(t, core.CanReplay())
	})
}
