// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"cmp"
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// StructReader is a value of a [StructType], to be read through its fields. It is valid as long as the key
// that it was read from is open and holds this value; after that fields read as zero and empty, and the debug
// build tells. A field that the type does not have (see [ErrStructField]) reads as zero and empty, too: a line in the log names it, once, and the debug
// build panics. It can be copied.
type StructReader struct { // no more than four words, which the compiler keeps in registers
	t     *StructType
	k     *openKey
	addr  uintptr
	value uint64 // k.value
}

// structReader is StructReader under a name that others cannot set.
type structReader = StructReader

// StructWriter is a value of a [StructType], to be read and changed through its fields; it is a [StructReader] and more. After it
// has ended nothing is written, and what returns an error returns one.
type StructWriter struct{ structReader }

// StructReader returns the same value, for reading.
func (w StructWriter) StructReader() StructReader { return w.structReader }

// Get returns the value of a key. ok is false when the key is missing; the error is ErrWrongType when
// its value is not of the type.
//
// C: RedisModule_ModuleTypeGetType and RedisModule_ModuleTypeGetValue, since Redis 4.0.
func (t *StructType) Get(k ReadKey) (s StructReader, ok bool, err error) {
	raw, err := k.handle()
	if err != nil || raw == 0 {
		return StructReader{}, false, err
	}
	if mt := redismodule.ModuleTypeGetType(raw); mt != t.mt || mt == 0 {
		return StructReader{}, false, t.otherType(k)
	}
	return StructReader{t, k.k, redismodule.ModuleTypeGetValue(raw), k.k.value}, true, nil
}

// Edit returns the value of a key, to be changed in place. The key's Close tells those who watch it; nothing is
// replicated by itself. ok is false when the key is missing; the error is ErrWrongType when its
// value is not of the type.
//
// C: RedisModule_ModuleTypeGetType and RedisModule_ModuleTypeGetValue, since Redis 4.0.
func (t *StructType) Edit(k WriteKey) (w StructWriter, ok bool, err error) {
	if _, err := k.writeHandle(); err != nil {
		return StructWriter{}, false, err
	}
	s, ok, err := t.Get(k.readKey)
	return StructWriter{s}, ok, err
}

// New makes a new value the value of the key, whatever that was before, and without its time to live. The fields
// of the new value are zero and empty, or what their Default says. ErrStillLoading in OnLoad, where no value can be made in any
// other way either.
//
// C: RedisModule_ModuleTypeSetValue, since Redis 4.0.
func (t *StructType) New(k WriteKey) (StructWriter, error) {
	if _, err := k.writable(); err != nil {
		return StructWriter{}, err
	}
	if err := t.live(); err != nil {
		return StructWriter{}, err
	}
	addr := redismodule.Alloc(t.size)
	// SAFETY(U110): the memory has this size, and nobody else knows of it.
	clear(unsafeconv.BytesAt(unsafeconv.Ptr[byte](addr), t.size))
	atomic.AddInt64(&t.head.Count, 1)
	if len(t.defaults) > 0 {
		t.setDefaults(addr)
	}
	if !k.k.setValue(t.mt, addr) {
		return t.refused(addr)
	}
	return StructWriter{StructReader{t, k.k, addr, k.k.value}}, nil
}

// setDefaults gives a new value's fields what they begin with.
func (t *StructType) setDefaults(addr uintptr) {
	for _, d := range t.defaults {
		place := unsafeconv.Ptr[byte](addr + d.offset)
		// SAFETY(U110): the field lies within the value, and has this size.
		switch d.size {
		case 1:
			*place = byte(d.bits)
		case 2:
			*(*uint16)(unsafe.Pointer(place)) = uint16(d.bits)
		case 4:
			*(*uint32)(unsafe.Pointer(place)) = uint32(d.bits)
		case 8:
			*(*uint64)(unsafe.Pointer(place)) = d.bits
		}
	}
}

// refused frees a value that New or RestoreTo has made and no key has.
func (t *StructType) refused(addr uintptr) (StructWriter, error) {
	core.StructFree(t.free, addr)
	return StructWriter{}, ErrRefused
}

// GetOrNew is Edit of a key that holds a value, and New of a missing one.
//
// C: RedisModule_ModuleTypeGetValue and RedisModule_ModuleTypeSetValue, since Redis 4.0.
func (t *StructType) GetOrNew(k WriteKey) (StructWriter, error) {
	w, ok, err := t.Edit(k)
	if ok || err != nil {
		return w, err
	}
	return t.New(k)
}

// Values returns how many values of the type there are, under keys and on their way to be freed. It may be
// called on any goroutine.
func (t *StructType) Values() int {
	if t.head == nil {
		return 0
	}
	return int(atomic.LoadInt64(&t.head.Count))
}

