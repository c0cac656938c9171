// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"slices"
	"strconv"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// Built is what a call would hand to C.
type Built struct {
	Format string
	Words  []uintptr
	Vector []redismodule.String // what the words of a long list point at
	Made   []string             // the contents of the strings made for it, in order
}

// FirstMade is the number of the first string made by BuildCall; the others follow.
const FirstMade = 1 << 20

// BuildCall builds a call without a server.
func BuildCall(flags CallFlags, args []Arg) (Built, error) {
	var b Built
	old := argString
	defer func() { argString = old }()
	argString = func(a *Arg) redismodule.String {
		text := strconv.FormatInt(a.n, 10)
		if a.kind != 'l' {
			text = string(unsafe.Slice((*byte)(a.p), int(a.n)))
		}
		b.Made = append(b.Made, text)
		return redismodule.String(FirstMade + len(b.Made) - 1)
	}
	f := newCallFrame()
	f.format = flags.put(f.format)
	words, err := f.build(args)
	b.Format, b.Words = string(f.format), slices.Clone(words)
	if len(f.vector) > 0 {
		b.Vector = slices.Clone(f.vector)
		if b.Words != nil {
			b.Words[0] -= uintptr(unsafe.Pointer(&f.vector[0]))
		}
	}
	f.owned = f.owned[:0] // they are no strings of a server
	f.release()
	return b, err
}

// CodeOf is the code of an error's text.
func CodeOf(text string) string { return codeOf(text) }

// ParseInt is how a reply's text is read as an integer.
func ParseInt(s string) (int64, error) { return parseInt(s) }

// RESP2Len is the length of the reply at the beginning of b.
func RESP2Len(b []byte) int { return int(resp2Len(unsafe.Pointer(&b[0]))) }
