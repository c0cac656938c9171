// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// DefragSpec is what a module does when the server defragments its memory, besides the
// [TypeSpec].Defrag of its data types. A module has one. Functions that are nil do nothing.
type DefragSpec struct {
	// Globals moves memory of the server's that belongs to no key. Since Redis 8.0 it can stop
	// and go on later; on Valkey and before, [Defrag.Stop] is always false: it does all of it at once.
	Globals func(d *Defrag)
	// Start and End run before and after the server defragments. Since Redis 8.0.
	Start, End func(d *Defrag)
}

// The callbacks for it.
var (
	defragGlobals = kind{name: "Globals of the defragmentation", run: func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		return runDefrag(a0, 0, state.defrag.Globals)
	}}
	defragStart = kind{name: "Start of the defragmentation", run: func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		return runDefrag(a0, 0, state.defrag.Start)
	}}
	defragEnd = kind{name: "End of the defragmentation", run: func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		return runDefrag(a0, 0, state.defrag.End)
	}}
)

// RegisterDefrag says what the module does when the server defragments. A later call takes
// the place of an earlier one; the zero DefragSpec ends it. ErrUnsupported for what the server lacks; then
// nothing changes. A server that was built without active defragmentation never calls anything.
//
// C: RedisModule_RegisterDefragFunc, since Redis 6.2; RedisModule_RegisterDefragFunc2 and
// RedisModule_RegisterDefragCallbacks, since Redis 8.0.
func (ctx Context) RegisterDefrag(spec DefragSpec) error {
	switch {
	case spec.Globals != nil && !has(featureRegisterDefragFunc):
		return lacks(featureRegisterDefragFunc)
	case (spec.Start != nil || spec.End != nil) && !has(featureRegisterDefragCallbacks):
		return lacks(featureRegisterDefragCallbacks)
	}
	var err error
	fn := func(given bool, k *kind) (fn redismodule.CFunc) {
		if given && err == nil {
			fn, err = k.fn()
		}
		return fn
	}
	globals, start, end := fn(spec.Globals != nil, &defragGlobals), fn(spec.Start != nil, &defragStart), fn(spec.End != nil, &defragEnd)
	if err != nil {
		return err
	}
	state.defrag = spec
	switch {
	case has(featureRegisterDefragFunc2):
		redismodule.RegisterDefragFunc2(ctx.raw(), globals)
	case has(featureRegisterDefragFunc):
		redismodule.RegisterDefragFunc(ctx.raw(), globals)
	}
	if has(featureRegisterDefragCallbacks) {
		redismodule.RegisterDefragCallbacks(ctx.raw(), start, end)
	}
	return nil
}

// AllocRaw allocates n bytes at a place that defragments, to copy there by hand what Move cannot
// move. The zero Memory before Redis 8.0, in Valkey, and for n below 1.
//
// C: RedisModule_DefragAllocRaw, since Redis 8.0.
func (d *Defrag) AllocRaw(n int) Memory {
	if !d.usable() || !has(featureDefragAllocRaw) || n < 1 || n > maxBlock {
		return Memory{}
	}
	return Memory{newOwned(), redismodule.DefragAllocRaw(d.d, uintptr(n)), n}
}

// FreeRaw frees the block from which was copied. Before Redis 8.0 and in Valkey it is [Memory.Free].
//
// C: RedisModule_DefragFreeRaw, since Redis 8.0.
func (d *Defrag) FreeRaw(m *Memory) {
	switch {
	case m.addr == 0:
	case !d.usable() || !has(featureDefragAllocRaw):
		m.Free()
	default:
		m.o.freed(theMemory, "freed")
		redismodule.DefragFreeRaw(d.d, m.addr)
		*m = Memory{}
	}
}

// dictMove is what goes on in MoveDict.
type dictMove struct {
	d     *Defrag
	value func(d *Defrag, key []byte, value uintptr) uintptr
}

var dictValueMoves = kind{name: "the value function of MoveDict", run: moveDictValue}

// moveDictValue is the server's callback: (defrag, value, key, length, &new value).
func moveDictValue(_, a1, a2, a3, a4, _ uintptr, _ unsafe.Pointer) uintptr {
	m := state.dictMove
	key := unsafeconv.BytesAt(unsafeconv.Ptr[byte](a2), a3)
	if value := m.value(m.d, m.d.o.show(key), a1); value != a1 {
		*unsafeconv.Ptr[uintptr](a4) = value
	}
	return 0
}

// MoveDict moves the nodes of a dictionary if that helps, and has value, if it is not nil, move what each
// word in it refers to: it returns the new word, which must not be 0, or the one that it was given. Iterators and loops over
// the dictionary end. While it is moved the dictionary cannot be used, by value either: it reads as empty, and the rest gives
// [ErrDictBusy]. from, which is zero at the beginning, and while value runs, says where to begin; when the time is over, it is set to where to go on in a later callback,
// and the result is true.
//
// The result is false, and nothing happens, before Redis 8.0 and in Valkey.
//
// C: RedisModule_DefragRedisModuleDict, since Redis 8.0.
func (d *Defrag) MoveDict(dict *Dict, from *RString, value func(d *Defrag, key []byte, value uintptr) uintptr) (more bool) {
	if !d.usable() || !has(featureDefragRedisModuleDict) {
		return false
	}
	if dict.raw == 0 {
		_ = dict.over()
		return false
	}
	var fn redismodule.CFunc
	if value != nil {
		var err error
		if fn, err = dictValueMoves.fn(); err != nil {
			return false
		}
	}
	dict.dropIterators()
	dict.changes++
	outer := state.dictMove
	state.dictMove = dictMove{d, value}
	seek := from.s
	if seek != 0 {
		from.passedOn()
	}
	// The server frees the old block at once, and has the string until it returns.
	*from = RString{}
	raw := dict.raw
	dict.raw, dict.moving = 0, true
	if moved := redismodule.DefragRedisModuleDict(d.d, raw, fn, &seek); moved != 0 {
		raw = moved
	}
	dict.raw, dict.moving = raw, false
	state.dictMove = outer
	*from = owned(seek)
	return seek != 0
}

// dropIterators ends all iterators, also those that are kept to be used again: they know where the nodes are.
func (d *Dict) dropIterators() {
	for d.iters.any() {
		d.iters.last().of.stop()
	}
	for _, c := range d.iters.all {
		if c.of.raw != 0 {
			redismodule.DictIteratorStop(c.of.raw)
		}
	}
	d.iters = table[dictIter]{cellOf: d.iters.cellOf}
}
