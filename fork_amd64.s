// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

#include "textflag.h"
#include "go_asm.h"
#include "asm_amd64.h"

// What C calls before a fork, and in a child that was not prepared.
//
// The order of the functions is the same in fork_arm64.s.

// prepareFork is what C calls before a fork: Go's beforeFork, but only on the
// resident thread, and only while the resident goroutine stands in a gate.
TEXT prepareFork<>(SB), NOSPLIT|NOFRAME, $0
	get_tls(R10)
	MOVQ g(R10), R11
	CMPQ R11, ·state+runtimeState_residentG0(SB)
	JNE  no
	CMPQ SP, ·state+runtimeState_stackLo(SB)
	JB   no
	CMPQ SP, ·state+runtimeState_stackHi(SB)
	JA   no
	CMPQ ·state+runtimeState_released(SB), $0
	JNE  yes
	MOVQ ·state+runtimeState_residentG(SB), R11
	TESTQ R11, R11
	JEQ  no
	LEAQ ·gateMark+MARK(SB), R10
	CMPQ R10, const_gSchedPC(R11)
	JNE  no
yes:
	MOVL $const_prepareIndex, AX
	JMP  ·enter(SB)
no:
	XORL AX, AX
	RET

// func prepareFork() uintptr
TEXT ·prepareFork(SB), NOSPLIT, $0-8
	LEAQ prepareFork<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// refuseChild is what C calls in a forked child in which Go cannot run: DI is the
// C function for whoever tries. No thread is the resident one there, so that all
// take the ordinary way, which begins with that function.
TEXT refuseChild<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ $const_noThread, ·state+runtimeState_residentG0(SB)
	MOVQ DI, ·state+runtimeState_refuse(SB)
	RET

// func refuseChild() uintptr
TEXT ·refuseChild(SB), NOSPLIT, $0-8
	LEAQ refuseChild<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET
