// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cpuTimes is the CPU time in nanoseconds of every thread of a process. The
// scheduler's own figures are used: utime and stime come in steps of 10 ms.
type cpuTimes map[int]int64

// readCPU reads the times of all threads of pid. A thread that ends while being
// read is left out; servers and the Go runtime keep theirs.
func readCPU(pid int) (cpuTimes, error) {
	dir := fmt.Sprintf("/proc/%d/task", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	times := cpuTimes{}
	for _, e := range entries {
		tid, err := strconv.Atoi(e.Name())
		if err != nil {
			return nil, fmt.Errorf("%s: unexpected entry %q", dir, e.Name())
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name(), "schedstat"))
		if errors.Is(err, fs.ErrNotExist) && tid != pid {
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

// since returns what all threads used since an earlier reading. A thread that is
// new since then counts in full.
func (t cpuTimes) since(earlier cpuTimes) time.Duration {
	var ns int64
	for tid, v := range t {
		ns += v - earlier[tid]
	}
	return time.Duration(ns)
}

// settledCPU reads the times once the server has come to rest: a running
// thread's figure is brought up to date only when it leaves the CPU, and a GC
// that the commands caused may still be at work. It gives up waiting after a
// few readings, as the server's clock ticks now and then.
func settledCPU(pid int) (cpuTimes, error) {
	prev, err := readCPU(pid)
	if err != nil {
		return nil, err
	}
	for range 20 {
		time.Sleep(time.Millisecond)
		next, err := readCPU(pid)
		if err != nil {
			return nil, err
		}
		if next.since(prev) == 0 {
			return next, nil
		}
		prev = next
	}
	return prev, nil
}

// parseCPUList expands a list such as "0-3,8".
func parseCPUList(s string) ([]int, error) {
	var cpus []int
	for part := range strings.SplitSeq(strings.TrimSpace(s), ",") {
		lo, hi, isRange := strings.Cut(part, "-")
		a, err := strconv.Atoi(lo)
		if err != nil {
			return nil, fmt.Errorf("bad CPU list %q", s)
		}
		b := a
		if isRange {
			if b, err = strconv.Atoi(hi); err != nil || b < a {
				return nil, fmt.Errorf("bad CPU list %q", s)
			}
		}
		for c := a; c <= b; c++ {
			cpus = append(cpus, c)
		}
	}
	return cpus, nil
}

// allowedCPUs returns the CPUs that this process may run on.
func allowedCPUs() ([]int, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(b)) {
		if list, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
			return parseCPUList(list)
		}
	}
	return nil, errors.New("/proc/self/status does not name the allowed CPUs")
}
