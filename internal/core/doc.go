// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package core is what package rm and the C edge need of the root package beside its
// public face: the steps of a load, the resident goroutine, and loops that C runs in
// one crossing. Modules have no business here.
//
// Go has no friends among packages. The functions are unexported in the root package
// and reached by linkname, which costs a call nothing, where a variable that the root
// package fills would cost each callback of the portable path a jump.
package core