// Dump returns what is saved of a value, as a string of the server, which the caller owns. It
// is not what DUMP returns, which is for RESTORE.
//
// C: RedisModule_SaveDataTypeToString, since Redis 6.0.
func (t *StructType) Dump(ctx Context, s StructReader) (RString, error) {
	ctx.alive()
	if err := s.check(t); err != nil {
		return RString{}, err
	}
	raw := redismodule.SaveDataTypeToString(0, s.addr, t.mt)
	if raw == 0 {
		return RString{}, ErrRefused
	}
	return owned(raw), nil
}

// RestoreTo makes a value of what [StructType.Dump] has returned, with the encoding version of the type that did, the value of
// the key, as New does. What is left over behind the value is not noticed. ErrIO when it cannot be
// read; the log says why.
//
// C: RedisModule_LoadDataTypeFromStringEncver, since Redis 7.0; before that
// RedisModule_LoadDataTypeFromString for version 0, since Redis 6.0.
func (t *StructType) RestoreTo(k WriteKey, s RStr, version int) (StructWriter, error) {
	var addr uintptr
	_, err := k.writable()
	if err == nil {
		err = t.live()
	}
	switch {
	case err != nil:
		return StructWriter{}, err
	case version < 0 || version > maxTypeVersion:
		return StructWriter{}, ErrRange
	case s.s == 0:
		return StructWriter{}, misuse(ErrNoString)
	case has(featureLoadDataTypeFromStringEncver):
		addr = redismodule.LoadDataTypeFromStringEncver(s.raw(), t.mt, int32(version))
	case version == 0:
		addr = redismodule.LoadDataTypeFromString(s.raw(), t.mt)
	default:
		return StructWriter{}, lacks(featureLoadDataTypeFromStringEncver)
	}
	if addr == 0 {
		return StructWriter{}, ErrIO
	}
	if !k.k.setValue(t.mt, addr) {
		return t.refused(addr)
	}
	return StructWriter{StructReader{t, k.k, addr, k.k.value}}, nil
}

// has tells whether the value is there and has the field. It may be false for those of which there is
// more to be looked at; has || mayHave is the whole answer, of which the first half is inlined.
func (s StructReader) has(f *structField) bool {
	return s.k != nil && s.k.quick != 0 && s.k.value == s.value && f.t == s.t
}

func (s StructReader) mayHave(f *structField, name string) bool { return s.missing(f, name) == nil }

// missing says why a field cannot be read, nil if it can. The log has what the module cannot be told.
func (s StructReader) missing(f *structField, name string) error {
	err := s.checkField(f, name)
	if err != nil && s.lacks(f) && atomic.CompareAndSwapUint32(&f.told, 0, 1) {
		Log(LevelWarning, "data type "+s.t.name+": a field is read that its values do not have, as zero: "+err.Error())
	}
	return err
}

// lacks tells whether the field is none of the value's.
func (s StructReader) lacks(f *structField) bool { return s.k != nil && f.t != s.t }

// checkField tells whether the value is there, and has the field.
func (s StructReader) checkField(f *structField, name string) error {
	if s.lacks(f) {
		return misuse(fmt.Errorf("%w: field %s, data type %s", ErrStructField, name, s.t.name))
	}
	return s.check(s.t)
}

// at returns the address of a field, 0 when there is none; then missing says why.
func (s StructReader) at(f *structField) uintptr {
	if s.has(f) || !s.lacks(f) && s.check(s.t) == nil {
		return s.addr + f.offset
	}
	return 0
}

// check tells whether the value is there, and of the type.
func (s StructReader) check(t *StructType) error {
	if s.k == nil || t == nil || t != s.t {
		return misuse(ErrStructOver)
	}
	if s.k.seq == 0 || s.value < s.k.seq { // an earlier opening's
		return misuse(ErrKeyClosed)
	}
	raw, err := s.key().handle()
	if err == nil && (raw == 0 || s.k.value != s.value) {
		err = misuse(ErrStructOver)
	}
	return err
}

// key is the key of a value that is there.
func (s StructReader) key() ReadKey { return ReadKey{s.k, s.k.seq} }

// at is [StructReader.at] for what writes.
func (w StructWriter) at(f *structField) uintptr {
	if w.has(f) || !w.lacks(f) && w.check(w.t) == nil {
		w.wrote()
		return w.addr + f.offset
	}
	return 0
}

func (w StructWriter) wrote() { WriteKey{w.key()}.wrote() }

// mayHave is [StructReader.mayHave] for what writes, and is told of by refusal.
func (w StructWriter) mayHave(f *structField, name string) bool { return w.checkField(f, name) == nil }

// refusal is why at has returned 0.
func (w StructWriter) refusal(f *structField, name string) error {
	return cmp.Or(w.checkField(f, name), error(ErrStructOver))
}
