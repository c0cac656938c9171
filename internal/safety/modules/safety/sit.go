// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"syscall"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// sit starts goroutines that are in C and in system calls nearly all the time.
func sit(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	start(n, func(i int, stop <-chan struct{}) {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if us := 100 + 900*(i%5); i%2 == 0 {
				sleepInC(us)
			} else {
				t := syscall.NsecToTimespec(int64(us) * int64(time.Microsecond))
				_ = syscall.Nanosleep(&t, nil)
			}
		}
	})
	return ctx.ReplyWithOK()
}
