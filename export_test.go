// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

// ForcedPortable tells that the program was built with the tag rm_portable.
const ForcedPortable = forcePortable != ""

// FastLane tells whether a function may take the direct way on any goroutine.
func FastLane(id FuncID) bool { return fnLane[id] != 0 }

// KnownRuntime tells whether begin knows a Go release.
func KnownRuntime(version string) bool { return knownRuntime(version) }

// RawSubscribeToServerEvent and RawThreadSafeContextLock are the generated functions
// below the exported ones.
var (
	RawSubscribeToServerEvent = subscribeToServerEvent
	RawThreadSafeContextLock  = threadSafeContextLock
)

// SetFunc puts fn into the function table.
func SetFunc(id FuncID, fn CFunc) { setFunc(id, uintptr(fn)) }

// ResetCallbacks and RetireCallbacks are what begins and what ends a load that fails.
var (
	ResetCallbacks  = resetCallbacks
	RetireCallbacks = retireCallbacks
)

// What internal/core takes from this package by linkname.
var (
	CoreLoad           = load
	CoreBegin          = begin
	CoreSettle         = settle
	CoreAbandon        = abandon
	CoreUnload         = unload
	CorePark           = becomeResident
	CoreEnter          = enterOrdinary
	CoreNewCommand     = newCommand
	CoreNewEntry       = newEntry
	CoreFail           = fail
	CoreResident       = isResident
	CoreOnServerThread = onServerThread
	CoreNameThreads    = nameThreads
	CoreNameEntry      = nameCallback
	CoreSetTurns       = setTurns
	CoreLasting        = lasting
	CoreCallPtr        = callPtr
	CoreAddress        = address
	CoreTrace          = trace
	CoreCallInPlace    = callInPlace
)
