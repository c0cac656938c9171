// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package fuzz

import (
	"bytes"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule/unsafeconv"
)

// FuzzViews and FuzzCString compare the conversions with the twins of the language, which copy.

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
	f.Fuzz(func(t *testing.T, b []byte, from, to uint16) {
		i := min(int(from), len(b))
		j := max(i, min(int(to), len(b)))
		part := b[i:j]
		want := string(part)

		if got := unsafeconv.String(part); got != want {
			t.Errorf("String: got %q, want %q", got, want)
		}
		if got := unsafeconv.Bytes(want); !bytes.Equal(got, part) || (got == nil) != (want == "") {
			t.Errorf("Bytes: got %q, want %q", got, part)
		}
		p, n := unsafeconv.DataBytes(part), uintptr(len(part))
		if got := unsafeconv.StringAt(p, n); got != want {
			t.Errorf("StringAt: got %q, want %q", got, want)
		}
		if got := unsafeconv.BytesAt(p, n); !bytes.Equal(got, part) || cap(got) != len(got) {
			t.Errorf("BytesAt: got %q with cap %d, want %q", got, cap(got), part)
		}
		if got := unsafeconv.StringAt(unsafeconv.Data(want), n); got != want {
			t.Errorf("Data: got %q, want %q", got, want)
		}
		if got, is := unsafeconv.HasNUL(want), strings.Contains(want, "\x00"); got != is {
			t.Errorf("HasNUL(%q): got %v, want %v", want, got, is)
		}
	})
}

func FuzzCString(f *testing.F) {
	seeds(f, func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, s string) {
		want, _, has := strings.Cut(s, "\x00")
		withNUL := append([]byte(s), 0)
		if got := unsafeconv.CString(&withNUL[0]); got != want {
			t.Errorf("CString: got %q, want %q", got, want)
		}

		var box fenced
		box.arm()
		p := box.buf.String(s)
		box.check(t)
		if got := unsafeconv.StringAt(p, uintptr(len(s))+1); got != s+"\x00" {
			t.Errorf("CBuf: got %q, want %q and a NUL", got, s)
		}
		if got := unsafeconv.CString(p); got != want {
			t.Errorf("CBuf as C sees it: got %q, want %q", got, want)
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
		if got := unsafeconv.Z(s + "\x00"); got != z {
			t.Errorf("Z and NewZ differ for %q", s)
		}
	})
}
