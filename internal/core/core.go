// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package core

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// Each of these is the function of the root package that its linkname names. The
// compiler does not compare the two; TestSignatures of the root package does.

// Load fills the function table by asking getAPI, the server's GetApi. It returns how many
// functions the server provides.
func Load(getAPI uintptr) int {
	n := load(getAPI)
	Settled()
	return n
}

// Settled tells C where the functions are that its loops call. Load calls it.
func Settled() {
	settleReplay()
	settleBatch()
	settleStructs()
}

//go:linkname load github.com/iredismodule/redismodule.load
func load(getAPI uintptr) int

// Begin starts the call layer for one load of the module, behind Load.
//
//go:linkname Begin github.com/iredismodule/redismodule.begin
func Begin(portable string) bool

// Settle is the last step of a load that succeeded, before Park.
//
//go:linkname Settle github.com/iredismodule/redismodule.settle
func Settle(ctx redismodule.Ctx) error

// Abandon undoes, for a load that fails, what is subscribed to by then.
//
//go:linkname Abandon github.com/iredismodule/redismodule.abandon
func Abandon(ctx redismodule.Ctx)

// Unload ends the load of a module at the end of the server's unload callback.
//
//go:linkname Unload github.com/iredismodule/redismodule.unload
func Unload(ctx redismodule.Ctx) uintptr

// Park makes the calling goroutine the resident one. It does not return.
//
//go:linkname Park github.com/iredismodule/redismodule.becomeResident
func Park()

// NewCommand is redismodule.NewCommandCallback for a [Command].
//
//go:linkname NewCommand github.com/iredismodule/redismodule.newCommand
func NewCommand(run func(ctx redismodule.Ctx, argv uintptr, argc int32, f unsafe.Pointer), failed redismodule.Failed) (redismodule.CFunc, error)

// NewEntry is redismodule.NewCallback for an [Entry], and with saves NewSaveCallback.
//
//go:linkname NewEntry github.com/iredismodule/redismodule.newEntry
func NewEntry(run func(f unsafe.Pointer), failed redismodule.Failed, saves bool) (redismodule.CFunc, error)

// NameEntry says what the log is to call a callback that comes in a forked child where Go cannot run.
//
//go:linkname NameEntry github.com/iredismodule/redismodule.nameCallback
func NameEntry(f redismodule.CFunc, name string)

// Fail answers for a command that did not return: v is what it panicked with, nil for
// runtime.Goexit.
//
//go:linkname Fail github.com/iredismodule/redismodule.fail
func Fail(f unsafe.Pointer, v any)

// Enter runs callback index inside an ordinary cgo callback.
//
//go:linkname Enter github.com/iredismodule/redismodule.enterOrdinary
func Enter(index, a0, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr

// Resident tells whether the calling goroutine is the resident one.
//
//go:linkname Resident github.com/iredismodule/redismodule.isResident
func Resident() bool

// OnServerThread tells whether the calling goroutine runs a callback on the server's
// main thread.
//
//go:linkname OnServerThread github.com/iredismodule/redismodule.onServerThread
func OnServerThread() bool

// NameThreads gives Go's threads a name of their own, after the module.
//
//go:linkname NameThreads github.com/iredismodule/redismodule.nameThreads
func NameThreads(module string)

// SetTurns is how Go's threads share the machine with the server's thread: with
// procs for GOMAXPROCS, and nice added to their priority. 0 leaves either alone.
//
//go:linkname SetTurns github.com/iredismodule/redismodule.setTurns
func SetTurns(procs, nice int)

// Lasting gives fn a C function that stays when the module is unloaded and loaded again.
// There is one.
//
//go:linkname Lasting github.com/iredismodule/redismodule.lasting
func Lasting(fn redismodule.Callback, failed redismodule.Failed) redismodule.CFunc

// callPtr calls a C function that is not in the table, the way that is legal on the
// calling goroutine for any function. Pointer arguments must not point into the
// goroutine's stack.
//
//go:linkname callPtr github.com/iredismodule/redismodule.callPtr
func callPtr(fn, a0, a1, a2, a3, a4, a5 uintptr) uintptr

// CallFunction calls a C function of another module, which may come back into Go. Pointers among
// the words must not point into the goroutine's stack.
func CallFunction(fn uintptr, w [6]uintptr) uintptr {
	return callPtr(fn, w[0], w[1], w[2], w[3], w[4], w[5])
}

// callInPlace is callPtr for a function of ours (internal/cgate) that uses p and q only
// while no callback can come back into Go. They may point into the goroutine's stack, or
// to memory that holds Go pointers, once they were given to leaveStack.
//
//go:noescape
//go:linkname callInPlace github.com/iredismodule/redismodule.callInPlace
func callInPlace(fn, a0 uintptr, p unsafe.Pointer, n uintptr, q unsafe.Pointer, a4, a5 uintptr) uintptr

// address is where an API function is, 0 where the running server has none.
//
//go:linkname address github.com/iredismodule/redismodule.address
func address(id redismodule.FuncID) uintptr

//go:linkname trace github.com/iredismodule/redismodule.trace
func trace(id redismodule.FuncID)

// Unexported are the functions of the root package that only this package uses, for the
// test of their signatures.
func Unexported() (
	func(uintptr) int, func(_, _, _, _, _, _, _ uintptr) uintptr,
	func(redismodule.FuncID) uintptr, func(redismodule.FuncID),
	func(_, _ uintptr, _ unsafe.Pointer, _ uintptr, _ unsafe.Pointer, _, _ uintptr) uintptr,
) {
	return load, callPtr, address, trace, callInPlace
}
