// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// HashPair is a field of a hash and its value.
type HashPair struct{ Field, Value RStr }

// HashSetMany sets fields, ten with each call into the server; n counts as with
// [WriteKey.HashSet]. Of a field that comes twice the last value stays, with HashNX
// the first. Errors are those of HashSet; with one of them nothing has been set.
//
// C: RedisModule_HashSet, since Redis 4.0.
func (k WriteKey) HashSetMany(pairs []HashPair, flags HashFlags) (n int, err error) {
	for i := range pairs {
		if pairs[i].Field.s == 0 || pairs[i].Value.s == 0 {
			return 0, k.orClosed(ErrNoString)
		}
	}
	raw, err := k.settable(flags)
	switch {
	case err != nil || raw == 0:
		return 0, err
	case len(pairs) == 0:
		return 0, nil
	}
	c := counter{k: k, flags: flags}
	c.before(raw)
	first := pairs[0].Field
	for len(pairs) > 0 {
		var words [2*hashBatch + 1]uintptr
		batch := min(len(pairs), hashBatch)
		for i, p := range pairs[:batch] {
			words[2*i], words[2*i+1] = uintptr(p.Field.s), uintptr(p.Value.s)
		}
		c.changed += int(redismodule.HashSet(raw, c.raw(), words[:2*batch+1]...))
		pairs = pairs[batch:]
		// Making the key came back into Go, which may have closed it.
		if k.k.seq != k.seq {
			return c.changed, ErrKeyClosed
		}
	}
	return c.after(raw, first)
}

// HashGetMany gets copies of the values of fields, ten with each call into the
// server, and puts them into out, which must be as long as they are many. Each must be
// freed; it is the zero RString when there is no such field, or no key. What was in
// out before is overwritten, not freed. Errors: ErrRange when out is too short,
// ErrWrongType, ErrNoString for a zero RStr; with one of them out is untouched.
//
// C: RedisModule_HashGet, since Redis 4.0.
func (k ReadKey) HashGetMany(out []RString, fields ...RStr) error {
	raw, err := k.handle()
	switch {
	case err != nil:
		return err
	case len(out) < len(fields):
		return ErrRange
	}
	if !allStrings(fields) {
		return ErrNoString
	}
	if raw == 0 {
		clear(out[:len(fields)])
		return nil
	}
	for len(fields) > 0 {
		var words [2*hashBatch + 1]uintptr
		batch := min(len(fields), hashBatch)
		for i, f := range fields[:batch] {
			// A package variable, see U25.
			words[2*i], words[2*i+1] = uintptr(f.s), uintptr(unsafe.Pointer(&hashOut.values[i]))
		}
		if redismodule.HashGet(raw, redismodule.HASH_NONE, words[:2*batch+1]...) != redismodule.OK {
			return k.refusal(KeyTypeHash)
		}
		for i := range batch {
			out[i] = fromKey(k.k.ctx, hashOut.values[i])
		}
		fields, out = fields[batch:], out[batch:]
	}
	return nil
}

// HashDeleteMany removes fields, ten with each call into the server, and returns
// how many of them were there. The key goes with its last field. Errors:
// ErrWrongType, ErrNoString for a zero RStr, ErrRefused for a key that is open for
// reading only; with one of them nothing has been removed.
//
// C: RedisModule_HashSet with the value HASH_DELETE, since Redis 4.0.
func (k WriteKey) HashDeleteMany(fields ...RStr) (n int, err error) {
	if !allStrings(fields) {
		return 0, k.orClosed(ErrNoString)
	}
	raw, err := k.deletable()
	if err != nil || raw == 0 {
		return 0, err
	}
	for all := fields; len(all) > 0; {
		var words [2*hashBatch + 1]uintptr
		batch := min(len(all), hashBatch)
		for i, f := range all[:batch] {
			words[2*i], words[2*i+1] = uintptr(f.s), uintptr(redismodule.HASH_DELETE)
		}
		n += int(redismodule.HashSet(raw, redismodule.HASH_NONE, words[:2*batch+1]...))
		all = all[batch:]
		if k.k.seq != k.seq {
			return n, ErrKeyClosed
		}
		if len(all) > 0 {
			// Nothing is left, and the next call would make the key again.
			if raw, err = k.deletable(); err != nil || raw == 0 {
				return n, err
			}
		}
	}
	if n == 0 {
		for _, f := range fields {
			if err := k.keptField(f); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}
