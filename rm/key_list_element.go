// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// ListGet returns a copy of the element at an index; it must be freed. Index 0 is
// the head, -1 the tail; ok is false when there is no such element, or no key. The
// server remembers the place, so that the neighbours are found at once; other elements
// are searched from there.
// Errors: ErrWrongType; ErrUnsupported before Redis 7.0.
//
// C: RedisModule_ListGet, since Redis 7.0.
func (k ReadKey) ListGet(index int) (element RString, ok bool, err error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return RString{}, false, err
	case !has(featureListGet):
		return RString{}, false, lacks(featureListGet)
	case raw == 0:
		return RString{}, false, nil
	}
	var s redismodule.String
	if at, ok := fromHead(raw, index, 0); ok {
		s = k.k.listGet(at)
	}
	if s == 0 {
		if err := k.listRefusal(index); err != ErrRange && err != ErrNoKey {
			return RString{}, false, err
		}
		return RString{}, false, nil
	}
	return fromKey(k.k.ctx, s), true, nil
}

// ListSet replaces the element at an index; index 0 is the head, -1 the tail. The
// server copies the value. Errors: ErrRange when there is no such element,
// ErrNoKey, ErrWrongType, ErrNoString for the zero RStr, ErrRefused for a key that
// is open for reading only; ErrUnsupported before Redis 7.0.
//
// C: RedisModule_ListSet, since Redis 7.0.
func (k WriteKey) ListSet(index int, value RStr) error {
	raw, err := k.listElement(featureListSet)
	switch {
	case err != nil:
		return err
	case value.s == 0:
		return ErrNoString
	}
	at, ok := fromHead(raw, index, 0)
	if !ok || redismodule.ListSet(raw, at, value.raw()) != redismodule.OK {
		return k.listRefusal(index)
	}
	k.k.list = listPlace{}
	k.wrote()
	return nil
}

// ListInsert puts an element into the list so that it has the index then: 0 makes
// it the head, -1 the tail, the list's length the tail as well. The server copies
// the value. A missing key becomes a list, with index 0 or -1. Errors: ErrRange
// for an index that would leave a gap, ErrWrongType, ErrNoString for the zero
// RStr, ErrRefused or ErrNoKey for a key that is open for reading only;
// ErrUnsupported before Redis 7.0.
//
// C: RedisModule_ListInsert, since Redis 7.0.
func (k WriteKey) ListInsert(index int, value RStr) error {
	raw, err := k.listElement(featureListInsert)
	switch {
	case err != nil:
		return err
	case value.s == 0:
		return ErrNoString
	}
	// Servers since 7.2 look into the value before they look at its type, even if
	// there is none.
	switch KeyType(redismodule.KeyType(raw)) {
	case KeyTypeList:
	case KeyTypeEmpty:
		if index != 0 && index != -1 {
			return ErrRange
		}
	default:
		return ErrWrongType
	}
	at, ok := fromHead(raw, index, 1)
	if !ok || redismodule.ListInsert(raw, at, value.raw()) != redismodule.OK {
		return k.listRefusal(index)
	}
	k.k.list = listPlace{}
	k.wrote()
	return nil
}

// ListDelete removes the element at an index; index 0 is the head, -1 the tail.
// The key goes with its last element. Errors: ErrRange when there is no such
// element, ErrNoKey, ErrWrongType, ErrRefused for a key that is open for reading
// only; ErrUnsupported before Redis 7.0.
//
// C: RedisModule_ListDelete, since Redis 7.0.
func (k WriteKey) ListDelete(index int) error {
	raw, err := k.listElement(featureListDelete)
	if err != nil {
		return err
	}
	at, ok := fromHead(raw, index, 0)
	if !ok || !k.k.listDelete(at) {
		return k.listRefusal(index)
	}
	k.wrote()
	return nil
}

// listElement returns the handle for a function that older servers lack.
func (k WriteKey) listElement(f feature) (redismodule.Key, error) {
	raw, err := k.value()
	if err != ErrKeyClosed && !has(f) {
		return 0, lacks(f)
	}
	return raw, err
}

// listRefusal says why a function has refused to work on the element at an index.
func (k ReadKey) listRefusal(index int) error {
	err := k.refusal(KeyTypeList)
	if err != ErrRefused {
		return err
	}
	if n := k.Len(); index < -n || index >= n {
		return ErrRange
	}
	return ErrRefused
}

// fromHead makes an index that may count from the tail one that counts from the
// head; ok is false if it lies in front of it. Index -1 is more after the last
// element.
func fromHead(raw redismodule.Key, index, more int) (at int64, ok bool) {
	if index < 0 {
		index += int(redismodule.ValueLength(raw)) + more
	}
	return int64(index), index >= 0
}

// listPlace is what is known of the iterator that the server keeps in an open key
// for lists. Deleting an element leaves it with the wrong element, and the next use
// may end the server, unless it was made at an index that counts from the head and
// has not gone back since (Redis up to 8.0, Valkey up to 9.1; redis#12614). The
// zero listPlace is no iterator.
type listPlace struct {
	at   int64
	kind uint8
}

const (
	listNone    = iota
	listForward // fit for deleting at the place and after it
	listBack    // fit for reading
)

// listGet gets the element at an index that counts from the head.
func (k *openKey) listGet(at int64) redismodule.String {
	s := redismodule.ListGet(k.raw, at)
	if s != 0 {
		k.list.move(at)
	}
	return s
}

// move follows the server's iterator.
func (p *listPlace) move(at int64) {
	if p.kind == listNone {
		p.kind = listForward
	} else if at < p.at {
		p.kind = listBack
	}
	p.at = at
}

// listDelete deletes the element at an index that counts from the head.
func (k *openKey) listDelete(at int64) bool {
	if k.list.kind == listBack || k.list.kind == listForward && at < k.list.at {
		// Replacing an element makes the server drop its iterator. This one goes
		// anyway; any string will do.
		if redismodule.ListSet(k.raw, at, redismodule.GetKeyNameFromModuleKey(k.raw)) != redismodule.OK {
			return false
		}
		k.list = listPlace{}
	}
	if redismodule.ListDelete(k.raw, at) != redismodule.OK {
		return false
	}
	k.list.move(at)
	return true
}
