// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command start is a module that shows what its package variables saw of the
// process when Go started.
package main

import (
	"fmt"
	"os"
	"runtime/coverage"
	"runtime/debug"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// name of the module, a link-time variable.
var name = "start"

// What Go had at its start.
var (
	variable  = os.Getenv("START_VARIABLE")
	all       = len(os.Environ())
	arguments = strings.Join(os.Args, " ")
	zone      = time.Unix(1e9, 0).Format("-0700 MST")
	percent   = readPercent()
)

func readPercent() int {
	n := debug.SetGCPercent(100)
	debug.SetGCPercent(n)
	return n
}

func main() {}

func init() {
	rm.Register(rm.Module{Name: name, Version: 1, Commands: []rm.Command{
		{Name: name + ".show", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: show},
		{Name: name + ".env", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: env},
		{Name: name + ".cover", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: cover},
	}})
}

func show(ctx rm.Context, args rm.Args) error {
	switch args.At(1).String() {
	case "variable":
		return ctx.ReplyWithText(variable)
	case "all":
		return ctx.ReplyWithLongLong(int64(all))
	case "arguments":
		return ctx.ReplyWithText(arguments)
	case "zone":
		return ctx.ReplyWithText(zone)
	case "percent":
		return ctx.ReplyWithLongLong(int64(percent))
	}
	return fmt.Errorf("show what?")
}

// env replies with the whole environment.
func env(ctx rm.Context, args rm.Args) error {
	return ctx.ReplyWithText(strings.Join(os.Environ(), "\n"))
}

// cover writes the counters of a build with -cover.
func cover(ctx rm.Context, args rm.Args) error {
	if err := coverage.WriteCountersDir(os.Getenv("GOCOVERDIR")); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}
