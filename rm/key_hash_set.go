// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"syscall"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// HashSet sets a field. The server copies field and value; a field with an end
// (Redis 7.4) loses it. A missing key becomes a hash, except with HashXX. n is 1
// when a field that was there has got a new value, and with HashCountAll also when
// a new field was made; else it is 0. Errors: ErrWrongType, ErrNoString for a zero
// RStr, ErrFlags for flags that do not exist or exclude each other, ErrRefused or
// ErrNoKey for a key that is open for reading only.
//
// C: RedisModule_HashSet, since Redis 4.0. Servers before 6.2 do not know
// HashCountAll; the number is made out there by the hash's length.
func (k WriteKey) HashSet(field, value RStr, flags HashFlags) (n int, err error) {
	if field.s == 0 || value.s == 0 {
		return 0, k.orClosed(ErrNoString)
	}
	raw, err := k.settable(flags)
	if err != nil || raw == 0 {
		return 0, err
	}
	if flags == 0 && has(featureHashErrno) {
		return k.hashSet(raw, field, value)
	}
	c := counter{k: k, flags: flags}
	c.before(raw)
	c.changed = int(redismodule.HashSet(raw, c.raw(), uintptr(field.raw()), uintptr(value.raw()), 0))
	if c.changed != 0 {
		k.wrote()
	}
	// Making the key came back into Go, which may have closed it.
	if k.k.seq != k.seq {
		return c.changed, ErrKeyClosed
	}
	return c.after(raw, field)
}

// hashSet is HashSet without flags, where the server tells new fields from a refusal.
func (k WriteKey) hashSet(raw redismodule.Key, field, value RStr) (int, error) {
	n := int(redismodule.HashSet(raw, redismodule.HASH_NONE, uintptr(field.raw()), uintptr(value.raw()), 0))
	refused := n == 0 && redismodule.Errno() != syscall.ENOENT
	if !refused {
		k.wrote()
	}
	if k.k.seq != k.seq {
		return n, ErrKeyClosed
	}
	if refused {
		return 0, k.refusal(KeyTypeHash)
	}
	return n, nil
}

// orClosed is err, or ErrKeyClosed for a closed key.
func (k ReadKey) orClosed(err error) error {
	if _, closed := k.handle(); closed != nil {
		return closed
	}
	return err
}

// settable checks flags and returns the handle, 0 when there is nothing to do.
func (k WriteKey) settable(flags HashFlags) (redismodule.Key, error) {
	raw, err := k.writeValue()
	switch {
	case err != nil:
		return 0, err
	case flags&^(HashNX|HashXX|HashCountAll) != 0, flags&(HashNX|HashXX) == HashNX|HashXX:
		return 0, ErrFlags
	case flags&HashXX != 0 && KeyType(redismodule.KeyType(raw)) == KeyTypeEmpty:
		// The server would make an empty hash and remove it again, with all
		// that others see of it.
		return 0, nil
	}
	return raw, nil
}

// counter makes out how many fields are set. What the server returns is 0 for a
// refusal, and without HASH_COUNT_ALL for new fields too, so it is always asked to
// count all; new ones are taken off by the hash's length.
type counter struct {
	k       WriteKey
	flags   HashFlags
	length  int
	changed int
}

// lengths tells whether the hash's length is needed. NX makes new fields only, XX
// none. Servers before 6.2 do not count new fields.
func (c *counter) lengths() bool {
	if !has(featureHashCountAll) {
		return c.flags&HashXX == 0
	}
	return c.flags&(HashXX|HashNX|HashCountAll) == 0
}

func (c *counter) raw() int32 { return int32(c.flags | HashCountAll) }

func (c *counter) before(raw redismodule.Key) {
	if c.lengths() {
		c.length = int(redismodule.ValueLength(raw))
	}
}

// after returns how many fields are set, as the flags count. field is the first
// of them.
func (c *counter) after(raw redismodule.Key, field RStr) (int, error) {
	all, added := c.changed, 0
	if c.lengths() {
		added = int(redismodule.ValueLength(raw)) - c.length
		if !has(featureHashCountAll) {
			all += added
		}
	} else if c.flags&HashNX != 0 {
		added = all
	}
	if all == 0 {
		return 0, c.refused(field)
	}
	if c.flags&HashCountAll == 0 {
		all -= added
	}
	return all, nil
}

