// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"io"
	"runtime"
	"runtime/trace"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/ctest"
)

// blockHere blocks for long enough to be in every profile.
//
//go:noinline
func blockHere() {
	c := make(chan int)
	go func() {
		time.Sleep(2 * time.Millisecond)
		c <- 1
	}()
	<-c
}

// blockAlone is the same, for a callback that is not nested.
//
//go:noinline
func blockAlone() int {
	blockHere()
	return 1
}

// blockedIn returns the stacks of blockHere in the block profile, by function.
func blockedIn() (stacks [][]string) {
	records := make([]runtime.BlockProfileRecord, 10_000)
	n, _ := runtime.BlockProfile(records)
	for _, r := range records[:n] {
		var names []string
		frames := runtime.CallersFrames(r.Stack())
		for more := true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			names = append(names, f.Function[strings.LastIndexByte(f.Function, '/')+1:])
		}
		if slices.Contains(names, "redismodule_test.blockHere") {
			stacks = append(stacks, names)
		}
	}
	return stacks
}

// TestBlockProfile has the runtime unwind through gates and trampolines, down to
// the goroutine's first frame.
func TestBlockProfile(t *testing.T) {
	runtime.SetBlockProfileRate(1)
	defer runtime.SetBlockProfileRate(0)
	eachMode(t, nil, func(t *testing.T, s *server) {
		leaf := s.callback(t, func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			blockHere()
			return 1
		}, nil)
		outer := s.callback(t, outermost(leaf), nil)
		alone := s.callback(t, func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			return uintptr(blockAlone())
		}, nil)
		// In one turn: nested, and then again at the outermost level, when what the
		// nested call had recorded must be gone.
		run(&ctest.Job{Fn: uintptr(outer)}, &ctest.Job{Fn: uintptr(alone)}, &ctest.Job{Fn: uintptr(outer)}, &ctest.Job{Fn: uintptr(alone)})
		nested, direct := 0, 0
		for _, names := range blockedIn() {
			// Every frame is that of a function, down to the cgo export of OnLoad or
			// of the callback.
			require.NotContains(t, names, "", "%v", names)
			require.True(t, slices.ContainsFunc(names, func(n string) bool {
				return n == "runtime.cgocallbackg1" || n == "runtime.cgocallback"
			}), "%v", names)
			if slices.Contains(names, "redismodule_test.blockAlone") {
				require.NotContains(t, names, "redismodule_test.callFromHere", "%v", names)
				direct++
			} else {
				require.Contains(t, names, "redismodule_test.callFromHere", "%v", names)
				nested++
			}
		}
		require.Positive(t, nested)
		require.Positive(t, direct)
	})
}

// TestExecutionTrace traces handlers that wait, block and call.
func TestExecutionTrace(t *testing.T) {
	if trace.Start(io.Discard) != nil {
		t.Skip("somebody traces the tests")
	}
	defer trace.Stop()
	eachMode(t, nil, func(t *testing.T, s *server) {
		leaf := s.callback(t, func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			runtime.Gosched()
			blockHere()
			return 0xfa11
		}, nil)
		outer := s.callback(t, outermost(leaf), nil)
		for _, way := range ways {
			require.EqualValues(t, 0xfa11, way(t, s, outer, someArgs))
		}
	})
}
