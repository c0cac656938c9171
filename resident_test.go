// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/ctest"
)

const (
	eventLoop       = 15 // the event-loop event
	loadingProgress = 10
)

// residentOnly loads a resident module. A build without that mode gets what it
// has, and the test says so: it then is a test of behaviour alone.
func residentOnly(t *testing.T, functions api) (s *server, resident bool) {
	t.Helper()
	s = load(t, best(), functions)
	s.do(t, func() {
		mode, why := rm.CurrentMode()
		require.Equal(t, best(), mode)
		require.Equal(t, rm.ForcedPortable, why != "")
		require.Equal(t, !rm.ForcedPortable, core.Resident())
	})
	require.Equal(t, !rm.ForcedPortable, rm.HasResident())
	return s, best() == rm.ModeResident
}

func TestCurrentMode(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		s.do(t, func() {
			mode, why := rm.CurrentMode()
			require.Equal(t, mode == rm.ModeResident, why == "")
			require.Equal(t, mode != rm.ModePortable, rm.GatesOn())
			switch {
			case rm.ForcedPortable:
				require.Equal(t, "built with -tags rm_portable", why)
			case mode == rm.ModePortable:
				require.Equal(t, "the test asks for it", why)
			case mode == rm.ModeGates:
				require.Equal(t, "this server has no event-loop event", why)
			}
			require.Equal(t, mode == rm.ModeResident, core.Resident())
			done := make(chan bool)
			go func() { done <- core.Resident() }()
			require.False(t, <-done)
		})
		require.False(t, core.Resident())
	})
}

// TestHeldAndReleased follows the states of the server's thread.
func TestHeldAndReleased(t *testing.T) {
	s, resident := residentOnly(t, nil)
	var seen []bool
	note := func() { seen = append(seen, rm.Released()) }
	states := s.callback(t, func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		note()
		return 0
	}, nil)
	// One job after a sleep, and several in one turn: each runs in the held state.
	turns, _ := ctest.ServerCounts()
	job := func() *ctest.Job { return &ctest.Job{Fn: uintptr(states)} }
	run(job())
	run(job(), job(), job())
	s.requireReleased(t)
	after, _ := ctest.ServerCounts()
	require.EqualValues(t, 2, after-turns, "a sleep behind each batch")
	s.do(t, func() { require.Equal(t, []bool{false, false, false, false}, seen) })
	s.requireReleased(t)

	// A turn without a callback of ours leaves it released.
	run(&ctest.Job{Fn: ctest.AddrNoop()}, &ctest.Job{Fn: ctest.AddrSum(1)})
	s.requireReleased(t)
	if resident {
		// Within the turn, too.
		run(&ctest.Job{Fn: ctest.AddrNoop()})
		require.True(t, rm.Released())
	}
}

// TestReleaseEvents fires the events at which the goroutine is let go, where it
// may be and where it may not.
func TestReleaseEvents(t *testing.T) {
	s, resident := residentOnly(t, nil)
	fire := func(event, sub uint64) *ctest.Job {
		return &ctest.Job{Fn: ctest.AddrServerFire(), Args: [6]uint64{event, sub}}
	}
	var seen []string
	fn := s.callback(t, func(name, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		seen = append(seen, string(rune(name)))
		return name
	}, nil)
	call := func(name rune) *ctest.Job {
		return &ctest.Job{Fn: uintptr(fn), Args: [6]uint64{uint64(name)}}
	}
	// In the server's own code: each of them releases; the next callback resumes.
	for range 50 {
		seen = nil
		jobs := []*ctest.Job{
			call('a'), fire(eventLoop, 0), call('b'), fire(eventLoop, 0), fire(eventLoop, 1), fire(eventLoop, 0),
			call('c'), fire(loadingProgress, 0), fire(loadingProgress, 1), call('d'), fire(eventLoop, 1), call('e'),
		}
		run(jobs...)
		for _, j := range jobs {
			requireIntact(t, j.Lost)
			if j.Fn == uintptr(fn) {
				require.Equal(t, j.Args[0], j.Result)
			}
		}
		s.do(t, func() { require.Equal(t, []string{"a", "b", "c", "d", "e"}, seen) })
	}
	// Inside a callback: a Go frame waits for its P, so nothing is released, at
	// any depth, through gate or cgo.
	for range 50 {
		s.do(t, func() {
			for _, e := range [][2]uint64{{eventLoop, 0}, {eventLoop, 1}, {loadingProgress, 0}} {
				callChecked(t, ctest.AddrServerFire(), e[0], e[1])
				require.False(t, rm.Released())
				require.False(t, rm.InSyscall())
				_, lost := ctest.FillAndCall(ctest.AddrServerFire(), [6]uint64{e[0], e[1]})
				requireIntact(t, lost)
				require.False(t, rm.Released())
				require.Equal(t, resident, core.Resident())
			}
			require.EqualValues(t, 'x', callChecked(t, uintptr(fn), 'x'))
			runtime.GC()
		})
		s.requireReleased(t)
	}
	require.NotZero(t, ctest.ServerCallback(eventLoop))
}

