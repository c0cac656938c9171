// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

#include "textflag.h"
#include "funcdata.h"
#include "go_asm.h"

// The twin of rm_amd64.s: same functions, same order, same invariants. What
// differs here:
//
// g lives in R28, which C preserves, so it survives a gate's call. The copy that
// the runtime keeps in thread-local storage cannot be written from outside; it
// stays at the resident goroutine, and the resident thread is known by its
// thread pointer.
//
// R27 is the assembler's scratch register (it uses it for references to
// symbols) and callee-saved in C: a trampoline saves its registers before it
// names the first symbol.
//
// A frame of 0 bytes in a function with calls is 16 bytes: the return address at
// 0(RSP), the caller's R29 at -8(RSP).

// Distance from the start of gateMark to the point that stands for "in C":
// behind the three instructions of its prologue.
#define MARK 16

// SWITCH leaves the goroutine's stack for the C stack of its thread.
// Out: R19 = g, R20 = depth of the goroutine's SP below g.stack.hi; both survive
// the C call. Changes R10 to R12. See U1 and U2 in rm_amd64.s.
#define SWITCH \
	MOVD g, R19; \
	MOVD RSP, R10; \
	MOVD R10, const_gSchedSP(g); \
	MOVD $·gateMark(SB), R11; \
	ADD  $MARK, R11; \
	MOVD R11, const_gSchedPC(g); \
	MOVD R29, const_gSchedBP(g); \
	MOVD const_gStackHi(g), R20; \
	SUB  R10, R20, R20; \
	MOVD const_gM(g), R11; \
	MOVD const_mG0(R11), R11; \
	MOVD const_gSchedSP(R11), R12; \
	MOVD R12, RSP

// WOKEN stands behind every C call of a gate; see U19 in rm_amd64.s.
#define WOKEN \
	MOVD ·state+runtimeState_released(SB), R10; \
	CBZ  R10, 2(PC); \
	BL   rewake<>(SB)

// BACK returns to the goroutine's stack; R29 is one word below SP in such a frame.
// The mark goes: here nothing else tells whether this thread is in C or in Go.
#define BACK \
	MOVD R19, g; \
	MOVD ZR, const_gSchedPC(g); \
	MOVD const_gStackHi(g), R11; \
	SUB  R20, R11, R11; \
	MOVD R11, RSP; \
	SUB  $8, R11, R29

// SETFP changes to the frame pointer of another stack; see SETBP in rm_amd64.s.
#define SETFP(from) MOVD from, R29

// WAY decides how a gate reaches its function; see rm_amd64.s.
// Out for direct: R9 = C function.
#define WAY(direct, portable) \
	MOVWU id+0(FP), R13; \
	MOVD $·fnTable(SB), R10; \
	MOVD (R10)(R13<<3), R9; \
	CBZ  R9, absent; \
	MOVD ·state+runtimeState_residentG(SB), R11; \
	CMP  g, R11; \
	BNE  other; \
go: \
	B    direct; \
other: \
	MOVD ·state+runtimeState_gates(SB), R11; \
	CBZ  R11, cgo; \
	MOVD $·fnLane(SB), R10; \
	MOVBU (R10)(R13), R11; \
	CBNZ R11, go; \
cgo: \
	B    portable; \
absent: \
	B    ·absent(SB)

// func gate0(id FuncID) uintptr
TEXT ·gate0(SB), NOSPLIT, $0-16
	WAY(direct0<>(SB), ·portable0(SB))

// func gate1(id FuncID, a0 uintptr) uintptr
TEXT ·gate1(SB), NOSPLIT, $0-24
	WAY(direct1<>(SB), ·portable1(SB))

// func gate2(id FuncID, a0, a1 uintptr) uintptr
TEXT ·gate2(SB), NOSPLIT, $0-32
	WAY(direct2<>(SB), ·portable2(SB))

