// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package unsafeconv

import "unsafe"

// Pointer returns the C address addr as a pointer; it is the one place where this
// module does that. addr must not be an address of Go memory: the garbage collector
// neither sees nor moves a uintptr, so the memory could be gone. 0 gives nil.
func Pointer(addr uintptr) unsafe.Pointer {
	// The compiler takes the result of unsafe.Add for not nil, and so would take a
	// comparison with nil for false, once this function is inlined.
	if addr == 0 {
		return nil
	}
	// SAFETY: the result is not a pointer to Go memory; holds because callers pass
	// only addresses that came from C; until the owner frees the memory. Adding to
	// nil, unlike a conversion, is what checkptr verifies and vet accepts.
	return unsafe.Add(unsafe.Pointer(nil), addr)
}

// Ptr returns the C address addr as a pointer to a T, for structs whose layout is
// that of C. The rules of [Pointer] hold; addr must be aligned for T, and pointers
// inside the T must be C pointers. 0 gives nil.
func Ptr[T any](addr uintptr) *T {
	// SAFETY: a T lies at addr; holds because the C declaration says so; until the
	// owner frees the memory.
	return (*T)(Pointer(addr))
}

// SliceAt returns the n elements of type T at the C address addr as a slice without
// copying, with cap == len. The rules of [Ptr] hold. It may be written only if the
// owner allows that, and is valid until the owner frees or moves the memory. n == 0
// or a zero addr gives nil; a negative n panics as the package comment says.
func SliceAt[T any](addr uintptr, n int) []T {
	if n == 0 || addr == 0 && n > 0 {
		return nil
	}
	// SAFETY: n elements lie at addr; holds because the C function that returned both
	// says so; until the owner frees or moves them.
	return unsafe.Slice(Ptr[T](addr), n)
}
