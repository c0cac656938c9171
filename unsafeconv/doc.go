// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package unsafeconv converts between Go strings, byte slices and C memory
// without copying. It is the only package of this module with such casts, so a
// reviewer of memory safety starts here. It has no state, takes no lock and may
// be used from any goroutine.
//
// # Views
//
// Every function that gives a string or a slice gives a view: a second name for
// memory that somebody else owns. A view is valid as long as that memory is, and
// the view itself keeps only Go memory alive. A view of C memory must not be used
// after the C side frees, moves or changes the memory; for the argument of a
// command that is the return of its handler, for other memory the function that
// produced it says. Copy what has to live longer (strings.Clone, bytes.Clone).
//
// A string is immutable for the compiler: the bytes below a view made by [String],
// [StringAt] or [CString] must not change while the view is in use. Bytes below a
// slice made by [Bytes] must never be written, they may be in read-only memory.
// Slices that point to memory of others have cap == len, so an append copies.
//
// # Zero length
//
// There is one answer for each direction and it does not depend on the address:
//
//   - text of no bytes is the string "", whatever the pointer was;
//   - bytes of no length are the nil slice, whatever the pointer was;
//   - a nil pointer or a zero address with any length is empty too;
//   - a pointer made for C ([Data], [DataBytes], [CBuf.String], [ZStr.Ptr]) is
//     never nil: with no bytes it is the address of a NUL byte that belongs to this
//     package and must not be written.
//
// Lengths are never narrowed: strings above 2 GiB pass whole. A negative length and
// a range that would wrap around the address space are faults of the program: they
// panic with "len out of range", which builds with checkptr cannot recover from.
//
// # NUL
//
// C texts end at their first NUL byte. [CString] reads up to it. [CBuf.String]
// copies the whole Go string, so for a text with a NUL inside C sees the part
// before it; whoever must refuse such a text asks [HasNUL] first. [NewZ] and [Z],
// which make the names that are known when the program is written, panic.
//
// # Pointers into a goroutine's stack
//
// A [CBuf] is meant to be a local variable. Its address may be given only to C
// functions that cannot call back into Go: a callback may grow, and so move, the
// goroutine's stack below the C function. For the others use a [ZStr], or a CBuf
// that lives on the heap.
//
// # Addresses
//
// A C address held as a uintptr becomes a pointer only through [Pointer], and only
// if it is not Go memory. The race detector's build (-race, and -d=checkptr alone)
// checks this: an address of Go memory given to [Pointer], [Ptr] or [SliceAt] ends the
// program there, and so does one below 4096 that is not zero.
package unsafeconv
