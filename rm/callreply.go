// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strconv"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// ReplyType is the type of a CallReply.
type ReplyType int32

// The reply types; those after ReplyNull come from Redis 7.0 on, and only in
// RESP3 (CallRESP3).
const (
	ReplyUnknown        ReplyType = redismodule.REPLY_UNKNOWN
	ReplyString         ReplyType = redismodule.REPLY_STRING
	ReplyError          ReplyType = redismodule.REPLY_ERROR
	ReplyInteger        ReplyType = redismodule.REPLY_INTEGER
	ReplyArray          ReplyType = redismodule.REPLY_ARRAY
	ReplyNull           ReplyType = redismodule.REPLY_NULL
	ReplyMap            ReplyType = redismodule.REPLY_MAP
	ReplySet            ReplyType = redismodule.REPLY_SET
	ReplyBool           ReplyType = redismodule.REPLY_BOOL
	ReplyDouble         ReplyType = redismodule.REPLY_DOUBLE
	ReplyBigNumber      ReplyType = redismodule.REPLY_BIG_NUMBER
	ReplyVerbatimString ReplyType = redismodule.REPLY_VERBATIM_STRING
	ReplyAttribute      ReplyType = redismodule.REPLY_ATTRIBUTE
	ReplyPromise        ReplyType = redismodule.REPLY_PROMISE // the call goes on; CallAllowBlock
	// ReplySimpleString is a status that is told apart from a string, and ReplyNullArray
	// RESP2's null array, both only with CallExact.
	ReplySimpleString ReplyType = redismodule.REPLY_SIMPLE_STRING
	ReplyNullArray    ReplyType = redismodule.REPLY_ARRAY_NULL
)

// CallReply is the reply of a called command, or an element of one. Views of its
// strings, and its elements, are valid until the outermost reply is freed, which
// must happen before the callback that made the call returns. The zero CallReply
// is no reply; reading it gives zero values. Built with the tag rm_debug, using or
// freeing a reply that is freed panics.
type CallReply struct {
	o origin
	p unsafe.Pointer
}

// Raw returns the handle for the raw layer.
func (r CallReply) Raw() redismodule.CallReply { return redismodule.CallReply(uintptr(r.p)) }

// IsZero tells whether there is no reply.
func (r CallReply) IsZero() bool { return r.p == nil }

// Free gives the reply back. Only the outermost reply is freed, and by someone who
// holds the server's lock. r becomes zero, so freeing twice through the same variable
// does nothing; the debug build tells of it, and of a copy that is freed or used after
// it. Freeing the zero reply does nothing, and neither does freeing one that
// [CallReply.OnUnblocked] hands out.
//
// C: RedisModule_FreeCallReply, since Redis 4.0.
func (r *CallReply) Free() {
	if r.p == nil || len(state.handling) != 0 && lentReply(*r) {
		return
	}
	if debugging {
		r.end()
	}
	redismodule.FreeCallReply(r.Raw())
	r.forget()
}

// Type returns the type of the reply.
//
// C: RedisModule_CallReplyType, since Redis 4.0.
func (r CallReply) Type() ReplyType {
	if r.p == nil {
		return ReplyUnknown
	}
	if debugging {
		r.check()
	}
	return ReplyType(redismodule.CallReplyType(r.Raw()))
}

// Len returns the length of a string, or the number of elements (of pairs, for
// maps and attributes).
//
// C: RedisModule_CallReplyLength, since Redis 4.0.
func (r CallReply) Len() int {
	if r.p == nil {
		return 0
	}
	if debugging {
		r.check()
	}
	return int(redismodule.CallReplyLength(r.Raw()))
}

// Bytes returns the content of a string, status or error without copying, nil
// for other types. It is valid until the outermost reply is freed.
//
// C: RedisModule_CallReplyStringPtr, since Redis 4.0.
func (r CallReply) Bytes() []byte {
	if r.p == nil {
		return nil
	}
	if debugging {
		r.check()
	}
	var n uintptr
	p := redismodule.CallReplyStringPtr(r.Raw(), &n)
	if p == nil {
		return nil
	}
	return r.o.show(unsafeconv.BytesAt(p, n))
}

// String returns the content of a string, status or error without copying; see
// Bytes for how long it is valid.
func (r CallReply) String() string { return unsafeconv.String(r.Bytes()) }

// Integer returns an integer reply, 0 for other types.
//
// C: RedisModule_CallReplyInteger, since Redis 4.0.
func (r CallReply) Integer() int64 {
	if r.Type() != ReplyInteger {
		return 0
	}
	return redismodule.CallReplyInteger(r.Raw())
}

// Double returns a double reply, 0 for other types.
//
// C: RedisModule_CallReplyDouble, since Redis 7.0.
func (r CallReply) Double() float64 {
	if r.Type() != ReplyDouble {
		return 0
	}
	return redismodule.CallReplyDouble(r.Raw())
}

// Bool returns a boolean reply, false for other types.
//
// C: RedisModule_CallReplyBool, since Redis 7.0.
func (r CallReply) Bool() bool {
	return r.Type() == ReplyBool && redismodule.CallReplyBool(r.Raw()) != 0
}

