// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package fuzz

import (
	"bytes"
	"math"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/unsafeconv"
)

// FuzzViews and FuzzCString compare the conversions with the twins of the language, which copy, and look whether they are
// where what they show is: views copy nothing.

// pages is memory of the kernel's, as C has it: Go's collector knows nothing of it. It ends at a page that nobody may read.
type pages struct{ mem []byte }

const pageSize = 4096

func newPages(tb testing.TB) pages {
	tb.Helper()
	mem, err := syscall.Mmap(-1, 0, 16*pageSize+1<<16, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, syscall.Munmap(mem)) })
	readable := len(mem) - pageSize
	require.NoError(tb, syscall.Mprotect(mem[readable:], syscall.PROT_NONE))
	return pages{mem[:readable:readable]}
}

// last copies a text to where the readable memory ends.
func (p pages) last(s string) []byte {
	b := p.mem[len(p.mem)-len(s):]
	copy(b, s)
	return b
}

// address returns that of a slice's memory.
func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// at tells whether a string lies at an address; "" lies anywhere.
func at(s string, addr uintptr) bool {
	return s == "" || uintptr(unsafe.Pointer(unsafe.StringData(s))) == addr
}

// panics tells whether a function panics.
func panics(f func()) (is bool) {
	defer func() { is = recover() != nil }()
	f()
	return false
}

// fenced is a CBuf between two canaries.
type fenced struct {
	before [32]byte
	buf    unsafeconv.CBuf
	after  [32]byte
}

func (f *fenced) arm() {
	for i := range f.before {
		f.before[i], f.after[i] = 0xa5, 0xa5
	}
}

func (f *fenced) check(t *testing.T) {
	t.Helper()
	for i := range f.before {
		if f.before[i] != 0xa5 || f.after[i] != 0xa5 {
			t.Fatalf("write outside of the buffer, %d bytes from its start or end", i)
		}
	}
}

func seeds(f *testing.F, add func(string)) {
	f.Helper()
	for _, s := range []string{
		"", "a", "\x00", "GET", "a\x00b", "\xff\xfe", "\u00fc\u4e16",
		strings.Repeat("x", unsafeconv.CBufSize-1),
		strings.Repeat("x", unsafeconv.CBufSize),
		strings.Repeat("x", 4096) + "\x00" + strings.Repeat("y", 4096),
	} {
		add(s)
	}
}

func FuzzViews(f *testing.F) {
	seeds(f, func(s string) { f.Add([]byte(s), uint16(0), uint16(len(s))) })
	for _, part := range [][2]uint16{{1, 5}, {0, 4}, {3, 3}, {2, 3}} {
		f.Add([]byte("ab\x00cde\x00"), part[0], part[1])
	}
	f.Add([]byte("nul\x00"), uint16(0), uint16(4))
	mapped := newPages(f)
	f.Fuzz(func(t *testing.T, b []byte, from, to uint16) {
		i := min(int(from), len(b))
		j := max(i, min(int(to), len(b)))
		part := b[i:j]
		want := string(part)
		n := uintptr(len(part))

		if got := unsafeconv.String(part); got != want || !at(got, address(part)) {
			t.Errorf("String: got %q, want %q, not copied", got, want)
		}
		for _, got := range [][]byte{unsafeconv.Bytes(want), unsafeconv.BytesAt(unsafeconv.Data(want), n)} {
			if !bytes.Equal(got, part) || (got == nil) != (want == "") || cap(got) != len(got) || !at(want, address(got)) {
				t.Errorf("Bytes: got %q, capacity %d, want %q, not copied", got, cap(got), part)
			}
		}
		p := unsafeconv.DataBytes(part)
		if p == nil || n > 0 && p != &part[0] || n == 0 && *p != 0 {
			t.Errorf("DataBytes: %p is not where %q is", p, part)
		}
		if p := unsafeconv.Data(want); p == nil || n > 0 && p != unsafe.StringData(want) || n == 0 && *p != 0 {
			t.Errorf("Data: %p is not where %q is", p, want)
		}
		if got := unsafeconv.StringAt(p, n); got != want || !at(got, address(part)) {
			t.Errorf("StringAt: got %q, want %q, not copied", got, want)
		}
		if got := unsafeconv.BytesAt(p, n); !bytes.Equal(got, part) || (got == nil) != (n == 0) || cap(got) != len(got) || !at(want, address(unsafeconv.Bytes(want))) {
			t.Errorf("BytesAt: got %q with cap %d, want %q", got, cap(got), part)
		}
		if got := unsafeconv.StringAt(nil, n); got != "" {
			t.Errorf("StringAt: got %q of nil", got)
		}
		if got := unsafeconv.BytesAt(nil, n); got != nil {
			t.Errorf("BytesAt: got %q of nil", got)
		}
		if got, is := unsafeconv.HasNUL(want), strings.Contains(want, "\x00"); got != is {
			t.Errorf("HasNUL(%q): got %v, want %v", want, got, is)
		}
		viewsOfC(t, mapped.last(want))
	})
}

