// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"

	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.scan.keys", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: scanKeys},
	rm.Command{Name: "d.scan.fail", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: scanFail},
)

// names collects copies of names, for a reply behind the loop.
var names []string

func replyNames(ctx rm.Context, names []string) error {
	_ = ctx.ReplyWithArray(len(names))
	for _, n := range names {
		_ = ctx.ReplyWithText(n)
	}
	return nil
}

// walkKeys calls f for all keys, in one of the two ways.
func walkKeys(ctx rm.Context, how string, f func(name rm.RStr)) error {
	if how == "iter" {
		keys, err := ctx.Keys(nil)
		if err != nil {
			return err
		}
		for name := range keys.All {
			f(name)
		}
		return nil
	}
	c, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	defer c.Free()
	for more := true; more; {
		if more, err = ctx.Scan(c, func(name rm.RStr, _ rm.ReadKey) { f(name) }); err != nil {
			return err
		}
	}
	return nil
}

// scanKeys is d.scan.keys iter|callback.
func scanKeys(ctx rm.Context, args rm.Args) error {
	names = names[:0]
	if err := walkKeys(ctx, args.At(1).String(), func(name rm.RStr) { names = append(names, name.Clone()) }); err != nil {
		return err
	}
	return replyNames(ctx, names)
}

// scanFail is d.scan.fail raise|goexit: the function of a scan fails at the first key.
func scanFail(ctx rm.Context, args rm.Args) error {
	c, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	defer c.Free()
	for more := true; more; {
		more, err = ctx.Scan(c, func(rm.RStr, rm.ReadKey) {
			if args.At(1).String() == "goexit" {
				runtime.Goexit()
			}
			panic(rm.ErrRange)
		})
		if err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}
