// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package core

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Loops that read some elements in one crossing (internal/cgate/inplace.c), into memory
// that may be in the goroutine's stack. None of them comes back into Go.

// View is a text of the server's.
type View struct{ at, n uintptr }

// Bytes is the text, nil if there is none.
func (v View) Bytes() []byte {
	if v.at == 0 {
		return nil
	}
	return unsafeconv.BytesAt(unsafeconv.Ptr[byte](v.at), v.n)
}

// ReplyHandles writes elements of a call's reply, an array or a set, from number from on
// and returns how many.
func ReplyHandles(reply redismodule.CallReply, out []redismodule.CallReply, from int, set bool) int {
	return replyElements(edge.ReplyHandles, reply, unsafe.Pointer(unsafe.SliceData(out)), len(out), from, set)
}

// ReplyViews writes their contents: nil for what is no string, status or error.
func ReplyViews(reply redismodule.CallReply, out []View, from int, set bool) int {
	note(redismodule.FnCallReplyStringPtr)
	return replyElements(edge.ReplyViews, reply, unsafe.Pointer(unsafe.SliceData(out)), len(out), from, set)
}

func replyElements(fn uintptr, reply redismodule.CallReply, out unsafe.Pointer, n, from int, set bool) int {
	leaveStack(out)
	a5 := uintptr(0)
	if set {
		a5 = 1
		note(redismodule.FnCallReplySetElement)
	} else {
		note(redismodule.FnCallReplyArrayElement)
	}
	return int(callInPlace(fn, uintptr(reply), out, uintptr(n), nil, uintptr(from), a5))
}

// ZSetItem is an element of a sorted set. Its string is to be freed.
type ZSetItem struct {
	Element View
	Score   float64
	s       redismodule.String
}

// How ZSetInPlace reads.
const (
	ZSetBack = 1 // towards smaller elements
	ZSetLex  = 2 // an element with another score than the first ends the range

	zsetDone = 1 << 16
)

// ZSetInPlace reads elements from where the key's iterator is and moves that behind them.
// *first is NaN before the first call.
func ZSetInPlace(ctx redismodule.Ctx, key redismodule.Key, out []ZSetItem, first *float64, how uintptr) (n int, done bool) {
	note(redismodule.FnZsetRangeCurrentElement, redismodule.FnStringPtrLen)
	if how&ZSetBack != 0 {
		note(redismodule.FnZsetRangePrev)
	} else {
		note(redismodule.FnZsetRangeNext)
	}
	leaveStack(unsafe.Pointer(unsafe.SliceData(out)))
	leaveStack(unsafe.Pointer(first))
	r := callInPlace(edge.ZSetInPlace, uintptr(key), unsafe.Pointer(unsafe.SliceData(out)), uintptr(len(out)), unsafe.Pointer(first), uintptr(ctx), how)
	return int(r &^ zsetDone), r&zsetDone != 0
}

// FreeZSetItems frees their strings.
func FreeZSetItems(ctx redismodule.Ctx, items []ZSetItem) {
	if len(items) > 0 {
		note(redismodule.FnFreeString)
		leaveStack(unsafe.Pointer(&items[0]))
		callInPlace(edge.ZSetFree, uintptr(ctx), unsafe.Pointer(&items[0]), uintptr(len(items)), nil, 0, 0)
	}
}
