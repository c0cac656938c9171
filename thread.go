// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
)

// getg returns the calling goroutine's g.
func getg() uintptr

// registerG is the same, from where compiled code has it: what gates go by.
func registerG() uintptr

// threadPointer returns the thread's base on arm64, 0 on amd64.
func threadPointer() uintptr

// word reads the machine word at an address outside the Go heap or inside a
// runtime structure.
func word(addr uintptr) uintptr {
	// SAFETY(U10): addr comes from the runtime (g, m) and is aligned; check.go
	// proves the offsets before anything else relies on them.
	return **(**uintptr)(unsafe.Pointer(&addr))
}

// settleThread notes the calling thread as the server's: trampolines on it look
// at the stack they are called on.
func settleThread() {
	state.stackLo, state.stackHi = edge.StackBounds()
	state.residentTP = threadPointer()
	state.residentG0 = word(word(getg()+gM) + mG0)
}

// forgetThread is the state without a known thread.
func forgetThread() {
	state.residentG, state.residentG0, state.residentTP = 0, noThread, noThread
}
