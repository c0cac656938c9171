// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package ctest_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/ctest"
)

func needRegs(t *testing.T) {
	t.Helper()
	if !ctest.RegsChecked() {
		t.Skip("registers are not checked on", runtime.GOARCH)
	}
}

func requireIntact(t *testing.T, lost uint64) {
	t.Helper()
	require.Empty(t, ctest.LostNames(lost), "registers not preserved")
}

func TestFillAndCall(t *testing.T) {
	needRegs(t)
	var a [6]uint64
	copy(a[:], args(6))
	got, lost := ctest.FillAndCall(ctest.AddrSum(6), a)
	requireIntact(t, lost)
	require.Equal(t, ctest.SumWant(a[:]...), got)

	ctest.SetRecordResult(0, -1.5)
	f, lost := ctest.FillAndCallF(ctest.AddrRecordF(), a)
	requireIntact(t, lost)
	require.Equal(t, -1.5, f)
}

// Every single register that a callee destroys is found, and it alone.
func TestFillAndCallFindsLostRegisters(t *testing.T) {
	needRegs(t)
	names := ctest.RegNames()
	require.NotEmpty(t, names)
	for i, name := range names {
		_, lost := ctest.FillAndCall(ctest.AddrBadCallee(), [6]uint64{uint64(i)})
		require.Equal(t, []string{name}, ctest.LostNames(lost))
		require.EqualValues(t, 1<<i, lost)
	}
	_, lost := ctest.FillAndCall(ctest.AddrBadCallee(), [6]uint64{uint64(len(names))})
	requireIntact(t, lost)
	require.Equal(t, []string{names[0], "bit 63"}, ctest.LostNames(1|1<<63))
}

// What the convention leaves to the callee is not counted, and Go does not
// depend on it after an ordinary cgo call.
func TestClobberAll(t *testing.T) {
	needRegs(t)
	x, s := 1.5, 0.0
	for i := range uint64(1000) {
		require.Equal(t, i+1, ctest.Call(ctest.AddrClobberAll(), i, 2, 3, 4, 5, 6))
		s += x
	}
	require.Equal(t, 1500.0, s)
	got, lost := ctest.FillAndCall(ctest.AddrClobberAll(), [6]uint64{41, 1, 2, 3, 4, 5})
	requireIntact(t, lost)
	require.EqualValues(t, 42, got)
}

func TestCheckCallee(t *testing.T) {
	needRegs(t)
	b := ctest.NewBlock(0, [6]uint64{})
	defer b.Free()
	// Words 4 and 5 are passed as zero.
	lost := ctest.Call(ctest.AddrCheckCallee(), uint64(ctest.AddrSum(6)), 1, 2, 3, 4, uint64(b.ResultAddr()))
	requireIntact(t, lost)
	require.Equal(t, ctest.SumWant(1, 2, 3, 4, 0, 0), b.Result())
	lost = ctest.Call(ctest.AddrCheckCallee(), uint64(ctest.AddrBadCallee()), 2)
	require.Equal(t, ctest.RegNames()[2:3], ctest.LostNames(lost))

	lost = ctest.Call(ctest.AddrFillAndCall(), uint64(ctest.AddrSum(6)), 1, 2, 3, 4, 5, 6, uint64(b.ResultAddr()))
	requireIntact(t, lost)
	require.Equal(t, ctest.SumWant(1, 2, 3, 4, 5, 6), b.Result())
}

func TestBlockChecked(t *testing.T) {
	needRegs(t)
	var a [6]uint64
	copy(a[:], args(6))
	b := ctest.NewBlock(ctest.AddrSum(6), a)
	defer b.Free()
	require.Zero(t, uint32(ctest.Call(ctest.AddrBlockChecked(), uint64(b.Addr()))))
	requireIntact(t, b.Lost())
	require.Equal(t, ctest.SumWant(a[:]...), b.Result())
	b.Free()
	b.Free()
	require.Zero(t, b.Addr())
}

// An ordinary cgo export keeps the convention, to whatever depth: the reference
// for a trampoline.
func TestGoCallbackKeepsRegisters(t *testing.T) {
	needRegs(t)
	var a [6]uint64
	copy(a[:], args(6))
	var grow func(n int) int
	grow = func(n int) int {
		var pad [128]byte
		if n == 0 {
			return int(pad[0])
		}
		return grow(n-1) + int(pad[n%128])
	}
	ctest.SetGoCallback(func(got [6]uint64) uint64 {
		grow(1000) // moves the goroutine's stack
		runtime.GC()
		return ctest.SumWant(got[:]...)
	})
	got, lost := ctest.FillAndCall(ctest.AddrGoCallback(), a)
	requireIntact(t, lost)
	require.Equal(t, ctest.SumWant(a[:]...), got)
}

func TestCallNested(t *testing.T) {
	needRegs(t)
	// In C alone: call_nested as its own callback.
	require.EqualValues(t, 100, ctest.CallNested(ctest.AddrCallNested(), 100))
	require.Zero(t, ctest.CallNested(ctest.AddrCallNested(), 0))

	// Through Go on every level.
	levels := 0
	ctest.SetGoCallback(func(a [6]uint64) uint64 {
		levels++
		return ctest.CallNested(uintptr(a[0]), a[1])
	})
	require.EqualValues(t, 50, ctest.CallNested(ctest.AddrGoCallback(), 50))
	require.Equal(t, 50, levels)

	// A register lost on the innermost level shows in the result of the outermost.
	ctest.SetGoCallback(func(a [6]uint64) uint64 {
		if a[1] == 3 {
			return ctest.CallNested(ctest.AddrBadSecond(), 1)
		}
		return ctest.CallNested(uintptr(a[0]), a[1])
	})
	require.EqualValues(t, uint64(1<<63|7), ctest.CallNested(ctest.AddrGoCallback(), 9))
}

func TestSPNow(t *testing.T) {
	needRegs(t)
	b := ctest.NewBlock(0, [6]uint64{})
	defer b.Free()
	require.Zero(t, uint32(ctest.Call(ctest.AddrSPNow(), uint64(b.ResultAddr()))))
	sp := b.Result()
	require.NotZero(t, sp)
	require.Zero(t, sp%16, "the stack is aligned at a call")

	// A level of nesting deeper, the stack pointer is lower, on the same stack.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctest.Call(ctest.AddrSPNow(), uint64(b.ResultAddr()))
	outer := b.Result()
	_, lost := ctest.FillAndCall(ctest.AddrSPNow(), [6]uint64{uint64(b.ResultAddr())})
	requireIntact(t, lost)
	require.Less(t, b.Result(), outer)
	require.Less(t, outer-b.Result(), uint64(4096))
}
