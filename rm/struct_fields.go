// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Number is the types of numbers that a [StructType] can hold.
type Number interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64
}

// numberKind is what C calls the type.
func numberKind[N Number]() uint32 {
	switch any(N(0)).(type) {
	case int8:
		return core.FieldInt8
	case int16:
		return core.FieldInt16
	case int32:
		return core.FieldInt32
	case int64:
		return core.FieldInt64
	case uint8:
		return core.FieldUint8
	case uint16:
		return core.FieldUint16
	case uint32:
		return core.FieldUint32
	case uint64:
		return core.FieldUint64
	case float32:
		return core.FieldFloat32
	}
	return core.FieldFloat64
}

// numberBits is how C gets a number.
func numberBits[N Number](n N) uint64 {
	switch n := any(n).(type) {
	case float32:
		return uint64(math.Float32bits(n))
	case float64:
		return math.Float64bits(n)
	}
	return uint64(n)
}

// NumberField is a number in a [StructType]. It is declared once, as a package variable or beside the type,
// and put into the type's [StructSpec].
type NumberField[N Number] struct {
	Name  string
	Since int // the version of the type that the field came with
	// Default is what new values begin with, and values that were saved before the field was there.
	Default N

	f structField
}

func (f *NumberField[N]) part() (*structField, uint32, uint32, uint64) {
	return &f.f, numberKind[N](), 0, numberBits(f.Default)
}
func (f *NumberField[N]) fieldName() string { return f.Name }
func (f *NumberField[N]) since() int        { return f.Since }

// Get returns the number; 0 when the value has ended, or does not have the field: see [StructReader].
func (f *NumberField[N]) Get(s StructReader) N {
	if s.has(&f.f) || s.mayHave(&f.f, f.Name) {
		// SAFETY(U110): the value has a number of this type there, as long as the key is open and holds it.
		return *unsafeconv.Ptr[N](s.addr + f.f.offset)
	}
	return 0
}

// Set changes the number.
func (f *NumberField[N]) Set(w StructWriter, n N) error {
	if w.has(&f.f) || w.mayHave(&f.f, f.Name) {
		w.wrote()
		// SAFETY(U110): as in Get.
		*unsafeconv.Ptr[N](w.addr + f.f.offset) = n
		return nil
	}
	return w.refusal(&f.f, f.Name)
}

// Add adds to the number and returns the sum, which wraps around as Go's does.
func (f *NumberField[N]) Add(w StructWriter, n N) (N, error) {
	p := unsafeconv.Ptr[N](w.at(&f.f))
	if p == nil {
		return 0, w.refusal(&f.f, f.Name)
	}
	*p += n
	return *p, nil
}

// FixedField is bytes of a fixed length in a [StructType], which lie in the struct itself: an ID, a hash.
type FixedField struct {
	Name  string
	Since int // the version of the type that the field came with
	Len   int // bytes, 1 to 1048576

	f structField
}

func (f *FixedField) part() (*structField, uint32, uint32, uint64) {
	return &f.f, core.FieldFixed, uint32(min(max(f.Len, 0), math.MaxInt32)), 0
}
func (f *FixedField) fieldName() string { return f.Name }
func (f *FixedField) since() int        { return f.Since }

// Get returns the bytes, without a copy: they are valid as long as the value is, and must not be
// written to.
func (f *FixedField) Get(s StructReader) []byte {
	// SAFETY(U110): as in NumberField.Get.
	p := unsafeconv.Ptr[byte](s.at(&f.f))
	if p == nil {
		s.missing(&f.f, f.Name)
		return nil
	}
	return s.k.o.show(unsafeconv.BytesAt(p, uintptr(f.Len)))
}

// Set changes the bytes. A shorter b is filled up with zeros, a longer one gives ErrTooLong.
func (f *FixedField) Set(w StructWriter, b []byte) error {
	p := unsafeconv.Ptr[byte](w.at(&f.f))
	switch {
	case p == nil:
		return w.refusal(&f.f, f.Name)
	case len(b) > f.Len:
		return ofField(ErrTooLong, f.Name)
	}
	place := unsafeconv.BytesAt(p, uintptr(f.Len))
	clear(place[copy(place, b):])
	return nil
}

// ofField is err of a field.
func ofField(err error, name string) error { return fmt.Errorf("%w: field %s", err, name) }

// block returns the block of a field, nil when the value has ended.
func (s StructReader) block(f *structField) *core.StructBlock {
	// SAFETY(U110): the value has a block there; what it refers to is memory of the server's with room for its
	// elements, until the field is changed.
	return unsafeconv.Ptr[core.StructBlock](s.at(f))
}

func (w StructWriter) block(f *structField) *core.StructBlock {
	return unsafeconv.Ptr[core.StructBlock](w.at(f))
}

// bytesOf sees a block of bytes.
func structBytes(b *core.StructBlock) []byte {
	if b.Len == 0 {
		return nil
	}
	return unsafeconv.BytesAt(unsafeconv.Ptr[byte](b.At), uintptr(b.Len))
}

