// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"
	"strconv"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// Elements walks over an array or a set: for i, e := range reply.Elements. Other
// types have no elements. It allocates nothing, however deep the walks are nested.
//
// C: RedisModule_CallReplyArrayElement, since Redis 4.0;
// RedisModule_CallReplySetElement, since Redis 7.0.
func (r CallReply) Elements(yield func(i int, e CallReply) bool) {
	t := r.Type()
	if t != ReplyArray && t != ReplySet {
		return
	}
	var some [elementsAtOnce]redismodule.CallReply
	for i := 0; ; {
		n := core.ReplyHandles(r.Raw(), some[:], i, t == ReplySet)
		for _, e := range some[:n] {
			if !yield(i, r.child(e)) {
				return
			}
			i++
		}
		if n < len(some) {
			return
		}
	}
}

// elementsAtOnce is how many elements of a reply come with one call into the server.
const elementsAtOnce = 64

// ElementBytes walks over the contents of the strings, statuses and errors in an array or
// a set: for i, b := range reply.ElementBytes. That of another element is nil, as with
// Bytes. Nothing is copied: a content is valid until the outermost reply is freed. It is
// the cheapest walk, and allocates nothing.
//
// C: RedisModule_CallReplyArrayElement, RedisModule_CallReplyStringPtr, since Redis 4.0;
// RedisModule_CallReplySetElement, since Redis 7.0.
func (r CallReply) ElementBytes(yield func(i int, b []byte) bool) {
	t := r.Type()
	if t != ReplyArray && t != ReplySet {
		return
	}
	var some [elementsAtOnce]core.View
	for i := 0; ; {
		n := core.ReplyViews(r.Raw(), some[:], i, t == ReplySet)
		for _, v := range some[:n] {
			if !yield(i, v.Bytes()) {
				return
			}
			i++
		}
		if n < len(some) {
			return
		}
		if debugging {
			r.check()
		}
	}
}

// Pairs walks over the pairs of a map: for key, value := range reply.Pairs. An
// array is taken as the RESP2 form of a map, as of HGETALL: its elements are keys
// and values in turn, and the value of a last one alone is zero. Other types have no
// pairs. It allocates nothing.
//
// C: RedisModule_CallReplyMapElement, since Redis 7.0;
// RedisModule_CallReplyArrayElement, since Redis 4.0.
func (r CallReply) Pairs(yield func(key, value CallReply) bool) {
	n := r.Len()
	switch r.Type() {
	case ReplyArray:
		for i := 0; i < n; i += 2 {
			value := CallReply{}
			if i+1 < n {
				value = r.child(redismodule.CallReplyArrayElement(r.Raw(), uintptr(i+1)))
			}
			if !yield(r.child(redismodule.CallReplyArrayElement(r.Raw(), uintptr(i))), value) {
				return
			}
		}
	case ReplyMap, ReplyAttribute:
		for i := range n {
			key, value, ok := r.Pair(i)
			if !ok || !yield(key, value) {
				return
			}
		}
	}
}

// IsNull tells whether the reply is null.
func (r CallReply) IsNull() bool {
	t := r.Type()
	return t == ReplyNull || t == ReplyNullArray
}

// Int64 returns the reply as an integer: an integer, a boolean (0 or 1), a double
// without a fraction, or a string that is one in decimal. The error is ErrNotInteger
// for other numbers and texts, the error of an error reply, and ErrReplyType for other
// types, null among them.
func (r CallReply) Int64() (int64, error) {
	switch r.Type() {
	case ReplyInteger:
		return redismodule.CallReplyInteger(r.Raw()), nil
	case ReplyBool:
		if r.Bool() {
			return 1, nil
		}
		return 0, nil
	case ReplyDouble:
		f := r.Double()
		// Both limits are exact as float64.
		if f != math.Trunc(f) || f < math.MinInt64 || f >= -math.MinInt64 {
			return 0, ErrNotInteger
		}
		return int64(f), nil
	case ReplyString, ReplySimpleString:
		return parseInt(r.String())
	case ReplyBigNumber:
		return parseInt(r.BigNumber())
	case ReplyVerbatimString:
		text, _ := r.Verbatim()
		return parseInt(text)
	case ReplyError:
		return 0, r.Err()
	}
	return 0, ErrReplyType
}

// parseInt reads a decimal integer without an allocation for what is none.
func parseInt(s string) (int64, error) {
	digits := s
	if len(s) > 0 && s[0] == '-' {
		digits = s[1:]
	}
	if len(digits) == 0 || len(digits) > 19 {
		return 0, ErrNotInteger
	}
	var n uint64
	for i := range len(digits) {
		c := digits[i]
		if c < '0' || c > '9' {
			return 0, ErrNotInteger
		}
		n = n*10 + uint64(c-'0') // 19 digits fit
	}
	switch {
	case len(digits) < len(s) && n <= 1<<63:
		return -int64(n), nil
	case len(digits) == len(s) && n <= math.MaxInt64:
		return int64(n), nil
	}
	return 0, ErrNotInteger
}

// Float64 returns the reply as a floating-point number: a double, an integer, or a
// string or big number that reads as one. The error is ErrNotFloat for other texts,
// the error of an error reply, and ErrReplyType for other types, null among them.
func (r CallReply) Float64() (float64, error) {
	var s string
	switch r.Type() {
	case ReplyDouble:
		return redismodule.CallReplyDouble(r.Raw()), nil
	case ReplyInteger:
		return float64(redismodule.CallReplyInteger(r.Raw())), nil
	case ReplyString, ReplySimpleString:
		s = r.String()
	case ReplyBigNumber:
		s = r.BigNumber()
	case ReplyVerbatimString:
		s, _ = r.Verbatim()
	case ReplyError:
		return 0, r.Err()
	default:
		return 0, ErrReplyType
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, ErrNotFloat
	}
	return f, nil
}

// Text returns the reply as a Go string of its own, which can be kept: the content of
// a string, status, verbatim string or big number, and integers, doubles and
// booleans as text. The error is the error of an error reply, and ErrReplyType for
// other types, null among them.
func (r CallReply) Text() (string, error) {
	switch r.Type() {
	case ReplyString, ReplySimpleString:
		return string(r.Bytes()), nil
	case ReplyVerbatimString:
		text, _ := r.Verbatim()
		return string([]byte(text)), nil
	case ReplyBigNumber:
		return string([]byte(r.BigNumber())), nil
	case ReplyInteger:
		return strconv.FormatInt(r.Integer(), 10), nil
	case ReplyDouble:
		return strconv.FormatFloat(r.Double(), 'g', -1, 64), nil
	case ReplyBool:
		return strconv.FormatBool(r.Bool()), nil
	case ReplyError:
		return "", r.Err()
	}
	return "", ErrReplyType
}
