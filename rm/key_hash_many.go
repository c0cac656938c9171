// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// HashSetMany sets fields, given as fields and values in turn, all of them with one call
// into the server; n counts as with [WriteKey.HashSet]. Of a field that comes twice the
// last value stays, with HashNX the first. Errors are those of HashSet, and ErrNoValue
// for a field without a value; with one of them nothing has been set.
//
// C: RedisModule_HashSet, since Redis 4.0.
func (k WriteKey) HashSetMany(flags HashFlags, pairs ...RStr) (n int, err error) {
	switch {
	case len(pairs)%2 != 0:
		return 0, k.orClosed(ErrNoValue)
	case !allStrings(rawStrings(pairs)):
		return 0, k.orClosed(ErrNoString)
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
	c.changed = core.HashSetMany(raw, c.raw(), unsafe.SliceData(rawStrings(pairs)), len(pairs)/2, &k.k.seq, k.seq)
	if c.changed != 0 {
		k.wrote()
	}
	// Making the key came back into Go, which may have closed it.
	if k.k.seq != k.seq {
		return c.changed, ErrKeyClosed
	}
	return c.after(raw, pairs[0])
}

// HashGetMany gets copies of the values of fields, all of them with one call into the
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
	if !allStrings(rawStrings(fields)) {
		return ErrNoString
	}
	if raw == 0 {
		clear(out[:len(fields)])
		return nil
	}
	if len(fields) == 0 {
		return nil
	}
	values := rawResults(out)
	if core.HashGetMany(raw, unsafe.SliceData(rawStrings(fields)), len(fields), unsafe.SliceData(values)) != redismodule.OK {
		return k.refusal(KeyTypeHash)
	}
	if state.autoMemory || debugging {
		for i := range fields {
			out[i] = fromKey(k.k.ctx, values[i])
		}
	}
	return nil
}

// HashDeleteMany removes fields, all of them with one call into the server, and returns
// how many of them were there. The key goes with its last field. Errors:
// ErrWrongType, ErrNoString for a zero RStr, ErrRefused for a key that is open for
// reading only; with one of them nothing has been removed.
//
// C: RedisModule_HashSet with the value HASH_DELETE, since Redis 4.0.
func (k WriteKey) HashDeleteMany(fields ...RStr) (n int, err error) {
	if !allStrings(rawStrings(fields)) {
		return 0, k.orClosed(ErrNoString)
	}
	raw, err := k.deletable()
	if err != nil || raw == 0 {
		return 0, err
	}
	n = core.HashDeleteMany(raw, unsafe.SliceData(rawStrings(fields)), len(fields), &k.k.seq, k.seq)
	if n != 0 {
		k.wrote()
	}
	if k.k.seq != k.seq {
		return n, ErrKeyClosed
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
