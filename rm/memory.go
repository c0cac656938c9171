// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Memory is a block of memory from the server's allocator: it counts in the
// server's used_memory and so for maxmemory and eviction, and Go's garbage
// collector neither frees nor reads it. Whoever allocates it must free it, and it
// must never hold a Go pointer.
//
// A Memory is an address and a length. Copies of it name the same block, of which
// only one may be freed or resized; after that the others must not be used. The
// functions and methods can be used from any goroutine, without the server's lock.
// The zero Memory is no block.
type Memory struct {
	o    origin
	addr uintptr
	n    int
}

// maxBlock is the largest size that is passed on to the server, which reckons with
// sizes that it can add to.
const maxBlock = math.MaxInt / 2

// size checks a size for the functions that have no error.
func size(n int) uintptr {
	if n < 0 || n > maxBlock {
		panic(ErrRange)
	}
	return uintptr(n)
}

// product is count*size, ok false when no block can be that large.
func product(count, size int) (n int, ok bool) {
	if count < 0 || size < 0 || size > 0 && count > maxBlock/size {
		return 0, false
	}
	return count * size, true
}

// Alloc allocates n bytes, which hold anything. Without memory the server ends
// itself, as it does for its own data: sizes that come from outside are better given
// to [TryAlloc]. A negative n panics with ErrRange, as make does.
//
// C: RedisModule_Alloc, since Redis 4.0.
func Alloc(n int) Memory { return Memory{newOwned(), redismodule.Alloc(size(n)), n} }

// TryAlloc allocates n bytes, which hold anything. The error is ErrNoMemory when
// the server has not that much, ErrRange for a negative n, ErrUnsupported on an
// older server.
//
// C: RedisModule_TryAlloc, since Redis 7.0.
func TryAlloc(n int) (Memory, error) {
	switch {
	case !has(featureTryAlloc):
		return Memory{}, lacks(featureTryAlloc)
	case n < 0:
		return Memory{}, ErrRange
	case n > maxBlock:
		return Memory{}, ErrNoMemory
	}
	return tried(redismodule.TryAlloc(uintptr(n)), n)
}

// Calloc allocates count times size bytes and clears them. Without memory the
// server ends itself; negative arguments and a product that is too large panic with
// ErrRange.
//
// C: RedisModule_Calloc, since Redis 4.0.
func Calloc(count, size int) Memory {
	n, ok := product(count, size)
	if !ok {
		panic(ErrRange)
	}
	return Memory{newOwned(), redismodule.Calloc(uintptr(count), uintptr(size)), n}
}

// TryCalloc allocates count times size bytes and clears them. The error is
// ErrNoMemory when the server has not that much, ErrRange for negative arguments
// and for a product that is too large, ErrUnsupported on an older server.
//
// C: RedisModule_TryCalloc, since Redis 7.4.
func TryCalloc(count, size int) (Memory, error) {
	n, ok := product(count, size)
	switch {
	case !has(featureTryCalloc):
		return Memory{}, lacks(featureTryCalloc)
	case !ok:
		return Memory{}, ErrRange
	}
	return tried(redismodule.TryCalloc(uintptr(count), uintptr(size)), n)
}

func tried(addr uintptr, n int) (Memory, error) {
	if addr == 0 {
		return Memory{}, ErrNoMemory
	}
	return Memory{newOwned(), addr, n}, nil
}

// Strdup allocates a copy of s and a NUL byte after it, which Bytes does not
// show. The error is ErrNULByte when s has a NUL byte inside.
//
// C: RedisModule_Strdup, since Redis 4.0.
func Strdup(s string) (Memory, error) {
	if unsafeconv.HasNUL(s) {
		return Memory{}, ErrNULByte
	}
	if len(s) >= unsafeconv.CBufSize {
		// A NUL-terminated copy for C to copy would come from Go's heap.
		m := Alloc(len(s) + 1)
		b := m.Bytes()
		b[copy(b, s)] = 0
		m.n = len(s)
		return m, nil
	}
	var buf unsafeconv.CBuf
	return Memory{newOwned(), uintptr(unsafe.Pointer(redismodule.Strdup(buf.String(s)))), len(s)}, nil
}

// MemoryAt is the block of n bytes at an address, as Addr has told it: for memory
// whose address was kept in a dictionary or in C.
func MemoryAt(addr uintptr, n int) Memory { return Memory{addr: addr, n: int(size(n))} }

// theMemory is what the debug build calls it.
const theMemory = "the memory"

// Addr returns the address of the block, 0 for the zero Memory: a word that can be
// kept anywhere, and given to C.
func (m Memory) Addr() uintptr {
	m.o.used(theMemory)
	return m.addr
}

// IsZero tells whether there is no block.
func (m Memory) IsZero() bool { return m.addr == 0 }

// Len returns how many bytes were asked for.
func (m Memory) Len() int { return m.n }

