// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
)

// disturbances is what a handler can do between its entry and its return.
var disturbances = map[string]func(){
	"nothing": func() {},
	"Gosched": func() { runtime.Gosched() },
	"channel": func() {
		c := make(chan int)
		go func() { c <- 1 }()
		<-c
	},
	"sleep": func() { time.Sleep(time.Millisecond) },
	"stack": func() {
		if got := grow(8 << 20); got != growWant(8<<20) {
			panic("a grown stack lost a value")
		}
	},
	"GC": func() { runtime.GC() },
	"GC on a grown stack": func() {
		var deep func(n int)
		deep = func(n int) {
			var pad [512]byte
			if n == 0 {
				runtime.GC()
				return
			}
			deep(n - 1)
			pad[n%512]++
		}
		deep(1000)
		runtime.GC() // shrinks it
	},
	"panic": func() {
		defer func() { _ = recover() }()
		panic("recovered")
	},
	"nil dereference": func() {
		defer func() { _ = recover() }()
		var p *int
		*p = 1
	},
	"defer in a loop": func() {
		for range 20 {
			defer func() { _ = grow(2000) }()
		}
	},
	"cgo": func() { ctest.CountCalls(1) },
	"gate": func() {
		rm.Call(rm.Ctx(ctest.AddrClobberAll()), nil, nil, 1, 2, 3, 4, 5, 6)
	},
	"locked thread": func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		runtime.Gosched()
	},
}

// TestCalleeSaved looks at every register that a C function must preserve, on
// every way into Go and whatever happens there.
func TestCalleeSaved(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		for what, disturb := range disturbances {
			fn := s.callback(t, func(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
				disturb()
				return a0 ^ a1
			}, nil)
			for name, way := range ways { // each checks the registers
				require.EqualValues(t, uint64(a0^a1), way(t, s, fn, someArgs), "%s, %s", what, name)
			}
			s.do(t, func() { rm.FreeCallback(fn) })
		}
	})
}

// TestCalleeSavedNested goes down through Go, gate, C and trampoline many times,
// checking the registers on each level, with something different in the middle.
func TestCalleeSavedNested(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		for what, disturb := range disturbances {
			fn := s.callback(t, func(self, depth, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
				if depth == 0 {
					disturb()
					return 0
				}
				// call_nested calls fn(fn, depth-1) and checks the registers.
				return uintptr(callC(ctest.AddrCallNested(), self, depth))
			}, nil)
			depth := uint64(20)
			nested := rm.CFunc(ctest.AddrCallNested())
			for _, name := range []string{"server", "nested", "foreign", "goroutine", "beside", "thread"} {
				got := ways[name](t, s, nested, [6]uint64{uint64(fn), depth})
				require.EqualValues(t, depth, got, "%s, %s", what, name)
			}
			s.do(t, func() { rm.FreeCallback(fn) })
		}
	})
}

// TestTwoTrampolines goes from one callback through a gate to another one.
func TestTwoTrampolines(t *testing.T) {
	eachMode(t, nil, func(t *testing.T, s *server) {
		inner := s.callback(t, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return a0 + 1 }, nil)
		outer := s.callback(t, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			before := grow(3000)
			r := callChecked(t, uintptr(inner), uint64(a0)*2)
			if grow(3000) != before {
				return 0
			}
			return uintptr(r) + 5
		}, nil)
		for name, way := range ways {
			require.EqualValues(t, 2*7+1+5, way(t, s, outer, [6]uint64{7}), name)
		}
	})
}
