// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package ctest holds the C side of the gate and trampoline tests: C functions
// of every shape that a gate must be able to call, a stand-in for the server's
// GetApi, and fixtures that catch a broken calling convention in the act, by
// filling every callee-saved register with a pattern around a call, or by
// destroying every caller-saved one.
//
// The Addr functions return the address of a C function as a word that assembly
// can call. The functions without that prefix make an ordinary cgo call to it:
// they are the reference which a gate is compared with. A package that uses cgo
// cannot hold Go assembly, and so the gates cannot live here.
//
// Integer results are weighted sums of the arguments, see [SumWant], so that two
// exchanged arguments are as visible as a wrong one.
//
// On top of them is the in-process host (the Host functions): a server's side of the
// module API for a whole module, as far as the fuzz targets need it.
//
// Everything but this comment needs cgo. Unless said otherwise, the fixtures
// keep state in C without a lock: tests that use them must not run in parallel.
package ctest
