// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

#include "textflag.h"
#include "funcdata.h"
#include "go_asm.h"
#include "asm_arm64.h"

// Entry, C to Go: the server calls trampoline i; enter decides the way (resident
// goroutine at once, or crosscall2); callgo runs Go code on the resident
// goroutine's stack, leavego goes back to C.
//
// The order of the functions is the same in entry_amd64.s.

// enter takes a call of trampoline R9. C ABI: R0 to R7 are the arguments, 0(RSP)
// on the stack arguments. The seventh and eighth argument are stored right below
// the stack arguments, so that Go sees all those behind the sixth as one array.
TEXT ·enter(SB), NOSPLIT|NOFRAME, $0-0
	SUB  $16, RSP, RSP
	STP  (R6, R7), 0(RSP)
	SAVE
	MRS  TPIDR_EL0, R10
	MOVD ·state+runtimeState_residentTP(SB), R11
	CMP  R10, R11
	BNE  ordinary
	MOVD RSP, R10
	MOVD ·state+runtimeState_stackLo(SB), R11
	CMP  R11, R10
	BLO  foreignstack
	MOVD ·state+runtimeState_stackHi(SB), R11
	CMP  R11, R10
	BHI  foreignstack
	MOVD ·state+runtimeState_released(SB), R11
	CBNZ R11, resume
held:
	MOVD ·state+runtimeState_residentG(SB), g
	CBZ  g, ordinary // mode gates: the thread is known, but nobody lives on it
	// It must stand in a gate; see enter in entry_amd64.s.
	MOVD $·gateMark(SB), R10
	ADD  $MARK, R10
	MOVD const_gSchedPC(g), R12
	CMP  R10, R12
	BNE  ordinary
	OPEN
	ADD  $CFRAME, RSP, R6
	// SAFETY(U5): R30 is the stopped pc, as a call would have left it, so the
	// unwinder continues from callgo into the frames below.
	MOVD const_gSchedSP(g), R10
	MOVD const_gSchedPC(g), R30
	MOVD ZR, const_gSchedPC(g) // in Go from here; see BACK
	SETFP(const_gSchedBP(g))
	MOVD R10, RSP
	B    callgo<>(SB)

resume:
	MOVD ·state+runtimeState_residentG(SB), R10 // see entry_amd64.s
	MOVD const_gSyscallSP(R10), R11
	MOVD const_gStackHi(R10), R10
	SUB  R11, R10, R10
	MOVD ·state+runtimeState_sleepDepth(SB), R11
	CMP  R10, R11
	BNE  held
	SUB  $64, RSP, RSP
	STP  (R0, R1), 0(RSP)
	STP  (R2, R3), 16(RSP)
	STP  (R4, R5), 32(RSP)
	MOVD R9, 48(RSP)
	BL   ·wake(SB)
	LDP  0(RSP), (R0, R1)
	LDP  16(RSP), (R2, R3)
	LDP  32(RSP), (R4, R5)
	MOVD 48(RSP), R9
	ADD  $64, RSP, RSP
	B    held

foreignstack:
	// C answers: (first argument, index); see entry_amd64.s.
	MOVD R9, R1
	MOVD ·state+runtimeState_oddStack(SB), R10
	BL   (R10)
	RESTORE
	ADD  $16, RSP, RSP
	RET

ordinary:
	MOVD ·state+runtimeState_refuse(SB), R10
	CBNZ R10, refused
	// crosscall2 takes any thread and preserves all callee-saved registers but
	// g, which RESTORE puts back. The frame struct lies above crosscall2's 16
	// bytes; its size keeps SP aligned.
	// The guard; see slow in entry_amd64.s. The g of the thread is read from its
	// thread-local storage, where a gate leaves the goroutine.
	MOVD ·state+runtimeState_guardOffset(SB), R11
	CBZ  R11, fine
	MRS  TPIDR_EL0, R10
	MOVD (R10)(R11), R11
	CBZ  R11, fine
	MOVD const_gSyscallSP(R11), R10
	CBNZ R10, fine
	MOVD $·gateMark(SB), R10
	ADD  $MARK, R10
	MOVD const_gSchedPC(R11), R12
	CMP  R10, R12
	BEQ  wrong
