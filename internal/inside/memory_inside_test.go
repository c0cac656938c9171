// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// allocator makes a block of count times size bytes.
type allocator struct {
	name    string // of the API's function
	cleared bool
	make    func(count, size int) (rm.Memory, error)
}

var allocators = []allocator{
	{"Alloc", false, func(count, size int) (rm.Memory, error) { return rm.Alloc(count * size), nil }},
	{"TryAlloc", false, func(count, size int) (rm.Memory, error) { return rm.TryAlloc(count * size) }},
	{"Calloc", true, func(count, size int) (rm.Memory, error) { return rm.Calloc(count, size), nil }},
	{"TryCalloc", true, func(count, size int) (rm.Memory, error) { return rm.TryCalloc(count, size) }},
}

// InsideMemory allocates, fills and frees blocks, and finds them in the server's used
// memory.
//
// Drives: Alloc, TryAlloc, Calloc, TryCalloc, Free.
func InsideMemory(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for _, a := range allocators {
		if !serverHas(t, a.name) {
			m, err := a.make(1, 1)
			requireError(t, rm.ErrUnsupported, err)
			require.True(t, m.IsZero())
			continue
		}
		for _, size := range [][2]int{{1, 0}, {0, 1}, {1, 1}, {3, 5}, {1, 1000}, {16, 1 << 20}} {
			n := size[0] * size[1]
			before := e.usedMemory()
			m, err := a.make(size[0], size[1])
			require.NoError(t, err)
			b := m.Bytes()
			require.False(t, m.IsZero())
			require.Len(t, b, n)
			require.Equal(t, n, m.Len())
			require.Equal(t, n, cap(b))
			if a.cleared {
				require.Equal(t, n, bytes.Count(b, []byte{0}), "%s clears the block", a.name)
			}
			for i := range b {
				b[i] = byte(i)
			}
			for i, c := range rm.MemoryAt(m.Addr(), m.Len()).Bytes() {
				if c != byte(i) {
					t.Fatalf("%s: the block does not hold what it was given", a.name)
				}
			}
			if n >= 1<<20 {
				// The server may shrink a client's buffer meanwhile.
				require.Greater(t, e.usedMemory()-before, n-n/8, "used_memory counts the block")
			}
			for range 2 {
				m.Free()
				require.True(t, m.IsZero())
				require.Nil(t, m.Bytes())
				require.Zero(t, m.Len())
				require.Zero(t, m.Addr())
			}
			if n >= 1<<20 {
				require.Less(t, e.usedMemory()-before, n/8, "it is given back")
			}
		}
	}
}

// InsideMemoryRealloc resizes blocks, from nothing to nothing.
//
// Drives: Realloc, TryRealloc, Free.
func InsideMemoryRealloc(t *inside.T, ctx rm.Context) {
	for name, resize := range map[string]func(m *rm.Memory, n int) error{
		"Realloc":    func(m *rm.Memory, n int) error { m.Realloc(n); return nil },
		"TryRealloc": func(m *rm.Memory, n int) error { return m.TryRealloc(n) },
	} {
		var m rm.Memory
		if !serverHas(t, name) {
			requireError(t, rm.ErrUnsupported, resize(&m, 1))
			require.True(t, m.IsZero())
			continue
		}
		for round, n := range []int{10, 1, 100_000, 50, 1 << 22, 0, 30, 31, 0, 0} {
			old := bytes.Clone(m.Bytes())
			require.NoError(t, resize(&m, n), "%s %d", name, n)
			b := m.Bytes()
			require.Len(t, b, n)
			require.Equal(t, n == 0, m.IsZero())
			kept := min(len(old), n)
			require.True(t, bytes.Equal(old[:kept], b[:kept]), "%s %d keeps the bytes", name, n)
			for i := range b {
				b[i] = byte(i * (round + 3))
			}
		}
	}
}

