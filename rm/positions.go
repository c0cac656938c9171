// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strings"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// Before it runs a command whose keys are no range, the server may ask it where they
// are: for ACLs with key patterns, in a cluster, for COMMAND GETKEYS. It does so by a
// call of the command's own function, in a context without a client, possibly on another
// thread than its own. That call must not reach the handler.

// KeyFlags tell the server what a command does with a key: with the value as a whole
// (RO, RW, OW, RM) and with the user's data in it. Servers before 7.0 have none.
type KeyFlags int32

// The key flags; [KeysRequest.KeyAtPos] says which of them are usual.
const (
	KeyFlagRO     KeyFlags = redismodule.CMD_KEY_RO      // only reads the value
	KeyFlagRW     KeyFlags = redismodule.CMD_KEY_RW      // changes the value
	KeyFlagOW     KeyFlags = redismodule.CMD_KEY_OW      // overwrites the value
	KeyFlagRM     KeyFlags = redismodule.CMD_KEY_RM      // removes the key
	KeyFlagAccess KeyFlags = redismodule.CMD_KEY_ACCESS  // returns or copies user data
	KeyFlagUpdate KeyFlags = redismodule.CMD_KEY_UPDATE  // changes user data
	KeyFlagInsert KeyFlags = redismodule.CMD_KEY_INSERT  // adds user data
	KeyFlagDelete KeyFlags = redismodule.CMD_KEY_DELETE  // removes user data
	KeyFlagNotKey KeyFlags = redismodule.CMD_KEY_NOT_KEY // is no key, but goes to its node of a cluster
	// KeyFlagIncomplete is of a KeySpec that does not find all keys.
	KeyFlagIncomplete KeyFlags = redismodule.CMD_KEY_INCOMPLETE
	KeyFlagVariable   KeyFlags = redismodule.CMD_KEY_VARIABLE_FLAGS // other arguments decide what is done
)

// ChannelFlags tell the server what a command does with a channel.
type ChannelFlags int32

// The channel flags.
const (
	ChannelFlagPattern     ChannelFlags = redismodule.CMD_CHANNEL_PATTERN     // the argument is a pattern
	ChannelFlagPublish     ChannelFlags = redismodule.CMD_CHANNEL_PUBLISH     // publishes
	ChannelFlagSubscribe   ChannelFlags = redismodule.CMD_CHANNEL_SUBSCRIBE   // subscribes
	ChannelFlagUnsubscribe ChannelFlags = redismodule.CMD_CHANNEL_UNSUBSCRIBE // ends a subscription
)

// KeysRequest takes the positions of a command's keys, in [Command].GetKeys. It is
// valid until that function returns.
type KeysRequest struct {
	ctx  Context
	argc int
}

// KeyAtPos says that argument pos is a key; 0 is the command's name. The server
// takes it as one that is read and changed. ErrRange for a position that the command
// does not have.
//
// C: RedisModule_KeyAtPos, since Redis 4.0.
func (r KeysRequest) KeyAtPos(pos int) error {
	if pos < 1 || pos >= r.argc {
		return ErrRange
	}
	redismodule.KeyAtPos(r.ctx.raw(), int32(pos))
	return nil
}

// KeyAtPosWithFlags says that argument pos is a key, and what is done with it: of a
// key that is read KeyFlagRO|KeyFlagAccess, say, so that a user who may only read it can
// run the command. Servers before 7.0 have no flags, there it is KeyAtPos.
//
// C: RedisModule_KeyAtPosWithFlags, since Redis 7.0.
func (r KeysRequest) KeyAtPosWithFlags(pos int, flags KeyFlags) error {
	if pos < 1 || pos >= r.argc {
		return ErrRange
	}
	if !has(featureKeyAtPosWithFlags) {
		redismodule.KeyAtPos(r.ctx.raw(), int32(pos))
		return nil
	}
	redismodule.KeyAtPosWithFlags(r.ctx.raw(), int32(pos), int32(flags))
	return nil
}

// ChannelsRequest takes the positions of a command's channels, in
// [Command].GetChannels. It is valid until that function returns.
type ChannelsRequest struct {
	ctx  Context
	argc int
}