// TestReleasedLetsOthersRun has the server sleep for long, and hold the thread in
// C for a while; the garbage collector waits in the second case only.
func TestReleasedLetsOthersRun(t *testing.T) {
	s, _ := residentOnly(t, nil)
	fn := s.callback(t, func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return 1 }, nil)
	for range 20 {
		run(&ctest.Job{Fn: uintptr(fn)})
		s.requireReleased(t)
		within(t, 10*time.Second, func() {
			for range 5 {
				runtime.GC()
			}
		})
	}
	// Held, with the server busy in C: other goroutines run, a collection ends
	// when the server is done.
	var turns atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			select {
			case <-stop:
				return
			default:
				turns.Add(1)
				runtime.Gosched()
			}
		}
	}()
	within(t, 60*time.Second, func() {
		for range 5 {
			// A machine with more to do may not get to it at once.
			before := turns.Load()
			for tries := 0; turns.Load() == before; tries++ {
				if tries == 100 {
					t.Error("nothing else ran")
					break
				}
				run(&ctest.Job{Fn: uintptr(fn)}, &ctest.Job{Fn: ctest.AddrBusy(), Args: [6]uint64{30_000}})
			}
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.GC()
		}()
		run(&ctest.Job{Fn: uintptr(fn)}, &ctest.Job{Fn: ctest.AddrBusy(), Args: [6]uint64{100_000}})
		<-done
	})
	close(stop)
	wg.Wait()
}

// TestForeignCgo calls other C code by cgo from a handler, which comes back: the
// ordinary way, inside the resident goroutine, and from there the fast one again.
func TestForeignCgo(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		depth := 0
		deepest := 0
		var fn rm.CFunc
		fn = s.callback(t, func(n, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			depth++
			deepest = max(deepest, depth)
			defer func() { depth-- }()
			if n == 0 {
				runtime.GC()
				return 0
			}
			if n%2 == 0 {
				return 1 + uintptr(callChecked(t, uintptr(fn), uint64(n-1)))
			}
			r, lost := ctest.FillAndCall(uintptr(fn), [6]uint64{uint64(n - 1)})
			requireIntact(t, lost)
			return 1 + uintptr(r)
		}, nil)
		for _, n := range []uint64{1, 2, 3, 30, 31} {
			for name, way := range ways {
				deepest = 0
				require.Equal(t, n, way(t, s, fn, [6]uint64{n}), name)
				require.EqualValues(t, n+1, deepest)
			}
			s.requireReleased(t)
		}
	})
}

// TestNestedDepths goes down 1 to 200 levels of callbacks.
func TestNestedDepths(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		fn := s.callback(t, func(self, n, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			return uintptr(callC(ctest.AddrCallNested(), self, n))
		}, nil)
		jobs := []*ctest.Job{}
		for n := uint64(1); n <= 200; n++ {
			jobs = append(jobs, &ctest.Job{Fn: ctest.AddrCallNested(), Args: [6]uint64{uint64(fn), n}})
		}
		run(jobs...)
		for i, j := range jobs {
			require.EqualValues(t, i+1, j.Result)
			requireIntact(t, j.Lost)
		}
		require.EqualValues(t, 200, ctest.CallNested(uintptr(fn), 200))
		require.EqualValues(t, 200, ctest.CallOnThread(ctest.AddrCallNested(), [6]uint64{uint64(fn), 200}))
	})
}

// TestOtherThreads lets threads that Go has never seen call back while the
// server's thread runs callbacks of its own.
func TestOtherThreads(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		var beside atomic.Int64
		other := s.callback(t, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			if core.Resident() {
				return 0
			}
			beside.Add(1)
			grow(5000)
			return a0 + 1
		}, nil)
		own := s.callback(t, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			grow(3000)
			return a0 + 2
		}, nil)
		var wg sync.WaitGroup
		for i := range uint64(4) {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for k := range uint64(100 / slow()) {
					if r := ctest.CallOnThread(uintptr(other), [6]uint64{k * i}); r != k*i+1 {
						t.Errorf("%d: %d", k*i, r)
					}
				}
			}()
		}
		n := uint64(20_000 / slow())
		for range 10 {
			j := &ctest.Job{Fn: ctest.AddrLoop(), Args: [6]uint64{uint64(own), n, 5}}
			run(j)
			require.Equal(t, n*7, j.Result)
			requireIntact(t, j.Lost)
		}
		wg.Wait()
		require.EqualValues(t, 4*(100/slow()), beside.Load())
		// From inside a callback: the server waits for the thread.
		s.do(t, func() {
			require.EqualValues(t, 8, callC(ctest.AddrInvoke(), ctest.AddrCallOnThread(), 0, 0, uintptr(other), 7))
		})
	})
}

// TestSignalStack calls back from a signal handler on the server's thread, as a
// crash report does: nothing happens, and the answer is 0.
func TestSignalStack(t *testing.T) {
	eachMode(t, nil, testSignalStack)
}

