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
	raw, err := k.value()
	switch {
	case err != nil:
		return err
	case element.s == 0:
		return ErrNoString
	case where != ListHead && where != ListTail:
		return ErrRange
	}
	if redismodule.ListPush(raw, int32(where), element.s) != redismodule.OK {
		return k.refusal(KeyTypeList)
	}
	return nil
}

// ListPop takes an element from an end of the list. It must be freed; it is the
// zero RString when the key is missing. The key goes with its last element.
// Errors: ErrWrongType, ErrRange for an end that does not exist, ErrRefused for a
// key that is open for reading only.
//
// C: RedisModule_ListPop, since Redis 4.0.
func (k WriteKey) ListPop(where ListEnd) (RString, error) {
	raw, err := k.handle()
	switch {
	case err != nil || raw == 0:
		return RString{}, err
	case where != ListHead && where != ListTail:
		return RString{}, ErrRange
	}
	s := redismodule.ListPop(raw, int32(where))
	if s == 0 {
		if err := k.refusal(KeyTypeList); err != ErrNoKey {
			return RString{}, err
		}
		return RString{}, nil
	}
	return fromKey(k.k.ctx, s), nil
}

// ListGet returns a copy of the element at an index; it must be freed. Index 0 is
// the head, -1 the tail. The zero RString means that there is no such element, or
// no key. The server remembers the place, so that the neighbours are found at
// once; other elements are searched from there.
// Errors: ErrWrongType; ErrUnsupported before Redis 7.0.
//
// C: RedisModule_ListGet, since Redis 7.0.
func (k ReadKey) ListGet(index int) (RString, error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return RString{}, err
	case !redismodule.Has(redismodule.FnListGet):
		return RString{}, ErrUnsupported
	case raw == 0:
		return RString{}, nil
	}
	s := redismodule.ListGet(raw, int64(index))
	if s == 0 {
		if err := k.listRefusal(index); err != ErrRange && err != ErrNoKey {
			return RString{}, err
		}
		return RString{}, nil
	}
	return fromKey(k.k.ctx, s), nil
}

// ListSet replaces the element at an index; index 0 is the head, -1 the tail. The
// server copies the value. Errors: ErrRange when there is no such element,
// ErrNoKey, ErrWrongType, ErrNoString for the zero RStr, ErrRefused for a key that
// is open for reading only; ErrUnsupported before Redis 7.0.
//
// C: RedisModule_ListSet, since Redis 7.0.
func (k WriteKey) ListSet(index int, value RStr) error {
	raw, err := k.listElement(redismodule.FnListSet)
	switch {
	case err != nil:
		return err
	case value.s == 0:
		return ErrNoString
	}
	if redismodule.ListSet(raw, int64(index), value.s) != redismodule.OK {
		return k.listRefusal(index)
	}
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
	raw, err := k.listElement(redismodule.FnListInsert)
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
	if redismodule.ListInsert(raw, int64(index), value.s) != redismodule.OK {
		return k.listRefusal(index)
	}
	return nil
}

// ListDelete removes the element at an index; index 0 is the head, -1 the tail.
// The key goes with its last element. Errors: ErrRange when there is no such
// element, ErrNoKey, ErrWrongType, ErrRefused for a key that is open for reading
// only; ErrUnsupported before Redis 7.0.
//
// C: RedisModule_ListDelete, since Redis 7.0.
func (k WriteKey) ListDelete(index int) error {
	raw, err := k.listElement(redismodule.FnListDelete)
	if err != nil {
		return err
	}
	if redismodule.ListDelete(raw, int64(index)) != redismodule.OK {
		return k.listRefusal(index)
	}
	return nil
}

// listElement returns the handle for a function that older servers lack.
func (k ReadKey) listElement(fn redismodule.FuncID) (redismodule.Key, error) {
	raw, err := k.value()
	if err != ErrKeyClosed && !redismodule.Has(fn) {
		return 0, ErrUnsupported
	}
	return raw, err
}

// listRefusal says why a function has refused to change the element at an index.
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

// ListRange is a walk over elements of a list, made by [ReadKey.List] and ranged
// over with its methods, any number of times. It allocates nothing.
type ListRange struct {
	key         ReadKey
	first, last int
}

// List describes a walk over the elements from index first to index last, both
// included; index 0 is the head, -1 the tail, and what lies outside of the list is
// left out. A missing key has no elements.
//
//	r, err := key.List(0, -1)
//	...
//	for i, element := range r.All {
//
// The walk goes by index. The indexes are made out when a loop begins; at each
// step it gets the element that has the next index then. So the body may change
// the list through the same open key: an element that is replaced is seen with
// its new value, one that is pushed to the tail is not seen, and after deleting
// element i the next step of All passes over the one that took its place (Backward
// does not). The loop ends early when the list has become too short, or the key is
// closed. The list must not be changed by other means (a call, a second open key),
// as the server keeps a pointer into it while the key is open.
//
// Steps are cheap because the server remembers its place. It remembers one in each
// open key: for loops inside of one another over the same list, open it twice.
// A change makes it forget the place and search the next one.
//
// Errors: ErrWrongType; ErrUnsupported before Redis 7.0.
//
// C: RedisModule_ListGet, since Redis 7.0.
func (k ReadKey) List(first, last int) (ListRange, error) {
	switch _, err := k.handle(); {
	case err != nil:
		return ListRange{}, err
	case !redismodule.Has(redismodule.FnListGet):
		return ListRange{}, ErrUnsupported
	}
	if t := k.Type(); t != KeyTypeList && t != KeyTypeEmpty {
		return ListRange{}, ErrWrongType
	}
	return ListRange{k, first, last}, nil
}

// All goes from the first element to the last. It yields the index, counted from
// the head, and the element, which is freed when the loop's body ends: use Clone
// or Retain for what is to stay.
func (r ListRange) All(yield func(index int, element RStr) bool) {
	if first, last := r.bounds(); first <= last {
		r.key.walkList(first, last, 1, yield)
	}
}

// Backward goes from the last element to the first; the rest is as with All.
func (r ListRange) Backward(yield func(index int, element RStr) bool) {
	if first, last := r.bounds(); first <= last {
		r.key.walkList(last, first, -1, yield)
	}
}

// bounds returns the range as indexes from the head, first > last when it is
// empty.
func (r ListRange) bounds() (first, last int) {
	if r.key.k == nil || r.key.k.seq != r.key.seq {
		return 0, -1
	}
	n := r.key.Len()
	first, last = r.first, r.last
	if first < 0 {
		first = max(first+n, 0)
	}
	if last < 0 {
		last += n
	}
	return first, min(last, n-1)
}

// walkList yields the elements from index i to index end. The element that the
// body has is freed however the body ends.
func (k ReadKey) walkList(i, end, step int, yield func(int, RStr) bool) {
	ctx := k.k.ctx
	var element redismodule.String
	defer func() {
		if element != 0 {
			redismodule.FreeString(ctx, element)
		}
	}()
	for {
		if k.k.seq != k.seq || k.k.raw == 0 {
			return
		}
		if element = redismodule.ListGet(k.k.raw, int64(i)); element == 0 {
			return
		}
		if !yield(i, RStr{element}) {
			return
		}
		redismodule.FreeString(ctx, element)
		element = 0
		if i == end {
			return
		}
		i += step
	}
}