// refused says why nothing was set. It is no error when NX finds the field, or XX
// finds none.
func (c *counter) refused(field RStr) error {
	err := c.k.refusal(KeyTypeHash)
	if err == ErrRefused && c.flags&(HashNX|HashXX) != 0 {
		if exists, _ := c.k.HashExists(field); exists == (c.flags&HashNX != 0) {
			return nil
		}
	}
	return err
}

// HashDelete removes a field and tells whether it was there. The key goes with its
// last field. Errors: ErrWrongType, ErrNoString for the zero RStr, ErrRefused for
// a key that is open for reading only.
//
// C: RedisModule_HashSet with the value HASH_DELETE, since Redis 4.0.
func (k WriteKey) HashDelete(field RStr) (bool, error) {
	if field.s == 0 {
		return false, k.orClosed(ErrNoString)
	}
	raw, err := k.deletable()
	if err != nil || raw == 0 {
		return false, err
	}
	if redismodule.HashSet(raw, redismodule.HASH_NONE, uintptr(field.raw()), uintptr(redismodule.HASH_DELETE), 0) != 0 {
		k.wrote()
		return true, nil
	}
	return false, k.keptField(field)
}

// deletable returns the handle of a hash, 0 when there is no key: deleting from it
// would make an empty hash and remove it again.
func (k WriteKey) deletable() (redismodule.Key, error) {
	raw, err := k.handle()
	if err != nil || raw == 0 {
		return 0, err
	}
	switch KeyType(redismodule.KeyType(raw)) {
	case KeyTypeHash:
		return raw, nil
	case KeyTypeEmpty:
		return 0, nil
	default:
		return 0, ErrWrongType
	}
}

// keptField is ErrRefused when a field is there that was to be deleted.
func (k WriteKey) keptField(field RStr) error {
	if exists, err := k.HashExists(field); err != nil || !exists {
		return err
	}
	return ErrRefused
}

// HashSetStringRef makes the value of a field that is there refer to memory of the
// module, instead of having a copy: for a large value that is in memory anyway. It
// is memory of [Alloc], or C memory of the module's own by [MemoryAt]; it must never be Go memory,
// which the garbage collector would free. It must stay valid and unchanged as long
// as the field refers to it: until the field gets another value or is deleted, or
// the key goes, by whomever. The server does not tell; clients see what the memory
// holds, and saving reads it. Errors: ErrNoKey, ErrWrongType, ErrNoString for the
// zero RStr, ErrRange for the zero Memory and a negative length, ErrRefused when there is no such
// field; ErrUnsupported on servers other than Valkey 9.1.
//
// C: ValkeyModule_HashSetStringRef, since Valkey 9.1.
func (k WriteKey) HashSetStringRef(field RStr, m Memory) error {
	raw, err := k.handle()
	switch {
	case err != nil:
		return err
	case !has(featureHashSetStringRef):
		return lacks(featureHashSetStringRef)
	case raw == 0:
		return ErrNoKey
	case field.s == 0:
		return ErrNoString
	case m.addr == 0 || m.n < 0:
		return ErrRange
	}
	m.o.used(theMemory)
	if redismodule.HashSetStringRef(raw, field.raw(), unsafeconv.Ptr[byte](m.addr), uintptr(m.n)) != redismodule.OK {
		return k.refusal(KeyTypeHash)
	}
	k.wrote()
	return nil
}

// HashHasStringRef tells whether the value of a field refers to memory of a module
// ([WriteKey.HashSetStringRef]). Errors: ErrWrongType, ErrNoString for the zero
// RStr; ErrUnsupported on servers other than Valkey 9.1.
//
// C: ValkeyModule_HashHasStringRef, since Valkey 9.1.
func (k ReadKey) HashHasStringRef(field RStr) (bool, error) {
	_, err := k.handle()
	switch {
	case err != nil:
		return false, err
	case !has(featureHashHasStringRef):
		return false, lacks(featureHashHasStringRef)
	}
	// The server crashes when there is no such field, and says 1 for a key of
	// another type.
	if exists, err := k.HashExists(field); err != nil || !exists {
		return false, err
	}
	return redismodule.HashHasStringRef(k.k.raw, field.raw()) != 0, nil
}
