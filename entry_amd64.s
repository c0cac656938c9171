// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

#include "textflag.h"
#include "funcdata.h"
#include "go_asm.h"
#include "asm_amd64.h"

// Entry, C to Go: the server calls trampoline i; enter decides the way (resident
// goroutine at once, or crosscall2); callgo runs Go code on the resident
// goroutine's stack, leavego goes back to C.
//
// The order of the functions is the same in entry_arm64.s.

// enter takes a call of trampoline EAX. C ABI: DI, SI, DX, CX, R8, R9 are the
// arguments, 8(SP) on the stack arguments; R10, R11 free; all else preserved.
TEXT ·enter(SB), NOSPLIT|NOFRAME, $0-0
	get_tls(R10)
	MOVQ g(R10), R11
	CMPQ R11, ·state+runtimeState_residentG0(SB)
	JNE  ordinary
	CMPQ SP, ·state+runtimeState_stackLo(SB)
	JB   foreignstack
	CMPQ SP, ·state+runtimeState_stackHi(SB)
	JA   foreignstack
	CMPQ ·state+runtimeState_released(SB), $0
	JNE  resume
held:
	MOVQ ·state+runtimeState_residentG(SB), R11
	TESTQ R11, R11 // mode gates: the thread is known, but nobody lives on it
	JEQ  ordinary
	// It must stand in a gate. If not, another goroutine runs on this thread, or it
	// is in a foreign cgo call.
	LEAQ ·gateMark+MARK(SB), R10
	CMPQ R10, const_gSchedPC(R11)
	JNE  ordinary
	SAVE
	OPEN
	RESUME
	JMP  callgo<>(SB)

resume:
	// Released, and yet not in sleep's system call: an export of the module's own that C
	// called on this thread has woken it, in the runtime's own way.
	MOVQ ·state+runtimeState_residentG(SB), R11
	MOVQ const_gStackHi(R11), R10
	SUBQ const_gSyscallSP(R11), R10
	CMPQ R10, ·state+runtimeState_sleepDepth(SB)
	JNE  held
	// Entry leaves SP 8 off; 72 bytes align it for the call.
	SUBQ $72, SP
	MOVQ AX, 0(SP)
	MOVQ DI, 8(SP)
	MOVQ SI, 16(SP)
	MOVQ DX, 24(SP)
	MOVQ CX, 32(SP)
	MOVQ R8, 40(SP)
	MOVQ R9, 48(SP)
	CALL ·wake(SB)
	MOVQ 0(SP), AX
	MOVQ 8(SP), DI
	MOVQ 16(SP), SI
	MOVQ 24(SP), DX
	MOVQ 32(SP), CX
	MOVQ 40(SP), R8
	MOVQ 48(SP), R9
	ADDQ $72, SP
	JMP  held

foreignstack:
	// Not the thread's own stack. The signal stack: the server runs this callback
	// from a crash report, and the runtime may be in any state. Or a coroutine of
	// some C module. No Go can run; C answers: (first argument, index).
	MOVL AX, SI
	MOVQ ·state+runtimeState_oddStack(SB), R10
	JMP  R10

ordinary:
	JMP  slow<>(SB)

// slow is the way of an ordinary cgo callback: crosscall2 takes any thread and
// preserves all callee-saved registers. The frame struct (88 bytes) lies on the C
// stack, with a word above it that tells whether this call is counted; CSIZE and
// the 8 bytes of the return address keep SP aligned.
//
// Before that the guard: a goroutine that stands in a gate (its pc is the mark)
// and is in no system call cannot be entered; see guard.go. Its sched.sp points
// at direct's frame, so the number of the API function is at 16.
#define CSIZE 104
TEXT slow<>(SB), NOSPLIT|NOFRAME, $0
	CMPQ ·state+runtimeState_refuse(SB), $0
	JNE  refused
	get_tls(R10)
	MOVQ g(R10), R11
	TESTQ R11, R11
	JEQ  fine
	MOVQ ·state+runtimeState_guardOffset(SB), R10
	TESTQ R10, R10
	JEQ  fine
	MOVQ const_gM(R11), R11
	MOVQ (R11)(R10*1), R11
	TESTQ R11, R11
	JEQ  fine
	CMPQ const_gSyscallSP(R11), $0
	JNE  fine
	LEAQ ·gateMark+MARK(SB), R10
	CMPQ const_gSchedPC(R11), R10
	JEQ  wrong
