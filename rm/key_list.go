// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// ListEnd is an end of a list.
type ListEnd int32

// The ends of a list.
const (
	ListHead ListEnd = redismodule.LIST_HEAD
	ListTail ListEnd = redismodule.LIST_TAIL
)

// ListPush puts an element at an end of the list. The server copies it. A missing
// key becomes a list. Errors: ErrWrongType, ErrNoString for the zero RStr,
// ErrRange for an end that does not exist, ErrRefused or ErrNoKey for a key that
// is open for reading only.
//
// C: RedisModule_ListPush, since Redis 4.0.
func (k WriteKey) ListPush(where ListEnd, element RStr) error {
	raw, err := k.writeValue()
	switch {
	case err != nil:
		return err
	case element.s == 0:
		return ErrNoString
	case where != ListHead && where != ListTail:
		return ErrRange
	}
	if redismodule.ListPush(raw, int32(where), element.raw()) != redismodule.OK {
		return k.refusal(KeyTypeList)
	}
	k.k.list = listPlace{}
	k.wrote()
	return nil
}

// ListPop takes an element from an end of the list. It must be freed; ok is false when
// the key is missing. The key goes with its last element.
// Errors: ErrWrongType, ErrRange for an end that does not exist, ErrRefused for a
// key that is open for reading only.
//
// C: RedisModule_ListPop, since Redis 4.0.
func (k WriteKey) ListPop(where ListEnd) (element RString, ok bool, err error) {
	raw, err := k.writeHandle()
	switch {
	case err != nil || raw == 0:
		return RString{}, false, err
	case where != ListHead && where != ListTail:
		return RString{}, false, ErrRange
	}
	s := redismodule.ListPop(raw, int32(where))
	if s == 0 {
		if err := k.refusal(KeyTypeList); err != ErrNoKey {
			return RString{}, false, err
		}
		return RString{}, false, nil
	}
	k.k.list = listPlace{}
	k.wrote()
	return fromKey(k.k.ctx, s), true, nil
}
