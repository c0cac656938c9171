// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

#include "textflag.h"
#include "go_asm.h"
#include "asm_arm64.h"

// The gates, Go to C: a Go function calls gateN with the number of an API function
// and its arguments. gateN decides the way (own C stack at once, or cgo);
// directN switches to the C stack of the thread and calls.
//
// The other direction is in entry_arm64.s. The order of the functions is the same in
// rm_amd64.s; what the files share is in asm_arm64.h.

// WAY decides how a gate reaches its function; see rm_amd64.s.
// Out for direct: R9 = C function.
#define WAY(direct, portable) \
	MOVWU id+0(FP), R13; \
	MOVD $·gateTable(SB), R10; \
	MOVD (R10)(R13<<3), R9; \
	MOVD ·state+runtimeState_residentG(SB), R11; \
	CMP  g, R11; \
	BNE  other; \
go: \
	B    direct; \
other: \
	MOVD $·fnTable(SB), R10; \
	MOVD (R10)(R13<<3), R11; \
	CBZ  R11, absent; \
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
	BL   ·release(SB)
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

// noFunction stands in gateTable for a function that the server lacks; see
// rm_amd64.s. In: R19 = g. The gate has pushed its return address and R29, and absent
// begins as a function that was called.
TEXT ·noFunction(SB), NOSPLIT|NOFRAME, $0-0
	BACK
	MOVD R29, R16 // nobody needs it; vet asks that R29 is read before it is written
	MOVD -8(RSP), R29
	MOVD 0(RSP), R30
	ADD  $16, RSP, RSP
	B    ·absent(SB)

// func noFunctionAddress() uintptr
TEXT ·noFunctionAddress(SB), NOSPLIT, $0-8
	MOVD $·noFunction(SB), R0
	MOVD R0, ret+0(FP)
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
