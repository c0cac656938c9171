// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package core

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/edge"
)

// Whole slices as one reply, sent by a loop in C (internal/cgate/slices.c). The
// elements may be anywhere in memory; the server copies them. Nothing here checks for
// what the server has: maps came with Redis 7.0.

// sliceKind says what the elements of a slice are.
type sliceKind uintptr

const (
	sliceLongLongs sliceKind = iota
	sliceDoubles
	sliceTexts
	sliceBytes
	sliceStrings
	slicePacked

	sliceMap = 16 // added: a map of pairs instead of an array
)

// sliceOf are the kinds behind ReplayLongLongs and what follows it.
var sliceOf = [...]sliceKind{sliceLongLongs, sliceDoubles, slicePacked, slicePacked | sliceMap}

func replySlice(ctx redismodule.Ctx, kind sliceKind, at unsafe.Pointer, n int) {
	if tracing {
		noteSlice(kind)
	}
	leaveStack(at)
	// The table does not move and holds no Go pointers.
	callInPlace(edge.ReplySlice, uintptr(ctx), at, uintptr(n), unsafe.Pointer(&replayTable), uintptr(kind), 0)
}

// noteSlice is note for the functions that C calls for a slice.
func noteSlice(kind sliceKind) {
	if kind&sliceMap != 0 {
		note(redismodule.FnReplyWithMap)
	} else {
		note(redismodule.FnReplyWithArray)
	}
	switch kind &^ sliceMap {
	case sliceLongLongs:
		note(redismodule.FnReplyWithLongLong)
	case sliceDoubles:
		note(redismodule.FnReplyWithDouble)
	case sliceStrings:
		note(redismodule.FnReplyWithString)
	default:
		note(redismodule.FnReplyWithStringBuffer)
	}
}

// ReplyLongLongs replies with an array of integers.
func ReplyLongLongs(ctx redismodule.Ctx, n []int64) {
	replySlice(ctx, sliceLongLongs, unsafe.Pointer(unsafe.SliceData(n)), len(n))
}

// ReplyDoubles replies with an array of floating-point numbers.
func ReplyDoubles(ctx redismodule.Ctx, f []float64) {
	replySlice(ctx, sliceDoubles, unsafe.Pointer(unsafe.SliceData(f)), len(f))
}

// ReplyTexts replies with an array of bulk strings.
func ReplyTexts(ctx redismodule.Ctx, s []string) {
	replySlice(ctx, sliceTexts, unsafe.Pointer(unsafe.SliceData(s)), len(s))
}

// ReplyTextMap replies with a map: keys and values in turn.
func ReplyTextMap(ctx redismodule.Ctx, pairs []string) {
	replySlice(ctx, sliceTexts|sliceMap, unsafe.Pointer(unsafe.SliceData(pairs)), len(pairs))
}

// ReplyBytes replies with an array of bulk strings.
func ReplyBytes(ctx redismodule.Ctx, b [][]byte) {
	replySlice(ctx, sliceBytes, unsafe.Pointer(unsafe.SliceData(b)), len(b))
}

// ReplyBytesMap replies with a map: keys and values in turn.
func ReplyBytesMap(ctx redismodule.Ctx, pairs [][]byte) {
	replySlice(ctx, sliceBytes|sliceMap, unsafe.Pointer(unsafe.SliceData(pairs)), len(pairs))
}

// ReplyStrings replies with an array of bulk strings, null for 0. s are n of them.
func ReplyStrings(ctx redismodule.Ctx, s *redismodule.String, n int) {
	replySlice(ctx, sliceStrings, unsafe.Pointer(s), n)
}

// ReplyStringMap replies with a map: keys and values in turn, n of both together.
func ReplyStringMap(ctx redismodule.Ctx, pairs *redismodule.String, n int) {
	replySlice(ctx, sliceStrings|sliceMap, unsafe.Pointer(pairs), n)
}

// ReplyRecorded sends a whole slice out of a recording: one step of a kind from
// ReplayLongLongs on, with n elements at at. A map becomes an array: it is for servers
// on which CanReplay is false.
func ReplyRecorded(ctx redismodule.Ctx, kind ReplayKind, at *byte, n int) {
	replySlice(ctx, sliceOf[kind-ReplayLongLongs]&^sliceMap, unsafe.Pointer(at), n)
}

// SlicePackedNull as the length of a packed text says that it is null. Packed texts are
// the lengths of all, of four bytes in the machine's order, and behind them the texts.
const SlicePackedNull = 1<<32 - 1
