// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package core

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/edge"
)

// Any number of fields of a hash in one crossing (internal/cgate/hashes.c). No string
// may be 0.

// HashGetMany is HashGet for n fields; it writes as many strings to out, 0 for a field
// that is not there.
func HashGetMany(key redismodule.Key, fields *redismodule.String, n int, out *redismodule.String) int32 {
	note(redismodule.FnHashGet)
	leaveStack(unsafe.Pointer(fields))
	leaveStack(unsafe.Pointer(out))
	return int32(callInPlace(edge.HashGet, uintptr(key), unsafe.Pointer(fields), uintptr(n), unsafe.Pointer(out), 0, 0))
}

// HashSetMany is HashSet for n pairs, fields and values in turn, and returns the sum of
// what that returns. It ends early when *open is not seq any more. open must be on the
// heap.
func HashSetMany(key redismodule.Key, flags int32, pairs *redismodule.String, n int, open *uint64, seq uint64) int {
	note(redismodule.FnHashSet)
	leaveStack(unsafe.Pointer(pairs))
	redismodule.Escape(unsafe.Pointer(open))
	// The pairs are copied before the server can come back into Go.
	return int(callInPlace(edge.HashSet, uintptr(key), unsafe.Pointer(pairs), uintptr(n), unsafe.Pointer(open), uintptr(seq), uintptr(flags)))
}

// HashDeleteMany is HashSetMany that deletes fields. It ends also when the hash is gone.
func HashDeleteMany(key redismodule.Key, fields *redismodule.String, n int, open *uint64, seq uint64) int {
	note(redismodule.FnHashSet)
	if n > 10 {
		note(redismodule.FnKeyType)
	}
	leaveStack(unsafe.Pointer(fields))
	redismodule.Escape(unsafe.Pointer(open))
	return int(callInPlace(edge.HashDelete, uintptr(key), unsafe.Pointer(fields), uintptr(n), unsafe.Pointer(open), uintptr(seq), 0))
}
