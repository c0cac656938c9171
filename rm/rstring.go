// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// RString is a string of the server that the module owns and must free. It can
// be used wherever an RStr can ([RString.Str]), has all methods of one, and carries no context, so it may
// outlive the callback that made it, and be made and freed on any goroutine. Each
// RString that a function returns is freed once: copies of the variable are the
// same reference. The debug build (tag rm_debug) panics where a string is used
// after its last reference was freed, or freed twice.
type RString struct{ rstr }

// rstr is RStr under a name that others cannot set.
type rstr = RStr

// Str returns the string as a borrowed one. It is valid until the RString is freed.
func (s RString) Str() RStr { return s.rstr }

// NewRString makes a server string with a copy of b.
//
// C: RedisModule_CreateString, since Redis 4.0.
func NewRString(b []byte) RString {
	return owned(redismodule.CreateString(0, unsafeconv.DataBytes(b), uintptr(len(b))))
}

// NewRStringText makes a server string with a copy of s.
//
// C: RedisModule_CreateString, since Redis 4.0.
func NewRStringText(s string) RString {
	return owned(redismodule.CreateString(0, unsafeconv.Data(s), uintptr(len(s))))
}

// RawRString wraps a handle of the raw layer that the caller owns: one that a function
// of the raw layer has returned to be freed, or a reference of its own.
func RawRString(s redismodule.String) RString { return owned(s) }

// NewRStringFormat makes a server string of a format and its arguments, by the
// rules of package fmt: the counterpart of the server's own function, whose
// variable arguments Go cannot pass safely. It allocates.
//
// C: RedisModule_CreateString, in the place of RedisModule_CreateStringPrintf,
// since Redis 4.0.
func NewRStringFormat(format string, args ...any) RString {
	return NewRStringText(fmt.Sprintf(format, args...))
}

// Retain returns one more owned reference to the same string, to be freed for
// itself. Nothing is copied.
//
// C: RedisModule_RetainString, since Redis 4.0.
func (s RString) Retain() RString {
	if s.s == 0 {
		return RString{}
	}
	redismodule.RetainString(0, s.raw())
	return owned(s.s)
}

// Append appends b. Only a string that has one owner can be appended to; for others
// the error is ErrSharedString, for the zero RString ErrNoString, and nothing
// changes. Views of the content from before (Bytes, String) end.
//
// C: RedisModule_StringAppendBuffer, since Redis 4.0.
func (s RString) Append(b []byte) error {
	return s.append(unsafeconv.DataBytes(b), len(b))
}

// AppendText is Append of a Go string.
//
// C: RedisModule_StringAppendBuffer, since Redis 4.0.
func (s RString) AppendText(text string) error {
	return s.append(unsafeconv.Data(text), len(text))
}

func (s RString) append(p *byte, n int) error {
	if s.s == 0 {
		return ErrNoString
	}
	if redismodule.StringAppendBuffer(0, s.raw(), p, uintptr(n)) != redismodule.OK {
		return ErrSharedString
	}
	s.o.spoil()
	return nil
}

// Trim gives back memory that the string has beyond its content, as appending
// leaves it. The content may move: views of it (Bytes, String) end, also those
// that other owners have, so a string that somebody else may be reading is not to
// be trimmed. ErrUnsupported on servers before 7.0.
//
// C: RedisModule_TrimStringAllocation, since Redis 7.0.
func (s RString) Trim() error {
	if !has(featureTrimStringAllocation) {
		return lacks(featureTrimStringAllocation)
	}
	if s.s != 0 {
		redismodule.TrimStringAllocation(s.raw())
		s.o.spoil()
	}
	return nil
}

// HandOver gives the string to the automatic memory of a callback's context,
// which frees it when the callback has returned. It switches that memory on
// ([Context.AutoMemory]); in a context that is not a command's the string is freed
// without it. What comes back is the same string, borrowed; s becomes zero.
//
// C: RedisModule_HoldString, since Redis 6.0.7, before that
// RedisModule_CreateStringFromString; RedisModule_AutoMemory, since Redis 4.0.
func (s *RString) HandOver(ctx Context) RStr {
	if s.s == 0 {
		return RStr{}
	}
	ctx.alive()
	if isOutside(ctx.c) {
		return RStr{ctx.o, state.left.take(ctx.c, s.disown())}
	}
	ctx.AutoMemory()
	var lent redismodule.String
	if has(featureHoldString) {
		lent = redismodule.HoldString(ctx.raw(), s.raw())
	} else {
		lent = redismodule.CreateStringFromString(ctx.raw(), s.raw())
	}
	redismodule.FreeString(0, s.disown())
	return RStr{ctx.o, lent}
}

// Free gives the string back. Freeing the zero RString does nothing; s becomes
// zero, so freeing twice through the same variable does nothing either. The debug build
// tells of a copy that is freed or used after it.
//
// C: RedisModule_FreeString, since Redis 4.0.
func (s *RString) Free() {
	if s.s != 0 {
		s.freed()
		redismodule.FreeString(0, s.s)
		s.s = 0
	}
}

// disown takes the string from its owner, to pass it to a function of the server
// that keeps it.
func (s *RString) disown() redismodule.String {
	raw := s.s
	s.passedOn()
	s.s = 0
	return raw
}

// Str makes a server string with a copy of text that lives until the callback ends, for
// what takes one: a key's name, a field, a member. It is not freed by the caller, and Go
// allocates nothing.
//
// C: RedisModule_CreateString, since Redis 4.0.
func (ctx Context) Str(text string) RStr {
	return ctx.lend(unsafeconv.Data(text), len(text))
}

// StrBytes is [Context.Str] with a copy of b.
//
// C: RedisModule_CreateString, since Redis 4.0.
func (ctx Context) StrBytes(b []byte) RStr {
	return ctx.lend(unsafeconv.DataBytes(b), len(b))
}

// lend makes a string that is freed after the callback. It has no context, so that
// automatic memory does not know it.
func (ctx Context) lend(p *byte, n int) RStr {
	return RStr{ctx.o, state.left.take(ctx.raw(), redismodule.CreateString(0, p, uintptr(n)))}
}

var _ [unsafe.Sizeof(RStr{})]byte = [unsafe.Sizeof(RString{})]byte{}
