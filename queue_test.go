// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"math/rand/v2"
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
	"github.com/iredismodule/redismodule/internal/queue"
)

// queueAPI is what a server needs for a queue.
func queueAPI() api {
	return api{"EventLoopAddOneShot": ctest.AddrServerOneShot(), "AvoidReplicaTraffic": ctest.AddrPaused()}
}

// withQueue is eachMode for modes with a queue.
func withQueue(t *testing.T, test func(t *testing.T, s *server)) {
	ctest.SetPaused(false)
	eachMode(t, queueAPI(), func(t *testing.T, s *server) {
		if mode, _ := rm.CurrentMode(); mode == rm.ModeGates {
			require.False(t, queue.Has(), "a server without the event")
			return
		}
		require.True(t, queue.Has())
		test(t, s)
	})
}

// waited is a job with an end that can be waited for.
type waited struct {
	queue.Job
	end chan error
}

func newWaited(run func(ctx rm.Ctx)) *waited {
	w := &waited{end: make(chan error, 1)}
	w.Run = func(ctx uintptr) { run(rm.Ctx(ctx)) }
	w.Done = func(err error) { w.end <- err }
	return w
}

// TestQueue: many goroutines have the server's thread work, one job after another, an
// idle one and a busy one.
func TestQueue(t *testing.T) {
	withQueue(t, func(t *testing.T, s *server) {
		const goroutines = 50
		each := 400 / slow()
		sum := 0 // the server's thread's own
		var wg sync.WaitGroup
		within(t, 60*time.Second, func() {
			for range goroutines {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for i := range each {
						w := newWaited(func(ctx rm.Ctx) {
							if !core.OnServerThread() {
								t.Error("on another thread")
							}
							sum++
						})
						if err := queue.Post(&w.Job); err != nil {
							t.Error(err)
							return
						}
						if err := <-w.end; err != nil {
							t.Error(err)
						}
						if i%50 == 0 {
							time.Sleep(time.Millisecond) // the server falls asleep
						}
					}
				}()
			}
			wg.Wait()
		})
		s.do(t, func() { require.Equal(t, goroutines*each, sum) })
		require.Zero(t, queue.Waiting())
	})
}

// TestQueueOrder: jobs of one goroutine run in the order in which it posts them, also
// when they outlast a turn, and what a job posts runs after it.
func TestQueueOrder(t *testing.T) {
	withQueue(t, func(t *testing.T, s *server) {
		var seen []int
		last := newWaited(func(rm.Ctx) { seen = append(seen, 1000) })
		for i := range 200 {
			w := newWaited(func(rm.Ctx) {
				seen = append(seen, i)
				switch i {
				case 20, 120:
					callC(ctest.AddrBusy(), 3000) // longer than a turn's share
				case 199:
					require.NoError(t, queue.Post(&last.Job))
				}
			})
			require.NoError(t, queue.Post(&w.Job))
		}
		require.NoError(t, <-last.end)
		s.do(t, func() {
			require.Len(t, seen, 201)
			for i := range 200 {
				require.Equal(t, i, seen[i])
			}
		})
	})
}

// TestQueueFailures: a job that panics or ends its goroutine is done, and the others
// have their turn.
func TestQueueFailures(t *testing.T) {
	withQueue(t, func(t *testing.T, s *server) {
		var ran atomic.Int64
		jobs := []*waited{}
		for i := range 100 {
			w := newWaited(func(rm.Ctx) {
				ran.Add(1)
				switch i % 4 {
				case 1:
					panic(i)
				case 2:
					runtime.Goexit()
				}
			})
			jobs = append(jobs, w)
			require.NoError(t, queue.Post(&w.Job))
		}
		within(t, 30*time.Second, func() {
			for _, w := range jobs {
				require.NoError(t, <-w.end)
			}
		})
		require.EqualValues(t, 100, ran.Load())
	})
}

