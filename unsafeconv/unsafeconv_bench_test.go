// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package unsafeconv_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule/unsafeconv"
)

var sizes = []int{3, 16, 127, 1024, 65536}

// perSize runs one benchmark for each size with a text of that size and a NUL.
func perSize(b *testing.B, impl string, f func(b *testing.B, text []byte, n int)) {
	for _, n := range sizes {
		text := []byte(strings.Repeat("x", n) + "\x00")
		b.Run(fmt.Sprintf("impl=%s/size=%d", impl, n), func(b *testing.B) {
			b.ReportAllocs()
			f(b, text, n)
		})
	}
}

func BenchmarkStringAt(b *testing.B) {
	perSize(b, "view", func(b *testing.B, text []byte, n int) {
		for b.Loop() {
			sinkString = unsafeconv.StringAt(&text[0], uintptr(n))
		}
	})
	perSize(b, "copy", func(b *testing.B, text []byte, n int) {
		for b.Loop() {
			sinkString = string(text[:n])
		}
	})
}

func BenchmarkBytes(b *testing.B) {
	perSize(b, "view", func(b *testing.B, text []byte, _ int) {
		s := string(text)
		for b.Loop() {
			sinkBytes = unsafeconv.Bytes(s)
		}
	})
	perSize(b, "copy", func(b *testing.B, text []byte, _ int) {
		s := string(text)
		for b.Loop() {
			sinkBytes = []byte(s)
		}
	})
}

func BenchmarkCString(b *testing.B) {
	perSize(b, "view", func(b *testing.B, text []byte, _ int) {
		for b.Loop() {
			sinkString = unsafeconv.CString(&text[0])
		}
	})
	perSize(b, "bytewise", func(b *testing.B, text []byte, _ int) {
		for b.Loop() {
			n := 0
			for text[n] != 0 {
				n++
			}
			sinkString = unsafeconv.String(text[:n])
		}
	})
}

func BenchmarkToC(b *testing.B) {
	perSize(b, "cbuf", func(b *testing.B, text []byte, n int) {
		s := string(text[:n])
		for b.Loop() {
			var buf unsafeconv.CBuf
			sinkInt = int(*buf.String(s))
		}
	})
	perSize(b, "heap", func(b *testing.B, text []byte, n int) {
		s := string(text[:n])
		for b.Loop() {
			sinkPtr = unsafeconv.NewZ(s).Ptr()
		}
	})
	perSize(b, "zstr", func(b *testing.B, text []byte, n int) {
		z := unsafeconv.NewZ(string(text[:n]))
		for b.Loop() {
			sinkPtr = z.Ptr()
		}
	})
}
