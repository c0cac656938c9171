// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"time"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// The commands of hashes take how the key is opened: see openHow.
var _ = add(
	rm.Command{Name: "d.hash.get", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: hashGet},
	rm.Command{Name: "d.hash.gettext", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: hashGetText},
	rm.Command{Name: "d.hash.exists", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: hashExists},
	rm.Command{Name: "d.hash.set", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 6, Handler: hashSet},
	rm.Command{Name: "d.hash.settext", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 6, Handler: hashSetText},
	rm.Command{Name: "d.hash.delete", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: hashDelete},
	rm.Command{Name: "d.hash.deletetext", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: hashDeleteText},
	rm.Command{Name: "d.hash.setmany", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: -4, Handler: hashSetMany},
	rm.Command{Name: "d.hash.getmany", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: -3, Handler: hashGetMany},
	rm.Command{Name: "d.hash.deletemany", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: -3, Handler: hashDeleteMany},
	rm.Command{Name: "d.hash.expire", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: hashExpire},
	rm.Command{Name: "d.hash.minexpire", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 3, Handler: hashMinExpire},
	rm.Command{Name: "d.hash.setref", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 5, Handler: hashSetRef},
	rm.Command{Name: "d.hash.hasref", Flags: rm.Write, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: hashHasRef},
	rm.Command{Name: "d.hash.shortout", Flags: rm.Write, Keys: rm.OneKey, Arity: 2, Handler: hashShortOut},
)

func hashGet(ctx rm.Context, args rm.Args) error {
	s, err := openHow(ctx, args.At(1), args.At(2)).HashGet(orZero(args.At(3)))
	return replyFreed(ctx, s, err)
}

func hashGetText(ctx rm.Context, args rm.Args) error {
	s, err := openHow(ctx, args.At(1), args.At(2)).HashGetText(args.At(3).String())
	return replyFreed(ctx, s, err)
}

// replyNumber replies with a number or an error.
func replyNumber(ctx rm.Context, n int, err error) error {
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(n))
}

func replyTruth(ctx rm.Context, yes bool, err error) error {
	if yes {
		return replyNumber(ctx, 1, err)
	}
	return replyNumber(ctx, 0, err)
}

func hashExists(ctx rm.Context, args rm.Args) error {
	yes, err := openHow(ctx, args.At(1), args.At(2)).HashExists(orZero(args.At(3)))
	return replyTruth(ctx, yes, err)
}

// hashFlags are letters: n for NX, x for XX, a for COUNT_ALL, ? for a flag that does
// not exist, - for none.
func hashFlags(s rm.RStr) (f rm.HashFlags) {
	for _, c := range s.Bytes() {
		f |= map[byte]rm.HashFlags{'n': rm.HashNX, 'x': rm.HashXX, 'a': rm.HashCountAll, '?': redismodule.HASH_CFIELDS}[c]
	}
	return f
}

// hashSet is d.hash.set HOW KEY FLAGS FIELD VALUE.
func hashSet(ctx rm.Context, args rm.Args) error {
	n, err := openHow(ctx, args.At(1), args.At(2)).HashSet(orZero(args.At(4)), orZero(args.At(5)), hashFlags(args.At(3)))
	return replyNumber(ctx, n, err)
}

func hashSetText(ctx rm.Context, args rm.Args) error {
	n, err := openHow(ctx, args.At(1), args.At(2)).HashSetText(args.At(4).String(), orZero(args.At(5)), hashFlags(args.At(3)))
	return replyNumber(ctx, n, err)
}

func hashDelete(ctx rm.Context, args rm.Args) error {
	yes, err := openHow(ctx, args.At(1), args.At(2)).HashDelete(orZero(args.At(3)))
	return replyTruth(ctx, yes, err)
}

func hashDeleteText(ctx rm.Context, args rm.Args) error {
	yes, err := openHow(ctx, args.At(1), args.At(2)).HashDeleteText(args.At(3).String())
	return replyTruth(ctx, yes, err)
}

