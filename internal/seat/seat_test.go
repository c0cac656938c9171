// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && (amd64 || arm64) && !rm_noasm

package seat

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const patience = 30 * time.Second

// sit is what a worker does.
func (s *Seat) sit(idle func() bool) bool { return s.Take() && s.Sit(idle, true) }

// procs sets GOMAXPROCS for a test.
func procs(t *testing.T, n int) {
	t.Helper()
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

func always() bool { return true }

// sits begins to sit on a goroutine of its own, and returns when it does.
func sits(t *testing.T, s *Seat, idle func() bool) chan bool {
	t.Helper()
	result := make(chan bool, 1)
	go func() { result <- s.sit(idle) }()
	require.Eventually(t, func() bool { return s.word.Load() == taken }, patience, time.Microsecond)
	return result
}

// TestSeat: who sits is called, or goes when nobody calls; one sits at a time, and nobody who has something to do, or where there
// is one P.
func TestSeat(t *testing.T) {
	procs(t, 2)
	s := new(Seat)
	require.False(t, s.Call(), "nobody sits")
	require.True(t, s.sit(func() bool { return false }), "there is something to do")
	for range 3 {
		for _, wait := range []time.Duration{0, 10 * time.Millisecond} { // with its P, and without
			sat := sits(t, s, always)
			require.False(t, s.sit(always), "another one sits")
			time.Sleep(wait)
			require.True(t, s.Call())
			require.True(t, <-sat)
			require.False(t, s.Call(), "it has stood up")
		}
	}
	sat := sits(t, s, always)
	require.False(t, <-sat, "nobody has called")
	require.False(t, s.Call(), "it has gone")

	// Who has been called and has not stood up is called by the next, too.
	s.word.Store(called)
	require.True(t, s.Call())
	require.False(t, s.sit(always))
	s.word.Store(empty)

	runtime.GOMAXPROCS(1)
	require.False(t, s.sit(always), "one P")
}

// TestSeatGoesOn: the stack of who sits, and what is on it, stay whole while memory is collected, stacks are scanned and the world
// is stopped.
func TestSeatGoesOn(t *testing.T) {
	procs(t, 2)
	s := new(Seat)
	for i := range 50 {
		result := make(chan int, 1)
		go func() {
			frames := [64]int{}
			for j := range frames {
				frames[j] = i + j
			}
			text := []*int{new(i)}
			sum := 0
			if s.sit(always) {
				for _, f := range frames {
					sum += f
				}
				sum += *text[0]
			}
			result <- sum
		}()
		require.Eventually(t, func() bool { return s.word.Load() == taken }, patience, time.Microsecond)
		if i%2 == 0 {
			time.Sleep(time.Millisecond)
		}
		runtime.GC()
		_ = runtime.Stack(make([]byte, 1<<16), true)
		require.True(t, s.Call())
		require.Equal(t, 64*i+64*63/2+i, <-result)
	}
}

// TestSeatRaces: no work is left when whoever adds some calls, or does it alone, and whoever sits looks before.
func TestSeatRaces(t *testing.T) {
	procs(t, 4)
	s := new(Seat)
	var added, left, done atomic.Int64
	idle := func() bool { return left.Load() == 0 }
	var over atomic.Bool
	work := func() {
		for {
			for n := left.Load(); n > 0; n = left.Load() {
				if left.CompareAndSwap(n, n-1) {
					done.Add(1)
				}
			}
			if !s.sit(idle) {
				return
			}
		}
	}
	collected := make(chan struct{})
	go func() {
		defer close(collected)
		for !over.Load() {
			runtime.GC()
		}
	}()
	calls := 0
	for begun := time.Now(); time.Since(begun) < 2*time.Second; {
		left.Add(1)
		added.Add(1)
		if s.Call() {
			calls++
		} else {
			go work()
		}
		switch calls % 7 {
		case 0: // at once
		case 1:
			time.Sleep(2 * keeps)
		default:
			for range calls % 1000 {
				runtime.Gosched()
			}
		}
	}
	over.Store(true)
	<-collected
	require.Eventually(t, func() bool { return done.Load() == added.Load() }, patience, time.Millisecond)
	require.NotZero(t, calls)
	s.Call()
	t.Logf("%d, of which %d by calls", added.Load(), calls)
}

// TestSeatSignals: a signal to the thread of who sits is no call, and does not end the wait.
func TestSeatSignals(t *testing.T) {
	procs(t, 2)
	s := new(Seat)
	thread := make(chan int, 1)
	result := make(chan bool, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		thread <- syscall.Gettid()
		result <- s.sit(always)
	}()
	tid := <-thread
	require.Eventually(t, func() bool { return s.word.Load() == taken }, patience, time.Microsecond)
	for range 20 {
		time.Sleep(5 * time.Millisecond)
		require.NoError(t, syscall.Tgkill(syscall.Getpid(), tid, syscall.SIGURG))
	}
	require.True(t, s.Call(), "it still sits")
	require.True(t, <-result)
}
