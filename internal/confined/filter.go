// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && (amd64 || arm64)

package main

import (
	_ "embed"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

//go:embed calls.tsv
var callsText string

// call is a system call by name and by its number on this CPU.
type call struct {
	name   string
	number uint32
}

// calls reads the list of the calls that are allowed.
func calls() ([]call, error) {
	column := map[string]int{"amd64": 1, "arm64": 2}[runtime.GOARCH]
	var all []call
	for i, line := range strings.Split(strings.TrimSpace(callsText), "\n") {
		f := strings.Split(line, "\t")
		if i == 0 || f[column] == "-" {
			continue
		}
		n, err := strconv.ParseUint(f[column], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("calls.tsv: %s: %w", f[0], err)
		}
		all = append(all, call{f[0], uint32(n)})
	}
	return all, nil
}

// last is the youngest system call that systemd 252 knows.
const last = 450

// What the kernel's seccomp, BPF and prctl interfaces call these.
const (
	loadWord   = syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS
	jumpEqual  = syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K
	jumpBigger = syscall.BPF_JMP | syscall.BPF_JGT | syscall.BPF_K
	and        = syscall.BPF_ALU | syscall.BPF_AND | syscall.BPF_K
	give       = syscall.BPF_RET | syscall.BPF_K

	kill   = 0x80000000 // SECCOMP_RET_KILL_PROCESS
	allow  = 0x7fff0000 // SECCOMP_RET_ALLOW
	refuse = 0x00050000 // SECCOMP_RET_ERRNO, the number to be added

	atNumber, atArch, atThird = 0, 4, 16 + 2*8 // in struct seccomp_data
)

// filter returns the program that the kernel runs at each system call.
func filter(nowx bool) ([]syscall.SockFilter, error) {
	all, err := calls()
	if err != nil {
		return nil, err
	}
	arch := map[string]uint32{"amd64": 0xc000003e, "arm64": 0xc00000b7}[runtime.GOARCH]
	p := []syscall.SockFilter{
		{Code: loadWord, K: atArch},
		{Code: jumpEqual, K: arch, Jt: 1},
		{Code: give, K: kill},
		{Code: loadWord, K: atNumber},
		{Code: jumpBigger, K: last, Jf: 1},
		{Code: give, K: refuse + uint32(syscall.ENOSYS)},
	}
	if nowx {
		for _, c := range []struct {
			name string
			bits uint32
		}{
			{"mmap", syscall.PROT_WRITE | syscall.PROT_EXEC},
			{"mprotect", syscall.PROT_EXEC},
			{"pkey_mprotect", syscall.PROT_EXEC},
		} {
			i := slices.IndexFunc(all, func(one call) bool { return one.name == c.name })
			if i < 0 {
				continue // not allowed at all
			}
			p = append(p,
				syscall.SockFilter{Code: jumpEqual, K: all[i].number, Jf: 5},
				syscall.SockFilter{Code: loadWord, K: atThird},
				syscall.SockFilter{Code: and, K: c.bits},
				syscall.SockFilter{Code: jumpEqual, K: c.bits, Jf: 1},
				syscall.SockFilter{Code: give, K: kill},
				syscall.SockFilter{Code: loadWord, K: atNumber})
		}
	}
	for _, c := range all {
		p = append(p, syscall.SockFilter{Code: jumpEqual, K: c.number, Jf: 1}, syscall.SockFilter{Code: give, K: allow})
	}
	return append(p, syscall.SockFilter{Code: give, K: kill}), nil
}
