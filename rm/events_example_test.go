// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// A command that adds to a list later: later.push KEY MILLISECONDS ELEMENT. It is written
// and replicated when the timer fires.
func ExampleContext_CreateTimer() {
	push := func(ctx rm.Context, args rm.Args) error {
		ms, err := args.At(2).Int64()
		if err != nil {
			return err
		}
		key, element := args.At(1).Retain(), args.At(3).Retain()
		_, err = ctx.CreateTimer(time.Duration(ms)*time.Millisecond, func(ctx rm.Context) {
			defer key.Free()
			defer element.Free()
			reply, err := ctx.Call("RPUSH", rm.CallReplicate, rm.Str(key.Str()), rm.Str(element.Str()))
			if err != nil {
				ctx.Log(rm.LevelWarning, "later.push: "+err.Error())
				return
			}
			reply.Free()
		})
		if err != nil {
			key.Free()
			element.Free()
			return err
		}
		return ctx.ReplyWithOK()
	}
	rm.Register(rm.Module{Name: "later", Version: 1, Commands: []rm.Command{
		{Name: "later.push", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 4, Handler: push},
	}})
}

// A module that counts the keys of database 0 every ten seconds, until it is unloaded.
func ExampleContext_Every() {
	rm.Register(rm.Module{Name: "watch", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.Every(10*time.Second, func(ctx rm.Context) {
			if ctx.DBSize() > 1_000_000 {
				ctx.Log(rm.LevelWarning, "more than a million keys")
			}
		})
		return err
	}})
}
