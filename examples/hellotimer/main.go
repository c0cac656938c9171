// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command hellotimer shows timers: functions that the server's thread runs later.
package main

import (
	"strconv"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	rm.Register(rm.Module{
		Name: "hellotimer", Version: 1,
		// A module with a timer that has not fired cannot be unloaded: stop them all first.
		Commands: []rm.Command{
			{Name: "hellotimer.timer", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: tenTimers},
			{Name: "hellotimer.stop", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: stop},
			{Name: "hellotimer.pending", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: pending},
		},
	})
}

func main() {}

// timers are those that have not fired. Handlers and timers run on the server's thread, one
// after the other, so there is no lock.
var timers = map[int]rm.Timer{}

var made int

// tenTimers makes ten timers that fire within five seconds.
func tenTimers(ctx rm.Context, args rm.Args) error {
	for i := range 10 {
		id := made
		timer, err := ctx.CreateTimer(time.Duration(i)*500*time.Millisecond, func(ctx rm.Context) {
			delete(timers, id)
			ctx.Notice("timer " + strconv.Itoa(id) + " fires") // what a timer needs it closes over
		})
		if err != nil {
			return err
		}
		timers[id] = timer
		made++
	}
	return ctx.ReplyWithOK()
}

// stop stops all timers and replies with their number.
func stop(ctx rm.Context, args rm.Args) error {
	n := len(timers)
	for _, timer := range timers {
		timer.Stop(ctx)
	}
	clear(timers)
	return ctx.ReplyWithLongLong(int64(n))
}

// pending replies with the number of timers, and how long the last one has to wait.
func pending(ctx rm.Context, args rm.Args) error {
	longest := time.Duration(0)
	for _, timer := range timers {
		if left, ok := timer.Remaining(ctx); ok {
			longest = max(longest, left)
		}
	}
	return ctx.ReplyWithLongLongs([]int64{int64(len(timers)), longest.Milliseconds()})
}
