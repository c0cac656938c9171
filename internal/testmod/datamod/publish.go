// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

var _ = add(
	rm.Command{Name: "d.publish", Flags: rm.CmdReadOnly | rm.CmdPubSub, Keys: rm.NoKeys, Arity: 3, Handler: func(ctx rm.Context, args rm.Args) error {
		n, err := ctx.PublishMessage(args.At(1), args.At(2))
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(n))
	}},
	rm.Command{Name: "d.publish.shard", Flags: rm.CmdReadOnly | rm.CmdPubSub, Keys: rm.NoKeys, Arity: 3, Handler: func(ctx rm.Context, args rm.Args) error {
		n, err := ctx.PublishMessageShard(args.At(1), args.At(2))
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(n))
	}},
)
