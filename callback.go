// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"errors"
	"runtime"
	"runtime/debug"
	"sync"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
)

// Callback is Go code behind a C function pointer. The six words are the C
// function's integer and pointer arguments, in order; words beyond what the C
// prototype has hold garbage, and so do the upper halves of C ints. more points
// at the seventh argument and those after it. The result is the C result.
type Callback func(a0, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr

// CommandCallback is Go code behind a command: what the server calls it with, and
// the C result. argv is the address of argc strings, the server's, until it returns.
type CommandCallback func(ctx Ctx, argv uintptr, argc int32) uintptr

// Failure says how a callback ended when it did not return.
type Failure struct {
	// Value is what it panicked with; nil when it called runtime.Goexit.
	Value any
	// Goexit tells that it called runtime.Goexit.
	Goexit bool
	// Stack is the goroutine's stack at the time, as text.
	Stack []byte
}

// Failed answers the server in place of a callback that panicked or called
// runtime.Goexit. a0 and a1 are the callback's first arguments. It must not
// panic itself.
type Failed func(a0, a1 uintptr, f Failure) uintptr

// MaxCallbacks is how many callbacks can be registered at a time.
const MaxCallbacks = trampolineCount - lastOwn

// The numbers of the call layer's own callbacks.
const (
	trampolineCount = 1280
	prepareIndex    = 1 // before a fork; the assembly knows this one
	parentIndex     = 2 // after a fork, in the parent
	childIndex      = 3 // after a fork, in the child
	drainIndex      = 4 // runs the queue
	loadIndex       = 5 // a later load, on the resident goroutine
	parkIndex       = 6 // becomeResident's way into a cgo call
	lastingIndex    = 7 // what the server never forgets; see lasting
	lastOwn         = 7
)

// ErrTooManyCallbacks is the error of NewCallback when the table is full.
var ErrTooManyCallbacks = errors.New("redismodule: no callback left: all trampolines are in use")

var errNotRegistered = errors.New("redismodule: a callback that is not registered")

// commandFunc is a command: what the server calls it with, and the frame of the call. It
// is a barrier as dispatch is, and ends by setting the frame's ret, and its index to 0; or
// by fail.
type commandFunc func(ctx Ctx, argv uintptr, argc int32, f unsafe.Pointer)

// ownFunc is any other callback with its frame, where the words are that the server calls
// it with. It is a barrier, too, and ends as a commandFunc does.
type ownFunc func(f unsafe.Pointer)

// slot is one entry of the callback table.
type slot struct {
	fn      ownFunc // nil if the slot is not in use; callgo calls it itself
	failed  Failed
	command commandFunc // nil if this is no command; callgo calls it in the place of fn
	mild    bool        // its failure ends nothing more, not even in a forked child
	// saves tells that its failure, in a forked child too, is told to the server by failed.
	saves bool
	// retired tells that it belonged to a load that failed: it answers 0.
	retired bool
}

// The callback table. Written under slotMu; read without it by dispatch: the
// server cannot call a trampoline before NewCallback has returned its address,
// and FreeCallback's caller guarantees that it no longer calls it.
var (
	slots [trampolineCount + 1]slot
	// slotIsCommand marks those that are commands, for C (oddstack.c).
	slotIsCommand [trampolineCount + 1]bool
	slotMu        sync.Mutex
	free          []uint16
	retired       []uint16 // the oldest first
	next          = lastOwn + 1
	inUse         int
)

// NewCallback gives fn a C function pointer. It lives until FreeCallback.
// failed answers when fn panics; nil answers 0. Without a slot left it returns
// ErrTooManyCallbacks.
func NewCallback(fn Callback, failed Failed) (CFunc, error) {
	return newCallback(slot{fn: guarded(fn), failed: failed}, false)
}

// newEntry is NewCallback for what is its own barrier (internal/core). saves tells that it is
// what NewSaveCallback is for.
func newEntry(run func(f unsafe.Pointer), failed Failed, saves bool) (CFunc, error) {
	s := slot{fn: run, failed: failed, saves: saves}
	if saves {
		return newChildCallback(s)
	}
	return newCallback(s, false)
}

// NewCommandCallback is NewCallback for a command of a module: a call takes less, and C
// can answer with an error reply where Go cannot run. failed is told the context and argv.
func NewCommandCallback(fn CommandCallback, failed Failed) (CFunc, error) {
	return newCommand(func(ctx Ctx, argv uintptr, argc int32, f unsafe.Pointer) {
		dispatchCommand(ctx, argv, argc, (*frame)(f), fn)
	}, failed)
}

// newCommand is NewCommandCallback for what is its own barrier (internal/core).
func newCommand(run func(ctx Ctx, argv uintptr, argc int32, f unsafe.Pointer), failed Failed) (CFunc, error) {
	return newCallback(slot{fn: answerNothing, failed: failed, command: run}, true)
}

func newCallback(s slot, command bool) (CFunc, error) {
	slotMu.Lock()
	defer slotMu.Unlock()
	for next <= trampolineCount && slots[next].retired {
		next++
	}
	var i int
	switch {
	case len(free) > 0:
		i = int(free[len(free)-1])
		free = free[:len(free)-1]
	case next <= trampolineCount:
		i = next
		next++
	case len(retired) > 0:
		i = int(retired[0])
		retired = retired[1:]
	default:
		return 0, ErrTooManyCallbacks
	}
	slots[i] = s
	slotIsCommand[i] = command
	inUse++
	return trampoline(i), nil
}

// FreeCallback gives the slot of a callback back. The server must not hold the
// pointer any more.
func FreeCallback(f CFunc) {
	if i := slotIndex(f); i > lastOwn {
		slotMu.Lock()
		defer slotMu.Unlock()
		if slots[i].fn != nil && !slots[i].retired {
			slots[i] = slot{}
			free = append(free, uint16(i))
			inUse--
		}
	}
}

// Callbacks returns how many callbacks are registered.
func Callbacks() int {
	slotMu.Lock()
	defer slotMu.Unlock()
	return inUse
}

// resetCallbacks drops all callbacks but the call layer's own: for a module that is
// loaded again.
func resetCallbacks() {
	slotMu.Lock()
	defer slotMu.Unlock()
	for i := lastOwn + 1; i <= trampolineCount; i++ {
		if !slots[i].retired {
			slots[i] = slot{}
		}
	}
	free, next, inUse = free[:0], lastOwn+1, 0
	if edge.ForgetCallbackNames != nil {
		edge.ForgetCallbackNames()
	}
}

// nameCallback says what the log is to call a callback that comes in a forked child where Go cannot run.
func nameCallback(f CFunc, name string) {
	if i := slotIndex(f); i > lastOwn && edge.CallbackName != nil {
		edge.CallbackName(i, name)
	}
}

// retireCallbacks is for a load that has failed. Servers forget its commands, but may go
// on to call what else they were given: its timers, listeners, filters. From now on
// these answer 0, and theirs are the last slots to be used again.
func retireCallbacks() {
	slotMu.Lock()
	defer slotMu.Unlock()
	for i := lastOwn + 1; i <= trampolineCount; i++ {
		if s := &slots[i]; s.fn != nil && !s.retired && !s.mild && !slotIsCommand[i] {
			*s = slot{fn: answerNothing, retired: true}
			retired = append(retired, uint16(i))
			inUse--
		}
	}
}

// lasting gives fn a C function that stays when the module is unloaded and loaded again:
// for what servers cannot be told to forget. There is one.
func lasting(fn Callback, failed Failed) CFunc {
	slotMu.Lock()
	defer slotMu.Unlock()
	slots[lastingIndex] = slot{fn: guarded(fn), failed: failed}
	return trampoline(lastingIndex)
}

func answerNothing(f unsafe.Pointer) { (*frame)(f).ret, (*frame)(f).index = 0, 0 }

func slotIndex(f CFunc) int {
	for _, table := range trampolineTables() {
		if table.stride == 0 {
			continue
		}
		if d := uintptr(f) - table.base; d < uintptr(trampolineCount)*table.stride && d%table.stride == 0 {
			return int(d/table.stride) + 1
		}
	}
	return slotIndexC(f)
}

// frame is one call from C: what a trampoline was called with, and how to get
// out of it. It lies in the frame of callgo (resident) or on the C stack.
type frame struct {
	index uintptr        // 0 when the callback has returned
	ret   uintptr        // behind index, as internal/core knows
	a     [6]uintptr     // of a command on the resident goroutine the first two; behind ret
	more  unsafe.Pointer // the C arguments behind the sixth, in C memory
	// For abort: where to leave to, and g._panic on entry, both as distances below
	// g.stack.hi, since the stack can move meanwhile. depth 0: abort is not
	// possible; 1: the frame lies in callgo's, which is left.
	depth  uintptr
	panics uintptr
}

// internal/core knows how a frame begins.
var (
	_ [unsafe.Sizeof(uintptr(0))]byte     = [unsafe.Offsetof(frame{}.ret)]byte{}
	_ [2 * unsafe.Sizeof(uintptr(0))]byte = [unsafe.Offsetof(frame{}.a)]byte{}
	_ [8 * unsafe.Sizeof(uintptr(0))]byte = [unsafe.Offsetof(frame{}.more)]byte{}
)

// dispatch runs a callback that has come the ordinary way, or whose slot is not in use. The
// slots' functions are the only ways from C into user code, and the barrier that nothing
// but a fatal runtime error passes: they answer panics, and on the assembly platforms
// runtime.Goexit too. A second barrier out here would leave its deferred function on g's list
// when abort goes past it, where the compiler keeps such a list (-N, -race).
//
//go:noinline
func dispatch(f *frame) {
	switch s := &slots[f.index]; {
	case s.command != nil:
		s.command(Ctx(f.a[0]), f.a[1], int32(f.a[2]), unsafe.Pointer(f))
	case s.fn != nil:
		s.fn(unsafe.Pointer(f))
	default:
		f.failed(errNotRegistered)
	}
}

// guarded makes a barrier around a Callback.
//
//go:noinline
func guarded(fn Callback) ownFunc {
	return func(p unsafe.Pointer) {
		f := (*frame)(p)
		defer func() {
			if f.index != 0 {
				f.failed(recover())
			}
		}()
		f.ret = fn(f.a[0], f.a[1], f.a[2], f.a[3], f.a[4], f.a[5], f.more)
		f.index = 0
	}
}

// dispatchCommand is a barrier around a command.
func dispatchCommand(ctx Ctx, argv uintptr, argc int32, f *frame, run CommandCallback) {
	defer func() {
		if f.index != 0 {
			f.failed(recover())
		}
	}()
	f.ret = run(ctx, argv, argc)
	f.index = 0
}

// fail is failed for package rm.
func fail(f unsafe.Pointer, v any) { (*frame)(f).failed(v) }

// failed answers for a callback that did not return: v is what it panicked with, nil for
// runtime.Goexit.
//
//go:noinline
func (f *frame) failed(v any) {
	s := &slots[f.index]
	f.ret = s.rescue(f, v)
	f.index = 0 // no barrier further out answers again
	if !s.mild && !s.saves {
		endChild()
	}
	if f.depth != 0 && canAbort && (v == nil || exiting()) {
		abort(f)
	}
}

// exiting tells whether a panic that a barrier has just recovered came out of a
// function deferred under runtime.Goexit. The runtime would go on with Goexit when
// the barrier's deferred function returns, past the barrier. Goexit's frame is still on
// the stack, above the barrier's.
//
//go:noinline
func exiting() bool {
	var pcs [64]uintptr
	for skip := 0; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		frames := runtime.CallersFrames(pcs[:n])
		for more := n > 0; more; {
			var fr runtime.Frame
			fr, more = frames.Next()
			switch fr.Function {
			case "runtime.Goexit":
				return true
			case "callgo", dispatchName:
				return false
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}

const dispatchName = "github.com/iredismodule/redismodule.dispatch"

// rescue answers for a callback that did not return. A nil value means
// runtime.Goexit: recover has no nil for a panic since Go 1.21.
//
//go:noinline
func (s *slot) rescue(f *frame, v any) (ret uintptr) {
	if s.failed == nil {
		return 0
	}
	// The answer to a failure must not fail in turn.
	defer func() { _ = recover() }()
	return s.failed(f.a[0], f.a[1], Failure{Value: v, Goexit: v == nil, Stack: debug.Stack()})
}
