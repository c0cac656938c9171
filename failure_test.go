// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"errors"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
)

var errOwn = errors.New("an error of the test")

type ownError struct{ n int }

func (e *ownError) Error() string { return "own" }

// failingHere is in the stack text of every failure.
//
//go:noinline
func failingHere(f func()) { f() }

// failures is the ways in which a handler fails, and the value it leaves: nil is
// runtime.Goexit.
var failures = map[string]struct {
	run  func()
	want func(t *testing.T, v any)
}{
	"value":  {func() { panic(17) }, func(t *testing.T, v any) { require.Equal(t, 17, v) }},
	"string": {func() { panic("text") }, func(t *testing.T, v any) { require.Equal(t, "text", v) }},
	"error":  {func() { panic(errOwn) }, func(t *testing.T, v any) { require.Same(t, errOwn, v) }},
	"pointer error": {func() { panic(&ownError{9}) }, func(t *testing.T, v any) {
		require.Equal(t, &ownError{9}, v)
	}},
	"nil value": {func() { panic(nil) }, func(t *testing.T, v any) {
		require.IsType(t, &runtime.PanicNilError{}, v)
	}},
	"nil dereference": {func() {
		var p *[4]int
		p[2] = 1
	}, runtimeError("invalid memory address or nil pointer dereference")},
	"index": {func() {
		s := make([]int, 2)
		s[len(s)+1] = 1
	}, runtimeError("index out of range [3] with length 2")},
	"slice": {func() {
		s := make([]int, 2)
		n := len(s) + 1
		rm.Sink = unsafe.Pointer(unsafe.SliceData(s[:n]))
	}, runtimeError("slice bounds out of range")},
	"divide": {func() {
		s := make([]int, 2)
		s[0] = 1 / s[1]
	}, runtimeError("integer divide by zero")},
	"nil map": {func() {
		m := noMap()
		m["x"] = 1
	}, func(t *testing.T, v any) { require.ErrorContains(t, v.(error), "nil map") }},
	"type assertion": {func() {
		var v any = 1
		_ = v.(string)
	}, func(t *testing.T, v any) { require.IsType(t, &runtime.TypeAssertionError{}, v) }},
	"panic again in defer": {func() {
		defer func() {
			v := recover()
			panic([2]any{"again", v})
		}()
		panic("first")
	}, func(t *testing.T, v any) { require.Equal(t, [2]any{"again", "first"}, v) }},
	"panic over panic": {func() {
		defer func() { panic("second") }()
		panic("first")
	}, func(t *testing.T, v any) { require.Equal(t, "second", v) }},
	"on a grown stack": {func() {
		grow(1 << 20)
		panic(grow(1000))
	}, func(t *testing.T, v any) { require.EqualValues(t, growWant(1000), v) }},
	"after waiting": {func() {
		time.Sleep(time.Millisecond)
		runtime.GC()
		panic("waited")
	}, func(t *testing.T, v any) { require.Equal(t, "waited", v) }},

	"Goexit": {runtime.Goexit, isGoexit},
	"Goexit with defers": {func() {
		ran := 0
		defer func() {
			if ran != 12 {
				panic("deferred functions did not run")
			}
		}()
		defer func() { ran++ }()
		for range 10 { // these live on the heap
			defer func() { ran++ }()
		}
		func() {
			defer func() { ran++ }()
			runtime.Goexit()
		}()
	}, isGoexit},
	"Goexit with a panic recovered in a defer": {func() {
		defer func() {
			defer func() { _ = recover() }()
			panic("inside Goexit")
		}()
		runtime.Goexit()
	}, isGoexit},
	"Goexit with a panic recovered by an outer defer": {func() {
		defer func() { _ = recover() }()
		defer func() { panic("inside Goexit") }()
		runtime.Goexit()
	}, isGoexit},
	"Goexit while panicking": {func() {
		defer runtime.Goexit()
		panic("overtaken")
	}, isGoexit},
	"Goexit in a recovering defer": {func() {
		defer func() {
			_ = recover()
			runtime.Goexit()
		}()
		panic("recovered")
	}, isGoexit},
	"Goexit on a grown stack": {func() {
		grow(2 << 20)
		runtime.Goexit()
	}, isGoexit},
	"Goexit that moves the stack": {func() {
		defer func() { grow(4 << 20) }()
		runtime.Goexit()
	}, isGoexit},
	"panic inside Goexit": {func() {
		defer func() { panic("inside Goexit") }()
		runtime.Goexit()
	}, func(t *testing.T, v any) { require.Equal(t, "inside Goexit", v) }},
}

