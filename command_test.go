// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
)

// A command has a way of its own into Go (callgo, dispatchCommand). What is tested for
// callbacks of any kind is tested for commands, too.

// register gives a function of the first three words a C function.
type register func(s *server, t testing.TB, fn rm.Callback, failed rm.Failed) rm.CFunc

// kinds are the kinds of callback.
var kinds = map[string]register{"callback": (*server).callback, "command": (*server).command}

// eachKind runs a test in every mode for every kind of callback.
func eachKind(t *testing.T, test func(t *testing.T, s *server, register register)) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		for kind, register := range kinds {
			t.Run("kind="+kind, func(t *testing.T) { test(t, s, register) })
		}
	})
}

// command registers a command on the server's thread. Of the words fn sees three.
func (s *server) command(t testing.TB, fn rm.Callback, failed rm.Failed) (f rm.CFunc) {
	t.Helper()
	fn, failed = ordered(fn, failed)
	s.do(t, func() {
		var err error
		f, err = rm.NewCommandCallback(func(ctx rm.Ctx, argv uintptr, argc int32) uintptr {
			return fn(uintptr(ctx), argv, uintptr(argc), 0, 0, 0, nil)
		}, failed)
		require.NoError(t, err)
	})
	return f
}

// TestCommandArguments: the first two words are whole, of the third only the lower half
// counts, and the result is a whole word.
func TestCommandArguments(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		var got [3]uint64
		fn := s.command(t, func(ctx, argv, argc, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			got = [3]uint64{uint64(ctx), uint64(argv), uint64(argc)}
			return uintptr(uint64(a5))
		}, nil)
		for name, way := range ways {
			for _, argc := range []int32{0, 1, 1 << 30, -1} {
				got = [3]uint64{}
				require.EqualValues(t, uint64(a5), way(t, s, fn, [6]uint64{a0, a1, a2&^0xffffffff | uint64(uint32(argc)), a3, a4, a5}), name)
				require.Equal(t, [3]uint64{a0, a1, uint64(int64(argc))}, got, name)
			}
		}
	})
}

// TestCommandSlots: a slot that has been a command's serves another kind of callback,
// and the other way round; a freed one answers 0.
func TestCommandSlots(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		sum := func(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return a0 + 10*a1 + 100*a2 }
		all := func(a0, a1, a2, a3, a4, a5 uintptr, _ unsafe.Pointer) uintptr {
			return uintptr(ctest.SumWant(uint64(a0), uint64(a1), uint64(a2), uint64(a3), uint64(a4), uint64(a5)))
		}
		words := [6]uint64{1, 2, 3, 4, 5, 6}
		var slot rm.CFunc
		for range 3 {
			command := s.command(t, sum, nil)
			for name, way := range ways {
				require.EqualValues(t, 321, way(t, s, command, words), name)
			}
			s.do(t, func() { rm.FreeCallback(command) })
			require.Zero(t, ways["server"](t, s, command, words))
			other := s.callback(t, all, nil)
			require.Equal(t, command, other)
			require.True(t, slot == 0 || slot == command)
			slot = command
			for name, way := range ways {
				require.Equal(t, ctest.SumWant(words[:]...), way(t, s, other, words), name)
			}
			s.do(t, func() { rm.FreeCallback(other) })
		}
	})
}

// TestCommandMovesStack grows and collects in commands that are called from one another,
// with pointers of the compiler's in every frame.
func TestCommandMovesStack(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		var fn rm.CFunc
		fn = s.command(t, func(depth, size, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			local := [2]uintptr{depth, size}
			at := &local
			sum := uint64(0)
			if depth > 0 {
				sum = callChecked(t, uintptr(fn), uint64(depth-1), uint64(2*size))
			}
			if grow(int(size)) != growWant(int(size)) {
				return 0
			}
			runtime.GC()
			if at != &local || local != [2]uintptr{depth, size} {
				return 0
			}
			return uintptr(sum) + 1
		}, nil)
		for name, way := range ways {
			for range max(10/slow(), 2) {
				require.EqualValues(t, 9, way(t, s, fn, [6]uint64{8, 4000}), name)
			}
		}
	})
}
