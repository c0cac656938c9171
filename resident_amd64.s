// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

#include "textflag.h"
#include "funcdata.h"
#include "go_asm.h"
#include "asm_amd64.h"

// Residence: how the resident goroutine comes to stay in C, gives its P away while C
// runs, and takes one again.
//
// The order of the functions is the same in resident_arm64.s.

// func park(fn, a0 uintptr)
//
// The gate call that never returns: fn is longjmp. The depth of the stop tells
// later whether a Go frame waits in C.
TEXT ·park(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ fn+0(FP), R13
	MOVQ a0+8(FP), DI
	MOVL $1, SI
	get_tls(BX)
	MOVQ const_gM(R14), R10
	MOVQ const_mG0(R10), R10
	// The frames below are those of the callback whose C part longjmp drops: whoever
	// walks frame pointers (the tracer) must not get there.
	SETBP($0)
	SWITCH
	ANDQ $~15, SP
	MOVQ const_gStackHi(R14), R11
	SUBQ const_gSchedSP(R14), R11
	MOVQ R11, ·state+runtimeState_parkDepth(SB)
	CALL R13
	UNDEF
	RET

// MAYRELEASE goes on if the goroutine can give its P away: this is the resident
// thread, in C (its g is g0), and the goroutine stands in a gate. Not so while
// another goroutine runs on this thread, in a foreign cgo call, while a fork is
// prepared, and in a child. Out: R11 = resident g. Changes R10.
#define MAYRELEASE(no) \
	get_tls(R10); \
	MOVQ g(R10), R11; \
	CMPQ R11, ·state+runtimeState_residentG0(SB); \
	JNE  no; \
	CMPQ ·state+runtimeState_released(SB), $0; \
	JNE  no; \
	CMPQ ·state+runtimeState_forking(SB), $0; \
	JNE  no; \
	MOVQ ·state+runtimeState_residentG(SB), R11; \
	TESTQ R11, R11; \
	JEQ  no; \
	LEAQ ·gateMark+MARK(SB), R10; \
	CMPQ R10, const_gSchedPC(R11); \
	JNE  no; \
	CMPQ const_gSyscallSP(R11), $0; \
	JNE  no

// release is called in C: it gives the P away if it can, and answers 0, or else 1.
// SAFETY(U23): the goroutine's stack must not grow meanwhile, since C may hold pointers
// into it: all that runs on it is nosplit.
TEXT ·release(SB), NOSPLIT|NOFRAME, $0-0
	MAYRELEASE(no)
	CMPQ SP, ·state+runtimeState_stackLo(SB)
	JB   no
	CMPQ SP, ·state+runtimeState_stackHi(SB)
	JA   no
	SAVE
	OPEN
	MOVQ const_gStackHi(R11), R10
	SUBQ const_gSchedSP(R11), R10
	MOVQ R10, ·state+runtimeState_stopDepth(SB)
	RESUME
	JMP  callsleep<>(SB)
no:
	MOVL $1, AX
	CRET

// releaseOut is release when a callback has been left and no other one of ours is
// under way.
TEXT ·releaseOut(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ ·state+runtimeState_residentG(SB), R11
	MOVQ const_gStackHi(R11), R10
	SUBQ const_gSchedSP(R11), R10
	CMPQ R10, ·state+runtimeState_parkDepth(SB)
	JNE  no
	JMP  ·release(SB)
no:
	RET

// releaseNow is release from the handler of SIGURG, which runs on the signal stack:
// DI is where the thread's own stack is free. With all signals blocked.
TEXT releaseNow<>(SB), NOSPLIT|NOFRAME, $0
	SUBQ $8, SP
	MOVQ BX, 0(SP)
	MOVQ SP, BX
	MOVQ DI, SP
	CALL ·release(SB)
	TESTL AX, AX
	JNE  no
	MOVQ $1, ·state+runtimeState_hurried(SB)
no:
	MOVQ BX, SP
	MOVQ 0(SP), BX
	ADDQ $8, SP
	RET

// callsleep is the frame on the resident goroutine's stack from which sleep runs.
// What it declares beyond its needs stands for the frames between it and the
// function that looked at the stack's end last: the gate's, and the pushed pc.
#define SLEEPFRAME 64 // as the literal in the TEXT line, which vet reads
TEXT callsleep<>(SB), NOSPLIT, $64-0
	NO_LOCAL_POINTERS
	CALL ·sleep(SB)
	JMP  leavesleep<>(SB)

// leavesleep goes back to wake's caller.
TEXT leavesleep<>(SB), NOSPLIT|NOFRAME, $0
	LEAVE(SLEEPFRAME)
	CRET

// rewake is called by a gate on its way back, in C, while released: the resident
// goroutine takes a P again. Others see that it is released, too; it does not
// concern them. In: R14 = g. Keeps the results, AX and X0.
TEXT ·rewake(SB), NOSPLIT|NOFRAME, $0-0
	CMPQ R14, ·state+runtimeState_residentG(SB)
	JNE  out
	MOVQ const_gStackHi(R14), R11 // see resume
	SUBQ const_gSyscallSP(R14), R11
	CMPQ R11, ·state+runtimeState_sleepDepth(SB)
	JNE  out
	SUBQ $24, SP
	MOVQ AX, 0(SP)
	MOVSD X0, 8(SP)
	CALL ·wake(SB)
	MOVQ 0(SP), AX
	MOVSD 8(SP), X0
	ADDQ $24, SP
out:
	RET

// idle is called in C, on the server's thread: 1 if no callback of ours is under
// way there.
TEXT idle<>(SB), NOSPLIT|NOFRAME, $0
	XORL AX, AX
	CMPQ ·state+runtimeState_nested(SB), $0
	JNE  no
	MOVQ ·state+runtimeState_residentG(SB), R11
	TESTQ R11, R11
	JEQ  yes
	MOVQ ·state+runtimeState_stopDepth(SB), R10
	CMPQ ·state+runtimeState_released(SB), $0
	JNE  compare
	MOVQ const_gStackHi(R11), R10
	SUBQ const_gSchedSP(R11), R10
compare:
	CMPQ R10, ·state+runtimeState_parkDepth(SB)
	JNE  no
yes:
	MOVL $1, AX
no:
	RET

// func callAddresses() (release, releaseNow, idle uintptr)
TEXT ·callAddresses(SB), NOSPLIT, $0-24
	LEAQ ·release(SB), AX
	MOVQ AX, release+0(FP)
	LEAQ releaseNow<>(SB), AX
	MOVQ AX, releaseNow+8(FP)
	LEAQ idle<>(SB), AX
	MOVQ AX, idle+16(FP)
	RET

// func yield(released uintptr)
//
// Leaves to C with result 0, between entersyscall and exitsyscall; returns when
// wake runs. It has no frame, as gateMark. The frame pointer is kept as a depth, in the
// argument: exports of the module's own that run meanwhile change g.sched.bp.
TEXT ·yield(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ released+0(FP), AX
	get_tls(CX)
	MOVQ g(CX), R13
	MOVQ SP, const_gSchedSP(R13)
	LEAQ ·gateMark+MARK(SB), R11
	MOVQ R11, const_gSchedPC(R13)
	MOVQ BP, const_gSchedBP(R13)
	MOVQ const_gStackHi(R13), R11
	SUBQ BP, R11
	MOVQ R11, released+0(FP)
	MOVQ const_gStackHi(R13), R11
	SUBQ SP, R11
	MOVQ R11, ·state+runtimeState_yieldDepth(SB)
	MOVQ const_gStackHi(R13), R11
	SUBQ const_gSyscallSP(R13), R11
	MOVQ R11, ·state+runtimeState_sleepDepth(SB)
	MOVQ AX, ·state+runtimeState_released(SB)
	XORL AX, AX
	MOVQ const_gM(R13), R8
	MOVQ const_mG0(R8), R8
	MOVQ R8, g(CX)
	MOVQ const_gSchedSP(R8), SP
	POPQ const_gSchedSP(R8)
	RESTORE
	CRET

// wake is called in C, on the resident thread, while released: it goes back
// into yield, which takes a P again and leaves through leavesleep to wake's caller.
TEXT ·wake(SB), NOSPLIT|NOFRAME, $0-0
	SAVE
	MOVQ ·state+runtimeState_residentG(SB), R11
	OPEN
	MOVQ $0, ·state+runtimeState_released(SB)
	MOVQ const_gStackHi(R11), R10
	MOVQ R10, R12
	SUBQ ·state+runtimeState_yieldDepth(SB), R10
	MOVQ R10, SP
	SUBQ 8(SP), R12 // yield's argument
	SETBP(R12)
	CRET
