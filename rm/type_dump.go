// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"cmp"
	"encoding/binary"
	"hash/crc64"
	"strings"

	"github.com/iredismodule/redismodule"
)

// Dump returns what Save writes of a value, as a string of the server, which the caller
// owns. v may be the value of a key or not. It is not what DUMP returns, which is for
// RESTORE. The error is that of Save.
//
// C: RedisModule_SaveDataTypeToString, since Redis 6.0.
func (t *Type[T]) Dump(ctx Context, v *T) (RString, error) {
	ctx.alive()
	switch {
	case !has(featureSaveDataTypeToString):
		return RString{}, lacks(featureSaveDataTypeToString)
	case v == nil:
		return RString{}, ErrNilValue
	}
	if t.mt == 0 {
		return RString{}, ErrTypeOver
	}
	// A word of its own, so that this Save is known from others: the server leaks what is written if
	// it is told of an error.
	word, err := t.values.take(v)
	if err != nil {
		return RString{}, err
	}
	outer := t.dumping
	t.dumping, t.err = word, nil
	raw := redismodule.SaveDataTypeToString(0, word, t.mt)
	err, t.dumping = t.err, outer
	t.values.drop(word)
	if raw == 0 {
		return RString{}, cmp.Or(err, error(ErrRefused))
	}
	s := owned(raw)
	if err != nil {
		s.Free()
	}
	return s, err
}

// Restore makes a value of what [Type.Dump] has returned, with the encoding version of the type that did. The
// value is the caller's, to be given to a key or dropped: Free is not called for it. What is
// left over after Load has read is not noticed. The error is that of Load.
//
// C: RedisModule_LoadDataTypeFromStringEncver, since Redis 7.0; before that
// RedisModule_LoadDataTypeFromString for version 0, since Redis 6.0.
func (t *Type[T]) Restore(ctx Context, s RStr, version int) (*T, error) {
	ctx.alive()
	switch {
	case version < 0 || version > maxTypeVersion:
		return nil, ErrRange
	case s.s == 0:
		return nil, misuse(ErrNoString)
	case t.mt == 0:
		return nil, ErrTypeOver
	}
	outer := t.restoring
	t.err, t.restoring = ErrRefused, true
	defer func() { t.restoring = outer }()
	var word uintptr
	switch {
	case has(featureLoadDataTypeFromStringEncver):
		word = redismodule.LoadDataTypeFromStringEncver(s.raw(), t.mt, int32(version))
	case version == 0 && has(featureLoadDataTypeFromString):
		word = redismodule.LoadDataTypeFromString(s.raw(), t.mt)
	default:
		return nil, lacks(featureLoadDataTypeFromStringEncver)
	}
	if word == 0 {
		return nil, t.err
	}
	return t.takeBack(word), nil
}

// emitRestore writes a RESTORE command for a value, for types without a Rewrite.
func (t *Type[T]) emitRestore(a *AOF, key RStr, v *T) error {
	if !has(featureSaveDataTypeToString) {
		return lacks(featureSaveDataTypeToString)
	}
	s, err := t.Dump(Context{}, v)
	if err != nil {
		return err
	}
	payload := t.payload(s.Bytes())
	s.Free()
	return a.EmitAOF("RESTORE", Str(key), Int64(0), Bytes(payload))
}

// The parts of what RESTORE takes.
const (
	rdbTypeModule2 = 7
	rdb64Bits      = 0x81
	rdbModuleEOF   = 0
	rdbVersion     = 9 // Redis 5.0 has it; later servers take it
)

// crcTable is that of the check sum of Redis: the polynomial of Jones.
var crcTable = crc64.MakeTable(0x95ac9329ac4bc9b5)

// payload makes what RESTORE takes of what Save has written.
func (t *Type[T]) payload(saved []byte) []byte {
	id := uint64(0)
	for i := range len(t.name) {
		id = id<<6 | uint64(strings.IndexByte(typeNameChars, t.name[i]))
	}
	id = id<<10 | uint64(t.spec.Version)
	b := make([]byte, 0, len(saved)+21)
	b = binary.BigEndian.AppendUint64(append(b, rdbTypeModule2, rdb64Bits), id)
	b = append(append(b, saved...), rdbModuleEOF)
	b = binary.LittleEndian.AppendUint16(b, rdbVersion)
	// Go's function inverts the sum before and after, the server's does not.
	return binary.LittleEndian.AppendUint64(b, ^crc64.Update(^uint64(0), crcTable, b))
}
