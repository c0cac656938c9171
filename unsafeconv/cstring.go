// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package unsafeconv

import "strings"

// CBufSize is the number of bytes in a [CBuf]; texts up to one byte less need no
// allocation.
const CBufSize = 128

// CBuf makes NUL-terminated texts for C without allocation. It is meant to be a
// local variable; its zero value is ready, and it holds one text at a time.
type CBuf struct {
	buf [CBufSize]byte
}

// String copies s and a NUL into b and returns the address of the copy; a text that
// does not fit is copied to the heap instead. The result is never nil. It is valid
// until the next call on b and as long as both it and b are reachable; see the
// package comment for functions that call back into Go. Of a text with a NUL inside,
// C sees the part before it.
func (b *CBuf) String(s string) *byte {
	if len(s) >= CBufSize {
		return heapCString(s)
	}
	copy(b.buf[:], s)
	b.buf[len(s)] = 0
	return &b.buf[0]
}

// heapCString is kept out of line so that CBuf.String stays small.
//
//go:noinline
func heapCString(s string) *byte {
	p := make([]byte, len(s)+1)
	copy(p, s)
	return &p[0]
}

// ZStr is a text that is stored once together with its NUL: the name of a command,
// a format. It is immutable and copied by value; the zero value is the empty text.
// Make one with [NewZ] or [Z], usually in a package variable, where C may keep the
// address for ever.
type ZStr struct {
	// s is "" or ends in the only NUL it has.
	s string
}

// NewZ returns s as a [ZStr]. It allocates once and panics if s has a NUL.
func NewZ(s string) ZStr {
	if HasNUL(s) {
		panic("unsafeconv: NewZ: text with a NUL")
	}
	return ZStr{s + "\x00"}
}

// Z returns lit, which must end in its only NUL, as a [ZStr] without allocation:
// Z("GET\x00"). It panics on any other text.
func Z(lit string) ZStr {
	if i := strings.IndexByte(lit, 0); i < 0 || i != len(lit)-1 {
		panic("unsafeconv: Z: text does not end in its only NUL")
	}
	return ZStr{lit}
}

// Ptr returns the address of the text, which ends in a NUL. It is never nil, is
// valid as long as z is reachable, and must not be written.
func (z ZStr) Ptr() *byte {
	return Data(z.s)
}

// String returns the text without its NUL. It does not allocate.
func (z ZStr) String() string {
	if z.s == "" {
		return ""
	}
	return z.s[:len(z.s)-1]
}

// Len returns the length of the text without its NUL.
func (z ZStr) Len() int {
	return max(len(z.s)-1, 0)
}
