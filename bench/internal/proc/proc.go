// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package proc reads what a process has used.
package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Times is the CPU time in nanoseconds of every thread of a process. The
// scheduler's own figures are used: utime and stime come in steps of 10 ms.
type Times map[int]int64

// Read reads the times of all threads of pid. A thread that ends while being
// read is left out; servers and the Go runtime keep theirs.
func Read(pid int) (Times, error) {
	dir := fmt.Sprintf("/proc/%d/task", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	times := Times{}
	for _, e := range entries {
		tid, err := strconv.Atoi(e.Name())
		if err != nil {
			return nil, fmt.Errorf("%s: unexpected entry %q", dir, e.Name())
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name(), "schedstat"))
		if (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)) && tid != pid {
			continue
		}
		if err != nil {
			return nil, err
		}
		if times[tid], err = parseSchedstat(string(b)); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// parseSchedstat returns the first of the three fields: nanoseconds on a CPU.
func parseSchedstat(s string) (int64, error) {
	f := strings.Fields(s)
	if len(f) != 3 {
		return 0, fmt.Errorf("schedstat %q does not have 3 fields", s)
	}
	return strconv.ParseInt(f[0], 10, 64)
}

// Since returns what all threads used since an earlier reading. A thread that is
// new since then counts in full.
func (t Times) Since(earlier Times) time.Duration {
	var ns int64
	for tid, v := range t {
		ns += v - earlier[tid]
	}
	return time.Duration(ns)
}

// Settled reads the times once the server has come to rest: a running
// thread's figure is brought up to date only when it leaves the CPU, and a GC
// that the commands caused may still be at work. It gives up waiting after a
// few readings, as the server's clock ticks now and then.
func Settled(pid int) (Times, error) {
	prev, err := Read(pid)
	if err != nil {
		return nil, err
	}
	for range 20 {
		time.Sleep(time.Millisecond)
		next, err := Read(pid)
		if err != nil {
			return nil, err
		}
		if next.Since(prev) == 0 {
			return next, nil
		}
		prev = next
	}
	return prev, nil
}

// Resident returns the bytes of memory that a process has in use.
func Resident(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0, fmt.Errorf("statm %q has not its fields", b)
	}
	pages, err := strconv.ParseInt(f[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
