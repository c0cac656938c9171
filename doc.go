// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package redismodule is the raw layer: the server's module API, one Go function
// for each C function, under the C name without its prefix, and the call layer
// below it. It has no policy: it converts, calls and returns. Modules are
// written with package rm.
//
// # Calls
//
// Every function calls through a table of function pointers that is filled once,
// at load. A function that the running server lacks panics with an
// *UnsupportedError; ask [Has] first. How a call reaches C (gate or cgo) is
// decided by the gate, from the calling goroutine, the function's lane and the
// mode; see docs/ARCHITECTURE.md.
//
// # Pointers
//
// Handles are words of C memory. A Go pointer argument may point into the
// calling goroutine's stack unless the function can come back into Go; the
// generated code sees to that. Variadic arguments are words: what such a word
// points at must be C or heap memory (see [Escape]).
//
// # Callbacks
//
// [NewCallback] makes a C function pointer of a Go function.
package redismodule

//go:generate go run ./internal/apigen
//go:generate go run ./internal/smokegen
//go:generate go run ./internal/coverage
