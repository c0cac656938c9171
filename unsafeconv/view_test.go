// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package unsafeconv_test

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/unsafeconv"
)

// Results go here so that the compiler keeps the calls.
var (
	sinkString string
	sinkBytes  []byte
	sinkPtr    *byte
	sinkBool   bool
	sinkInt    int
)

// noAllocs fails the test if f allocates.
func noAllocs(t *testing.T, name string, f func()) {
	t.Helper()
	if n := testing.AllocsPerRun(100, f); n != 0 {
		t.Errorf("%s: got %v allocations per call, want 0", name, n)
	}
}

func TestStringIsAView(t *testing.T) {
	b := []byte("hello")
	s := unsafeconv.String(b)
	require.Equal(t, "hello", s)
	require.Same(t, &b[0], unsafe.StringData(s))
	require.Equal(t, "el", unsafeconv.String(b[1:3]))
}

func TestBytesIsAView(t *testing.T) {
	s := strings.Repeat("x", 9)
	b := unsafeconv.Bytes(s)
	require.Equal(t, []byte(s), b)
	require.Same(t, unsafe.StringData(s), &b[0])
	require.Equal(t, len(s), cap(b))
	require.Equal(t, s, unsafeconv.String(b))
}

func TestAppendToAViewCopies(t *testing.T) {
	area := []byte("abcdefgh")
	for name, view := range map[string][]byte{
		"Bytes":   unsafeconv.Bytes(unsafeconv.String(area[:4])),
		"BytesAt": unsafeconv.BytesAt(&area[0], 4),
	} {
		grown := append(view, 'X')
		require.Equal(t, "abcdX", string(grown), name)
		require.Equal(t, "abcdefgh", string(area), name)
	}
}

func TestZeroLength(t *testing.T) {
	area := []byte("abc")
	require.Equal(t, "", unsafeconv.String(nil))
	require.Equal(t, "", unsafeconv.String([]byte{}))
	require.Equal(t, "", unsafeconv.String(area[3:]))
	require.Nil(t, unsafeconv.Bytes(""))
	require.Nil(t, unsafeconv.Bytes("abc"[3:]))

	require.Equal(t, "", unsafeconv.StringAt(nil, 0))
	require.Equal(t, "", unsafeconv.StringAt(nil, 7))
	require.Equal(t, "", unsafeconv.StringAt(&area[0], 0))
	require.Nil(t, unsafeconv.BytesAt(nil, 0))
	require.Nil(t, unsafeconv.BytesAt(nil, 7))
	require.Nil(t, unsafeconv.BytesAt(&area[0], 0))

	require.Equal(t, "", unsafeconv.CString(nil))
	var nul byte
	require.Equal(t, "", unsafeconv.CString(&nul))

	for name, p := range map[string]*byte{
		"Data":               unsafeconv.Data(""),
		"Data, tail":         unsafeconv.Data("abc"[3:]),
		"DataBytes, nil":     unsafeconv.DataBytes(nil),
		"DataBytes, empty":   unsafeconv.DataBytes([]byte{}),
		"DataBytes, has cap": unsafeconv.DataBytes(area[:0]),
		"ZStr":               unsafeconv.ZStr{}.Ptr(),
		"NewZ":               unsafeconv.NewZ("").Ptr(),
		"Z":                  unsafeconv.Z("\x00").Ptr(),
		"CBuf":               new(unsafeconv.CBuf).String(""),
	} {
		require.NotNil(t, p, name)
		require.Zero(t, *p, name)
	}
}

func TestStringAtAndBytesAt(t *testing.T) {
	area := []byte("<hello\x00world>")
	require.Equal(t, "hello\x00world", unsafeconv.StringAt(&area[1], 11))
	require.Same(t, &area[1], unsafe.StringData(unsafeconv.StringAt(&area[1], 11)))

	b := unsafeconv.BytesAt(&area[1], 5)
	require.Equal(t, "hello", string(b))
	require.Equal(t, len(b), cap(b))
	b[0] = 'j'
	require.Equal(t, "<jello\x00world>", string(area))
}

