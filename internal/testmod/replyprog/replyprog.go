// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package replyprog has programs of calls on a recorded reply, as bytes: the tests
// make them, and both the tests and their module run them.
package replyprog

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// Op is a method of rm.Reply.
type Op byte

// The methods.
const (
	Integer Op = iota
	Bytes
	Text
	Simple
	Error
	Null
	NullArray
	Double
	LongDouble
	Bool
	BigNumber
	Verbatim
	Array
	Map
	Set
	Attribute
	BeginArray
	BeginMap
	BeginSet
	BeginAttribute
	End

	LongLongs
	Doubles
	Texts
	ByteSlices
	TextMap
	BytesMap

	ops
)

// Instr is a call. Of its arguments it has those that the method takes.
type Instr struct {
	Op     Op
	N      int64 // integer, length, or boolean
	Float  float64
	Text   string
	Format string
	Whole  Slice // for those of whole slices
}

// Slice are the elements of a whole slice, of one kind.
type Slice struct {
	Numbers []int64
	Floats  []float64
	Texts   []string
}

// maxSlice is how long a slice of a program is at most.
const maxSlice = 255

// Decode reads a program; all bytes are one.
func Decode(b []byte) []Instr {
	var program []Instr
	for len(b) > 0 {
		i := Instr{Op: Op(b[0]) % ops}
		b = b[1:]
		switch i.Op {
		case Integer:
			i.N = int64(number(&b))
		case Double, LongDouble:
			i.Float = math.Float64frombits(number(&b))
		case Bytes, Text, Simple, Error, BigNumber:
			i.Text = text(&b)
		case Verbatim:
			i.Format, i.Text = text(&b), text(&b)
		case Bool, Array, Map, Set, Attribute:
			if len(b) > 0 {
				i.N = int64(int8(b[0]))
				b = b[1:]
			}
		case LongLongs, Doubles, Texts, ByteSlices, TextMap, BytesMap:
			n := 0
			if len(b) > 0 {
				n, b = int(b[0]), b[1:]
			}
			for range n {
				switch i.Op {
				case LongLongs:
					i.Whole.Numbers = append(i.Whole.Numbers, int64(number(&b)))
				case Doubles:
					i.Whole.Floats = append(i.Whole.Floats, math.Float64frombits(number(&b)))
				default:
					i.Whole.Texts = append(i.Whole.Texts, text(&b))
				}
			}
		}
		program = append(program, i)
	}
	return program
}

func number(b *[]byte) uint64 {
	var eight [8]byte
	n := copy(eight[:], *b)
	*b = (*b)[n:]
	return binary.LittleEndian.Uint64(eight[:])
}

func text(b *[]byte) string {
	length, n := binary.Uvarint(*b)
	if n <= 0 {
		*b = nil
		return ""
	}
	*b = (*b)[n:]
	length = min(length, uint64(len(*b)))
	s := string((*b)[:length])
	*b = (*b)[length:]
	return s
}

// Encode writes a program as Decode reads it.
func Encode(program []Instr) []byte {
	var b []byte
	put := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	for _, i := range program {
		b = append(b, byte(i.Op))
		switch i.Op {
		case Integer:
			b = binary.LittleEndian.AppendUint64(b, uint64(i.N))
		case Double, LongDouble:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(i.Float))
		case Bytes, Text, Simple, Error, BigNumber:
			put(i.Text)
		case Verbatim:
			put(i.Format)
			put(i.Text)
		case Bool, Array, Map, Set, Attribute:
			b = append(b, byte(int8(i.N)))
		case LongLongs, Doubles, Texts, ByteSlices, TextMap, BytesMap:
			w := i.Whole
			b = append(b, byte(len(w.Numbers)+len(w.Floats)+len(w.Texts)))
			for _, n := range w.Numbers {
				b = binary.LittleEndian.AppendUint64(b, uint64(n))
			}
			for _, f := range w.Floats {
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
			}
			for _, s := range w.Texts {
				put(s)
			}
		}
	}
	return b
}

