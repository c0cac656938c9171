// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"runtime"
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

// via is a command filter for e.via STEPS COMMAND [ARGUMENT ...]: what it makes of it is the command, changed by a step for each letter.
// When the filter fails it stays e.via, which is a command, too.
func via(c rm.FilteredCommand) {
	if c.Len() < 3 || c.At(0).String() != "e.via" {
		return
	}
	steps := c.At(1).Clone()
	must(c.Delete(0))
	must(c.Delete(0))
	for _, step := range []byte(steps) {
		last := c.Len() - 1
		switch step {
		case 'd': // the last argument goes, or the step is refused
			if err := c.Delete(last); (err != nil) != (last == 0) {
				panic(err)
			}
		case 'o': // out of range
			for _, i := range []int{-1, last + 1} {
				s := rm.NewRStringText("out")
				if !errors.Is(c.Delete(i), rm.ErrRange) || !errors.Is(c.Replace(i, &s), rm.ErrRange) || !s.IsZero() {
					panic("a place that is none")
				}
			}
		case 'r':
			s := rm.NewRStringText("replaced")
			must(c.Replace(last, &s))
		case 'i':
			s := rm.NewRStringText("inserted")
			must(c.Insert(max(last, 1), &s))
		case 'k': // the last argument becomes the first
			s := c.At(last).Retain()
			if err := c.Delete(last); err != nil {
				s.Free()
				continue
			}
			must(c.Insert(1, &s))
		case 'n': // a number, of all of them
			n := 0
			for i, arg := range c.All {
				n += i + arg.Len()
			}
			s := rm.NewRStringText(strconv.Itoa(n))
			must(c.Insert(last+1, &s))
		case 'p':
			panic("in a filter")
		case 'g':
			runtime.Goexit()
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
