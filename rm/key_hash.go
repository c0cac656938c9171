// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"time"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// HashFlags change what setting fields of a hash does.
type HashFlags int32

// The flags of HashSet and HashSetMany.
const (
	// HashNX sets only fields that are not there yet.
	HashNX HashFlags = redismodule.HASH_NX
	// HashXX sets only fields that are there.
	HashXX HashFlags = redismodule.HASH_XX
	// HashCountAll counts new fields too. Counting is cheapest with it.
	HashCountAll HashFlags = redismodule.HASH_COUNT_ALL
)

// hashOut is what HashGet writes to. It is guarded by the server's lock, and never
// in use when Go code runs, since HashGet does not come back into Go.
var hashOut struct {
	value  redismodule.String
	exists int32
	expire int64 // milliseconds
}

// HashGet returns a copy of a field's value; it must be freed. ok is false when there is
// no such field, or no key, or the field has expired. Errors: ErrWrongType, ErrNoString
// for the zero RStr. For a field whose name is a text, [Context.Str] makes a string.
//
// C: RedisModule_HashGet, since Redis 4.0.
func (k ReadKey) HashGet(field RStr) (value RString, ok bool, err error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return RString{}, false, err
	case field.s == 0:
		return RString{}, false, ErrNoString
	case raw == 0:
		return RString{}, false, nil
	}
	// SAFETY(U25): the address of a cell may be passed as a word; it is in a package
	// variable, which does not move and stays; for ever.
	out := uintptr(unsafe.Pointer(&hashOut.value))
	if redismodule.HashGet(raw, redismodule.HASH_NONE, uintptr(field.raw()), out, 0) != redismodule.OK {
		return RString{}, false, k.refusal(KeyTypeHash)
	}
	value = fromKey(k.k.ctx, hashOut.value)
	return value, value.s != 0, nil
}

// HashExists tells whether a field is there. Errors: ErrWrongType, ErrNoString for
// the zero RStr.
//
// C: RedisModule_HashGet, since Redis 4.0.
func (k ReadKey) HashExists(field RStr) (bool, error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return false, err
	case field.s == 0:
		return false, ErrNoString
	case raw == 0:
		return false, nil
	}
	exists := uintptr(unsafe.Pointer(&hashOut.exists)) // a package variable, see U25
	if redismodule.HashGet(raw, redismodule.HASH_EXISTS, uintptr(field.raw()), exists, 0) != redismodule.OK {
		return false, k.refusal(KeyTypeHash)
	}
	return hashOut.exists != 0, nil
}

// HashFieldExpire returns the time at which a field ends; ok is false when there
// is no such field, or it stays. Errors: ErrWrongType, ErrNoString for the zero
// RStr; ErrUnsupported before Redis 8.0 and on Valkey.
//
// C: RedisModule_HashGet with the flag for expiry times, since Redis 8.0.
func (k ReadKey) HashFieldExpire(field RStr) (at time.Time, ok bool, err error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return time.Time{}, false, err
	case !has(featureHashExpireTime):
		return time.Time{}, false, lacks(featureHashExpireTime)
	case field.s == 0:
		return time.Time{}, false, ErrNoString
	case raw == 0:
		return time.Time{}, false, nil
	}
	hashOut.expire = redismodule.NO_EXPIRE
	expire := uintptr(unsafe.Pointer(&hashOut.expire)) // a package variable, see U25
	if redismodule.HashGet(raw, redismodule.HASH_EXPIRE_TIME, uintptr(field.raw()), expire, 0) != redismodule.OK {
		return time.Time{}, false, k.refusal(KeyTypeHash)
	}
	at, ok = fieldEnd(hashOut.expire)
	return at, ok, nil
}

// HashFieldMinExpire returns the time at which the first of the fields ends; ok is
// false when all stay, or there is no key. Errors: ErrWrongType; ErrUnsupported
// before Redis 8.0 and on Valkey.
//
// C: RedisModule_HashFieldMinExpire, since Redis 8.0.
func (k ReadKey) HashFieldMinExpire() (at time.Time, ok bool, err error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return time.Time{}, false, err
	case !has(featureHashFieldMinExpire):
		return time.Time{}, false, lacks(featureHashFieldMinExpire)
	case raw == 0:
		return time.Time{}, false, nil
	}
	if at, ok = fieldEnd(redismodule.HashFieldMinExpire(raw)); !ok {
		if t := k.Type(); t != KeyTypeHash && t != KeyTypeEmpty {
			err = ErrWrongType
		}
	}
	return at, ok, err
}

func fieldEnd(ms int64) (time.Time, bool) {
	if ms == redismodule.NO_EXPIRE {
		return time.Time{}, false
	}
	return time.UnixMilli(ms), true
}
