// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/internal/edge"
)

// outParameter has C write into the frame of a function some calls further down. The
// calls are small, so that any distance from the stack's end is found.
//
//go:noinline
func outParameter(depth, us int) uintptr {
	if depth > 0 {
		return outParameter(depth-1, us)
	}
	var n uintptr
	rm.StringPtrLen(rm.String(us), &n)
	return n
}

// TestReleaseOnDemand holds the server's thread in C, below callbacks of every depth,
// under a storm of SIGURG and beside collections: the goroutine gives its P away in the
// middle of gates, and what they return, what C writes through pointers into its stack
// and what it keeps in registers is right.
func TestReleaseOnDemand(t *testing.T) {
	functions := api{"ValueLength": ctest.AddrClobberAll(), "StringPtrLen": ctest.AddrBusyOut(), "LoadDouble": ctest.AddrRecordF()}
	s, resident := residentOnly(t, functions)
	ctest.SetRecordResult(0x1234, 2.5)
	var fn rm.CFunc
	rng := rand.New(rand.NewPCG(3, 4))
	var wrong atomic.Int64
	fn = s.callback(t, func(depth, seed, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		var local [64]uintptr // moves with the stack
		for i := range local {
			local[i] = seed + uintptr(i)
		}
		for range 3 {
			callC(ctest.AddrBusy(), uintptr(rng.IntN(200)))
			// At many distances from the stack's end.
			us := rng.IntN(100)
			if n := outParameter(rng.IntN(300), us); n != uintptr(us)+1 {
				wrong.Add(1)
			}
			if n := seed >> 1; uint64(rm.ValueLength(rm.Key(n))) != uint64(n)+1 {
				wrong.Add(1)
			}
			if f := rm.LoadDouble(rm.IO(seed)); f != 2.5 || math.IsNaN(f) {
				wrong.Add(1)
			}
			if depth > 0 && uintptr(callC(uintptr(fn), depth-1, seed+1)) != seed+1 {
				wrong.Add(1)
			}
			if rng.IntN(8) == 0 {
				grow(2000)
			}
		}
		for i := range local {
			if local[i] != seed+uintptr(i) {
				wrong.Add(1)
			}
		}
		return seed
	}, nil)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	defer close(stop)
	before := edge.Releases()
	ctest.Storm(true)
	defer ctest.Storm(false)
	within(t, 60*time.Second, func() {
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
			jobs := []*ctest.Job{}
			for i := range uint64(5) {
				jobs = append(jobs,
					&ctest.Job{Fn: uintptr(fn), Args: [6]uint64{i % 4, 1000 * i}},
					&ctest.Job{Fn: ctest.AddrBusy(), Args: [6]uint64{uint64(rng.IntN(100))}},
					&ctest.Job{Fn: ctest.AddrServerFire(), Args: [6]uint64{eventLoop, i % 2}})
			}
			run(jobs...)
			for _, j := range jobs {
				if j.Fn == uintptr(fn) {
					require.Equal(t, j.Args[1], j.Result)
				}
				requireIntact(t, j.Lost)
			}
		}
	})
	require.Zero(t, wrong.Load())
	if resident {
		require.Greater(t, edge.Releases()-before, uint64(20))
		t.Logf("%d releases", edge.Releases()-before)
	}
}

// TestExportWhileReleased: C calls an export of the module's own on the server's thread,
// while the goroutine is released and while it is held; that comes back in through gates
// and callbacks.
func TestExportWhileReleased(t *testing.T) {
	s, _ := residentOnly(t, nil)
	var fn rm.CFunc
	fn = s.callback(t, func(n, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		grow(500)
		if n > 0 {
			return 1 + uintptr(callC(uintptr(fn), n-1))
		}
		return 0
	}, nil)
	var total atomic.Int64
	ctest.SetGoCallback(func(a [6]uint64) uint64 {
		callC(ctest.AddrBusy(), 50)
		total.Add(int64(callC(uintptr(fn), uintptr(a[0]))))
		runtime.GC()
		return uint64(ctest.Call(uintptr(fn), a[0]))
	})
	ctest.Storm(true)
	defer ctest.Storm(false)
	within(t, 60*time.Second, func() {
		for i := range 200 / slow() {
			j := &ctest.Job{Fn: ctest.AddrGoCallback(), Args: [6]uint64{uint64(i % 5)}}
			plain := &ctest.Job{Fn: uintptr(fn), Args: [6]uint64{3}}
			ctest.ServerRunAsleep(j)
			require.EqualValues(t, i%5, j.Result)
			requireIntact(t, j.Lost)
			run(j, plain)
			require.EqualValues(t, 3, plain.Result)
			s.requireReleased(t)
		}
	})
	require.Positive(t, total.Load())
}
