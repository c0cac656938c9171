// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

#include "textflag.h"
#include "funcdata.h"
#include "go_asm.h"

// Two directions meet here.
//
// Gates, Go to C: a Go function calls gateN with the number of an API function
// and its arguments. gateN decides the way (own C stack at once, or cgo);
// directN switches to the C stack of the thread and calls.
//
// Trampolines, C to Go: the server calls trampoline i; enter decides the way
// (resident goroutine at once, or crosscall2); callgo runs Go code on the
// resident goroutine's stack, leavego goes back to C.
//
// The order of the functions is the same in rm_arm64.s.

// The two-step form is what -buildmode=c-shared needs.
#define get_tls(r) MOVQ TLS, r
#define g(r) 0(r)(TLS*1)

// Distance from the start of gateMark to the point that stands for "in C":
// behind the prologue (PUSHQ BP; MOVQ SP, BP: 4 bytes), inside the UNDEFs.
#define MARK 8

// SWITCH leaves the goroutine's stack for the C stack of its thread.
// In: R13 = g, R10 = g0, CX = TLS base. Out: R12 = depth of the goroutine's SP
// below g.stack.hi. Changes R11. R12 to R14 survive the C call.
//
// SAFETY(U1): the goroutine's stop is recorded in g.sched as a call made by
// gateMark, whose frame has exactly this layout, so tracebacks and stack copies
// of a nested callback unwind through it.
// SAFETY(U2): SP is kept as a depth, not as an address, because a nested
// callback may move the stack.
#define SWITCH \
	MOVQ SP, R12; \
	MOVQ R12, const_gSchedSP(R13); \
	LEAQ ·gateMark+MARK(SB), R11; \
	MOVQ R11, const_gSchedPC(R13); \
	MOVQ BP, const_gSchedBP(R13); \
	MOVQ const_gStackHi(R13), R11; \
	SUBQ R12, R11; \
	MOVQ R11, R12; \
	MOVQ R10, g(CX); \
	MOVQ const_gSchedSP(R10), SP; \
	ANDQ $~15, SP

// BACK returns to the goroutine's stack. BP equals SP in a function with a
// frame of 0 bytes that makes calls.
#define BACK \
	get_tls(CX); \
	MOVQ R13, g(CX); \
	MOVQ const_gStackHi(R13), R11; \
	SUBQ R12, R11; \
	MOVQ R11, SP; \
	MOVQ R11, BP

// WOKEN stands behind every C call of a gate: the goroutine may have given its P
// away meanwhile, from the signal handler (releaseNow), and takes one again before
// it touches Go. Two instructions while it has not.
// SAFETY(U19): between this look and the end of BACK nothing can release: the
// handler leaves alone what stands in this library's text.
#define WOKEN \
	CMPQ ·state+runtimeState_released(SB), $0; \
	JEQ  2(PC); \
	CALL rewake<>(SB)

// SETBP changes to the frame pointer of another stack, in functions that switch
// stacks. As a macro, since vet takes a plain move for a clobbered BP.
#define SETBP(from) MOVQ from, BP

// WAY decides how a gate reaches its function.
//   resident goroutine       -> direct, whatever the function
//   gates on, fast lane      -> direct
//   else                     -> portable (cgo)
//   function absent          -> panic with its name
// It tail-jumps: the functions it goes to see the caller's arguments.
// Out for direct: R13 = g, R10 = g0, CX = TLS base, R14 = C function.
#define WAY(direct, portable) \
	MOVL id+0(FP), BX; \
	LEAQ ·fnTable(SB), R10; \
	MOVQ (R10)(BX*8), R14; \
	TESTQ R14, R14; \
	JEQ  absent; \
	get_tls(CX); \
	MOVQ g(CX), R13; \
	MOVQ ·state+runtimeState_residentG0(SB), R10; \
	CMPQ R13, ·state+runtimeState_residentG(SB); \
	JNE  other; \
	JMP  direct; \
other: \
	CMPQ ·state+runtimeState_gates(SB), $0; \
	JEQ  cgo; \
	LEAQ ·fnLane(SB), R10; \
	CMPB (R10)(BX*1), $0; \
	JEQ  cgo; \
	MOVQ const_gM(R13), R10; \
	MOVQ const_mG0(R10), R10; \
	JMP  direct; \
cgo: \
	JMP  portable; \
absent: \
	JMP  ·absent(SB)

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

// The direct functions run on the goroutine's stack up to SWITCH and on the C
// stack of its thread (g0's) up to BACK. NOSPLIT: nothing may move the stack
// between the conversion of a pointer argument and the C call. AX is the
// number of vector registers, which variadic C functions read.

TEXT direct0<>(SB), NOSPLIT, $0-16
	SWITCH
	XORL AX, AX
	CALL R14
	WOKEN
	BACK
	MOVQ AX, ret+8(FP)
	RET

TEXT direct1<>(SB), NOSPLIT, $0-24
	MOVQ a0+8(FP), DI
	SWITCH
	XORL AX, AX
	CALL R14
	WOKEN
	BACK
	MOVQ AX, ret+16(FP)
	RET

TEXT direct2<>(SB), NOSPLIT, $0-32
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	SWITCH
	XORL AX, AX
	CALL R14
	WOKEN
	BACK
	MOVQ AX, ret+24(FP)
	RET

TEXT direct3<>(SB), NOSPLIT, $0-40
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	SWITCH
	XORL AX, AX
	CALL R14
	WOKEN
	BACK
	MOVQ AX, ret+32(FP)
	RET

// CX carries the fourth argument, so it is loaded behind SWITCH, from the
// goroutine's frame, through R12's address before it becomes a depth: R8 keeps
// the argument until then.
TEXT direct4<>(SB), NOSPLIT, $0-48
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), R8
	SWITCH
	MOVQ R8, CX
	XORL AX, AX
	CALL R14
	WOKEN
	BACK
	MOVQ AX, ret+40(FP)
	RET

TEXT direct5<>(SB), NOSPLIT, $0-56
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), R9
	MOVQ a4+40(FP), R8
	SWITCH
	MOVQ R9, CX
	XORL AX, AX
	CALL R14
	WOKEN
	BACK
	MOVQ AX, ret+48(FP)
	RET

TEXT direct6<>(SB), NOSPLIT, $0-64
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), BX
	MOVQ a4+40(FP), R8
	MOVQ a5+48(FP), R9
	SWITCH
	MOVQ BX, CX
	XORL AX, AX
	CALL R14
	WOKEN
	BACK
	MOVQ AX, ret+56(FP)
	RET

// The words behind the sixth go onto the C stack, in order. The caller's array
// has at least six words, so all register arguments can be loaded.
// SAFETY(U3): words may lie in the goroutine's stack: it is read before the
// call, and nothing moves the stack in between.
TEXT directWords<>(SB), NOSPLIT, $0-32
	MOVQ words+8(FP), BX
	MOVQ n+16(FP), AX
	SWITCH
	CMPQ ·state+runtimeState_hurried(SB), $0
	JNE  first
ready:
	SUBQ $6, AX
	JLE  loaded
	LEAQ 1(AX), R10
	ANDQ $~1, R10
	SHLQ $3, R10
	SUBQ R10, SP
copy:
	MOVQ 40(BX)(AX*8), R10
	MOVQ R10, -8(SP)(AX*8)
	SUBQ $1, AX
	JNE  copy
loaded:
	MOVQ 0(BX), DI
	MOVQ 8(BX), SI
	MOVQ 16(BX), DX
	MOVQ 24(BX), CX
	MOVQ 32(BX), R8
	MOVQ 40(BX), R9
	XORL AX, AX
	CALL R14
	WOKEN
	BACK
	MOVQ AX, ret+24(FP)
	RET
first:
	// A turn in which Go had to ask for the P by a signal: calls of commands, which can
	// take long, give it away at once, so that no second signal cuts a sleep short.
	SUBQ $16, SP
	MOVQ AX, 0(SP)
	CALL release<>(SB)
	MOVQ 0(SP), AX
	ADDQ $16, SP
	JMP  ready

TEXT directFloat<>(SB), NOSPLIT, $0-72
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), R8
	MOVQ f0+40(FP), X0
	MOVQ f1+48(FP), X1
	SWITCH
	MOVQ R8, CX
	MOVL $2, AX
	CALL R14
	WOKEN
	BACK
	MOVQ AX, r+56(FP)
	MOVQ X0, f+64(FP)
	RET

// func gatePtr(fn, a0, a1, a2, a3, a4, a5 uintptr) uintptr
//
// The gate for a C function that is not in the table. No lane: the caller knows
// that it is legal.
TEXT ·gatePtr(SB), NOSPLIT, $0-64
	MOVQ fn+0(FP), R14
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), BX
	MOVQ a4+40(FP), R8
	MOVQ a5+48(FP), R9
	get_tls(CX)
	MOVQ g(CX), R13
	MOVQ const_gM(R13), R10
	MOVQ const_mG0(R10), R10
	SWITCH
	MOVQ BX, CX
	XORL AX, AX
	CALL R14
	WOKEN
	BACK
	MOVQ AX, ret+56(FP)
	RET

