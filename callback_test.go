// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
)

// ways is the ways by which C can come back into Go. Each calls fn with six
// words and returns its result.
var ways = map[string]func(t testing.TB, s *server, fn rm.CFunc, a [6]uint64) uint64{
	// The server calls, as it calls a command.
	"server": func(t testing.TB, _ *server, fn rm.CFunc, a [6]uint64) uint64 {
		j := &ctest.Job{Fn: uintptr(fn), Args: a}
		run(j)
		requireIntact(t, j.Lost)
		return j.Result
	},
	// Inside a callback of ours the server calls another one.
	"nested": func(t testing.TB, s *server, fn rm.CFunc, a [6]uint64) (r uint64) {
		s.do(t, func() { r = callChecked(t, uintptr(fn), a[:]...) })
		return r
	},
	// A handler calls other C code by cgo, which comes back.
	"foreign": func(t testing.TB, s *server, fn rm.CFunc, a [6]uint64) (r uint64) {
		s.do(t, func() {
			var lost uint64
			r, lost = ctest.FillAndCall(uintptr(fn), a)
			requireIntact(t, lost)
		})
		return r
	},
	// A goroutine of its own calls C.
	"goroutine": func(t testing.TB, _ *server, fn rm.CFunc, a [6]uint64) uint64 {
		r, lost := ctest.FillAndCall(uintptr(fn), a)
		requireIntact(t, lost)
		return r
	},
	// A goroutine of its own calls the server.
	"beside": func(t testing.TB, _ *server, fn rm.CFunc, a [6]uint64) uint64 {
		return callChecked(t, uintptr(fn), a[:]...)
	},
	// A thread that Go does not know, as the server's background threads.
	"thread": func(t testing.TB, _ *server, fn rm.CFunc, a [6]uint64) uint64 {
		return ctest.CallOnThread(uintptr(fn), a)
	},
	// The same while a callback runs on the server's thread.
	"beside a callback": func(t testing.TB, s *server, fn rm.CFunc, a [6]uint64) (r uint64) {
		s.do(t, func() {
			done := make(chan uint64)
			go func() { done <- ctest.CallOnThread(uintptr(fn), a) }()
			r = <-done
		})
		return r
	},
}

var someArgs = [6]uint64{a0, a1, a2, a3, a4, a5}

func TestCallbackArguments(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		fn := s.callback(t, func(a0, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr {
			if more == nil {
				return 0
			}
			return uintptr(ctest.SumWant(uint64(a0), uint64(a1), uint64(a2), uint64(a3), uint64(a4), uint64(a5)))
		}, nil)
		for name, way := range ways {
			require.Equal(t, ctest.SumWant(someArgs[:]...), way(t, s, fn, someArgs), name)
		}
	})
}

func TestCallbackStackArguments(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		var want [12]uint64
		for i := range want {
			want[i] = a0 * uint64(i+1)
		}
		for n := 7; n <= 12; n++ {
			fn := s.callback(t, func(a0, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr {
				w := []uint64{uint64(a0), uint64(a1), uint64(a2), uint64(a3), uint64(a4), uint64(a5)}
				grow(100_000) // more is C memory, and stays where it is
				w = append(w, unsafe.Slice((*uint64)(more), n-6)...)
				return uintptr(ctest.SumWant(w...))
			}, nil)
			// All twelve are passed; a callback looks at those that it has.
			all := ctest.NewWords(want[:])
			for name, way := range ways {
				got := way(t, s, rm.CFunc(ctest.AddrCall12()), [6]uint64{uint64(fn), uint64(all.Addr())})
				require.Equal(t, ctest.SumWant(want[:n]...), got, "%d arguments, %s", n, name)
			}
			all.Free()
		}
	})
}

// TestEveryTrampoline fills the table and calls each entry.
func TestEveryTrampoline(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		var fns []rm.CFunc
		own := 0
		s.do(t, func() {
			own = rm.Callbacks()
			require.Equal(t, 2, own, "those that the fake server needs")
			for i := own; i < rm.MaxCallbacks; i++ {
				fn, err := rm.NewCallback(func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
					return a0 + uintptr(i)
				}, nil)
				require.NoError(t, err)
				fns = append(fns, fn)
			}
			require.Equal(t, rm.MaxCallbacks, rm.Callbacks())
			_, err := rm.NewCallback(func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return 0 }, nil)
			require.Equal(t, rm.ErrTooManyCallbacks, err)
		})
		seen := map[rm.CFunc]bool{}
		jobs := make([]*ctest.Job, len(fns))
		for i, fn := range fns {
			require.NotZero(t, fn)
			require.False(t, seen[fn])
			seen[fn] = true
			jobs[i] = &ctest.Job{Fn: uintptr(fn), Args: [6]uint64{a0}}
		}
		run(jobs...)
		for i, j := range jobs {
			require.Equal(t, uint64(a0)+uint64(own+i), j.Result)
			requireIntact(t, j.Lost)
		}
		for i, fn := range fns[len(fns)-5:] {
			require.EqualValues(t, len(fns)-5+i+own, ctest.CallOnThread(uintptr(fn), [6]uint64{}))
		}
	})
}

