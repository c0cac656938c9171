// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"runtime"

	"github.com/iredismodule/redismodule/internal/edge"
)

// The guard against a wrong lane: a function that takes the gate on a goroutine
// other than the resident one, because the lane table says that it cannot come
// back into Go, and does so all the same. The runtime would end the process. The
// trampoline sees it by the goroutine that its thread runs: it stands in a gate,
// outside of a system call. Where the thread's goroutine is found differs: on
// amd64 in m (m.curg), on arm64 in thread-local storage. Both places are looked
// up at load.

// findGuard returns the offset of the place that holds the current g, on two
// different threads; 0 means that there is none, and that the guard is off.
func findGuard() uintptr {
	mine := guardCandidates()
	other := make(chan []uintptr)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		other <- guardCandidates()
	}()
	theirs := <-other
	for _, a := range mine {
		for _, b := range theirs {
			if a == b {
				return a
			}
		}
	}
	return 0
}

// guardCandidates returns the offsets of words near the thread's base that hold
// the current g.
func guardCandidates() (at []uintptr) {
	g := getg()
	base := threadPointer() // arm64
	if base == 0 {
		base = word(g + gM)
	}
	// SAFETY(U15): m is larger than this, and so is a thread's static storage; both
	// have the word in their first few hundred bytes.
	for off := uintptr(16); off < 512; off += 8 {
		if word(base+off) == g {
			at = append(at, off)
		}
	}
	return at
}

func settleGuard() {
	edge.GuardNames(fnNames[:], fnTable[FnLog])
	state.wrongLane = edge.WrongLane
	state.guardOffset = findGuard()
}
