// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"

	"github.com/iredismodule/redismodule/rm"
)

// ran is the handler of the commands here.
func ran(ctx rm.Context, args rm.Args) error {
	if ctx.IsKeysPositionRequest() || ctx.IsChannelsPositionRequest() {
		return rm.Error("ERR a request reached the handler")
	}
	return ctx.ReplyWithSimpleString("RAN")
}

// counted are the keys of NAME N KEY1 ... KEYN OTHER...
func counted(request rm.KeysRequest, args rm.Args) {
	n, err := args.At(1).Int64()
	for i := range n {
		if err == nil {
			err = request.KeyAtPos(2 + int(i))
		}
	}
}

// outOfRange are positions that no command has, and one that it has.
func outOfRange(request rm.KeysRequest, args rm.Args) {
	for _, pos := range []int{-1, 0, args.Len(), 1 << 40} {
		if request.KeyAtPos(pos) != rm.ErrRange || request.KeyAtPosWithFlags(pos, rm.KeyFlagRO) != rm.ErrRange {
			panic("out of range")
		}
	}
	_ = request.KeyAtPos(2)
}

// positionCommands report their keys or channels themselves.
func positionCommands() []rm.Command {
	return []rm.Command{
		{Name: "t.pos.counted", Flags: rm.CmdReadOnly, GetKeys: counted, Arity: -2, Handler: ran},
		{Name: "t.pos.flags", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Handler: ran, GetKeys: func(request rm.KeysRequest, args rm.Args) {
			_ = request.KeyAtPosWithFlags(1, rm.KeyFlagRO|rm.KeyFlagAccess)
			_ = request.KeyAtPosWithFlags(2, rm.KeyFlagOW|rm.KeyFlagUpdate)
		}},
		{Name: "t.pos.range", Flags: rm.CmdReadOnly, GetKeys: outOfRange, Arity: 3, Handler: ran},
		{Name: "t.pos.none", Flags: rm.CmdReadOnly, GetKeys: func(rm.KeysRequest, rm.Args) {}, Arity: -1, Handler: ran},
		{Name: "t.pos.panic", Flags: rm.CmdReadOnly, GetKeys: func(r rm.KeysRequest, _ rm.Args) { panic("no keys today") }, Arity: -1, Handler: ran},
		{Name: "t.pos.goexit", Flags: rm.CmdReadOnly, GetKeys: func(rm.KeysRequest, rm.Args) { runtime.Goexit() }, Arity: -1, Handler: ran},
	}
}

// channelCommands report channels, which servers can ask for since 7.0.
func channelCommands() []rm.Command {
	return []rm.Command{
		{Name: "t.pos.channel", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 3, Handler: ran, GetChannels: func(r rm.ChannelsRequest, args rm.Args) {
			if r.ChannelAtPosWithFlags(0, rm.ChannelFlagPublish) != rm.ErrRange || r.ChannelAtPosWithFlags(3, rm.ChannelFlagPublish) != rm.ErrRange {
				panic("out of range")
			}
			_ = r.ChannelAtPosWithFlags(2, rm.ChannelFlagPublish)
		}},
		{Name: "t.pos.badchannel", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 3, Handler: ran, GetChannels: func(rm.ChannelsRequest, rm.Args) { panic("no channels today") }},
	}
}
