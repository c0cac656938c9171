// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"slices"
	"strconv"
)

// The most of each thing that fits: a reply of 10,000 elements into the client's buffer, a
// thousand threads into the twin, what the server lets a command call itself.
const (
	mostArgs     = 100_000
	mostKeys     = 10_000
	mostElements = 10_000
	mostFilters  = 1_000
	mostTimers   = 100_000
	mostParked   = 100_000
	mostThreads  = 1_000
	mostDepth    = 1_000
)

// scaleOps are commands whose cost grows with something, from 1 of it to the most.
func scaleOps() (all []op) {
	add := func(of string, most int, describe func(n int) op) {
		for n := 1; n <= most; n *= 10 {
			o := describe(n)
			o.name, o.group, o.of, o.n = fmt.Sprintf("%s:%d", of, n), groupScale, of, n
			all = append(all, o)
		}
	}
	bySize := func(n int) size { return [...]size{small, small, big, huge, huge, vast}[len(strconv.Itoa(n))-1] }
	add("args", mostArgs, func(n int) op {
		return op{cmd: "args", args: slices.Repeat([]string{benchValue}, n), size: bySize(n)}
	})
	add("keys", mostKeys, func(n int) op {
		names := numbered("bench:many:", n)
		return op{cmd: "keys", args: names, size: bySize(n), seed: func() [][]string {
			mset := []string{"MSET"}
			for _, name := range names {
				mset = append(mset, name, benchValue)
			}
			return [][]string{mset}
		}}
	})
	add("elements", mostElements, func(n int) op { return op{cmd: "reply", args: []string{strconv.Itoa(n)}, size: bySize(n)} })
	add("recorded", mostElements, func(n int) op { return op{cmd: "build", args: []string{strconv.Itoa(n)}, size: bySize(n)} })
	add("filters", mostFilters, func(n int) op {
		return op{cmd: "ECHO", args: []string{benchValue}, under: "filters", on: strconv.Itoa(n), off: "0", size: bySize(n)}
	})
	add("timers", mostTimers, func(n int) op {
		return op{cmd: "timer", under: "timers", on: strconv.Itoa(n), off: "0"}
	})
	add("goroutines", mostParked, func(n int) op {
		return op{cmd: "noop", under: "parked", on: strconv.Itoa(n), off: "0", most: map[string]int{"c": mostThreads}}
	})
	add("depth", mostDepth, func(n int) op { return op{cmd: "nest", args: []string{strconv.Itoa(n)}, size: bySize(n)} })
	return all
}
