// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestMemory allocates, clears, resizes and frees blocks, and finds them in the
// server's used memory.
//
// Drives: Alloc, TryAlloc, Calloc, TryCalloc, Realloc, TryRealloc, Free.
func TestMemory(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for how, function := range map[string]string{"alloc": "Alloc", "calloc": "Calloc", "tryalloc": "TryAlloc", "trycalloc": "TryCalloc"} {
			if !serverHas(t, s, function) {
				_, err := s.Do("d.mem.alloc", how, 1, 1)
				require.EqualError(t, err, lacking(function))
				continue
			}
			for _, size := range [][2]int{{1, 0}, {0, 1}, {1, 1}, {3, 5}, {1, 1000}, {16, 1 << 20}} {
				n := size[0] * size[1]
				before := usedMemory(t, s)
				require.Equal(t, "OK", s.MustDo("d.mem.alloc", how, size[0], size[1]), "%s %v", how, size)
				if n >= 1<<20 {
					// The server may shrink a client's buffer meanwhile.
					require.Greater(t, usedMemory(t, s)-before, int64(n-n/8), "used_memory counts the block")
				}
				require.Equal(t, "OK", s.MustDo("d.mem.free"))
			}
		}
		for how, function := range map[string]string{"realloc": "Realloc", "tryrealloc": "TryRealloc"} {
			if !serverHas(t, s, function) {
				_, err := s.Do("d.mem.realloc", how, 1)
				require.EqualError(t, err, lacking(function))
				continue
			}
			// From nothing to nothing, twice.
			for _, n := range []int{10, 1, 100_000, 50, 1 << 22, 0, 30, 31, 0, 0} {
				require.Equal(t, "OK", s.MustDo("d.mem.realloc", how, n), "%s %d", how, n)
			}
		}
		leakless(t, s, 3, 1<<12, func(w *wire) {
			for i := range 100 {
				w.do("d.mem.alloc", "alloc", "1", strconv.Itoa(i))
				w.do("d.mem.realloc", "realloc", strconv.Itoa(i*100))
				w.do("d.mem.realloc", "tryrealloc", strconv.Itoa(i*10))
				w.do("d.mem.free")
				w.do("d.mem.strdup", strings.Repeat("t", i*10))
				w.do("d.mem.pool", "100", strconv.Itoa(i))
				w.do("d.mem.bad")
				w.do("d.mem.sizes", "text")
			}
		})
	})
}

// TestMemorySizes asks for sizes that cannot be.
//
// Drives: TryAlloc, TryCalloc, TryRealloc, Alloc.
func TestMemorySizes(t *testing.T) {
	const panics, outside = "panic ERR index out of range\n", "ERR index out of range"
	withData(t, func(t *testing.T, s *rmtest.Server) {
		or := func(function, want string) string {
			if serverHas(t, s, function) {
				return want
			}
			return lacking(function)
		}
		require.Equal(t, []string{
			"alloc: " + panics, "alloc: " + panics, "calloc: " + panics, "calloc: " + panics, "pool: " + panics, "at: " + panics, "realloc: " + panics,
			"len: 3\n", "tryalloc: " + or("TryAlloc", outside) + "\n", "trycalloc: " + or("TryCalloc", outside) + "\n", "trycalloc: " + or("TryCalloc", outside) + "\n",
			"tryrealloc: " + or("TryRealloc", outside) + " 3\n", "empty: false 0 true\n",
		}, texts(t, s, "d.mem.bad"))
		const noMemory = "OOM the server cannot allocate that much memory"
		for _, n := range []int{1 << 50, 1 << 60, 1<<62 - 1} {
			require.Equal(t, []string{or("TryAlloc", noMemory), or("TryCalloc", noMemory), or("TryRealloc", noMemory)},
				texts(t, s, "d.mem.absurd", n), "%d", n)
		}
		require.Equal(t, []string{or("TryAlloc", noMemory), or("TryCalloc", outside), or("TryRealloc", noMemory)},
			texts(t, s, "d.mem.absurd", uint64(1<<63-1)))
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}

// TestStrdup copies texts.
//
// Drives: Strdup, Free.
func TestStrdup(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, n := range []int{0, 1, 126, 127, 128, 129, 1 << 20} {
			text := strings.Repeat("\xffä", n)[:n]
			require.Equal(t, text, s.MustDo("d.mem.strdup", text))
		}
		_, err := s.Do("d.mem.strdup", "a\x00b")
		require.EqualError(t, err, "ERR text contains a NUL byte")
	})
}

