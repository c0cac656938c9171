// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package ctest_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/ctest"
)

// args returns n different words that fill all 64 bits.
func args(n int) []uint64 {
	a := make([]uint64, n)
	for i := range a {
		a[i] = 0x9e3779b97f4a7c15 * uint64(i+1)
	}
	return a
}

func TestSums(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 4, 5, 6, 11} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			a := args(n)
			got := ctest.Call(ctest.AddrSum(n), a...)
			require.Equal(t, ctest.SumWant(a...), got)
			// Any two exchanged arguments show, and so does a wrong one.
			for i := range a {
				for k := range i {
					a[i], a[k] = a[k], a[i]
					require.NotEqual(t, got, ctest.Call(ctest.AddrSum(n), a...), "%d and %d exchanged", i, k)
					a[i], a[k] = a[k], a[i]
				}
				a[i]++
				require.NotEqual(t, got, ctest.Call(ctest.AddrSum(n), a...), "argument %d changed", i)
				a[i]--
			}
		})
	}
	require.Panics(t, func() { ctest.AddrSum(7) })
	require.Panics(t, func() { ctest.Call(ctest.AddrNoop(), args(12)...) })
	ctest.Call(ctest.AddrNoop())
}

func TestSumWords(t *testing.T) {
	var w [11]uint64
	copy(w[:], args(11))
	got := ctest.Call(ctest.AddrSumWords(), w[:]...)
	require.Equal(t, ctest.SumWordsWant(w), got)
	for _, narrow := range []int{1, 5, 6, 8, 9} {
		w[narrow] ^= 0xffffffff00000000
		require.Equal(t, got, ctest.Call(ctest.AddrSumWords(), w[:]...), "high half of argument %d", narrow)
		w[narrow] ^= 0x80000000
		require.NotEqual(t, got, ctest.Call(ctest.AddrSumWords(), w[:]...), "low half of argument %d", narrow)
		w[narrow] ^= 0xffffffff80000000
	}
}

func TestVSum(t *testing.T) {
	call := func(n int, format string, a ...uint64) uint64 {
		f := ctest.NewCString(format)
		defer f.Free()
		return ctest.CallVSum(ctest.AddrVSum(), n, f.Addr(), a...)
	}
	require.Equal(t, ctest.SumWant(), call(0, ""))
	a := args(8)
	require.Equal(t, ctest.SumWant(a...), call(8, "llllllll", a...))
	require.NotEqual(t, ctest.SumWant(a...), call(7, "llllllll", a...))
	minus3 := int64(-3)
	require.Equal(t, ctest.SumWant(uint64(minus3), 7), call(2, "il", 0xabcd00000000|uint64(uint32(minus3)), 7))

	s := ctest.NewCString("five!")
	defer s.Free()
	v := ctest.NewBlock(10, [6]uint64{20, 30}) // its first three words
	defer v.Free()
	require.Equal(t, ctest.SumWant(5, 60, 9),
		call(3, "svl", uint64(s.Addr()), uint64(v.Addr()), 3, 9))
	require.Equal(t, uint64(math.MaxUint64), call(1, "?", 1))

	f := ctest.NewCString("ldld")
	defer f.Free()
	minus20 := int64(-20)
	require.Equal(t, ctest.SumWant(11, 12, 13, uint64(minus20)),
		ctest.CallVSumDouble(ctest.AddrVSum(), f.Addr(), 11, 1.5, 13, -2.5))
}

func TestFloats(t *testing.T) {
	a := [4]uint64{1, 2, 3, 4}
	sum := float64(ctest.SumWant(a[:]...))
	require.Equal(t, sum+5+0.125, ctest.CallFMix(ctest.AddrFMix(), a, 10, 0.5))
	require.Equal(t, int64(sum)+2500-3_000_000, ctest.CallFInt(ctest.AddrFInt(), 2.5, -3, a))
	require.Equal(t, float32(7+4+0.25), ctest.CallFSingle(ctest.AddrFSingle(), 7, 8, 1))
}

func TestLongDoubles(t *testing.T) {
	require.EqualValues(t, 100+24, ctest.CallLDArg(ctest.AddrLDArg(), 100, 1.5))
	require.EqualValues(t, 100-40+21, ctest.CallLDArgInt(ctest.AddrLDArgInt(), 100, -2.5, 7))
	require.Equal(t, -0.3125, ctest.CallLDRet(ctest.AddrLDRet(), math.MaxUint64-4))
	out := 5.0
	require.EqualValues(t, 1, ctest.CallLDOut(ctest.AddrLDOut(), 0, &out))
	require.Equal(t, 5.0, out)
	require.EqualValues(t, 0, ctest.CallLDOut(ctest.AddrLDOut(), 9, &out))
	require.Equal(t, 1.125, out)
}

