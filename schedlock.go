// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"reflect"
	"runtime"
	"strings"
	"unsafe"
)

// The runtime's monitor thread (sysmon) needs no P. While our P runs it takes the
// scheduler's lock at every tick, twice, and the ticks are some tens of
// microseconds apart at first: one fork in some hundreds finds the lock held, by a
// thread that the child does not have. Go code that computes needs the lock too
// (sync.Pool asks for GOMAXPROCS). Nothing that the runtime offers keeps sysmon
// away, so the child opens the lock: what it guards, the lists of idle threads and
// Ps, does not matter where nothing is ever scheduled.

// schedLock is the address of the scheduler's lock, 0 when it was not found.
var schedLock uintptr

// openSchedLock makes the lock free, in a child.
func openSchedLock() {
	if schedLock != 0 {
		// SAFETY(U16): one word, whose zero means free; holds because findSchedLock saw
		// the runtime use the address as a lock, and the only thread of the process,
		// this one, runs user code and so does not hold it; until the child ends.
		**(**uintptr)(unsafe.Pointer(&schedLock)) = 0
	}
}

// findSchedLock reads the address out of runtime.GOMAXPROCS, whose first steps are
// to lock and to unlock it. It believes what it reads only if the same address
// goes to a function that the symbol table calls lock and to one that it calls
// unlock.
func findSchedLock() uintptr {
	pc := reflect.ValueOf(runtime.GOMAXPROCS).Pointer()
	const most = 256 // bytes, less than the function has
	var locked uintptr
	for at := pc; at < pc+most; at += codeStep {
		arg, callee := lockCall(at)
		if arg == 0 {
			continue
		}
		f := runtime.FuncForPC(callee)
		switch {
		case !isEntry(callee) || arg%unsafe.Sizeof(arg) != 0:
		case strings.HasPrefix(f.Name(), "runtime.lock") && locked == 0:
			locked = arg
		case strings.HasPrefix(f.Name(), "runtime.unlock"):
			if arg == locked {
				return arg
			}
			return 0
		}
	}
	return 0
}

// isEntry tells whether a function begins at an address.
func isEntry(pc uintptr) bool {
	f := runtime.FuncForPC(pc)
	return f != nil && f.Entry() == pc
}

// code reads four bytes of machine code.
func code(at uintptr) uint32 {
	// SAFETY(U16): the bytes are part of a function of the runtime or follow it in the
	// same text; holds because its callers stay near the start of a long function.
	p := *(**[4]byte)(unsafe.Pointer(&at))
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}
