// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

#include "textflag.h"
#include "funcdata.h"
#include "go_asm.h"
#include "asm_arm64.h"

// Residence: how the resident goroutine comes to stay in C, gives its P away while C
// runs, and takes one again.
//
// The order of the functions is the same in resident_amd64.s.

// func park(fn, a0 uintptr)
TEXT ·park(SB), NOSPLIT, $0-16
	MOVD fn+0(FP), R9
	MOVD a0+8(FP), R0
	MOVD $1, R1
	MOVD ZR, -8(RSP) // see resident_amd64.s
	SWITCH
	MOVD const_gSchedSP(g), R10
	MOVD const_gStackHi(g), R11
	SUB  R10, R11, R11
	MOVD R11, ·state+runtimeState_parkDepth(SB)
	BL   (R9)
	UNDEF
	RET

// MAYRELEASE goes on if the goroutine can give its P away; see resident_amd64.s. That this
// thread is in C is told by the mark, which is there only then. Out: g = resident g.
// Changes R10, R11.
#define MAYRELEASE(no) \
	MRS  TPIDR_EL0, R10; \
	MOVD ·state+runtimeState_residentTP(SB), R11; \
	CMP  R10, R11; \
	BNE  no; \
	MOVD ·state+runtimeState_released(SB), R10; \
	CBNZ R10, no; \
	MOVD ·state+runtimeState_forking(SB), R10; \
	CBNZ R10, no; \
	MOVD ·state+runtimeState_residentG(SB), g; \
	CBZ  g, no; \
	MOVD $·gateMark(SB), R10; \
	ADD  $MARK, R10; \
	MOVD const_gSchedPC(g), R11; \
	CMP  R10, R11; \
	BNE  no; \
	MOVD const_gSyscallSP(g), R10; \
	CBNZ R10, no; \
	MOVD RSP, R10; \
	MOVD ·state+runtimeState_stackLo(SB), R11; \
	CMP  R11, R10; \
	BLO  no; \
	MOVD ·state+runtimeState_stackHi(SB), R11; \
	CMP  R11, R10; \
	BHI  no

// release is called in C: it gives the P away if it can, and answers 0, or else 1; see
// resident_amd64.s.
TEXT ·release(SB), NOSPLIT|NOFRAME, $0-0
	SUB  $16, RSP, RSP
	SAVE
	MAYRELEASE(no)
	OPEN
	MOVD const_gSchedSP(g), R10
	MOVD const_gStackHi(g), R11
	SUB  R10, R11, R11
	MOVD R11, ·state+runtimeState_stopDepth(SB)
	MOVD const_gSchedPC(g), R30 // as in enter; see U5
	MOVD ZR, const_gSchedPC(g)
	SETFP(const_gSchedBP(g))
	MOVD R10, RSP
	B    callsleep<>(SB)
no:
	RESTORE
	ADD  $16, RSP, RSP
	MOVD $1, R0
	RET

// releaseOut is release when a callback has been left and no other one of ours is
// under way. Called by leavego: g is the resident one, and R27 is free.
TEXT ·releaseOut(SB), NOSPLIT|NOFRAME, $0-0
	MOVD const_gStackHi(g), R10
	MOVD const_gSchedSP(g), R11
	SUB  R11, R10, R10
	MOVD ·state+runtimeState_parkDepth(SB), R11
	CMP  R10, R11
	BNE  no
	B    ·release(SB)
no:
	RET

// releaseNow is release from the handler of SIGURG: R0 is where the thread's own stack
// is free; see resident_amd64.s.
TEXT releaseNow<>(SB), NOSPLIT|NOFRAME, $0
	SUB  $16, RSP, RSP
	STP  (R19, R30), 0(RSP)
	MOVD RSP, R19
	MOVD R0, RSP
	BL   ·release(SB)
	MOVD R19, RSP
	CBNZ R0, no
	MOVD R27, R10
	MOVD $1, R11
	MOVD R11, ·state+runtimeState_hurried(SB)
	MOVD R10, R27
	MOVD ZR, R0
no:
	LDP  0(RSP), (R19, R30)
	ADD  $16, RSP, RSP
	RET

// callsleep is the frame from which sleep runs; see resident_amd64.s.
#define SLEEPFRAME 64 // as the literal in the TEXT line, which vet reads
#define SLEEPSIZE (SLEEPFRAME+16)
TEXT callsleep<>(SB), NOSPLIT, $64-0
	NO_LOCAL_POINTERS
	BL   ·sleep(SB)
	B    leavesleep<>(SB)