func TestPairArg(t *testing.T) {
	a := args(5)
	want := ctest.SumWant(a...)
	require.Equal(t, want, ctest.CallPairArg(ctest.AddrPairArg(), a[0], a[1], a[2], a[3], a[4]))
	// By value means: as the two words that it consists of.
	require.Equal(t, want, ctest.Call(ctest.AddrPairArg(), a...))
}

func TestRecord(t *testing.T) {
	ctest.SetRecordResult(77, 2.5)
	_, _, calls := ctest.Recorded()
	require.Zero(t, calls)
	a := args(11)
	require.EqualValues(t, 77, ctest.Call(ctest.AddrRecord(), a...))
	ints, _, calls := ctest.Recorded()
	require.Equal(t, a, ints[:])
	require.Equal(t, 1, calls)

	require.Equal(t, 2.5, ctest.CallFMix(ctest.AddrRecordF(), [4]uint64{1, 2, 3, 4}, 0.5, -8))
	ints, floats, calls := ctest.Recorded()
	require.Equal(t, []uint64{1, 2, 3, 4}, ints[:4])
	require.Equal(t, []float64{0.5, -8}, floats[:2])
	require.Equal(t, 2, calls)

	// The order of integers among doubles makes no difference.
	ctest.CallFInt(ctest.AddrRecord(), 3, 4, [4]uint64{5, 6, 7, 8})
	ints, floats, _ = ctest.Recorded()
	require.Equal(t, []uint64{5, 6, 7, 8}, ints[:4])
	require.Equal(t, []float64{3, 4}, floats[:2])
}

func TestCString(t *testing.T) {
	for _, s := range []string{"", "x", strings.Repeat("long ", 1000)} {
		c := ctest.NewCString(s)
		f := ctest.NewCString("s")
		require.Equal(t, ctest.SumWant(uint64(len(s))),
			ctest.CallVSum(ctest.AddrVSum(), 1, f.Addr(), uint64(c.Addr())))
		c.Free()
		c.Free()
		require.Zero(t, c.Addr())
		f.Free()
	}
}

func TestFakeAPI(t *testing.T) {
	ctest.ClearAPI()
	defer ctest.ClearAPI()
	target := ctest.NewBlock(0, [6]uint64{})
	defer target.Free()
	lookup := func(name string) (status, addr uint64) {
		c := ctest.NewCString(name)
		defer c.Free()
		status = ctest.Call(ctest.AddrGetAPI(), uint64(c.Addr()), uint64(target.ResultAddr()))
		return uint64(uint32(status)), target.Result()
	}
	for i := range 600 {
		ctest.SetAPI(fmt.Sprintf("RedisModule_F%d", i), uintptr(1000+i))
	}
	for i := range 600 {
		status, addr := lookup(fmt.Sprintf("RedisModule_F%d", i))
		require.Zero(t, status)
		require.EqualValues(t, 1000+i, addr)
	}
	for _, unknown := range []string{"RedisModule_F", "RedisModule_F600", "F1", ""} {
		status, addr := lookup(unknown)
		require.EqualValues(t, 1, status, unknown)
		require.EqualValues(t, 1599, addr, "the target must stay as it is")
	}
	found, missed := ctest.Lookups()
	require.Equal(t, 600, found)
	require.Equal(t, 4, missed)

	ctest.SetAPI("RedisModule_F7", 5)
	_, addr := lookup("RedisModule_F7")
	require.EqualValues(t, 5, addr)

	ctest.ClearAPI()
	status, _ := lookup("RedisModule_F7")
	require.EqualValues(t, 1, status)
	require.Panics(t, func() { ctest.SetAPI("", 1) })
}

func TestContextStartsWithGetAPI(t *testing.T) {
	f := ctest.NewCString("v") // sums one word: the first one of the context
	defer f.Free()
	require.Equal(t, ctest.SumWant(uint64(ctest.AddrGetAPI())),
		ctest.CallVSum(ctest.AddrVSum(), 1, f.Addr(), uint64(ctest.Context()), 1))
}
