// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Dict is a dictionary of the server: a radix tree in the server's memory, sorted
// by its keys, byte by byte. A key is any sequence of bytes, the empty one
// included; a value is one word, which means what its user wants: a number, an
// index, the address of a [Memory]. It is never the address of a Go value, which
// Go would not see; [GoDict] keeps those.
//
// A Dict must be freed. It can be used from any goroutine, but only by one at a
// time, reading included. A freed Dict reads as empty, and what would change it
// gives ErrDictFreed. So it is, with ErrDictBusy, while [Defrag.MoveDict] moves it.
type Dict struct {
	raw     redismodule.Dict // 0: freed, or being moved
	moving  bool             // by MoveDict
	changes uint64           // counts what makes the server's iterators invalid

	iters table[dictIter]
}

// NewDict returns an empty dictionary.
//
// C: RedisModule_CreateDict, since Redis 5.0.
func NewDict() *Dict {
	return &Dict{raw: redismodule.CreateDict(0), iters: table[dictIter]{cellOf: func(it *dictIter) *cell[dictIter] { return &it.cell }}}
}

// over is the error of a dictionary without a handle. There may be no dictionary at all.
func (d *Dict) over() error {
	if d != nil && d.moving {
		return misuse(ErrDictBusy)
	}
	return misuse(ErrDictFreed)
}

// Free gives the dictionary back, and stops its iterators and loops. Values are
// not looked at. Freeing it again does nothing; the debug build tells of it.
//
// C: RedisModule_FreeDict, since Redis 5.0.
func (d *Dict) Free() {
	if d == nil || d.raw == 0 {
		_ = d.over()
		return
	}
	for d.iters.any() {
		d.iters.last().of.stop()
	}
	for _, c := range d.iters.all {
		redismodule.DictIteratorStop(c.of.raw)
	}
	d.iters = table[dictIter]{}
	redismodule.FreeDict(0, d.raw)
	d.raw = 0
}

// Raw returns the handle for the raw layer, 0 for a freed dictionary. Changes made
// with it are not seen by iterators of d, which must not be used after one.
func (d *Dict) Raw() redismodule.Dict { return d.raw }

// Len returns the number of keys.
//
// C: RedisModule_DictSize, since Redis 5.0.
func (d *Dict) Len() int {
	if d.raw == 0 {
		_ = d.over()
		return 0
	}
	return int(redismodule.DictSize(d.raw))
}

// Add stores a value under a key that is not there yet; otherwise added is false
// and nothing changes.
//
// C: RedisModule_DictSet, since Redis 5.0.
func (d *Dict) Add(key RStr, value uintptr) (added bool, err error) {
	if d.raw == 0 {
		return false, d.over()
	}
	if key.s == 0 {
		return d.AddBytes(nil, value)
	}
	if redismodule.DictSet(d.raw, key.raw(), value) != redismodule.OK {
		return false, nil
	}
	d.changes++
	return true, nil
}

// AddBytes is [Dict.Add] with bytes as the key, which the server copies.
//
// C: RedisModule_DictSetC, since Redis 5.0.
func (d *Dict) AddBytes(key []byte, value uintptr) (added bool, err error) {
	if d.raw == 0 {
		return false, d.over()
	}
	if redismodule.DictSetC(d.raw, data(key), uintptr(len(key)), value) != redismodule.OK {
		return false, nil
	}
	d.changes++
	return true, nil
}

// Replace stores a value under a key, whether it is there or not; added tells that
// it was not.
//
// C: RedisModule_DictReplace, since Redis 5.0.
func (d *Dict) Replace(key RStr, value uintptr) (added bool, err error) {
	if d.raw == 0 {
		return false, d.over()
	}
	if key.s == 0 {
		return d.ReplaceBytes(nil, value)
	}
	d.changes++
	return redismodule.DictReplace(d.raw, key.raw(), value) == redismodule.OK, nil
}

// ReplaceBytes is [Dict.Replace] with bytes as the key, which the server copies.
//
// C: RedisModule_DictReplaceC, since Redis 5.0.
func (d *Dict) ReplaceBytes(key []byte, value uintptr) (added bool, err error) {
	if d.raw == 0 {
		return false, d.over()
	}
	d.changes++
	return redismodule.DictReplaceC(d.raw, data(key), uintptr(len(key)), value) == redismodule.OK, nil
}

// Get returns the value of a key; ok is false when there is no such key.
//
// C: RedisModule_DictGet, since Redis 5.0.
func (d *Dict) Get(key RStr) (value uintptr, ok bool) {
	if key.s == 0 || d.raw == 0 {
		return d.GetBytes(nil)
	}
	var missing int32
	value = redismodule.DictGet(d.raw, key.raw(), &missing)
	return value, missing == 0
}

// GetBytes is [Dict.Get] with bytes as the key.
//
// C: RedisModule_DictGetC, since Redis 5.0.
func (d *Dict) GetBytes(key []byte) (value uintptr, ok bool) {
	if d.raw == 0 {
		_ = d.over()
		return 0, false
	}
	var missing int32
	value = redismodule.DictGetC(d.raw, data(key), uintptr(len(key)), &missing)
	return value, missing == 0
}

// Delete removes a key and returns the value that it had; ok is false when there
// is no such key.
//
// C: RedisModule_DictDel, since Redis 5.0.
func (d *Dict) Delete(key RStr) (value uintptr, ok bool) {
	if key.s == 0 || d.raw == 0 {
		return d.DeleteBytes(nil)
	}
	if redismodule.DictDel(d.raw, key.raw(), unsafe.Pointer(&value)) != redismodule.OK {
		return 0, false
	}
	d.changes++
	return value, true
}

// DeleteBytes is [Dict.Delete] with bytes as the key.
//
// C: RedisModule_DictDelC, since Redis 5.0.
func (d *Dict) DeleteBytes(key []byte) (value uintptr, ok bool) {
	if d.raw == 0 {
		_ = d.over()
		return 0, false
	}
	if redismodule.DictDelC(d.raw, data(key), uintptr(len(key)), unsafe.Pointer(&value)) != redismodule.OK {
		return 0, false
	}
	d.changes++
	return value, true
}

// data is the address of a key for C, never nil.
func data(key []byte) unsafe.Pointer { return unsafe.Pointer(unsafeconv.DataBytes(key)) }
