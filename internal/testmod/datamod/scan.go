// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"

	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.scan.loop", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: scanLoop},
	rm.Command{Name: "d.scan.steps", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: scanSteps},
	rm.Command{Name: "d.scan.panic", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: scanPanic},
	rm.Command{Name: "d.scan.goexit", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: scanGoexit},
)

// scanLoop replies with the names of all keys, by a loop.
func scanLoop(ctx rm.Context, _ rm.Args) error {
	keys, err := ctx.Keys(nil)
	if err != nil {
		return err
	}
	var names []string
	for name := range keys.All {
		names = append(names, name.Clone())
	}
	return ctx.ReplyWithTexts(names)
}

// stepThrough scans all keys, step by step.
func stepThrough(ctx rm.Context, f func(name rm.RStr, key rm.ReadKey)) error {
	c, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	defer c.Free()
	for more := true; more; {
		if more, err = ctx.Scan(c, f); err != nil {
			return err
		}
	}
	return nil
}

// scanSteps replies with the names of all keys, step by step.
func scanSteps(ctx rm.Context, _ rm.Args) error {
	var names []string
	if err := stepThrough(ctx, func(name rm.RStr, _ rm.ReadKey) { names = append(names, name.Clone()) }); err != nil {
		return err
	}
	return ctx.ReplyWithTexts(names)
}

// scanPanic: the function of a scan panics at the first key.
func scanPanic(ctx rm.Context, _ rm.Args) error {
	return stepThrough(ctx, func(rm.RStr, rm.ReadKey) { panic(rm.ErrRange) })
}

// scanGoexit: the function of a scan calls runtime.Goexit at the first key.
func scanGoexit(ctx rm.Context, _ rm.Args) error {
	return stepThrough(ctx, func(rm.RStr, rm.ReadKey) { runtime.Goexit() })
}