func isGoexit(t *testing.T, v any) { require.Nil(t, v) }

func runtimeError(text string) func(t *testing.T, v any) {
	return func(t *testing.T, v any) {
		var e runtime.Error
		require.ErrorAs(t, v.(error), &e)
		require.ErrorContains(t, e, text)
	}
}

// failer is a callback that fails, and notes what its Failed was told.
type failer struct {
	run  func()
	told []rm.Failure
	args [][2]uintptr
	fn   rm.CFunc
}

func newFailer(t testing.TB, s *server, register register, run func()) *failer {
	k := &failer{run: run}
	k.fn = register(s, t, func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		failingHere(k.run)
		return 1
	}, func(a0, a1 uintptr, f rm.Failure) uintptr {
		k.told = append(k.told, f)
		k.args = append(k.args, [2]uintptr{a0, a1})
		return 0xfa11
	})
	return k
}

// check looks at the latest failure.
func (k *failer) check(t *testing.T, times int, want func(t *testing.T, v any)) {
	t.Helper()
	require.Len(t, k.told, times)
	f := k.told[times-1]
	require.Equal(t, f.Value == nil, f.Goexit)
	require.Contains(t, string(f.Stack), "failingHere")
	require.Equal(t, [2]uintptr{a0, a1}, k.args[times-1])
	want(t, f.Value)
}

// TestFailures lets callbacks fail in every way, on every way into Go.
func TestFailures(t *testing.T) {
	eachKind(t, func(t *testing.T, s *server, register register) {
		for what, failure := range failures {
			t.Run(what, func(t *testing.T) {
				k := newFailer(t, s, register, failure.run)
				times := 0
				for name, way := range ways {
					for range 3 {
						require.EqualValues(t, 0xfa11, way(t, s, k.fn, someArgs), name)
						times++
						k.check(t, times, failure.want)
					}
					s.requireReleased(t)
				}
				s.do(t, func() { rm.FreeCallback(k.fn) })
			})
		}
	})
}

// TestFailuresNested lets the innermost of many callbacks fail, or each of them,
// one inside the other.
func TestFailuresNested(t *testing.T) {
	eachKind(t, func(t *testing.T, s *server, register register) {
		for what, failure := range failures {
			t.Run(what, func(t *testing.T) {
				k := newFailer(t, s, register, failure.run)
				outside := 0
				var fn rm.CFunc
				fn = register(s, t, func(depth, all, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
					panics := rm.PanicWord()
					var r uint64
					if depth == 0 {
						r = callChecked(t, uintptr(k.fn), someArgs[:]...)
					} else {
						r = callChecked(t, uintptr(fn), uint64(depth-1), uint64(all))
					}
					// What is below goes on as if nothing had happened.
					if rm.PanicWord() != panics || r != 0xfa11 {
						return 1
					}
					if all != 0 {
						failingHere(failure.run)
					}
					return uintptr(r)
				}, func(_, _ uintptr, f rm.Failure) uintptr {
					outside++
					if f.Goexit != (f.Value == nil) {
						return 2
					}
					return 0xfa11
				})
				times := 0
				for _, name := range []string{"server", "foreign", "beside", "thread"} {
					for _, depth := range []uint64{0, 1, 2, 10} {
						require.EqualValues(t, 0xfa11, ways[name](t, s, fn, [6]uint64{depth, 0}), name)
						times++
						k.check(t, times, failure.want)
						require.Zero(t, outside)
						require.EqualValues(t, 0xfa11, ways[name](t, s, fn, [6]uint64{depth, 1}), name)
						times++
						require.EqualValues(t, depth+1, outside)
						outside = 0
					}
				}
				s.do(t, func() {
					rm.FreeCallback(k.fn)
					rm.FreeCallback(fn)
				})
			})
		}
	})
}

// TestFailureStackShowsCallers unwinds from a failure through gates and
// trampolines: the frames of the handlers below are in the text.
func TestFailureStackShowsCallers(t *testing.T) {
	eachKind(t, func(t *testing.T, s *server, register register) {
		k := newFailer(t, s, register, func() { panic("deep") })
		outer := register(s, t, outermost(k.fn), nil)
		for _, name := range []string{"server", "beside", "foreign"} {
			require.EqualValues(t, 0xfa11, ways[name](t, s, outer, someArgs))
			text := string(k.told[len(k.told)-1].Stack)
			require.Contains(t, text, "failingHere")
			require.Contains(t, text, "callFromHere", name)
		}
	})
}