// func gate3(id FuncID, a0, a1, a2 uintptr) uintptr
TEXT ·gate3(SB), NOSPLIT, $0-40
	WAY(direct3<>(SB), ·portable3(SB))

// func gate4(id FuncID, a0, a1, a2, a3 uintptr) uintptr
TEXT ·gate4(SB), NOSPLIT, $0-48
	WAY(direct4<>(SB), ·portable4(SB))

// func gate5(id FuncID, a0, a1, a2, a3, a4 uintptr) uintptr
TEXT ·gate5(SB), NOSPLIT, $0-56
	WAY(direct5<>(SB), ·portable5(SB))

// func gate6(id FuncID, a0, a1, a2, a3, a4, a5 uintptr) uintptr
TEXT ·gate6(SB), NOSPLIT, $0-64
	WAY(direct6<>(SB), ·portable6(SB))

// func gateWords(id FuncID, words *uintptr, n int) uintptr
TEXT ·gateWords(SB), NOSPLIT, $0-32
	WAY(directWords<>(SB), ·portableWords(SB))

// func gateFloat(id FuncID, a0, a1, a2, a3 uintptr, f0, f1 uint64) (r uintptr, f uint64)
TEXT ·gateFloat(SB), NOSPLIT, $0-72
	WAY(directFloat<>(SB), ·portableFloat(SB))

TEXT direct0<>(SB), NOSPLIT, $0-16
	SWITCH
	BL   (R9)
	WOKEN
	BACK
	MOVD R0, ret+8(FP)
	RET

TEXT direct1<>(SB), NOSPLIT, $0-24
	MOVD a0+8(FP), R0
	SWITCH
	BL   (R9)
	WOKEN
	BACK
	MOVD R0, ret+16(FP)
	RET

TEXT direct2<>(SB), NOSPLIT, $0-32
	MOVD a0+8(FP), R0
	MOVD a1+16(FP), R1
	SWITCH
	BL   (R9)
	WOKEN
	BACK
	MOVD R0, ret+24(FP)
	RET

TEXT direct3<>(SB), NOSPLIT, $0-40
	MOVD a0+8(FP), R0
	MOVD a1+16(FP), R1
	MOVD a2+24(FP), R2
	SWITCH
	BL   (R9)
	WOKEN
	BACK
	MOVD R0, ret+32(FP)
	RET

TEXT direct4<>(SB), NOSPLIT, $0-48
	MOVD a0+8(FP), R0
	MOVD a1+16(FP), R1
	MOVD a2+24(FP), R2
	MOVD a3+32(FP), R3
	SWITCH
	BL   (R9)
	WOKEN
	BACK
	MOVD R0, ret+40(FP)
	RET

TEXT direct5<>(SB), NOSPLIT, $0-56
	MOVD a0+8(FP), R0
	MOVD a1+16(FP), R1
	MOVD a2+24(FP), R2
	MOVD a3+32(FP), R3
	MOVD a4+40(FP), R4
	SWITCH
	BL   (R9)
	WOKEN
	BACK
	MOVD R0, ret+48(FP)
	RET

TEXT direct6<>(SB), NOSPLIT, $0-64
	MOVD a0+8(FP), R0
	MOVD a1+16(FP), R1
	MOVD a2+24(FP), R2
	MOVD a3+32(FP), R3
	MOVD a4+40(FP), R4
	MOVD a5+48(FP), R5
	SWITCH
	BL   (R9)
	WOKEN
	BACK
	MOVD R0, ret+56(FP)
	RET

// Eight words go in registers, the rest onto the C stack, in order. The caller's
// array may be shorter than eight words (six at least), so the two last register
// words are loaded only when there are more than six.
// SAFETY(U3): words may lie in the goroutine's stack: it is read before the
// call, and nothing moves the stack in between.
TEXT directWords<>(SB), NOSPLIT, $0-32
	MOVD words+8(FP), R13
	MOVD n+16(FP), R14
	SWITCH
	MOVD ·state+runtimeState_hurried(SB), R10
	CBNZ R10, first
