// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package ctest

/*
#cgo CFLAGS: -std=gnu11 -O2 -Wall
#cgo LDFLAGS: -pthread
#include "ctest.h"
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// weight is what argument i (from 0) counts in a weighted sum.
func weight(i int) uint64 { return 2*uint64(i) + 3 }

// SumWant returns what the function at [AddrSum] gives for these arguments, and
// the one at [AddrVSum] for such values.
func SumWant(args ...uint64) uint64 {
	sum := uint64(len(args))
	for i, a := range args {
		sum += a * weight(i)
	}
	return sum
}

// SumWordsWant returns what the function at [AddrSumWords] gives for these
// argument words: some of its parameters have only 32 bits.
func SumWordsWant(w [11]uint64) uint64 {
	for _, i := range []int{1, 6, 9} { // int32_t
		w[i] = uint64(int32(w[i]))
	}
	for _, i := range []int{5, 8} { // uint32_t
		w[i] = uint64(uint32(w[i]))
	}
	return SumWant(w[:]...)
}

func addr(fn unsafe.Pointer) uintptr { return uintptr(fn) }

// AddrNoop is void noop(void).
func AddrNoop() uintptr { return addr(C.ct_noop) }

// AddrFail is int fail(int e), which sets errno to e and returns 1.
func AddrFail() uintptr { return addr(C.ct_fail) }

// AddrSum is uint64_t sumN(uint64_t, ...) with n parameters, n from 0 to 6 or
// 11. It panics for another n.
func AddrSum(n int) uintptr {
	switch n {
	case 0:
		return addr(C.ct_sum0)
	case 1:
		return addr(C.ct_sum1)
	case 2:
		return addr(C.ct_sum2)
	case 3:
		return addr(C.ct_sum3)
	case 4:
		return addr(C.ct_sum4)
	case 5:
		return addr(C.ct_sum5)
	case 6:
		return addr(C.ct_sum6)
	case 11:
		return addr(C.ct_sum11)
	}
	panic(fmt.Sprintf("ctest: no sum of %d arguments", n))
}

// AddrSumWords is a function of 11 integer words of mixed types: uint64_t,
// int32_t, uint64_t, int64_t, const void *, uint32_t, int32_t, uint64_t,
// uint32_t, int32_t, int64_t. Its result is that of [SumWordsWant].
func AddrSumWords() uintptr { return addr(C.ct_sumwords) }

// AddrVSum is uint64_t vsum(int n, const char *fmt, ...), a variadic function.
// Each letter of fmt stands for an argument: i (int), l (long long), d (double,
// counted in eighths), s (C string, its length counts), v (address of words and
// their number: two arguments, one value, their sum). With n the number of
// values the result is SumWant(values...).
func AddrVSum() uintptr { return uintptr(C.ct_addr_vsum()) }

// AddrFMix is double fmix(uint64_t a0, a1, a2, a3, double f0, double f1); its
// result is SumWant(a0, a1, a2, a3) + f0/2 + f1/4.
func AddrFMix() uintptr { return addr(C.ct_fmix) }

// AddrFInt is int64_t fint(double f0, double f1, uint64_t a0, a1, a2, a3); its
// result is SumWant(a0, a1, a2, a3) + f0*1e3 + f1*1e6, each truncated.
func AddrFInt() uintptr { return addr(C.ct_fint) }

// AddrFSingle is float fsingle(uint64_t a0, float f0, float f1); its result is
// a0 + f0/2 + f1/4.
func AddrFSingle() uintptr { return addr(C.ct_fsingle) }

// AddrLDArg is int ldarg(uint64_t a0, long double f); its result is a0 + f*16.
func AddrLDArg() uintptr { return uintptr(C.ct_addr_ldarg()) }

// AddrLDArgInt is int ldargint(uint64_t a0, long double f, int i); its result is
// a0 + f*16 + 3*i.
func AddrLDArgInt() uintptr { return uintptr(C.ct_addr_ldargint()) }

// AddrLDRet is long double ldret(uint64_t a0); its result is (int64_t)a0 / 16.
func AddrLDRet() uintptr { return uintptr(C.ct_addr_ldret()) }

// AddrLDOut is int ldout(uint64_t a0, long double *out). With a0 zero it returns
// 1 and leaves *out alone, else 0 with *out = (int64_t)a0 / 8.
func AddrLDOut() uintptr { return uintptr(C.ct_addr_ldout()) }

// AddrPairArg is uint64_t pairarg(uint64_t a0, struct {uint64_t x, y;} p,
// uint64_t a3, a4): a struct by value, which travels as two words. The result is
// SumWant(a0, x, y, a3, a4).
func AddrPairArg() uintptr { return addr(C.ct_pairarg) }

// AddrRecord is a function with 11 integer and 4 double parameters that records
// them; see [Recorded]. As the two kinds travel independently, it can stand in
// for a function of any shape, except that single floats and long doubles are
// not seen. The result is set with [SetRecordResult].
func AddrRecord() uintptr { return addr(C.ct_record) }

// AddrRecordF is like [AddrRecord], with a double result.
func AddrRecordF() uintptr { return addr(C.ct_recordf) }

// SetRecordResult sets what the recorders return and clears what they recorded.
func SetRecordResult(result uint64, resultF float64) {
	C.ct_record_result, C.ct_recordf_result = C.word(result), C.double(resultF)
	C.ct_records = 0
}

// Recorded returns the arguments of the latest call of a recorder, and how many
// calls there were since [SetRecordResult]. What the caller did not pass is
// garbage.
func Recorded() (ints [11]uint64, floats [4]float64, calls int) {
	for i := range ints {
		ints[i] = uint64(C.ct_recorded[i])
	}
	for i := range floats {
		floats[i] = float64(C.ct_recorded_f[i])
	}
	return ints, floats, int(C.ct_records)
}

// CString is a string in C memory.
type CString struct {
	addr C.uintptr_t
}

// NewCString returns a copy of s with a zero byte after it. Free must be called.
func NewCString(s string) *CString {
	p := unsafe.StringData(s)
	if s == "" {
		p = unsafe.StringData(" ") // a valid address; no byte of it is read
	}
	// SAFETY: C reads len(s) bytes at p; holds because p is the data of s, or nothing
	// is read; until ct_cstring returns, as it keeps a copy.
	return &CString{C.ct_cstring(0, (*C.char)(unsafe.Pointer(p)), C.uintptr_t(len(s)))}
}

// Addr returns the address of the first byte, valid until Free.
func (s *CString) Addr() uintptr { return uintptr(s.addr) }

// Free releases the memory. It may be called again.
func (s *CString) Free() { s.addr = C.ct_cstring(s.addr, nil, 0) }