// TestQueueTakeBack: a job ends exactly once: run, or taken back.
func TestQueueTakeBack(t *testing.T) {
	withQueue(t, func(t *testing.T, s *server) {
		var ran, back atomic.Int64
		n := 2000 / slow()
		within(t, 60*time.Second, func() {
			for range n {
				w := newWaited(func(rm.Ctx) { ran.Add(1) })
				require.NoError(t, queue.Post(&w.Job))
				for range rand.IntN(300) {
					runtime.Gosched()
				}
				if queue.TakeBack(&w.Job) {
					back.Add(1)
				} else {
					require.NoError(t, <-w.end)
				}
			}
		})
		s.do(t, func() {})
		require.EqualValues(t, n, ran.Load()+back.Load())
		require.Zero(t, queue.Waiting())
	})
}

// TestQueuePaused: while clients' writes are paused only read-only jobs run; the
// others follow, in order.
func TestQueuePaused(t *testing.T) {
	withQueue(t, func(t *testing.T, s *server) {
		var seen []int
		ctest.SetPaused(true)
		defer ctest.SetPaused(false)
		jobs := []*waited{}
		for i := range 10 {
			w := newWaited(func(rm.Ctx) { seen = append(seen, i) })
			w.ReadOnly = i%2 == 1
			jobs = append(jobs, w)
			require.NoError(t, queue.Post(&w.Job))
		}
		for i, w := range jobs {
			if i%2 == 1 {
				require.NoError(t, <-w.end)
			}
		}
		require.Equal(t, 5, queue.Waiting())
		require.True(t, queue.TakeBack(&jobs[4].Job))
		ctest.SetPaused(false)
		s.do(t, func() {}) // a turn, as the server's own clock makes it
		for i, w := range jobs {
			if i%2 == 0 && i != 4 {
				require.NoError(t, <-w.end)
			}
		}
		s.do(t, func() { require.Equal(t, []int{1, 3, 5, 7, 9, 0, 2, 6, 8}, seen) })
	})
}

// TestQueueUnload: with the module go its jobs, and goroutines that post go on.
func TestQueueUnload(t *testing.T) {
	withQueue(t, func(t *testing.T, s *server) {
		mode, _ := rm.CurrentMode()
		for range 20 {
			var ran, refused atomic.Int64
			var wg sync.WaitGroup
			for range 10 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for refused.Load() < 100 {
						w := newWaited(func(rm.Ctx) { ran.Add(1) })
						err := queue.Post(&w.Job)
						if err == nil {
							err = <-w.end
						}
						if err != nil {
							refused.Add(1)
							if err != queue.ErrUnloaded {
								t.Error(err)
							}
						}
					}
				}()
			}
			for ran.Load() < 100 {
				runtime.Gosched()
			}
			s.unload(t)
			within(t, 30*time.Second, wg.Wait)
			setAPI(mode, queueAPI())
			s.reload(t, mode)
			require.Zero(t, queue.Waiting())
		}
	})
}

// TestOwnListeners: a module may listen to the events that the binding listens to.
func TestOwnListeners(t *testing.T) {
	withQueue(t, func(t *testing.T, s *server) {
		var before, after, loading int
		count := func(_, id, _, sub, _, _ uintptr, _ unsafe.Pointer) uintptr {
			switch {
			case id == loadingProgress:
				loading++
			case sub == 0:
				before++
			default:
				after++
			}
			return 0
		}
		fn := s.callback(t, count, nil)
		for _, id := range []uint64{eventLoop, loadingProgress} {
			s.do(t, func() { require.EqualValues(t, 0, rm.SubscribeToServerEvent(1, rm.Event{ID: id, DataVer: 1}, fn)) })
		}
		run(&ctest.Job{Fn: ctest.AddrServerFire(), Args: [6]uint64{loadingProgress, 0}})
		s.requireReleased(t)
		w := newWaited(func(rm.Ctx) {})
		require.NoError(t, queue.Post(&w.Job))
		require.NoError(t, <-w.end, "the queue runs beside it")
		for range 5 { // released while the server sleeps, by the binding
			within(t, 10*time.Second, runtime.GC)
		}
		s.do(t, func() {
			require.Equal(t, 1, loading)
			require.Positive(t, before)
			require.Positive(t, after)
		})
		var was int
		s.do(t, func() {
			require.EqualValues(t, 0, rm.SubscribeToServerEvent(1, rm.Event{ID: eventLoop, DataVer: 1}, 0))
			was = before
		})
		s.requireReleased(t)
		within(t, 10*time.Second, runtime.GC)
		s.do(t, func() { require.Equal(t, was, before, "no longer called") })
	})
}
