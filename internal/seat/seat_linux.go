// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && (amd64 || arm64) && !rm_noasm

package seat

import (
	"syscall"
	"unsafe"
)

// possible is whether anybody can sit.
const possible = true

const (
	futexWaitPrivate = 0 | 128
	futexWakePrivate = 1 | 128
)

// The two times as the kernel reads them.
var (
	keepsFor = syscall.NsecToTimespec(int64(keeps))
	staysFor = syscall.NsecToTimespec(int64(stays))
)

//go:linkname entersyscallblock runtime.entersyscallblock
func entersyscallblock()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// wake wakes who sits.
func (s *Seat) wake() {
	// SAFETY(U111): the kernel only compares the address.
	_, _, _ = syscall.RawSyscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&s.word)), futexWakePrivate, 1, 0, 0, 0)
}

// waitWithP waits in a system call like any other: its P can be taken, and is not given away.
func (s *Seat) waitWithP() {
	// SAFETY(U111): the word and the time stay where they are until the call returns.
	_, _, _ = syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&s.word)), futexWaitPrivate, taken,
		uintptr(unsafe.Pointer(&keepsFor)), 0, 0)
}

// waitWithoutP gives its P away. Between the first and the last call the stack must not grow, so it is nosplit, as they are.
//
//go:nosplit
func (s *Seat) waitWithoutP() {
	entersyscallblock()
	// SAFETY(U112): as a system call of package syscall, which does the same around it with entersyscall.
	for err := syscall.EINTR; err == syscall.EINTR; { // a signal ends a wait
		_, _, err = syscall.RawSyscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&s.word)), futexWaitPrivate, taken,
			uintptr(unsafe.Pointer(&staysFor)), 0, 0)
	}
	exitsyscall()
}
