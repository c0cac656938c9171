// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// RStr is a string of the server that somebody else owns: a command's argument,
// a key's name. It is one word; copying it copies the reference. How long it is
// valid is said where it comes from (for arguments: until the handler returns).
// The zero RStr is no string; it reads as empty.
type RStr struct{ s redismodule.String }

// RawRStr wraps a handle of the raw layer.
func RawRStr(s redismodule.String) RStr { return RStr{s} }

// Raw returns the handle for the raw layer.
func (s RStr) Raw() redismodule.String { return s.s }

// IsZero tells whether there is no string.
func (s RStr) IsZero() bool { return s.s == 0 }

// Bytes returns the content without copying. It is valid as long as s is, and
// must not be written to.
//
// C: RedisModule_StringPtrLen, since Redis 4.0.
func (s RStr) Bytes() []byte {
	if s.s == 0 {
		return nil
	}
	var n uintptr
	p := redismodule.StringPtrLen(s.s, &n)
	return unsafeconv.BytesAt(p, n)
}

// String returns the content without copying. It is valid as long as s is: use
// Clone for a string to keep.
//
// C: RedisModule_StringPtrLen, since Redis 4.0.
func (s RStr) String() string {
	if s.s == 0 {
		return ""
	}
	var n uintptr
	p := redismodule.StringPtrLen(s.s, &n)
	return unsafeconv.StringAt(p, n)
}

// Clone returns a copy of the content as an ordinary Go string.
func (s RStr) Clone() string { return string(s.Bytes()) }

// Len returns the length in bytes.
func (s RStr) Len() int {
	if s.s == 0 {
		return 0
	}
	var n uintptr
	redismodule.StringPtrLen(s.s, &n)
	return int(n)
}

// Int64 returns the string as a signed integer, or ErrNotInteger.
//
// C: RedisModule_StringToLongLong, since Redis 4.0.
func (s RStr) Int64() (int64, error) {
	if s.s == 0 {
		return 0, ErrNotInteger
	}
	var n int64
	if redismodule.StringToLongLong(s.s, &n) != redismodule.OK {
		return 0, ErrNotInteger
	}
	return n, nil
}

// Float64 returns the string as a floating-point number, or ErrNotFloat.
//
// C: RedisModule_StringToDouble, since Redis 4.0.
func (s RStr) Float64() (float64, error) {
	if s.s == 0 {
		return 0, ErrNotFloat
	}
	var f float64
	if redismodule.StringToDouble(s.s, &f) != redismodule.OK {
		return 0, ErrNotFloat
	}
	return f, nil
}

// Compare returns -1, 0 or 1, by bytes.
//
// C: RedisModule_StringCompare, since Redis 4.0.
func (s RStr) Compare(t RStr) int {
	if s.s == 0 || t.s == 0 {
		switch {
		case s.Len() < t.Len():
			return -1
		case s.Len() > t.Len():
			return 1
		}
		return 0
	}
	return int(redismodule.StringCompare(s.s, t.s))
}

// Retain returns an owned reference to the same string. It must be freed. The
// string may live on after the callback.
//
// C: RedisModule_HoldString (since Redis 6.0), else RedisModule_RetainString.
func (s RStr) Retain() RString {
	if s.s == 0 {
		return RString{}
	}
	if redismodule.Has(redismodule.FnHoldString) {
		return RString{RStr{redismodule.HoldString(0, s.s)}}
	}
	redismodule.RetainString(0, s.s)
	return RString{s}
}

// Args are the arguments of a command, its name included as element 0: the
// server's own vector, not a copy. It is valid until the handler returns.
type Args []RStr

// args sees a C argument vector as Args.
func args(argv uintptr, argc int) Args {
	// SAFETY(U12): the server's vector holds argc pointers until the callback
	// returns; an RStr is such a pointer and nothing else.
	return unsafeconv.SliceAt[RStr](argv, argc)
}

var _ [unsafe.Sizeof(uintptr(0))]byte = [unsafe.Sizeof(RStr{})]byte{}