// TestLengthsThatCannotBe runs each case in a process of its own, since a build with
// checkptr (-race) ends it where others panic.
func TestLengthsThatCannotBe(t *testing.T) {
	const key = "UNSAFECONV_TEST_CASE"
	var c uint64
	p, huge, minus := (*byte)(unsafe.Pointer(&c)), ^uintptr(0), -1
	cases := map[string]func(){
		"StringAt, huge":                func() { sinkString = unsafeconv.StringAt(p, huge) },
		"BytesAt, huge":                 func() { sinkBytes = unsafeconv.BytesAt(p, huge) },
		"SliceAt, zero addr, negative":  func() { sinkBytes = unsafeconv.SliceAt[byte](0, minus) },
		"SliceAt, other addr, negative": func() { sinkInt = len(unsafeconv.SliceAt[uint64](1<<20, minus)) },
		"SliceAt, wraps":                func() { sinkInt = len(unsafeconv.SliceAt[uint64](1<<20, math.MaxInt)) },
	}
	if name := os.Getenv(key); name != "" {
		cases[name]()
		return
	}
	for name := range cases {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLengthsThatCannotBe$")
		cmd.Env = append(os.Environ(), key+"="+name)
		out, err := cmd.CombinedOutput()
		require.Error(t, err, name)
		require.Contains(t, string(out), "len out of range", name)
	}
}

func TestCStringAtEveryOffset(t *testing.T) {
	// More than two of the windows that CString searches in, so that texts start,
	// end and straddle at every place of a window.
	area := bytes.Repeat([]byte{'a'}, 3*4096)
	for _, length := range []int{0, 1, 15, 16, 17, 4095, 4096, 4097} {
		step := 1
		if length > 100 {
			step = 61
		}
		for start := 0; start < 4200; start += step {
			area[start+length] = 0
			if got := unsafeconv.CString(&area[start]); len(got) != length {
				t.Fatalf("text of %d bytes at %d: got %d bytes", length, start, len(got))
			}
			area[start+length] = 'a'
		}
	}
}

func TestHasNUL(t *testing.T) {
	for s, want := range map[string]bool{
		"": false, "a": false, "\x00": true, "a\x00": true, "\x00a": true, "a\x00b": true,
		strings.Repeat("a", 1000): false,
	} {
		require.Equal(t, want, unsafeconv.HasNUL(s), "%q", s)
	}
}

func TestDataIsTheFirstByte(t *testing.T) {
	s, b := "text", []byte("bytes")
	require.Same(t, unsafe.StringData(s), unsafeconv.Data(s))
	require.Same(t, &b[0], unsafeconv.DataBytes(b))
	require.Same(t, &b[2], unsafeconv.DataBytes(b[2:]))
}

func TestViewsDoNotAllocate(t *testing.T) {
	b := []byte(strings.Repeat("x", 300) + "\x00")
	s := string(b)
	noAllocs(t, "String", func() { sinkString = unsafeconv.String(b) })
	noAllocs(t, "Bytes", func() { sinkBytes = unsafeconv.Bytes(s) })
	noAllocs(t, "StringAt", func() { sinkString = unsafeconv.StringAt(&b[0], 300) })
	noAllocs(t, "BytesAt", func() { sinkBytes = unsafeconv.BytesAt(&b[0], 300) })
	noAllocs(t, "CString", func() { sinkString = unsafeconv.CString(&b[0]) })
	noAllocs(t, "HasNUL", func() { sinkBool = unsafeconv.HasNUL(s) })
	noAllocs(t, "Data", func() { sinkPtr = unsafeconv.Data(s) })
	noAllocs(t, "DataBytes", func() { sinkPtr = unsafeconv.DataBytes(b) })
}
