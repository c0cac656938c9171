// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// RString is a string of the server that the module owns and must free. It can
// be used wherever an RStr can (field RStr) and carries no context, so it may
// outlive the callback that made it.
type RString struct{ RStr }

// NewRString makes a server string with a copy of b.
//
// C: RedisModule_CreateString, since Redis 4.0.
func NewRString(b []byte) RString {
	return RString{RStr{redismodule.CreateString(0, unsafeconv.DataBytes(b), uintptr(len(b)))}}
}

// NewRStringText makes a server string with a copy of s.
//
// C: RedisModule_CreateString, since Redis 4.0.
func NewRStringText(s string) RString {
	return RString{RStr{redismodule.CreateString(0, unsafeconv.Data(s), uintptr(len(s)))}}
}

// NewRStringInt makes a server string with the decimal form of n.
//
// C: RedisModule_CreateStringFromLongLong, since Redis 4.0.
func NewRStringInt(n int64) RString {
	return RString{RStr{redismodule.CreateStringFromLongLong(0, n)}}
}

// Append appends b. Only a string that has one owner can be appended to; for
// others the error is ErrUnsupported and nothing changes.
//
// C: RedisModule_StringAppendBuffer, since Redis 4.0.
func (s RString) Append(b []byte) error {
	if s.s == 0 || redismodule.StringAppendBuffer(0, s.s, unsafeconv.DataBytes(b), uintptr(len(b))) != redismodule.OK {
		return ErrUnsupported
	}
	return nil
}

// Free gives the string back. Freeing the zero RString does nothing; s becomes
// zero, so freeing twice through the same variable does nothing either.
//
// C: RedisModule_FreeString, since Redis 4.0.
func (s *RString) Free() {
	if s.s != 0 {
		redismodule.FreeString(0, s.s)
		s.s = 0
	}
}

var _ [unsafe.Sizeof(RStr{})]byte = [unsafe.Sizeof(RString{})]byte{}
