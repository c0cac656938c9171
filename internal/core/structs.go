// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package core

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/edge"
)

// Data types whose values are structs in memory of the server's, which C alone saves,
// loads, copies and frees (internal/cgate/structs.c).

// structFuncs are the API functions that C calls for them, in C's order.
var structFuncs = [...]redismodule.FuncID{
	redismodule.FnLoadUnsigned, redismodule.FnLoadSigned, redismodule.FnLoadDouble, redismodule.FnLoadFloat, redismodule.FnLoadStringBuffer,
	redismodule.FnSaveUnsigned, redismodule.FnSaveSigned, redismodule.FnSaveDouble, redismodule.FnSaveFloat, redismodule.FnSaveStringBuffer,
	redismodule.FnIsIOError, redismodule.FnLogIOError, redismodule.FnGetKeyNameFromIO, redismodule.FnGetDbIdFromIO,
	redismodule.FnStringPtrLen, redismodule.FnFreeString,
	redismodule.FnAlloc, redismodule.FnCalloc, redismodule.FnRealloc, redismodule.FnFree, redismodule.FnMallocSize,
	redismodule.FnDigestAddLongLong, redismodule.FnDigestAddStringBuffer, redismodule.FnDigestEndSequence,
	redismodule.FnDefragAlloc, redismodule.FnDefragShouldStop, redismodule.FnDefragCursorSet, redismodule.FnDefragCursorGet,
	redismodule.FnSaveDataTypeToString, redismodule.FnEmitAOF,
}

const structFunctions = len(structFuncs)

// settleStructs tells C where they are.
func settleStructs() {
	if edge.StructAPI == nil {
		return
	}
	var table [len(structFuncs)]uintptr
	for i, id := range structFuncs {
		table[i] = address(id)
	}
	edge.StructAPI(table[:])
}

// The kinds of a StructField. The numbers come first.
const (
	FieldInt8 = iota
	FieldInt16
	FieldInt32
	FieldInt64
	FieldUint8
	FieldUint16
	FieldUint32
	FieldUint64
	FieldFloat32
	FieldFloat64
	FieldFixed
	FieldBytes
	FieldArray
	FieldTexts
)

// StructField describes a field.
type StructField struct {
	Kind    uint32
	Element uint32 // the kind of an array's elements, the length of a fixed text
	Offset  uint32
	Since   int32  // the version of the type that the field came with
	Value   uint64 // the bits of a number where none was saved
}

// StructHead is what Go and C share of a type, in C memory.
type StructHead struct {
	Count  int64 // values
	Type   redismodule.ModuleType
	Check  uintptr // what looks at a loaded value, 0 for nothing: a C function of (io, value) that answers 0 to refuse it
	Closed uint64  // 1: values are neither loaded nor saved
}

// StructBlock is a field of bytes, an array or a list of texts, and each text in such a list.
type StructBlock struct {
	At        uintptr // 0 when Len and Room are
	Len, Room uint32  // in elements
}

// structCallbacks is how many functions a type has for the server.
const structCallbacks = 11

// StructNew makes a type and returns the address of its head, 0 when there are too many, and
// the methods in their newest form. What a method needs and the server lacks is left out.
func StructNew(name string, version int, size uintptr, fields []StructField, m *redismodule.TypeMethods) uintptr {
	if edge.StructNew == nil {
		return 0
	}
	list := edge.StructNew(name, version, size, unsafe.Pointer(&fields[0]), len(fields))
	if list == nil {
		return 0
	}
	f := func(i int) redismodule.CFunc { return redismodule.CFunc(list[1+i]) }
	m.RdbLoad, m.RdbSave, m.AofRewrite, m.Digest, m.Free = f(0), f(1), f(2), f(4), f(5)
	switch {
	case m.Version < 3:
		m.MemUsage = f(3)
	case m.Version == 3:
		m.MemUsage, m.FreeEffort, m.Copy, m.Defrag = f(3), f(6), f(7), f(8)
	default:
		m.MemUsage2, m.FreeEffort2, m.Copy2, m.Defrag = f(9), f(6), f(10), f(8)
	}
	return list[0]
}

// StructFree calls a type's Free.
func StructFree(free redismodule.CFunc, value uintptr) { callPtr(uintptr(free), value, 0, 0, 0, 0, 0) }
