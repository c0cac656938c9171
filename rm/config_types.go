// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"sync/atomic"
)

// BoolConfig is a config that is yes or no. It has a Value, or Get and Set.
//
// C: RedisModule_RegisterBoolConfig, since Redis 7.0.
type BoolConfig struct {
	// Name has letters, digits, - and _; its letter case does not matter to clients.
	Name string
	// Default is its value when neither the configuration nor a client has set it.
	Default bool
	// Flags; ConfigDefault is none.
	Flags ConfigFlags
	// Value is the variable that it is bound to.
	Value *atomic.Bool
	// Check, which may be nil, may refuse a value: the client gets the text of its error, with
	// the server's words in front. It is asked for the default too, and for the old value that
	// the server puts back after a change that fails.
	Check func(value bool) error
	// Get returns the value, and Set takes one, or refuses it as Check does. Where both
	// are given there is no Value.
	Get func() bool
	Set func(value bool) error
	// Apply, which may be nil, is called after a CONFIG SET has set it; see
	// [ConfigGroup].
	Apply func(ctx Context) error
}

// Int64Config is a config that is an integer from Min to Max; both 0 stand for all
// integers. With [ConfigMemory] it is a number of bytes. It has a Value, or Get and Set; see [BoolConfig].
//
// C: RedisModule_RegisterNumericConfig, since Redis 7.0.
type Int64Config struct {
	Name              string
	Default, Min, Max int64
	Flags             ConfigFlags
	Value             *atomic.Int64
	Check             func(value int64) error
	Get               func() int64
	Set               func(value int64) error
	Apply             func(ctx Context) error
}

// Uint64Config is a config that is an unsigned integer from Min to Max; Max 0 stands for
// the largest one. With [ConfigMemory] it is a number of bytes. It has a Value, or Get and Set; see [BoolConfig]. Valkey has it since
// 9.1, other servers do not: ErrUnsupported.
//
// C: ValkeyModule_RegisterUnsignedNumericConfig, since Valkey 9.1.
type Uint64Config struct {
	Name              string
	Default, Min, Max uint64
	Flags             ConfigFlags
	Value             *atomic.Uint64
	Check             func(value uint64) error
	Get               func() uint64
	Set               func(value uint64) error
	Apply             func(ctx Context) error
}

// TextConfig is a config that is a text, any bytes at all; the default has no NUL byte. It has a Value, or Get and Set; see
// [BoolConfig]. What Set is given is the module's to keep.
//
// C: RedisModule_RegisterStringConfig, since Redis 7.0.
type TextConfig struct {
	Name    string
	Default string
	Flags   ConfigFlags
	Value   *AtomicText
	Check   func(value string) error
	Get     func() string
	Set     func(value string) error
	Apply   func(ctx Context) error
}

// EnumConfig is a config that is one of some words, or with [ConfigBitflags] several, which
// stand for values of the type E: one of its own, of int32, say, and not of int. It has a Value, or Get and Set; see [BoolConfig].
//
// C: RedisModule_RegisterEnumConfig, since Redis 7.0.
type EnumConfig[E ConfigEnum] struct {
	Name    string
	Default E
	Flags   ConfigFlags
	// Words are the words that it may be, with their values. Letter case does not matter to clients.
	Words []ConfigWord[E]
	Value *AtomicEnum[E]
	Check func(value E) error
	Get   func() E
	Set   func(value E) error
	Apply func(ctx Context) error
}

// ConfigWord is a word of an [EnumConfig].
type ConfigWord[E ConfigEnum] struct {
	Word  string
	Value E
}

// ConfigEnum is the types that an [EnumConfig] can have. The server keeps its values as 32-bit
// integers.
type ConfigEnum interface {
	~int8 | ~int16 | ~int32 | ~uint8 | ~uint16 | ~uint32
}

// AtomicText is a text that goroutines can read and store at once. The zero value is
// empty. It must not be copied.
type AtomicText struct{ p atomic.Pointer[string] }

// Load returns the text.
func (t *AtomicText) Load() string {
	if p := t.p.Load(); p != nil {
		return *p
	}
	return ""
}

// Store puts another text in its place.
func (t *AtomicText) Store(text string) { t.p.Store(&text) }

// AtomicEnum is a value of an integer type of 8, 16 or 32 bits (not of int, see [ConfigEnum])
// that goroutines can read and store at once. The zero value is 0. It must not be copied.
type AtomicEnum[E ConfigEnum] struct{ v atomic.Int32 }