func outermost(inner rm.CFunc) rm.Callback {
	return func(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return callFromHere(inner, a0, a1) }
}

//go:noinline
func callFromHere(fn rm.CFunc, a0, a1 uintptr) uintptr {
	return uintptr(callC(uintptr(fn), a0, a1))
}

// TestFailedFails has a Failed that fails in turn.
func TestFailedFails(t *testing.T) {
	eachKind(t, func(t *testing.T, s *server, register register) {
		for _, run := range []func(){func() { panic(1) }, runtime.Goexit} {
			fn := register(s, t, func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
				run()
				return 1
			}, func(_, _ uintptr, _ rm.Failure) uintptr { panic("Failed fails") })
			none := register(s, t, func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
				run()
				return 1
			}, nil)
			for name, way := range ways {
				require.Zero(t, way(t, s, fn, someArgs), name)
				require.Zero(t, way(t, s, none, someArgs), name)
			}
		}
	})
}

// TestManyGoexits ends callbacks by runtime.Goexit over and over; nothing piles
// up, and ordinary calls go on.
func TestManyGoexits(t *testing.T) {
	eachKind(t, func(t *testing.T, s *server, register register) {
		exits := 0
		run := func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			if a0%2 == 0 {
				defer func() { exits++ }()
				runtime.Goexit()
			}
			return 3
		}
		// Without a Failed the answer is 0, and no stack text is made.
		fn := register(s, t, run, nil)
		told := register(s, t, run, func(_, _ uintptr, f rm.Failure) uintptr { return 4 })
		loop := rm.CFunc(ctest.AddrLoopCounting())
		for _, name := range []string{"server", "nested", "foreign", "goroutine", "thread"} {
			n := uint64(1000 / slow())
			if name == "server" {
				n = 10_000
			}
			exits = 0
			require.EqualValues(t, n*3, ways[name](t, s, loop, [6]uint64{uint64(fn), 2 * n}), name)
			require.EqualValues(t, n, exits)
			require.EqualValues(t, 100*(3+4), ways[name](t, s, loop, [6]uint64{uint64(told), 200}), name)
		}
		// With a sleep of the server before each.
		exits = 0
		require.EqualValues(t, 100*(3+4), ways["server"](t, s, rm.CFunc(ctest.AddrLoopMixed()), [6]uint64{uint64(told), 200}))
		require.EqualValues(t, 100, exits)
		s.do(t, func() {
			require.Zero(t, rm.PanicWord())
			require.False(t, rm.InSyscall())
			runtime.GC()
		})
	})
}

// TestFailureInsideFailure calls a callback that fails from a deferred function
// of one that is failing: the outer failure goes on to its own end.
func TestFailureInsideFailure(t *testing.T) {
	eachKind(t, func(t *testing.T, s *server, register register) {
		for what, inner := range failures {
			k := newFailer(t, s, register, inner.run)
			for name, end := range map[string]func(){"Goexit": runtime.Goexit, "panic": func() { panic("outer") }} {
				steps := 0
				outer := newFailer(t, s, register, func() {
					defer func() { steps++ }()
					defer func() {
						// The stack moves while the outer record lies on it.
						grow(1 << 20)
						if callChecked(t, uintptr(k.fn), someArgs[:]...) == 0xfa11 {
							steps++
						}
						grow(1 << 21)
					}()
					end()
				})
				for i, way := range []string{"server", "foreign", "beside", "thread"} {
					require.EqualValues(t, 0xfa11, ways[way](t, s, outer.fn, someArgs), "%s in %s, %s", what, name, way)
					require.Equal(t, 2*(i+1), steps)
					outer.check(t, i+1, func(t *testing.T, v any) {
						if name == "Goexit" {
							require.Nil(t, v)
						} else {
							require.Equal(t, "outer", v)
						}
					})
				}
				s.do(t, func() { rm.FreeCallback(outer.fn) })
			}
			s.do(t, func() { rm.FreeCallback(k.fn) })
		}
	})
}

// noMap is a nil map that the compiler and its helpers cannot see to be one.
//
//go:noinline
func noMap() map[string]int { return nil }
