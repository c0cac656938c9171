// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// Aggregates: as many element replies must follow as the length says (twice as
// many for maps and attributes). With PostponedLen the length is said at the
// end, innermost aggregate first. A length that is not what was sent is an error, of
// which the debug build tells by a panic; the client is told what was sent. Refused are
// lengths from 2^30 on, and more than 128 levels. A handler that ends in the middle has
// the missing elements filled in with null, up to the length; of a length above 8192 the
// client is told what was sent.

// ErrLength means that the length of an aggregate is negative, or would break the protocol.
const ErrLength = Error("ERR the length of an aggregate reply is negative or too large")

// isLength tells whether n is a length, or PostponedLen, which is -1.
func isLength(n int) bool { return uint(n-PostponedLen) <= maxElements-PostponedLen }

func checkLength(f feature, n int) error {
	switch {
	case !isLength(n):
		return ErrLength
	case !has(f):
		return lacks(f)
	}
	return nil
}

// ReplyWithArray begins an array of n elements.
//
// C: RedisModule_ReplyWithArray, since Redis 4.0.
func (ctx Context) ReplyWithArray(n int) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if !debugging && replySent|replyFirst == 0 && uint(n-1) < longestFilled {
		replySent, replyFirst = 1-n, n
		redismodule.ReplyWithArray(ctx.raw(), int64(n))
		return nil
	}
	if !isLength(n) {
		return ErrLength
	}
	told, err := beginAggregate(arrayReply, n)
	if err == nil {
		redismodule.ReplyWithArray(ctx.raw(), told)
	}
	return err
}

// ReplySetArrayLength says the length of the innermost postponed array.
//
// C: RedisModule_ReplySetArrayLength, since Redis 4.0.
func (ctx Context) ReplySetArrayLength(n int) error {
	return ctx.endAggregate(arrayReply, n)
}

// ReplyWithEmptyArray replies with an array without elements.
//
// C: RedisModule_ReplyWithEmptyArray, since Redis 6.0; before that
// RedisModule_ReplyWithArray.
func (ctx Context) ReplyWithEmptyArray() error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if !has(featureReplyWithEmptyArray) {
		return ctx.ReplyWithArray(0)
	}
	countReply()
	redismodule.ReplyWithEmptyArray(ctx.raw())
	return nil
}

// ReplyWithMap begins a map of n pairs: an array of 2n elements in RESP2.
//
// C: RedisModule_ReplyWithMap, since Redis 7.0.
func (ctx Context) ReplyWithMap(n int) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if err := checkLength(featureReplyWithMap, n); err != nil {
		return err
	}
	told, err := beginAggregate(mapReply, n)
	if err == nil {
		redismodule.ReplyWithMap(ctx.raw(), told)
	}
	return err
}

// ReplySetMapLength says the number of pairs of the innermost postponed map.
//
// C: RedisModule_ReplySetMapLength, since Redis 7.0.
func (ctx Context) ReplySetMapLength(n int) error {
	if !has(featureReplySetMapLength) {
		return lacks(featureReplySetMapLength)
	}
	return ctx.endAggregate(mapReply, n)
}

// ReplyWithSet begins a set of n elements: an array in RESP2.
//
// C: RedisModule_ReplyWithSet, since Redis 7.0.
func (ctx Context) ReplyWithSet(n int) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if err := checkLength(featureReplyWithSet, n); err != nil {
		return err
	}
	told, err := beginAggregate(setReply, n)
	if err == nil {
		redismodule.ReplyWithSet(ctx.raw(), told)
	}
	return err
}

// ReplySetSetLength says the length of the innermost postponed set.
//
// C: RedisModule_ReplySetSetLength, since Redis 7.0.
func (ctx Context) ReplySetSetLength(n int) error {
	if !has(featureReplySetSetLength) {
		return lacks(featureReplySetSetLength)
	}
	return ctx.endAggregate(setReply, n)
}

// ReplyWithAttribute begins n attribute pairs of the reply that follows them.
// RESP2 has no attributes: there nothing is sent and the error is
// ErrRESP2Client, so the pairs must be left out.
//
// C: RedisModule_ReplyWithAttribute, since Redis 7.0.
func (ctx Context) ReplyWithAttribute(n int) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if err := checkLength(featureReplyWithAttribute, n); err != nil {
		return err
	}
	told, err := beginAggregate(attributeReply, n)
	if err == nil && redismodule.ReplyWithAttribute(ctx.raw(), told) != redismodule.OK {
		replies.levels = replies.levels[:len(replies.levels)-1]
		return ErrRESP2Client
	}
	return err
}

// ReplySetAttributeLength says the number of pairs of the innermost postponed
// attribute.
//
// C: RedisModule_ReplySetAttributeLength, since Redis 7.0.
func (ctx Context) ReplySetAttributeLength(n int) error {
	if !has(featureReplySetAttributeLength) {
		return lacks(featureReplySetAttributeLength)
	}
	return ctx.endAggregate(attributeReply, n)
}