// InsideMemorySizes asks for sizes that cannot be.
//
// Drives: TryAlloc, TryCalloc, TryRealloc, Alloc.
func InsideMemorySizes(t *inside.T, ctx rm.Context) {
	or := func(function string, want error) error {
		if serverHas(t, function) {
			return want
		}
		return rm.ErrUnsupported
	}
	m := rm.Alloc(10)
	copy(m.Bytes(), "0123456789")
	defer m.Free()
	for name, bad := range map[string]func(){
		"alloc -1": func() { rm.Alloc(-1) }, "alloc too much": func() { rm.Alloc(math.MaxInt) },
		"calloc -1": func() { rm.Calloc(-1, 1) }, "calloc overflow": func() { rm.Calloc(1<<32, 1<<32) },
		"pool -1": func() { ctx.PoolAlloc(-1) }, "at -1": func() { rm.MemoryAt(8, -1) }, "realloc -1": func() { m.Realloc(-1) },
	} {
		require.PanicsWithValue(t, rm.ErrRange, bad, name)
	}
	for _, c := range []struct {
		function string
		want     error
		do       func() error
	}{
		{"TryAlloc", rm.ErrRange, func() error { _, err := rm.TryAlloc(-1); return err }},
		{"TryCalloc", rm.ErrRange, func() error { _, err := rm.TryCalloc(-1, -1); return err }},
		{"TryCalloc", rm.ErrRange, func() error { _, err := rm.TryCalloc(math.MaxInt, 2); return err }},
		{"TryRealloc", rm.ErrRange, func() error { return m.TryRealloc(-1) }},
	} {
		require.ErrorIs(t, c.do(), or(c.function, c.want), c.function)
	}
	for _, n := range []int{1 << 50, 1 << 60, 1<<62 - 1, math.MaxInt64} {
		a, err := rm.TryAlloc(n)
		require.ErrorIs(t, err, or("TryAlloc", rm.ErrNoMemory), "%d", n)
		require.True(t, a.IsZero())
		tooMuch := rm.ErrNoMemory
		if n == math.MaxInt64 {
			tooMuch = rm.ErrRange
		}
		a, err = rm.TryCalloc(1, n)
		require.ErrorIs(t, err, or("TryCalloc", tooMuch), "%d", n)
		require.True(t, a.IsZero())
		require.ErrorIs(t, m.TryRealloc(n), or("TryRealloc", rm.ErrNoMemory), "%d", n)
		require.Equal(t, "0123456789", string(m.Bytes()))
	}
	empty := rm.Alloc(0)
	require.False(t, empty.IsZero())
	require.Zero(t, empty.Len())
	empty.Free()
}

// InsideStrdup copies texts.
//
// Drives: Strdup, Free.
func InsideStrdup(t *inside.T, ctx rm.Context) {
	for _, n := range []int{0, 1, 126, 127, 128, 129, 1 << 20} {
		text := strings.Repeat("\xffä", n)[:n]
		m, err := rm.Strdup(text)
		require.NoError(t, err)
		require.Equal(t, n, m.Len())
		require.True(t, text == string(m.Bytes()), "%d bytes", n)
		require.Zero(t, rm.MemoryAt(m.Addr(), n+1).Bytes()[n], "a NUL byte is behind it")
		m.Free()
	}
	_, err := rm.Strdup("a\x00b")
	require.Equal(t, rm.ErrNULByte, err)
}

// InsideMallocSizes compares the sizes that the allocator tells.
//
// Drives: MallocSize, MallocUsableSize, MallocSizeString, MallocSizeDict.
func InsideMallocSizes(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	// between checks a size, or that the server lacks the function.
	between := func(function string, n int, err error, low, high int) {
		t.Helper()
		if !serverHas(t, function) {
			require.ErrorIs(t, err, rm.ErrUnsupported, function)
			require.ErrorContains(t, err, function)
			return
		}
		require.NoError(t, err, function)
		require.GreaterOrEqual(t, n, low, function)
		require.LessOrEqual(t, n, high, function)
	}
	for _, n := range []int{1, 100, 1000, 1 << 20} {
		m := rm.Alloc(n)
		between("MallocSize", m.MallocSize(), nil, n, 2*n+64)
		size, err := m.MallocUsableSize()
		between("MallocUsableSize", size, err, n, 2*n+64)
		m.Free()
		size, err = rm.MallocSizeString(e.str(strings.Repeat("x", n)))
		between("MallocSizeString", size, err, n, 2*n+128)
	}
	d := rm.NewDict()
	empty, err := rm.MallocSizeDict(d)
	between("MallocSizeDict", empty, err, 1, 10_000)
	for i := range 100 {
		_, _ = d.AddBytes([]byte("key"+strconv.Itoa(i)), 1)
	}
	full, err := rm.MallocSizeDict(d)
	between("MallocSizeDict", full, err, 100, 1<<20)
	if err == nil {
		require.Greater(t, full, empty, "a dictionary with keys is larger")
	}
	d.Free()

	require.Zero(t, rm.Memory{}.MallocSize())
	size, err := rm.Memory{}.MallocUsableSize()
	between("MallocUsableSize", size, err, 0, 0)
	size, err = rm.MallocSizeString(rm.RStr{})
	between("MallocSizeString", size, err, 0, 0)
}