fine:
	LEAQ 8(SP), R10
	SUBQ $CSIZE, SP
	MOVQ $0, 88(SP)
	// How many callbacks are under way on the server's thread; see idle.
	get_tls(R11)
	MOVQ g(R11), R11
	CMPQ R11, ·state+runtimeState_residentG0(SB)
	JNE  elsewhere
	INCQ ·state+runtimeState_nested(SB)
	INCQ 88(SP)
elsewhere:
	MOVQ AX, frame_index(SP)
	MOVQ DI, (frame_a+0)(SP)
	MOVQ SI, (frame_a+8)(SP)
	MOVQ DX, (frame_a+16)(SP)
	MOVQ CX, (frame_a+24)(SP)
	MOVQ R8, (frame_a+32)(SP)
	MOVQ R9, (frame_a+40)(SP)
	MOVQ R10, frame_more(SP)
	MOVQ ·state+runtimeState_ordinaryFn(SB), DI
	MOVQ SP, SI
	XORL DX, DX
	XORL CX, CX
	CALL crosscall2(SB)
	MOVQ frame_ret(SP), AX
	CMPQ 88(SP), $0
	JEQ  uncounted
	DECQ ·state+runtimeState_nested(SB)
uncounted:
	ADDQ $CSIZE, SP
	RET
wrong:
	MOVQ const_gSchedSP(R11), R11
	MOVL 8(R11), DI
	SUBQ $8, SP
	MOVQ ·state+runtimeState_wrongLane(SB), R10
	CALL R10
	ADDQ $8, SP
	MOVL $1, AX
	RET
refused:
	SUBQ $8, SP
	MOVL AX, DI
	MOVQ ·state+runtimeState_refuse(SB), R10
	CALL R10 // ends the process: (index)
	ADDQ $8, SP
	RET

// PANICS records in a frame struct at R10, for abort, the distance of g._panic below
// g.stack.hi; 0 if there is no panic. In: R11 = g. Changes R12.
#define PANICS \
	MOVQ const_gPanic(R11), R12; \
	TESTQ R12, R12; \
	JEQ  3(PC); \
	SUBQ const_gStackHi(R11), R12; \
	NEGQ R12; \
	MOVQ R12, frame_panics(R10)

// INTOGO calls Go code, whose address is in R12, with its arguments in AX, BX, CX, DI and
// its closure, if it has one, in DX. In: R11 = g.
// SAFETY(U65): this is how Go calls Go code (ABIInternal): R14 is g, X15 is 0, and at the
// caller's SP is a word free for each argument. Indirect: hides Go's stack use from the
// nosplit check.
#define INTOGO \
	MOVQ R11, R14; \
	XORPS X15, X15; \
	CALL R12

// callgo is the frame on the resident goroutine's stack from which Go code
// runs: a frame struct above the room for four arguments. It must not write SP: the
// unwinder stops at functions that do. It calls the function in the slot: a command's with
// three words and the frame struct, any other with the frame struct alone, which has all of
// them; dispatch when the slot is not in use.
// In: AX index, DI SI DX CX R8 R9 arguments, R11 g, R10 g0.
#define GOROOM 32
#define GOFRAME 120 // as the literal in the TEXT line, which vet reads
TEXT callgo<>(SB), NOSPLIT, $120-0
	NO_LOCAL_POINTERS
	INCQ ·state+runtimeState_entries(SB)
	MOVQ R10, R13
	LEAQ GOROOM(SP), R10
	MOVQ AX, frame_index(R10)
	MOVQ DI, (frame_a+0)(R10)
	MOVQ SI, (frame_a+8)(R10)
	MOVQ $1, frame_depth(R10)
	PANICS
	SHLQ $const_slotShift, AX
	LEAQ ·slots(SB), R12
	MOVQ slot_command(R12)(AX*1), R12
	TESTQ R12, R12
	JEQ  general
	MOVQ DI, AX
	MOVQ SI, BX
	MOVQ DX, CX
	MOVQ R10, DI
	MOVQ R12, DX
	MOVQ (DX), R12
	INTOGO
	MOVQ (GOROOM+frame_ret)(SP), AX
	JMP  leavego<>(SB)
general:
	MOVQ DX, (frame_a+16)(R10)
	MOVQ CX, (frame_a+24)(R10)
	MOVQ R8, (frame_a+32)(R10)
	MOVQ R9, (frame_a+40)(R10)
	MOVQ const_gSchedSP(R13), R13 // the trampoline's C frame; above it the return address
	LEAQ (CFRAME+8)(R13), R13
	MOVQ R13, frame_more(R10)
	LEAQ ·slots(SB), R12
	MOVQ slot_fn(R12)(AX*1), DX
	MOVQ R10, AX
	TESTQ DX, DX
	JEQ  unused
	MOVQ (DX), R12
	INTOGO
	MOVQ (GOROOM+frame_ret)(SP), AX
	JMP  leavego<>(SB)
