// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build rm_trace && cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"
)

// A build with the tag rm_trace notes which API functions are called on the
// portable path, in the file that the environment variable RM_TRACE names: a line
// for each function, its state in front ('-': the server lacks it, '.': it was not
// called, '+': it was). The file is mapped, so that it is right whatever way the
// process ends, and several processes can share it. It serves the project's tests:
// internal/coverage compares what they say with it.

const tracing = true

var (
	traceFile  []byte
	traceState [numFuncs]*byte // where each function's state is
)

// startTrace maps the file, once, and notes what the server has.
func startTrace() {
	if traceFile == nil {
		mapTrace(os.Getenv("RM_TRACE"))
	}
	for id, at := range traceState {
		if at != nil && *at == '-' && fnTable[id] != 0 {
			*at = '.'
		}
	}
}

func mapTrace(name string) {
	if name == "" {
		return
	}
	var b strings.Builder
	var at [numFuncs]int
	for id, n := range fnNames {
		at[id] = b.Len()
		b.WriteString("- " + n + "\n")
	}
	// Whole from the first moment on: another process may be about to map it.
	whole, err := os.CreateTemp(filepath.Dir(name), "rmtrace")
	if err != nil {
		panic(err)
	}
	defer os.Remove(whole.Name())
	_, err = whole.WriteString(b.String())
	whole.Close()
	if err == nil {
		err = link(whole.Name(), name)
	}
	if err != nil {
		panic(err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if traceFile, err = syscall.Mmap(int(f.Fd()), 0, b.Len(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED); err != nil {
		panic(err)
	}
	for id := range at {
		traceState[id] = &traceFile[at[id]]
	}
}

// link gives a file another name, if that is not there.
func link(from, to string) error {
	if err := os.Link(from, to); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}

// trace notes a call.
//
//go:nosplit
func trace(id FuncID) {
	// id is in range: only generated constants reach a gate.
	if at := *(**byte)(unsafe.Add(unsafe.Pointer(&traceState), uintptr(id)*unsafe.Sizeof(uintptr(0)))); at != nil {
		*at = '+'
	}
}
