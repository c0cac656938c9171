// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package ctest

// #include "ctest.h"
import "C"

import "fmt"

// words copies arguments for a C function that takes their address; the C side
// always reads as many as it has room for.
func words(a []uint64) *[11]C.word {
	if len(a) > 11 {
		panic(fmt.Sprintf("ctest: %d arguments, at most 11 are possible", len(a)))
	}
	var w [11]C.word
	for i, v := range a {
		w[i] = C.word(v)
	}
	return &w
}

// Call calls the C function at fn with up to 11 integer words. Missing ones up
// to 6, or up to 11 when there are more than 6, are passed as zero.
func Call(fn uintptr, args ...uint64) uint64 {
	return uint64(C.ct_call(C.uintptr_t(fn), C.int(len(args)), &words(args)[0]))
}

// CallVSum calls a function of the shape of [AddrVSum] with up to 8 words after
// the format, which must be an address in C memory.
func CallVSum(fn uintptr, n int, format uintptr, args ...uint64) uint64 {
	if len(args) > 8 {
		panic("ctest: at most 8 variadic arguments")
	}
	return uint64(C.ct_call_vsum(C.uintptr_t(fn), C.int(n), C.uintptr_t(format), &words(args)[0]))
}

// CallVSumDouble calls a function of the shape of [AddrVSum] with n = 4 and these
// four arguments after the format, which must be an address in C memory.
func CallVSumDouble(fn, format uintptr, a uint64, f float64, b uint64, g float64) uint64 {
	return uint64(C.ct_call_vsum_double(C.uintptr_t(fn), C.uintptr_t(format),
		C.word(a), C.double(f), C.word(b), C.double(g)))
}

// CallFMix calls a function of the shape of [AddrFMix].
func CallFMix(fn uintptr, a [4]uint64, f0, f1 float64) float64 {
	return float64(C.ct_call_fmix(C.uintptr_t(fn), &words(a[:])[0], C.double(f0), C.double(f1)))
}

// CallFInt calls a function of the shape of [AddrFInt].
func CallFInt(fn uintptr, f0, f1 float64, a [4]uint64) int64 {
	return int64(C.ct_call_fint(C.uintptr_t(fn), C.double(f0), C.double(f1), &words(a[:])[0]))
}

// CallFSingle calls a function of the shape of [AddrFSingle].
func CallFSingle(fn uintptr, a0 uint64, f0, f1 float32) float32 {
	return float32(C.ct_call_fsingle(C.uintptr_t(fn), C.word(a0), C.float(f0), C.float(f1)))
}

// CallLDArg calls a function of the shape of [AddrLDArg].
func CallLDArg(fn uintptr, a0 uint64, f float64) int32 {
	return int32(C.ct_call_ldarg(C.uintptr_t(fn), C.word(a0), C.double(f)))
}

// CallLDArgInt calls a function of the shape of [AddrLDArgInt].
func CallLDArgInt(fn uintptr, a0 uint64, f float64, i int32) int32 {
	return int32(C.ct_call_ldargint(C.uintptr_t(fn), C.word(a0), C.double(f), C.int(i)))
}

// CallLDRet calls a function of the shape of [AddrLDRet].
func CallLDRet(fn uintptr, a0 uint64) float64 {
	return float64(C.ct_call_ldret(C.uintptr_t(fn), C.word(a0)))
}

// CallLDOut calls a function of the shape of [AddrLDOut], with *out as it is at
// first.
func CallLDOut(fn uintptr, a0 uint64, out *float64) int32 {
	f := C.double(*out)
	status := C.ct_call_ldout(C.uintptr_t(fn), C.word(a0), &f)
	*out = float64(f)
	return int32(status)
}

// CallPairArg calls a function of the shape of [AddrPairArg].
func CallPairArg(fn uintptr, a0, x, y, a3, a4 uint64) uint64 {
	return uint64(C.ct_call_pairarg(C.uintptr_t(fn), C.word(a0), C.word(x), C.word(y), C.word(a3), C.word(a4)))
}