// Run makes the calls.
func Run(program []Instr, b rm.Reply) {
	for _, i := range program {
		switch i.Op {
		case Integer:
			b.LongLong(i.N)
		case Bytes:
			b.Bytes([]byte(i.Text))
		case Text:
			b.Text(i.Text)
		case Simple:
			b.SimpleString(i.Text)
		case Error:
			b.Error(errors.New(i.Text))
		case Null:
			b.Null()
		case NullArray:
			b.NullArray()
		case Double:
			b.Double(i.Float)
		case LongDouble:
			b.LongDouble(i.Float)
		case Bool:
			b.Bool(i.N&1 != 0)
		case BigNumber:
			b.BigNumber(i.Text)
		case Verbatim:
			b.VerbatimString(i.Text, i.Format)
		case Array:
			b.BeginArray(int(i.N))
		case Map:
			b.BeginMap(int(i.N))
		case Set:
			b.BeginSet(int(i.N))
		case Attribute:
			b.BeginAttribute(int(i.N))
		case BeginArray:
			b.BeginArray(rm.PostponedLen)
		case BeginMap:
			b.BeginMap(rm.PostponedLen)
		case BeginSet:
			b.BeginSet(rm.PostponedLen)
		case BeginAttribute:
			b.BeginAttribute(rm.PostponedLen)
		case End:
			b.End()
		case LongLongs:
			b.LongLongs(i.Whole.Numbers)
		case Doubles:
			b.Doubles(i.Whole.Floats)
		case Texts:
			b.Texts(i.Whole.Texts)
		case ByteSlices:
			b.ByteSlices(slices(i.Whole.Texts))
		case TextMap:
			b.TextMap(i.Whole.Texts)
		case BytesMap:
			b.BytesMap(slices(i.Whole.Texts))
		}
	}
}

func slices(texts []string) (b [][]byte) {
	for _, s := range texts {
		b = append(b, []byte(s))
	}
	return b
}

// Random makes a program that is a valid reply, with texts from words.
func Random(r *rand.Rand, levels int) []Instr { return element(r, nil, levels) }

func element(r *rand.Rand, p []Instr, levels int) []Instr {
	if levels > 0 && r.IntN(8) == 0 {
		p = aggregate(r, p, Attribute, levels)
	}
	if levels > 0 && r.IntN(3) == 0 {
		return aggregate(r, p, Array+Op(r.IntN(3)), levels)
	}
	if levels > 0 && r.IntN(8) == 0 {
		return append(p, whole(r))
	}
	i := Instr{Op: Op(r.IntN(int(Array)))}
	switch i.Op {
	case Integer:
		i.N = int64(r.Uint64()) >> r.IntN(64)
	case Bool:
		i.N = int64(r.IntN(2))
	case Double, LongDouble:
		i.Float = float(r)
	case Bytes, Text, Error:
		i.Text = someText(r)
	case Simple:
		i.Text = strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(someText(r))
	case BigNumber:
		i.Text = [...]string{"", "-", "+"}[r.IntN(3)] + strings.Repeat(string(rune('0'+r.IntN(10))), 1+r.IntN(40))
	case Verbatim:
		i.Format, i.Text = [...]string{"txt", "mkd", "a:%"}[r.IntN(3)], someText(r)
	}
	return append(p, i)
}

// whole is a call with a whole slice.
func whole(r *rand.Rand) Instr {
	i := Instr{Op: LongLongs + Op(r.IntN(int(ops-LongLongs)))}
	n := r.IntN(6)
	if r.IntN(10) == 0 {
		n = maxSlice - 1
	}
	if i.Op == TextMap || i.Op == BytesMap {
		n = n / 2 * 2
	}
	for range n {
		switch i.Op {
		case LongLongs:
			i.Whole.Numbers = append(i.Whole.Numbers, int64(r.Uint64())>>r.IntN(64))
		case Doubles:
			i.Whole.Floats = append(i.Whole.Floats, float(r))
		default:
			i.Whole.Texts = append(i.Whole.Texts, someText(r))
		}
	}
	return i
}

// aggregate takes the kind with a length; half of the time it is made without one.
func aggregate(r *rand.Rand, p []Instr, kind Op, levels int) []Instr {
	n := r.IntN(5)
	elements := n
	if kind == Map || kind == Attribute {
		elements = 2 * n
	}
	unknown := r.IntN(2) == 0
	if unknown {
		p = append(p, Instr{Op: kind + BeginArray - Array})
	} else {
		p = append(p, Instr{Op: kind, N: int64(n)})
	}
	for range elements {
		p = element(r, p, levels-1)
	}
	if unknown {
		p = append(p, Instr{Op: End})
	}
	return p
}

func someText(r *rand.Rand) string {
	words := [...]string{"", "word", "\x00\xff\r\n%s", "CODE and text", "-ERR", strings.Repeat("long ", 40)}
	return words[r.IntN(len(words))] + words[r.IntN(len(words))]
}

func float(r *rand.Rand) float64 {
	special := [...]float64{0, math.Copysign(0, -1), 1, -1.5, 0.1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64,
		math.SmallestNonzeroFloat64, 1e17, 123456789012345678, 1e-5, 100}
	if n := r.IntN(2 * len(special)); n < len(special) {
		return special[n]
	}
	return r.NormFloat64() * math.Pow(10, float64(r.IntN(30)-15))
}
