// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package unsafeconv

import (
	"strings"
	"unsafe"
)

// nul is what pointers to nothing point to. C reads it, nobody writes it.
var nul byte

// minPage divides every page size in use, so memory is mapped or not in whole
// units of it.
const minPage = 4096

// String returns the bytes of b as a string without copying. The view is valid as
// long as b's bytes do not change. A slice of no bytes gives "".
func String(b []byte) string {
	// SAFETY: the string covers exactly b's bytes; holds because pointer and length
	// come from one slice, and the caller does not write to b; until b is written.
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// Bytes returns the bytes of s as a slice without copying. The slice must not be
// written, not even with the same value: s may be in read-only memory. "" gives nil.
func Bytes(s string) []byte {
	if len(s) == 0 {
		return nil
	}
	// SAFETY: the slice covers exactly s's bytes; holds because pointer and length
	// come from one string and cap == len; as long as nobody writes to the slice.
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// StringAt returns the n bytes at p as a string without copying. The view is valid
// until the owner of the memory changes or frees it. n == 0 or a nil p gives "".
func StringAt(p *byte, n uintptr) string {
	if p == nil || n == 0 {
		return ""
	}
	// SAFETY: n bytes at p are readable and stay as they are; holds because the C
	// function that returned both says so; until the owner frees or changes them.
	return unsafe.String(p, n)
}

// BytesAt returns the n bytes at p as a slice without copying, with cap == len. It
// may be written only if the owner of the memory allows that. The view is valid
// until the owner changes or frees the memory. n == 0 or a nil p gives nil.
func BytesAt(p *byte, n uintptr) []byte {
	if p == nil || n == 0 {
		return nil
	}
	// SAFETY: n bytes at p are readable; holds because the C function that returned
	// both says so; until the owner frees or moves them.
	return unsafe.Slice(p, n)
}

// CString returns the text at p up to its first NUL byte, without the NUL and
// without copying. The view is valid until the owner of the memory changes or frees
// it. A nil p gives "".
//
// It may read, and ignore, bytes behind the NUL, but none of another page. That is
// more than the object if the text lies in Go memory, hence nocheckptr.
//
//go:nocheckptr
func CString(p *byte) string {
	if p == nil {
		return ""
	}
	for n := uintptr(0); ; {
		// SAFETY: q is inside the text; holds because no NUL was among the n bytes
		// before it and p is NUL-terminated; until the owner frees the text. The
		// window after q may go past the text but stays in q's page, which is mapped.
		q := unsafe.Add(unsafe.Pointer(p), n)
		window := minPage - uintptr(q)%minPage
		if i := strings.IndexByte(unsafe.String((*byte)(q), window), 0); i >= 0 {
			// SAFETY: as above, now with the length known to end before the NUL.
			return unsafe.String(p, n+uintptr(i))
		}
		n += window
	}
}

// HasNUL reports whether s has a NUL byte, so that C would see only a part of it.
func HasNUL(s string) bool {
	return strings.IndexByte(s, 0) >= 0
}

// Data returns the address of the first byte of s for a C function that also takes
// the length. It is never nil: "" gives the address of a NUL byte. C must not write
// there, and may keep the address only as long as s is reachable in Go.
func Data(s string) *byte {
	if len(s) == 0 {
		return &nul
	}
	// SAFETY: the address is that of s's first byte; holds because s is not empty;
	// until s is unreachable.
	return unsafe.StringData(s)
}

// DataBytes returns the address of the first byte of b for a C function that also
// takes the length. It is never nil: no bytes give the address of a NUL byte, also
// where b has capacity. C may keep the address only as long as b is reachable in Go.
func DataBytes(b []byte) *byte {
	if len(b) == 0 {
		return &nul
	}
	return &b[0]
}