ready:
	CMP  $7, R14
	BLT  six
	MOVD 48(R13), R6
	BEQ  six
	MOVD 56(R13), R7
	SUBS $8, R14, R14
	BEQ  six
	ADD  $1, R14, R15
	AND  $~1, R15, R15
	MOVD RSP, R16
	SUB  R15<<3, R16, R16
	MOVD R16, RSP
	ADD  $64, R13, R15
copy:
	MOVD.P 8(R15), R17
	MOVD.P R17, 8(R16)
	SUBS $1, R14, R14
	BNE  copy
six:
	MOVD 0(R13), R0
	MOVD 8(R13), R1
	MOVD 16(R13), R2
	MOVD 24(R13), R3
	MOVD 32(R13), R4
	MOVD 40(R13), R5
	BL   (R9)
	WOKEN
	BACK
	MOVD R0, ret+24(FP)
	RET
first:
	// See rm_amd64.s.
	SUB  $32, RSP, RSP
	STP  (R9, R13), 0(RSP)
	MOVD R14, 16(RSP)
	BL   release<>(SB)
	LDP  0(RSP), (R9, R13)
	MOVD 16(RSP), R14
	ADD  $32, RSP, RSP
	B    ready

TEXT directFloat<>(SB), NOSPLIT, $0-72
	MOVD a0+8(FP), R0
	MOVD a1+16(FP), R1
	MOVD a2+24(FP), R2
	MOVD a3+32(FP), R3
	FMOVD f0+40(FP), F0
	FMOVD f1+48(FP), F1
	SWITCH
	BL   (R9)
	WOKEN
	BACK
	MOVD R0, r+56(FP)
	FMOVD F0, f+64(FP)
	RET

// func gatePtr(fn, a0, a1, a2, a3, a4, a5 uintptr) uintptr
TEXT ·gatePtr(SB), NOSPLIT, $0-64
	MOVD fn+0(FP), R9
	MOVD a0+8(FP), R0
	MOVD a1+16(FP), R1
	MOVD a2+24(FP), R2
	MOVD a3+32(FP), R3
	MOVD a4+40(FP), R4
	MOVD a5+48(FP), R5
	SWITCH
	BL   (R9)
	WOKEN
	BACK
	MOVD R0, ret+56(FP)
	RET

// func park(fn, a0 uintptr)
TEXT ·park(SB), NOSPLIT, $0-16
	MOVD fn+0(FP), R9
	MOVD a0+8(FP), R0
	MOVD $1, R1
	MOVD ZR, -8(RSP) // see rm_amd64.s
	SWITCH
	MOVD R20, ·state+runtimeState_parkDepth(SB)
	BL   (R9)
	UNDEF
	RET

// gateMark is never run; see rm_amd64.s.
TEXT ·gateMark(SB), NOSPLIT, $0-0
	NOOP
	NOOP
	NOOP
	NOOP
	NOOP
	NOOP
	BL (R9)
	RET

// func getg() uintptr
TEXT ·getg(SB), NOSPLIT, $0-8
	MOVD g, R0
	MOVD R0, ret+0(FP)
	RET

// func threadPointer() uintptr
TEXT ·threadPointer(SB), NOSPLIT, $0-8
	MRS  TPIDR_EL0, R0
	MOVD R0, ret+0(FP)
	RET

// The C frame that a trampoline opens on the server's stack: g0.sched.sp as it
// was (at 0), then R19 to R30 and the low halves of V8 to V15. 16-byte aligned.
#define CFRAME 176
#define SAVE \
	SUB  $CFRAME, RSP, RSP; \
	STP  (R19, R20), 8(RSP); \
	STP  (R21, R22), 24(RSP); \
	STP  (R23, R24), 40(RSP); \
	STP  (R25, R26), 56(RSP); \
	STP  (R27, g), 72(RSP); \
	STP  (R29, R30), 88(RSP); \
	FSTPD (F8, F9), 104(RSP); \
	FSTPD (F10, F11), 120(RSP); \
	FSTPD (F12, F13), 136(RSP); \
	FSTPD (F14, F15), 152(RSP)
