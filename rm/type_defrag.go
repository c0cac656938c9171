// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Defrag moves memory of the server's, while the server is about to defragment (activedefrag). Go's own memory is none of its business.
// It is valid until the callback returns. A callback that panics or ends its goroutine is done with its value for this time; what it has moved
// has moved.
//
// A value that takes long is worked on piece by piece: when ShouldStop says so, the callback notes where it is with Stop and
// returns; it is called again later, and Cursor tells where it was. A callback that stops each time without having come any further keeps the
// server at it for ever, and takes all of the CPU time that defragmentation may have (active-defrag-cycle-max). The server allows that
// only for values whose FreeEffort is large (above active-defrag-max-scan-fields), and for the others gives all the time.
type Defrag struct {
	o       origin
	d       redismodule.DefragCtx // 0: over
	stopped bool
	key     redismodule.String
}

var spareDefrags spare[Defrag]

func (d *Defrag) usable() bool {
	if debugging {
		d.o.check("the defragmentation")
	}
	return d.d != 0
}

// Move moves a block if that helps. Then m has the new address, other copies of m must not be used any
// more, and the result is true.
//
// C: RedisModule_DefragAlloc, since Redis 6.2.
func (d *Defrag) Move(m *Memory) bool {
	if !d.usable() || m.addr == 0 {
		return false
	}
	m.o.used(theMemory)
	addr := redismodule.DefragAlloc(d.d, m.addr)
	if addr == 0 {
		return false
	}
	m.o.freed(theMemory, "moved")
	*m = Memory{newOwned(), addr, m.n}
	return true
}

// MoveString moves a string that has no other owner, if that helps. Then s is the string at its new place, other
// copies of s must not be used any more, and the result is true. Of a long string the text may move alone: the result is
// false then, and s is what it was, but views of its bytes have ended.
//
// C: RedisModule_DefragRedisModuleString, since Redis 6.2; ValkeyModule_DefragValkeyModuleString,
// since Valkey 7.2.5.
func (d *Defrag) MoveString(s *RString) bool {
	if !d.usable() || s.s == 0 {
		return false
	}
	s.alive()
	var moved redismodule.String
	switch {
	case has(featureDefragValkeyModuleString):
		moved = redismodule.DefragValkeyModuleString(d.d, s.s)
	case has(featureDefragRedisModuleString):
		moved = redismodule.DefragRedisModuleString(d.d, s.s)
	}
	if moved == 0 {
		return false
	}
	s.passedOn()
	*s = owned(moved)
	return true
}

// ShouldStop tells that the time is over, and that the callback should Stop.
//
// C: RedisModule_DefragShouldStop, since Redis 6.2.
func (d *Defrag) ShouldStop() bool {
	return d.usable() && redismodule.DefragShouldStop(d.d) != 0
}

// Stop says that there is more to do, and what Cursor is to return then; the callback returns
// after it. It is false where the server gives no second chance, and nothing is noted.
//
// C: RedisModule_DefragCursorSet, since Redis 6.2.
func (d *Defrag) Stop(cursor uint64) bool {
	if d.usable() && redismodule.DefragCursorSet(d.d, cursor) == redismodule.OK {
		d.stopped = true
	}
	return d.stopped
}

// Cursor returns what was given to Stop the last time; 0 for a value that is begun. The value may have changed
// meanwhile, and may be another one that was put under the key: then it is what was given to Stop for that one.
//
// C: RedisModule_DefragCursorGet, since Redis 6.2.
func (d *Defrag) Cursor() uint64 {
	var cursor uint64
	if !d.usable() || redismodule.DefragCursorGet(d.d, &cursor) != redismodule.OK {
		return 0
	}
	return cursor
}

// Key returns the name of the key; zero in [DefragSpec].Globals, and where the server does not give the name: before Redis 8.0, and
// in Valkey, which give bytes in the place of a string there.
//
// C: RedisModule_GetKeyNameFromDefragCtx, since Redis 7.0.
func (d *Defrag) Key() RStr {
	switch {
	case !d.usable():
		return RStr{}
	case !has(featureGetKeyNameFromDefragCtx):
		return RStr{d.o, keyName(d.key)}
	}
	return RStr{d.o, keyName(redismodule.GetKeyNameFromDefragCtx(d.d))}
}

// keyName is a name that a server gives while it defragments, 0 when that is no string: most servers give Defrag and FreeEffort
// the bytes of the name as if they were one, and reading them as one would be the server's end.
//
// SAFETY(U117): a string begins with a word that is aligned; the bytes of a name never are, since what
// lies before them in their block has an odd length, or one more than that.
func keyName(s redismodule.String) redismodule.String {
	if s%8 != 0 {
		return 0
	}
	return s
}

// DB returns the number of the key's database, -1 in [DefragSpec].Globals and before Redis 7.0.
//
// C: RedisModule_GetDbIdFromDefragCtx, since Redis 7.0.
func (d *Defrag) DB() int {
	if !d.usable() || !has(featureGetDbIdFromDefragCtx) {
		return -1
	}
	return int(redismodule.GetDbIdFromDefragCtx(d.d))
}

// runDefrag runs a callback and tells whether there is more to do.
func runDefrag(a0, key uintptr, f func(d *Defrag)) uintptr {
	d := spareDefrags.take()
	*d = Defrag{o: newOrigin("Defrag"), d: redismodule.DefragCtx(a0), key: redismodule.String(key)}
	defer d.end()
	f(d)
	more := d.stopped
	spareDefrags.giveBack(d)
	if more {
		return 1
	}
	return 0
}

func (d *Defrag) end() {
	d.d = 0
	d.o.end()
}

// defrag is the server's callback: (defrag, key, &value).
func (t *Type[T]) defrag(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	v := t.values.get(*unsafeconv.Ptr[uintptr](a2))
	if v == nil {
		return 0
	}
	return runDefrag(a0, a1, func(d *Defrag) { t.spec.Defrag(d, v) })
}