fine:
	// How many callbacks are under way on the server's thread; see idle.
	MRS  TPIDR_EL0, R10
	MOVD ·state+runtimeState_residentTP(SB), R11
	MOVD ZR, R12
	CMP  R10, R11
	BNE  elsewhere
	MOVD ·state+runtimeState_nested(SB), R11
	ADD  $1, R11
	MOVD R11, ·state+runtimeState_nested(SB)
	MOVD $1, R12
elsewhere:
	ADD  $CFRAME, RSP, R10
	SUB  $112, RSP, RSP
	MOVD R12, 104(RSP) // above the frame struct: whether this call is counted
	MOVD R9, (16+frame_index)(RSP)
	MOVD R0, (16+frame_a+0)(RSP)
	MOVD R1, (16+frame_a+8)(RSP)
	MOVD R2, (16+frame_a+16)(RSP)
	MOVD R3, (16+frame_a+24)(RSP)
	MOVD R4, (16+frame_a+32)(RSP)
	MOVD R5, (16+frame_a+40)(RSP)
	MOVD R10, (16+frame_more)(RSP)
	MOVD ·state+runtimeState_ordinaryFn(SB), R0
	ADD  $16, RSP, R1
	MOVD ZR, R2
	MOVD ZR, R3
	BL   crosscall2(SB)
	MOVD (16+frame_ret)(RSP), R0
	MOVD 104(RSP), R11
	CBZ  R11, uncounted
	MOVD ·state+runtimeState_nested(SB), R11
	SUB  $1, R11
	MOVD R11, ·state+runtimeState_nested(SB)
uncounted:
	ADD  $112, RSP, RSP
	RESTORE
	ADD  $16, RSP, RSP
	RET
wrong:
	MOVD const_gSchedSP(R11), R11
	MOVWU 24(R11), R0
	MOVD ·state+runtimeState_wrongLane(SB), R10
	BL   (R10)
	RESTORE
	ADD  $16, RSP, RSP
	MOVD $1, R0
	RET
refused:
	MOVD R9, R0
	BL   (R10) // ends the process: (index)
	RESTORE
	ADD  $16, RSP, RSP
	RET

// PANICS records in a frame struct at R10, for abort, the distance of g._panic below
// g.stack.hi; 0 if there is no panic. Changes R11, R12.
#define PANICS \
	MOVD const_gPanic(g), R12; \
	CBZ  R12, 3(PC); \
	MOVD const_gStackHi(g), R11; \
	SUB  R12, R11, R12; \
	MOVD R12, frame_panics(R10)

// INTOGO calls Go code, whose address is in R9, with its arguments in R0 to R3 and its
// closure, if it has one, in R26. Indirect: hides Go's stack use from the nosplit check.
// See U65 in entry_amd64.s; here the words for the arguments begin at 8(RSP), and g is in
// its register.
#define INTOGO BL (R9)

// callgo is the frame on the resident goroutine's stack from which Go code
// runs: a frame struct above the room for four arguments. It must not write SP: the
// unwinder stops at functions that do.
// In: R9 index, R0 to R5 arguments, R6 the further arguments.
#define GOROOM 40 // with the return address
#define GOFRAME 128 // as the literal in the TEXT line, which vet reads
TEXT callgo<>(SB), NOSPLIT, $128-0
	NO_LOCAL_POINTERS
	MOVD ·state+runtimeState_entries(SB), R11
	ADD  $1, R11
	MOVD R11, ·state+runtimeState_entries(SB)
	ADD  $GOROOM, RSP, R10
	MOVD R9, frame_index(R10)
	STP  (R0, R1), (frame_a+0)(R10)
	MOVD $1, R11
	MOVD R11, frame_depth(R10)
	PANICS
	MOVD $·slots(SB), R11
	ADD  R9<<const_slotShift, R11, R11
	MOVD slot_command(R11), R26
	CBZ  R26, general
	MOVD R10, R3
	MOVD (R26), R9
	INTOGO
	MOVD (GOROOM+frame_ret)(RSP), R0
	B    leavego<>(SB)
