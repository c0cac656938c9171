// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"testing"
	"unsafe"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
)

// BenchmarkCall is one call from Go to a C function of one argument, which counts:
// by gate on the server's thread, where the fast way is taken whatever the
// function; by gate on another goroutine; by the portable way; by an ordinary cgo
// call; and from C, which is what the call itself costs.
func BenchmarkCall(b *testing.B) {
	functions := api{"KeyType": ctest.AddrCountCalls()}
	b.Run("impl=gate", func(b *testing.B) {
		s := load(b, best(), functions)
		b.ReportAllocs()
		s.do(b, func() {
			for b.Loop() {
				rm.KeyType(1)
			}
		})
	})
	b.Run("impl=beside", func(b *testing.B) {
		begin(b, gatesMode(), functions)
		b.ReportAllocs()
		for b.Loop() {
			rm.KeyType(1)
		}
	})
	b.Run("impl=portable", func(b *testing.B) {
		begin(b, rm.ModePortable, functions)
		b.ReportAllocs()
		for b.Loop() {
			rm.KeyType(1)
		}
	})
	b.Run("impl=cgo", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ctest.CountCalls(1)
		}
	})
	b.Run("impl=c", func(b *testing.B) {
		// The loop is in C, so the number of rounds must be known before.
		ctest.Call(ctest.AddrLoop(), uint64(ctest.AddrCountCalls()), uint64(b.N), 1)
	})
}

func gatesMode() rm.Mode {
	if rm.ForcedPortable {
		return rm.ModePortable
	}
	return rm.ModeGates
}

// BenchmarkEntry is one call from C to Go: of a trampoline on the server's thread,
// while held (resident) or with the two events of a sleep before each (sleep); of
// a trampoline on a foreign thread (ordinary); of a cgo export on a foreign thread
// (cgo). The loops are in C.
func BenchmarkEntry(b *testing.B) {
	run := func(mode rm.Mode, loop uintptr) func(b *testing.B) {
		return func(b *testing.B) {
			s := load(b, mode, nil)
			fn := s.callback(b, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return a0 }, nil)
			j := &ctest.Job{Fn: loop, Args: [6]uint64{uint64(fn), uint64(b.N), 1}}
			b.ReportAllocs()
			b.ResetTimer()
			run(j)
			b.StopTimer()
			requireIntact(b, j.Lost)
		}
	}
	b.Run("impl=resident", run(best(), ctest.AddrLoop()))
	b.Run("impl=sleep", run(best(), ctest.AddrLoopMixed()))
	b.Run("impl=portable", run(rm.ModePortable, ctest.AddrLoop()))
	b.Run("impl=ordinary", func(b *testing.B) {
		s := load(b, best(), nil)
		fn := s.callback(b, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return a0 }, nil)
		b.ReportAllocs()
		b.ResetTimer()
		ctest.CallOnThread(ctest.AddrLoop(), [6]uint64{uint64(fn), uint64(b.N), 1})
	})
	b.Run("impl=cgo", func(b *testing.B) {
		ctest.SetGoCallback(func(a [6]uint64) uint64 { return a[0] })
		b.ReportAllocs()
		b.ResetTimer()
		ctest.CallOnThread(ctest.AddrLoop(), [6]uint64{uint64(ctest.AddrGoCallback()), uint64(b.N), 1})
	})
}