func testSignalStack(t *testing.T, s *server) {
	mode, _ := rm.CurrentMode()
	calls := 0
	fn := s.callback(t, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		calls++
		return a0
	}, nil)
	normal := &ctest.Job{Fn: uintptr(fn), Args: [6]uint64{5}}
	stacks := map[string]uintptr{"own": ctest.AddrCallOnSigstack(), "above": ctest.AddrCallOnHighStack()}
	for where, call := range stacks {
		onSignal := &ctest.Job{Fn: call, Args: [6]uint64{uint64(fn), 5, 6, 7}}
		really := &ctest.Job{Fn: call, Args: [6]uint64{uint64(ctest.AddrOnSigstack())}}
		for range 20 {
			s.do(t, func() { calls = 0 })
			// Released, held, and released again.
			ctest.ServerRunAsleep(really, onSignal)
			require.Equal(t, mode == rm.ModeResident, rm.Released())
			require.EqualValues(t, 1, really.Result, where)
			require.Zero(t, onSignal.Result, where)
			requireIntact(t, onSignal.Lost)
			run(onSignal, normal, onSignal)
			require.Zero(t, onSignal.Result, where)
			require.EqualValues(t, 5, normal.Result)
			requireIntact(t, onSignal.Lost)
			// Inside a handler, below a gate and below cgo.
			s.do(t, func() {
				require.Zero(t, callChecked(t, call, uint64(fn), 5), where)
				require.Zero(t, ctest.Call(call, uint64(fn), 5), where)
				require.Equal(t, 1, calls)
				require.EqualValues(t, 5, callChecked(t, uintptr(fn), 5))
				require.Equal(t, 2, calls)
			})
		}
	}
}

// TestReload loads and unloads over and over, in changing modes.
func TestReload(t *testing.T) {
	s := load(t, best(), nil)
	all := modes()
	was := best()
	for i := range 50 {
		mode := best()
		if i%5 == 4 {
			mode = all[i/5%len(all)]
		}
		fn := s.callback(t, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return a0 * 2 }, nil)
		require.EqualValues(t, 14, ways["server"](t, s, fn, [6]uint64{7}))
		s.unload(t)
		require.False(t, rm.HasResident())
		require.Zero(t, ctest.ServerCallback(eventLoop))
		// Unloaded, the thread sleeps and calls back like any other.
		run(&ctest.Job{Fn: ctest.AddrNoop()})
		ctest.SetGoCallback(func(a [6]uint64) uint64 { return a[0] + 1 })
		j := &ctest.Job{Fn: ctest.AddrGoCallback(), Args: [6]uint64{41}}
		run(j)
		require.EqualValues(t, 42, j.Result)
		requireIntact(t, j.Lost)
		runtime.GC()
		setAPI(mode, nil)
		s.reload(t, mode)
		s.do(t, func() { require.Equal(t, 2, rm.Callbacks(), "the others are gone") })
		if mode == was {
			require.Zero(t, ways["server"](t, s, fn, [6]uint64{7}), "a callback of the load before")
		}
		was = mode
		s.requireReleased(t)
	}
}

// TestReloadKeepsStack: what a load leaves on the goroutine's stack is gone at the next
// one, in one mode and in changing ones.
func TestReloadKeepsStack(t *testing.T) {
	s, resident := residentOnly(t, nil)
	if !resident {
		return // its loads end where they began
	}
	measure := func() (used, size uintptr) {
		s.do(t, func() { used, size = rm.StackUsed(), rm.StackSize() })
		return used, size
	}
	used, size := measure()
	for i := range 1000 {
		s.unload(t)
		if i%100 == 99 { // a load in between in another mode
			setAPI(rm.ModePortable, nil)
			s.reload(t, rm.ModePortable)
			s.unload(t)
		}
		setAPI(best(), nil)
		s.reload(t, best())
	}
	usedNow, sizeNow := measure()
	require.Equal(t, used, usedNow)
	require.LessOrEqual(t, sizeNow, 2*size)
}

// TestLoadFails has OnLoad answer with an error: nothing stays behind.
func TestLoadFails(t *testing.T) {
	s := load(t, best(), nil)
	s.unload(t)
	setAPI(best(), nil)
	s.onLoad = func() { takeAll(t) }
	defer func() { s.onLoad = nil }()
	for range 10 {
		j := &ctest.Job{Fn: ctest.AddrServerOnLoad()}
		run(j)
		require.EqualValues(t, 1, j.Result)
		requireIntact(t, j.Lost)
		require.False(t, rm.HasResident())
	}
	s.onLoad = nil
	s.reload(t, best())
	s.do(t, func() {})
}

// takeAll leaves no callback for the server.
func takeAll(t *testing.T) {
	for range rm.MaxCallbacks {
		if _, err := rm.NewCallback(func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return 0 }, nil); err != nil {
			t.Error(err)
		}
	}
}
