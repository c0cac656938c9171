// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"fmt"
	"sync/atomic"

	"github.com/iredismodule/redismodule/internal/edge"
)

// FuncID is the number of a server API function in the table (FnAlloc ...).
type FuncID uint32

// MaxWords is how many C arguments a variadic call can have, the fixed ones
// included.
const MaxWords = edge.MaxWords

// fnTable holds the address of every API function, or 0 where the running
// server has none. It is filled once, by Load, with setFunc.
var fnTable [numFuncs]uintptr

func setFunc(id FuncID, fn uintptr) {
	setGate(id, fn)
	atomic.StoreUintptr(&fnTable[id], fn)
}

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

// OutsideError is the value with which a raw function panics in a process that has loaded no
// module: in an ordinary Go test, say.
type OutsideError struct{ Func FuncID }

// Error names the function, and says how it can be tested.
func (e *OutsideError) Error() string {
	return fmt.Sprintf("redismodule: RedisModule_%s is called outside of a server: "+
		"rmtest.Inside runs Go tests inside of one (package rmtest/inside)", e.Func)
}

// absent is where a gate goes instead of address 0.
func absent(id FuncID) {
	if fnTable == [numFuncs]uintptr{} {
		panic(&OutsideError{id})
	}
	panic(&UnsupportedError{id})
}

// address is where a function is, 0 where the running server has none.
func address(id FuncID) uintptr { return fnTable[id] }
