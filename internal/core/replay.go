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

// ReplayOp is one step of a recorded reply.
type ReplayOp struct {
	N    uint64 // value, bits of a float64, length of a text, or number of elements
	At   uint32 // where the text begins; of an attribute: the index of the step behind it
	Kind ReplayKind
}

// ReplayKind says what a step is. The texts of ReplaySimple and ReplayError have a
// NUL behind them; that of ReplayVerbatim stands behind the format and a NUL, and
// its N does not count these four bytes. Those of whole slices have N elements at At,
// in any alignment: numbers of eight bytes, or packed texts, see [SlicePackedNull].
type ReplayKind uint8

// The kinds of steps; each is one of the server's reply functions.
const (
	ReplayInteger ReplayKind = iota
	ReplayBulk
	ReplaySimple
	ReplayError
	ReplayNull
	ReplayNullArray
	ReplayDouble
	ReplayLongDouble
	ReplayBool
	ReplayBigNumber
	ReplayVerbatim
	ReplayArray
	ReplayMap
	ReplaySet
	ReplayAttribute

	// In the table for whole slices; no step is of that kind.
	replayString

	ReplayLongLongs
	ReplayDoubles
	ReplayPacked
	ReplayPackedMap // N counts keys and values

	replayTabled = replayString + 1
)

// replayFuncs are the API functions behind the kinds.
var replayFuncs = [replayTabled]redismodule.FuncID{
	ReplayInteger:    redismodule.FnReplyWithLongLong,
	ReplayBulk:       redismodule.FnReplyWithStringBuffer,
	ReplaySimple:     redismodule.FnReplyWithSimpleString,
	ReplayError:      redismodule.FnReplyWithError,
	ReplayNull:       redismodule.FnReplyWithNull,
	ReplayNullArray:  redismodule.FnReplyWithNullArray,
	ReplayDouble:     redismodule.FnReplyWithDouble,
	ReplayLongDouble: redismodule.FnReplyWithLongDouble,
	ReplayBool:       redismodule.FnReplyWithBool,
	ReplayBigNumber:  redismodule.FnReplyWithBigNumber,
	ReplayVerbatim:   redismodule.FnReplyWithVerbatimStringType,
	ReplayArray:      redismodule.FnReplyWithArray,
	ReplayMap:        redismodule.FnReplyWithMap,
	ReplaySet:        redismodule.FnReplyWithSet,
	ReplayAttribute:  redismodule.FnReplyWithAttribute,
	replayString:     redismodule.FnReplyWithString,
}

// ReplayFunc is the API function behind a kind.
func ReplayFunc(kind ReplayKind) redismodule.FuncID { return replayFuncs[kind] }

// replayTable holds their addresses for C. Settled at load.
var replayTable [replayTabled]uintptr

// settleReplay fills replayTable.
func settleReplay() {
	for kind, id := range replayFuncs {
		replayTable[kind] = address(id)
	}
}

// CanReplay tells whether the running server has all functions that Replay may
// call; they came with Redis 7.0.
func CanReplay() bool {
	for _, fn := range replayTable[:replayString] {
		if fn == 0 {
			return false
		}
	}
	return edge.Replay != 0
}

// Replay sends a recorded reply in one crossing, as a C loop would. Every At must
// lie within text and every text end there, which is not checked. CanReplay must be
// true.
func Replay(ctx redismodule.Ctx, ops []ReplayOp, text []byte) {
	if len(ops) == 0 {
		return
	}
	if tracing {
		for i := range ops {
			if kind := ops[i].Kind; kind < ReplayLongLongs {
				trace(replayFuncs[kind])
			} else {
				noteSlice(sliceOf[kind-ReplayLongLongs])
			}
		}
	}
	// SAFETY(U17): C reads both slices and the table until the call returns; holds
	// because callers keep them on the heap (escape), none holds pointers, and reply
	// functions neither keep them nor come back into Go; until then KeepAlive.
	redismodule.Escape(unsafe.Pointer(&ops[0]))
	redismodule.Escape(unsafe.Pointer(unsafeconv.DataBytes(text)))
	callPtr(edge.Replay, uintptr(ctx), uintptr(unsafe.Pointer(&ops[0])), uintptr(len(ops)),
		uintptr(unsafe.Pointer(unsafeconv.DataBytes(text))), uintptr(unsafe.Pointer(&replayTable)), 0)
	runtime.KeepAlive(ops)
	runtime.KeepAlive(text)
}
