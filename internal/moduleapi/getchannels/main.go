// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module getchannels is what the unit getchannels of the suite loads.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	rm.Register(rm.Module{Name: "getchannels", Version: 1, Commands: []rm.Command{{
		Name: "getchannels.command", Keys: rm.NoKeys, Arity: -1, GetChannels: channels,
		Handler: func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() },
	}}})
}

// channels are those of WHAT HOW CHANNEL ..., where WHAT is subscribe, publish or
// unsubscribe, and HOW literal or pattern.
func channels(request rm.ChannelsRequest, args rm.Args) {
	for i := 1; i+2 < args.Len(); i += 3 {
		var flags rm.ChannelFlags
		switch args.At(i).String() {
		case "subscribe":
			flags = rm.ChannelFlagSubscribe
		case "publish":
			flags = rm.ChannelFlagPublish
		case "unsubscribe":
			flags = rm.ChannelFlagUnsubscribe
		}
		if args.At(i+1).String() == "pattern" {
			flags |= rm.ChannelFlagPattern
		}
		_ = request.ChannelAtPosWithFlags(i+2, flags)
	}
}

func main() {}
