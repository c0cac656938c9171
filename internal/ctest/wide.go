// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

package ctest

// #include "fakeserver.h"
// extern word ct_wide_recorded[CT_WIDE];
import "C"

import "unsafe"

// MaxWide is how many words the function at [AddrWide] takes.
const MaxWide = C.CT_WIDE

// AddrWide is a function of [MaxWide] integer words that records them; see
// [WideRecorded]. Its result is that of [SetRecordResult].
func AddrWide() uintptr { return addr(C.ct_wide) }

// WideRecorded returns the arguments of the latest call of the function at
// [AddrWide]. What the caller did not pass is garbage.
func WideRecorded() (words [MaxWide]uint64) {
	for i := range words {
		words[i] = uint64(C.ct_wide_recorded[i])
	}
	return words
}

// AddrCall12 is uint64_t call12(void *fn, const uint64_t *a), which calls
// fn(a[0], ..., a[11]).
func AddrCall12() uintptr { return addr(C.ct_call12) }

// AddrInvoke is uint64_t invoke(void *fn, const char *, const char *, uint64_t a0,
// ..., a5), which returns fn(a0, ..., a5): a stand-in for the server's Call.
func AddrInvoke() uintptr { return addr(C.ct_invoke) }

// AddrLoop is uint64_t loop(void *fn, uint64_t n, uint64_t a0, ..., a3), which
// calls fn(a0, ..., a3, 0, 0) n times and returns the sum of the results.
func AddrLoop() uintptr { return addr(C.ct_loop) }

// AddrLoopCounting is uint64_t f(void *fn, uint64_t n), which calls fn(0) to
// fn(n-1) and returns the sum of the results.
func AddrLoopCounting() uintptr { return addr(C.ct_loop_counting) }

// AddrLoopMixed is like [AddrLoopCounting], with the events of a sleep of the
// server before each call.
func AddrLoopMixed() uintptr { return addr(C.ct_loop_mixed) }

// AddrStore is uint64_t store(uint64_t a0, uint64_t *to, uint64_t value), which
// stores the value unless to is NULL, and returns a0.
func AddrStore() uintptr { return addr(C.ct_store) }

// AddrStoreFloat is double f(uint64_t a0, uint64_t *to, uint64_t value, uint64_t,
// double f0, double f1), which does the same and returns a0 + f0 - f1.
func AddrStoreFloat() uintptr { return addr(C.ct_store_float) }

// AddrCallAndStore is uint64_t f(uint64_t a0, void *fn, int32_t *to, uint64_t *to2),
// which calls fn(a0) and then stores the result at to and the result plus 1 at
// to2, unless they are NULL.
func AddrCallAndStore() uintptr { return addr(C.ct_call_and_store) }

// AddrCountCalls is uint64_t f(uint64_t a0), which adds a0 to a counter and returns
// the counter: the cheapest function that has an effect.
func AddrCountCalls() uintptr { return addr(C.ct_count_calls) }

// CountCalls calls the function at [AddrCountCalls] by an ordinary cgo call.
func CountCalls(a0 uint64) uint64 { return uint64(C.ct_count_calls(C.word(a0))) }

// AddrBusyOut is char *busy_out(uint64_t microseconds, uint64_t *out), which is busy
// and then stores microseconds+1 in *out.
func AddrBusyOut() uintptr { return addr(C.ct_busy_out) }

// AddrBusy is uint64_t busy(uint64_t microseconds), which keeps the thread busy in
// C for that long.
func AddrBusy() uintptr { return addr(C.ct_busy) }

// AddrHalfGarbage is uint64_t f(uint64_t low), which returns the low half of its
// argument, with garbage above: the result of a C function that returns an int.
func AddrHalfGarbage() uintptr { return addr(C.ct_half_garbage) }

// NewWords returns a copy of words in C memory. Free must be called.
func NewWords(words []uint64) *CString {
	// SAFETY: a string of the bytes of words, copied to C memory before it is used
	// again; holds because words is alive and not written; until NewCString returns.
	return NewCString(unsafe.String((*byte)(unsafe.Pointer(unsafe.SliceData(words))), 8*len(words)))
}