// TestRetiredCallbacks: the slots of a load that failed, but for its commands, answer 0
// in the next loads and are the last to be used again, the oldest first.
func TestRetiredCallbacks(t *testing.T) {
	fn := func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return 1 }
	take := func() rm.CFunc {
		f, err := rm.NewCallback(fn, nil)
		require.NoError(t, err)
		return f
	}
	rm.ResetCallbacks()
	defer rm.ResetCallbacks()
	command, err := rm.NewCommandCallback(func(rm.Ctx, uintptr, int32) uintptr { return 1 }, nil)
	require.NoError(t, err)
	a, b := take(), take()
	rm.RetireCallbacks()
	require.Equal(t, 1, rm.Callbacks())
	rm.FreeCallback(a)
	rm.ResetCallbacks()
	require.Zero(t, rm.Callbacks())
	c := take()
	require.Equal(t, command, c)
	rm.RetireCallbacks()
	rm.ResetCallbacks()
	seen := map[rm.CFunc]bool{}
	for range rm.MaxCallbacks - 3 {
		f := take()
		require.NotContains(t, []rm.CFunc{a, b, c}, f)
		seen[f] = true
	}
	require.Len(t, seen, rm.MaxCallbacks-3)
	require.Equal(t, []rm.CFunc{a, b, c}, []rm.CFunc{take(), take(), take()})
	require.Equal(t, rm.MaxCallbacks, rm.Callbacks())
	_, err = rm.NewCallback(fn, nil)
	require.Equal(t, rm.ErrTooManyCallbacks, err)
	rm.RetireCallbacks()
	rm.ResetCallbacks()
	require.NotContains(t, []rm.CFunc{0}, take(), "whatever has failed, slots remain")
	for range rm.MaxCallbacks - 1 { // none stays retired
		take()
	}
}

func TestFreeCallback(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		returns := func(n uintptr) rm.Callback {
			return func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return n }
		}
		before := 0
		s.do(t, func() { before = rm.Callbacks() })
		a, b := s.callback(t, returns(1), nil), s.callback(t, returns(2), nil)
		s.do(t, func() {
			require.Equal(t, before+2, rm.Callbacks())
			rm.FreeCallback(a)
			require.Equal(t, before+1, rm.Callbacks())
			// Twice does no harm, and gives the slot back once.
			rm.FreeCallback(a)
			require.Equal(t, before+1, rm.Callbacks())
			// Neither does what never was a callback.
			for _, not := range []rm.CFunc{0, 1, a + 1, rm.CFunc(ctest.AddrNoop()), ^rm.CFunc(0), rm.ReleaseCallback(), b - 1, b + 3} {
				rm.FreeCallback(not)
			}
			require.Equal(t, before+1, rm.Callbacks())
		})
		// A call of a freed callback is the caller's mistake; it answers 0.
		require.Zero(t, ways["server"](t, s, a, someArgs))
		require.EqualValues(t, 2, ways["server"](t, s, b, someArgs))
		c, d := s.callback(t, returns(3), nil), s.callback(t, returns(4), nil)
		require.Equal(t, a, c, "the slot is used again")
		require.NotEqual(t, c, d)
		require.EqualValues(t, 3, ways["server"](t, s, c, someArgs))
		require.EqualValues(t, 4, ways["server"](t, s, d, someArgs))
		s.do(t, func() {
			for _, fn := range []rm.CFunc{b, c, d} {
				rm.FreeCallback(fn)
			}
			require.Equal(t, before, rm.Callbacks())
		})
		// A callback may free itself.
		var self rm.CFunc
		self = s.callback(t, func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			rm.FreeCallback(self)
			return 9
		}, nil)
		require.EqualValues(t, 9, ways["server"](t, s, self, someArgs))
		s.do(t, func() { require.Equal(t, before, rm.Callbacks()) })
	})
}

// TestEscapedPointers gives a function that comes back into Go pointers to
// variables. The callback moves the goroutine's stack; C writes afterwards.
func TestEscapedPointers(t *testing.T) {
	functions := api{"AuthenticateClientWithUser": ctest.AddrCallAndStore(), "ZsetIncrby": ctest.AddrCallAndStore()}
	eachMode(t, functions, func(t *testing.T, s *server) {
		fn := s.callback(t, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			return uintptr(growWant(int(a0)) - grow(int(a0)) + uint64(a0))
		}, nil)
		test := func() {
			// fn(a0) grows the stack by a0 bytes.
			for _, n := range []int{1 << 10, 1 << 14, 1 << 18, 1 << 22} {
				var flags int32
				var score float64
				got := rm.ZsetIncrby(rm.Key(n), 0, rm.String(fn), &flags, &score)
				require.EqualValues(t, n, got)
				require.EqualValues(t, n, flags)
				require.EqualValues(t, n+1, *(*uint64)(unsafe.Pointer(&score)))
			}
		}
		s.do(t, test)
		for range 3 {
			done := make(chan struct{})
			go func() { defer close(done); test() }()
			<-done
		}
	})
}
