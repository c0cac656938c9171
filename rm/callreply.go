// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// ReplyType is the type of a CallReply.
type ReplyType int32

// The reply types; those behind ReplyNull come from Redis 7.0 on, and only in
// RESP3 (CallRESP3).
const (
	ReplyUnknown   ReplyType = redismodule.REPLY_UNKNOWN
	ReplyString    ReplyType = redismodule.REPLY_STRING
	ReplyError     ReplyType = redismodule.REPLY_ERROR
	ReplyInteger   ReplyType = redismodule.REPLY_INTEGER
	ReplyArray     ReplyType = redismodule.REPLY_ARRAY
	ReplyNull      ReplyType = redismodule.REPLY_NULL
	ReplyMap       ReplyType = redismodule.REPLY_MAP
	ReplySet       ReplyType = redismodule.REPLY_SET
	ReplyBool      ReplyType = redismodule.REPLY_BOOL
	ReplyDouble    ReplyType = redismodule.REPLY_DOUBLE
	ReplyBigNumber ReplyType = redismodule.REPLY_BIG_NUMBER
	ReplyVerbatim  ReplyType = redismodule.REPLY_VERBATIM_STRING
	ReplyAttribute ReplyType = redismodule.REPLY_ATTRIBUTE
	ReplyPromise   ReplyType = redismodule.REPLY_PROMISE
)

// String returns the type in lower case: "string", "bignumber".
func (t ReplyType) String() string {
	names := [...]string{"string", "error", "integer", "array", "null", "map", "set", "bool", "double",
		"bignumber", "verbatim", "attribute", "promise"}
	if t >= 0 && int(t) < len(names) {
		return names[t]
	}
	return "unknown"
}

// CallReply is the reply of a called command, or an element of one. It is owned
// by the server's call; views of its strings are valid until the outermost reply
// is freed. The zero CallReply is no reply; reading it gives zero values.
type CallReply struct{ p unsafe.Pointer }

// Raw returns the handle for the raw layer.
func (r CallReply) Raw() redismodule.CallReply { return redismodule.CallReply(uintptr(r.p)) }

// IsZero tells whether there is no reply.
func (r CallReply) IsZero() bool { return r.p == nil }

// Free gives the reply back. Only the outermost reply is freed, once; freeing
// the zero reply does nothing.
//
// C: RedisModule_FreeCallReply, since Redis 4.0.
func (r CallReply) Free() {
	if r.p != nil {
		redismodule.FreeCallReply(r.Raw())
	}
}

// Type returns the type of the reply.
//
// C: RedisModule_CallReplyType, since Redis 4.0.
func (r CallReply) Type() ReplyType {
	if r.p == nil {
		return ReplyUnknown
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
	var n uintptr
	p := redismodule.CallReplyStringPtr(r.Raw(), &n)
	if p == nil {
		return nil
	}
	return unsafeconv.BytesAt(p, n)
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
	return unsafeconv.StringAt(p, n)
}

// Verbatim returns a verbatim string and its three-byte format; see Bytes for
// how long both are valid.
//
// C: RedisModule_CallReplyVerbatim, since Redis 7.0.
func (r CallReply) Verbatim() (text, format string) {
	if r.Type() != ReplyVerbatim {
		return "", ""
	}
	var n uintptr
	var f *byte
	p := redismodule.CallReplyVerbatim(r.Raw(), &n, &f)
	return unsafeconv.StringAt(p, n), unsafeconv.StringAt(f, 3)
}

// Element returns element i of an array or set, the zero reply when there is
// none. It belongs to r and is not freed by itself.
//
// C: RedisModule_CallReplyArrayElement, since Redis 4.0;
// RedisModule_CallReplySetElement, since Redis 7.0.
func (r CallReply) Element(i int) CallReply {
	if i < 0 {
		return CallReply{}
	}
	var e redismodule.CallReply
	switch r.Type() {
	case ReplyArray:
		e = redismodule.CallReplyArrayElement(r.Raw(), uintptr(i))
	case ReplySet:
		e = redismodule.CallReplySetElement(r.Raw(), uintptr(i))
	}
	return CallReply{unsafeconv.Pointer(uintptr(e))}
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
	return CallReply{unsafeconv.Pointer(uintptr(k))}, CallReply{unsafeconv.Pointer(uintptr(v))}, true
}

// Attribute returns the attribute of the reply, the zero reply when it has none.
//
// C: RedisModule_CallReplyAttribute, since Redis 7.0.
func (r CallReply) Attribute() CallReply {
	if r.p == nil || !redismodule.Has(redismodule.FnCallReplyAttribute) {
		return CallReply{}
	}
	return CallReply{unsafeconv.Pointer(uintptr(redismodule.CallReplyAttribute(r.Raw())))}
}

// Proto returns the reply as the server's protocol has it; see Bytes for how
// long it is valid.
//
// C: RedisModule_CallReplyProto, since Redis 4.0.
func (r CallReply) Proto() []byte {
	if r.p == nil {
		return nil
	}
	var n uintptr
	p := redismodule.CallReplyProto(r.Raw(), &n)
	return unsafeconv.BytesAt(p, n)
}

// Err returns the error that an error reply is, nil for other types. Its text is
// read from the reply, so it is valid until the outermost reply is freed.
func (r CallReply) Err() error {
	if r.Type() != ReplyError {
		return nil
	}
	return ReplyErr{r}
}

// ReplyErr is an error reply as a Go error.
type ReplyErr struct{ r CallReply }

// Error returns a copy of the error's text, code first.
func (e ReplyErr) Error() string { return string(e.r.Bytes()) }

// ReplyWithCallReply replies with the reply of a call, whatever it is. The
// reply must be freed all the same.
//
// C: RedisModule_ReplyWithCallReply, since Redis 4.0.
func (ctx Context) ReplyWithCallReply(r CallReply) error {
	if r.p == nil {
		return ctx.ReplyWithNull()
	}
	if redismodule.ReplyWithCallReply(ctx.c, r.Raw()) != redismodule.OK {
		return ErrUnsupported
	}
	return nil
}
