// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"cmp"
	"sync/atomic"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// StructReader is a value of a [StructType], to be read through its fields. It is valid as long as the key
// that it was read from is open and holds this value; after that fields read as zero and empty, and the debug
// build tells. It can be copied.
type StructReader struct {
	t    *StructType
	k    *openKey
	seq  uint64
	addr uintptr
	n    uint32 // k.values
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
	return StructReader{t, k.k, k.seq, redismodule.ModuleTypeGetValue(raw), k.k.values}, true, nil
}

// Edit returns the value of a key, to be changed in place. The key's Close tells those who watch it; nothing is
// replicated by itself. ok is false when the key is missing; the error is ErrWrongType when its
// value is not of the type.
//
// C: RedisModule_ModuleTypeGetType and RedisModule_ModuleTypeGetValue, since Redis 4.0.
func (t *StructType) Edit(k WriteKey) (w StructWriter, ok bool, err error) {
	if _, err := k.handle(); err != nil {
		return StructWriter{}, false, err
	}
	s, ok, err := t.Get(k.readKey)
	return StructWriter{s}, ok, err
}

// New makes a new value the value of the key, whatever that was before, and without its time to live. The fields
// of the new value are zero and empty, or what their Default says.
//
// C: RedisModule_ModuleTypeSetValue, since Redis 4.0.
func (t *StructType) New(k WriteKey) (StructWriter, error) {
	if _, err := k.writable(); err != nil {
		return StructWriter{}, err
	}
	if t.mt == 0 {
		return StructWriter{}, ErrTypeOver
	}
	addr := redismodule.Calloc(1, t.size)
	atomic.AddInt64(&t.head.Count, 1)
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
	return t.set(k, addr)
}

// set makes a value the key's.
func (t *StructType) set(k WriteKey, addr uintptr) (StructWriter, error) {
	k.k.stopIterators()
	if redismodule.ModuleTypeSetValue(k.k.raw, t.mt, addr) != redismodule.OK {
		t.drop(addr)
		return StructWriter{}, ErrRefused
	}
	k.wrote()
	k.k.noteChange()
	return StructWriter{StructReader{t, k.k, k.seq, addr, k.k.values}}, nil
}

// drop frees a value that no key has. It is one that New or RestoreTo has just made.
func (t *StructType) drop(addr uintptr) {
	core.StructFree(t.free, addr)
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
	switch {
	case err != nil:
		return StructWriter{}, err
	case version < 0 || version > maxTypeVersion:
		return StructWriter{}, ErrRange
	case s.s == 0:
		return StructWriter{}, misuse(ErrNoString)
	case t.mt == 0:
		return StructWriter{}, ErrTypeOver
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
	return t.set(k, addr)
}

// at returns the address of a field, 0 when the value has ended.
func (s StructReader) at(f *structField) uintptr {
	if s.k != nil && s.k.quick == s.seq && s.k.values == s.n && f.t == s.t {
		return s.addr + f.offset
	}
	if s.check(f.t) != nil {
		return 0
	}
	return s.addr + f.offset
}

// check tells whether the value is there, and of the type.
func (s StructReader) check(t *StructType) error {
	if s.k == nil || t == nil || t != s.t {
		return misuse(ErrStructOver)
	}
	raw, err := ReadKey{s.k, s.seq}.handle()
	if err == nil && (raw == 0 || s.k.values != s.n) {
		err = misuse(ErrStructOver)
	}
	return err
}

// at is [StructReader.at] for what writes.
func (w StructWriter) at(f *structField) uintptr {
	addr := w.structReader.at(f)
	if addr != 0 {
		WriteKey{ReadKey{w.k, w.seq}}.wrote()
	}
	return addr
}

// refusal is why at has returned 0.
func (w StructWriter) refusal(f *structField) error {
	return cmp.Or(w.check(f.t), error(ErrStructOver))
}
