// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package local

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Info returns the fields of INFO everything.
func (s *Server) Info() (map[string]string, error) {
	text, err := s.Do("INFO", "everything")
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for line := range strings.SplitSeq(text, "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields[name] = value
		}
	}
	return fields, nil
}

// Saved is what a BGSAVE took.
type Saved struct {
	Fork    time.Duration // the server's fork call
	Elapsed time.Duration // until the server knew that it had ended
	Copied  int64         // bytes of memory that were copied on write
	CPU     time.Duration // of the child
}

// Save runs a BGSAVE to its end.
func (s *Server) Save() (Saved, error) {
	before, err := s.Info()
	if err != nil {
		return Saved{}, err
	}
	begin := time.Now()
	if _, err := s.Do("BGSAVE"); err != nil {
		return Saved{}, err
	}
	for time.Since(begin) < 2*time.Minute {
		info, err := s.Info()
		if err != nil {
			return Saved{}, err
		}
		if info["rdb_bgsave_in_progress"] != "0" {
			time.Sleep(2 * time.Millisecond)
			continue
		}
		if got := info["rdb_last_bgsave_status"]; got != "ok" {
			return Saved{}, fmt.Errorf("the save ended with %q", got)
		}
		us, err := strconv.Atoi(info["latest_fork_usec"])
		if err != nil {
			return Saved{}, err
		}
		copied, err := strconv.ParseInt(info["rdb_last_cow_size"], 10, 64)
		return Saved{
			Fork: time.Duration(us) * time.Microsecond, Elapsed: time.Since(begin), Copied: copied,
			CPU: childCPU(info) - childCPU(before),
		}, err
	}
	return Saved{}, fmt.Errorf("the save did not end")
}

// childCPU is the CPU time of all children so far; 0 where the server does not tell.
func childCPU(info map[string]string) (sum time.Duration) {
	for _, field := range []string{"used_cpu_user_children", "used_cpu_sys_children"} {
		seconds, _ := strconv.ParseFloat(info[field], 64)
		sum += time.Duration(seconds * float64(time.Second))
	}
	return sum
}