unused:
	MOVQ ·state+runtimeState_dispatchFn(SB), R12
	INTOGO
	MOVQ (GOROOM+frame_ret)(SP), AX
	JMP  leavego<>(SB)

// leavego leaves callgo. In the window between the server's events before sleep
// and after sleep it gives the P away again: the server sleeps and waits for its
// lock there, and no event comes before it does.
TEXT leavego<>(SB), NOSPLIT|NOFRAME, $0
	LEAVE(GOFRAME)
	CMPQ ·state+runtimeState_window(SB), $0
	JNE  again
	CRET
again:
	SUBQ $24, SP
	MOVQ AX, 0(SP)
	CALL ·releaseOut(SB)
	MOVQ 0(SP), AX
	ADDQ $24, SP
	CRET

// func barrier(f *frame)
//
// What callgo is on the fast way, for callbacks that came the ordinary way: a
// frame of known shape that abort can return to. Called from Go, on the
// goroutine's own stack.
#define BARRIERFRAME 8 // as the literal in the TEXT line; room for the argument
TEXT ·barrier(SB), NOSPLIT, $8-8
	NO_LOCAL_POINTERS
	MOVQ f+0(FP), R10
	get_tls(CX)
	MOVQ g(CX), R11
	MOVQ const_gStackHi(R11), R12
	SUBQ SP, R12
	MOVQ R12, frame_depth(R10)
	PANICS
	MOVQ R10, AX
	MOVQ ·state+runtimeState_dispatchFn(SB), R12
	INTOGO
	RET

// func inRegisters(closure, a0, a1, a2, a3 uintptr) uintptr
TEXT ·inRegisters(SB), NOSPLIT, $32-48
	NO_LOCAL_POINTERS
	MOVQ closure+0(FP), DX
	MOVQ a0+8(FP), AX
	MOVQ a1+16(FP), BX
	MOVQ a2+24(FP), CX
	MOVQ a3+32(FP), DI
	get_tls(R12)
	MOVQ g(R12), R11
	MOVQ (DX), R12
	INTOGO
	MOVQ AX, ret+40(FP)
	RET

// func abort(f *frame)
//
// Leaves a callback whose goroutine is being ended by runtime.Goexit: drops all
// frames above callgo or barrier and returns from there.
// SAFETY(U6): called below dispatch's deferred function, when Goexit has run every
// deferred call above it; g._panic goes back to what it was on entry, so no
// record in the dropped frames is reachable.
TEXT ·abort(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ f+0(FP), R10
	get_tls(CX)
	MOVQ g(CX), R11
	MOVQ const_gStackHi(R11), R13
	MOVQ frame_panics(R10), R12
	TESTQ R12, R12
	JEQ  none
	NEGQ R12
	ADDQ R13, R12
none:
	MOVQ R12, const_gPanic(R11)
	MOVQ frame_depth(R10), R12
	MOVQ frame_ret(R10), AX
	CMPQ R12, $1
	JNE  plain
	LEAQ -GOROOM(R10), SP // the frame struct has moved with the stack
	JMP  leavego<>(SB)
plain:
	SUBQ R12, R13
	MOVQ R13, SP
	SETBP(BARRIERFRAME(SP))
	ADDQ $(BARRIERFRAME+8), SP
	RET

// The trampolines: 10 bytes each, number i (from 1, since the assembler would
// shorten a move of 0) at the start + 10*(i-1).
#define T(i) MOVL $(i), AX; JMP ·enter(SB)
#define T4(i) T(i); T(i+1); T(i+2); T(i+3)
#define T16(i) T4(i); T4(i+4); T4(i+8); T4(i+12)
#define T64(i) T16(i); T16(i+16); T16(i+32); T16(i+48)
#define T256(i) T64(i); T64(i+64); T64(i+128); T64(i+192)
TEXT trampolines<>(SB), NOSPLIT|NOFRAME, $0
	T256(1)
	T256(257)
	T256(513)
	T256(769)
	T256(1025)

// func trampolineTable() uintptr
TEXT ·trampolineTable(SB), NOSPLIT, $0-8
	LEAQ trampolines<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET
