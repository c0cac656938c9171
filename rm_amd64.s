// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

#include "textflag.h"
#include "go_asm.h"
#include "asm_amd64.h"

// The gates, Go to C: a Go function calls gateN with the number of an API function
// and its arguments. gateN decides the way (own C stack at once, or cgo);
// directN switches to the C stack of the thread and calls.
//
// The other direction is in entry_amd64.s. The order of the functions is the same in
// rm_arm64.s; what the files share is in asm_amd64.h.

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
	CALL ·release(SB)
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