// Reused, so that the commands allocate nothing.
var (
	hashPairs  []rm.HashPair
	hashFields []rm.RStr
	hashValues []rm.RString
)

// hashSetMany is d.hash.setmany HOW KEY FLAGS [FIELD VALUE]...
func hashSetMany(ctx rm.Context, args rm.Args) error {
	hashPairs = hashPairs[:0]
	for a := args.From(4); a.Len() > 1; a = a.From(2) {
		hashPairs = append(hashPairs, rm.HashPair{Field: orZero(a.At(0)), Value: orZero(a.At(1))})
	}
	n, err := openHow(ctx, args.At(1), args.At(2)).HashSetMany(hashPairs, hashFlags(args.At(3)))
	return replyNumber(ctx, n, err)
}

func fieldsOf(args rm.Args) []rm.RStr {
	hashFields = hashFields[:0]
	for _, a := range args.All {
		hashFields = append(hashFields, orZero(a))
	}
	return hashFields
}

// hashGetMany is d.hash.getmany HOW KEY FIELD...
func hashGetMany(ctx rm.Context, args rm.Args) error {
	k := openHow(ctx, args.At(1), args.At(2))
	fields := fieldsOf(args.From(3))
	for len(hashValues) < len(fields) {
		hashValues = append(hashValues, rm.RString{})
	}
	if err := k.HashGetMany(hashValues, fields...); err != nil {
		return err
	}
	_ = ctx.ReplyWithArray(len(fields))
	for i := range fields {
		_ = ctx.ReplyWithString(hashValues[i].RStr)
		hashValues[i].Free()
	}
	return nil
}

func hashDeleteMany(ctx rm.Context, args rm.Args) error {
	n, err := openHow(ctx, args.At(1), args.At(2)).HashDeleteMany(fieldsOf(args.From(3))...)
	return replyNumber(ctx, n, err)
}

// hashShortOut gives too little room for the values: d.hash.shortout KEY.
func hashShortOut(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenReadKey(args.At(1))
	var out [2]rm.RString
	err := k.HashGetMany(out[:], args.At(0), args.At(0), args.At(0))
	return replyNumber(ctx, 0, err)
}

func replyTime(ctx rm.Context, at time.Time, ok bool, err error) error {
	switch {
	case err != nil:
		return err
	case !ok:
		return ctx.ReplyWithNull()
	}
	return ctx.ReplyWithLongLong(at.UnixMilli())
}

func hashExpire(ctx rm.Context, args rm.Args) error {
	at, ok, err := openHow(ctx, args.At(1), args.At(2)).HashFieldExpire(orZero(args.At(3)))
	return replyTime(ctx, at, ok, err)
}

func hashMinExpire(ctx rm.Context, args rm.Args) error {
	at, ok, err := openHow(ctx, args.At(1), args.At(2)).HashFieldMinExpire()
	return replyTime(ctx, at, ok, err)
}

// referred is what the fields that d.hash.setref sets refer to: for the module's
// life.
var referred = map[string]unsafe.Pointer{}

// hashSetRef is d.hash.setref HOW KEY FIELD TEXT; (nil) for a nil pointer.
func hashSetRef(ctx rm.Context, args rm.Args) error {
	k := openHow(ctx, args.At(1), args.At(2))
	text := args.At(4).Bytes()
	p := referred[string(text)]
	if p == nil && string(text) != "(nil)" {
		p = unsafeconv.Pointer(redismodule.Alloc(uintptr(len(text) + 1)))
		copy(unsafeconv.BytesAt((*byte)(p), uintptr(len(text))), text)
		referred[string(text)] = p
	}
	if err := k.HashSetStringRef(orZero(args.At(3)), p, len(text)); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func hashHasRef(ctx rm.Context, args rm.Args) error {
	yes, err := openHow(ctx, args.At(1), args.At(2)).HashHasStringRef(orZero(args.At(3)))
	return replyTruth(ctx, yes, err)
}
