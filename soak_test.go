// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/internal/edge"
)

// soaker runs random handlers. What a handler does, and how it ends, follows from
// its seed alone, so that whoever calls it knows the answer.
type soaker struct {
	fn       rm.CFunc
	calls    atomic.Int64
	mu       sync.Mutex
	mistakes []string
	ping     chan int
}

func (k *soaker) wrong(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.mistakes) < 20 {
		k.mistakes = append(k.mistakes, fmt.Sprintf(format, args...))
	}
}

// fate is how the handler with this seed ends.
func fate(seed uint64) uint64 { return (seed * 0x9e3779b97f4a7c15 >> 40) % 16 }

// answer is what C gets from it.
func answer(seed uint64) uint64 {
	if fate(seed) < 4 {
		return seed ^ 0xfa11
	}
	return seed*3 + 1
}

// handle is the callback: a seed, and how deep it may still go.
func (k *soaker) handle(seed, depth, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	k.calls.Add(1)
	rng := rand.New(rand.NewPCG(uint64(seed), 7))
	resident := core.Resident()
	for range 1 + rng.IntN(3) {
		k.act(rng, int(depth), resident)
	}
	if core.Resident() != resident || rm.InSyscall() {
		k.wrong("seed %#x: another goroutine, or in a system call", seed)
	}
	switch fate(uint64(seed)) {
	case 0:
		defer func() { panic(seed) }()
		panic("overtaken")
	case 1:
		defer func() { k.act(rng, 0, resident) }()
		runtime.Goexit()
	case 2:
		var p *int
		*p = 1
	case 3:
		defer func() { panic(seed) }()
		runtime.Goexit()
	}
	return seed*3 + 1
}

func (k *soaker) failed(seed, _ uintptr, f rm.Failure) uintptr {
	if want := fate(uint64(seed)) == 1; f.Goexit != want {
		k.wrong("seed %#x: %v, Goexit %t", seed, f.Value, f.Goexit)
	}
	return seed ^ 0xfa11
}

// call calls a handler in one of the ways that are open to the caller.
func (k *soaker) call(rng *rand.Rand, depth int) {
	seed := rng.Uint64()
	args := [6]uint64{seed, uint64(depth)}
	var got, lost uint64
	switch rng.IntN(6) {
	case 0, 1, 2:
		b := ctest.NewBlock(uintptr(k.fn), args)
		defer b.Free()
		callC(ctest.AddrBlockChecked(), b.Addr())
		got, lost = b.Result(), b.Lost()
	case 3:
		got, lost = ctest.FillAndCall(uintptr(k.fn), args)
	case 4:
		got = ctest.CallOnThread(uintptr(k.fn), args)
	case 5:
		done := make(chan uint64)
		go func() { done <- callC(uintptr(k.fn), uintptr(seed), uintptr(depth)) }()
		got = <-done
	}
	if got != answer(seed) || lost != 0 {
		k.wrong("seed %#x: %#x, want %#x; lost %v", seed, got, answer(seed), ctest.LostNames(lost))
	}
}

// act does one random thing.
func (k *soaker) act(rng *rand.Rand, depth int, resident bool) {
	switch rng.IntN(16) {
	case 0:
		n := 1 << (8 + rng.IntN(10))
		if rng.IntN(100) == 0 {
			n = 6 << 20
		}
		if grow(n) != growWant(n) {
			k.wrong("a stack of %d bytes lost a value", n)
		}
	case 1:
		runtime.Gosched()
	case 2:
		time.Sleep(time.Duration(rng.IntN(200)) * time.Microsecond)
	case 3:
		k.ping <- rng.IntN(1000)
	case 4:
		if rng.IntN(20) == 0 {
			runtime.GC()
		}
	case 5:
		keep := make([][]byte, rng.IntN(50))
		for i := range keep {
			keep[i] = make([]byte, rng.IntN(2000))
		}
	case 6:
		func() {
			defer func() { _ = recover() }()
			for range rng.IntN(10) {
				defer func() { grow(2000) }()
			}
			panic("recovered")
		}()
	case 7:
		if n := rng.Uint64() >> 1; uint64(rm.ValueLength(rm.Key(n))) != n+1 {
			k.wrong("the gate's result")
		}
	case 8:
		if resident {
			// The server may announce a sleep at any time, and crash at any time.
			callC(ctest.AddrServerFire(), eventLoop, uintptr(rng.IntN(2)))
			if callC(ctest.AddrCallOnSigstack(), uintptr(k.fn), 1) != 0 {
				k.wrong("a callback ran on the signal stack")
			}
		}
	case 9:
		fn, err := rm.NewCallback(func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return a0 + 1 }, nil)
		if err != nil {
			k.wrong("%v", err)
			return
		}
		if callC(uintptr(fn), 41) != 42 {
			k.wrong("a callback made on the way")
		}
		rm.FreeCallback(fn)
	default:
		if depth > 0 {
			k.call(rng, depth-1)
		}
	}
}