#define RESTORE \
	LDP  8(RSP), (R19, R20); \
	LDP  24(RSP), (R21, R22); \
	LDP  40(RSP), (R23, R24); \
	LDP  56(RSP), (R25, R26); \
	LDP  72(RSP), (R27, g); \
	LDP  88(RSP), (R29, R30); \
	FLDPD 104(RSP), (F8, F9); \
	FLDPD 120(RSP), (F10, F11); \
	FLDPD 136(RSP), (F12, F13); \
	FLDPD 152(RSP), (F14, F15); \
	ADD  $CFRAME, RSP, RSP

// OPEN: g0.sched.sp becomes the current C stack pointer; see U4 in rm_amd64.s.
// In: g = resident g. Changes R10, R11.
#define OPEN \
	MOVD const_gM(g), R11; \
	MOVD const_mG0(R11), R11; \
	MOVD const_gSchedSP(R11), R10; \
	MOVD R10, 0(RSP); \
	MOVD RSP, R10; \
	MOVD R10, const_gSchedSP(R11)

// enter takes a call of trampoline R9. C ABI: R0 to R7 are the arguments, 0(RSP)
// on the stack arguments. The seventh and eighth argument are stored right below
// the stack arguments, so that Go sees all those behind the sixth as one array.
TEXT enter<>(SB), NOSPLIT|NOFRAME, $0
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
	// It must stand in a gate; see enter in rm_amd64.s.
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
	MOVD ·state+runtimeState_residentG(SB), R10 // see rm_amd64.s
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
	BL   wake<>(SB)
	LDP  0(RSP), (R0, R1)
	LDP  16(RSP), (R2, R3)
	LDP  32(RSP), (R4, R5)
	MOVD 48(RSP), R9
	ADD  $64, RSP, RSP
	B    held

foreignstack:
	// C answers: (first argument, index); see rm_amd64.s.
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
	// The guard; see slow in rm_amd64.s. The g of the thread is read from its
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
	BL   (R10) // ends the process
	RESTORE
	ADD  $16, RSP, RSP
	RET

// LEAVABLE records in a frame struct at R10 how to leave it: the distances of SP
// and g._panic below g.stack.hi. Changes R11 to R13.
#define LEAVABLE(mark) \
	MOVD const_gStackHi(g), R11; \
	MOVD RSP, R12; \
	SUB  R12, R11, R12; \
	ADD  $mark, R12, R12; \
	MOVD R12, frame_depth(R10); \
	MOVD const_gPanic(g), R12; \
	SUB  R12, R11, R13; \
	CMP  $0, R12; \
	CSEL EQ, ZR, R13, R13; \
	MOVD R13, frame_panics(R10)

// callgo is the frame on the resident goroutine's stack from which Go code
// runs: a frame struct, and its address as dispatch's argument below it. It must
// not write SP: the unwinder stops at functions that do.
// In: R9 index, R0 to R5 arguments, R6 the further arguments.
#define GOFRAME 112 // as the literal in the TEXT line, which vet reads
TEXT callgo<>(SB), NOSPLIT, $112-0
	NO_LOCAL_POINTERS
	ADD  $16, RSP, R10
	MOVD R10, 8(RSP)
	MOVD R9, frame_index(R10)
	STP  (R0, R1), (frame_a+0)(R10)
	STP  (R2, R3), (frame_a+16)(R10)
	STP  (R4, R5), (frame_a+32)(R10)
	MOVD R6, frame_more(R10)
	LEAVABLE(0)
	MOVD $·dispatch(SB), R9 // indirect: hides Go's stack use from the nosplit check
	BL   (R9)
	MOVD (16+frame_ret)(RSP), R0
	B    leavego<>(SB)

