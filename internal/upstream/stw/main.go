// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command stw shows a fault of the Go runtime, without cgo and without a server: a
// stop of the world that lasts for up to a minute, because of one goroutine that
// waits in a system call. docs/RATIONALE.md says how it comes about, and what the
// call layer does against it.
//
//	go run ./internal/upstream/stw              # ends at the first stop of a second or more
//	go run ./internal/upstream/stw -tick 50ms   # the same, with a timer that is always due soon
//
// It keeps about two CPUs busy. Chance decides when the fault comes: after some
// thousands of stops or after some millions, sooner on a machine that is full.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"
)

// reader waits in a system call of which only the main goroutine can free it.
type reader struct {
	pipe [2]int
	goes atomic.Uint32 // 1: it goes into its system call
}

func (r *reader) loop() {
	runtime.LockOSThread()
	for b := make([]byte, 1); ; {
		r.goes.Store(1)
		// Not a file of package os, which would wait in the poller.
		_, _ = syscall.Read(r.pipe[0], b)
	}
}

// tick keeps a timer in the runtime's list at all times. A ticker alone does not:
// it stands in the list only while a goroutine waits for it. So two wait: a tick wakes
// one of them.
func tick(every time.Duration) {
	t := time.NewTicker(every)
	for range 2 {
		go func() {
			for range t.C {
			}
		}()
	}
}

// bounds sort the stops by their length.
var bounds = []time.Duration{time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond,
	40 * time.Millisecond, 70 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, time.Second}

func main() {
	long := flag.Duration("for", 150*time.Second, "how long")
	every := flag.Duration("tick", 0, "keep a timer that is due after this time; 0: none")
	flag.Parse()
	debug.SetGCPercent(-1)
	runtime.GOMAXPROCS(4)
	var r reader
	if err := syscall.Pipe(r.pipe[:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	go r.loop()
	if *every > 0 {
		tick(*every)
	}
	var stats runtime.MemStats
	over := make([]int, len(bounds))
	var worst time.Duration
	rounds, start := 0, time.Now()
	for ; time.Since(start) < *long && worst < time.Second; rounds++ {
		for r.goes.Load() == 0 {
		}
		r.goes.Store(0)
		for range rounds % 61 { // some nanoseconds more each time
			r.goes.Load()
		}
		before := time.Now()
		runtime.ReadMemStats(&stats) // stops the world
		d := time.Since(before)
		for i, b := range bounds {
			if d >= b {
				over[i]++
			}
		}
		if d > worst {
			worst = d
			fmt.Printf("%9.1fs  stop %d took %v\n", time.Since(start).Seconds(), rounds, d)
		}
		// The reader comes back, and goes into its next system call.
		_, _ = syscall.Write(r.pipe[1], []byte{1})
	}
	fmt.Printf("%s, timer %v: %d stops in %.0f s, the longest %v\n", runtime.Version(), *every, rounds, time.Since(start).Seconds(), worst)
	for i, b := range bounds {
		fmt.Printf("  of %v or more: %d\n", b, over[i])
	}
}
