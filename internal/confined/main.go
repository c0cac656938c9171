// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && (amd64 || arm64)

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "confined:", err)
		os.Exit(125)
	}
}

func run() error {
	nowx := flag.Bool("nowx", false, "end the program if it maps memory both writable and executable")
	nofile := flag.Uint64("nofile", 0, "soft limit of open files")
	nproc := flag.Uint64("nproc", 0, "limit of the user's threads")
	memory := flag.Uint64("memory", 0, "limit of the address space in bytes")
	uid := flag.Int("uid", 0, "user and group of the program")
	flag.Parse()
	if flag.NArg() == 0 {
		return fmt.Errorf("which program?")
	}
	path, err := exec.LookPath(flag.Arg(0))
	if err != nil {
		return err
	}
	filter, err := filter(*nowx)
	if err != nil {
		return err
	}
	program, err := newImage(path, flag.Args())
	if err != nil {
		return err
	}
	// Limits and the filter are for the thread that becomes the program.
	runtime.LockOSThread()
	if *uid != 0 {
		if err := syscall.Setgid(*uid); err != nil {
			return fmt.Errorf("group %d: %w", *uid, err)
		}
		if err := syscall.Setuid(*uid); err != nil {
			return fmt.Errorf("user %d: %w", *uid, err)
		}
	}
	const rlimitNproc = 6
	for _, limit := range []struct {
		what     string
		resource int
		n        uint64
	}{{"files", syscall.RLIMIT_NOFILE, *nofile}, {"threads", rlimitNproc, *nproc}} {
		if limit.n == 0 {
			continue
		}
		if err := syscall.Setrlimit(limit.resource, &syscall.Rlimit{Cur: limit.n, Max: limit.n}); err != nil {
			return fmt.Errorf("limit of %s: %w", limit.what, err)
		}
	}
	return program.start(filter, *memory)
}
