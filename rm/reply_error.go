// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// ReplyWithError replies with an error. The text is made one line, and gets the
// code ERR when it does not begin with one, a word of two or more upper-case letters;
// but what an [Error] or a [ReplyErr] has on its one line is sent as it is. A nil error replies "ERR nil error". ErrWrongArity becomes the server's own text, see
// [Context.WrongArity]. The server counts it in its error statistics. The result is nil,
// so that a handler can end with return ctx.ReplyWithError(err), which is the same as
// return err as long as it has not replied. As an element it must not be deeper than in
// the outermost aggregate: a script that gets such a reply makes Valkey 9.1 refuse all
// scripts from then on.
//
// C: RedisModule_ReplyWithError, since Redis 4.0.
func (ctx Context) ReplyWithError(err error) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	countReply()
	ctx.sendError(err)
	return nil
}

// sendError is ReplyWithError without the account.
func (ctx Context) sendError(err error) {
	if err == nil {
		err = ErrNilError
	}
	if e, ok := err.(Error); ok && e == ErrWrongArity {
		ctx.sendWrongArity()
		return
	}
	ctx.replyErrorText(replyText(err))
}

// ErrNilError takes the place of an error that is nil.
const ErrNilError = Error("ERR nil error")

func (ctx Context) replyErrorText(text string) {
	var buf unsafeconv.CBuf
	redismodule.ReplyWithError(ctx.raw(), buf.String(text))
}

// ReplyWithErrorFormat replies with an error that is made of a format and its
// arguments by the rules of package fmt, which allocates. What [Context.ReplyWithError]
// says of the text holds here too.
//
// C: RedisModule_ReplyWithError, since Redis 4.0, in the place of
// RedisModule_ReplyWithErrorFormat, since Redis 7.2, whose variable arguments Go
// cannot pass safely.
func (ctx Context) ReplyWithErrorFormat(format string, args ...any) error {
	return ctx.ReplyWithError(fmt.Errorf(format, args...))
}

// ReplyWithCustomError replies with an error that the server does not count in its error
// statistics (INFO errorstats), as it does those of [Context.ReplyWithError]: for errors
// that are part of normal work. The text is treated as by [Context.ReplyWithError]. ErrUnsupported,
// and nothing is sent, on servers that have no such reply. It allocates.
//
// C: ValkeyModule_ReplyWithCustomErrorFormat, since Valkey 9.1.
func (ctx Context) ReplyWithCustomError(err error) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if !has(featureReplyWithCustomErrorFormat) {
		return lacks(featureReplyWithCustomErrorFormat)
	}
	if err == nil {
		err = ErrNilError
	}
	// The text is an argument of a constant format: what it has in it of percent
	// signs means nothing.
	text := unsafeconv.NewZ(replyText(err))
	redismodule.Escape(unsafe.Pointer(text.Ptr()))
	countReply()
	redismodule.ReplyWithCustomErrorFormat(ctx.raw(), 0, textFormat.Ptr(), uintptr(unsafe.Pointer(text.Ptr())))
	keepAlive(text.Ptr())
	return nil
}

var textFormat = unsafeconv.Z("%s\x00")

// WrongArity replies with the server's text on a wrong number of arguments, which
// names the command. Where the context of a raw callback has none, it is the text of
// ErrWrongArity.
//
// C: RedisModule_WrongArity, since Redis 4.0; RedisModule_GetCurrentCommandName,
// since Redis 6.2.5.
func (ctx Context) WrongArity() error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	countReply()
	ctx.sendWrongArity()
	return nil
}

// sendWrongArity is WrongArity without the account.
func (ctx Context) sendWrongArity() {
	// The server looks the name up in the context's client, which must have a command.
	if has(featureGetCurrentCommandName) && redismodule.GetCurrentCommandName(ctx.raw()) != nil {
		redismodule.WrongArity(ctx.raw())
	} else {
		ctx.replyErrorText(string(ErrWrongArity))
	}
}