// setBytes puts text, no longer than maxFieldLen, into a block of bytes. text may be what is there.
func setBytes(b *core.StructBlock, text []byte) {
	n := len(text)
	switch {
	case n == 0:
		freeBlock(b)
	case n <= int(b.Room) && n >= int(b.Room)/2:
		b.Len = uint32(n)
		copy(structBytes(b), text)
	default:
		at, before := redismodule.Alloc(uintptr(n)), b.At
		// SAFETY(U110): the memory is new and has this size.
		copy(unsafeconv.BytesAt(unsafeconv.Ptr[byte](at), uintptr(n)), text)
		b.At, b.Len, b.Room = at, uint32(n), uint32(n)
		if before != 0 {
			redismodule.Free(before)
		}
	}
}

func freeBlock(b *core.StructBlock) {
	if b.At != 0 {
		redismodule.Free(b.At)
	}
	*b = core.StructBlock{}
}

// room returns memory for n more elements of a size, where the elements that are there are copied to. before is what to
// free when the new ones are in place: they may be those that were there.
func room(b *core.StructBlock, n int, size uintptr) (before uintptr, err error) {
	want := uint64(b.Len) + uint64(n)
	if want > maxFieldLen {
		return 0, ErrTooLong
	}
	if want <= uint64(b.Room) {
		return 0, nil
	}
	most := min(max(want, uint64(b.Room)+uint64(b.Room)/2, 4), maxFieldLen)
	at := redismodule.Alloc(uintptr(most) * size)
	if b.Len > 0 {
		copy(unsafeconv.BytesAt(unsafeconv.Ptr[byte](at), uintptr(b.Len)*size), unsafeconv.BytesAt(unsafeconv.Ptr[byte](b.At), uintptr(b.Len)*size))
	}
	before = b.At
	b.At, b.Room = at, uint32(most)
	return before, nil
}

// BytesField is bytes of any length in a [StructType], up to 4 GiB.
type BytesField struct {
	Name  string
	Since int // the version of the type that the field came with

	f structField
}

func (f *BytesField) part() (*structField, uint32, uint32, uint64) {
	return &f.f, core.FieldBytes, 0, 0
}
func (f *BytesField) fieldName() string { return f.Name }
func (f *BytesField) since() int        { return f.Since }

// Get returns the bytes, without a copy: they are valid until the field is changed, and as long as the value is. They must not
// be written to.
func (f *BytesField) Get(s StructReader) []byte {
	b := s.block(&f.f)
	if b == nil {
		s.missing(&f.f, f.Name)
		return nil
	}
	return s.k.o.show(structBytes(b))
}

// Len returns the number of bytes.
func (f *BytesField) Len(s StructReader) int {
	if b := s.block(&f.f); b != nil {
		return int(b.Len)
	}
	s.missing(&f.f, f.Name)
	return 0
}

// Set copies b into the field. It may be what Get of this field has returned, or a part of it.
func (f *BytesField) Set(w StructWriter, b []byte) error {
	if uint64(len(b)) > maxFieldLen {
		return ofField(ErrTooLong, f.Name)
	}
	if w.has(&f.f) || w.mayHave(&f.f, f.Name) {
		w.wrote()
		// SAFETY(U110): as in block.
		setBytes(unsafeconv.Ptr[core.StructBlock](w.addr+f.f.offset), b)
		return nil
	}
	return w.refusal(&f.f, f.Name)
}

// ArrayField is an array of numbers of any length in a [StructType], packed as in C.
type ArrayField[N Number] struct {
	Name  string
	Since int // the version of the type that the field came with

	f structField
}

func (f *ArrayField[N]) part() (*structField, uint32, uint32, uint64) {
	return &f.f, core.FieldArray, numberKind[N](), 0
}
func (f *ArrayField[N]) fieldName() string { return f.Name }
func (f *ArrayField[N]) since() int        { return f.Since }

func structArray[N Number](b *core.StructBlock) []N {
	if b.Len == 0 {
		return nil
	}
	return unsafeconv.SliceAt[N](b.At, int(b.Len))
}

// Get returns the elements, without a copy: they are valid until Append or SetLen changes the field, and as long as
// the value is. They must not be written to; Set does that.
func (f *ArrayField[N]) Get(s StructReader) []N {
	b := s.block(&f.f)
	if b == nil {
		s.missing(&f.f, f.Name)
		return nil
	}
	elements := structArray[N](b)
	if debugging && len(elements) > 0 {
		elements = slices.Clip(slices.Clone(elements))
		s.k.o.shows(unsafeconv.BytesAt((*byte)(unsafe.Pointer(&elements[0])), uintptr(len(elements))*unsafe.Sizeof(elements[0])))
	}
	return elements
}

// Len returns the number of elements.
func (f *ArrayField[N]) Len(s StructReader) int {
	if b := s.block(&f.f); b != nil {
		return int(b.Len)
	}
	s.missing(&f.f, f.Name)
	return 0
}

