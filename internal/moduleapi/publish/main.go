// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module publish is what the unit publish of the suite loads.
package main

import (
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdPubSub, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "publish", Version: 1, Commands: []rm.Command{
		command("publish.classic", 3, func(ctx rm.Context, args rm.Args) error {
			return reply(ctx, ctx.PublishMessage, args.At(1), args.At(2))
		}),
		command("publish.shard", 3, func(ctx rm.Context, args rm.Args) error {
			return reply(ctx, ctx.PublishMessageShard, args.At(1), args.At(2))
		}),
		command("publish.classic_multi", -3, func(ctx rm.Context, args rm.Args) error {
			if err := ctx.ReplyWithArray(args.Len() - 2); err != nil {
				return err
			}
			for _, message := range args.From(2).All {
				if err := reply(ctx, ctx.PublishMessage, args.At(1), message); err != nil {
					return err
				}
			}
			return nil
		}),
	}})
}

// reply publishes a message and replies with the number of those who got it.
func reply(ctx rm.Context, publish func(channel, message rm.RStr) (int, error), channel, message rm.RStr) error {
	n, err := publish(channel, message)
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(n))
}

func main() {}
