// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

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
	case !has(featureListGet):
		return ListRange{}, lacks(featureListGet)
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
	if r.key.here() == 0 {
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
		if k.here() == 0 {
			return
		}
		if element = k.k.listGet(int64(i)); element == 0 {
			return
		}
		s := RStr{newOrigin("step of a loop over a list"), element}
		if !yield(i, s) {
			return
		}
		s.o.end()
		redismodule.FreeString(ctx, element)
		element = 0
		if i == end {
			return
		}
		i += step
	}
}
