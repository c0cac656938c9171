// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"
	"strconv"
)

// AppendRESP appends the recorded reply, as the bytes of protocol 2 or 3, to dst
// and returns the longer slice: for tests, and to keep a reply that is sent by other
// ways. Servers differ in how they write floating-point numbers; here they are the
// shortest that read back the same. On an error (see ReplyTo; ErrRange for another
// protocol) dst comes back as it was.
func (b Reply) AppendRESP(dst []byte, protocol int) ([]byte, error) {
	r := b.live()
	if r == nil {
		return dst, ErrReplyFreed
	}
	if err := r.finished(); err != nil {
		return dst, err
	}
	if protocol != 2 && protocol != 3 {
		return dst, ErrRange
	}
	return r.appendRESP(dst, protocol == 3), nil
}

func (r *recording) appendRESP(dst []byte, resp3 bool) []byte {
	var number [400]byte
	for i := 0; i < len(r.ops); i++ {
		op := &r.ops[i]
		switch op.Kind {
		case opInteger:
			dst = append(strconv.AppendInt(append(dst, ':'), int64(op.N), 10), "\r\n"...)
		case opBulk:
			dst = appendBulk(dst, r.text[op.At:][:op.N])
		case opSimple:
			dst = appendLine(dst, '+', r.text[op.At:][:op.N])
		case opError:
			dst = appendLine(dst, '-', r.text[op.At:][:op.N])
		case opNull:
			dst = append(dst, either(resp3, "$-1\r\n", "_\r\n")...)
		case opNullArray:
			dst = append(dst, either(resp3, "*-1\r\n", "_\r\n")...)
		case opDouble:
			dst = appendNumber(dst, ',', appendDouble(number[:0], math.Float64frombits(op.N)), resp3)
		case opLongDouble:
			dst = appendNumber(dst, ',', appendLongDouble(number[:0], math.Float64frombits(op.N)), resp3)
		case opBool:
			if op.N != 0 {
				dst = append(dst, either(resp3, ":1\r\n", "#t\r\n")...)
			} else {
				dst = append(dst, either(resp3, ":0\r\n", "#f\r\n")...)
			}
		case opBigNumber:
			dst = appendNumber(dst, '(', r.text[op.At:][:op.N], resp3)
		case opVerbatim:
			text := r.text[op.At+4:][:op.N]
			if resp3 {
				dst = appendLength(dst, '=', op.N+4)
				dst = append(append(dst, r.text[op.At:][:3]...), ':')
				dst = append(append(dst, text...), "\r\n"...)
			} else {
				dst = appendBulk(dst, text)
			}
		case opArray:
			dst = appendLength(dst, '*', op.N)
		case opSet:
			dst = appendLength(dst, either(resp3, "*", "~")[0], op.N)
		case opMap:
			if resp3 {
				dst = appendLength(dst, '%', op.N)
			} else {
				dst = appendLength(dst, '*', 2*op.N)
			}
		case opAttribute:
			if resp3 {
				dst = appendLength(dst, '|', op.N)
			} else {
				i = int(op.At) - 1
			}
		case opLongLongs, opDoubles, opPacked, opPackedMap:
			dst = r.appendSlice(dst, op, resp3)
		}
	}
	return dst
}

func either(resp3 bool, two, three string) string {
	if resp3 {
		return three
	}
	return two
}

func appendLine(dst []byte, kind byte, text []byte) []byte {
	return append(append(append(dst, kind), text...), "\r\n"...)
}

func appendLength(dst []byte, kind byte, n uint64) []byte {
	return append(strconv.AppendUint(append(dst, kind), n, 10), "\r\n"...)
}

func appendBulk(dst, text []byte) []byte {
	return append(append(appendLength(dst, '$', uint64(len(text))), text...), "\r\n"...)
}

// appendNumber appends what is a type of its own in RESP3 and a bulk string in
// RESP2.
func appendNumber(dst []byte, kind byte, text []byte, resp3 bool) []byte {
	if resp3 {
		return appendLine(dst, kind, text)
	}
	return appendBulk(dst, text)
}
