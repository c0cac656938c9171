// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// PostponedLen as the length of an array, map, set or attribute says that the
// length follows later, by the matching ReplySet...Length call. A known length
// is cheaper.
const PostponedLen = redismodule.POSTPONED_LEN

// All reply methods write to the client of the context at once. They return nil,
// ErrUnsupported when the running server lacks the type, or [ErrNoCommand] in a
// context that is not that of the innermost command under way; then nothing is sent.

// ReplyWithLongLong replies with an integer.
//
// C: RedisModule_ReplyWithLongLong, since Redis 4.0.
func (ctx Context) ReplyWithLongLong(n int64) (err error) {
	if debugging {
		ctx.alive()
	}
	if ctx != replyContext {
		return noCommand
	}
	if debugging {
		checkSecond()
	}
	replySent++
	redismodule.ReplyWithLongLong(ctx.c, n)
	return
}

// ReplyWithString replies with a server string as a bulk string.
//
// C: RedisModule_ReplyWithString, since Redis 4.0.
func (ctx Context) ReplyWithString(s RStr) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if s.s == 0 {
		return ctx.ReplyWithNull()
	}
	s.alive()
	countReply()
	redismodule.ReplyWithString(ctx.raw(), s.raw())
	return nil
}

// ReplyWithBytes replies with bytes as a bulk string. The server copies them.
//
// C: RedisModule_ReplyWithStringBuffer, since Redis 4.0.
func (ctx Context) ReplyWithBytes(b []byte) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	countReply()
	redismodule.ReplyWithStringBuffer(ctx.raw(), unsafeconv.DataBytes(b), uintptr(len(b)))
	return nil
}

// ReplyWithText replies with a Go string as a bulk string. The server copies it.
//
// C: RedisModule_ReplyWithStringBuffer, since Redis 4.0.
func (ctx Context) ReplyWithText(s string) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	countReply()
	redismodule.ReplyWithStringBuffer(ctx.raw(), unsafeconv.Data(s), uintptr(len(s)))
	return nil
}

// ReplyWithCString replies with a text that is stored with its NUL, as a bulk
// string; [Context.ReplyWithText] takes any text and is as fast.
//
// C: RedisModule_ReplyWithCString, since Redis 5.0.6; before that
// RedisModule_ReplyWithStringBuffer.
func (ctx Context) ReplyWithCString(s unsafeconv.ZStr) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if !has(featureReplyWithCString) {
		return ctx.ReplyWithText(s.String())
	}
	countReply()
	redismodule.ReplyWithCString(ctx.raw(), s.Ptr())
	return nil
}

// ReplyWithEmptyString replies with an empty bulk string.
//
// C: RedisModule_ReplyWithEmptyString, since Redis 6.0; before that
// RedisModule_ReplyWithStringBuffer.
func (ctx Context) ReplyWithEmptyString() error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if !has(featureReplyWithEmptyString) {
		return ctx.ReplyWithText("")
	}
	countReply()
	redismodule.ReplyWithEmptyString(ctx.raw())
	return nil
}

// ReplyWithSimpleString replies with a status: one line of text. A text with a
// line break or a NUL byte is refused with an error, and nothing is sent.
//
// C: RedisModule_ReplyWithSimpleString, since Redis 4.0.
func (ctx Context) ReplyWithSimpleString(s string) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if !oneLine(s) && s != "" {
		return Error("ERR a simple string must be one line without NUL bytes")
	}
	var buf unsafeconv.CBuf
	countReply()
	redismodule.ReplyWithSimpleString(ctx.raw(), buf.String(s))
	return nil
}

// ReplyWithOK replies with the status OK.
//
// C: RedisModule_ReplyWithSimpleString, since Redis 4.0.
func (ctx Context) ReplyWithOK() (err error) {
	if debugging {
		ctx.alive()
	}
	if ctx != replyContext {
		return noCommand
	}
	countReply()
	redismodule.ReplyWithSimpleString(ctx.raw(), &okText[0])
	return
}

// okText is what C gets to see: the text does not change, so nothing is checked or copied.
var okText = [...]byte{'O', 'K', 0}

