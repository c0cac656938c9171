// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// leastShown is the difference for each command from which on a function is listed.
const leastShown = 0.5

// functionCost is a function's own instructions for each command.
type functionCost struct {
	object, name string
	c, g         float64
}

// byFunction returns what the implementations spend in each function, the largest
// difference first. The two modules are one object: their functions have other names.
func byFunction(cfg instructionsConfig, p pair) []functionCost {
	type key struct{ object, name string }
	costs := map[key]*functionCost{}
	add := func(one counted, to func(*functionCost) *float64) {
		for f, n := range one.profile.Self {
			if one.leave(f) {
				continue
			}
			object := filepath.Base(f.Object)
			if f.Object == cfg.c || f.Object == cfg.goModule {
				object = "module"
			}
			k := key{object, f.Name}
			if costs[k] == nil {
				costs[k] = &functionCost{object: object, name: f.Name}
			}
			*to(costs[k]) += float64(n) / float64(one.commands)
		}
	}
	add(p.c, func(f *functionCost) *float64 { return &f.c })
	add(p.g, func(f *functionCost) *float64 { return &f.g })
	var all []functionCost
	for _, f := range costs {
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b functionCost) int {
		return cmp.Or(cmp.Compare(math.Abs(b.g-b.c), math.Abs(a.g-a.c)), strings.Compare(a.name, b.name))
	})
	return all
}

// writeProfile writes where the implementations differ, op by op.
func writeProfile(file string, cfg instructionsConfig, run pairs) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintf(w, "Instructions for each command by function, callees not included, from a difference of %.1f on.\n", leastShown)
	for _, o := range cfg.ops {
		p := run[o.name]
		c, g := p.c.perCommand(), p.g.perCommand()
		fmt.Fprintf(w, "\n== %s: C %.1f, Go %.1f, more %.1f\n%10s %10s %10s\n", o.name, c, g, g-c, "more", "C", "Go")
		for _, f := range byFunction(cfg, p) {
			if math.Abs(f.g-f.c) >= leastShown {
				fmt.Fprintf(w, "%10.1f %10.1f %10.1f  %s  %s\n", f.g-f.c, f.c, f.g, f.object, f.name)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
