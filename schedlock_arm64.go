// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && !rm_noasm

package redismodule

const codeStep = 4

// lockCall decodes "ADRP page, R0; ADD offset, R0, R0; BL callee" at an address.
// arg is 0 when there is something else.
func lockCall(at uintptr) (arg, callee uintptr) {
	adrp, add, bl := code(at), code(at+4), code(at+8)
	if adrp&0x9f00001f != 0x90000000 || add&0xffc003ff != 0x91000000 || bl&0xfc000000 != 0x94000000 {
		return 0, 0
	}
	// Signed fields are shifted to the top first, so that shifting back extends the
	// sign.
	pages := int64(adrp>>5&0x7ffff<<2|adrp>>29&3) << 43 >> 43
	words := int64(bl&0x3ffffff) << 38 >> 38
	return uintptr(int64(at&^0xfff)+pages<<12) + uintptr(add>>10&0xfff), uintptr(int64(at+8) + words<<2)
}
