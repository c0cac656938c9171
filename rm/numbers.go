// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"
	"strconv"

	"github.com/iredismodule/redismodule"
)

// Int64 returns the string as a signed integer, or ErrNotInteger. It must be
// written as the server writes integers: no space, plus sign or leading zero.
//
// C: RedisModule_StringToLongLong, since Redis 4.0.
func (s RStr) Int64() (int64, error) {
	if s.s == 0 {
		return 0, ErrNotInteger
	}
	var n int64
	if redismodule.StringToLongLong(s.raw(), &n) != redismodule.OK {
		return 0, ErrNotInteger
	}
	return n, nil
}

// Uint64 returns the string as an unsigned integer, or ErrNotInteger. It must be
// made of digits alone; leading zeros are fine. The server's function takes more
// (spaces, signs, what follows a NUL byte) and is not asked about that. Servers
// before 7.0.3 have none; there the digits are read in Go.
//
// C: RedisModule_StringToULongLong, since Redis 7.0.3.
func (s RStr) Uint64() (uint64, error) {
	text := s.String()
	if !isDigits(text) {
		return 0, ErrNotInteger
	}
	if !has(featureStringToULongLong) {
		n, ok := parseUint(text)
		if !ok {
			return 0, ErrNotInteger
		}
		return n, nil
	}
	var n uint64
	if redismodule.StringToULongLong(s.raw(), &n) != redismodule.OK {
		return 0, ErrNotInteger
	}
	return n, nil
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) > 0
}

// Float64 returns the string as a floating-point number, or ErrNotFloat. "inf" and
// "-inf" are numbers, "nan" is none.
//
// C: RedisModule_StringToDouble, since Redis 4.0.
func (s RStr) Float64() (float64, error) {
	if s.s == 0 {
		return 0, ErrNotFloat
	}
	var f float64
	if redismodule.StringToDouble(s.raw(), &f) != redismodule.OK {
		return 0, ErrNotFloat
	}
	return f, nil
}

// LongDouble returns the string as the server reads a long double, rounded to a
// float64, or ErrNotFloat; ErrUnsupported on servers before 6.0. It is slower than
// Float64, and only text that is close to the middle of two float64 gives another
// result.
//
// C: RedisModule_StringToLongDouble, since Redis 6.0.
func (s RStr) LongDouble() (float64, error) {
	switch {
	case s.s == 0:
		return 0, ErrNotFloat
	case !has(featureStringToLongDouble):
		return 0, lacks(featureStringToLongDouble)
	}
	var f float64
	if redismodule.StringToLongDouble(s.raw(), &f) != redismodule.OK {
		return 0, ErrNotFloat
	}
	return f, nil
}

// NewRStringInt64 makes a server string with the decimal form of n.
//
// C: RedisModule_CreateStringFromLongLong, since Redis 4.0.
func NewRStringInt64(n int64) RString {
	return owned(redismodule.CreateStringFromLongLong(0, n))
}

// NewRStringUint64 makes a server string with the decimal form of n.
//
// C: RedisModule_CreateStringFromULongLong, since Redis 7.0.3; before that
// RedisModule_CreateString.
func NewRStringUint64(n uint64) RString {
	if has(featureCreateStringFromULongLong) {
		return owned(redismodule.CreateStringFromULongLong(0, n))
	}
	var buf [20]byte
	return NewRString(strconv.AppendUint(buf[:0], n, 10))
}

// NewRStringFloat64 makes a server string with f, written so that it reads back as
// f. Servers differ in how they write it (0.1 or 0.10000000000000001).
//
// C: RedisModule_CreateStringFromDouble, since Redis 6.0; before that
// RedisModule_CreateString.
func NewRStringFloat64(f float64) RString {
	if has(featureCreateStringFromDouble) {
		return owned(redismodule.CreateStringFromDouble(0, f))
	}
	var buf [32]byte
	return NewRString(appendDouble(buf[:0], f))
}

// NewRStringLongDouble makes a server string with f as the server writes a long
// double: with 17 significant digits, an exponent if needed. On servers before 6.0 Go
// does the same.
//
// C: RedisModule_CreateStringFromLongDouble, since Redis 6.0; before that
// RedisModule_CreateString.
func NewRStringLongDouble(f float64) RString {
	if has(featureCreateStringFromLongDouble) {
		return owned(redismodule.CreateStringFromLongDouble(0, f, 0))
	}
	if w := notFinite(f); w != "" {
		return NewRStringText(w)
	}
	var buf [64]byte
	return NewRString(strconv.AppendFloat(buf[:0], f, 'g', 17, 64))
}

// NewRStringHumanLongDouble is [NewRStringLongDouble] for human readers: with up to 17
// digits after the point and no exponent.
//
// C: RedisModule_CreateStringFromLongDouble, since Redis 6.0; before that
// RedisModule_CreateString.
func NewRStringHumanLongDouble(f float64) RString {
	if has(featureCreateStringFromLongDouble) {
		return owned(redismodule.CreateStringFromLongDouble(0, f, 1))
	}
	var buf [64]byte
	return NewRString(appendLongDouble(buf[:0], f))
}

// appendDouble appends f in the shortest form that reads back as f.
func appendDouble(dst []byte, f float64) []byte {
	if w := notFinite(f); w != "" {
		return append(dst, w...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// appendLongDouble appends f with at most 17 digits after the point.
func appendLongDouble(dst []byte, f float64) []byte {
	if w := notFinite(f); w != "" {
		return append(dst, w...)
	}
	dst = strconv.AppendFloat(dst, f, 'f', 17, 64)
	n := len(dst)
	for dst[n-1] == '0' {
		n--
	}
	if dst[n-1] == '.' {
		n--
	}
	return dst[:n]
}

// notFinite returns C's word for f, "" for a number.
func notFinite(f float64) string {
	switch {
	case f != f:
		return "nan"
	case f > math.MaxFloat64:
		return "inf"
	case f < -math.MaxFloat64:
		return "-inf"
	}
	return ""
}

func boolInt(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