// Load returns the value.
func (v *AtomicEnum[E]) Load() E { return E(v.v.Load()) }

// Store puts another value in its place.
func (v *AtomicEnum[E]) Store(value E) { v.v.Store(int32(value)) }

// variable is an atomic variable.
type variable[T any] interface {
	Load() T
	Store(T)
}

// bound makes the functions of a config of its fields.
func bound[T any](o *option, hasValue bool, v variable[T], first T, check func(T) error, get func() T, set func(T) error) (func() T, func(T) error) {
	switch {
	case hasValue && (get != nil || set != nil):
		o.fault = o.bad("Value", "there are Get or Set, too: the value is either in a variable or behind functions")
	case !hasValue && get == nil && set == nil:
		o.fault = o.bad("Value", "is nil, and there are no Get and Set in its place")
	case !hasValue && (get == nil || set == nil):
		o.fault = o.bad("Value", "is nil, and of Get and Set there is one alone")
	case !hasValue && check != nil:
		o.fault = o.bad("Check", "is for a Value; Set refuses by its error")
	}
	if o.fault != nil {
		return nil, nil
	}
	if !hasValue {
		return get, set
	}
	o.store = func() { v.Store(first) }
	return v.Load, func(value T) error {
		if check != nil {
			if err := check(value); err != nil {
				return err
			}
		}
		v.Store(value)
		return nil
	}
}

// number makes those of the option, which knows 64-bit integers.
func number[T any](o *option, get func() T, set func(T) error, to func(T) int64, from func(int64) T) {
	o.get = func() int64 { return to(get()) }
	o.set = func(v int64) error { return set(from(v)) }
}

func (c BoolConfig) options(list []*option) ([]*option, func(ctx Context) error) {
	o := &option{name: c.Name, flags: c.Flags, kind: boolOption}
	to := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	o.first = to(c.Default)
	get, set := bound(o, c.Value != nil, c.Value, c.Default, c.Check, c.Get, c.Set)
	number(o, get, set, to, func(v int64) bool { return v != 0 })
	return append(list, o), c.Apply
}

func (c Int64Config) options(list []*option) ([]*option, func(ctx Context) error) {
	o := &option{name: c.Name, flags: c.Flags, kind: intOption, first: c.Default, min: c.Min, max: c.Max}
	if c.Min == 0 && c.Max == 0 {
		o.min, o.max = -1<<63, 1<<63-1
		if c.Flags&ConfigMemory != 0 {
			o.min = 0
		}
	}
	get, set := bound(o, c.Value != nil, c.Value, c.Default, c.Check, c.Get, c.Set)
	same := func(v int64) int64 { return v }
	number(o, get, set, same, same)
	return append(list, o), c.Apply
}

func (c Uint64Config) options(list []*option) ([]*option, func(ctx Context) error) {
	o := &option{name: c.Name, flags: c.Flags, kind: uintOption, first: int64(c.Default), min: int64(c.Min), max: int64(c.Max)}
	if c.Max == 0 {
		o.max = -1
	}
	get, set := bound(o, c.Value != nil, c.Value, c.Default, c.Check, c.Get, c.Set)
	number(o, get, set, func(v uint64) int64 { return int64(v) }, func(v int64) uint64 { return uint64(v) })
	return append(list, o), c.Apply
}

func (c TextConfig) options(list []*option) ([]*option, func(ctx Context) error) {
	o := &option{name: c.Name, flags: c.Flags, kind: textOption, firstText: c.Default}
	o.getText, o.setText = bound(o, c.Value != nil, c.Value, c.Default, c.Check, c.Get, c.Set)
	return append(list, o), c.Apply
}

func (c EnumConfig[E]) options(list []*option) ([]*option, func(ctx Context) error) {
	to := func(v E) int64 { return int64(int32(v)) }
	o := &option{name: c.Name, flags: c.Flags, kind: enumOption, first: to(c.Default)}
	for _, w := range c.Words {
		o.words = append(o.words, optionWord{w.Word, int32(w.Value)})
	}
	get, set := bound(o, c.Value != nil, c.Value, c.Default, c.Check, c.Get, c.Set)
	number(o, get, set, to, func(v int64) E { return E(v) })
	return append(list, o), c.Apply
}
