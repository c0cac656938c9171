// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// What the assembly files for amd64 share.

// The two-step form is what -buildmode=c-shared needs.
#define get_tls(r) MOVQ TLS, r
#define g(r) 0(r)(TLS*1)

// Distance from the start of gateMark to the point that stands for "in C": inside of the
// UNDEFs.
#define MARK 8

// SWITCH leaves the goroutine's stack for the C stack of its thread.
// In: R14 = g, R10 = g0, BX = TLS base. Changes R11. BX and R12 to R15 survive the C call.
//
// SAFETY(U1): the goroutine's stop is recorded in g.sched as a call made by
// gateMark, which has no frame, as the gates, so tracebacks and stack copies
// of a nested callback unwind through it.
#define SWITCH \
	MOVQ SP, const_gSchedSP(R14); \
	LEAQ ·gateMark+MARK(SB), R11; \
	MOVQ R11, const_gSchedPC(R14); \
	MOVQ BP, const_gSchedBP(R14); \
	MOVQ R10, g(BX); \
	MOVQ const_gSchedSP(R10), SP

// BACK returns to the goroutine's stack. In: R14 = g, BX = TLS base.
// SAFETY(U2): a nested callback may move the stack; it uses g.sched for its own gates, and
// leaves it as what it found, at the new place.
#define BACK \
	MOVQ R14, g(BX); \
	MOVQ const_gSchedSP(R14), SP; \
	SETBP(const_gSchedBP(R14))

// WOKEN stands behind every C call of a gate: the goroutine may have given its P
// away meanwhile, from the signal handler (releaseNow), and takes one again before
// it touches Go. Two instructions while it has not.
// SAFETY(U19): between this look and the end of BACK nothing can release: the
// handler leaves alone what stands in this library's text.
#define WOKEN \
	CMPQ ·state+runtimeState_released(SB), $0; \
	JEQ  2(PC); \
	CALL ·rewake(SB)

// SETBP changes to the frame pointer of another stack, in functions that switch
// stacks. As a macro, since vet takes a plain move for a clobbered BP.
#define SETBP(from) MOVQ from, BP

// The C frame that a trampoline opens on the server's stack, with SAVE and OPEN:
// g0.sched.sp as it was (at 0, as in the runtime's own cgocallback), the callee-saved
// registers of the C ABI. The size keeps SP 16-byte aligned, as entry leaves it 8 off.
#define CFRAME 56
#define SAVE \
	PUSHQ BP; \
	PUSHQ BX; \
	PUSHQ R12; \
	PUSHQ R13; \
	PUSHQ R14; \
	PUSHQ R15
#define RESTORE \
	POPQ R15; \
	POPQ R14; \
	POPQ R13; \
	POPQ R12; \
	POPQ BX; \
	POPQ BP

// CRET is RET, where the assembler counts pushes and pops that are another function's.
#define CRET BYTE $0xC3

// OPEN enters the resident goroutine's thread state behind SAVE. In: R11 = resident g.
// Out: R10 = g0. Changes R12.
//
// SAFETY(U4): g0.sched.sp is put at the current C stack pointer, so what the
// runtime runs on g0 (and gates) stays below the server's frames; leavego puts
// the old value back.
#define OPEN \
	get_tls(R12); \
	MOVQ ·state+runtimeState_residentG0(SB), R10; \
	PUSHQ const_gSchedSP(R10); \
	MOVQ SP, const_gSchedSP(R10); \
	MOVQ R11, g(R12)

// RESUME continues on the resident goroutine's stack: the pc at which it has stopped is
// pushed where a call would have pushed it. In: R11 = resident g.
// SAFETY(U5): so the unwinder continues from the frame that comes next into those below.
#define RESUME \
	SETBP(const_gSchedBP(R11)); \
	MOVQ const_gSchedSP(R11), SP; \
	PUSHQ const_gSchedPC(R11)

// LEAVE goes back to C from a frame of callgo's kind, whose size is frame. In: AX =
// result, SP = the frame's.
#define LEAVE(frame) \
	ADDQ $frame, SP; \
	POPQ BP; \
	MOVQ ·state+runtimeState_residentG(SB), R10; \
	MOVQ ·state+runtimeState_residentG0(SB), R8; \
	get_tls(CX); \
	POPQ const_gSchedPC(R10); \
	MOVQ SP, const_gSchedSP(R10); \
	MOVQ BP, const_gSchedBP(R10); \
	MOVQ R8, g(CX); \
	MOVQ const_gSchedSP(R8), SP; \
	POPQ const_gSchedSP(R8); \
	RESTORE