// TestMallocSizes compares the sizes that the allocator tells.
//
// Drives: MallocSize, MallocUsableSize, MallocSizeString, MallocSizeDict.
func TestMallocSizes(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, n := range []int{1, 100, 1000, 1 << 20} {
			s.MustDo("d.mem.alloc", "alloc", 1, n)
			text := strings.Repeat("x", n)
			sizes, ok := s.MustDo("d.mem.sizes", text).([]any)
			require.True(t, ok)
			for i, function := range map[int]string{1: "MallocUsableSize", 2: "MallocSizeString", 3: "MallocSizeDict", 4: "MallocSizeDict", 6: "MallocUsableSize", 7: "MallocSizeString"} {
				if !serverHas(t, s, function) {
					require.Equal(t, lacking(function), sizes[i], function)
					sizes[i] = nil
				}
			}
			between := func(i int, low, high int64) {
				t.Helper()
				if sizes[i] != nil {
					require.GreaterOrEqual(t, sizes[i], low, "%d", i)
					require.LessOrEqual(t, sizes[i], high, "%d", i)
				}
			}
			between(0, int64(n), int64(2*n+64))
			between(1, int64(n), int64(2*n+64))
			between(2, int64(n), int64(2*n+128))
			between(3, 1, 10_000)
			between(4, 100, 1<<20)
			if sizes[3] != nil {
				require.Greater(t, sizes[4], sizes[3], "a dictionary with keys is larger")
			}
			between(5, 0, 0)
			between(6, 0, 0)
			between(7, 0, 0)
			s.MustDo("d.mem.free")
		}
	})
}

// TestUsedMemoryRatio compares the ratio with what the server tells.
//
// Drives: GetUsedMemoryRatio.
func TestUsedMemoryRatio(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		require.Equal(t, "0", s.MustDo("d.mem.ratio"), "without maxmemory")
		ratio := func() float64 {
			f, err := strconv.ParseFloat(fmt.Sprint(s.MustDo("d.mem.ratio")), 64)
			require.NoError(t, err)
			return f
		}
		used := usedMemory(t, s)
		s.MustDo("CONFIG", "SET", "maxmemory", 4*used)
		require.InDelta(t, 0.25, ratio(), 0.1)
		s.MustDo("CONFIG", "SET", "maxmemory", used/2)
		require.InDelta(t, 2, ratio(), 0.5)
		s.MustDo("CONFIG", "SET", "maxmemory", 0)
	})
}

// TestPoolAlloc takes blocks of every size from a command's pool.
//
// Drives: PoolAlloc.
func TestPoolAlloc(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		for _, size := range []int{0, 1, 7, 8, 100, 8191, 8192, 8193, 1 << 20} {
			for _, count := range []int{1, 2, 20} {
				require.Equal(t, "OK", s.MustDo("d.mem.pool", count, size), "%d of %d", count, size)
			}
		}
		require.Equal(t, "OK", s.MustDo("d.mem.pool", 10_000, 100))
	})
}

// TestMemoryOnThreads uses what needs no lock on goroutines.
//
// Drives: Alloc, Realloc, Free, Milliseconds, GetUsedMemoryRatio, CreateDict, FreeDict.
func TestMemoryOnThreads(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		require.Equal(t, "OK", s.MustDo("d.mem.threads"))
	})
}
