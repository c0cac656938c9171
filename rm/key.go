// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"time"

	"github.com/iredismodule/redismodule"
)

// ReadKey is an open key, for reading. The key may be missing: then Exists is
// false, and reading a value gives ErrNoKey or nothing. A ReadKey is two words and
// can be copied; it and all its copies end with Close, at the latest when the
// callback that opened it returns (or the function given to
// [ThreadSafeContext.Do]). Using one that has ended gives ErrKeyClosed, or a panic
// in the debug build (tag rm_debug), which also finds keys used on a goroutine
// other than the one that opened them.
//
// An open key remembers where its value lies. While it is open, nothing else may
// replace or remove that value: no command called for this key, no second open key
// of the same name that writes, or that reads a string (reading changes how the
// server stores it). The server does not notice, and would use memory that is
// freed. Close the key first, and open it again after it. Calls that would change an
// open key are refused with [ErrKeyOpen], which a defer key.Close() easily leads to.
//
// Before Redis 7.2 the server's clock goes on in a context that is not a command's, and
// any look-up deletes a key that has expired, open or not. There an open key that
// expires is gone: it is like a missing one, methods that return an error return
// [ErrKeyExpired], loops over it end, and views of its value ([ReadKey.StringBytes])
// must not be used any more. Close is to be called all the same.
type ReadKey struct {
	k   *openKey
	seq uint64
}

// WriteKey is an open key, for reading and writing; it has all methods of [ReadKey]. A key that is missing is made
// by the first write, and a key whose last element is removed goes.
type WriteKey struct{ readKey }

// readKey is ReadKey under a name that others cannot set.
type readKey = ReadKey

// ReadKey returns the same key, for reading.
func (k WriteKey) ReadKey() ReadKey { return k.readKey }

// openKey is what stands behind the copies of a ReadKey.
type openKey struct {
	cell[openKey]
	o     origin          // of what is shown of it
	raw   redismodule.Key // 0: the key is missing, open for reading
	quick uint64          // seq, or 0 when the key is missing or there is more to be looked at
	ctx   redismodule.Ctx // of the callback that opened it
	lent  bool            // the server closes it
	watch uint8           // what is watched of it; see key_watch.go
	walks *walk           // the loops over ranges of it that are under way
	list  listPlace       // where in a list the server stands

	value uint64 // the number of the value: seq or later; see newValue

	dies   time.Time // if its time to live is watched
	thread int       // that opened it; in the debug build only

	// out is what C writes results to: memory that does not move, since some of
	// these functions can come back into Go, which may grow the goroutine's stack.
	out keyCells
}

// keyCells are the cells for C's out-parameters.
type keyCells struct {
	flags int32
	score float64
	id    redismodule.StreamID
}

// keys holds the open keys.
var keys = table[openKey]{perLoad: true, cellOf: func(k *openKey) *cell[openKey] { return &k.cell }}

// newOpenKey registers an open key of a callback.
func newOpenKey(ctx redismodule.Ctx, raw redismodule.Key) ReadKey {
	if keys.free == 0 {
		keys.grow()
	}
	k := keys.link()
	k.begin(ctx, raw)
	if debugging {
		k.o = newOrigin("open key")
		k.thread = runningThread()
	}
	if state.unheld() {
		k.noteExpire()
	}
	return ReadKey{k, k.seq}
}

// begin makes an entry that of a key.
func (k *openKey) begin(ctx redismodule.Ctx, raw redismodule.Key) {
	k.raw, k.ctx, k.list.kind, k.value = raw, ctx, listNone, k.seq
	k.lent = false
	k.setWatch(0)
}

// lendKey wraps a key that the server opened and will close. end must be called
// before the server takes it back.
func lendKey(ctx redismodule.Ctx, raw redismodule.Key) ReadKey {
	k := newOpenKey(ctx, raw)
	k.k.lent = true
	return k
}

// end closes the key.
func (k *openKey) end() {
	if k.walks != nil {
		k.stopWalks(false)
	}
	if k.watch != 0 {
		k.look()
	}
	if k.raw != 0 && !k.lent {
		redismodule.CloseKey(k.raw)
	}
	k.raw, k.quick = 0, 0
	k.o.end()
	keys.drop(&k.cell)
}