// viewsOfC looks at memory that C owns, up to the last byte of the last page.
func viewsOfC(t *testing.T, c []byte) {
	t.Helper()
	addr := address(c)
	if p := unsafeconv.Pointer(addr); uintptr(p) != addr {
		t.Errorf("Pointer(%#x): %p", addr, p)
	}
	if len(c) == 0 {
		addr = 0
	}
	got := unsafeconv.SliceAt[byte](addr, len(c))
	if !bytes.Equal(got, c) || cap(got) != len(c) || (got == nil) != (len(c) == 0) {
		t.Errorf("SliceAt: got %q with cap %d, want %q", got, cap(got), c)
	}
	if len(c) == 0 {
		return
	}
	if p := unsafeconv.Ptr[byte](addr); *p != c[0] {
		t.Errorf("Ptr: %d is not %d", *p, c[0])
	}
	if unsafeconv.SliceAt[byte](0, len(c)) != nil || unsafeconv.SliceAt[byte](addr, 0) != nil {
		t.Error("SliceAt of nothing is not nil")
	}
	// Wider elements, as many as there is room for from an address that is aligned for them.
	words := len(c) / 4
	tail := c[len(c)-4*words:]
	wide := unsafeconv.SliceAt[float32](address(tail), words)
	for i, w := range wide {
		b := tail[4*i:]
		if bits := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24; math.Float32bits(w) != bits {
			t.Errorf("SliceAt: element %d is %#x, not %#x", i, math.Float32bits(w), bits)
		}
	}
	if len(wide) != words || cap(wide) != words {
		t.Errorf("SliceAt: %d elements with cap %d, not %d", len(wide), cap(wide), words)
	}
}

func FuzzCString(f *testing.F) {
	seeds(f, func(s string) { f.Add(s) })
	for _, n := range []int{pageSize - 2, pageSize - 1, pageSize, 3 * pageSize} {
		f.Add(strings.Repeat("p", n))
	}
	f.Add("nul\x00")
	mapped := newPages(f)
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) >= len(mapped.mem) {
			return
		}
		want, _, has := strings.Cut(s, "\x00")
		withNUL := append([]byte(s), 0)
		if got := unsafeconv.CString(&withNUL[0]); got != want || !at(got, address(withNUL)) {
			t.Errorf("CString: got %q, want %q, not copied", got, want)
		}
		// Behind the NUL is a page that cannot be read.
		c := mapped.last(s + "\x00")
		if got := unsafeconv.CString(&c[0]); got != want || !at(got, address(c)) {
			t.Errorf("CString at the end of memory: got %q, want %q, not copied", got, want)
		}

		var box fenced
		box.arm()
		for range 2 { // the second time over the first text
			p := box.buf.String(s)
			box.check(t)
			if inside := p == (*byte)(unsafe.Pointer(&box.buf)); inside != (len(s) < unsafeconv.CBufSize) {
				t.Errorf("CBuf: a text of %d bytes is in the buffer: %v", len(s), inside)
			}
			if got := unsafeconv.StringAt(p, uintptr(len(s))+1); got != s+"\x00" {
				t.Errorf("CBuf: got %q, want %q and a NUL", got, s)
			}
			if got := unsafeconv.CString(p); got != want {
				t.Errorf("CBuf as C sees it: got %q, want %q", got, want)
			}
			if short := s[:len(s)/2]; !strings.Contains(short, "\x00") && unsafeconv.CString(box.buf.String(short)) != short {
				t.Errorf("CBuf: %q after %q", short, s)
			}
		}

		if is := panics(func() { unsafeconv.NewZ(s) }); is != has {
			t.Errorf("NewZ(%q) panics: %v", s, is)
		}
		if is := panics(func() { unsafeconv.Z(s) }); is != (len(want)+1 != len(s)) {
			t.Errorf("Z(%q) panics: %v", s, is)
		}
		if has {
			return
		}
		z := unsafeconv.NewZ(s)
		if got := z.String(); got != s || z.Len() != len(s) {
			t.Errorf("NewZ: got %q, length %d, want %q", got, z.Len(), s)
		}
		if got := unsafeconv.CString(z.Ptr()); got != s {
			t.Errorf("ZStr as C sees it: got %q, want %q", got, s)
		}
		lit := s + "\x00"
		if got := unsafeconv.Z(lit); got != z || got.Ptr() != unsafe.StringData(lit) || !at(got.String(), uintptr(unsafe.Pointer(unsafe.StringData(lit)))) {
			t.Errorf("Z and NewZ differ for %q, or Z copies", s)
		}
		if zero := (unsafeconv.ZStr{}); zero.String() != "" || zero.Len() != 0 || *zero.Ptr() != 0 {
			t.Error("the zero ZStr is not empty")
		}
	})
}
