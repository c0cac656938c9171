// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// The assembly for arm64: the same files, functions, order and invariants as for
// amd64. What differs:
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
// Out: R19 = g, which survives the C call. Changes R10 to R12. See U1 in asm_amd64.h.
#define SWITCH \
	MOVD g, R19; \
	MOVD RSP, R10; \
	MOVD R10, const_gSchedSP(g); \
	MOVD $·gateMark(SB), R11; \
	ADD  $MARK, R11; \
	MOVD R11, const_gSchedPC(g); \
	MOVD R29, const_gSchedBP(g); \
	MOVD const_gM(g), R11; \
	MOVD const_mG0(R11), R11; \
	MOVD const_gSchedSP(R11), R12; \
	MOVD R12, RSP

// WOKEN stands behind every C call of a gate; see U19 in asm_amd64.h.
#define WOKEN \
	MOVD ·state+runtimeState_released(SB), R10; \
	CBZ  R10, 2(PC); \
	BL   ·rewake(SB)

// BACK returns to the goroutine's stack; R29 is one word below SP in such a frame. See U2
// in asm_amd64.h.
// The mark goes: here nothing else tells whether this thread is in C or in Go.
#define BACK \
	MOVD R19, g; \
	MOVD ZR, const_gSchedPC(g); \
	MOVD const_gSchedSP(g), R11; \
	MOVD R11, RSP; \
	SUB  $8, R11, R29

// SETFP changes to the frame pointer of another stack; see SETBP in asm_amd64.h.
#define SETFP(from) MOVD from, R29

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

// OPEN: g0.sched.sp becomes the current C stack pointer; see U4 in asm_amd64.h.
// In: g = resident g. Changes R10, R11.
#define OPEN \
	MOVD const_gM(g), R11; \
	MOVD const_mG0(R11), R11; \
	MOVD const_gSchedSP(R11), R10; \
	MOVD R10, 0(RSP); \
	MOVD RSP, R10; \
	MOVD R10, const_gSchedSP(R11)

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