// closeLeft looks at all open keys: those of callbacks further out are mostly
// after this callback's, but not if it opened one through their context.
func closeLeft(ctx redismodule.Ctx) {
	for c := keys.last(); c != nil; {
		k, older := c.of, keys.before(c)
		if k.ctx == ctx {
			k.stopWalks(true)
			k.end()
		}
		c = older
	}
}

// OpenReadKey opens a key for reading. It must be closed. Opening counts as a use
// of the key, and as a hit or miss; an expired key is missing, and
// deleted. Of the zero RStr it returns a closed key.
//
// C: RedisModule_OpenKey, since Redis 4.0.
func (ctx Context) OpenReadKey(name RStr) ReadKey {
	return ctx.openKey(name, redismodule.READ)
}

// OpenWriteKey opens a key for reading and writing. It must be closed. Closing it
// tells those who watch the key that it was changed, whether it was or not; nothing
// is replicated by itself. Of the zero RStr it returns a closed key. In a context that
// is not a command's, and while the server has paused the writes of clients, it opens
// the key for reading only, and what writes to it returns [ErrWritesPaused]; so it is in OnLoad at the start of the server, with [ErrStarting].
//
// C: RedisModule_OpenKey, since Redis 4.0.
func (ctx Context) OpenWriteKey(name RStr) WriteKey {
	return WriteKey{ctx.openKey(name, redismodule.READ|redismodule.WRITE)}
}

// openKey opens a key. Where writes may be paused, and time goes on, there is more to it.
func (ctx Context) openKey(name RStr, mode int32) ReadKey {
	if debugging || name.s == 0 || state.unheld() {
		return ctx.openUnheld(name, mode)
	}
	raw := redismodule.OpenKey(ctx.raw(), name.raw(), mode)
	if keys.free == 0 {
		keys.grow()
	}
	k := keys.link() // as in newOpenKey
	k.begin(ctx.c, raw)
	return ReadKey{k, k.seq}
}

func (ctx Context) openUnheld(name RStr, mode int32) ReadKey {
	if name.s == 0 {
		_ = misuse(ErrNoString)
		return ReadKey{}
	}
	state.fresh = false // the key may have expired, which is replicated
	var paused uint8
	if mode&redismodule.WRITE != 0 && writesPaused() {
		// For reading only; the other bits are modes.
		mode, paused = mode&^redismodule.WRITE, keyPaused
	}
	k := newOpenKey(ctx.c, redismodule.OpenKey(ctx.raw(), name.raw(), mode))
	if paused != 0 {
		k.k.setWatch(k.k.watch | paused)
	}
	return k
}

// RawReadKey wraps a handle of the raw layer that ctx opened; closing it closes
// the handle.
func (ctx Context) RawReadKey(k redismodule.Key) ReadKey { return newOpenKey(ctx.raw(), k) }

// RawWriteKey wraps a handle of the raw layer that ctx opened for writing; closing
// it closes the handle. Of no handle it returns a closed key.
func (ctx Context) RawWriteKey(k redismodule.Key) WriteKey {
	if k == 0 {
		return WriteKey{}
	}
	return WriteKey{newOpenKey(ctx.raw(), k)}
}

// Raw returns the handle for the raw layer: 0 when the key is missing or closed.
func (k ReadKey) Raw() redismodule.Key {
	raw, _ := k.handle()
	return raw
}

// handle returns the server's handle, 0 for a missing key, or ErrKeyClosed or
// ErrKeyExpired. It is written so that it can be inlined, and value too.
func (k ReadKey) handle() (raw redismodule.Key, err error) {
	if k.k != nil && k.k.quick == k.seq {
		raw = k.k.raw
	} else {
		raw, err = k.unusual()
	}
	return
}

// value returns the handle of a key that is there. A quick key is.
func (k ReadKey) value() (raw redismodule.Key, err error) {
	if k.k != nil && k.k.quick == k.seq {
		raw = k.k.raw
	} else {
		raw, err = k.unusualValue()
	}
	return
}

