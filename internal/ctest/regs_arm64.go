// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package ctest

// In the order of regs_arm64.h; "stack" is the word at the caller's SP.
var regNames = []string{
	"x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29",
	"d8", "d9", "d10", "d11", "d12", "d13", "d14", "d15", "fpcr", "stack",
}
