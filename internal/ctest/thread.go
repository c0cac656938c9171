// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package ctest

// #include "ctest.h"
import "C"

import "unsafe"

// CallOnThread runs the C function at fn on a fresh thread that Go has not
// created, waits for it and returns its result.
func CallOnThread(fn uintptr, args [6]uint64) uint64 {
	j := newJob(fn, args)
	C.ct_job_on_thread(j)
	return uint64(j.result)
}

// AddrCallOnThread is uint64_t call_on_thread(void *fn, uint64_t a0, ..., a5).
func AddrCallOnThread() uintptr { return addr(C.ct_call_on_thread) }

// CallOnSigstack runs the C function at fn inside a signal handler on the
// alternate signal stack of the calling thread, and returns its result. What
// runs there must not enter Go by the usual way: it is the Go runtime's own
// signal stack. SIGUSR1 is used, its handler is put back afterwards.
func CallOnSigstack(fn uintptr, args [6]uint64) uint64 {
	j := newJob(fn, args)
	C.ct_job_on_sigstack(j)
	return uint64(j.result)
}

// AddrCallOnSigstack is uint64_t call_on_sigstack(void *fn, uint64_t a0, ..., a5).
func AddrCallOnSigstack() uintptr { return addr(C.ct_call_on_sigstack) }

// AddrForkAndCall is uint64_t fork_and_call(void *fn, uint64_t a0, ..., a4): a forked
// child calls fn and ends with seven bits of its result. It returns the child's exit status, or
// 256 and the signal that has killed it.
func AddrForkAndCall() uintptr { return addr(C.ct_fork_and_call) }

// AddrOnSigstack is uint64_t on_sigstack(void), 1 on the alternate signal stack
// and else 0.
func AddrOnSigstack() uintptr { return addr(C.ct_on_sigstack) }

// AddrThreadID is uint64_t thread_id(void), different for any two threads that
// live at the same time.
func AddrThreadID() uintptr { return addr(C.ct_thread_id) }

// Block is a call in C memory: a function, its arguments and what came of it. Its
// address is the one argument of the functions at AddrBlock..., which makes them
// fit the narrowest gate.
type Block struct {
	job *C.struct_ct_job
	mem C.uintptr_t
}

// NewBlock returns a block for a call of the C function at fn. Free must be called.
func NewBlock(fn uintptr, args [6]uint64) *Block {
	j := newJob(fn, args)
	// SAFETY: C copies the bytes of the job, which holds no pointers, into memory of
	// its own; holds because the length is that of the job; until ct_cstring returns.
	mem := C.ct_cstring(0, (*C.char)(unsafe.Pointer(j)), C.uintptr_t(unsafe.Sizeof(*j)))
	// SAFETY: mem is a job; holds because ct_cstring copied one there, to memory that
	// malloc has aligned; until Free. The detour keeps vet from taking C memory for Go's.
	return &Block{job: *(**C.struct_ct_job)(unsafe.Pointer(&mem)), mem: mem}
}

// Addr returns the address of the block, valid until Free.
func (b *Block) Addr() uintptr { return uintptr(b.mem) }

// ResultAddr returns the address of the word that Result reads, for functions
// that store something through a pointer.
func (b *Block) ResultAddr() uintptr {
	return uintptr(b.mem) + unsafe.Offsetof(b.job.result)
}

// Result returns what the function returned.
func (b *Block) Result() uint64 { return uint64(b.job.result) }

// Lost returns the lost registers after a call through [AddrBlockChecked].
func (b *Block) Lost() uint64 { return uint64(b.job.mask) }

// Free releases the block. It may be called again.
func (b *Block) Free() {
	b.job = nil
	b.mem = C.ct_cstring(b.mem, nil, 0)
}

// AddrBlockChecked is int f(Block *), which makes the call as [FillAndCall] does
// and returns 0.
func AddrBlockChecked() uintptr { return addr(C.ct_job_checked) }

// AddrBlockOnThread is int f(Block *), which makes the call as [CallOnThread]
// does and returns 0.
func AddrBlockOnThread() uintptr { return addr(C.ct_job_on_thread) }

// AddrBlockOnSigstack is int f(Block *), which makes the call as
// [CallOnSigstack] does and returns 0.
func AddrBlockOnSigstack() uintptr { return addr(C.ct_job_on_sigstack) }
