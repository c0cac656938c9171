// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package unsafeconv_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/unsafeconv"
)

// cLen plays the C function that reads a text: it counts the bytes before the NUL.
// It lets no pointer escape, as a gate declared noescape does not either.
//
//go:noinline
func cLen(p *byte) int { return len(unsafeconv.CString(p)) }

// fenced is a CBuf between two canaries.
type fenced struct {
	before [32]byte
	buf    unsafeconv.CBuf
	after  [32]byte
}

const canary = 0xA5

func (f *fenced) arm() {
	for i := range f.before {
		f.before[i], f.after[i] = canary, canary
	}
}

func (f *fenced) check(t *testing.T) {
	t.Helper()
	for i := range f.before {
		if f.before[i] != canary || f.after[i] != canary {
			t.Fatalf("write outside of the buffer, %d bytes from its start or end", i)
		}
	}
}

func TestCBufAroundItsSize(t *testing.T) {
	text := strings.Repeat("0123456789", 50)
	for n := 0; n <= len(text); n++ {
		var f fenced
		f.arm()
		p := f.buf.String(text[:n])
		f.check(t)
		require.Equal(t, text[:n], unsafeconv.CString(p))
		require.Equal(t, byte(0), unsafeconv.BytesAt(p, uintptr(n)+1)[n])
	}
}

func TestCBufIsReusable(t *testing.T) {
	var b unsafeconv.CBuf
	require.Equal(t, 100, cLen(b.String(strings.Repeat("x", 100))))
	require.Equal(t, 2, cLen(b.String("ab")))
	require.Equal(t, 0, cLen(b.String("")))
	require.Equal(t, 500, cLen(b.String(strings.Repeat("x", 500))))
}

func TestCBufWithNULInside(t *testing.T) {
	var b unsafeconv.CBuf
	p := b.String("ab\x00cd")
	require.Equal(t, "ab", unsafeconv.CString(p))
	require.Equal(t, "ab\x00cd\x00", unsafeconv.StringAt(p, 6))
}

func TestCBufStaysOnTheStack(t *testing.T) {
	short, limit := "get", strings.Repeat("x", unsafeconv.CBufSize-1)
	noAllocs(t, "CBuf, short", func() {
		var b unsafeconv.CBuf
		sinkInt = cLen(b.String(short))
	})
	noAllocs(t, "CBuf, as long as fits", func() {
		var b unsafeconv.CBuf
		sinkInt = cLen(b.String(limit))
	})
	long := strings.Repeat("x", unsafeconv.CBufSize)
	require.Equal(t, 1.0, testing.AllocsPerRun(100, func() {
		var b unsafeconv.CBuf
		sinkInt = cLen(b.String(long))
	}), "a text that does not fit takes one allocation, for the text itself")
}

func TestZStr(t *testing.T) {
	for _, text := range []string{"", "a", "GET", strings.Repeat("long ", 100)} {
		for name, z := range map[string]unsafeconv.ZStr{
			"NewZ": unsafeconv.NewZ(text),
			"Z":    unsafeconv.Z(text + "\x00"),
		} {
			require.Equal(t, text, z.String(), name)
			require.Equal(t, len(text), z.Len(), name)
			require.Equal(t, text+"\x00", unsafeconv.StringAt(z.Ptr(), uintptr(len(text))+1), name)
			require.Same(t, z.Ptr(), z.Ptr(), name)
		}
	}
	var zero unsafeconv.ZStr
	require.Equal(t, "", zero.String())
	require.Equal(t, 0, zero.Len())
}

func TestZStrRefuses(t *testing.T) {
	for _, s := range []string{"\x00", "a\x00", "\x00a", "a\x00b"} {
		require.Panics(t, func() { unsafeconv.NewZ(s) }, "NewZ(%q)", s)
	}
	for _, s := range []string{"", "a", "\x00\x00", "a\x00b", "a\x00b\x00"} {
		require.Panics(t, func() { unsafeconv.Z(s) }, "Z(%q)", s)
	}
}

func TestZStrDoesNotAllocate(t *testing.T) {
	z := unsafeconv.NewZ("COMMAND")
	lit := "COMMAND\x00"
	noAllocs(t, "Ptr", func() { sinkPtr = z.Ptr() })
	noAllocs(t, "String", func() { sinkString = z.String() })
	noAllocs(t, "Z", func() { sinkPtr = unsafeconv.Z(lit).Ptr() })
}
