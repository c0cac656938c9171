// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package ctest

// #include "ctest.h"
import "C"

import "unsafe"

// AddrGetAPI is int getapi(const char *name, void **target), which finds what
// [SetAPI] has put in: 0 and the address in *target, or 1 and *target untouched.
func AddrGetAPI() uintptr { return addr(C.ct_getapi) }

// Context returns the address of a context such as OnLoad is given: its first
// word is the address of GetApi. There is one for the process.
func Context() uintptr { return uintptr(C.ct_context()) }

// SetAPI makes the stand-in for the server know a function by its full name.
func SetAPI(name string, addr uintptr) {
	if name == "" {
		panic("ctest: a function needs a name")
	}
	// SAFETY: C reads len(name) bytes; holds because they are the data of name;
	// until ct_api_set returns, as it keeps a copy.
	p := (*C.char)(unsafe.Pointer(unsafe.StringData(name)))
	if C.ct_api_set(p, C.uintptr_t(len(name)), C.uintptr_t(addr)) != 0 {
		panic("ctest: the table of API functions is full")
	}
}

// ClearAPI forgets all functions and counts.
func ClearAPI() { C.ct_api_clear() }

// Lookups returns how often GetApi found a name, and how often not, since
// [ClearAPI].
func Lookups() (found, missed int) {
	var f, m C.int64_t
	C.ct_api_counts(&f, &m)
	return int(f), int(m)
}
