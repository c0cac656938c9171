// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

// Offsets inside the Go runtime's g and m structures, used by the assembly.
// They are the same on amd64 and arm64, in Go 1.26 and 1.27; on another release
// knownRuntime selects the portable path. Nor are they trusted there: check.go compares
// each of them with the running runtime at load, and a difference selects it, too.
const (
	gStackLo   = 0   // g.stack.lo
	gStackHi   = 8   // g.stack.hi
	gPanic     = 32  // g._panic
	gM         = 48  // g.m
	gSchedSP   = 56  // g.sched.sp
	gSchedPC   = 64  // g.sched.pc
	gSchedBP   = 96  // g.sched.bp
	gSyscallSP = 104 // g.syscallsp
	gPreempt   = 177 // g.preempt, a byte
	gLockedM   = 208 // g.lockedm
	mG0        = 0   // m.g0
)
