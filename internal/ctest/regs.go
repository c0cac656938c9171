// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package ctest

// #include "ctest.h"
import "C"

import "fmt"

// RegsChecked says whether registers can be checked on this CPU.
func RegsChecked() bool { return C.ct_regs_checked() != 0 }

// FillAndCall fills every callee-saved register with a pattern, calls the C
// function at fn, and looks at the registers again. Bit i of lost is set when
// the register [RegNames] lists at i was not preserved; 0 means that all were.
// Without RegsChecked all bits are set.
func FillAndCall(fn uintptr, args [6]uint64) (result, lost uint64) {
	j := newJob(fn, args)
	C.ct_job_checked(j)
	return uint64(j.result), uint64(j.mask)
}

// FillAndCallF is [FillAndCall] for a function with a double result.
func FillAndCallF(fn uintptr, args [6]uint64) (result float64, lost uint64) {
	j := newJob(fn, args)
	C.ct_job_checked(j)
	return float64(j.fresult), uint64(j.mask)
}

func newJob(fn uintptr, args [6]uint64) *C.struct_ct_job {
	j := &C.struct_ct_job{fn: C.word(fn)}
	for i, a := range args {
		j.arg[i] = C.word(a)
	}
	return j
}

// RegNames returns the names of the bits that [FillAndCall] can set, in order.
func RegNames() []string { return append([]string(nil), regNames...) }

// LostNames returns the names of the bits set in lost, for a failure message.
func LostNames(lost uint64) []string {
	var names []string
	for i := range 64 {
		switch {
		case lost&(1<<i) == 0:
		case i < len(regNames):
			names = append(names, regNames[i])
		default:
			names = append(names, fmt.Sprintf("bit %d", i))
		}
	}
	return names
}

// AddrFillAndCall is uint64_t fill_and_call(void *fn, uint64_t a0, ..., a5,
// uint64_t *result): [FillAndCall], the result being the lost registers.
func AddrFillAndCall() uintptr { return addr(C.ct_fill_and_call) }

// AddrCheckCallee is uint64_t check_callee(void *fn, uint64_t a0, ..., a3,
// uint64_t *result): as [AddrFillAndCall], but with no more words than a gate
// passes in registers. With a trampoline as fn, and called through a gate, it
// checks Go -> C -> Go. As fn may move the goroutine's stack, result must be in
// C memory (a [Block]), or zero.
func AddrCheckCallee() uintptr { return addr(C.ct_check_callee) }

// AddrBadCallee is uint64_t bad_callee(uint64_t which), which does not preserve
// register number which: the proof that [FillAndCall] finds what it looks for.
func AddrBadCallee() uintptr { return addr(C.ct_bad_callee) }

// AddrBadSecond is uint64_t bad_second(uint64_t, uint64_t which): the same, named
// by the second argument.
func AddrBadSecond() uintptr { return addr(C.ct_bad_second) }

// AddrClobberAll is uint64_t clobber_all(uint64_t a0, ..., a5), which returns
// a0 + 1 with garbage in all registers that a callee may write, vector registers
// included.
func AddrClobberAll() uintptr { return addr(C.ct_clobber_all) }

// AddrSPNow is int sp_now(void *out), which stores in *out the stack pointer as
// its caller had it when it made the call, and returns 0.
func AddrSPNow() uintptr { return addr(C.ct_sp_now) }

// AddrCallNested is uint64_t call_nested(void *fn, uint64_t depth). With depth 0
// it returns 0. Else it calls fn(fn, depth-1), checking the registers, and
// returns 1 more than that: the number of levels, if fn comes back here. Bit 63
// is set when a level lost a register.
func AddrCallNested() uintptr { return addr(C.ct_call_nested) }

// CallNested calls the function at [AddrCallNested].
func CallNested(fn uintptr, depth uint64) uint64 {
	return uint64(C.ct_call_nested(C.uintptr_t(fn), C.word(depth)))
}
