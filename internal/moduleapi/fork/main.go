// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module fork is what the unit fork of the suite loads.
package main

import (
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// What is known of the last child.
var (
	pid      int
	exitCode int64 = -1
)

func init() {
	rm.Register(rm.Module{Name: "fork", Version: 1, Commands: []rm.Command{
		{Name: "fork.create", Keys: rm.NoKeys, Arity: 3, Handler: create},
		{Name: "fork.exitcode", Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(exitCode) }},
		{Name: "fork.kill", Keys: rm.NoKeys, Arity: 1, Handler: kill},
	}})
}

// create is fork.create STATUS MICROSECONDS: a child that takes this long and ends with this status.
func create(ctx rm.Context, args rm.Args) error {
	status, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	micro, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	child := func() int {
		rm.Log(rm.LevelNotice, "fork child started")
		// Nothing may wait in a child.
		for end := time.Now().Add(time.Duration(micro) * time.Microsecond); time.Now().Before(end); {
		}
		rm.Log(rm.LevelNotice, "fork child exiting")
		return int(status)
	}
	n, err := ctx.Fork(child, func(status, signal int) { exitCode = int64(status) })
	if err != nil {
		return rm.Error("Fork failed")
	}
	pid, exitCode = n, -1
	return ctx.ReplyWithLongLong(int64(pid))
}

func kill(ctx rm.Context, _ rm.Args) error {
	if err := ctx.KillForkChild(pid); err != nil {
		return rm.Error("KillForkChild failed")
	}
	return ctx.ReplyWithOK()
}

func main() {}