// func park(fn, a0 uintptr)
//
// The gate call that never returns: fn is longjmp. The depth of the stop tells
// later whether a Go frame waits in C.
TEXT ·park(SB), NOSPLIT, $0-16
	MOVQ fn+0(FP), R14
	MOVQ a0+8(FP), DI
	MOVL $1, SI
	get_tls(CX)
	MOVQ g(CX), R13
	MOVQ const_gM(R13), R10
	MOVQ const_mG0(R10), R10
	// The frames below are those of the callback whose C part longjmp drops: whoever
	// walks frame pointers (the tracer) must not get there.
	MOVQ $0, 0(SP)
	SWITCH
	MOVQ R12, ·state+runtimeState_parkDepth(SB)
	CALL R14
	UNDEF
	RET

// gateMark is never run. A goroutine that is in C stands at gateMark+MARK for
// the unwinder; the frame is that of the direct functions: 0 bytes, with the
// caller's BP pushed, since there is a call in it.
TEXT ·gateMark(SB), NOSPLIT, $0-0
	UNDEF
	UNDEF
	UNDEF
	UNDEF
	CALL AX
	RET

// func getg() uintptr
TEXT ·getg(SB), NOSPLIT, $0-8
	get_tls(CX)
	MOVQ g(CX), AX
	MOVQ AX, ret+0(FP)
	RET

// func threadPointer() uintptr
//
// amd64 knows the resident thread by its g0.
TEXT ·threadPointer(SB), NOSPLIT, $0-8
	MOVQ $0, ret+0(FP)
	RET

// The C frame that a trampoline opens on the server's stack: g0.sched.sp as it
// was (at 0, as in the runtime's own cgocallback), the callee-saved registers
// of the C ABI. The size keeps SP 16-byte aligned, as entry leaves it 8 off.
#define CFRAME 56
#define SAVE \
	SUBQ $CFRAME, SP; \
	MOVQ R15, 8(SP); \
	MOVQ R14, 16(SP); \
	MOVQ R13, 24(SP); \
	MOVQ R12, 32(SP); \
	MOVQ BX, 40(SP); \
	MOVQ BP, 48(SP)
#define RESTORE \
	MOVQ 8(SP), R15; \
	MOVQ 16(SP), R14; \
	MOVQ 24(SP), R13; \
	MOVQ 32(SP), R12; \
	MOVQ 40(SP), BX; \
	MOVQ 48(SP), BP; \
	ADDQ $CFRAME, SP

// OPEN enters the resident goroutine's thread state: R8..R15 etc. are saved.
// In: R11 = resident g, CX = TLS base. Out: R10 = g0.
// SAFETY(U4): g0.sched.sp is put at the current C stack pointer, so what the
// runtime runs on g0 (and gates) stays below the server's frames; leavego puts
// the old value back.
#define OPEN \
	MOVQ g(CX), R10; \
	MOVQ const_gSchedSP(R10), R12; \
	MOVQ R12, 0(SP); \
	MOVQ SP, const_gSchedSP(R10); \
	MOVQ R11, g(CX)

// enter takes a call of trampoline EAX. C ABI: DI, SI, DX, CX, R8, R9 are the
// arguments, 8(SP) on the stack arguments; R10, R11 free; all else preserved.
TEXT enter<>(SB), NOSPLIT|NOFRAME, $0
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
	MOVQ CX, BX
	get_tls(CX)
	OPEN
	LEAQ (CFRAME+8)(SP), R13
	// SAFETY(U5): the stopped pc is pushed where a call would have pushed it, so
	// the unwinder continues from callgo into the frames below.
	MOVQ const_gSchedSP(R11), R12
	MOVQ const_gSchedPC(R11), R10
	SETBP(const_gSchedBP(R11))
	MOVQ R10, -8(R12)
	LEAQ -8(R12), SP
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
	CALL wake<>(SB)
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
	MOVL 16(R11), DI
	SUBQ $8, SP
	MOVQ ·state+runtimeState_wrongLane(SB), R10
	CALL R10
	ADDQ $8, SP
	MOVL $1, AX
	RET
refused:
	SUBQ $8, SP
	MOVQ ·state+runtimeState_refuse(SB), R10
	CALL R10 // ends the process
	ADDQ $8, SP
	RET

