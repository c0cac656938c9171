// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package edge is where the C edge (internal/cgate) leaves what the call layer
// (the root package) needs of it. The two cannot import each other: a package
// with cgo cannot hold Go assembly, and C symbols need cgo.
package edge

import "unsafe"

// Addresses of C functions. Zero when the program was built without cgo.
var (
	// CallWords, CallFloat and CallLongDouble take a *Call, call its function
	// and store the result in it. They run on a C stack under runtime.cgocall.
	CallWords, CallFloat, CallLongDouble uintptr
	// Trampolines is the table of C callbacks for the portable path; entry i
	// (from 1) is at Trampolines[i-1].
	Trampolines []uintptr
	// LongJump is the C function that ends OnLoad without returning from Go:
	// it takes the buffer JumpBuffer and never returns.
	LongJump, JumpBuffer uintptr
	// StackPointer stores the C stack pointer it sees at its argument.
	StackPointer uintptr
	// Errno returns the calling thread's errno.
	Errno uintptr
)

// StackBounds returns the bounds of the calling thread's C stack.
var StackBounds func() (lo, hi uintptr)

// ServerStack returns the bounds of the C stack of the server's main thread, 0 where it is not known.
var ServerStack func() (lo, hi uintptr)

// OnMainThread tells whether the calling thread is the server's main thread.
var OnMainThread func() bool

// ResidentParked tells C of the resident goroutine, for later loads; see
// internal/cgate/resident.c.
var ResidentParked func(state [4]uintptr, none [3]uintptr, load, release uintptr)

// LoadOrdinary is what OnLoad answers on the resident goroutine when the load cannot
// run there; nothing has been done by then.
const LoadOrdinary = 2

// BuildID returns the ID of the build that is in memory, "" when it has none.
var BuildID func() string

// SetUnload tells C which callback answers RedisModule_OnUnload.
var SetUnload func(callback uintptr)

// What fork needs of C; see internal/cgate/fork.c.
var (
	ForkHooks  func(before, inParent, inChild, refuse, log uintptr)
	ForkWanted func(yes bool)
	// CallbackName gives C the name of callback i, for what it logs of one that comes in a child where Go cannot run.
	CallbackName        func(i int, name string)
	ForgetCallbackNames func()
	ChildTimeout        func(seconds int)
	// ServerFork and the others return what to call in place of the server's Fork,
	// SubscribeToServerEvent and RegisterInfoFunc.
	ServerFork, ServerSubscribe, ServerInfo func(function uintptr) uintptr
	// EndChild is the C function that ends a child in which a callback failed.
	EndChild uintptr
)

// InstallSignals puts the signal router over Go's handlers; lo and hi bound the
// Go text.
var InstallSignals func(lo, hi uintptr)

// ReleaseOnSignal tells the router of SIGURG what to call, or 0.
var ReleaseOnSignal func(releaseNow uintptr)

// Releases is how often the signal handler has given the resident goroutine's P away.
var Releases func() uint64

// ResidentEntries is how many callbacks the resident goroutine has run, OrdinaryEntries how many
// have come in through cgo. They are asked on the server's thread, or under its lock.
var ResidentEntries, OrdinaryEntries func() uint64

// The events that the binding listens to; see internal/cgate/events.c.
var (
	// Hubs are its C callbacks, by Hub number.
	Hubs []uintptr
	// HubSet puts the module's own listener behind one of them.
	HubSet func(hub int, fn uintptr)
	// HubSettle tells them what they do at the events of the loop.
	HubSettle func(window, hurried, pending, woken unsafe.Pointer, release, drain uintptr)
	// LoopWoken is the C function that the event loop is woken with.
	LoopWoken uintptr
)

// The numbers of the hubs.
const (
	HubLoop = iota
	HubLoading
	HubConfig
	HubModule
)

// Callbacks on stacks that are not the thread's own; see internal/cgate/oddstack.c.
var (
	OddStack       uintptr
	OddStackSettle func(log, reply uintptr, commands unsafe.Pointer)
)

// SetIdle tells C which function knows whether a callback is under way.
var SetIdle func(fn uintptr)

// ForgetMainThread says that the module is being loaded on a thread that is not
// the server's.
var ForgetMainThread func()

// WrongLane is the C function that reports a call back into Go from a gate on a
// goroutine that is not the resident one.
var WrongLane uintptr

// GuardNames gives C the names of the API functions, for WrongLane's report, and
// the address of RedisModule_Log.
var GuardNames func(names []string, log uintptr)

// Replay is the C function that sends a recorded reply.
var Replay uintptr

// ReplySlice is the C function that sends a whole slice as one reply.
var ReplySlice uintptr

// The C functions that read many elements in one crossing, and what tells them the
// addresses of the API functions.
var (
	ReadZset, ReadStream, ReadKeys, FreeStrings uintptr

	// Those for many fields of a hash.
	HashGet, HashSet, HashDelete uintptr

	// Those that read into memory of the caller.
	ReplyHandles, ReplyViews, ZSetInPlace, ZSetFree uintptr

	BatchAPI func(functions []uintptr)
)

// Scripting engines; see internal/cgate/engine.c.
var (
	// EngineFree and EngineMemory are the C callbacks that free a function and say what memory is used.
	EngineFree, EngineMemory uintptr
	// EngineFreed is where in C the list of freed functions begins.
	EngineFreed *uintptr
	// EngineAsk tells C which callback knows what memory is used.
	EngineAsk func(fn uintptr)
)

// Data types in C memory; see internal/cgate/structs.c. StructAPI tells C the addresses
// of the API functions, StructNew returns the address of a type's head and its callbacks, nil when
// there are too many types. fields points at n fields, and name has nine characters.
var (
	StructAPI func(functions []uintptr)
	StructNew func(name string, version int, size uintptr, fields unsafe.Pointer, n int) []uintptr
)

// NameThreads names the threads of our Go runtime after the module.
var NameThreads func(module string)

// CountThreads returns how many threads our Go runtime has.
var CountThreads func() int

// LowerPriority gives Go's threads a nice value.
var LowerPriority func(nice int)

// CallOut does the work of one of the thunks by way of an ordinary cgo call,
// for platforms without the assembly. The frame must be on the heap.
var CallOut func(thunk uintptr, call unsafe.Pointer)

// OnLoad is the typed layer's half of RedisModule_OnLoad: it registers the
// module and returns 0, 1 or LoadOrdinary. getAPI is the server's GetApi. When park is true,
// the goroutine becomes the resident one.
var OnLoad func(ctx, argv uintptr, argc int, getAPI uintptr) (status int, park bool)

// MaxWords is how many integer words a call can have at most.
const MaxWords = 24

// Call is the frame of one call through cgo; internal/cgate declares its twin
// in C.
type Call struct {
	Fn    uintptr
	Words *uintptr // N integer argument words
	N     uintptr
	Fixed uintptr // fixed parameters of a variadic function, 0 for others
	Op    uintptr // long double operation
	Ret   uintptr
	F0    uint64 // floating-point arguments as bits
	F1    uint64
	FRet  uint64 // floating-point result as bits
}