// ChannelAtPosWithFlags says that argument pos is a channel, and what is done with
// it. ErrRange for a position that the command does not have.
//
// C: RedisModule_ChannelAtPosWithFlags, since Redis 7.0.
func (r ChannelsRequest) ChannelAtPosWithFlags(pos int, flags ChannelFlags) error {
	if pos < 1 || pos >= r.argc {
		return ErrRange
	}
	redismodule.ChannelAtPosWithFlags(r.ctx.raw(), int32(pos), int32(flags))
	return nil
}

// IsKeysPositionRequest tells whether the server asks for the positions of keys, and
// not for the command to be run. A [Handler] is never asked; a callback that was made
// with the raw layer may be.
//
// C: RedisModule_IsKeysPositionRequest, since Redis 4.0.
func (ctx Context) IsKeysPositionRequest() bool {
	return redismodule.IsKeysPositionRequest(ctx.raw()) != 0
}

// IsChannelsPositionRequest tells whether the server asks for the positions of
// channels, and not for the command to be run. A [Handler] is never asked; a callback
// that was made with the raw layer may be.
//
// C: RedisModule_IsChannelsPositionRequest, since Redis 7.0.
func (ctx Context) IsChannelsPositionRequest() bool {
	return has(featureIsChannelsPositionRequest) && redismodule.IsChannelsPositionRequest(ctx.raw()) != 0
}

// withPositions puts the answers to requests for positions in front of a command's
// function. Commands without such answers are never asked.
//
//go:noinline
func (c *Command) withPositions(run core.Command) core.Command {
	if c.GetKeys == nil && c.GetChannels == nil {
		return run
	}
	return func(raw redismodule.Ctx, argv uintptr, argc int32, f unsafe.Pointer) {
		defer func() {
			if core.UnderWay(f) {
				core.Fail(f, recover())
			}
		}()
		if strays && c.isStray(raw, argv, int(argc)) {
			core.Returned(f)
			return
		}
		// The server may be asking on another thread, so this is none of the callbacks under
		// way.
		ctx := Context{c: raw}
		if debugging {
			ctx.o = newOrigin("request for positions")
		}
		if c.positions(ctx, args(ctx.o, argv, int(argc))) {
			core.Returned(f)
			return
		}
		run(raw, argv, argc, f)
	}
}

// positions answers a request for positions. False means that it is none.
func (c *Command) positions(ctx Context, args Args) bool {
	if debugging {
		defer ctx.o.end()
	}
	argc, done, first := args.Len(), false, 1
	if strings.Contains(c.Name, "|") { // argument 1 is the subcommand's name
		first = 2
	}
	switch {
	case c.GetKeys != nil && ctx.IsKeysPositionRequest():
		request := KeysRequest{ctx, argc}
		defer func() {
			for i := first; i < argc && !done; i++ { // it failed; see Command.GetKeys
				_ = request.KeyAtPos(i)
			}
		}()
		if c.arityFits(argc) {
			c.GetKeys(request, args)
		}
	case c.GetChannels != nil && ctx.IsChannelsPositionRequest():
		request := ChannelsRequest{ctx, argc}
		defer func() {
			for i := first; i < argc && !done; i++ {
				_ = request.ChannelAtPosWithFlags(i, ChannelFlagPublish|ChannelFlagSubscribe)
			}
		}()
		if c.arityFits(argc) {
			c.GetChannels(request, args)
		}
	default:
		return false
	}
	done = true
	return true
}

// isPositions tells whether a call of the command's function is a request for
// positions.
func (c *Command) isPositions(ctx Context) bool {
	return c.GetKeys != nil && ctx.IsKeysPositionRequest() || c.GetChannels != nil && ctx.IsChannelsPositionRequest()
}

// whatRuns is what the log calls the function that a call runs.
func (c *Command) whatRuns(ctx Context) string {
	switch {
	case !c.isPositions(ctx):
		return "command " + c.Name
	case c.GetKeys != nil && ctx.IsKeysPositionRequest():
		return "GetKeys of the command " + c.Name
	}
	return "GetChannels of the command " + c.Name
}

// arityFits tells whether the command takes so many arguments, its name included.
func (c *Command) arityFits(argc int) bool {
	return argc == c.Arity || c.Arity < 0 && argc >= -c.Arity
}
