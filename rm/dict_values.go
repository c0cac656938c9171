// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

// GoDict is a dictionary of Go values, sorted by its keys: the keys are in a [Dict]
// of the server, the values in Go memory, where the garbage collector sees them. It
// must be freed like a Dict, for the keys, and has its rules: one goroutine at a
// time, and a freed one reads as empty.
type GoDict[T any] struct {
	d      *Dict // the word of a key is the index of its value
	values []T
	unused []uintptr // indexes
}

// NewGoDict returns an empty dictionary.
//
// C: RedisModule_CreateDict, since Redis 5.0.
func NewGoDict[T any]() *GoDict[T] { return &GoDict[T]{d: NewDict()} }

// Free gives the dictionary back and lets go of the values; see [Dict.Free].
//
// C: RedisModule_FreeDict, since Redis 5.0.
func (g *GoDict[T]) Free() {
	g.values, g.unused = nil, nil
	g.d.Free()
}

// Len returns the number of keys.
//
// C: RedisModule_DictSize, since Redis 5.0.
func (g *GoDict[T]) Len() int { return g.d.Len() }

// Add stores a value under a key that is not there yet; otherwise added is false
// and nothing changes.
//
// C: RedisModule_DictSetC, since Redis 5.0.
func (g *GoDict[T]) Add(key RStr, value T) (added bool, err error) {
	return g.AddBytes(key.Bytes(), value)
}

// AddBytes is [GoDict.Add] with bytes as the key, which the server copies.
//
// C: RedisModule_DictSetC, since Redis 5.0.
func (g *GoDict[T]) AddBytes(key []byte, value T) (added bool, err error) {
	i := uintptr(len(g.values))
	if n := len(g.unused); n > 0 {
		i = g.unused[n-1]
	}
	if added, err = g.d.AddBytes(key, i); !added {
		return false, err
	}
	if n := len(g.unused); n > 0 {
		g.unused = g.unused[:n-1]
		g.values[i] = value
	} else {
		g.values = append(g.values, value)
	}
	return true, nil
}

// Replace stores a value under a key, whether it is there or not; added tells that
// it was not.
//
// C: RedisModule_DictGetC, RedisModule_DictSetC, since Redis 5.0.
func (g *GoDict[T]) Replace(key RStr, value T) (added bool, err error) {
	return g.ReplaceBytes(key.Bytes(), value)
}

// ReplaceBytes is [GoDict.Replace] with bytes as the key, which the server copies.
//
// C: RedisModule_DictGetC, RedisModule_DictSetC, since Redis 5.0.
func (g *GoDict[T]) ReplaceBytes(key []byte, value T) (added bool, err error) {
	if g.d.raw == 0 {
		return false, g.d.over()
	}
	if i, ok := g.d.GetBytes(key); ok {
		g.values[i] = value
		return false, nil
	}
	return g.AddBytes(key, value)
}

// Get returns the value of a key; ok is false when there is no such key.
//
// C: RedisModule_DictGetC, since Redis 5.0.
func (g *GoDict[T]) Get(key RStr) (value T, ok bool) { return g.GetBytes(key.Bytes()) }

// GetBytes is [GoDict.Get] with bytes as the key.
//
// C: RedisModule_DictGetC, since Redis 5.0.
func (g *GoDict[T]) GetBytes(key []byte) (value T, ok bool) {
	if i, ok := g.d.GetBytes(key); ok {
		return g.values[i], true
	}
	return value, false
}

// Delete removes a key and returns the value that it had; ok is false when there
// is no such key.
//
// C: RedisModule_DictDelC, since Redis 5.0.
func (g *GoDict[T]) Delete(key RStr) (value T, ok bool) { return g.DeleteBytes(key.Bytes()) }

// DeleteBytes is [GoDict.Delete] with bytes as the key.
//
// C: RedisModule_DictDelC, since Redis 5.0.
func (g *GoDict[T]) DeleteBytes(key []byte) (value T, ok bool) {
	i, ok := g.d.DeleteBytes(key)
	if !ok {
		return value, false
	}
	var none T
	value, g.values[i] = g.values[i], none
	g.unused = append(g.unused, i)
	return value, true
}

// GoDictRange is a walk over a GoDict; see [DictRange] for its rules.
type GoDictRange[T any] struct {
	g *GoDict[T]
	r DictRange
}

// Range returns a walk that begins at the element which op and key say; see
// [Dict.Range].
//
// C: RedisModule_DictIteratorStartC, since Redis 5.0.
func (g *GoDict[T]) Range(op DictOp, key RStr) (GoDictRange[T], error) {
	return g.RangeBytes(op, key.Bytes())
}

// RangeBytes is [GoDict.Range] with bytes as the key.
//
// C: RedisModule_DictIteratorStartC, since Redis 5.0.
func (g *GoDict[T]) RangeBytes(op DictOp, key []byte) (GoDictRange[T], error) {
	r, err := g.d.RangeBytes(op, key)
	return GoDictRange[T]{g, r}, err
}

// All shows keys and values upwards. A key is valid until the loop's next step, and
// must not be written to.
//
// C: RedisModule_DictNextC, since Redis 5.0.
func (r GoDictRange[T]) All(yield func(key []byte, value T) bool) {
	for key, i := range r.r.All {
		if !yield(key, r.g.values[i]) {
			return
		}
	}
}

// Backward shows keys and values downwards; see All.
//
// C: RedisModule_DictPrevC, since Redis 5.0.
func (r GoDictRange[T]) Backward(yield func(key []byte, value T) bool) {
	for key, i := range r.r.Backward {
		if !yield(key, r.g.values[i]) {
			return
		}
	}
}