// Set changes element i. ErrRange when there is none.
func (f *ArrayField[N]) Set(w StructWriter, i int, n N) error {
	b := w.block(&f.f)
	switch {
	case b == nil:
		return w.refusal(&f.f, f.Name)
	case i < 0 || i >= int(b.Len):
		return ofField(ErrRange, f.Name)
	}
	structArray[N](b)[i] = n
	return nil
}

// Append adds elements at the end. They may be what Get of this field has returned.
func (f *ArrayField[N]) Append(w StructWriter, n ...N) error {
	b := w.block(&f.f)
	if b == nil {
		return w.refusal(&f.f, f.Name)
	}
	before, err := room(b, len(n), unsafe.Sizeof(N(0)))
	if err != nil {
		return ofField(err, f.Name)
	}
	from := b.Len
	b.Len += uint32(len(n))
	copy(structArray[N](b)[from:], n)
	if before != 0 {
		redismodule.Free(before)
	}
	return nil
}

// SetLen makes the array n elements long: it cuts off the end, or adds zeros. ErrRange for a negative n.
func (f *ArrayField[N]) SetLen(w StructWriter, n int) error {
	b := w.block(&f.f)
	switch {
	case b == nil:
		return w.refusal(&f.f, f.Name)
	case n < 0:
		return ofField(ErrRange, f.Name)
	case n == 0:
		freeBlock(b)
		return nil
	case n <= int(b.Len):
		b.Len = uint32(n)
		return nil
	}
	from := int(b.Len)
	before, err := room(b, n-from, unsafe.Sizeof(N(0)))
	if err != nil {
		return ofField(err, f.Name)
	}
	b.Len = uint32(n)
	clear(structArray[N](b)[from:])
	if before != 0 {
		redismodule.Free(before)
	}
	return nil
}

// TextsField is a list of texts of any length in a [StructType], each in memory of its own.
type TextsField struct {
	Name  string
	Since int // the version of the type that the field came with

	f structField
}

func (f *TextsField) part() (*structField, uint32, uint32, uint64) {
	return &f.f, core.FieldTexts, 0, 0
}
func (f *TextsField) fieldName() string { return f.Name }
func (f *TextsField) since() int        { return f.Since }

func structTexts(b *core.StructBlock) []core.StructBlock {
	if b.Len == 0 {
		return nil
	}
	return unsafeconv.SliceAt[core.StructBlock](b.At, int(b.Len))
}

// Len returns the number of texts.
func (f *TextsField) Len(s StructReader) int {
	if b := s.block(&f.f); b != nil {
		return int(b.Len)
	}
	s.missing(&f.f, f.Name)
	return 0
}

// Get returns text i, without a copy, nil when there is none. It is valid until the text is changed or deleted, and as long as the value is. It
// must not be written to.
func (f *TextsField) Get(s StructReader, i int) []byte {
	b := s.block(&f.f)
	if b == nil {
		s.missing(&f.f, f.Name)
		return nil
	}
	if i < 0 || i >= int(b.Len) {
		return nil
	}
	return s.k.o.show(structBytes(&structTexts(b)[i]))
}

// All ranges over the texts and their numbers. Texts that are added in the loop are not seen. Delete in the loop ends the view of the deleted
// text and moves those behind it up: deleting the text of this round makes the loop pass over the next one. To
// delete some of them, count down from Len instead.
func (f *TextsField) All(s StructReader) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i := range f.Len(s) {
			if i >= f.Len(s) || !yield(i, f.Get(s, i)) {
				return
			}
		}
	}
}

// Append adds a text at the end.
func (f *TextsField) Append(w StructWriter, text []byte) error {
	b := w.block(&f.f)
	switch {
	case b == nil:
		return w.refusal(&f.f, f.Name)
	case uint64(len(text)) > maxFieldLen:
		return ofField(ErrTooLong, f.Name)
	}
	before, err := room(b, 1, blockSize)
	if err != nil {
		return ofField(err, f.Name)
	}
	b.Len++
	last := &structTexts(b)[b.Len-1]
	*last = core.StructBlock{}
	if before != 0 {
		redismodule.Free(before)
	}
	setBytes(last, text)
	return nil
}

// Set changes text i. ErrRange when there is none.
func (f *TextsField) Set(w StructWriter, i int, text []byte) error {
	b := w.block(&f.f)
	switch {
	case b == nil:
		return w.refusal(&f.f, f.Name)
	case i < 0 || i >= int(b.Len):
		return ofField(ErrRange, f.Name)
	case uint64(len(text)) > maxFieldLen:
		return ofField(ErrTooLong, f.Name)
	}
	setBytes(&structTexts(b)[i], text)
	return nil
}

// Delete removes text i; those behind it move up. ErrRange when there is none.
func (f *TextsField) Delete(w StructWriter, i int) error {
	b := w.block(&f.f)
	switch {
	case b == nil:
		return w.refusal(&f.f, f.Name)
	case i < 0 || i >= int(b.Len):
		return ofField(ErrRange, f.Name)
	}
	texts := structTexts(b)
	freeBlock(&texts[i])
	copy(texts[i:], texts[i+1:])
	if b.Len--; b.Len == 0 {
		freeBlock(b)
	}
	return nil
}