general:
	STP  (R2, R3), (frame_a+16)(R10)
	STP  (R4, R5), (frame_a+32)(R10)
	MOVD R6, frame_more(R10)
	MOVD slot_fn(R11), R26
	MOVD R10, R0
	CBZ  R26, unused
	MOVD (R26), R9
	INTOGO
	MOVD (GOROOM+frame_ret)(RSP), R0
	B    leavego<>(SB)
unused:
	MOVD ·state+runtimeState_dispatchFn(SB), R9
	INTOGO
	MOVD (GOROOM+frame_ret)(RSP), R0
	B    leavego<>(SB)

// A frame of GOFRAME bytes takes GOFRAME+16: the return address at 0(RSP), the
// caller's R29 at -8(RSP).
#define GOSIZE (GOFRAME+16)

// leavego leaves callgo; see entry_amd64.s. It looks at the window before RESTORE:
// naming a symbol changes R27.
TEXT leavego<>(SB), NOSPLIT|NOFRAME, $0
	LEAVE(GOSIZE)
	MOVD ·state+runtimeState_window(SB), R10
	CBNZ R10, again
	RESTORE
	ADD  $16, RSP, RSP
	RET
again:
	SUB  $16, RSP, RSP
	MOVD R0, 0(RSP)
	BL   ·releaseOut(SB)
	MOVD 0(RSP), R0
	ADD  $16, RSP, RSP
	RESTORE
	ADD  $16, RSP, RSP
	RET

// func barrier(f *frame)
#define BARRIERFRAME 16 // as the literal in the TEXT line; room for the argument
TEXT ·barrier(SB), NOSPLIT, $16-8
	NO_LOCAL_POINTERS
	MOVD f+0(FP), R10
	MOVD const_gStackHi(g), R11
	MOVD RSP, R12
	SUB  R12, R11, R12
	MOVD R12, frame_depth(R10)
	PANICS
	MOVD R10, R0
	MOVD ·state+runtimeState_dispatchFn(SB), R9
	INTOGO
	RET

// func inRegisters(closure, a0, a1, a2, a3 uintptr) uintptr
TEXT ·inRegisters(SB), NOSPLIT, $48-48
	NO_LOCAL_POINTERS
	MOVD closure+0(FP), R26
	MOVD a0+8(FP), R0
	MOVD a1+16(FP), R1
	MOVD a2+24(FP), R2
	MOVD a3+32(FP), R3
	MOVD (R26), R9
	INTOGO
	MOVD R0, ret+40(FP)
	RET

// func abort(f *frame)
//
// See U6 in entry_amd64.s.
TEXT ·abort(SB), NOSPLIT|NOFRAME, $0-8
	MOVD f+0(FP), R10
	MOVD const_gStackHi(g), R13
	MOVD frame_panics(R10), R12
	CBZ  R12, none
	SUB  R12, R13, R12
none:
	MOVD R12, const_gPanic(g)
	MOVD frame_depth(R10), R12
	MOVD frame_ret(R10), R0
	CMP  $1, R12
	BNE  plain
	SUB  $GOROOM, R10, R11
	MOVD R11, RSP
	B    leavego<>(SB)
plain:
	SUB  R12, R13, R13
	MOVD R13, RSP
	SETFP(-8(RSP))
	MOVD 0(RSP), R30
	ADD  $(BARRIERFRAME+16), RSP, RSP
	RET

// The trampolines: 8 bytes each, number i (from 1) at the start + 8*(i-1).
#define T(i) MOVD $(i), R9; B ·enter(SB)
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
	MOVD $trampolines<>(SB), R0
	MOVD R0, ret+0(FP)
	RET