// Bytes returns the block, to be read and written. The slice is valid until the
// block is freed or resized, through m or any copy of it.
func (m Memory) Bytes() []byte {
	m.o.used(theMemory)
	return unsafeconv.BytesAt(unsafeconv.Ptr[byte](m.addr), uintptr(m.n))
}

// Realloc changes the size of the block to n, and with that usually its place; as
// many bytes as fit stay. n == 0 frees the block, and on a zero Memory it is
// [Alloc]. Without memory the server ends itself; a negative n panics with ErrRange.
//
// C: RedisModule_Realloc, since Redis 4.0.
func (m *Memory) Realloc(n int) {
	if n == 0 {
		m.Free()
		return
	}
	bytes := size(n)
	m.o.freed(theMemory, "resized")
	*m = Memory{newOwned(), redismodule.Realloc(m.addr, bytes), n}
}

// TryRealloc changes the size of the block to n, as [Memory.Realloc] does. When it
// fails the block stays as it is: the error is ErrNoMemory when the server has not
// that much, ErrRange for a negative n, ErrUnsupported on an older server.
//
// C: RedisModule_TryRealloc, since Redis 7.4.
func (m *Memory) TryRealloc(n int) error {
	switch {
	case !has(featureTryRealloc):
		return lacks(featureTryRealloc)
	case n < 0:
		return ErrRange
	case n > maxBlock:
		return ErrNoMemory
	case n == 0:
		m.Free()
		return nil
	}
	m.o.used(theMemory)
	addr := redismodule.TryRealloc(m.addr, uintptr(n))
	if addr == 0 {
		return ErrNoMemory
	}
	m.o.freed(theMemory, "resized")
	*m = Memory{newOwned(), addr, n}
	return nil
}

// Free gives the block back. m becomes zero, so freeing twice through the same
// variable does nothing.
//
// C: RedisModule_Free, since Redis 4.0.
func (m *Memory) Free() {
	if m.addr != 0 {
		m.o.freed(theMemory, "freed")
		redismodule.Free(m.addr)
	}
	*m = Memory{}
}

// MallocSize returns how many bytes the block takes in the allocator, which are
// often more than were asked for; 0 for the zero Memory.
//
// C: RedisModule_MallocSize, since Redis 6.0.
func (m Memory) MallocSize() int {
	if m.addr == 0 {
		return 0
	}
	m.o.used(theMemory)
	return int(redismodule.MallocSize(m.addr))
}

// MallocUsableSize returns how many bytes of the block could be used if they had
// been asked for; 0 for the zero Memory.
//
// C: RedisModule_MallocUsableSize, since Redis 7.0.1.
func (m Memory) MallocUsableSize() (int, error) {
	switch {
	case !has(featureMallocUsableSize):
		return 0, lacks(featureMallocUsableSize)
	case m.addr == 0:
		return 0, nil
	}
	m.o.used(theMemory)
	return int(redismodule.MallocUsableSize(m.addr)), nil
}

// MallocSizeString returns how many bytes a string takes in the allocator; 0 for
// the zero RStr.
//
// C: RedisModule_MallocSizeString, since Redis 7.0.
func MallocSizeString(s RStr) (int, error) {
	switch {
	case !has(featureMallocSizeString):
		return 0, lacks(featureMallocSizeString)
	case s.s == 0:
		return 0, nil
	}
	return int(redismodule.MallocSizeString(s.raw())), nil
}

// MallocSizeDict returns how many bytes a dictionary takes in the allocator, by
// the server's estimate, without what its values may refer to.
//
// C: RedisModule_MallocSizeDict, since Redis 7.0.
func MallocSizeDict(d *Dict) (int, error) {
	switch {
	case !has(featureMallocSizeDict):
		return 0, lacks(featureMallocSizeDict)
	case d.raw == 0:
		return 0, misuse(ErrDictFreed)
	}
	return int(redismodule.MallocSizeDict(d.raw)), nil
}

// UsedMemoryRatio returns the memory in use as a part of maxmemory: 1 or more when
// the limit is reached, 0 when there is none.
//
// C: RedisModule_GetUsedMemoryRatio, since Redis 6.0.
func UsedMemoryRatio() float32 { return redismodule.GetUsedMemoryRatio() }

// PoolAlloc returns n bytes, which hold anything, from a pool that the server frees
// when the callback returns: cheap for many small pieces. Blocks of a word's size
// and more are aligned for words. 0 gives nil; a negative n panics with ErrRange.
// The bytes count in the server's used_memory and must not hold Go pointers.
//
// C: RedisModule_PoolAlloc, since Redis 4.0.
func (ctx Context) PoolAlloc(n int) []byte {
	if n == 0 {
		return nil
	}
	return unsafeconv.BytesAt(unsafeconv.Ptr[byte](redismodule.PoolAlloc(ctx.raw(), size(n))), uintptr(n))
}
