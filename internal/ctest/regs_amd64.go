// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package ctest

// In the order of regs_amd64.h. DF is the direction flag; "stack" is the word
// above the return address.
var regNames = []string{"rbx", "rbp", "r12", "r13", "r14", "r15", "mxcsr", "x87 control", "DF", "stack"}
