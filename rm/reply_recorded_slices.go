// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"encoding/binary"
	"math"
	"strconv"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/core"
)

// Whole slices in a recording: one step each, whatever their length.

const (
	opLongLongs = core.ReplayLongLongs
	opDoubles   = core.ReplayDoubles
	opPacked    = core.ReplayPacked
	opPackedMap = core.ReplayPackedMap

	packedNull = core.SlicePackedNull
)

// LongLongs records an array of integers.
func (b Reply) LongLongs(n []int64) {
	b.numbers(opLongLongs, unsafe.Pointer(unsafe.SliceData(n)), len(n))
}

// Doubles records an array of floating-point numbers: bulk strings in RESP2.
func (b Reply) Doubles(f []float64) {
	b.numbers(opDoubles, unsafe.Pointer(unsafe.SliceData(f)), len(f))
}

// numbers records n numbers of eight bytes.
func (b Reply) numbers(kind opKind, at unsafe.Pointer, n int) {
	if r := b.live(); r != nil && r.slice(kind, n, 8*n) {
		// SAFETY(U61): int64 and float64 are eight bytes each; the slice is the caller's
		// and is read here only.
		r.text = append(r.text, unsafe.Slice((*byte)(at), 8*n)...)
		r.addSlice(kind, n, 8*n)
	}
}

// Texts records an array of Go strings as bulk strings.
func (b Reply) Texts(s []string) {
	b.texts(opPacked, unsafe.Pointer(unsafe.SliceData(s)), len(s), unsafe.Sizeof(""))
}

// TextMap records a map of Go strings, keys and values in turn: an array of them in
// RESP2.
func (b Reply) TextMap(pairs []string) {
	b.texts(opPackedMap, unsafe.Pointer(unsafe.SliceData(pairs)), len(pairs), unsafe.Sizeof(""))
}

// ByteSlices records an array of bytes as bulk strings; nil is empty.
func (b Reply) ByteSlices(s [][]byte) {
	b.texts(opPacked, unsafe.Pointer(unsafe.SliceData(s)), len(s), unsafe.Sizeof([]byte(nil)))
}

// BytesMap records a map of bytes, keys and values in turn: an array of them in RESP2.
func (b Reply) BytesMap(pairs [][]byte) {
	b.texts(opPackedMap, unsafe.Pointer(unsafe.SliceData(pairs)), len(pairs), unsafe.Sizeof([]byte(nil)))
}

// texts records n strings or slices of bytes, one every stride bytes.
func (b Reply) texts(kind opKind, at unsafe.Pointer, n int, stride uintptr) {
	// SAFETY(U62): a slice of bytes begins with the two words that a string is; there are
	// n of either, and they are read here only.
	text := func(i int) string { return *(*string)(unsafe.Add(at, uintptr(i)*stride)) }
	size := 4 * n
	for i := range n {
		size += len(text(i))
	}
	r := b.live()
	if r == nil || !r.slice(kind, n, size) {
		return
	}
	lengths, texts := r.extend(4*n, size)
	to := 0
	for i := range n {
		s := text(i)
		binary.NativeEndian.PutUint32(lengths[4*i:], uint32(len(s)))
		to += copy(texts[to:], s)
	}
	r.addSlice(kind, n, size)
}

// Strs records an array of server strings as bulk strings, the zero RStr as null. The
// contents are copied, so the strings are not needed any more.
func (b Reply) Strs(s ...RStr) { b.strs(opPacked, s) }

// StrMap records a map of server strings, keys and values in turn: an array of them in
// RESP2. The zero RStr is null. The contents are copied.
func (b Reply) StrMap(pairs ...RStr) { b.strs(opPackedMap, pairs) }

func (b Reply) strs(kind opKind, s []RStr) {
	r := b.live()
	if r == nil || !r.slice(kind, len(s), 4*len(s)) {
		return
	}
	at := len(r.text)
	r.extend(4*len(s), 4*len(s))
	for i := range s {
		length := uint32(packedNull)
		if s[i].s != 0 {
			text := s[i].Bytes()
			if !r.room(len(text)) {
				return
			}
			length = uint32(len(text))
			r.text = append(r.text, text...)
		}
		binary.NativeEndian.PutUint32(r.text[at+4*i:], length)
	}
	r.addSlice(kind, len(s), len(r.text)-at)
}

// slice makes sure that n elements, of size bytes together, may follow.
func (r *recording) slice(kind opKind, n, size int) bool {
	switch {
	case r.err != nil:
	case len(r.open) == maxReplyDepth:
		r.fail(tooDeep)
	case kind == opPackedMap && n%2 != 0:
		r.fail("the last key of a map is without a value")
	case n > maxElements:
		r.fail(tooLarge)
	default:
		return r.next() && r.room(size)
	}
	return false
}

// extend adds size bytes to the text, which are to be written: the first n, and the
// others.
func (r *recording) extend(n, size int) (first, rest []byte) {
	at := len(r.text)
	r.text = r.text[:at+size]
	return r.text[at:][:n], r.text[at+n:]
}

// addSlice records n elements, the last size bytes of the recording's text.
func (r *recording) addSlice(kind opKind, n, size int) {
	r.deepest = max(r.deepest, len(r.open)+1)
	r.add(replyOp{N: uint64(n), At: uint32(len(r.text) - size), Kind: kind})
}

// appendSlice appends the array or the map of a step in a protocol.
func (r *recording) appendSlice(dst []byte, op *replyOp, resp3 bool) []byte {
	if op.Kind == opPackedMap && resp3 {
		dst = appendLength(dst, '%', op.N/2)
	} else {
		dst = appendLength(dst, '*', op.N)
	}
	var number [400]byte
	numbers := r.text[op.At:]
	texts := numbers
	if op.Kind == opPacked || op.Kind == opPackedMap {
		texts = numbers[4*op.N:]
	}
	for i := range int(op.N) {
		switch op.Kind {
		case opLongLongs:
			n := int64(binary.NativeEndian.Uint64(numbers[8*i:]))
			dst = append(strconv.AppendInt(append(dst, ':'), n, 10), "\r\n"...)
		case opDoubles:
			f := math.Float64frombits(binary.NativeEndian.Uint64(numbers[8*i:]))
			dst = appendNumber(dst, ',', appendDouble(number[:0], f), resp3)
		default:
			n := binary.NativeEndian.Uint32(numbers[4*i:])
			if n == packedNull {
				dst = append(dst, either(resp3, "$-1\r\n", "_\r\n")...)
				continue
			}
			dst = appendBulk(dst, texts[:n])
			texts = texts[n:]
		}
	}
	return dst
}
