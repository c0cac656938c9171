// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command roaring makes compressed bitmaps, of the Go library roaring, a data type of the
// server's: sets of 32-bit numbers that take a fraction of the memory of a set, with unions
// and intersections. Its README says how a Go library becomes a data type.
package main

import (
	"errors"
	"math"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/iredismodule/redismodule/rm"
)

func main() {}

func init() {
	rm.Register(rm.Module{
		Name: "roaring", Version: 1, OnLoad: onLoad,
		Commands: []rm.Command{
			{Name: "roar.add", Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: rm.OneKey, Arity: -3, Replicate: rm.ReplicateVerbatim, Handler: add},
			{Name: "roar.remove", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: -3, Replicate: rm.ReplicateVerbatim, Handler: remove},
			{Name: "roar.has", Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.OneKey, Arity: 3, Handler: has},
			{Name: "roar.count", Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.OneKey, Arity: 2, Handler: count},
			{Name: "roar.range", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 4, Handler: numbers},
			{
				Name: "roar.op", Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: rm.KeyRange{First: 2, Last: -1, Step: 1}, Arity: -4,
				Replicate: rm.ReplicateVerbatim, Handler: combine,
			},
		},
	})
}

// The data type. It has what makes persistence, replication and the server's own commands work.
var bitmaps *rm.Type[roaring.Bitmap]

func onLoad(ctx rm.Context, args rm.Args) (err error) {
	bitmaps, err = rm.NewType(ctx, rm.TypeSpec[roaring.Bitmap]{
		Name: "roaring32", Version: 1,
		Save: save, Load: load,
		Copy: func(k rm.KeyInfo, b *roaring.Bitmap) (*roaring.Bitmap, error) { return b.Clone(), nil },
		MemUsage: func(k rm.KeyInfo, b *roaring.Bitmap, samples int) int {
			return int(b.GetSizeInBytes())
		},
		Digest: func(d *rm.Digest, b *roaring.Bitmap) {
			// The numbers, and not the bytes: the same set can be compressed in several ways.
			for it := b.Iterator(); it.HasNext(); {
				d.AddLongLong(int64(it.Next()))
			}
			d.EndSequence()
		},
	})
	return err
}

// save writes the library's own format, which other languages read, too. It runs in forked children, where it
// must not wait: what the library does for this takes no lock.
func save(w *rm.Saver, b *roaring.Bitmap) error {
	data, err := b.ToBytes()
	if err != nil {
		return err
	}
	w.SaveStringBuffer(data)
	return nil
}

// load reads it. The bytes may come from anyone who may RESTORE, so they are looked at
// before they are believed.
func load(r *rm.Loader, version int) (*roaring.Bitmap, error) {
	data := r.LoadBytes()
	if err := r.Err(); err != nil {
		return nil, err
	}
	b := roaring.New()
	n, err := b.FromBuffer(data)
	switch {
	case err != nil:
		return nil, err
	case n != int64(len(data)):
		return nil, errors.New("there is more than a bitmap")
	}
	if b.IsEmpty() {
		return b, nil
	}
	if err := b.Validate(); err != nil {
		return nil, err
	}
	return b.Clone(), nil // which no longer lies in data
}

// number reads an argument.
func number(s rm.RStr) (uint32, error) {
	n, err := s.Uint64()
	if err == nil && n > math.MaxUint32 {
		err = rm.ErrRange
	}
	return uint32(n), err
}

// all reads arguments, before anything is changed.
func all(args rm.Args) ([]uint32, error) {
	list := make([]uint32, 0, args.Len())
	for _, a := range args.All {
		n, err := number(a)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// add adds numbers and replies with how many were not there.
func add(ctx rm.Context, args rm.Args) error {
	list, err := all(args.From(2))
	if err != nil {
		return err
	}
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	b, ok, err := bitmaps.Get(k.ReadKey())
	if err != nil {
		return err
	}
	if !ok {
		b = roaring.New()
		if err := bitmaps.Set(k, b); err != nil {
			return err
		}
	}
	added := int64(0)
	for _, n := range list {
		if b.CheckedAdd(n) {
			added++
		}
	}
	return ctx.ReplyWithLongLong(added)
}

// remove removes numbers and replies with how many were there. A bitmap that has none left goes.
func remove(ctx rm.Context, args rm.Args) error {
	list, err := all(args.From(2))
	if err != nil {
		return err
	}
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	b, ok, err := bitmaps.Get(k.ReadKey())
	if err != nil {
		return err
	}
	removed := int64(0)
	for _, n := range list {
		if ok && b.CheckedRemove(n) {
			removed++
		}
	}
	if ok && b.IsEmpty() {
		if err := k.Delete(); err != nil {
			return err
		}
	}
	return ctx.ReplyWithLongLong(removed)
}

// read calls f with the bitmap of a key, an empty one if there is none.
func read(ctx rm.Context, key rm.RStr, f func(b *roaring.Bitmap) error) error {
	k := ctx.OpenReadKey(key)
	defer k.Close()
	b, ok, err := bitmaps.Get(k)
	if err != nil {
		return err
	}
	if !ok {
		b = roaring.New()
	}
	return f(b)
}

func has(ctx rm.Context, args rm.Args) error {
	n, err := number(args.At(2))
	if err != nil {
		return err
	}
	return read(ctx, args.At(1), func(b *roaring.Bitmap) error { return ctx.ReplyWithBool(b.Contains(n)) })
}

func count(ctx rm.Context, args rm.Args) error {
	return read(ctx, args.At(1), func(b *roaring.Bitmap) error { return ctx.ReplyWithLongLong(int64(b.GetCardinality())) })
}

// numbers replies with up to args.At(3) numbers from args.At(2) on.
func numbers(ctx rm.Context, args rm.Args) error {
	from, err := number(args.At(2))
	if err != nil {
		return err
	}
	limit, err := number(args.At(3))
	if err != nil {
		return err
	}
	return read(ctx, args.At(1), func(b *roaring.Bitmap) error {
		var list []int64
		it := b.Iterator()
		for it.AdvanceIfNeeded(from); it.HasNext() && len(list) < int(limit); {
			list = append(list, int64(it.Next()))
		}
		return ctx.ReplyWithLongLongs(list)
	})
}

// operations are what roar.op can do.
var operations = map[string]func(b, other *roaring.Bitmap){
	"and": (*roaring.Bitmap).And, "or": (*roaring.Bitmap).Or, "xor": (*roaring.Bitmap).Xor, "andnot": (*roaring.Bitmap).AndNot,
}

// combine stores what an operation makes of the bitmaps of several keys under the key args.At(2), and replies with how many
// numbers that has.
func combine(ctx rm.Context, args rm.Args) error {
	operation := operations[args.At(1).String()]
	if operation == nil {
		return rm.Error("ERR the operation is not one of and, or, xor, andnot")
	}
	var result *roaring.Bitmap
	for _, key := range args.From(3).All {
		err := read(ctx, key, func(b *roaring.Bitmap) error {
			if result == nil {
				result = b.Clone()
			} else {
				operation(result, b)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	k := ctx.OpenWriteKey(args.At(2))
	defer k.Close()
	n := int64(result.GetCardinality())
	var err error
	if n == 0 {
		err = k.Delete()
	} else {
		err = bitmaps.Set(k, result)
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(n)
}
