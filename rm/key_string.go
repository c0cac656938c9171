// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// MaxStringLen is the greatest length that [WriteKey.StringTruncate] and
// [WriteKey.StringAppend] give a string.
const MaxStringLen = 512 << 20

// StringBytes returns the value of a string key without copying. It must not be
// written to, and ends with the next call on the key that changes something, with
// Close, and with any other change of the key. ok is false when the key is missing; the
// error is ErrWrongType when it is no string. The server unpacks a number or a short string
// for this, which changes how it is stored (OBJECT ENCODING raw).
//
// C: RedisModule_StringDMA, since Redis 4.0.
func (k ReadKey) StringBytes() (b []byte, ok bool, err error) {
	raw, err := k.handle()
	if err != nil || raw == 0 {
		return nil, false, err
	}
	if k.k.watch&keyGlance != 0 {
		return k.glance()
	}
	var n uintptr
	p := redismodule.StringDMA(raw, &n, redismodule.READ)
	if p == nil || n == 0 {
		ok, err = k.isString()
		return nil, ok, err
	}
	return k.k.o.show(unsafeconv.BytesAt(p, n)), true, nil
}

// StringAppendTo appends a copy of the value of a string key to dst and returns the
// result: for a value that is kept. ok and the errors are those of
// [ReadKey.StringBytes]; without a value the result is dst.
//
// C: RedisModule_StringDMA, since Redis 4.0.
func (k ReadKey) StringAppendTo(dst []byte) (_ []byte, ok bool, err error) {
	view, ok, err := k.StringBytes()
	return append(dst, view...), ok, err
}

// StringDMA returns the value of a string key to be changed in place, within its
// length; [WriteKey.StringTruncate] changes the length. It ends with the next call
// on the key (SetTTL among them), with Close, and with any other change of the
// key. ok and the errors are those of [ReadKey.StringBytes].
//
// C: RedisModule_StringDMA, since Redis 4.0.
func (k WriteKey) StringDMA() (b []byte, ok bool, err error) {
	raw, err := k.writable()
	if err != nil {
		return nil, false, err
	}
	var n uintptr
	p := redismodule.StringDMA(raw, &n, redismodule.READ|redismodule.WRITE)
	if p == nil || n == 0 {
		ok, err = k.isString()
		return nil, ok, err
	}
	k.wrote() // it may be
	return unsafeconv.BytesAt(p, n), true, nil
}

// isString tells of a key without bytes whether it is there: then it is an empty string,
// or no string.
func (k ReadKey) isString() (ok bool, err error) {
	switch k.Type() {
	case KeyTypeString:
		return true, nil
	case KeyTypeEmpty:
		return false, nil
	}
	return false, ErrWrongType
}

// StringSet makes a string the value of the key, whatever it was before, and
// without its time to live. The server keeps s itself, not a copy; s still belongs
// to its owner. ErrNoString for the zero RStr.
//
// C: RedisModule_StringSet, since Redis 4.0.
func (k WriteKey) StringSet(s RStr) error {
	if debugging {
		k.alone()
	}
	raw, err := k.writable()
	switch {
	case err != nil:
		return err
	case s.s == 0:
		return misuse(ErrNoString)
	}
	k.k.newValue()
	if redismodule.StringSet(raw, s.raw()) != redismodule.OK {
		// An iterator is left in the handle, or the key is open for reading only.
		k.k.stopIterators()
		if redismodule.StringSet(raw, s.raw()) != redismodule.OK {
			return ErrRefused
		}
	}
	k.wrote()
	k.k.noteChange()
	return nil
}

// StringTruncate gives a string key the length n: it cuts the value, or fills it up
// with zero bytes. A missing key is made, unless n is 0. ErrRange below 0 and above
// MaxStringLen, ErrWrongType when the key is no string.
//
// C: RedisModule_StringTruncate, since Redis 4.0.
func (k WriteKey) StringTruncate(n int) error {
	raw, err := k.writable()
	switch {
	case err != nil:
		return err
	case n < 0 || n > MaxStringLen:
		return ErrRange
	}
	if redismodule.StringTruncate(raw, uintptr(n)) != redismodule.OK {
		return k.refusal(KeyTypeString)
	}
	k.wrote()
	return nil
}

// StringAppend appends b to the value of a string key; a missing key is made,
// unless b is empty. b may be a view of the value itself. ErrRange when the value
// would be longer than MaxStringLen, ErrWrongType when the key is no string; then
// nothing changes.
//
// C: RedisModule_StringTruncate, since Redis 4.0; RedisModule_StringDMA, since
// Redis 4.0.
func (k WriteKey) StringAppend(b []byte) error {
	old, ok, err := k.StringDMA()
	switch {
	case err != nil:
		return err
	case !ok && len(b) == 0:
		return nil
	case len(b) > MaxStringLen-len(old):
		return ErrRange
	}
	// SAFETY(U20): these are addresses to compare; holds because nothing is read
	// through them: a b that lies inside of the value is read at its new place.
	at := uintptr(unsafe.Pointer(unsafe.SliceData(b))) - uintptr(unsafe.Pointer(unsafe.SliceData(old)))
	inside := at < uintptr(len(old))
	n, more := len(old), len(b)
	if err := k.StringTruncate(n + more); err != nil {
		return err
	}
	view, _, err := k.StringDMA()
	if err != nil || len(view) != n+more {
		return err
	}
	if inside {
		b = view[at : int(at)+more]
	}
	copy(view[n:], b)
	return nil
}
