// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package core

import (
	"runtime"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Loops over API functions that C runs in one crossing (internal/cgate/batch.c):
// for walks over many elements. They are plain loops, without policy. Whoever
// calls holds the server's lock. None of them comes back into Go.

// batchFuncs are the API functions that the loops call, in C's order.
var batchFuncs = [...]redismodule.FuncID{
	redismodule.FnZsetRangeCurrentElement, redismodule.FnZsetRangeNext, redismodule.FnZsetRangePrev, redismodule.FnStringPtrLen, redismodule.FnFreeString, redismodule.FnHoldString,
	redismodule.FnRetainString, redismodule.FnScan, redismodule.FnStreamIteratorNextID, redismodule.FnStreamIteratorNextField,
	redismodule.FnHashGet, redismodule.FnHashSet, redismodule.FnKeyType,
	redismodule.FnCallReplyArrayElement, redismodule.FnCallReplySetElement, redismodule.FnCallReplyStringPtr,
}

const batchFunctions = len(batchFuncs)

// settleBatch tells C where they are.
func settleBatch() {
	if edge.BatchAPI == nil {
		return
	}
	var table [len(batchFuncs)]uintptr
	for i, id := range batchFuncs {
		table[i] = address(id)
	}
	edge.BatchAPI(table[:])
}

// Batch is what a loop has read. It lies in C's buffers until the next loop.
type Batch struct {
	strings, numbers   uintptr
	stringsN, numbersN uint64
	bytes              uint64
}

// Strings are the strings, which the caller owns.
func (b *Batch) Strings() []redismodule.String {
	return unsafeconv.SliceAt[redismodule.String](b.strings, int(b.stringsN))
}

// Numbers are the scores of sorted-set elements as bits; three for each stream
// entry: both halves of its ID, and the number of its fields (and behind them what is read
// with contents, two for each string); and two for each name of a key: its content, see Views.
func (b *Batch) Numbers() []uint64 { return unsafeconv.SliceAt[uint64](b.numbers, int(b.numbersN)) }

// Views are the contents of the strings of a KeysRead.
func (b *Batch) Views() []View { return unsafeconv.SliceAt[View](b.numbers, int(b.numbersN)/2) }

// ViewAt is the content of a string of a StreamRead, whose two words are in Numbers.
func ViewAt(at, n uint64) View { return View{uintptr(at), uintptr(n)} }

// Bytes is the length of all strings that were read with a byte limit.
func (b *Batch) Bytes() int { return int(b.bytes) }

// ZsetRead reads elements of a sorted set from where the key's iterator is, until
// there are Limit of them, or more than LimitBytes bytes.
type ZsetRead struct {
	Batch
	Ctx               redismodule.Ctx
	Key               redismodule.Key
	Limit, LimitBytes uint64
	// Equal and EqualBytes count the last elements, which have the same Score. They
	// go on from the values that they have before.
	Equal, EqualBytes uint64
	Score             float64
	Back              int32 // 1: towards smaller elements
	Lex               int32 // 1: an element with another score than Score ends the range
	Done              int32 // set to 1 at the end of the range
}

// Read runs the loop. r must not be on the goroutine's stack.
func (r *ZsetRead) Read() {
	note(redismodule.FnZsetRangeCurrentElement, redismodule.FnZsetRangeNext, redismodule.FnZsetRangePrev, redismodule.FnStringPtrLen)
	runBatch(edge.ReadZset, unsafe.Pointer(r))
}

// StreamRead reads entries of a stream from where the key's iterator is, until there
// are Limit of them, or more than LimitBytes bytes, or LimitStrings strings.
type StreamRead struct {
	Batch
	Key                             redismodule.Key
	Limit, LimitBytes, LimitStrings uint64
	Fields                          int32 // 1: with names and values, 2: and their contents
	Done                            int32 // set to 1 at the end of the range
}

// Read runs the loop. r must not be on the goroutine's stack.
func (r *StreamRead) Read() {
	note(redismodule.FnStreamIteratorNextID, redismodule.FnStreamIteratorNextField, redismodule.FnStringPtrLen)
	runBatch(edge.ReadStream, unsafe.Pointer(r))
}

// KeysRead reads names of keys with Scan, until there are Want of them or more.
type KeysRead struct {
	Batch
	Ctx    redismodule.Ctx
	Cursor redismodule.ScanCursor
	Want   uint64
	Done   int32 // set to 1 at the end of the scan
}

// Read runs the loop. r must not be on the goroutine's stack.
func (r *KeysRead) Read() {
	note(redismodule.FnScan, redismodule.FnHoldString, redismodule.FnStringPtrLen)
	runBatch(edge.ReadKeys, unsafe.Pointer(r))
}

func runBatch(fn uintptr, r unsafe.Pointer) {
	// SAFETY(U18): C reads and writes *r until it returns; holds because r is on the
	// heap (escape) and the API functions that it calls do not come back into Go (Scan
	// calls C's own function only).
	redismodule.Escape(r)
	callPtr(fn, uintptr(r), 0, 0, 0, 0, 0)
	runtime.KeepAlive(r) // a collection can come in the middle of a gate
}

// FreeStrings is FreeString for each of the strings.
func FreeStrings(ctx redismodule.Ctx, s []redismodule.String) {
	if len(s) == 0 {
		return
	}
	note(redismodule.FnFreeString)
	redismodule.Escape(unsafe.Pointer(&s[0]))
	callPtr(edge.FreeStrings, uintptr(ctx), uintptr(unsafe.Pointer(&s[0])), uintptr(len(s)), 0, 0, 0)
	runtime.KeepAlive(s)
}

// note is trace for functions that C calls.
func note(ids ...redismodule.FuncID) {
	if tracing {
		for _, id := range ids {
			if redismodule.Has(id) {
				trace(id)
			}
		}
	}
}
