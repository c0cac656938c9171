// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// TestWrongLane lets a function of the fast lane, which "cannot come back into
// Go", come back into Go from a goroutine that is not the resident one. The
// callback is refused and the function named; without the guard the runtime ends
// the process. On the resident goroutine the same call is all right.
func TestWrongLane(t *testing.T) {
	if rm.ForcedPortable {
		t.Skip("without gates there is no wrong lane")
	}
	for _, mode := range []rm.Mode{rm.ModeResident, rm.ModeGates} {
		t.Run(mode.String(), func(t *testing.T) {
			require.True(t, rm.FastLane(rm.FnReplyWithLongLong))
			s := load(t, mode, api{"ReplyWithLongLong": ctest.AddrInvoke(), "Log": ctest.AddrRecord()})
			var ran atomic.Int64
			cb, err := rm.NewCallback(func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
				ran.Add(1)
				return 7
			}, nil)
			require.NoError(t, err)
			defer rm.FreeCallback(cb)

			rm.ReplyWithLongLong(rm.Ctx(cb), 0)
			require.Zero(t, ran.Load(), "the callback ran")
			words, _, calls := ctest.Recorded()
			require.NotZero(t, calls, "nothing was logged")
			require.Equal(t, "ReplyWithLongLong", unsafeconv.CString(unsafeconv.Ptr[byte](uintptr(words[3]))))

			if mode == rm.ModeResident {
				s.do(t, func() { require.EqualValues(t, 7, rm.ReplyWithLongLong(rm.Ctx(cb), 0)) })
				require.EqualValues(t, 1, ran.Load())
			}
			// A function of the safe lane may come back from anywhere.
			require.EqualValues(t, 7, rm.Call(rm.Ctx(cb), nil, nil))
		})
	}
}