// ReplyWithNull replies with null.
//
// C: RedisModule_ReplyWithNull, since Redis 4.0.
func (ctx Context) ReplyWithNull() (err error) {
	if debugging {
		ctx.alive()
	}
	if ctx != replyContext {
		return noCommand
	}
	if debugging {
		checkSecond()
	}
	replySent++
	redismodule.ReplyWithNull(ctx.c)
	return
}

// ReplyWithNullArray replies with RESP2's null array; in RESP3 with null.
//
// C: RedisModule_ReplyWithNullArray, since Redis 6.0.
func (ctx Context) ReplyWithNullArray() error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if !has(featureReplyWithNullArray) {
		return lacks(featureReplyWithNullArray)
	}
	countReply()
	redismodule.ReplyWithNullArray(ctx.raw())
	return nil
}

// ReplyWithDouble replies with a floating-point number: a double in RESP3, a
// bulk string in RESP2.
//
// C: RedisModule_ReplyWithDouble, since Redis 4.0.
func (ctx Context) ReplyWithDouble(f float64) (err error) {
	if debugging {
		ctx.alive()
	}
	if ctx != replyContext {
		return noCommand
	}
	if debugging {
		checkSecond()
	}
	replySent++
	redismodule.ReplyWithDouble(ctx.c, f)
	return
}

// ReplyWithLongDouble replies with f as the server formats a long double, with as
// many digits as it needs: a double in RESP3, a bulk string in RESP2.
//
// C: RedisModule_ReplyWithLongDouble, since Redis 6.0.
func (ctx Context) ReplyWithLongDouble(f float64) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if !has(featureReplyWithLongDouble) {
		return lacks(featureReplyWithLongDouble)
	}
	countReply()
	redismodule.ReplyWithLongDouble(ctx.raw(), f)
	return nil
}

// ReplyWithBool replies with a boolean: 1 or 0 in RESP2.
//
// C: RedisModule_ReplyWithBool, since Redis 7.0.
func (ctx Context) ReplyWithBool(b bool) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if !has(featureReplyWithBool) {
		return lacks(featureReplyWithBool)
	}
	countReply()
	redismodule.ReplyWithBool(ctx.raw(), boolInt(b))
	return nil
}

// ReplyWithBigNumber replies with an integer of any size, given in decimal: a
// bulk string in RESP2. A text that is no integer is refused, and nothing is
// sent.
//
// C: RedisModule_ReplyWithBigNumber, since Redis 7.0.
func (ctx Context) ReplyWithBigNumber(decimal string) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if !has(featureReplyWithBigNumber) {
		return lacks(featureReplyWithBigNumber)
	}
	if !isDecimal(decimal) {
		return ErrNotInteger
	}
	countReply()
	redismodule.ReplyWithBigNumber(ctx.raw(), unsafeconv.Data(decimal), uintptr(len(decimal)))
	return nil
}

func isDecimal(s string) bool {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	return isDigits(s)
}

// ReplyWithVerbatimString replies with a text of a format ("txt", "mkd": exactly three
// bytes): a bulk string in RESP2.
//
// C: RedisModule_ReplyWithVerbatimStringType, since Redis 7.0; "txt" alone by
// RedisModule_ReplyWithVerbatimString, since Redis 6.0.
func (ctx Context) ReplyWithVerbatimString(text, format string) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	switch {
	case len(format) != 3 || !oneLine(format):
		return Error("ERR the format of a verbatim string is three bytes")
	case format == "txt" && has(featureReplyWithVerbatimString):
		countReply()
		redismodule.ReplyWithVerbatimString(ctx.raw(), unsafeconv.Data(text), uintptr(len(text)))
	case has(featureReplyWithVerbatimStringType):
		var buf unsafeconv.CBuf
		countReply()
		redismodule.ReplyWithVerbatimStringType(ctx.raw(), unsafeconv.Data(text), uintptr(len(text)), buf.String(format))
	default:
		return lacks(featureReplyWithVerbatimStringType)
	}
	return nil
}
