// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command hellotype is a data type of its own: sorted numbers, which persist, replicate and
// are copied like the server's own types, with a command that waits for numbers to come.
package main

import (
	"slices"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// numbers is a value of the type: its numbers in order. It is nothing but a Go value.
type numbers struct{ sorted []int64 }

var numbersType *rm.Type[numbers]

func init() {
	rm.Register(rm.Module{
		Name: "hellotype", Version: 1, OnLoad: onLoad,
		Commands: []rm.Command{
			{Name: "hellotype.insert", Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: rm.OneKey, Arity: 3, Replicate: rm.ReplicateVerbatim, Handler: insert},
			{Name: "hellotype.range", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 4, Handler: numberRange},
			{Name: "hellotype.len", Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.OneKey, Arity: 2, Handler: length},
			{Name: "hellotype.brange", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 5, Handler: blockingRange},
		},
	})
}

func main() {}

func onLoad(ctx rm.Context, args rm.Args) (err error) {
	numbersType, err = rm.NewType(ctx, rm.TypeSpec[numbers]{
		Name: "hellotype", Version: 1, // nine letters, for good: they are in the files
		Save: func(w *rm.Saver, v *numbers) error {
			w.SaveUnsigned(uint64(len(v.sorted)))
			for _, n := range v.sorted {
				w.SaveSigned(n)
			}
			return nil
		},
		Load: func(r *rm.Loader, version int) (*numbers, error) {
			v := new(numbers)
			for range r.LoadLength(1 << 32) {
				n := r.LoadSigned()
				if err := r.Err(); err != nil {
					return v, err
				}
				v.sorted = append(v.sorted, n)
			}
			if !slices.IsSorted(v.sorted) {
				return v, rm.Error("ERR the numbers are not in order") // whoever made this, it was not Save
			}
			return v, r.Err()
		},
		Rewrite: func(a *rm.AOF, key rm.RStr, v *numbers) error {
			for _, n := range v.sorted {
				a.EmitAOF("hellotype.insert", rm.Str(key), rm.Int64(n))
			}
			return nil
		},
		Copy:     func(k rm.KeyInfo, v *numbers) (*numbers, error) { return &numbers{slices.Clone(v.sorted)}, nil },
		MemUsage: func(k rm.KeyInfo, v *numbers, samples int) int { return 24 + 8*cap(v.sorted) },
		Digest: func(d *rm.Digest, v *numbers) {
			for _, n := range v.sorted {
				d.AddLongLong(n)
			}
			d.EndSequence()
		},
	})
	return err
}

// insert adds a number: hellotype.insert KEY NUMBER.
func insert(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	v, ok, err := numbersType.Get(key.ReadKey())
	if err != nil {
		return err
	}
	if !ok {
		v = new(numbers)
		if err := numbersType.Set(key, v); err != nil {
			return err
		}
	}
	at, _ := slices.BinarySearch(v.sorted, n)
	v.sorted = slices.Insert(v.sorted, at, n)
	if err := ctx.SignalKeyAsReady(args.At(1)); err != nil { // whoever waits in hellotype.brange
		return err
	}
	return ctx.ReplyWithLongLong(int64(len(v.sorted)))
}

// part replies with count numbers from first on, if there are numbers at all.
func part(ctx rm.Context, name rm.RStr, first, count int64) (ok bool, err error) {
	key := ctx.OpenReadKey(name)
	defer key.Close()
	v, ok, err := numbersType.Get(key)
	if !ok || err != nil {
		return ok, err
	}
	rest := v.sorted[min(first, int64(len(v.sorted))):]
	return true, ctx.ReplyWithLongLongs(rest[:min(count, int64(len(rest)))])
}

func firstAndCount(args rm.Args) (first, count int64, err error) {
	if first, err = args.At(2).Int64(); err == nil {
		count, err = args.At(3).Int64()
	}
	if err == nil && (first < 0 || count < 0) {
		err = rm.Error("ERR invalid first or count parameters")
	}
	return first, count, err
}

// numberRange is hellotype.range KEY FIRST COUNT.
func numberRange(ctx rm.Context, args rm.Args) error {
	first, count, err := firstAndCount(args)
	if err != nil {
		return err
	}
	if ok, err := part(ctx, args.At(1), first, count); ok || err != nil {
		return err
	}
	return ctx.ReplyWithEmptyArray()
}

// blockingRange is hellotype.range that waits until there is something:
// hellotype.brange KEY FIRST COUNT TIMEOUT, in seconds.
func blockingRange(ctx rm.Context, args rm.Args) error {
	first, count, err := firstAndCount(args)
	if err != nil {
		return err
	}
	seconds, err := args.At(4).Float64()
	if err != nil || seconds < 0 || seconds > 1e6 {
		return rm.Error("ERR invalid timeout parameter")
	}
	if ok, err := part(ctx, args.At(1), first, count); ok || err != nil {
		return err
	}
	_, err = ctx.BlockClientOnKeys(rm.BlockOptions{
		Timeout: time.Duration(seconds * float64(time.Second)),
		Reply: func(ctx rm.Context, args rm.Args) error {
			ok, err := part(ctx, args.At(1), first, count)
			if !ok && err == nil {
				return rm.ErrKeepWaiting // it is gone again
			}
			return err
		},
		OnTimeout: func(ctx rm.Context, args rm.Args) error {
			return ctx.ReplyWithSimpleString("Request timedout")
		},
	}, args.At(1))
	return err
}

// length is hellotype.len KEY.
func length(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	v, ok, err := numbersType.Get(key)
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithLongLong(0)
	}
	return ctx.ReplyWithLongLong(int64(len(v.sorted)))
}
