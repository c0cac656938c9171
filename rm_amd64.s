// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

#include "textflag.h"
#include "go_asm.h"
#include "asm_amd64.h"

// The gates, Go to C: a Go function calls gateN with the number of an API function
// and its arguments. On the resident goroutine gateN switches to the C stack of the
// thread and calls; on others otherN does so, or goes through cgo.
//
// The other direction is in entry_amd64.s. The order of the functions is the same in
// rm_arm64.s; what the files share is in asm_amd64.h.

// FIND looks the C function up and whether this is the resident goroutine. It tail-jumps:
// what it goes to sees the caller's arguments. Out: R13 = C function, R14 = g, R10 = g0,
// BX = TLS base, AX = id.
// SAFETY(U67): compiled code calls assembly with g in R14, as it calls all else;
// the runtime's copy in thread-local storage is the same. It takes R14 from there again
// when the gate returns.
#define FIND(other) \
	MOVL id+0(FP), AX; \
	LEAQ ·gateTable(SB), R10; \
	MOVQ (R10)(AX*8), R13; \
	get_tls(BX); \
	CMPQ R14, ·state+runtimeState_residentG(SB); \
	JEQ  direct; \
	JMP  other; \
direct: \
	MOVQ ·state+runtimeState_residentG0(SB), R10

// OTHER is the way of any other goroutine: directly, if the gates are on and the function
// is in the fast lane, else by cgo. An absent function panics with its name. Out: R10 = g0. In: as FIND's out.
#define OTHER(portable) \
	LEAQ ·fnTable(SB), R10; \
	CMPQ (R10)(AX*8), $0; \
	JEQ  absent; \
	CMPQ ·state+runtimeState_gates(SB), $0; \
	JEQ  cgo; \
	LEAQ ·fnLane(SB), R10; \
	CMPB (R10)(AX*1), $0; \
	JEQ  cgo; \
	MOVQ const_gM(R14), R10; \
	MOVQ const_mG0(R10), R10; \
	JMP  direct; \
absent: \
	JMP  ·absent(SB); \
cgo: \
	JMP  portable; \
direct:

// PUSHWORDS puts AX words at R12 where C looks for them. Changes R10.
#define PUSHWORDS \
	SUBQ $6, AX; \
	JLE  loaded; \
	LEAQ 1(AX), R10; \
	ANDQ $~1, R10; \
	SHLQ $3, R10; \
	SUBQ R10, SP; \
copy: \
	MOVQ 40(R12)(AX*8), R10; \
	MOVQ R10, -8(SP)(AX*8); \
	SUBQ $1, AX; \
	JNE  copy; \
loaded: \
	MOVQ 0(R12), DI; \
	MOVQ 8(R12), SI; \
	MOVQ 16(R12), DX; \
	MOVQ 24(R12), CX; \
	MOVQ 32(R12), R8; \
	MOVQ 40(R12), R9; \
	XORL AX, AX

// All of these functions have no frame. They run on the goroutine's stack up to SWITCH and on the C
// stack of its thread (g0's) up to BACK. NOSPLIT: nothing may move the stack
// between the conversion of a pointer argument and the C call.

// func gate0(id FuncID) uintptr
TEXT ·gate0(SB), NOSPLIT|NOFRAME, $0-16
	FIND(other0<>(SB))
	SWITCH
	CALL R13
	WOKEN
	BACK
	MOVQ AX, ret+8(FP)
	RET

TEXT other0<>(SB), NOSPLIT|NOFRAME, $0-16
	OTHER(·portable0(SB))
	SWITCH
	ANDQ $~15, SP
	CALL R13
	BACK
	MOVQ AX, ret+8(FP)
	RET

// func gate1(id FuncID, a0 uintptr) uintptr
TEXT ·gate1(SB), NOSPLIT|NOFRAME, $0-24
	FIND(other1<>(SB))
	MOVQ a0+8(FP), DI
	SWITCH
	CALL R13
	WOKEN
	BACK
	MOVQ AX, ret+16(FP)
	RET

TEXT other1<>(SB), NOSPLIT|NOFRAME, $0-24
	OTHER(·portable1(SB))
	MOVQ a0+8(FP), DI
	SWITCH
	ANDQ $~15, SP
	CALL R13
	BACK
	MOVQ AX, ret+16(FP)
	RET