// A frame of GOFRAME bytes takes GOFRAME+16: the return address at 0(RSP), the
// caller's R29 at -8(RSP).
#define GOSIZE (GOFRAME+16)

// LEAVE goes back to the C frame, from a frame of callgo's kind that takes size bytes.
// In: R0 = result, RSP = the frame's.
#define LEAVE(size) \
	MOVD 0(RSP), R12; \
	MOVD -8(RSP), R13; \
	ADD  $size, RSP, R11; \
	MOVD R11, const_gSchedSP(g); \
	MOVD R12, const_gSchedPC(g); \
	MOVD R13, const_gSchedBP(g); \
	MOVD const_gM(g), R8; \
	MOVD const_mG0(R8), R8; \
	MOVD const_gSchedSP(R8), R10; \
	MOVD R10, RSP; \
	MOVD 0(RSP), R10; \
	MOVD R10, const_gSchedSP(R8)

// leavego leaves callgo; see rm_amd64.s. It looks at the window before RESTORE:
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
	BL   releaseOut<>(SB)
	MOVD 0(RSP), R0
	ADD  $16, RSP, RSP
	RESTORE
	ADD  $16, RSP, RSP
	RET

// func barrier(f *frame)
#define BARRIERFRAME 16 // as the literal in the TEXT line
TEXT ·barrier(SB), NOSPLIT, $16-8
	NO_LOCAL_POINTERS
	MOVD f+0(FP), R10
	MOVD R10, 8(RSP)
	LEAVABLE(1) // bit 0 tells abort which of the two frames it is
	MOVD $·dispatch(SB), R9 // indirect: hides Go's stack use from the nosplit check
	BL   (R9)
	RET

// func abort(f *frame)
//
// See U6 in rm_amd64.s.
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
	TBNZ $0, R12, plain
	SUB  R12, R13, R13
	MOVD R13, RSP
	B    leavego<>(SB)
plain:
	AND  $~1, R12, R12
	SUB  R12, R13, R13
	MOVD R13, RSP
	SETFP(-8(RSP))
	MOVD 0(RSP), R30
	ADD  $(BARRIERFRAME+16), RSP, RSP
	RET

// MAYRELEASE goes on if the goroutine can give its P away; see rm_amd64.s. That this
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
// rm_amd64.s.
TEXT release<>(SB), NOSPLIT|NOFRAME, $0
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
TEXT releaseOut<>(SB), NOSPLIT|NOFRAME, $0
	MOVD const_gStackHi(g), R10
	MOVD const_gSchedSP(g), R11
	SUB  R11, R10, R10
	MOVD ·state+runtimeState_parkDepth(SB), R11
	CMP  R10, R11
	BNE  no
	B    release<>(SB)
no:
	RET

// releaseNow is release from the handler of SIGURG: R0 is where the thread's own stack
// is free; see rm_amd64.s.
TEXT releaseNow<>(SB), NOSPLIT|NOFRAME, $0
	SUB  $16, RSP, RSP
	STP  (R19, R30), 0(RSP)
	MOVD RSP, R19
	MOVD R0, RSP
	BL   release<>(SB)
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

// callsleep is the frame from which sleep runs; see rm_amd64.s.
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

// rewake is called by a gate on its way back; see rm_amd64.s. In: R19 = g. Keeps the
// results, R0 and F0.
TEXT rewake<>(SB), NOSPLIT|NOFRAME, $0
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
	BL   wake<>(SB)
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
	B    enter<>(SB)
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

// func callAddresses() (release, releaseNow, idle uintptr)
TEXT ·callAddresses(SB), NOSPLIT, $0-24
	MOVD $release<>(SB), R0
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
TEXT wake<>(SB), NOSPLIT|NOFRAME, $0
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

// The trampolines: 8 bytes each, number i (from 1) at the start + 8*(i-1).
#define T(i) MOVD $(i), R9; B enter<>(SB)
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