// BigNumber returns the decimal digits of a big number, "" for other types; see
// Bytes for how long it is valid.
//
// C: RedisModule_CallReplyBigNumber, since Redis 7.0.
func (r CallReply) BigNumber() string {
	if r.Type() != ReplyBigNumber {
		return ""
	}
	var n uintptr
	p := redismodule.CallReplyBigNumber(r.Raw(), &n)
	if debugging {
		return unsafeconv.String(r.o.show(unsafeconv.BytesAt(p, n)))
	}
	return unsafeconv.StringAt(p, n)
}

// Verbatim returns a verbatim string and its three-byte format; see Bytes for
// how long both are valid.
//
// C: RedisModule_CallReplyVerbatim, since Redis 7.0.
func (r CallReply) Verbatim() (text, format string) {
	if r.Type() != ReplyVerbatimString {
		return "", ""
	}
	var n uintptr
	var f *byte
	p := redismodule.CallReplyVerbatim(r.Raw(), &n, &f)
	if debugging {
		return unsafeconv.String(r.o.show(unsafeconv.BytesAt(p, n))), unsafeconv.String(r.o.show(unsafeconv.BytesAt(f, 3)))
	}
	return unsafeconv.StringAt(p, n), unsafeconv.StringAt(f, 3)
}

// Element returns element i of an array or set, the zero reply when there is
// none. It belongs to r and is not freed by itself.
//
// C: RedisModule_CallReplyArrayElement, since Redis 4.0;
// RedisModule_CallReplySetElement, since Redis 7.0.
func (r CallReply) Element(i int) CallReply {
	if i < 0 || r.p == nil {
		return CallReply{}
	}
	if debugging {
		r.check()
	}
	// Of what is no array the server gives none.
	e := redismodule.CallReplyArrayElement(r.Raw(), uintptr(i))
	if e == 0 && r.Type() == ReplySet {
		e = redismodule.CallReplySetElement(r.Raw(), uintptr(i))
	}
	return r.child(e)
}

// Pair returns pair i of a map or attribute; ok is false when there is none.
// Both belong to r. No server up to Redis 8.0 and Valkey 9.1 gives the pairs of
// an attribute: they take an attribute for a wrong type. [CallReply.Proto] has
// them.
//
// C: RedisModule_CallReplyMapElement, RedisModule_CallReplyAttributeElement,
// since Redis 7.0.
func (r CallReply) Pair(i int) (key, value CallReply, ok bool) {
	if i < 0 {
		return CallReply{}, CallReply{}, false
	}
	var k, v redismodule.CallReply
	rc := int32(redismodule.ERR)
	switch r.Type() {
	case ReplyMap:
		rc = redismodule.CallReplyMapElement(r.Raw(), uintptr(i), &k, &v)
	case ReplyAttribute:
		rc = redismodule.CallReplyAttributeElement(r.Raw(), uintptr(i), &k, &v)
	}
	if rc != redismodule.OK {
		return CallReply{}, CallReply{}, false
	}
	return r.child(k), r.child(v), true
}

// Attribute returns the attribute of the reply, the zero reply when it has none.
//
// C: RedisModule_CallReplyAttribute, since Redis 7.0.
func (r CallReply) Attribute() CallReply {
	if r.p == nil || !has(featureCallReplyAttribute) || r.IsPromise() {
		return CallReply{}
	}
	if debugging {
		r.check()
	}
	return r.child(redismodule.CallReplyAttribute(r.Raw()))
}

// child makes a CallReply of a part of r.
func (r CallReply) child(c redismodule.CallReply) CallReply {
	return CallReply{r.o, unsafeconv.Pointer(uintptr(c))}
}

// RString makes a server string of the content of a string, a status, an error or
// an integer; for other types it is zero. It must be freed, under [Context.AutoMemory]
// too.
//
// C: RedisModule_CreateStringFromCallReply, since Redis 4.0.
func (r CallReply) RString() RString {
	switch t := r.Type(); {
	case t == ReplySimpleString, state.autoMemory && (t == ReplyString || t == ReplyError):
		return NewRString(r.Bytes())
	case t == ReplyInteger && state.autoMemory:
		// The server would put the string among those that the reply's context frees.
		var digits [20]byte
		return NewRString(strconv.AppendInt(digits[:0], r.Integer(), 10))
	case t == ReplyString, t == ReplyError, t == ReplyInteger:
		return owned(redismodule.CreateStringFromCallReply(r.Raw()))
	}
	return RString{}
}

// ReplyWithCallReply replies with the reply of a call, whatever it is. The reply
// must be freed all the same. A RESP3 reply for a client that speaks RESP2 gives
// ErrRESP2Client and sends nothing, a promise ErrPromise.
//
// C: RedisModule_ReplyWithCallReply, since Redis 4.0.
func (ctx Context) ReplyWithCallReply(r CallReply) error {
	if ctx != replyContext {
		return ctx.noCommand()
	}
	if r.p == nil {
		return ctx.ReplyWithNull()
	}
	if debugging {
		r.check()
	}
	if r.IsPromise() {
		return ErrPromise // the server would send nothing at all
	}
	if redismodule.ReplyWithCallReply(ctx.raw(), r.Raw()) != redismodule.OK {
		return ErrRESP2Client
	}
	countReply()
	return nil
}
