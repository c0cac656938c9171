// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package unsafeconv_test

import (
	"encoding/binary"
	"math"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/unsafeconv"
)

// cMemory maps n bytes that Go does not own, as C memory is, and gives a page
// before and after them that faults when touched.
func cMemory(t *testing.T, n int) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	n = (n + page - 1) / page * page
	area, err := syscall.Mmap(-1, 0, n+2*page, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(area)) })
	require.NoError(t, syscall.Mprotect(area[:page], syscall.PROT_NONE))
	require.NoError(t, syscall.Mprotect(area[page+n:], syscall.PROT_NONE))
	return area[page : page+n]
}

func addr(b []byte) uintptr { return uintptr(unsafe.Pointer(&b[0])) }

func TestPointer(t *testing.T) {
	mem := cMemory(t, 1)
	mem[5] = 42
	p := (*byte)(unsafeconv.Pointer(addr(mem[5:])))
	require.Same(t, &mem[5], p)
	require.Equal(t, byte(42), *p)
	require.True(t, unsafeconv.Pointer(0) == nil)
	noAllocs(t, "Pointer", func() { sinkBool = unsafeconv.Pointer(addr(mem)) == nil })
}

//go:noinline
func unknown(addr uintptr) uintptr { return addr }

// TestZeroIsNil compares with nil where the functions are inlined and the compiler
// does not know the address.
func TestZeroIsNil(t *testing.T) {
	p, q := unsafeconv.Pointer(unknown(0)), unsafeconv.Ptr[byte](unknown(0))
	if p != nil || q != nil {
		t.Error("0 is not nil")
	}
	if p := unsafeconv.Ptr[byte](unknown(0)); p == nil {
		return
	}
	t.Error("0 is not nil")
}

func TestPtr(t *testing.T) {
	type pair struct{ A, B uint32 }
	mem := cMemory(t, 1)
	binary.NativeEndian.PutUint32(mem[8:], 7)
	binary.NativeEndian.PutUint32(mem[12:], 9)
	require.Equal(t, pair{7, 9}, *unsafeconv.Ptr[pair](addr(mem[8:])))
	require.Nil(t, unsafeconv.Ptr[pair](0))
}

func TestSliceAt(t *testing.T) {
	mem := cMemory(t, 1)
	for i := range 4 {
		binary.NativeEndian.PutUint64(mem[8*i:], uint64(i)*11)
	}
	s := unsafeconv.SliceAt[uint64](addr(mem), 4)
	require.Equal(t, []uint64{0, 11, 22, 33}, s)
	require.Equal(t, 4, cap(s))
	s[1] = math.MaxUint64
	require.Equal(t, uint64(math.MaxUint64), binary.NativeEndian.Uint64(mem[8:]))

	require.Nil(t, unsafeconv.SliceAt[uint64](addr(mem), 0))
	require.Nil(t, unsafeconv.SliceAt[uint64](0, 0))
	require.Nil(t, unsafeconv.SliceAt[uint64](0, 3))
	noAllocs(t, "SliceAt", func() { sinkInt = len(unsafeconv.SliceAt[uint64](addr(mem), 4)) })
}

// TestCStringStopsAtThePage has the NUL as the last byte that can be read.
func TestCStringStopsAtThePage(t *testing.T) {
	mem := cMemory(t, 1)
	for i := range mem[:len(mem)-1] {
		mem[i] = 'x'
	}
	for n := range 200 {
		got := unsafeconv.CString(&mem[len(mem)-1-n])
		require.Len(t, got, n)
	}
	require.Len(t, unsafeconv.CString(&mem[0]), len(mem)-1)
}

// TestMoreThan2GiB goes past what a C int can count; pages that are not written
// take no memory.
func TestMoreThan2GiB(t *testing.T) {
	const n = 3<<30 + 5
	if math.MaxInt < n {
		t.Skip("a slice of this platform cannot be that long")
	}
	mem := cMemory(t, n)
	mem[n-1] = 'z'
	p := (*byte)(unsafeconv.Pointer(addr(mem)))

	s := unsafeconv.StringAt(p, n)
	require.Equal(t, n, len(s))
	require.Equal(t, byte('z'), s[n-1])
	b := unsafeconv.BytesAt(p, n)
	require.Equal(t, n, len(b))
	require.Equal(t, n, cap(b))
	require.Equal(t, byte('z'), b[n-1])
	require.Equal(t, n, len(unsafeconv.String(b)))
	require.Equal(t, n, len(unsafeconv.Bytes(s)))
	require.Same(t, p, unsafeconv.Data(s))
	require.Equal(t, n, len(unsafeconv.SliceAt[byte](addr(mem), n)))
}
