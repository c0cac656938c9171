// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule/internal/core"
)

// Whole slices as one reply. They go to the server in one call: an element costs what
// it costs in C. The server copies them.

// ErrNoValue means that pairs end with a key that has no value.
const ErrNoValue = Error("ERR the last key of the pairs has no value")

// ReplyWithLongLongs replies with an array of integers.
//
// C: RedisModule_ReplyWithArray, RedisModule_ReplyWithLongLong, since Redis 4.0.
func (ctx Context) ReplyWithLongLongs(n []int64) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	countReply()
	core.ReplyLongLongs(ctx.raw(), n)
	return nil
}

// ReplyWithDoubles replies with an array of floating-point numbers: doubles in RESP3,
// bulk strings in RESP2.
//
// C: RedisModule_ReplyWithArray, RedisModule_ReplyWithDouble, since Redis 4.0.
func (ctx Context) ReplyWithDoubles(f []float64) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	countReply()
	core.ReplyDoubles(ctx.raw(), f)
	return nil
}

// ReplyWithTexts replies with an array of Go strings as bulk strings.
//
// C: RedisModule_ReplyWithArray, RedisModule_ReplyWithStringBuffer, since Redis 4.0.
func (ctx Context) ReplyWithTexts(s []string) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	countReply()
	core.ReplyTexts(ctx.raw(), s)
	return nil
}

// ReplyWithByteSlices replies with an array of bytes as bulk strings; nil is empty.
//
// C: RedisModule_ReplyWithArray, RedisModule_ReplyWithStringBuffer, since Redis 4.0.
func (ctx Context) ReplyWithByteSlices(b [][]byte) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	countReply()
	core.ReplyBytes(ctx.raw(), b)
	return nil
}

// ReplyWithStrings replies with an array of server strings as bulk strings, with null
// for the zero RStr.
//
// C: RedisModule_ReplyWithArray, RedisModule_ReplyWithString, since Redis 4.0.
func (ctx Context) ReplyWithStrings(s ...RStr) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	strings := unsafe.SliceData(rawStrings(s))
	countReply()
	core.ReplyStrings(ctx.raw(), strings, len(s))
	return nil
}

// ReplyWithTextMap replies with a map of Go strings, keys and values in turn: an array
// of them in RESP2. Errors: ErrNoValue, ErrUnsupported before Redis 7.0.
//
// C: RedisModule_ReplyWithMap, RedisModule_ReplyWithStringBuffer, since Redis 7.0.
func (ctx Context) ReplyWithTextMap(pairs []string) error {
	if err := ctx.checkPairs(len(pairs)); err != nil {
		return err
	}
	countReply()
	core.ReplyTextMap(ctx.raw(), pairs)
	return nil
}

// ReplyWithBytesMap replies with a map of bytes, keys and values in turn: an array of
// them in RESP2. Errors: ErrNoValue, ErrUnsupported before Redis 7.0.
//
// C: RedisModule_ReplyWithMap, RedisModule_ReplyWithStringBuffer, since Redis 7.0.
func (ctx Context) ReplyWithBytesMap(pairs [][]byte) error {
	if err := ctx.checkPairs(len(pairs)); err != nil {
		return err
	}
	countReply()
	core.ReplyBytesMap(ctx.raw(), pairs)
	return nil
}

// ReplyWithStringMap replies with a map of server strings, keys and values in turn: an
// array of them in RESP2. The zero RStr is null. Errors: ErrNoValue, ErrUnsupported
// before Redis 7.0.
//
// C: RedisModule_ReplyWithMap, RedisModule_ReplyWithString, since Redis 7.0.
func (ctx Context) ReplyWithStringMap(pairs ...RStr) error {
	if err := ctx.checkPairs(len(pairs)); err != nil {
		return err
	}
	strings := unsafe.SliceData(rawStrings(pairs))
	countReply()
	core.ReplyStringMap(ctx.raw(), strings, len(pairs))
	return nil
}

// checkPairs says whether a map of n keys and values can be sent.
func (ctx Context) checkPairs(n int) error {
	if debugging {
		ctx.alive()
	}
	switch {
	case ctx != replyContext:
		return noCommand
	case n%2 != 0:
		return ErrNoValue
	}
	return checkLength(featureReplyWithMap, n)
}
