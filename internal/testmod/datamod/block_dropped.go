// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.block.dropped", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: dBlockDropped},
	rm.Command{Name: "d.block.release", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dBlockRelease},
)

var releaseBlocked = make(chan bool)

// dBlockDropped is d.block.dropped HOW: blocks its client, and keeps no handle, or only for a while.
func dBlockDropped(ctx rm.Context, args rm.Args) error {
	var o rm.BlockOptions
	switch how := args.At(1).Clone(); how {
	case "time":
		o.Timeout = time.Hour
	case "function":
		o.OnTimeout = func(rm.Context, rm.Args) error { return rm.ErrTimedOut }
	case "goroutine", "answers":
		b, err := ctx.BlockClient(o)
		if err != nil {
			return err
		}
		go func() {
			<-releaseBlocked
			if how == "answers" {
				b.ReplyWith(textReply(how))
			}
		}()
		return nil
	case "goes":
		return rm.Go(ctx, func(job rm.Job) (rm.Reply, error) {
			<-releaseBlocked
			return textReply(how), nil
		})
	case "replies":
		if _, err := ctx.BlockClient(o); err != nil {
			return err
		}
		for range 3 {
			runtime.GC()
		}
		return ctx.ReplyWithText(how)
	case "nothing":
	default:
		return fmt.Errorf("unknown %s", how)
	}
	_, err := ctx.BlockClient(o)
	return err
}

func dBlockRelease(ctx rm.Context, _ rm.Args) error {
	go func() { releaseBlocked <- true }()
	return ctx.ReplyWithOK()
}
