// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
)

// FuncID is the number of a server API function in the table (FnAlloc ...).
type FuncID uint32

// MaxWords is how many C arguments a variadic call can have, the fixed ones
// included.
const MaxWords = edge.MaxWords

// fnTable holds the address of every API function, or 0 where the running
// server has none. It is filled once, by Load.
var fnTable [numFuncs]uintptr

// Has tells whether the running server provides the function.
func Has(id FuncID) bool { return id < numFuncs && atomic.LoadUintptr(&fnTable[id]) != 0 }

// Name returns the function's name without the RedisModule_ prefix.
func (id FuncID) Name() string {
	if id >= numFuncs {
		return fmt.Sprintf("FuncID(%d)", uint32(id))
	}
	return fnNames[id]
}

// String returns the function's name without the RedisModule_ prefix.
func (id FuncID) String() string { return id.Name() }

// Since returns the first Redis and the first Valkey release with the function,
// "-" where there is none.
func (id FuncID) Since() (redis, valkey string) {
	if id >= numFuncs {
		return "-", "-"
	}
	return fnSince[id].redis, fnSince[id].valkey
}

// Funcs returns how many API functions the table has.
func Funcs() int { return int(numFuncs) }

// UnsupportedError is the value with which a raw function panics when the
// running server does not provide it. The typed layer asks Has first and
// returns rm.ErrUnsupported.
type UnsupportedError struct{ Func FuncID }

// Error names the function and the releases that have it.
func (e *UnsupportedError) Error() string {
	r, v := e.Func.Since()
	return fmt.Sprintf("redismodule: this server has no RedisModule_%s (since Redis %s, Valkey %s)", e.Func, r, v)
}

// absent is where a gate goes instead of address 0.
func absent(id FuncID) { panic(&UnsupportedError{id}) }

// neverTrue is a variable that the compiler cannot prove false.
var neverTrue bool
var sink unsafe.Pointer

// escape makes what p points to live on the heap: for functions that can come
// back into Go, where the goroutine's stack may move while C holds the pointer.
func escape(p unsafe.Pointer) {
	if neverTrue {
		sink = p
	}
}

// Escape makes what p points to live on the heap. A raw variadic function sees
// its pointers as words only, so memory behind them must not be on the calling
// goroutine's stack.
func Escape(p unsafe.Pointer) { escape(p) }

// Load fills the table by asking getAPI, the server's
//
//	int GetApi(const char *name, void **target)
//
// whose address is the first word of the context given to RedisModule_OnLoad.
// A RedisModule_ name is asked first, then the ValkeyModule_ one. Load can be
// called again (a module loaded a second time). It returns how many functions the server provides.
func Load(getAPI uintptr) int {
	endRest()
	n := 0
	buf := make([]byte, 0, 96)
	out := new(uintptr)
	escape(unsafe.Pointer(&buf[:1][0]))
	escape(unsafe.Pointer(out))
	ask := func(prefix, name string) bool {
		buf = append(append(append(buf[:0], prefix...), name...), 0)
		*out = 0
		// SAFETY(U8): buf and out are heap memory that outlives the call; GetApi
		// keeps neither and calls nothing of ours.
		r := callPtr(getAPI, uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(out)), 0, 0, 0, 0)
		runtime.KeepAlive(buf)
		runtime.KeepAlive(out)
		return int32(r) == 0
	}
	// A goroutine that outlived an unload may be calling meanwhile: a function that
	// stays must not be missing for a moment.
	table := new([numFuncs]uintptr)
	for id := range table {
		if ask("RedisModule_", fnNames[id]) || ask("ValkeyModule_", fnNames[id]) {
			table[id] = *out
			n++
		}
	}
	stand := func(id FuncID, in func(uintptr) uintptr) {
		if in != nil && table[id] != 0 {
			table[id] = in(table[id])
		}
	}
	stand(FnFork, edge.ServerFork)
	stand(FnSubscribeToServerEvent, edge.ServerSubscribe)
	for id, fn := range table {
		atomic.StoreUintptr(&fnTable[id], fn)
	}
	settleReplay()
	settleBatch()
	valkey = ask("ValkeyModule_", "Alloc")
	startTrace()
	settleAbort()
	// Before any code of the module runs: it may fail, or load another module.
	if edge.InstallSignals != nil {
		edge.InstallSignals(textBounds())
	}
	return n
}

var valkey bool

// IsValkey tells whether the running server is Valkey.
func IsValkey() bool { return valkey }
