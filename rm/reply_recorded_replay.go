// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// ReplyTo sends the recorded reply to the client of a context, in that client's
// protocol. The context must be that of the innermost command under way, and its handler
// must not have returned; else the error is [ErrNoCommand]. Of an invalid or incomplete recording nothing is sent, and the error
// says what is wrong: a handler that returns it has it sent in the place of the
// reply. The recording stays as it is. Servers before 7.0, whose modules know only
// the types of RESP2, get the RESP2 form of the others.
//
// C: RedisModule_ReplyWithLongLong, RedisModule_ReplyWithStringBuffer,
// RedisModule_ReplyWithSimpleString, RedisModule_ReplyWithError,
// RedisModule_ReplyWithNull, RedisModule_ReplyWithArray,
// RedisModule_ReplyWithDouble, since Redis 4.0; RedisModule_ReplyWithNullArray,
// RedisModule_ReplyWithLongDouble, since Redis 6.0; RedisModule_ReplyWithMap,
// RedisModule_ReplyWithSet, RedisModule_ReplyWithAttribute,
// RedisModule_ReplyWithBool, RedisModule_ReplyWithBigNumber,
// RedisModule_ReplyWithVerbatimStringType, since Redis 7.0.
func (b Reply) ReplyTo(ctx Context) error {
	r := b.live()
	if r == nil {
		return ErrReplyFreed
	}
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if !r.complete || r.err != nil {
		return r.finished()
	}
	countReply()
	if core.CanReplay() {
		core.Replay(ctx.raw(), r.ops, r.text)
	} else {
		r.replayOld(ctx)
	}
	return nil
}

// textAt returns the address of a text of the recording; that of an empty text
// after everything is never read from.
func textAt(text []byte, at uint32) *byte {
	if int(at) < len(text) {
		return &text[at]
	}
	return unsafeconv.DataBytes(text)
}

// replayOld is Replay for servers that know only the types of RESP2.
func (r *recording) replayOld(ctx Context) {
	c, text := ctx.raw(), r.text
	for i := 0; i < len(r.ops); i++ {
		op := &r.ops[i]
		switch op.Kind {
		case opInteger:
			redismodule.ReplyWithLongLong(c, int64(op.N))
		case opBulk, opBigNumber:
			redismodule.ReplyWithStringBuffer(c, textAt(text, op.At), uintptr(op.N))
		case opVerbatim:
			redismodule.ReplyWithStringBuffer(c, textAt(text, op.At+4), uintptr(op.N))
		case opSimple:
			redismodule.ReplyWithSimpleString(c, textAt(text, op.At))
		case opError:
			redismodule.ReplyWithError(c, textAt(text, op.At))
		case opNull:
			redismodule.ReplyWithNull(c)
		case opNullArray:
			if has(featureReplyWithNullArray) {
				redismodule.ReplyWithNullArray(c)
			} else {
				redismodule.ReplyWithNull(c)
			}
		case opDouble:
			redismodule.ReplyWithDouble(c, math.Float64frombits(op.N))
		case opLongDouble:
			if f := math.Float64frombits(op.N); has(featureReplyWithLongDouble) {
				redismodule.ReplyWithLongDouble(c, f)
			} else {
				redismodule.ReplyWithDouble(c, f)
			}
		case opBool:
			redismodule.ReplyWithLongLong(c, int64(op.N))
		case opArray, opSet:
			redismodule.ReplyWithArray(c, int64(op.N))
		case opMap:
			redismodule.ReplyWithArray(c, 2*int64(op.N))
		case opAttribute:
			i = int(op.At) - 1
		case opLongLongs, opDoubles, opPacked, opPackedMap:
			core.ReplyRecorded(c, op.Kind, textAt(text, op.At), int(op.N))
		}
	}
}