// LEAVABLE records in a frame struct at R10 how to leave it: the distances of SP
// and g._panic below g.stack.hi. In: R11 = g. Changes R12, R13.
#define LEAVABLE(bits) \
	MOVQ const_gStackHi(R11), R12; \
	MOVQ R12, R13; \
	SUBQ SP, R12; \
	ORQ  $bits, R12; \
	MOVQ R12, frame_depth(R10); \
	MOVQ const_gPanic(R11), R12; \
	SUBQ R12, R13; \
	TESTQ R12, R12; \
	CMOVQEQ R12, R13; \
	MOVQ R13, frame_panics(R10)

// callgo is the frame on the resident goroutine's stack from which Go code
// runs: a frame struct, and its address as dispatch's argument below it. It must
// not write SP: the unwinder stops at functions that do.
// In: AX index, DI SI DX BX R8 R9 arguments, R13 stack arguments, R11 g.
#define GOFRAME 96 // as the literal in the TEXT line, which vet reads
TEXT callgo<>(SB), NOSPLIT, $96-0
	NO_LOCAL_POINTERS
	LEAQ 8(SP), R10
	MOVQ R10, 0(SP)
	MOVQ AX, frame_index(R10)
	MOVQ DI, (frame_a+0)(R10)
	MOVQ SI, (frame_a+8)(R10)
	MOVQ DX, (frame_a+16)(R10)
	MOVQ BX, (frame_a+24)(R10)
	MOVQ R8, (frame_a+32)(R10)
	MOVQ R9, (frame_a+40)(R10)
	MOVQ R13, frame_more(R10)
	LEAVABLE(0)
	MOVQ $·dispatch(SB), AX // indirect: hides Go's stack use from the nosplit check
	CALL AX
	MOVQ (8+frame_ret)(SP), AX
	JMP  leavego<>(SB)

// LEAVE goes back to C from a frame of callgo's kind, whose size is frame. In: AX =
// result, SP = the frame's.
#define LEAVE(frame) \
	SETBP(frame(SP)); \
	MOVQ (frame+8)(SP), R12; \
	LEAQ (frame+16)(SP), R11; \
	MOVQ ·state+runtimeState_residentG(SB), R10; \
	MOVQ ·state+runtimeState_residentG0(SB), R8; \
	get_tls(CX); \
	MOVQ R12, const_gSchedPC(R10); \
	MOVQ R11, const_gSchedSP(R10); \
	MOVQ BP, const_gSchedBP(R10); \
	MOVQ R8, g(CX); \
	MOVQ const_gSchedSP(R8), SP; \
	MOVQ 0(SP), R9; \
	MOVQ R9, const_gSchedSP(R8); \
	RESTORE

// leavego leaves callgo. In the window between the server's events before sleep
// and after sleep it gives the P away again: the server sleeps and waits for its
// lock there, and no event comes before it does.
TEXT leavego<>(SB), NOSPLIT|NOFRAME, $0
	LEAVE(GOFRAME)
	CMPQ ·state+runtimeState_window(SB), $0
	JNE  again
	RET
again:
	SUBQ $24, SP
	MOVQ AX, 0(SP)
	CALL releaseOut<>(SB)
	MOVQ 0(SP), AX
	ADDQ $24, SP
	RET

// func barrier(f *frame)
//
// What callgo is on the fast way, for callbacks that came the ordinary way: a
// frame of known shape that abort can return to. Called from Go, on the
// goroutine's own stack.
#define BARRIERFRAME 8 // as the literal in the TEXT line
TEXT ·barrier(SB), NOSPLIT, $8-8
	NO_LOCAL_POINTERS
	MOVQ f+0(FP), R10
	MOVQ R10, 0(SP)
	get_tls(CX)
	MOVQ g(CX), R11
	LEAVABLE(1) // bit 0 tells abort which of the two frames it is
	MOVQ $·dispatch(SB), AX // indirect: hides Go's stack use from the nosplit check
	CALL AX
	RET

// func abort(f *frame)
//
// Leaves a callback whose goroutine is being ended by runtime.Goexit: drops all
// frames above callgo or barrier and returns from there.
// SAFETY(U6): called by dispatch's deferred function, when Goexit has run every
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
	BTQ  $0, R12
	JCS  plain
	SUBQ R12, R13
	MOVQ R13, SP
	JMP  leavego<>(SB)
