// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"
)

// figures are what must not grow.
type figures struct {
	used, rss                   int // bytes
	heap, goroutines, callbacks int // of the module s
	threads, files              int
}

// measure empties the server and waits until all that can go is gone.
func (s *soak) measure() (f figures, err error) {
	a := &actor{soak: s}
	for _, c := range [][]any{{"s.stop"}, {"beta.stop"}, {"FLUSHALL"}} {
		if err := a.want("OK", c...); err != nil {
			return f, err
		}
	}
	for _, name := range []string{"s", "beta"} {
		if err := a.idle(name); err != nil {
			return f, err
		}
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if err = a.want("0", "s.alive"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			return f, fmt.Errorf("values are left after FLUSHALL: %w", err)
		}
	}
	for _, c := range []string{"s.gc", "s.gc", "MEMORY PURGE"} {
		args := []any{c}
		if c == "MEMORY PURGE" {
			args = []any{"MEMORY", "PURGE"}
		}
		if err := a.want("OK", args...); err != nil {
			return f, err
		}
	}
	info, err := a.must("INFO", "memory")
	if err != nil {
		return f, err
	}
	stats, err := a.must("s.stats")
	if err != nil {
		return f, err
	}
	text := fmt.Sprintf("%v\n %v", info, stats)
	for name, p := range map[string]*int{
		`\nused_memory:`: &f.used, `\nused_memory_rss:`: &f.rss, ` heap=`: &f.heap, ` goroutines=`: &f.goroutines, ` callbacks=`: &f.callbacks,
	} {
		m := regexp.MustCompile(name + `(\d+)`).FindStringSubmatch(text)
		if m == nil {
			return f, fmt.Errorf("no %q in %s", name, text)
		}
		if *p, err = strconv.Atoi(m[1]); err != nil {
			return f, err
		}
	}
	for folder, p := range map[string]*int{"task": &f.threads, "fd": &f.files} {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/%s", s.server.PID(), folder))
		if err != nil {
			return f, err
		}
		*p = len(entries)
	}
	fmt.Printf("soak: used=%d rss=%d heap=%d goroutines=%d callbacks=%d threads=%d files=%d\n",
		f.used, f.rss, f.heap, f.goroutines, f.callbacks, f.threads, f.files)
	return f, nil
}

// compare reports what has grown. The margins are for what settles slowly: arenas,
// pools, the threads that the Go runtimes keep.
func (s *soak) compare(first, last figures) {
	const mib = 1 << 20
	for _, c := range []struct {
		what                 string
		first, last, mayGrow int
	}{
		{"the server's memory", first.used, last.used, 4 * mib},
		{"the resident memory", first.rss, last.rss, 64*mib + first.rss/2},
		{"the Go heap", first.heap, last.heap, 8 * mib},
		{"goroutines", first.goroutines, last.goroutines, 3},
		{"callbacks", first.callbacks, last.callbacks, 0},
		{"threads", first.threads, last.threads, 40},
		{"open files", first.files, last.files, 8},
	} {
		if c.last > c.first+c.mayGrow {
			s.Fault("%s: %d at the start, %d at the end", c.what, c.first, c.last)
		}
	}
}