// InsideUsedMemoryRatio compares the ratio with what the server tells.
//
// Drives: GetUsedMemoryRatio.
func InsideUsedMemoryRatio(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	require.Zero(t, rm.UsedMemoryRatio(), "without maxmemory")
	t.Cleanup(func() { e.do("CONFIG", "SET", "maxmemory", "0") })
	used := e.usedMemory()
	e.do("CONFIG", "SET", "maxmemory", strconv.Itoa(4*used))
	require.InDelta(t, 0.25, rm.UsedMemoryRatio(), 0.1)
	e.do("CONFIG", "SET", "maxmemory", strconv.Itoa(used/2))
	require.InDelta(t, 2, rm.UsedMemoryRatio(), 0.5)
}

// poolBlocks takes blocks from a context's pool and returns whether each has its size,
// and bytes of its own.
func poolBlocks(ctx rm.Context, count, size int) bool {
	blocks := make([][]byte, count)
	for i := range blocks {
		b := ctx.PoolAlloc(size)
		if len(b) != size || cap(b) != size {
			return false
		}
		for j := range b {
			b[j] = byte(i)
		}
		blocks[i] = b
	}
	for i, b := range blocks {
		if bytes.Count(b, []byte{byte(i)}) != size {
			return false
		}
	}
	return true
}

// InsidePoolAlloc takes blocks of every size from a command's pool, which goes when the
// command ends.
//
// Drives: PoolAlloc.
func InsidePoolAlloc(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for _, size := range []int{1, 7, 8, 100, 8191, 8192, 8193, 1 << 20} {
		for _, count := range []int{1, 2, 20} {
			require.True(t, poolBlocks(ctx, count, size), "%d of %d", count, size)
		}
	}
	require.True(t, poolBlocks(ctx, 10_000, 100))
	require.Nil(t, ctx.PoolAlloc(0))
	e.leakless(func() {
		reply, err := e.callback(func(ctx rm.Context) error {
			require.True(t, poolBlocks(ctx, 10, 100))
			return ctx.ReplyWithOK()
		})
		require.NoError(t, err)
		reply.Free()
	})
}

// InsideMemoryOnThreads uses what needs no lock on goroutines, while the server waits
// for them.
//
// Drives: Alloc, Realloc, Free, Milliseconds, GetUsedMemoryRatio, CreateDict, FreeDict.
func InsideMemoryOnThreads(t *inside.T, ctx rm.Context) {
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 1000 {
				m := rm.Alloc(i)
				for j := range m.Bytes() {
					m.Bytes()[j] = byte(g)
				}
				m.Realloc(2 * i)
				if n := min(i, m.Len()); bytes.Count(m.Bytes()[:n], []byte{byte(g)}) != n {
					t.Error("another goroutine has written here")
				}
				m.Free()
				_ = rm.Now()
				_ = rm.UsedMemoryRatio()
				d := rm.NewDict()
				_, _ = d.AddBytes([]byte("key"), 1)
				d.Free()
			}
		})
	}
	wg.Wait()
}

// InsideMemoryCosts looks for leaks and for Go allocations.
//
// Drives: Alloc, Realloc, MallocSize, Strdup, Free.
func InsideMemoryCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	hasTry := serverHas(t, "TryRealloc")
	e.costs(func() {
		m := rm.Alloc(100)
		m.Realloc(200)
		if m.MallocSize() < 200 {
			panic("a small block")
		}
		if hasTry {
			_ = m.TryRealloc(-1)
			_ = m.TryRealloc(1 << 60)
			_ = m.TryRealloc(1000)
		}
		m.Free()
		m = rm.Calloc(10, 10)
		m.Free()
		m, _ = rm.TryAlloc(100)
		m.Free()
		m, _ = rm.Strdup("text")
		m.Free()
	})
}
