// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

package redismodule

const codeStep = 1

// lockCall decodes "LEAQ arg(RIP), AX; CALL callee" at an address. arg is 0 when
// there is something else.
func lockCall(at uintptr) (arg, callee uintptr) {
	const lea, call = 0x058d48, 0xe8
	if code(at)&0xffffff != lea {
		return 0, 0
	}
	next := at + 7
	arg = next + uintptr(int32(code(at+3)))
	// The assembler pads calls with up to nine bytes that do nothing.
	for pad := uintptr(0); pad <= 9; pad++ {
		if c := next + pad; code(c)&0xff == call {
			if callee = c + 5 + uintptr(int32(code(c+1))); isEntry(callee) {
				return arg, callee
			}
		}
	}
	return 0, 0
}
