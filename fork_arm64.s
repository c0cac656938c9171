// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

#include "textflag.h"
#include "go_asm.h"
#include "asm_arm64.h"

// What C calls before a fork, and in a child that was not prepared.
//
// The order of the functions is the same in fork_amd64.s.

// prepareFork is what C calls before a fork: Go's beforeFork, but only on the
// resident thread, and only while the resident goroutine stands in a gate.
TEXT prepareFork<>(SB), NOSPLIT|NOFRAME, $0
	MOVD R27, R13
	MRS  TPIDR_EL0, R10
	MOVD ·state+runtimeState_residentTP(SB), R11
	CMP  R10, R11
	BNE  no
	MOVD RSP, R10
	MOVD ·state+runtimeState_stackLo(SB), R11
	CMP  R11, R10
	BLO  no
	MOVD ·state+runtimeState_stackHi(SB), R11
	CMP  R11, R10
	BHI  no
	MOVD ·state+runtimeState_released(SB), R11
	CBNZ R11, yes
	MOVD ·state+runtimeState_residentG(SB), R11
	CBZ  R11, no
	MOVD $·gateMark(SB), R10
	ADD  $MARK, R10
	MOVD const_gSchedPC(R11), R12
	CMP  R10, R12
	BNE  no
yes:
	MOVD R13, R27
	MOVD $const_prepareIndex, R9
	B    ·enter(SB)
no:
	MOVD R13, R27
	MOVD ZR, R0
	RET

// func prepareFork() uintptr
TEXT ·prepareFork(SB), NOSPLIT, $0-8
	MOVD $prepareFork<>(SB), R0
	MOVD R0, ret+0(FP)
	RET

// refuseChild is what C calls in a forked child in which Go cannot run: R0 is the
// C function for whoever tries. No thread is the resident one there, so that all
// take the ordinary way, which begins with that function.
TEXT refuseChild<>(SB), NOSPLIT|NOFRAME, $0
	MOVD R27, R13
	MOVD $const_noThread, R10
	MOVD R10, ·state+runtimeState_residentTP(SB)
	MOVD R0, ·state+runtimeState_refuse(SB)
	MOVD R13, R27
	RET

// func refuseChild() uintptr
TEXT ·refuseChild(SB), NOSPLIT, $0-8
	MOVD $refuseChild<>(SB), R0
	MOVD R0, ret+0(FP)
	RET