plain:
	ANDQ $~1, R12
	SUBQ R12, R13
	MOVQ R13, SP
	SETBP(BARRIERFRAME(SP))
	ADDQ $(BARRIERFRAME+8), SP
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
TEXT release<>(SB), NOSPLIT|NOFRAME, $0
	MAYRELEASE(no)
	CMPQ SP, ·state+runtimeState_stackLo(SB)
	JB   no
	CMPQ SP, ·state+runtimeState_stackHi(SB)
	JA   no
	SAVE
	get_tls(CX)
	OPEN
	MOVQ const_gSchedSP(R11), R12
	MOVQ const_gStackHi(R11), R10
	SUBQ R12, R10
	MOVQ R10, ·state+runtimeState_stopDepth(SB)
	MOVQ const_gSchedPC(R11), R10 // as in enter; see U5
	SETBP(const_gSchedBP(R11))
	MOVQ R10, -8(R12)
	LEAQ -8(R12), SP
	JMP  callsleep<>(SB)
no:
	MOVL $1, AX
	RET

// releaseOut is release when a callback has been left and no other one of ours is
// under way.
TEXT releaseOut<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ ·state+runtimeState_residentG(SB), R11
	MOVQ const_gStackHi(R11), R10
	SUBQ const_gSchedSP(R11), R10
	CMPQ R10, ·state+runtimeState_parkDepth(SB)
	JNE  no
	JMP  release<>(SB)
no:
	RET

// releaseNow is release from the handler of SIGURG, which runs on the signal stack:
// DI is where the thread's own stack is free. With all signals blocked.
TEXT releaseNow<>(SB), NOSPLIT|NOFRAME, $0
	SUBQ $8, SP
	MOVQ BX, 0(SP)
	MOVQ SP, BX
	MOVQ DI, SP
	CALL release<>(SB)
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
	RET

// rewake is called by a gate on its way back, in C, while released: the resident
// goroutine takes a P again. Others see that it is released, too; it does not
// concern them. In: R13 = g. Keeps the results, AX and X0.
TEXT rewake<>(SB), NOSPLIT|NOFRAME, $0
	CMPQ R13, ·state+runtimeState_residentG(SB)
	JNE  out
	MOVQ const_gStackHi(R13), R11 // see resume
	SUBQ const_gSyscallSP(R13), R11
	CMPQ R11, ·state+runtimeState_sleepDepth(SB)
	JNE  out
	SUBQ $24, SP
	MOVQ AX, 0(SP)
	MOVSD X0, 8(SP)
	CALL wake<>(SB)
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
	JMP  enter<>(SB)
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

// func callAddresses() (release, releaseNow, idle uintptr)
TEXT ·callAddresses(SB), NOSPLIT, $0-24
	LEAQ release<>(SB), AX
	MOVQ AX, release+0(FP)
	LEAQ releaseNow<>(SB), AX
	MOVQ AX, releaseNow+8(FP)
	LEAQ idle<>(SB), AX
	MOVQ AX, idle+16(FP)
	RET

// func yield(released uintptr)
//
// Leaves to C with result 0, between entersyscall and exitsyscall; returns when
// wake runs. Its frame is that of gateMark.
TEXT ·yield(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ released+0(FP), AX
	SUBQ $8, SP
	MOVQ BP, 0(SP)
	get_tls(CX)
	MOVQ g(CX), R13
	MOVQ SP, R12
	MOVQ R12, const_gSchedSP(R13)
	LEAQ ·gateMark+MARK(SB), R11
	MOVQ R11, const_gSchedPC(R13)
	MOVQ R12, const_gSchedBP(R13)
	MOVQ const_gStackHi(R13), R11
	SUBQ R12, R11
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
	MOVQ 0(SP), R9
	MOVQ R9, const_gSchedSP(R8)
	RESTORE
	RET

// wake is called in C, on the resident thread, while released: it goes back
// into yield, which takes a P again and leaves through leavesleep to wake's caller.
TEXT wake<>(SB), NOSPLIT|NOFRAME, $0
	SAVE
	get_tls(CX)
	MOVQ ·state+runtimeState_residentG(SB), R11
	OPEN
	MOVQ $0, ·state+runtimeState_released(SB)
	MOVQ const_gStackHi(R11), R10
	SUBQ ·state+runtimeState_yieldDepth(SB), R10
	MOVQ R10, SP
	SETBP(0(SP))
	ADDQ $8, SP
	RET

// The trampolines: 10 bytes each, number i (from 1, since the assembler would
// shorten a move of 0) at the start + 10*(i-1).
#define T(i) MOVL $(i), AX; JMP enter<>(SB)
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
