// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
)

// TestBigStack grows a handler's stack to 64 MiB, lets the collector shrink it,
// and grows it again, below gates and trampolines.
func TestBigStack(t *testing.T) {
	const size = 40 << 20 // of pads; the stack doubles to 64 MiB
	eachMode(t, nil, func(t *testing.T, s *server) {
		grower := s.callback(t, func(n, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return uintptr(grow(int(n))) }, nil)
		for range 2 {
			s.do(t, func() {
				local := [3]uint64{a0, a1, a2}
				at := &local
				require.Equal(t, growWant(size), grow(size))
				runtime.GC()
				debug.FreeOSMemory()
				// The same with a gate and a trampoline between the frames that move.
				require.Equal(t, growWant(size), callChecked(t, uintptr(grower), size))
				runtime.GC()
				require.Equal(t, [3]uint64{a0, a1, a2}, *at)
				require.Same(t, &local, at)
			})
			s.requireReleased(t)
			// And while the server sleeps: the collector scans the stack then.
			for range 5 {
				runtime.GC()
			}
			require.EqualValues(t, growWant(10_000), ways["server"](t, s, grower, [6]uint64{10_000}))
		}
	})
}

// TestStackMoves makes sure that the other tests of moving stacks are not empty.
func TestStackMoves(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		moved := false
		s.do(t, func() {
			for range 20 {
				runtime.GC() // each may shrink what other tests have left
			}
			before := rm.StackBase()
			for n := 1 << 16; n <= 1<<27 && !moved; n *= 2 {
				callC(ctest.AddrNoop())
				grow(n)
				moved = rm.StackBase() != before
			}
			callC(ctest.AddrNoop())
		})
		require.True(t, moved)
	})
}

// TestBlocking has handlers wait for other goroutines, in every way; those go on
// meanwhile.
func TestBlocking(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		requests, replies := make(chan int), make(chan int)
		var mu sync.Mutex
		cond := sync.NewCond(&mu)
		turn := 0
		go func() {
			for n := range requests {
				grow(n)
				replies <- n + 1
			}
		}()
		defer close(requests)
		waiter := s.callback(t, func(n, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			requests <- int(n)
			return uintptr(<-replies)
		}, nil)
		waits := map[string]func(){
			"channel": func() {
				for i := range 50 {
					requests <- i
					require.Equal(t, i+1, <-replies)
				}
			},
			"select with timer": func() {
				select {
				case <-replies:
					t.Error("nobody asked")
				case <-time.After(2 * time.Millisecond):
				}
			},
			"mutex": func() {
				mu.Lock()
				go func() {
					time.Sleep(time.Millisecond)
					mu.Unlock()
				}()
				mu.Lock()
				turn++
				mu.Unlock()
			},
			"condition": func() {
				mu.Lock()
				before := turn
				go func() {
					mu.Lock()
					turn++
					mu.Unlock()
					cond.Broadcast()
				}()
				for turn == before {
					cond.Wait()
				}
				mu.Unlock()
			},
			"sleep": func() { time.Sleep(2 * time.Millisecond) },
			"group": func() {
				var wg sync.WaitGroup
				for i := range 20 {
					wg.Add(1)
					go func() { defer wg.Done(); grow(1000 * i) }()
				}
				wg.Wait()
			},
			"nested": func() {
				for i := range uint64(20) {
					require.Equal(t, i+1, callChecked(t, uintptr(waiter), i))
				}
			},
			"call from another goroutine": func() {
				done := make(chan uint64)
				go func() { done <- callChecked(t, uintptr(waiter), 7) }()
				require.EqualValues(t, 8, <-done)
			},
		}
		for range 5 {
			for what, wait := range waits {
				within(t, 30*time.Second, func() {
					for _, f := range s.try(t, wait, func() {}, wait) {
						if f != nil {
							t.Errorf("%s: %v\n%s", what, f.Value, f.Stack)
						}
					}
				})
				require.EqualValues(t, 4, ways["server"](t, s, waiter, [6]uint64{3}), what)
				s.requireReleased(t)
			}
		}
	})
}

// TestBusyGoroutines has goroutines that spin and allocate beside the server.
func TestBusyGoroutines(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		var work atomic.Int64
		for range 3 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				var keep [64][]byte
				for i := 0; ; i++ {
					keep[i%64] = make([]byte, 1000)
					select {
					case <-stop:
						return
					default:
						work.Add(1)
					}
				}
			}()
		}
		fn := s.callback(t, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			b := make([]byte, a0+1)
			return uintptr(len(b))
		}, nil)
		require.Eventually(t, func() bool { return work.Load() > 0 }, time.Minute, time.Millisecond, "they are busy")
		within(t, 120*time.Second, func() {
			for range 40 / min(slow(), 4) {
				j := &ctest.Job{Fn: ctest.AddrLoopCounting(), Args: [6]uint64{uint64(fn), 1000}}
				run(j)
				if j.Result != 1000*1001/2 || j.Lost != 0 {
					t.Errorf("got %+v", j)
				}
			}
		})
		close(stop)
		wg.Wait()
	})
}

// TestCollections collects inside handlers over and over, with pointers in every
// place that the collector must find.
func TestCollections(t *testing.T) {
	type node struct {
		next *node
		n    int
	}
	eachMode(t, nil, func(t *testing.T, s *server) {
		inner := s.callback(t, func(n, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			list := &node{n: int(n)}
			for range 5 {
				list = &node{next: list, n: list.n + 1}
			}
			runtime.GC()
			return uintptr(list.n)
		}, nil)
		times := 1000 / slow()
		if rm.ModeResident != best() || raceEnabled {
			times = min(times, 100)
		}
		fn := s.callback(t, func(n, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			// Only this frame, below a gate, keeps the list.
			var list *node
			for i := range 10 {
				list = &node{next: list, n: i}
			}
			r := callC(uintptr(inner), n)
			sum := 0
			for ; list != nil; list = list.next {
				sum += list.n
			}
			return uintptr(r) + uintptr(sum)
		}, nil)
		jobs := make([]*ctest.Job, times)
		for i := range jobs {
			jobs[i] = &ctest.Job{Fn: uintptr(fn), Args: [6]uint64{uint64(i)}}
		}
		run(jobs...)
		for i, j := range jobs {
			require.EqualValues(t, i+5+45, j.Result)
			requireIntact(t, j.Lost)
		}
	})
}
