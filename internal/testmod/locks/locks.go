// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package locks has a command for modules of tests: goroutines that take the server's lock
// again and again.
package locks

import (
	"sync/atomic"

	"github.com/iredismodule/redismodule/rm"
)

// Command returns the command t.locks: it ends the goroutines that it has started before, starts
// args.At(1) new ones, and replies with how often those before have run f. An error of f ends a goroutine and is
// logged.
func Command(f func(ctx rm.Context, i int) error) rm.Command {
	type group struct{ over, runs atomic.Int64 }
	now := new(group)
	return rm.Command{Name: "t.locks", Keys: rm.NoKeys, Arity: 2, Handler: func(ctx rm.Context, args rm.Args) error {
		n, err := args.At(1).Int64()
		if err != nil {
			return err
		}
		now.over.Store(1)
		runs := now.runs.Load()
		now = new(group)
		g := now
		for i := range int(n) {
			t := ctx.DetachedThreadSafeContext()
			go func() {
				defer t.Free()
				for g.over.Load() == 0 {
					if err := t.Do(func(ctx rm.Context) error { return f(ctx, i) }); err != nil {
						rm.Log(rm.LevelWarning, "t.locks: "+err.Error())
						return
					}
					g.runs.Add(1)
				}
			}()
		}
		return ctx.ReplyWithLongLong(runs)
	}}
}
