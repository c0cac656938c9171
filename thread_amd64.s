// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

#include "textflag.h"
#include "go_asm.h"
#include "asm_amd64.h"

// Who runs here.
//
// The order of the functions is the same in thread_arm64.s.

// func getg() uintptr
TEXT ·getg(SB), NOSPLIT, $0-8
	get_tls(CX)
	MOVQ g(CX), AX
	MOVQ AX, ret+0(FP)
	RET

// func registerG() uintptr
//
// The g that compiled code keeps in a register.
TEXT ·registerG(SB), NOSPLIT, $0-8
	MOVQ R14, ret+0(FP)
	RET

// func threadPointer() uintptr
//
// amd64 knows the resident thread by its g0.
TEXT ·threadPointer(SB), NOSPLIT, $0-8
	MOVQ $0, ret+0(FP)
	RET
