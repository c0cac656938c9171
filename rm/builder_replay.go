// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// ReplyTo sends the recorded reply to the client of a context, in that client's
// protocol. Of an invalid or incomplete recording nothing is sent, and the error
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
	if !r.complete || r.err != nil {
		return r.finished()
	}
	if redismodule.Has(redismodule.FnReplyWithMap) {
		r.replay(ctx.c)
	} else {
		r.replayOld(ctx)
	}
	return nil
}

// replay sends the operations one by one.
func (r *recording) replay(c redismodule.Ctx) {
	ops, text := r.ops, r.text
	for i := 0; i < len(ops); i++ {
		op := &ops[i]
		switch op.kind {
		case opInteger:
			redismodule.ReplyWithLongLong(c, int64(op.n))
		case opBulk:
			redismodule.ReplyWithStringBuffer(c, textAt(text, op.at), uintptr(op.n))
		case opSimple:
			redismodule.ReplyWithSimpleString(c, textAt(text, op.at))
		case opError:
			redismodule.ReplyWithError(c, textAt(text, op.at))
		case opNull:
			redismodule.ReplyWithNull(c)
		case opNullArray:
			redismodule.ReplyWithNullArray(c)
		case opDouble:
			redismodule.ReplyWithDouble(c, math.Float64frombits(op.n))
		case opLongDouble:
			redismodule.ReplyWithLongDouble(c, math.Float64frombits(op.n))
		case opTrue:
			redismodule.ReplyWithBool(c, 1)
		case opFalse:
			redismodule.ReplyWithBool(c, 0)
		case opBigNumber:
			redismodule.ReplyWithBigNumber(c, textAt(text, op.at), uintptr(op.n))
		case opVerbatim:
			redismodule.ReplyWithVerbatimStringType(c, textAt(text, op.at+4), uintptr(op.n), textAt(text, op.at))
		case opArray:
			redismodule.ReplyWithArray(c, int64(op.n))
		case opMap:
			redismodule.ReplyWithMap(c, int64(op.n))
		case opSet:
			redismodule.ReplyWithSet(c, int64(op.n))
		case opAttribute:
			if redismodule.ReplyWithAttribute(c, int64(op.n)) != redismodule.OK {
				i = int(op.at) - 1 // RESP2
			}
		}
	}
}

// textAt returns the address of a text of the recording; that of an empty text
// behind everything is never read from.
func textAt(text []byte, at uint32) *byte {
	if int(at) < len(text) {
		return &text[at]
	}
	return unsafeconv.DataBytes(text)
}

// replayOld is replay for servers that know only the types of RESP2.
func (r *recording) replayOld(ctx Context) {
	c, text := ctx.c, r.text
	for i := 0; i < len(r.ops); i++ {
		op := &r.ops[i]
		switch op.kind {
		case opInteger:
			redismodule.ReplyWithLongLong(c, int64(op.n))
		case opBulk, opBigNumber:
			redismodule.ReplyWithStringBuffer(c, textAt(text, op.at), uintptr(op.n))
		case opVerbatim:
			redismodule.ReplyWithStringBuffer(c, textAt(text, op.at+4), uintptr(op.n))
		case opSimple:
			redismodule.ReplyWithSimpleString(c, textAt(text, op.at))
		case opError:
			redismodule.ReplyWithError(c, textAt(text, op.at))
		case opNull:
			redismodule.ReplyWithNull(c)
		case opNullArray:
			if ctx.ReplyWithNullArray() != nil {
				redismodule.ReplyWithNull(c)
			}
		case opDouble:
			redismodule.ReplyWithDouble(c, math.Float64frombits(op.n))
		case opLongDouble:
			if f := math.Float64frombits(op.n); ctx.ReplyWithLongDouble(f) != nil {
				redismodule.ReplyWithDouble(c, f)
			}
		case opTrue:
			redismodule.ReplyWithLongLong(c, 1)
		case opFalse:
			redismodule.ReplyWithLongLong(c, 0)
		case opArray, opSet:
			redismodule.ReplyWithArray(c, int64(op.n))
		case opMap:
			redismodule.ReplyWithArray(c, 2*int64(op.n))
		case opAttribute:
			i = int(op.at) - 1
		}
	}
}
