// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"
)

// image is a program that is ready to be started: Go has nothing to allocate any more,
// which a limit of the address space would not let it.
type image struct {
	path      *byte
	args, env []*byte
}

func newImage(path string, args []string) (p image, err error) {
	if p.path, err = syscall.BytePtrFromString(path); err != nil {
		return p, err
	}
	if p.args, err = syscall.SlicePtrFromStrings(args); err != nil {
		return p, err
	}
	p.env, err = syscall.SlicePtrFromStrings(os.Environ())
	return p, err
}

// From the kernel's interface of prctl.
const noNewPrivs, setSeccomp, filterMode = 38, 22, 2

// start puts the calling thread under the limit and the filter, and the program into
// the place of this one.
func (p image) start(filter []syscall.SockFilter, memory uint64) error {
	program := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	limit := syscall.Rlimit{Cur: memory, Max: memory}
	debug.SetGCPercent(-1)
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, noNewPrivs, 1, 0, 0, 0, 0); e != 0 {
		return fmt.Errorf("no new privileges: %w", e)
	}
	if memory != 0 {
		if _, _, e := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, 0, syscall.RLIMIT_AS, uintptr(unsafe.Pointer(&limit)), 0, 0, 0); e != 0 {
			return fmt.Errorf("limit of memory: %w", e)
		}
	}
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, setSeccomp, filterMode, uintptr(unsafe.Pointer(&program)), 0, 0, 0); e != 0 {
		return fmt.Errorf("seccomp: %w", e)
	}
	_, _, e := syscall.RawSyscall(syscall.SYS_EXECVE, uintptr(unsafe.Pointer(p.path)), uintptr(unsafe.Pointer(&p.args[0])), uintptr(unsafe.Pointer(&p.env[0])))
	runtime.KeepAlive(p)
	return fmt.Errorf("cannot be started: %w", e)
}