// func gate2(id FuncID, a0, a1 uintptr) uintptr
TEXT ·gate2(SB), NOSPLIT|NOFRAME, $0-32
	FIND(other2<>(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	SWITCH
	CALL R13
	WOKEN
	BACK
	MOVQ AX, ret+24(FP)
	RET

TEXT other2<>(SB), NOSPLIT|NOFRAME, $0-32
	OTHER(·portable2(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	SWITCH
	ANDQ $~15, SP
	CALL R13
	BACK
	MOVQ AX, ret+24(FP)
	RET

// func gate3(id FuncID, a0, a1, a2 uintptr) uintptr
TEXT ·gate3(SB), NOSPLIT|NOFRAME, $0-40
	FIND(other3<>(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	SWITCH
	CALL R13
	WOKEN
	BACK
	MOVQ AX, ret+32(FP)
	RET

TEXT other3<>(SB), NOSPLIT|NOFRAME, $0-40
	OTHER(·portable3(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	SWITCH
	ANDQ $~15, SP
	CALL R13
	BACK
	MOVQ AX, ret+32(FP)
	RET

// func gate4(id FuncID, a0, a1, a2, a3 uintptr) uintptr
TEXT ·gate4(SB), NOSPLIT|NOFRAME, $0-48
	FIND(other4<>(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), CX
	SWITCH
	CALL R13
	WOKEN
	BACK
	MOVQ AX, ret+40(FP)
	RET

TEXT other4<>(SB), NOSPLIT|NOFRAME, $0-48
	OTHER(·portable4(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), CX
	SWITCH
	ANDQ $~15, SP
	CALL R13
	BACK
	MOVQ AX, ret+40(FP)
	RET

// func gate5(id FuncID, a0, a1, a2, a3, a4 uintptr) uintptr
TEXT ·gate5(SB), NOSPLIT|NOFRAME, $0-56
	FIND(other5<>(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), CX
	MOVQ a4+40(FP), R8
	SWITCH
	CALL R13
	WOKEN
	BACK
	MOVQ AX, ret+48(FP)
	RET

TEXT other5<>(SB), NOSPLIT|NOFRAME, $0-56
	OTHER(·portable5(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), CX
	MOVQ a4+40(FP), R8
	SWITCH
	ANDQ $~15, SP
	CALL R13
	BACK
	MOVQ AX, ret+48(FP)
	RET

// func gate6(id FuncID, a0, a1, a2, a3, a4, a5 uintptr) uintptr
TEXT ·gate6(SB), NOSPLIT|NOFRAME, $0-64
	FIND(other6<>(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), CX
	MOVQ a4+40(FP), R8
	MOVQ a5+48(FP), R9
	SWITCH
	CALL R13
	WOKEN
	BACK
	MOVQ AX, ret+56(FP)
	RET

TEXT other6<>(SB), NOSPLIT|NOFRAME, $0-64
	OTHER(·portable6(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), CX
	MOVQ a4+40(FP), R8
	MOVQ a5+48(FP), R9
	SWITCH
	ANDQ $~15, SP
	CALL R13
	BACK
	MOVQ AX, ret+56(FP)
	RET

// func gateWords(id FuncID, words *uintptr, n int) uintptr
//
// The words behind the sixth go onto the C stack, in order. The caller's array
// has at least six words, so all register arguments can be loaded. AX is the number of
// vector registers, which variadic C functions read.
// SAFETY(U3): words may lie in the goroutine's stack: it is read before the
// call, and nothing moves the stack in between.
TEXT ·gateWords(SB), NOSPLIT|NOFRAME, $0-32
	FIND(otherWords<>(SB))
	MOVQ words+8(FP), R12
	MOVQ n+16(FP), AX
	SWITCH
	CMPQ ·state+runtimeState_hurried(SB), $0
	JNE  first
ready:
	PUSHWORDS
	CALL R13
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

TEXT otherWords<>(SB), NOSPLIT|NOFRAME, $0-32
	OTHER(·portableWords(SB))
	MOVQ words+8(FP), R12
	MOVQ n+16(FP), AX
	SWITCH
	ANDQ $~15, SP
	PUSHWORDS
	CALL R13
	BACK
	MOVQ AX, ret+24(FP)
	RET

// func gateFloat(id FuncID, a0, a1, a2, a3 uintptr, f0, f1 uint64) (r uintptr, f uint64)
TEXT ·gateFloat(SB), NOSPLIT|NOFRAME, $0-72
	FIND(otherFloat<>(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), CX
	MOVQ f0+40(FP), X0
	MOVQ f1+48(FP), X1
	SWITCH
	CALL R13
	WOKEN
	BACK
	MOVQ AX, r+56(FP)
	MOVQ X0, f+64(FP)
	RET

TEXT otherFloat<>(SB), NOSPLIT|NOFRAME, $0-72
	OTHER(·portableFloat(SB))
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), CX
	MOVQ f0+40(FP), X0
	MOVQ f1+48(FP), X1
	SWITCH
	ANDQ $~15, SP
	CALL R13
	BACK
	MOVQ AX, r+56(FP)
	MOVQ X0, f+64(FP)
	RET

// func gatePtr(fn, a0, a1, a2, a3, a4, a5 uintptr) uintptr
//
// The gate for a C function that is not in the table. No lane: the caller knows
// that it is legal.
TEXT ·gatePtr(SB), NOSPLIT|NOFRAME, $0-64
	MOVQ fn+0(FP), R13
	MOVQ a0+8(FP), DI
	MOVQ a1+16(FP), SI
	MOVQ a2+24(FP), DX
	MOVQ a3+32(FP), CX
	MOVQ a4+40(FP), R8
	MOVQ a5+48(FP), R9
	get_tls(BX)
	MOVQ const_gM(R14), R10
	MOVQ const_mG0(R10), R10
	SWITCH
	ANDQ $~15, SP
	CALL R13
	WOKEN
	BACK
	MOVQ AX, ret+56(FP)
	RET

// noFunction stands in gateTable for a function that the server lacks. A gate of the
// resident goroutine has called it on the C stack; it goes back to the gate's caller and
// on to absent, which sees the gate's arguments. In: R14 = g, BX = TLS base.
TEXT ·noFunction(SB), NOSPLIT|NOFRAME, $0-0
	BACK
	JMP  ·absent(SB)

// func noFunctionAddress() uintptr
TEXT ·noFunctionAddress(SB), NOSPLIT, $0-8
	LEAQ ·noFunction(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// gateMark is never run. A goroutine that is in C stands at gateMark+MARK for
// the unwinder; it has no frame, as the gates.
TEXT ·gateMark(SB), NOSPLIT|NOFRAME, $0-0
	UNDEF
	UNDEF
	UNDEF
	UNDEF
	CALL AX
	RET
