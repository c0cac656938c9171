// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

#include "textflag.h"
#include "go_asm.h"
#include "asm_arm64.h"

// Who runs here.
//
// The order of the functions is the same in thread_amd64.s.

// func getg() uintptr
TEXT ·getg(SB), NOSPLIT, $0-8
	MOVD g, R0
	MOVD R0, ret+0(FP)
	RET

// func registerG() uintptr
//
// Where getg finds it, too.
TEXT ·registerG(SB), NOSPLIT, $0-8
	MOVD g, ret+0(FP)
	RET

// func threadPointer() uintptr
TEXT ·threadPointer(SB), NOSPLIT, $0-8
	MRS  TPIDR_EL0, R0
	MOVD R0, ret+0(FP)
	RET