// handle is [ReadKey.handle] for what writes, and value is [ReadKey.value] for it. They are ReadKey's
// under other names, too, so that they can be inlined: a field that is embedded costs the compiler more.
func (k WriteKey) handle() (redismodule.Key, error) { return k.writeHandle() }
func (k WriteKey) value() (redismodule.Key, error)  { return k.writeValue() }

func (k ReadKey) writeHandle() (raw redismodule.Key, err error) {
	if k.k != nil && k.k.quick == k.seq {
		raw = k.k.raw
	} else {
		raw, err = k.unusualWrite()
	}
	return
}

func (k ReadKey) writeValue() (raw redismodule.Key, err error) {
	if k.k != nil && k.k.quick == k.seq {
		raw = k.k.raw
	} else {
		raw, err = k.unusualWriteValue()
	}
	return
}

// writable returns the handle of a [WriteKey] to write to. There always is one, except where
// writes are paused, which unusualWrite tells.
func (k ReadKey) writable() (raw redismodule.Key, err error) {
	if k.k != nil && k.k.quick == k.seq {
		raw = k.k.raw
	} else {
		raw, err = k.unusualWritable()
	}
	return
}

// String shows the handle, for log lines.
func (k ReadKey) String() string {
	if k.k == nil || k.k.seq != k.seq {
		return "Key(closed)"
	}
	return fmt.Sprintf("Key(%#x)", uintptr(k.k.raw))
}

// Close closes the key. Closing it again does nothing, and neither does closing one
// that the server lends; the debug build tells of both.
//
// C: RedisModule_CloseKey, since Redis 4.0.
func (k ReadKey) Close() {
	if o := k.k; o != nil && o.quick == k.seq && o.walks == nil && !o.lent {
		redismodule.CloseKey(o.raw) // as end does
		o.raw, o.quick = 0, 0
		keys.drop(&o.cell)
		return
	}
	k.close()
}

// close is Close for keys that are not quick.
func (k ReadKey) close() {
	switch {
	case k.k == nil || k.k.seq != k.seq:
		_ = misuse(ErrKeyClosed)
	case k.k.lent:
		_ = misuse(ErrKeyLent)
	default:
		if debugging {
			k.k.checkThread()
		}
		k.k.end()
	}
}

// KeyType is the type of a key's value.
type KeyType int32

// The key types.
const (
	KeyTypeEmpty  KeyType = redismodule.KEYTYPE_EMPTY // there is no key
	KeyTypeString KeyType = redismodule.KEYTYPE_STRING
	KeyTypeList   KeyType = redismodule.KEYTYPE_LIST
	KeyTypeHash   KeyType = redismodule.KEYTYPE_HASH
	KeyTypeSet    KeyType = redismodule.KEYTYPE_SET
	KeyTypeZSet   KeyType = redismodule.KEYTYPE_ZSET
	KeyTypeModule KeyType = redismodule.KEYTYPE_MODULE
	KeyTypeStream KeyType = redismodule.KEYTYPE_STREAM // since Redis 6.0
	KeyTypeArray  KeyType = redismodule.KEYTYPE_ARRAY  // since Redis 8.8
)

// Type returns the type of the value, KeyTypeEmpty when the key is missing or
// closed.
//
// C: RedisModule_KeyType, since Redis 4.0.
func (k ReadKey) Type() KeyType {
	raw, err := k.handle()
	if err != nil || raw == 0 {
		return KeyTypeEmpty
	}
	return KeyType(redismodule.KeyType(raw))
}

// Exists tells whether the key is there.
func (k ReadKey) Exists() bool { return k.Type() != KeyTypeEmpty }

// Len returns the length of the value: bytes of a string, elements of a list, set
// or sorted set, fields of a hash, entries of a stream; 0 when the key is missing.
//
// C: RedisModule_ValueLength, since Redis 4.0.
func (k ReadKey) Len() int {
	raw, err := k.handle()
	if err != nil || raw == 0 {
		return 0
	}
	return int(redismodule.ValueLength(raw))
}

// refusal says why a function that expects a type has refused a key.
func (k ReadKey) refusal(want KeyType) error {
	switch t := k.Type(); t {
	case want:
		return ErrRefused
	case KeyTypeEmpty:
		return ErrNoKey
	default:
		return ErrWrongType
	}
}
