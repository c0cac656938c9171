// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"cmp"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// RStr is a string of the server that somebody else owns: a command's argument,
// a key's name. It is one word; copying it copies the reference. How long it is
// valid is said where it comes from (for arguments: until the handler returns).
// The zero RStr is no string; it reads as empty.
type RStr struct {
	o origin
	s redismodule.String
}

// RawRStr wraps a handle of the raw layer.
func RawRStr(s redismodule.String) RStr { return RStr{s: s} }

// Raw returns the handle for the raw layer.
func (s RStr) Raw() redismodule.String { return s.raw() }

func (s RStr) raw() redismodule.String {
	s.alive()
	return s.s
}

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
	p := redismodule.StringPtrLen(s.raw(), &n)
	return s.o.show(unsafeconv.BytesAt(p, n))
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
	p := redismodule.StringPtrLen(s.raw(), &n)
	if debugging {
		return unsafeconv.String(s.o.show(unsafeconv.BytesAt(p, n)))
	}
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
	if debugging {
		s.alive()
	}
	redismodule.StringPtrLen(s.s, &n)
	return int(n)
}

// AppendTo appends the content to dst and returns the longer slice: a copy to
// keep, without an allocation when dst has room.
//
// C: RedisModule_StringPtrLen, since Redis 4.0.
func (s RStr) AppendTo(dst []byte) []byte { return append(dst, s.Bytes()...) }

// Equal tells whether both have the same content. No string equals an empty one.
//
// C: RedisModule_StringCompare, since Redis 4.0.
func (s RStr) Equal(t RStr) bool { return s.Compare(t) == 0 }

// Compare returns -1, 0 or 1, by bytes. No string compares as an empty one.
//
// C: RedisModule_StringCompare, since Redis 4.0.
func (s RStr) Compare(t RStr) int {
	if s.s == 0 || t.s == 0 {
		return cmp.Compare(s.Len(), t.Len()) // one of the two is 0
	}
	return cmp.Compare(redismodule.StringCompare(s.raw(), t.raw()), 0) // the server gives any number
}

// Retain returns an owned reference to the same string, which must be freed and
// may live on after the callback. Arguments of commands can be retained without a
// copy. A string that the server keeps in memory of its own (a key's name in some
// callbacks) is copied; servers before 6.0.7, which have no means against that,
// must not be asked to retain such a string: use Copy there.
//
// C: RedisModule_HoldString, since Redis 6.0.7; RedisModule_RetainString, since
// Redis 4.0.
func (s RStr) Retain() RString {
	if s.s == 0 {
		return RString{}
	}
	if has(featureHoldString) {
		return owned(redismodule.HoldString(0, s.raw()))
	}
	redismodule.RetainString(0, s.raw())
	return owned(s.s)
}

// Copy returns an owned string with a copy of the content. It must be freed.
//
// C: RedisModule_CreateStringFromString, since Redis 4.0.
func (s RStr) Copy() RString {
	if s.s == 0 {
		return RString{}
	}
	return owned(redismodule.CreateStringFromString(0, s.raw()))
}
