// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

// TypeValues is the table of the values of a data type.
type TypeValues[T any] struct{ t typeValues[T] }

func (v *TypeValues[T]) Take(p *T) (uintptr, error) { return v.t.take(p) }
func (v *TypeValues[T]) Get(word uintptr) *T        { return v.t.get(word) }
func (v *TypeValues[T]) Drop(word uintptr) *T       { return v.t.drop(word) }
func (v *TypeValues[T]) Count() int                 { return int(v.t.count.Load()) }
func (v *TypeValues[T]) Grown() int                 { return int(v.t.grown.Load()) }
func (v *TypeValues[T]) Grow(n int)                 { v.t.grown.Store(uint64(n)) }

// MaxTypeValues is how many values the table holds at most.
const MaxTypeValues = maxValues