// TestSoak mixes everything at random for a while: RM_STRESS_SECONDS (5) in all,
// with the seed RM_STRESS_SEED or one that the log tells.
func TestSoak(t *testing.T) {
	seconds := 5.0
	if v, err := strconv.ParseFloat(os.Getenv("RM_STRESS_SECONDS"), 64); err == nil {
		seconds = v
	}
	seed := uint64(time.Now().UnixNano())
	if v, err := strconv.ParseUint(os.Getenv("RM_STRESS_SEED"), 0, 64); err == nil {
		seed = v
	}
	fmt.Printf("soak: RM_STRESS_SEED=%d RM_STRESS_SECONDS=%g\n", seed, seconds)
	eachMode(t, api{"ValueLength": ctest.AddrClobberAll()}, func(t *testing.T, s *server) {
		share := time.Duration(seconds * float64(time.Second) / float64(len(modes())))
		soak(t, s, seed, time.Now().Add(share))
	})
}

func soak(t *testing.T, s *server, seed uint64, end time.Time) {
	k := &soaker{ping: make(chan int)}
	k.fn = s.callback(t, k.handle, k.failed)
	// Its signals arrive wherever a thread is. A profile that somebody has asked
	// for already does as well.
	if pprof.StartCPUProfile(io.Discard) == nil {
		defer pprof.StopCPUProfile()
	}
	before := edge.Releases()
	mode, _ := rm.CurrentMode()
	resident := mode == rm.ModeResident
	ctest.Storm(true)
	defer ctest.Storm(false)
	stop := make(chan struct{})
	var helpers, workers sync.WaitGroup
	helpers.Add(2)
	go func() { // answers the handlers
		defer helpers.Done()
		for {
			select {
			case n := <-k.ping:
				grow(n)
			case <-stop:
				return
			}
		}
	}()
	go func() { // collects all the time
		defer helpers.Done()
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				runtime.GC()
			}
		}
	}()
	worker := func(n uint64, work func(rng *rand.Rand)) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			rng := rand.New(rand.NewPCG(seed, n))
			// Where all is slow it goes on until a signal has come at the right moment.
			for time.Now().Before(end) || resident && edge.Releases() == before && time.Now().Before(end.Add(time.Minute)) {
				work(rng)
			}
		}()
	}
	for n := range uint64(3) { // the server's clients
		worker(n, func(rng *rand.Rand) {
			jobs := make([]*ctest.Job, 1+rng.IntN(8))
			for i := range jobs {
				jobs[i] = &ctest.Job{Fn: uintptr(k.fn), Args: [6]uint64{rng.Uint64(), uint64(rng.IntN(6))}}
				if rng.IntN(10) == 0 {
					jobs[i] = &ctest.Job{Fn: ctest.AddrServerFire(), Args: [6]uint64{eventLoop, uint64(rng.IntN(2))}}
				}
			}
			run(jobs...)
			for _, j := range jobs {
				if j.Fn == uintptr(k.fn) && j.Result != answer(j.Args[0]) || j.Lost != 0 {
					k.wrong("job %#x: %#x, want %#x; lost %v", j.Args, j.Result, answer(j.Args[0]), ctest.LostNames(j.Lost))
				}
			}
			if rng.IntN(4) == 0 {
				time.Sleep(time.Millisecond) // the server falls asleep
			}
		})
	}
	for n := range uint64(2) { // threads and goroutines beside
		worker(100+n, func(rng *rand.Rand) { k.call(rng, 3) })
	}
	within(t, time.Until(end)+180*time.Second, workers.Wait)
	close(stop)
	helpers.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	require.Empty(t, k.mistakes)
	released := edge.Releases() - before
	t.Logf("%d callbacks, %d signals, released by %d of them", k.calls.Load(), ctest.StormSignals(), released)
	if resident {
		require.NotZero(t, released)
	} else {
		require.Zero(t, released)
	}
	require.Greater(t, k.calls.Load(), int64(10))
}
