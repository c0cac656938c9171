// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package load

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Slow multiplies a time by what the environment variable RM_TEST_SLOW says, as
// package rmtest does with its own.
func Slow(d time.Duration) time.Duration {
	if f, err := strconv.ParseFloat(os.Getenv("RM_TEST_SLOW"), 64); err == nil && f > 1 {
		return time.Duration(float64(d) * f)
	}
	return d
}

const watchEvery = 10 * time.Millisecond

// Watch sends PING every 10 ms on a connection of its own until ctx ends. It returns
// the longest time that an answer took, and an error as soon as one has not come
// within the limit.
func Watch(ctx context.Context, socket string, limit func() time.Duration) (slowest time.Duration, err error) {
	// Not bound to ctx: a PING that is under way when ctx ends is still answered.
	c, err := Dial(context.Background(), socket)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		begin, most := time.Now(), limit()
		if err := c.conn.SetDeadline(begin.Add(most)); err != nil {
			return slowest, err
		}
		answer, err := c.Do("PING")
		took := time.Since(begin)
		slowest = max(slowest, took)
		if os.IsTimeout(err) {
			return slowest, fmt.Errorf("the server stands still: PING is not answered for %v", most)
		}
		if err != nil || answer != "PONG" {
			return slowest, fmt.Errorf("PING after %v: %v, %w", took, answer, err)
		}
		select {
		case <-ctx.Done():
			return slowest, nil
		case <-tick.C:
		}
	}
}

// Threads describes where the threads of a process are: state, processor time, the
// place in the kernel, the system call.
func Threads(pid int) string {
	var b strings.Builder
	dirs, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for i, dir := range dirs {
		if i == 40 {
			fmt.Fprintf(&b, "and %d more\n", len(dirs)-i)
			break
		}
		read := func(name string) string {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return "?"
			}
			return strings.TrimSpace(string(text))
		}
		stat := read("stat")
		f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
		if len(f) < 17 {
			continue
		}
		fmt.Fprintf(&b, "thread %s %s: state %s, user %s, system %s, nice %s, in %s, system call %s\n",
			filepath.Base(dir), read("comm"), f[0], f[11], f[12], f[16], read("wchan"), read("syscall"))
	}
	return b.String()
}
