// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/edge"
)

// checkRuntime compares every fact about the runtime that the gates and the
// resident goroutine rest on with the running process. It returns "" or the
// first fact that does not hold.
func checkRuntime() string {
	if edge.CallWords == 0 || edge.StackPointer == 0 {
		return "built without cgo"
	}
	runtime.LockOSThread() // several of the facts are about the thread
	defer runtime.UnlockOSThread()
	g := getg()
	if g == 0 || g%8 != 0 {
		return "no g"
	}
	if r := registerG(); r != g {
		return fmt.Sprintf("g: %#x, but %#x in its register", g, r)
	}
	var here byte
	sp := uintptr(unsafe.Pointer(&here))
	lo, hi := word(g+gStackLo), word(g+gStackHi)
	if sp < lo || sp >= hi || hi-lo > 1<<40 {
		return fmt.Sprintf("g.stack: %#x is not in [%#x, %#x)", sp, lo, hi)
	}
	m := word(g + gM)
	if m == 0 || m%8 != 0 {
		return "g.m: not a pointer"
	}
	g0 := word(m + mG0)
	if g0 == 0 || g0%8 != 0 || g0 == g || word(g0+gM) != m {
		return "m.g0: g0.m is not m"
	}
	if why := checkRegisters(); why != "" {
		return why
	}
	if why := checkC(g0); why != "" {
		return why
	}
	before, between, after, inside := syscallSP(g)
	if before != 0 || after != 0 || !inside {
		return fmt.Sprintf("g.syscallsp: %#x, %#x, %#x", before, between, after)
	}
	if why := checkChildOffsets(); why != "" {
		return why
	}
	return checkPanicOffset()
}

// checkChildOffsets finds g.lockedm by locking a goroutine to its thread, and
// g.preempt by keeping one from being preempted while another stops the world.
func checkChildOffsets() string {
	why := make(chan string)
	go func() { why <- checkLockedM() }()
	if w := <-why; w != "" {
		return w
	}
	go func() { why <- checkPreempt() }()
	return <-why
}

func checkLockedM() string {
	at := getg() + gLockedM
	before := word(at)
	runtime.LockOSThread()
	m, between := word(getg()+gM), word(at)
	runtime.UnlockOSThread()
	if after := word(at); before != 0 || between != m || after != 0 {
		return fmt.Sprintf("g.lockedm: %#x, %#x of %#x, %#x", before, between, m, after)
	}
	return ""
}

func checkPreempt() string {
	const patience = 2 * time.Second
	at := getg() + gPreempt
	// SAFETY(U10): as in word; a byte, which other threads write.
	flag := func() byte { return **(**byte)(unsafe.Pointer(&at)) }
	var pinned atomic.Bool
	go func() {
		for !pinned.Load() {
			runtime.Gosched()
		}
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
	}()
	procPin()
	before := flag()
	pinned.Store(true)
	asked := flag()
	for end := time.Now().Add(patience); asked != 1 && time.Now().Before(end); asked = flag() {
	}
	procUnpin()
	runtime.Gosched()
	if after := flag(); before > 1 || asked != 1 || after > 1 {
		return fmt.Sprintf("g.preempt: %d, %d, %d", before, asked, after)
	}
	return ""
}

// checkRegisters calls Go code as callgo calls dispatch and commands.
func checkRegisters() string {
	seen := uintptr(0)
	fn := func(a0, a1, a2, a3 uintptr) uintptr {
		seen = a0 | a1<<8 | a2<<16 | a3<<24
		return ^seen
	}
	// SAFETY(U9): as in init of entry.go; this one captures, so it is given its closure.
	got := inRegisters(*(*uintptr)(unsafe.Pointer(&fn)), 1, 2, 3, 4)
	if want := uintptr(0x04030201); seen != want || got != ^want {
		return fmt.Sprintf("arguments in registers: %#x, %#x, not %#x", seen, ^got, want)
	}
	return ""
}

// checkC compares g0.sched.sp with the C stack pointer that the runtime's own
// way of calling C and our gate arrive at.
func checkC(g0 uintptr) string {
	cell := new(uintptr)
	escape(unsafe.Pointer(cell))
	near := func(how string) string {
		if sp, top := *cell, word(g0+gSchedSP); sp > top || top-sp > 512 {
			return fmt.Sprintf("g0.sched.sp: %#x, but C under %s runs at %#x", top, how, sp)
		}
		return ""
	}
	cgocall(*(*unsafe.Pointer)(unsafe.Pointer(&edge.StackPointer)), unsafe.Pointer(cell))
	if why := near("cgocall"); why != "" {
		return why
	}
	*cell = 0
	gatePtr(edge.StackPointer, uintptr(unsafe.Pointer(cell)), 0, 0, 0, 0, 0)
	return near("the gate")
}

// syscallSP reads g.syscallsp before, inside and after a system call, and tells
// whether it points into the stack inside. Nosplit: the stack does not move meanwhile.
//
//go:nosplit
func syscallSP(g uintptr) (before, between, after uintptr, inside bool) {
	before = word(g + gSyscallSP)
	entersyscall()
	between = word(g + gSyscallSP)
	inside = between >= word(g+gStackLo) && between < word(g+gStackHi)
	exitsyscall()
	after = word(g + gSyscallSP)
	return before, between, after, inside
}

// checkPanicOffset finds g._panic by provoking a panic.
func checkPanicOffset() string {
	g := getg()
	before := word(g + gPanic)
	var between uintptr
	func() {
		defer func() {
			between = word(g + gPanic)
			_ = recover()
		}()
		panic("probe")
	}()
	if after := word(g + gPanic); between == 0 || between == before || after != before {
		return fmt.Sprintf("g._panic: %#x, %#x, %#x", before, between, after)
	}
	return ""
}