// leavesleep goes back to wake's caller.
TEXT leavesleep<>(SB), NOSPLIT|NOFRAME, $0
	LEAVE(SLEEPSIZE)
	RESTORE
	ADD  $16, RSP, RSP
	RET

// rewake is called by a gate on its way back; see resident_amd64.s. In: R19 = g. Keeps the
// results, R0 and F0.
TEXT ·rewake(SB), NOSPLIT|NOFRAME, $0-0
	MOVD ·state+runtimeState_residentG(SB), R10
	CMP  R10, R19
	BNE  out
	MOVD const_gSyscallSP(R19), R11 // see resume
	MOVD const_gStackHi(R19), R10
	SUB  R11, R10, R10
	MOVD ·state+runtimeState_sleepDepth(SB), R11
	CMP  R10, R11
	BNE  out
	SUB  $32, RSP, RSP
	STP  (R0, R30), 0(RSP)
	FMOVD F0, 16(RSP)
	BL   ·wake(SB)
	LDP  0(RSP), (R0, R30)
	FMOVD 16(RSP), F0
	ADD  $32, RSP, RSP
out:
	RET

// idle is called in C, on the server's thread: 1 if no callback of ours is under way
// there.
TEXT idle<>(SB), NOSPLIT|NOFRAME, $0
	MOVD R27, R13
	MOVD ZR, R0
	MOVD ·state+runtimeState_nested(SB), R10
	CBNZ R10, no
	MOVD ·state+runtimeState_residentG(SB), R11
	CBZ  R11, yes
	MOVD ·state+runtimeState_stopDepth(SB), R12
	MOVD ·state+runtimeState_released(SB), R10
	CBNZ R10, compare
	MOVD const_gStackHi(R11), R12
	MOVD const_gSchedSP(R11), R10
	SUB  R10, R12, R12
compare:
	MOVD ·state+runtimeState_parkDepth(SB), R10
	CMP  R10, R12
	BNE  no
yes:
	MOVD $1, R0
no:
	MOVD R13, R27
	RET

// func callAddresses() (release, releaseNow, idle uintptr)
TEXT ·callAddresses(SB), NOSPLIT, $0-24
	MOVD $·release(SB), R0
	MOVD R0, release+0(FP)
	MOVD $releaseNow<>(SB), R0
	MOVD R0, releaseNow+8(FP)
	MOVD $idle<>(SB), R0
	MOVD R0, idle+16(FP)
	RET

// func yield(released uintptr)
//
// Leaves to C with result 0, between entersyscall and exitsyscall; returns when
// wake runs. Its frame is that of gateMark.
TEXT ·yield(SB), NOSPLIT|NOFRAME, $0-8
	MOVD released+0(FP), R9
	SUB  $16, RSP, RSP
	MOVD R30, 0(RSP)
	MOVD R29, -8(RSP)
	MOVD RSP, R10
	MOVD R10, const_gSchedSP(g)
	MOVD $·gateMark(SB), R11
	ADD  $MARK, R11
	MOVD R11, const_gSchedPC(g)
	SUB  $8, R10, R11
	MOVD R11, const_gSchedBP(g)
	MOVD const_gStackHi(g), R11
	SUB  R10, R11, R11
	MOVD R11, ·state+runtimeState_yieldDepth(SB)
	MOVD const_gStackHi(g), R11
	MOVD const_gSyscallSP(g), R10
	SUB  R10, R11, R11
	MOVD R11, ·state+runtimeState_sleepDepth(SB)
	MOVD R9, ·state+runtimeState_released(SB)
	MOVD const_gM(g), R8
	MOVD const_mG0(R8), R8
	MOVD const_gSchedSP(R8), R10
	MOVD R10, RSP
	MOVD 0(RSP), R10
	MOVD R10, const_gSchedSP(R8)
	RESTORE
	ADD  $16, RSP, RSP
	MOVD ZR, R0
	RET

// wake is called in C, on the resident thread, while released: it goes back
// into yield, which takes a P again and leaves through leavesleep to wake's caller.
TEXT ·wake(SB), NOSPLIT|NOFRAME, $0-0
	SUB  $16, RSP, RSP
	SAVE
	MOVD ·state+runtimeState_residentG(SB), g
	OPEN
	MOVD ZR, ·state+runtimeState_released(SB)
	MOVD const_gStackHi(g), R10
	MOVD ·state+runtimeState_yieldDepth(SB), R11
	SUB  R11, R10, R10
	MOVD R10, RSP
	MOVD 0(RSP), R30
	SETFP(-8(RSP))
	ADD  $16, RSP, RSP
	RET
